"""What changed in a period's forecast between two days: lines that add up exactly to the difference of its mean.

A deal counts with worth x chance: 1 where it is booked, its chance of being won within the period while it is open
(times what a win is expected to come to, as a part of today's amount), nothing otherwise. From the first day to the
last one thing of a deal is replaced after another, always in this order, so that every line is exact and nothing is
left over: its scope, the rate its amount is valued at, its chance (under the name of what became of it), its amount,
and last the model where another one serves. What is still to come, and what open deals that will change hands are
expected to bring elsewhere, belong to no deal and are lines of their own.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl

from history.deals import snapshot
from history.errors import DateInvalid
from history.money import in_workspace_currency, rates_in_force
from history.record import History
from serving.forecasting import Outlook, WinModel, outlook, table, win_chances

BECAME = ("won", "lost", "reopened", "created", "pulled_in", "pushed_out", "won_before", "re_scored")
LINES = (*BECAME, "amount_up", "amount_down", "revalued", "owner_moved", "new_model", "handover", "still_to_come")
"""Every line there is, in the order in which they are shown."""
WITHOUT_DEALS = ("handover", "still_to_come")

PART_SCHEMA: dict[str, pl.DataType] = {
    "scope_kind": pl.String(),
    "scope_id": pl.String(),
    "line": pl.String(),
    "deal_id": pl.String(),
    "from_state": pl.String(),
    "to_state": pl.String(),
    **{f"{day}_{name}": pl.Float64() for name in ("amount", "chance") for day in ("from", "to")},
    **{f"{day}_close_date": pl.Datetime("us") for day in ("from", "to")},
    **{f"{day}_scope": pl.String() for day in ("from", "to")},
    "contribution": pl.Float64(),
}
LINE_SCHEMA: dict[str, pl.DataType] = {
    "scope_kind": pl.String(),
    "scope_id": pl.String(),
    "period": pl.String(),
    "from": pl.Datetime("us"),
    "to": pl.Datetime("us"),
    "measure": pl.String(),
    "mean_from": pl.Float64(),
    "mean_to": pl.Float64(),
    "line": pl.String(),
    "deals": pl.Int64(),
    "contribution": pl.Float64(),
}


@dataclass(frozen=True)
class Bridge:
    """`lines`: one row per scope and line (`LINE_SCHEMA`); of a scope mean_from + its contributions = mean_to.

    `parts`: the deals behind them, one row per scope, line and deal (`PART_SCHEMA`), whose contributions add up to
    the line's. Money is in the workspace's currency.
    """

    lines: pl.DataFrame
    parts: pl.DataFrame


@dataclass(frozen=True)
class Pair:
    """Two outlooks on one period; `carried`: (open deals,) the last day's chances by the model of the first."""

    first: Outlook
    last: Outlook
    carried: np.ndarray


def what_changed(
    history: History,
    models: tuple[WinModel | None, WinModel | None],
    period: str,
    days: tuple[dt.datetime, dt.datetime],
    by: str = "company",
    measure: str = "amount",
) -> Bridge:
    """What changed in the forecast of `period` between two instants (naive UTC), by scope of level `by`.

    `models` are those that serve on the two days. Raises `DateInvalid` when the second is not after the first, and
    what `serving.forecasting.forecast` raises.
    """
    return bridge(pair_of(history, models, period, days), by, measure)


def pair_of(
    history: History,
    models: tuple[WinModel | None, WinModel | None],
    period: str,
    days: tuple[dt.datetime, dt.datetime],
) -> Pair:
    """The two outlooks; compute them once where several levels or measures are shown."""
    must_follow(history, days)
    first, last = (outlook(history, model, period, day) for model, day in zip(models, days, strict=True))
    same = models[0] is models[1] or last.now.end <= days[1] or models[0] is None
    return Pair(first, last, last.chances if same else win_chances(models[0], last.now))


def must_follow(history: History, days: tuple[dt.datetime, dt.datetime]) -> None:
    """Raises `DateInvalid` unless the second instant lies after the first."""
    if days[1] <= days[0]:
        first, last = (history.settings.day_of(day) for day in days)
        raise DateInvalid(f"{last} is not after {first}; expected two days in order. Give an earlier first day.")


def bridge(pair: Pair, by: str, measure: str = "amount") -> Bridge:
    """The lines and their deals for one level and measure; raises `RequestInvalid` for an unknown one."""
    means = [table(seen, by, measure) for seen in (pair.first, pair.last)]
    both = _both_days(pair, by, measure)
    parts = _parts(both, pair.last.now.start, pair.last.now.end, by)
    return Bridge(_lines(pair, means, parts, by, measure), parts)


