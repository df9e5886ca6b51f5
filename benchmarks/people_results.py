"""docs/results.md, the part about people: planted truth found again, what intervals hold, a real log's people."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from textwrap import wrap
from typing import Any

import numpy as np
import polars as pl

from history.as_of import known
from history.canonical import read_folder
from history.fiscal import bounds
from history.record import History
from history.synthetic import generate
from indicators.accuracy import assess
from indicators.actuals import PERIOD_SCHEMA, wins
from indicators.by_period import by_period
from indicators.credit import slim
from indicators.dated import dated
from indicators.horizons import ended_periods
from indicators.interval import interval
from tests.lib import evaluation

SEEDS = (1, 2, 3, 4, 5, 6)
DEALS = 3_000
EIGHT, TWO = dt.date(2025, 7, 1), dt.date(2024, 1, 1)
HORIZONS = (75, 45, 15)
WORDS = {"sandbagger": "sandbagging", "optimist": "optimistic", "accurate": "accurate", "erratic": "erratic"}
OPPOSITE = {"sandbagging": "optimistic", "optimistic": "sandbagging"}
LOANS_DAY = dt.date(2012, 2, 1)
FEWEST_DEALS = 5
LOANS_ASKED = ((15,), "count", "month")
"""Horizons in days, measure and cadence."""


def sections() -> Iterator[str]:
    """The whole part."""
    yield "## Forecast accuracy of people"
    yield from planted()
    yield from held()
    yield from loans()


def planted() -> Iterator[str]:
    """What the indicator makes of reps whose bias was planted."""
    crms = [generate(DEALS, seed) for seed in SEEDS]
    found = pl.concat([_beside_truth(crm.history, crm.truth["forecasters"], EIGHT) for crm in crms])
    early = pl.concat([_beside_truth(crm.history, crm.truth["forecasters"], TWO) for crm in crms])
    yield ""
    yield "### The planted bias, found again"
    yield ""
    yield from wrap(
        f"Synthetic companies of {DEALS:,} deals, seeds {SEEDS[0]} to {SEEDS[-1]}; reps' own calls by "
        "amount, all reps "
        "with exactly eight periods on the day. *Held*: the 80 % interval holds the planted bias (in "
        "brackets the 80 % "
        "interval of that share, Wilson). *Off*: mean of what was found less what was planted, in "
        "points of a hundred, "
        "with its 80 % interval over reps. *Word*: given the right kind; *opposite*: sandbagging for "
        "optimistic or the "
        "other way round. The sooner before the period's end, the less a call can know of it: what the "
        "planted bias does "
        "not explain at 75 days is the future.",
        118,
    )
    yield ""
    yield "| days before | kind planted | n reps | held | off | word | opposite |"
    yield "|---|---|---|---|---|---|---|"
    eight = found.filter(pl.col("n_periods") == 8)
    for days in HORIZONS:
        for kind in WORDS:
            yield _kind_line(eight.filter((pl.col("horizon_days") == days) & (pl.col("kind") == kind)), days, kind)
        yield _kind_line(eight.filter(pl.col("horizon_days") == days), days, "**all**")
    two = early.filter(pl.col("n_periods") == 2)
    tells = (two["kind_of_bias"] != "cannot tell").sum()
    spans = two["bias_p10"].count()
    yield ""
    yield from wrap(
        f"At two periods, of {two.height} records (every rep with two, each horizon) {tells} were given "
        "a kind and "
        f"{spans} an interval: it says that it cannot tell.",
        118,
    )


def _beside_truth(history: History, truth: pl.DataFrame, day: dt.date) -> pl.DataFrame:
    found = assess(history, history.settings.start_of(day), horizons=HORIZONS)
    own = (pl.col("source") == "submitted") & (pl.col("forecaster_kind") == "rep")
    planted = truth.select("forecaster_kind", "forecaster_id", "kind", planted=pl.col("bias") - 1)
    return found.filter(own).join(planted, on=["forecaster_kind", "forecaster_id"])


def _kind_line(rows: pl.DataFrame, days: int, kind: str) -> str:
    held = int(rows["planted"].is_between(rows["bias_p10"], rows["bias_p90"]).sum())
    off = (rows["bias"] - rows["planted"]).to_numpy() * 100
    half = 1.2816 * off.std(ddof=1) / np.sqrt(len(off))
    words = rows["kind"].replace_strict(WORDS)
    right = int((rows["kind_of_bias"] == words).sum()) / rows.height
    wrong = (rows["kind_of_bias"] == words.replace_strict(OPPOSITE, default="none")).sum()
    low, high = wilson(held, rows.height)
    return (
        f"| {days} | {kind} | {rows.height} | {held / rows.height:.0%} ({low:.0%} to {high:.0%}) | "
        f"{off.mean():+.1f} ({off.mean() - half:+.1f} to {off.mean() + half:+.1f}) | {right:.0%} | {wrong} |"
    )


def wilson(hits: int, n: int, z: float = 1.2816) -> tuple[float, float]:
    """The interval of a share that lets out 10 % on each side (Wilson 1927).

    >>> [round(end, 3) for end in wilson(8, 10)]
    [0.602, 0.914]
    """
    share, weight = hits / n, z * z / n
    middle = (share + weight / 2) / (1 + weight)
    half = z * np.sqrt(share * (1 - share) / n + weight / (4 * n)) / (1 + weight)
    return float(middle - half), float(middle + half)


def held(lengths: Sequence[int] = (4, 6, 8, 12, 20), records: int = 3000) -> Iterator[str]:
    """How often the interval holds the truth, on records made up with one."""
    yield ""
    yield "### What the 80 % interval holds"
    yield ""
    yield from wrap(
        f"{records:,} made-up records of each length: what came varies (log spread 0.5), calls are 1.2 "
        "times that with "
        "noise (log spread 0.25). The share of records whose interval holds the true bias, and the true "
        "WAPE, for noise "
        "that is unrelated from period to period, carries over (correlation 0.4) or swings back (-0.3). "
        "Below four "
        "periods no interval is given. Misses that carry over make it too narrow.",
        118,
    )
    yield ""
    yield (
        "| periods | " + " | ".join(f"{name}: bias | WAPE" for name in ("unrelated", "carry over", "swing back")) + " |"
    )
    yield "|---|" + "---|" * 6
    for n in lengths:
        shares = [share for carried in (0.0, 0.4, -0.3) for share in _held(n, records, carried)]
        yield f"| {n} | " + " | ".join(f"{share:.0%}" for share in shares) + " |"


def _held(n: int, records: int, carried: float) -> tuple[float, float]:
    rng = np.random.default_rng([20260101, n])
    came = np.exp(rng.normal(0, 0.5, (records, n)))
    noise = rng.normal(0, 1, (records, n))
    for at in range(1, n):
        noise[:, at] = carried * noise[:, at - 1] + np.sqrt(1 - carried**2) * noise[:, at]
    ratio = 1.2 * _noisy(noise)
    true_wape = float(np.abs(1.2 * _noisy(np.random.default_rng(0).normal(0, 1, 10**6)) - 1).mean())
    bias, wape = interval((ratio - 1) * came, came), interval(np.abs(ratio - 1) * came, came)
    return _share(bias, 0.2), _share(wape, true_wape)


def _noisy(standard: np.ndarray, spread: float = 0.25) -> np.ndarray:
    return np.asarray(np.exp(spread * standard - spread**2 / 2))


def _share(found: np.ndarray, truth: float) -> float:
    return float(((found[:, 0] <= truth) & (found[:, 1] >= truth)).mean())


def loans() -> Iterator[str]:
    """The people of BPI Challenge 2012: results by month and implied accuracy."""
    history = read_folder(evaluation.folder("bpic2012"))
    as_of = history.settings.start_of(LOANS_DAY)
    record = assess(history, as_of, "rep", *LOANS_ASKED).filter(pl.col("source") == "implied")
    months, people = month_results(history, as_of), deals_held(history, as_of)
    names = [name for name in months.columns if name != "rep"]
    rows = people.join(months, on="rep", how="left").join(record, left_on="rep", right_on="scope_id", how="left")
    rows = rows.join(of_those_held(history, as_of), on="rep", how="left").with_columns(pl.col(names).fill_null(0))
    rows = rows.sort("actual_sum", "deals", "rep", descending=[True, True, False], nulls_last=True)
    yield ""
    yield "### People of a real log (BPI Challenge 2012)"
    yield ""
    yield from wrap(
        f"All {rows.height} people who held {FEWEST_DEALS} or more applications, as known on "
        f"{LOANS_DAY}: wins by month, "
        f"credited to who held them at the closing, and the implied record {LOANS_ASKED[0][0]} days "
        "before the month's end, "
        "by count. The log has no close dates and no calls, so stages imply the calls "
        "([accuracy.md](accuracy.md)); the "
        "first month has none before it to learn from. F and A: implied calls and wins, over n months. "
        "In this company "
        "work is handed on: six people close what all the others have prepared. So the last three "
        "columns ask the same "
        "of the applications that each held open on those days: how many were expected to be won by the "
        "month's end, how "
        "many were, whoever closed them, and the WAPE over months. Three months are too few for an "
        "interval or a kind.",
        118,
    )
    yield ""
    told = " | ".join(names)
    yield f"| person | held | {told} | n | F | A | bias | WAPE | accuracy | expected of held | won of held | WAPE |"
    yield "|---|---|" + "---|" * (len(names) + 9)
    for row in rows.iter_rows(named=True):
        yield _person_line(row, names)
    yield _person_line(together(history, as_of, months), names)


def together(history: History, as_of: dt.datetime, months: pl.DataFrame) -> dict[str, Any]:
    """Everybody's implied calls added up month by month, against everybody's wins."""
    periods = by_period(history, as_of, "forecaster_kind", *LOANS_ASKED)
    of_reps = periods.filter((pl.col("scope_id") == "rep") & (pl.col("source") == "implied"))
    said, came = of_reps["forecast"].to_numpy(), of_reps["actual"].to_numpy()
    wape = float(np.abs(said - came).sum() / came.sum())
    row = {"rep": "**all together**", "deals": "", **{name: months[name].sum() for name in months.columns[1:]}}
    sums = {"n_periods": of_reps.height, "forecast_sum": float(said.sum()), "actual_sum": float(came.sum())}
    return row | sums | {"bias": float(said.sum() / came.sum() - 1), "wape": wape, "accuracy": max(0.0, 1 - wape)}


def of_those_held(history: History, as_of: dt.datetime) -> pl.DataFrame:
    """Of the deals that each person held open on the horizon days: rep, expected, came and held_wape.

    What a person's stages imply less what was booked already is what was expected of the deals held.
    """
    days, _, cadence = LOANS_ASKED
    standing = dated(history, as_of, days, cadence)
    said = by_period(history, as_of, "rep", *LOANS_ASKED).filter(pl.col("source") == "implied")
    booked = standing.wins.join(standing.moments.select("period", "cut"), on="period")
    booked = booked.filter(pl.col("closed_at") < pl.col("cut")).group_by("rep", "period").agg(booked=pl.len())
    won = standing.deals.group_by("rep", "period").agg(won=pl.col("won").sum())
    rows = (
        said.select("period", "forecast", rep="scope_id")
        .join(booked, on=["rep", "period"], how="left")
        .join(won, on=["rep", "period"], how="left")
        .with_columns(pl.col("booked", "won").fill_null(0))
        .with_columns(expected=pl.col("forecast") - pl.col("booked"))
    )
    miss = (pl.col("expected") - pl.col("won")).abs().sum()
    return rows.group_by("rep").agg(
        pl.col("expected").sum(),
        came=pl.col("won").sum(),
        held_wape=pl.when(pl.col("won").sum() > 0).then(miss / pl.col("won").sum()),
    )


def deals_held(history: History, as_of: dt.datetime) -> pl.DataFrame:
    """Everybody who held `FEWEST_DEALS` or more deals before a day: rep, deals."""
    changes = history["deal_changes"].filter((pl.col("field") == "owner_id") & (pl.col("recorded_at") < as_of))
    held_by = changes.drop_nulls("new_value").group_by(rep="new_value").agg(deals=pl.col("deal_id").n_unique())
    return held_by.filter(pl.col("deals") >= FEWEST_DEALS).sort("rep")


def month_results(history: History, as_of: dt.datetime) -> pl.DataFrame:
    """Deals won by person (rep) in each month that has ended, one column per month."""
    ended = [(one.name, *bounds(one, history.settings)) for one in ended_periods(history, as_of, "month")]
    won = wins(known(slim(history), as_of), pl.DataFrame(ended, schema=PERIOD_SCHEMA, orient="row"), as_of)
    counts = won.group_by("rep", "period").len().sort("period", "rep")
    return counts.pivot(on="period", index="rep", values="len").fill_null(0).sort("rep")


def _person_line(row: dict[str, Any], names: Sequence[str]) -> str:
    forms = {
        **dict.fromkeys(names, ",.0f"),
        "n_periods": "d",
        "forecast_sum": ",.1f",
        "actual_sum": ",.0f",
        "bias": "+.0%",
        "wape": ".0%",
        "accuracy": ".0%",
        "expected": ",.1f",
        "came": ",.0f",
        "held_wape": ".0%",
    }
    cells = ["" if row.get(name) is None else format(row[name], form) for name, form in forms.items()]
    return f"| {row['rep']} | {row['deals']} | {' | '.join(cells)} |"
