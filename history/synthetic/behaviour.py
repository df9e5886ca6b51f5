"""How people call their forecasts. The planted bias is a multiple of what is really won in the quarter.

A call is `bias x noise x (foresight x won + (1 - foresight) x expected)`: what the quarter will really bring, blended
with what could be expected that day (booked, the exact chances of the open deals, and deals still to come). Foresight
grows from 0.58 at a quarter's start to 1 at its end. The noise of a person is drawn once per quarter and stays, so
that a fixed horizon sees all of it; over the four quarters of a year it balances.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from history.settings import Settings
from history.synthetic import days
from history.synthetic.world import Staff

FORECASTER_KINDS = ("accurate", "sandbagger", "optimist", "erratic")
BIAS = np.array([1.0, 0.75, 1.35, 1.0])
BIAS_VARIES = np.array([0.02, 0.03, 0.05, 0.0])
SPREAD = np.array([0.06, 0.10, 0.12, 0.45])
YEAR_OF_NOISE = np.array([-1.363, -0.378, 0.378, 1.363])
"""A person's four quarters of noise, in any order: it balances over a year, so eight quarters show the bias itself."""
TURN = (0, 1, 2, 3, 0, 2, 1, 0)
LEANING = np.array([0, -1, 1, 0])
MISSES = 0.03
OVERRIDES = 0.10
MEASURES = ("amount", "count")


@dataclass(frozen=True)
class Forecasters:
    """Planted traits as parallel arrays, reps first, then one manager per team."""

    kind: np.ndarray
    bias: np.ndarray
    spread: np.ndarray


def make_forecasters(staff: Staff, rng: np.random.Generator) -> Forecasters:
    """Kinds in turn over the people, those who stay throughout first, so that a small team has every kind too."""
    people = staff.size + staff.teams
    stays = np.r_[(staff.starts == 0) & (staff.leaves > days.DAYS), np.zeros(staff.teams, dtype=bool)]
    order = np.lexsort((rng.random(people), ~stays))
    kind = np.zeros(people, dtype=int)
    kind[order] = np.resize(TURN, people)
    bias = BIAS[kind] + rng.normal(0, 1, people).clip(-1.5, 1.5) * BIAS_VARIES[kind]
    return Forecasters(kind, bias, SPREAD[kind])


def foresight(left: np.ndarray) -> np.ndarray:
    """The weight of what will really be won, by days left in the quarter."""
    return np.asarray(1 - 0.42 * (np.clip(left, 0, 92) / 92) ** 1.2)


def calls(
    wins: pl.DataFrame, expected: pl.DataFrame, staff: Staff, forecasters: Forecasters, rng: np.random.Generator
) -> pl.DataFrame:
    """All statements in plain numbers: scope (rep or team), who, person, quarter, day, category, measure, value, note.

    `wins`: rep, team, quarter, day, created_day, amount. `expected`: day, rep, team and the sums of amount and count
    that open deals were expected to bring before the quarter's end.
    """
    parts = []
    for scope in ("rep", "team"):
        grid = _grid(scope, staff, rng)
        known = _knowable(grid, scope, wins, expected)
        parts.append(_statements(known, scope, staff, forecasters, rng))
    return pl.concat(parts)


def _grid(scope: str, staff: Staff, rng: np.random.Generator) -> pl.DataFrame:
    """Who calls on which Monday: scope's number, day, quarter, days left."""
    axis = np.arange(days.DAYS)
    mondays = axis[(days.dates(days.DAYS).astype(int) + 3) % 7 == 0]
    members = staff.size if scope == "rep" else staff.teams
    who, day = (values.ravel() for values in np.meshgrid(np.arange(members), mondays, indexing="ij"))
    present = staff.works_on(who, day) if scope == "rep" else np.ones(len(who), dtype=bool)
    said = present & (rng.random(len(who)) >= MISSES)
    who, day = who[said], day[said]
    left = days.days_left(3)[day]
    return pl.DataFrame({"who": who, "day": day, "quarter": days.quarter_index(day), "left": left})