def _both_days(pair: Pair, by: str, measure: str) -> pl.DataFrame:
    """One row per deal that counts on either day: both days' scope, state, amount, worth, chance, pull, close date.

    `pull` is what the deal counts with over its worth; `carried_pull` that of the last day by the first day's model.
    """
    first, last = _standing(pair.first, by, measure), _standing(pair.last, by, measure)
    both = (
        last.rename({name: f"to_{name}" for name in last.columns if name != "deal_id"})
        .join(
            first.rename({name: f"from_{name}" for name in first.columns if name != "deal_id"}),
            on="deal_id",
            how="left",
        )
        .join(_carried(pair), on="deal_id", how="left")
        .join(_revalued(pair, measure), on="deal_id", how="left")
        .with_columns(pl.col("from_chance", "from_pull").fill_null(0.0), pl.col("from_state").fill_null("unknown"))
        .with_columns(carried_pull=pl.col("to_pull") * pl.col("carried").fill_null(1.0))
        .filter((pl.col("from_pull") != 0) | (pl.col("to_pull") != 0) | (pl.col("carried_pull") != 0))
    )
    return both.with_columns(
        from_worth=pl.coalesce("from_worth", "to_worth"), from_scope=pl.coalesce("from_scope", "to_scope")
    ).with_columns(mid_worth=_worth_at_new_rate())


def _standing(seen: Outlook, by: str, measure: str) -> pl.DataFrame:
    """deal_id, scope, state, amount (null when unknown), worth, chance, pull and close_date of every deal of a day."""
    now = seen.now
    keep: list[str | pl.Expr] = ["deal_id", pl.col(by).alias("scope"), "amount", "amount_unknown", "close_date"]
    worth = pl.col("amount") if measure == "amount" else pl.lit(1.0)
    chances, brings = _counted(seen, measure)
    booked = now.booked.select(*keep, state=pl.lit("booked"), chance=pl.lit(1.0), worth=worth, pull=pl.lit(1.0))
    still_open = now.open.select(
        *keep, state=pl.lit("open"), chance=pl.Series(chances, dtype=pl.Float64), worth=worth
    ).with_columns(pull=pl.when(pl.col("worth") > 0).then(pl.Series(brings, dtype=pl.Float64) / pl.col("worth")))
    counted = pl.concat([booked, still_open.with_columns(pl.col("pull").fill_null(0.0))])
    others = now.deals.join(counted, on="deal_id", how="anti").select(
        *keep, state=_state_of_others(now.start, now.end), chance=pl.lit(0.0), worth=worth, pull=pl.lit(0.0)
    )
    told = pl.concat([counted, others])
    return told.with_columns(amount=pl.when(~pl.col("amount_unknown")).then("amount")).drop("amount_unknown")


def _counted(seen: Outlook, measure: str) -> tuple[np.ndarray, np.ndarray]:
    """(open deals,) the chance that each is won within the period, and what it is expected to bring."""
    worth, parts = seen.lessons.amounts.outcomes(seen.now.open, measure)
    chances = seen.expected(measure).chances
    return chances, chances * (worth * parts).sum(axis=1)


def _carried(pair: Pair) -> pl.DataFrame:
    """deal_id and `carried`: the chance by the first day's model over that of the last day's, of the deals now open."""
    by_new = pair.last.chances
    ratio = np.divide(pair.carried, by_new, out=np.ones(len(by_new)), where=by_new > 0)
    return pair.last.now.open.select("deal_id", carried=pl.Series(ratio, dtype=pl.Float64))


def _state_of_others(start: dt.datetime, end: dt.datetime) -> pl.Expr:
    """Of a deal that counts no more: lost, won before the period began, or still open when the period ended."""
    closed = pl.col("closed_at")
    return (
        pl.when(pl.col("outcome").is_null() | (closed >= end))
        .then(pl.lit("slipped"))
        .when((pl.col("outcome") == "won") & (closed < start))
        .then(pl.lit("won_before"))
        .when(pl.col("outcome") == "won")
        .then(pl.lit("slipped"))
        .otherwise(pl.lit("lost"))
    )


def _revalued(pair: Pair, measure: str) -> pl.DataFrame:
    """deal_id and `at_new_rate`: the first day's amount in the workspace's currency at the last day's rates.

    Empty where no rates are kept: then nothing is revalued but the norm that stands in for unknown amounts.
    """
    past, later = pair.first.now.past, pair.last.now
    if measure == "count" or rates_in_force(later.past).is_empty():
        return pl.DataFrame(schema={"deal_id": pl.String, "at_new_rate": pl.Float64})
    lean = History(past.settings, {"deals": past["deals"], "deal_changes": past["deal_changes"]})
    then = snapshot(lean, pair.first.now.as_of).select("deal_id", "currency", at_new_rate="amount")
    valued = in_workspace_currency(later.past, then, "at_new_rate", "currency", later.as_of)
    return valued.select("deal_id", "at_new_rate")


def _worth_at_new_rate() -> pl.Expr:
    """The first day's worth with the last day's rate, or with its norm where the amount is unknown on both days."""
    unknown = pl.col("from_amount").is_null() & pl.col("to_amount").is_null()
    kept = pl.coalesce("at_new_rate", "from_worth")
    return pl.when(unknown).then("to_worth").when(pl.col("from_amount").is_null()).then("from_worth").otherwise(kept)


