"""Earlier periods point by point: what was open at each, as known then, and what the period came to in the end.

What was open at a point is told as it was known then: a row that was recorded late takes effect when it was. Teams are
today's, so that a scope's past is the past of those who are in it; amounts are valued at today's rates, so that a
moving rate is not taken for a deal's.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from features.spine import open_spine
from history.deals import closings, finite_number
from history.fiscal import Period, bounds, previous
from history.money import in_workspace_currency
from history.record import History
from history.scopes import NONE, deal_scopes, scope_kinds
from training.attainment.position import LEAST_WON_AMOUNTS
from training.attainment.recency import periods_per_year
from training.attainment.replay import same_point

MOST_PERIODS, MOST_POINTS, LEAST_FILLED = 12, 14, 2
WEEK = dt.timedelta(days=7)
_FIELDS = ("owner_id", "amount", "region", "product_line", "segment")
POINT = {"period": pl.String(), "age": pl.Int64(), "point": pl.Int64(), "share": pl.Float64()} | {
    name: pl.Datetime("us") for name in ("at", "start", "end")
}


@dataclass(frozen=True)
class Course:
    """Earlier periods of one kind, `age` 0 the newest that was over.

    `points`: period, age, point (its number within the period), share (of the period that has passed), at, start, end.
    `open`: age, point, deal_id, stage, age_days, amount, amount_unknown and the scopes of every deal open at a point,
    won (in that period) and, where won, won_amount and won_<kind>, the scopes that the win counts for.
    `wins`: age, deal_id, closed_at, known_at, amount, amount_unknown and scopes of every win of each period.
    """

    points: pl.DataFrame
    open: pl.DataFrame
    wins: pl.DataFrame

    @property
    def periods(self) -> int:
        """How many earlier periods there are."""
        return self.points["age"].n_unique()

    @property
    def kinds(self) -> list[str]:
        """Every level, those of the workspace's own among them."""
        return [name for name in self.wins.columns if f"won_{name}" in self.open.columns and name != "amount"]

    @property
    def per_year(self) -> int:
        """How many such periods make a year."""
        return periods_per_year(self.points["end"][0] - self.points["start"][0])

    def over_by(self, instant: dt.datetime) -> Course:
        """The periods that were over by an instant."""
        points = self.points.filter(pl.col("end") <= instant)
        theirs = pl.col("age").is_in(points["age"].unique().implode())
        return Course(points, self.open.filter(theirs), self.wins.filter(theirs))

    def nearest_point(self, share: float) -> int:
        """The number of the point at which about `share` of a period has passed."""
        typical = self.points.group_by("point", maintain_order=True).agg(pl.col("share").median()).sort("point")
        return int(typical["point"][int((typical["share"] - share).abs().arg_min() or 0)])


def course(past: History, period: Period, as_of: dt.datetime) -> Course:
    """The course of the periods of the same kind that were over at `as_of`; `past` is the history as known then."""
    points = _points(past, period, as_of)
    wins = _wins(past, points, as_of)
    kinds = scope_kinds(past.settings)
    credit = wins.select("age", "deal_id", won_amount="amount", **{f"won_{kind}": kind for kind in kinds})
    rows = open_spine(past, points["at"].unique().sort().to_list()).rename({"as_of": "at"})
    rows = _described(past, rows.join(points.select("at", "age", "point"), on="at"), wins, as_of)
    rows = rows.join(credit, on=["age", "deal_id"], how="left", maintain_order="left").with_columns(
        won=pl.col("won_company").is_not_null()
    )
    return Course(points, rows.sort("age", "point", "deal_id"), wins.sort("age", "deal_id"))


def _points(past: History, period: Period, as_of: dt.datetime) -> pl.DataFrame:
    """A week apart, fewer in long periods; for a period that lies ahead the one point as far ahead of it.

    Periods that began while the pipeline was still being entered are left out where two others remain.
    """
    span = bounds(period, past.settings)
    rows = []
    for age, other in enumerate(ended(past, period, as_of)):
        start, end = bounds(other, past.settings)
        step = max(WEEK, (end - start) / MOST_POINTS)
        ahead = as_of < span[0]
        instants = [same_point(span, as_of, (start, end))] if ahead else _grid(start, end, step)
        rows += [(other.name, age, n, (at - start) / (end - start), at, start, end) for n, at in enumerate(instants)]
    points = pl.DataFrame(rows, schema=POINT, orient="row").filter(pl.col("at") > past.first_recorded)
    filled = points.filter(pl.col("start") - past.first_recorded >= dt.timedelta(days=period.days - 2))
    return filled if filled["age"].n_unique() >= LEAST_FILLED else points


