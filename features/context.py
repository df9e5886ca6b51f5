"""Context streams: what had become of other deals by then, told per rep, team, account, segment, region and stage.

They are derived with the same engine: each deal is looked at just after every instant at which something about it
arrived, so a context event carries what was known at that instant and can never know more.
"""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from features.aggregate import AGGREGATES, DAY_US, Stream, first, last, value_ago
from features.log import Log, make_log
from features.streams import changes, entered_stage, facts, field, rep_facts
from features.sweep import sweep

SCOPES = ("rep", "team", "account", "segment", "region", "product_line", "kind", "source", "company")
closings = {scope: Stream(f"{scope}_closings", scope) for scope in SCOPES}
loads = {scope: Stream(f"{scope}_load", scope) for scope in ("rep", "account")}
amounts = {scope: Stream(f"{scope}_amounts", scope) for scope in ("segment", "account", "company")}
dwells = Stream("stage_dwells", "stage")

COMPANY = "company"
MICROSECOND = pl.duration(microseconds=1)
is_stage, is_amount = field == "stage", field == "amount"
ENTITIES: dict[str, pl.Expr] = {
    "rep": last(changes, "new", field == "owner_id"),
    "account": pl.coalesce(last(changes, "new", field == "account_id"), last(facts, "account_id")),
    "segment": last(changes, "new", field == "segment"),
    "region": last(changes, "new", field == "region"),
    "product_line": last(changes, "new", field == "product_line"),
    "kind": last(changes, "new", field == "kind"),
    "source": last(facts, "source"),
    "stage": last(changes, "new", is_stage),
    "team": last(rep_facts, "team"),
    "company": pl.lit(COMPANY),
}
"""Which life a context stream tells of a deal, in an order in which each needs only what stands before it."""
_STATE = {
    "stage": last(changes, "new", is_stage),
    "outcome": last(changes, "outcome", is_stage),
    "stage_at": last(changes, "happened_at", is_stage),
    "rep": last(changes, "new", field == "owner_id"),
    "amount": last(changes, "number", is_amount),
    "segment": last(changes, "new", field == "segment"),
    "region": last(changes, "new", field == "region"),
    "product_line": last(changes, "new", field == "product_line"),
    "kind": last(changes, "new", field == "kind"),
    "changed_account": last(changes, "new", field == "account_id"),
    "close_date_before": value_ago(changes, "date", 30, field == "close_date"),
    "category_before": value_ago(changes, "new", 30, field == "forecast_category"),
    "began_at": first(changes, "happened_at"),
    "source": last(facts, "source"),
    "fact_account": last(facts, "account_id"),
}


def declaration() -> str:
    """What the context streams are made of, as text: features read them, so it is part of the features' version."""
    parts = {**{f"of {scope}": expr for scope, expr in ENTITIES.items()}, **_STATE}
    return "\n".join(f"{name}|{expr}" for name, expr in parts.items())


def of_known(entity: str, value: pl.Expr) -> pl.Expr:
    """`value` where it is on record whose it is: of a deal without an owner, nothing is said of the owner."""
    return pl.when(ENTITIES[entity].is_not_null()).then(value)


def moments(logs: Mapping[Stream, Log]) -> pl.DataFrame:
    """Each deal just after every instant at which a change of stage, owner, account or amount arrived, in order.

    Columns: deal_id, at (the instant of arrival) and the deal's state as known then.
    """
    log = logs[changes]
    relevant = ["stage", "owner_id", "account_id", "amount"]
    arrived = pl.Series("at", log.arrived_us).cast(pl.Datetime("us"))
    rows = log.frame.select("field", "entity").with_columns(arrived)
    rows = rows.filter(field.is_in(relevant)).select("entity", "at").unique().sort("entity", "at")
    points = rows.select("entity", as_of=pl.col("at") + MICROSECOND)
    by_stream = [
        sweep(logs[stream], points, [AGGREGATES[e.meta.output_name()] for e in wanted])
        for stream, wanted in _wanted().items()
    ]
    state = pl.concat([rows, *by_stream], how="horizontal").select(
        "at", *(expr.alias(name) for name, expr in _STATE.items()), deal_id="entity"
    )
    return state.with_columns(
        account=pl.coalesce("changed_account", "fact_account"),
        company=pl.lit(COMPANY),
        is_open=pl.col("outcome").is_null() & pl.col("stage").is_not_null(),
    )


