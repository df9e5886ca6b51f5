"""The board: one row per open deal with what a reader needs of it, and how it is filtered and sorted."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import polars as pl

from features.flags import FLAGS
from history.as_of import known
from history.deals import ordered_changes, snapshot
from history.errors import RequestInvalid
from history.money import in_workspace_currency
from history.record import History
from history.scopes import deal_scopes, standing_reps

BANDS = ("critical", "at_risk", "watch", "healthy")
RISKY = ("critical", "at_risk")
SORTS = ("risk", "amount", "win_probability", "health", "close_date", "deal_id")
WEEK_SORT = "win_change"
"""Also an order, of boards that have the column: what was lost most since a week ago first."""
FILTERED = ("team", "stage", "band", "region", "product_line", "segment")
SEARCHED = ("deal_id", "name", "account_name")
DAY_US = 86_400_000_000
FACT_COLUMNS = (
    "name",
    "account_id",
    "account_name",
    "owner_name",
    "team",
    "region",
    "product_line",
    "segment",
    "amount_home",
    "close_day",
    "days_in_stage",
    "age_days",
)


@dataclass(frozen=True)
class Wanted:
    """Which deals to list. None means any; `flag` is the code of one raised, `search` a part of name or id."""

    owner: str | None = None
    team: str | None = None
    stage: str | None = None
    band: str | None = None
    region: str | None = None
    product_line: str | None = None
    segment: str | None = None
    flag: str | None = None
    search: str | None = None
    problem: str | None = None

    @property
    def any(self) -> bool:
        return any(vars(self).values())


def make_board(history: History, scores: pl.DataFrame, as_of: dt.datetime) -> pl.DataFrame:
    """The scores joined with name, account, scopes, money in the workspace's currency, close date, age, time in stage.

    Columns beside those of `scores`: name, account_id, account_name, owner_name, team, region, product_line, segment,
    amount_home (workspace currency), close_day (date), days_in_stage, age_days. Sorted by deal_id.
    """
    past = known(history, as_of)
    shot = snapshot(past, as_of).join(scores.select("deal_id"), on="deal_id", how="semi")
    told = facts_of(past, shot, as_of).select("deal_id", *FACT_COLUMNS)
    return scores.join(told, on="deal_id", how="left").sort("deal_id")


def facts_of(past: History, shot: pl.DataFrame, as_of: dt.datetime) -> pl.DataFrame:
    """The snapshot's rows with `FACT_COLUMNS`, from the history as known at `as_of`."""
    people = standing_reps(past, as_of).select(owner_id="rep_id", owner_name="name")
    accounts = past["accounts"].select("account_id", account_name="name")
    names = past["deals"].select("deal_id", "name")
    return (
        deal_scopes(past, shot, as_of)
        .pipe(_with_home_amount, past, as_of)
        .join(names, on="deal_id", how="left")
        .join(people, on="owner_id", how="left")
        .join(accounts, on="account_id", how="left")
        .join(stage_entry(past, as_of), on="deal_id", how="left")
        .with_columns(
            close_day=_local_day(past, "close_date"),
            days_in_stage=_days_until(as_of, "stage_since"),
            age_days=_days_until(as_of, "created_at"),
        )
    )


def stage_entry(past: History, as_of: dt.datetime) -> pl.DataFrame:
    """Since when each deal has been in its stage: deal_id, stage_since (UTC instant)."""
    stages = ordered_changes(past).filter((pl.col("field") == "stage") & (pl.col("changed_at") < as_of))
    moved = pl.col("new_value").ne_missing(pl.col("new_value").shift(1).over("deal_id"))
    first = pl.col("deal_id").is_first_distinct()
    return stages.filter(moved | first).group_by("deal_id").agg(stage_since=pl.col("changed_at").last())


def _with_home_amount(shot: pl.DataFrame, past: History, as_of: dt.datetime) -> pl.DataFrame:
    frame = shot.with_columns(amount_home="amount")
    return in_workspace_currency(past, frame, "amount_home", "currency", as_of)


def _local_day(history: History, column: str) -> pl.Expr:
    zone = history.settings.timezone
    return pl.col(column).dt.replace_time_zone("UTC").dt.convert_time_zone(zone).dt.date()


def _days_until(as_of: dt.datetime, column: str) -> pl.Expr:
    return (pl.lit(as_of) - pl.col(column)).dt.total_microseconds() / DAY_US


def chosen(board: pl.DataFrame, wanted: Wanted) -> pl.DataFrame:
    """The rows that match every part of the filter; raises `RequestInvalid` for a band or flag that does not exist."""
    _known("band", wanted.band, BANDS)
    _known("flag", wanted.flag, tuple(FLAGS))
    columns = {"owner_id": wanted.owner, **{name: getattr(wanted, name) for name in FILTERED}}
    rules = [pl.col(column) == value for column, value in columns.items() if value is not None]
    coded = (("flags", wanted.flag), ("problems", wanted.problem))
    rules += [(" " + pl.col(name) + " ").str.contains(f" {code} ", literal=True) for name, code in coded if code]
    if wanted.search:
        part = wanted.search.strip().lower()
        spoken = [pl.col(name).fill_null("").str.to_lowercase() for name in SEARCHED]
        rules.append(pl.any_horizontal(text.str.contains(part, literal=True) for text in spoken))
    return board.filter(*rules) if rules else board


def _known(what: str, value: str | None, choices: tuple[str, ...]) -> None:
    if value is not None and value not in choices:
        raise RequestInvalid(f"{what} {value[:80]!r} is not known; expected one of {', '.join(choices)}.")


def ordered(board: pl.DataFrame, sort: str) -> pl.DataFrame:
    """Rows in the order asked for: by risk (band, then largest amount), or by a column; "-" in front turns it round.

    Unknown values stand last and deal_id breaks ties, so the order is always the same.
    """
    keys = sort_keys(board, sort)
    return board.sort([expr for expr, _ in keys], descending=[down for _, down in keys], nulls_last=True)


def sort_keys(board: pl.DataFrame, sort: str) -> list[tuple[pl.Expr, bool]]:
    """What a list is sorted by, and whether downwards; deal_id comes last. Raises `RequestInvalid`."""
    name, down = sort.lstrip("-"), sort.startswith("-")
    also = (WEEK_SORT,) if WEEK_SORT in board.columns else ()
    if name not in (*SORTS, *also) or sort.count("-") > 1:
        raise RequestInvalid(
            f"sort {sort[:80]!r} is not known; expected one of {', '.join(SORTS)}, with - for descending."
        )
    if name == "deal_id":
        return [(pl.col(name), down)]
    if name == "risk":
        severity = pl.col("band").replace_strict(dict(zip(BANDS, range(len(BANDS)), strict=True)), default=len(BANDS))
        return [(severity.cast(pl.Float64), down), (pl.col("amount_home"), True), (pl.col("deal_id"), False)]
    column = {"amount": "amount_home", "close_date": "close_day"}.get(name, name)
    return [(pl.col(column), down), (pl.col("deal_id"), False)]


def value_at_risk(board: pl.DataFrame) -> float:
    """Amount of the deals in the bands at_risk and critical, workspace currency; unknown amounts count as 0."""
    return float(board.filter(pl.col("band").is_in(RISKY))["amount_home"].sum())