def _grid(start: dt.datetime, end: dt.datetime, step: dt.timedelta) -> list[dt.datetime]:
    return [start + number * step for number in range(-(-(end - start) // step))]


def ended(past: History, period: Period, as_of: dt.datetime) -> list[Period]:
    """Periods of the same kind that were over at `as_of`, newest first, back to the first record."""
    found: list[Period] = []
    back = 1
    while len(found) < MOST_PERIODS:
        other = previous(period, past.settings, back)
        end = bounds(other, past.settings)[1]
        if past.first_recorded is None or end <= past.first_recorded:
            break
        if end <= as_of:
            found.append(other)
        back += 1
    return found


def _wins(past: History, points: pl.DataFrame, as_of: dt.datetime) -> pl.DataFrame:
    """What stood as won at each period's end."""
    spans = points.select("age", "start", "end").unique()
    won = closings(past).filter(pl.col("outcome") == "won")
    inside = won.join_where(spans, pl.col("closed_at") >= pl.col("start"), pl.col("closed_at") < pl.col("end"))
    stood = inside.filter(pl.col("reopened_at").is_null() | (pl.col("reopened_at") >= pl.col("end")))
    rows = stood.select("age", "deal_id", "closed_at", known_at=pl.max_horizontal("closed_at", "recorded_at"))
    rows = rows.sort("deal_id", "closed_at").unique(["age", "deal_id"], keep="last", maintain_order=True)
    just_after = rows.with_columns(at=pl.col("closed_at") + dt.timedelta(microseconds=1))
    return _described(past, just_after, None, as_of).drop("at")


def _described(past: History, rows: pl.DataFrame, wins: pl.DataFrame | None, as_of: dt.datetime) -> pl.DataFrame:
    """`rows` (deal_id, at) with scopes and worth as they stood at `at`; wins (`wins` None) with what came to be known
    of that moment since.
    """
    fields = (*_FIELDS, *past.settings.own_levels)
    told = fields_at(past, rows, fields, hindsight=wins is None).with_columns(finite_number(pl.col("amount")))
    told = told.join(past["deals"].select("deal_id", "currency"), on="deal_id", how="left", maintain_order="left")
    scoped = in_workspace_currency(past, deal_scopes(past, told, as_of), "amount", "currency", as_of)
    known = scoped if wins is None else wins.filter(~pl.col("amount_unknown"))
    filled = scoped.with_columns(amount_unknown=pl.col("amount").is_null(), amount=_filled(scoped, known))
    filled = filled.with_columns(count=pl.lit(1.0))
    return filled.drop("owner_id", "currency")


def _filled(rows: pl.DataFrame, known: pl.DataFrame) -> pl.Series:
    """(rows,) amounts, unknown ones as the median of what was won in the segment, else in the team, else anywhere."""
    typical = known["amount"].median()
    norms = []
    for kind in ("segment", "team"):
        won = known.drop_nulls("amount").group_by(kind).agg(pl.col("amount").median(), pl.len())
        enough = won.filter((pl.col("len") >= LEAST_WON_AMOUNTS) & (pl.col(kind) != NONE))
        norm = dict(enough.select(kind, "amount").iter_rows())
        norms.append(pl.col(kind).replace_strict(norm, default=None, return_dtype=pl.Float64))
    fill = pl.coalesce("amount", *norms, pl.lit(float(typical) if isinstance(typical, float) else 0.0))
    return rows.select(fill).to_series()


def fields_at(past: History, rows: pl.DataFrame, fields: Sequence[str], hindsight: bool = False) -> pl.DataFrame:
    """`rows` (deal_id, at, ...) in their order with the text of each field as known just before `at`.

    With `hindsight`: as it was just before `at`, by all that `past` knows.
    """
    changes = past["deal_changes"].filter(pl.col("field").is_in(list(fields)))
    since = pl.col("changed_at") if hindsight else pl.max_horizontal("changed_at", "recorded_at")
    changes = changes.with_columns(_from=since)
    changes = changes.sort("_from", "changed_at", "recorded_at", "new_value")
    out = rows.with_row_index("_row").sort("at")
    for name in fields:
        values = changes.filter(pl.col("field") == name).select("deal_id", "_from", pl.col("new_value").alias(name))
        out = out.join_asof(
            values,
            left_on="at",
            right_on="_from",
            by="deal_id",
            allow_exact_matches=False,
            check_sortedness=False,
        ).drop("_from", strict=False)
    return out.sort("_row").drop("_row")