def _wanted() -> dict[Stream, list[pl.Expr]]:
    streams = {AGGREGATES[expr.meta.output_name()].stream for expr in _STATE.values()}
    return {
        stream: [e for e in _STATE.values() if AGGREGATES[e.meta.output_name()].stream == stream]
        for stream in sorted(streams, key=lambda stream: stream.name)
    }


def context_logs(logs: Mapping[Stream, Log]) -> dict[Stream, Log]:
    """The context streams, from the base logs of all deals."""
    state = _with_team(moments(logs), logs)
    before = state.select(pl.exclude("deal_id").shift(1).over("deal_id").name.prefix("was_"))
    state = pl.concat([state, before], how="horizontal")
    closed = _closings(state)
    out = {stream: _scoped(closed, scope) for scope, stream in closings.items()}
    out |= {stream: _load(state, scope) for scope, stream in loads.items()}
    first_amounts = state.filter(pl.col("amount") > 0).unique("deal_id", keep="first", maintain_order=True)
    priced = first_amounts.select(
        pl.col("amount").log().alias("log_amount"), *amounts, "deal_id", happened_at="at", recorded_at="at"
    )
    out |= {stream: _scoped(priced, scope) for scope, stream in amounts.items()}
    out[dwells] = _dwells(closed, logs[changes])
    return out


def _with_team(state: pl.DataFrame, logs: Mapping[Stream, Log]) -> pl.DataFrame:
    team = last(rep_facts, "team")
    points = state.select(entity="rep", as_of=pl.col("at") + MICROSECOND)
    found = sweep(logs[rep_facts], points, [AGGREGATES[team.meta.output_name()]])
    return state.with_columns(found.to_series().alias("team"))


def _closings(state: pl.DataFrame) -> pl.DataFrame:
    """One row per passage from open to won or lost, at the instant it was learned of."""
    just_closed = ~pl.col("is_open") & pl.col("was_is_open").fill_null(False)
    days = (pl.col("stage_at") - pl.col("began_at")).dt.total_microseconds() / DAY_US
    slip = (pl.col("stage_at") - pl.col("close_date_before")).dt.total_microseconds() / DAY_US
    return state.filter(just_closed).select(
        "deal_id",
        *SCOPES,
        won=pl.col("outcome") == "won",
        cycle_days=days,
        slip_days=slip,
        was_commit=pl.col("category_before").str.to_lowercase() == "commit",
        happened_at=pl.col("stage_at"),
        recorded_at=pl.col("at"),
    )


def _scoped(rows: pl.DataFrame, scope: str) -> Log:
    return make_log(rows.with_columns(entity=pl.col(scope)), ("deal_id",))


def _load(state: pl.DataFrame, scope: str) -> Log:
    """Steps of +1 and -1 in the number of open deals of each `scope`, at the instant each was learned of."""
    now = pl.when("is_open").then(scope)
    was = pl.when(pl.col("was_is_open").fill_null(False)).then("was_" + scope)
    moved = state.with_columns(now=now, was=was).filter(pl.col("now").ne_missing(pl.col("was")))
    parts = [
        moved.select("deal_id", entity=side, step=pl.lit(step), happened_at="at", recorded_at="at")
        for side, step in (("now", 1.0), ("was", -1.0))
    ]
    return make_log(pl.concat(parts), ("deal_id", "step"))


def _dwells(closed: pl.DataFrame, log: Log) -> Log:
    """How long won deals had stayed in each stage, one event per stage left, at the instant the win was learned of."""
    wins = (
        closed.filter("won")
        .select("deal_id", "happened_at", "recorded_at")
        .unique(["deal_id"], keep="first", maintain_order=True)
    )
    arrived = pl.Series("arrived_at", log.arrived_us).cast(pl.Datetime("us"))
    entries = log.frame.with_columns(arrived, deal_id="entity").filter(entered_stage)
    entries = entries.select("deal_id", "arrived_at", "new", entered_at="happened_at")
    lived = entries.join(wins, on="deal_id").filter(
        (pl.col("arrived_at") <= pl.col("recorded_at")) & (pl.col("entered_at") <= pl.col("happened_at"))
    )
    lived = lived.sort("deal_id", "entered_at", "arrived_at", "new").with_columns(
        left_at=pl.col("entered_at").shift(-1).over("deal_id")
    )
    days = (pl.col("left_at") - pl.col("entered_at")).dt.total_microseconds() / DAY_US
    spans = lived.filter(pl.col("left_at").is_not_null()).select(
        "deal_id", "happened_at", "recorded_at", entity="new", log_days=days.log1p()
    )
    return make_log(spans, ("deal_id", "log_days"))