def _knowable(grid: pl.DataFrame, scope: str, wins: pl.DataFrame, expected: pl.DataFrame) -> pl.DataFrame:
    """For each call and measure what is booked, what will really be won, and what could be expected."""
    won = wins.with_columns(who=scope, count=pl.lit(1.0))
    actual = won.group_by("who", "quarter").agg(pl.col(m).sum().alias(f"{m}_actual") for m in MEASURES)
    usual = won.group_by("who").agg(
        (pl.col(m).sum() / pl.col("quarter").n_unique()).alias(f"{m}_usual") for m in MEASURES
    )
    pairs = grid.select("who", "quarter", call_day="day").join(won, on=["who", "quarter"])
    booked = (
        pairs.filter(pl.col("day") < pl.col("call_day"))
        .group_by("who", day="call_day")
        .agg(pl.col(m).sum().alias(f"{m}_booked") for m in MEASURES)
    )
    soon = (
        expected.with_columns(who=scope)
        .group_by("who", "day")
        .agg(pl.col(m).sum().alias(f"{m}_open") for m in MEASURES)
    )
    return (
        grid.join(actual, on=["who", "quarter"], how="left")
        .join(usual, on="who", how="left")
        .join(booked, on=["who", "day"], how="left")
        .join(soon, on=["who", "day"], how="left")
        .join(_still_to_come(won), on="left", how="left")
        .with_columns(pl.col(pl.Float64).fill_null(0.0))
        .sort("who", "day")
    )


def _still_to_come(won: pl.DataFrame) -> pl.DataFrame:
    """The usual share of a quarter's wins that come from deals created in its last `left` days."""
    share = won.with_columns(
        left_at_birth=pl.when(pl.Series(days.quarter_index(won["created_day"].to_numpy())) == pl.col("quarter"))
        .then(pl.Series(days.days_left(3)[won["created_day"].to_numpy()]))
        .otherwise(999)
    )
    rows = []
    for left in range(1, 93):
        late = share.filter(pl.col("left_at_birth") <= left)
        rows.append((left, *(float(late[m].to_numpy().sum() / max(won[m].to_numpy().sum(), 1.0)) for m in MEASURES)))
    schema = {"left": pl.Int64, "amount_new": pl.Float64, "count_new": pl.Float64}
    return pl.DataFrame(rows, schema=schema, orient="row")


def _statements(
    known: pl.DataFrame, scope: str, staff: Staff, forecasters: Forecasters, rng: np.random.Generator
) -> pl.DataFrame:
    """The calls of the owners of a scope: reps for themselves, managers for their teams and over some reps' heads."""
    who, quarter = known["who"].to_numpy(), known["quarter"].to_numpy()
    person = who if scope == "rep" else staff.size + who
    shades = _Shades(forecasters, rng)
    frames = []
    for measure in MEASURES:
        blend = _blend(known, measure)
        value = blend * shades.of(person, quarter, rng)
        value = np.where(known["left"].to_numpy() <= 7, np.maximum(value, known[f"{measure}_booked"].to_numpy()), value)
        for category, low, high in (("commit", 0.80, 0.95), ("most_likely", 1.0, 1.0), ("best_case", 1.1, 1.4)):
            factor = shades.factor(low, high, person, quarter)
            frames.append(_frame(known, scope, person, category, measure, value * factor, "", rng))
        if scope == "rep" and measure == "amount":
            frames.append(_overrides(known, staff, forecasters, blend, value, rng))
    return pl.concat(frames)


def _blend(known: pl.DataFrame, measure: str) -> np.ndarray:
    column = {part: known[f"{measure}_{part}"].to_numpy() for part in ("booked", "open", "new", "usual", "actual")}
    expected = column["booked"] + column["open"] + column["new"] * column["usual"]
    weight = foresight(known["left"].to_numpy())
    return np.asarray(weight * column["actual"] + (1 - weight) * expected)


