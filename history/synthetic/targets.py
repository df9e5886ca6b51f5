"""Quotas: what each rep, team, region, product line, segment and the company is to win in a period.

Targets come from what a territory can be expected to bring, never from what a period then brought.
"""

from __future__ import annotations

import datetime as dt

import numpy as np
import polars as pl

from history.settings import Settings
from history.synthetic import days
from history.synthetic import vocabulary as words
from history.synthetic.births import Births
from history.synthetic.people import rep_id, team_id
from history.synthetic.world import Staff

QUARTERS = 12
"""Quarters of the written history; the next one has targets too, since they are set before it begins."""
RAMP = np.array([0.20, 0.60, 0.85, 0.95])
MONTHS_OF_QUARTER = (0.22, 0.27, 0.51)
STRETCH, REP_STRETCH = 0.90, 0.75
"""Targets over the wins that the deals of these years can be expected to bring, part of them after the end; a rep's lie
lower, since few deals make a lumpy quarter."""
REVISED = 0.05
MEASURES = ("amount", "count")


def make_quotas(
    births: Births, win_chance: np.ndarray, staff: Staff, settings: Settings, rng: np.random.Generator
) -> pl.DataFrame:
    """The `quotas` table of the written quarters; `win_chance` is each deal's planned chance at birth."""
    both = _targets(_scopes(births, win_chance, staff), np.arange(QUARTERS), staff, settings, rng)
    return _table(pl.concat([both, _revisions(both, rng)]))


def with_coming(
    quotas: pl.DataFrame,
    births: Births,
    win_chance: np.ndarray,
    staff: Staff,
    settings: Settings,
    rng: np.random.Generator,
) -> pl.DataFrame:
    """`quotas` with those of the quarter that begins when the written history ends, set before it begins."""
    coming = _targets(_scopes(births, win_chance, staff), np.array([QUARTERS]), staff, settings, rng)
    return _table(pl.concat([quotas.drop("recorded_at").select(coming.columns), coming]))


def _targets(
    scopes: pl.DataFrame, quarter: np.ndarray, staff: Staff, settings: Settings, rng: np.random.Generator
) -> pl.DataFrame:
    """Quarterly and monthly targets of every scope in some quarters, as they are set first."""
    quarters = pl.DataFrame({"quarter": quarter, "weight": _weights()[quarter]})
    stretch = pl.when(pl.col("scope_kind") == "rep").then(REP_STRETCH).otherwise(STRETCH)
    noise = np.exp(rng.normal(0, 0.08, scopes.height * len(quarter)))
    rows = scopes.join(quarters, how="cross").with_columns(
        target=pl.col("yield") * pl.col("weight") * stretch * pl.Series(noise)
    )
    rows = rows.filter(pl.Series(_present(rows, staff)))
    quarterly = rows.select("scope_kind", "scope_id", "measure", "target", period_name(rows["quarter"]), "quarter")
    monthly = _monthly(rows.filter(pl.col("scope_kind").is_in(["rep", "team", "company"])))
    return pl.concat([_set(quarterly, 3, settings), _set(monthly, 1, settings)])


def _table(rows: pl.DataFrame) -> pl.DataFrame:
    return rows.with_columns(target=_rounded(), recorded_at="set_at").sort(
        "scope_kind", "scope_id", "period", "measure", "set_at"
    )


def _rounded() -> pl.Expr:
    """Amounts in ten thousands, counts in whole deals."""
    unit = pl.when(pl.col("measure") == "amount").then(10_000.0).otherwise(1.0)
    return pl.max_horizontal((pl.col("target") / unit).round() * unit, unit)


def _weights() -> np.ndarray:
    """The part of the written years' wins that each quarter is to bring, the coming one included."""
    quarter = np.arange(QUARTERS + 1)
    growth = 1.01 ** (3 * quarter)
    ramp = np.where(quarter < len(RAMP), RAMP[np.minimum(quarter, len(RAMP) - 1)], 1.0)
    weight = growth * ramp * days.SEASON[(quarter + 2) % 4]
    return np.asarray(weight / weight[:QUARTERS].sum())