def _parts(both: pl.DataFrame, start: dt.datetime, end: dt.datetime, by: str) -> pl.DataFrame:
    """The steps of every deal as rows; a step that moves nothing is left out."""
    rows = both.with_columns(became=_became(start, end))
    counted = pl.col("from_worth") * pl.col("from_pull")
    left = pl.col("from_scope") != pl.col("to_scope")
    grown = (pl.col("to_worth") - pl.col("mid_worth")) * pl.col("carried_pull")
    here = pl.col("to_scope")
    steps = [
        (pl.lit("owner_moved"), pl.col("from_scope"), pl.when(left).then(-counted)),
        (pl.lit("owner_moved"), here, pl.when(left).then(counted)),
        (pl.lit("revalued"), here, (pl.col("mid_worth") - pl.col("from_worth")) * pl.col("from_pull")),
        (pl.col("became"), here, pl.col("mid_worth") * (pl.col("carried_pull") - pl.col("from_pull"))),
        (pl.when(grown > 0).then(pl.lit("amount_up")).otherwise(pl.lit("amount_down")), here, grown),
        (pl.lit("new_model"), here, pl.col("to_worth") * (pl.col("to_pull") - pl.col("carried_pull"))),
    ]
    found = [
        rows.with_columns(scope_kind=pl.lit(by), scope_id=scope, line=line, contribution=moved).filter(
            pl.col("contribution").fill_null(0.0) != 0
        )
        for line, scope, moved in steps
    ]
    order = pl.Enum(LINES)
    return (
        pl.concat(found)
        .select(pl.col(name).cast(dtype) for name, dtype in PART_SCHEMA.items())
        .sort("scope_id", pl.col("line").cast(order), -pl.col("contribution").abs(), "deal_id")
    )


def _became(start: dt.datetime, end: dt.datetime) -> pl.Expr:
    """The one name for what became of a deal's chance: the first that holds."""
    was, now = pl.col("from_state"), pl.col("to_state")
    inside_then, inside_now = (
        pl.col(f"{day}_close_date").is_between(start, end, closed="left").fill_null(False) for day in ("from", "to")
    )
    was_closed = was.is_in(["booked", "lost", "won_before"])
    rules = [
        (now == "booked", "won"),
        (now == "lost", "lost"),
        (now == "won_before", "won_before"),
        (was_closed, "reopened"),
        (was == "unknown", "created"),
        (now == "slipped", "pushed_out"),
        (inside_now & ~inside_then, "pulled_in"),
        (inside_then & ~inside_now, "pushed_out"),
    ]
    name = pl.lit("re_scored")
    for holds, code in reversed(rules):
        name = pl.when(holds).then(pl.lit(code)).otherwise(name)
    return name


def _lines(pair: Pair, means: list[pl.DataFrame], parts: pl.DataFrame, by: str, measure: str) -> pl.DataFrame:
    """Every scope of either day with its lines: those of its deals, what is still to come, and any correction."""
    summed = {
        (scope, line): (deals, value)
        for scope, line, deals, value in parts.group_by("scope_id", "line")
        .agg(pl.col("deal_id").n_unique(), pl.col("contribution").sum())
        .iter_rows()
    }
    stands = [{row["scope_id"]: row for row in frame.iter_rows(named=True)} for frame in means]
    counted = [_by_deals(seen, by, measure) for seen in (pair.first, pair.last)]
    rows = []
    for scope in sorted({*stands[0], *stands[1], *parts["scope_id"]}):
        first, last = (_beyond_deals(stand.get(scope), own, scope) for stand, own in zip(stands, counted, strict=True))
        shared = [by, scope, pair.last.period.name, pair.first.now.as_of, pair.last.now.as_of, measure]
        found = {line: summed.get((scope, line), (0, 0.0)) for line in LINES}
        found |= {line: (0, last[line] - first[line]) for line in WITHOUT_DEALS}
        rows += [[*shared, first["mean"], last["mean"], line, *found[line]] for line in LINES if _shown(line, found)]
    return pl.DataFrame(rows, schema=LINE_SCHEMA, orient="row")


def _by_deals(seen: Outlook, by: str, measure: str) -> dict[str, float]:
    """What the open deals of each scope are expected to bring, wherever it will count."""
    brings = pl.Series(_counted(seen, measure)[1], dtype=pl.Float64)
    return dict(
        seen.now.open.select(by).with_columns(brings=brings).group_by(by).agg(pl.col("brings").sum()).iter_rows()
    )


def _shown(line: str, found: Mapping[str, tuple[int, float]]) -> bool:
    return line == "still_to_come" or found[line] != (0, 0.0)


def _beyond_deals(row: Mapping[str, float] | None, by_deals: Mapping[str, float], scope: str) -> dict[str, float]:
    """The mean of one scope, and the parts of it that belong to no deal of its own."""
    if row is None:
        return {"mean": 0.0, "still_to_come": 0.0, "handover": 0.0}
    moves = row["open_expected"] - by_deals.get(scope, 0.0)
    # Sums in another order differ in their last digits; that is rounding, not a deal changing hands.
    slight = abs(moves) <= 1e-9 * max(abs(row["mean"]), 1.0)
    return {"mean": row["mean"], "still_to_come": row["new_expected"], "handover": 0.0 if slight else moves}