class _Shades:
    """The persistent noise of every person and quarter."""

    def __init__(self, forecasters: Forecasters, rng: np.random.Generator) -> None:
        people, quarters = len(forecasters.kind), len(days.quarter_names())
        spread = forecasters.spread[:, None]
        years = [rng.permuted(np.tile(YEAR_OF_NOISE, (people, 1)), axis=1) for _ in range(quarters // 4)]
        self.noise = np.exp(np.concatenate(years, axis=1) * spread - spread**2 / 2)
        self.place = rng.random((people, quarters))
        self.forecasters = forecasters

    def of(self, person: np.ndarray, quarter: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        weekly = 0.25 * self.forecasters.spread[person]
        jitter = np.exp(rng.normal(0, 1, len(person)) * weekly - weekly**2 / 2)
        return np.asarray(self.forecasters.bias[person] * self.noise[person, quarter] * jitter)

    def factor(self, low: float, high: float, person: np.ndarray, quarter: np.ndarray) -> np.ndarray:
        return np.asarray(low + (high - low) * self.place[person, quarter])


def _frame(
    known: pl.DataFrame,
    scope: str,
    person: np.ndarray,
    category: str,
    measure: str,
    value: np.ndarray,
    note: str | pl.Series,
    rng: np.random.Generator,
) -> pl.DataFrame:
    """Statements as said: amounts in thousands, counts in whole deals, rounded by chance so as not to shift them."""
    unit = 1000.0 if measure == "amount" else 1.0
    said = np.floor(value / unit + rng.random(len(value))) * unit
    return known.select(
        "who",
        "quarter",
        "day",
        scope=pl.lit(scope),
        person=pl.Series(person),
        category=pl.lit(category),
        measure=pl.lit(measure),
        value=pl.Series(said),
        note=note if isinstance(note, pl.Series) else pl.lit(None, dtype=pl.String),
    )


def _overrides(
    known: pl.DataFrame,
    staff: Staff,
    forecasters: Forecasters,
    blend: np.ndarray,
    value: np.ndarray,
    rng: np.random.Generator,
) -> pl.DataFrame:
    """A manager's own number for a rep, half way from the rep's to the manager's view, with a note."""
    chosen = rng.random(known.height) < OVERRIDES
    rows = known.filter(pl.Series(chosen))
    manager = staff.size + staff.team_on(rows["who"].to_numpy(), rows["day"].to_numpy())
    theirs = 0.5 * value[chosen] + 0.5 * blend[chosen] * forecasters.bias[manager]
    note = pl.Series(np.where(theirs >= value[chosen], "上调:有未计入的把握", "下调: close dates look early"))
    return _frame(rows, "rep", manager, "most_likely", "amount", theirs, note, rng)


def calls_frame(said: pl.DataFrame, staff: Staff, settings: Settings, rng: np.random.Generator) -> pl.DataFrame:
    """The `forecast_calls` table: reps call on Mondays, managers override on Tuesdays."""
    person, who = said["person"].to_numpy(), said["who"].to_numpy()
    is_rep = person < staff.size
    overrides = ~is_rep & (said["scope"] == "rep").to_numpy()
    minute = rng.integers(0, days.WORK_SECONDS // 60, staff.size + staff.teams)
    seconds = (said["day"].to_numpy() + overrides) * days.SECONDS + days.OPENS_SECOND + minute[person] * 60
    at = pl.Series(days.instants(seconds, settings))
    scope_ids = np.where(said["scope"] == "rep", days.ids("R", who, 3), days.ids("T", who + 1, 2))
    people = np.where(is_rep, days.ids("R", person, 3), days.ids("M", person - staff.size + 1, 2))
    return said.select(
        scope_kind="scope",
        scope_id=pl.Series(scope_ids, dtype=pl.String),
        period=pl.Series(days.quarter_names()).gather(said["quarter"].to_numpy()),
        called_at=at,
        forecaster_kind=pl.Series(np.where(is_rep, "rep", "manager")),
        forecaster_id=pl.Series(people, dtype=pl.String),
        category="category",
        measure="measure",
        value="value",
        note="note",
        recorded_at=at,
    ).sort("called_at", "scope_kind", "scope_id", "forecaster_id", "category", "measure")


def forecaster_table(staff: Staff, forecasters: Forecasters) -> pl.DataFrame:
    """The truth about forecasters: forecaster_kind, forecaster_id, kind, bias (call / won), spread (log, a quarter)."""
    number = np.arange(len(forecasters.kind))
    is_rep = number < staff.size
    ids = np.where(is_rep, days.ids("R", number, 3), days.ids("M", number - staff.size + 1, 2))
    return pl.DataFrame(
        {
            "forecaster_kind": pl.Series(np.where(is_rep, "rep", "manager")),
            "forecaster_id": pl.Series(ids, dtype=pl.String),
            "kind": pl.Series(FORECASTER_KINDS).gather(forecasters.kind),
            "bias": forecasters.bias,
            "spread": forecasters.spread,
        }
    )