def _scopes(births: Births, win_chance: np.ndarray, staff: Staff) -> pl.DataFrame:
    """The yield of every scope over the whole history, had everybody been there all the time."""
    frame = pl.DataFrame(
        {"rep": births.rep, "line": births.line, "segment": births.segment, "count": win_chance}
    ).with_columns(amount=win_chance * births.amount)
    span = np.clip(np.minimum(staff.leaves, days.DAYS) - staff.starts, 60, days.DAYS) / days.DAYS
    own = np.stack([_sum_by(births.rep, frame[m].to_numpy(), staff.size) / span for m in MEASURES], axis=1)
    shrunk = 0.6 * own + 0.4 * own.mean(axis=0)
    total = [frame[m].sum() for m in MEASURES]
    rows: list[tuple[str, str, str, float]] = []
    for at, measure in enumerate(MEASURES):
        rows += [("rep", rep_id(rep), measure, float(shrunk[rep, at])) for rep in range(staff.size)]
        team = _sum_by(staff.team[births.rep], frame[measure].to_numpy(), staff.teams)
        rows += [("team", team_id(number), measure, float(value)) for number, value in enumerate(team)]
        region = _sum_by(staff.region_of(births.rep), frame[measure].to_numpy(), int(staff.team_region.max()) + 1)
        rows += [("region", words.REGIONS[number], measure, float(value)) for number, value in enumerate(region)]
        lines = _sum_by(births.line, frame[measure].to_numpy(), len(words.PRODUCT_LINES))
        rows += [("product_line", words.PRODUCT_LINES[n], measure, float(value)) for n, value in enumerate(lines)]
        rows.append(("company", "company", measure, float(total[at])))
    return pl.DataFrame(rows, schema=["scope_kind", "scope_id", "measure", "yield"], orient="row")


def _sum_by(group: np.ndarray, value: np.ndarray, size: int) -> np.ndarray:
    return np.bincount(group, weights=value, minlength=size)


def _present(rows: pl.DataFrame, staff: Staff) -> np.ndarray:
    """Everything but reps is always there; a rep must be there when the quarter begins."""
    starts = np.flatnonzero(np.diff(np.r_[-1, days.quarter_index(np.arange(days.DAYS + 1))]))
    is_rep = (rows["scope_kind"] == "rep").to_numpy()
    number = np.where(is_rep, rows["scope_id"].str.slice(1).cast(pl.Int64, strict=False).fill_null(0).to_numpy(), 0)
    return ~is_rep | staff.works_on(number, starts[rows["quarter"].to_numpy()])


def period_name(quarter: pl.Series) -> pl.Series:
    return pl.Series(days.quarter_names(days.DAYS + days.COMING_DAYS)).gather(quarter.to_numpy()).alias("period")


def _monthly(rows: pl.DataFrame) -> pl.DataFrame:
    """Three monthly targets of each quarterly amount, the last month the largest."""
    amounts = rows.filter(pl.col("measure") == "amount")
    quarter = amounts["quarter"].to_numpy()
    parts = [
        amounts.select(
            "scope_kind",
            "scope_id",
            "measure",
            pl.col("target") * share,
            pl.Series(days.month_names(days.DAYS + days.COMING_DAYS)).gather(quarter * 3 + month).alias("period"),
            "quarter",
        )
        for month, share in enumerate(MONTHS_OF_QUARTER)
    ]
    return pl.concat(parts)


def _set(rows: pl.DataFrame, months: int, settings: Settings) -> pl.DataFrame:
    """Targets are set three weeks before their period begins."""
    first = {name: settings.start_of(_first_day(name)) for name in rows["period"].unique().sort()}
    start = pl.col("period").replace_strict(first, return_dtype=pl.Datetime("us"))
    return rows.select(
        "scope_kind", "scope_id", "period", "measure", "target", set_at=start - dt.timedelta(days=21, hours=-10)
    )


def _first_day(period: str) -> dt.date:
    year = int(period[:4])
    month = 3 * int(period[5]) - 2 if "Q" in period else int(period[5:])
    return dt.date(year, month, 1)


def _revisions(rows: pl.DataFrame, rng: np.random.Generator) -> pl.DataFrame:
    """A few quarterly targets of reps and teams are lowered some weeks into the period."""
    quarterly = rows.filter(pl.col("period").str.contains("Q") & pl.col("scope_kind").is_in(["rep", "team"]))
    chosen = quarterly.filter(pl.Series(rng.random(quarterly.height) < REVISED))
    later = pl.Series((rng.integers(20, 45, chosen.height) + 21) * 86_400_000_000).cast(pl.Duration("us"))
    return chosen.with_columns(
        target=pl.col("target") * pl.Series(rng.uniform(0.82, 0.95, chosen.height)),
        set_at=pl.col("set_at") + later,
    )
