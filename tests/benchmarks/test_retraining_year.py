"""Three ways of retraining on the same rows: what each trains when, and what the page says of them."""

import datetime as dt

import numpy as np
import polars as pl
import pytest

from benchmarks.results import PAGE, RETRAINING
from benchmarks.retraining_year import MONTHLY, NEVER, PLANS, QUARTERLY, Year, cuts, told, verdict
from tests.lib.deal_log import told as told_history


@pytest.fixture
def year() -> Year:
    return Year("A year", told_history(), dt.date(2025, 10, 1), dt.date(2026, 3, 25))


def test_each_plan_answers_every_day_from_its_newest_model(year):
    plans = cuts(year)
    assert [len(plans[plan]) for plan in (NEVER, QUARTERLY, MONTHLY)] == [1, 2, 6]
    for of in plans.values():
        assert sorted(day for days in of.values() for day in days) == year.instants
        assert all(cut <= min(days) for cut, days in of.items())


def test_the_first_quarter_is_answered_alike_by_never_and_quarterly(year):
    plans = cuts(year)
    first = next(iter(plans[QUARTERLY].values()))
    assert set(first) <= set(plans[NEVER][year.instants[0]])
    assert next(iter(plans[QUARTERLY])) == year.instants[0]


def rows(year: Year, noise: dict[str, float]) -> pl.DataFrame:
    """What came, and chances that know it the less the more noise a plan has."""
    rng = np.random.default_rng(0)
    days = rng.choice(np.array(year.instants, dtype="datetime64[us]"), 2_000)
    won = rng.random(2_000) < 0.4
    said = {
        plan: 1 / (1 + np.exp(-(np.where(won, 1.0, -1.0) + rng.normal(0, spread, 2_000))))
        for plan, spread in noise.items()
    }
    named = [f"d{n % 500}" for n in range(2_000)]
    return pl.DataFrame({"deal_id": named, "as_of": days, "label": np.where(won, "won", "open"), **said})


def test_the_sentence_follows_from_the_intervals(year):
    pays = verdict(rows(year, {NEVER: 3.0, QUARTERLY: 1.0, MONTHLY: 1.0}))
    assert "each quarter gains over never again; each month gains nothing that is more than chance" in pays
    assert "each quarter loses over never again" in verdict(rows(year, {NEVER: 0.5, QUARTERLY: 3.0, MONTHLY: 3.0}))


def test_every_plan_and_quarter_has_its_line(year):
    text = "\n".join(told(year, rows(year, dict.fromkeys(PLANS, 1.0))))
    assert all(f"| {name} |" in text for name in PLANS.values())
    assert "| 2025Q4 |" in text
    assert "| 2026Q1 |" in text


def test_the_page_holds_both_histories():
    part = PAGE.read_text(encoding="utf-8").partition(RETRAINING)[2]
    assert part.count("| never again | 1 |") == part.count("Retraining each quarter ") == 2
