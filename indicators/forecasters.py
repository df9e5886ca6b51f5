"""Whose statements are measured: everybody's about reps or teams, or all forecasters of a kind taken together."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from history.as_of import known
from history.errors import RequestInvalid
from history.record import History
from history.scopes import NONE, SCOPE_KINDS
from indicators.cells import SUBMITTED, Statements, statements
from indicators.coverage import SPOKEN, coverage
from indicators.credit import reps_at

HORIZONS_DAYS = (75, 45, 15)
BY = ("rep", "team", "forecaster_kind")
KEYS = SPOKEN
KEY_COLUMNS: dict[str, pl.DataType] = dict.fromkeys(KEYS, pl.String()) | {"horizon_days": pl.Int64()}
"""The columns that every view of a record begins with."""
EVERYBODY = "(all)"


@dataclass(frozen=True)
class Said:
    """`cells` (see `cells.statement_cells`) and `covered`, by `KEYS`: how many calls were made of how many possible.

    Calls are counted in periods; where many forecasters or scopes are taken together, in periods of each of them.
    """

    cells: pl.DataFrame
    covered: pl.DataFrame


def said_by(
    history: History,
    as_of: dt.datetime,
    by: str = "rep",
    horizons: Sequence[int] = HORIZONS_DAYS,
    measure: str = "amount",
    cadence: str = "quarter",
    model_calls: pl.DataFrame | None = None,
) -> Said:
    """The statements to measure, with the parameters of `accuracy.accuracy`; raises what it raises."""
    if by not in BY:
        raise RequestInvalid(f"accuracy by {by!r} is not known; expected one of: {', '.join(BY)}. Correct it.")
    kinds = {"rep": ("rep",), "team": ("rep", "team"), "forecaster_kind": SCOPE_KINDS}[by]
    found = statements(history, as_of, kinds, horizons, measure, cadence, model_calls)
    reps = known(History(history.settings, {"reps": history["reps"]}), as_of)
    covered = coverage(found.cells, found.asked, reps["reps"])
    if by == "rep":
        return Said(found.cells, covered)
    if by == "team":
        of_teams = pl.col("scope_kind") == "team"
        own = Said(found.cells.filter(of_teams), covered.filter(of_teams))
        return _both(own, rolled_up(found, reps))
    together = {"forecaster_id": pl.lit(EVERYBODY), "scope_id": pl.col("scope_kind")}
    counted = covered.with_columns(**together).group_by(KEYS).agg(pl.col("n_called", "n_possible").sum())
    return Said(found.cells.with_columns(**together), counted)


def rolled_up(found: Statements, reps: History) -> Said:
    """What the reps of a team called for themselves, added up, against what those same reps won.

    A rep belongs to the team of the horizon day; who made no call is on neither side. `naive` and `model` are the sums
    of the reps' own, null where one of them has none. Calls are counted rep by rep.
    """
    moment = ["scope_kind", "scope_id", "horizon_days", "start"]
    asked = found.asked.filter((pl.col("scope_kind") == "rep") & (pl.col("scope_id") != NONE))
    asked = asked.with_columns(team=_teams(reps, asked)).drop_nulls("team")
    own = (pl.col("forecaster_kind") == "rep") & (pl.col("forecaster_id") == pl.col("scope_id"))
    spoken = found.cells.filter(own & (pl.col("source") == SUBMITTED)).join(asked.drop("cut"), on=moment)
    named = spoken.with_columns(forecaster_id=pl.lit(EVERYBODY), scope_kind=pl.lit("team"), scope_id="team")
    cells = named.group_by(*KEYS, "basis", "period", "start").agg(
        pl.col("forecast", "actual", "blank_wins").sum(),
        *(
            pl.when(pl.col(rule).is_not_null().all()).then(pl.col(rule).sum()).alias(rule)
            for rule in ("naive", "model")
        ),
    )
    first = cells.group_by(KEYS).agg(first=pl.col("start").min())
    called = named.group_by(KEYS).agg(n_called=pl.len().cast(pl.Int64))
    possible = (
        first.join(asked.select("horizon_days", "start", scope_id="team"), on=["scope_id", "horizon_days"])
        .filter(pl.col("start") >= pl.col("first"))
        .group_by(KEYS)
        .agg(n_possible=pl.len().cast(pl.Int64))
    )
    return Said(cells.select(found.cells.columns), called.join(possible, on=KEYS))


def _teams(reps: History, asked: pl.DataFrame) -> pl.Series:
    return reps_at(reps, asked.rename({"scope_id": "rep"}), "cut")["team"]


def _both(one: Said, other: Said) -> Said:
    covered = pl.concat(
        [one.covered.select(*KEYS, "n_called", "n_possible"), other.covered.select(*KEYS, "n_called", "n_possible")]
    )
    return Said(pl.concat([one.cells, other.cells]), covered)


def in_order(rows: pl.DataFrame, columns: dict[str, pl.DataType], then: str | None = None) -> pl.DataFrame:
    """`rows` with `columns`, by forecaster, scope and source, the farthest horizon first; within it by `then`."""
    order = ["forecaster_kind", "forecaster_id", "scope_kind", "scope_id", "source", "horizon_days"]
    order += [then] if then else []
    told = rows.sort(order, descending=[name == "horizon_days" for name in order])
    return told.select(pl.col(name).cast(dtype) for name, dtype in columns.items())
