"""Every indicator of the sheet, on a messy company, against a second computation in plain Python."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from functools import cache

import numpy as np
import polars as pl
import pytest

from history.as_of import known
from history.deals import snapshot
from history.record import History
from history.synthetic import generate
from indicators.book import Book, Record, book_of
from indicators.catalogue import INDICATORS
from indicators.measuring import measured
from indicators.spans import parse_span
from tests.indicators import plain_sheet

BY_FORECASTS = {"forecast_accuracy", "forecast_bias"}
"""Read from statement cells, whose second road is `test_two_roads`."""

SPANS = {
    "2025Q4": (dt.datetime(2026, 1, 20, 3), dt.date(2025, 7, 1), dt.date(2024, 10, 1), dt.date(2025, 1, 1)),
    "2025": (dt.datetime(2026, 1, 20, 3), dt.date(2024, 1, 1), dt.date(2024, 1, 1), dt.date(2025, 1, 1)),
    "2025-W46": (dt.datetime(2025, 11, 20), dt.date(2025, 11, 3), dt.date(2024, 11, 11), dt.date(2024, 11, 18)),
    "2025-11": (dt.datetime(2025, 11, 20), dt.date(2025, 10, 1), dt.date(2024, 11, 1), dt.date(2024, 12, 1)),
}
"""The as-of instant of each span, the first day of the one before, and the span a year before. The month still runs."""


@cache
def company() -> History:
    history = generate(420, 11).history
    return history.with_tables(scores=_scores(history))


def _scores(history: History) -> pl.DataFrame:
    """What some model might have said on two days."""
    rng = np.random.default_rng(3)
    parts = []
    for day in (dt.datetime(2025, 11, 15), dt.datetime(2025, 12, 20)):
        deals = snapshot(known(history, day), day).filter(pl.col("outcome").is_null())["deal_id"]
        chance = rng.random(len(deals))
        band = np.where(chance > 0.5, "healthy", "watch")
        parts.append(pl.DataFrame({"deal_id": deals, "win_probability": chance, "band": band}).with_columns(as_of=day))
    fixed = {"horizon": dt.datetime(2026, 1, 1), "model_version": "m", "health": 50.0}
    shares = dict.fromkeys(("win_by_horizon", "lose_by_horizon", "open_at_horizon"), 0.3)
    return pl.concat(parts).with_columns(pl.lit(value).alias(name) for name, value in (fixed | shares).items())


@cache
def book(span: str) -> Book:
    history = company()
    return book_of(Record(history, SPANS[span][0]), parse_span(span, history.settings))


@cache
def every(span: str) -> pl.DataFrame:
    return measured(list(INDICATORS.values()), book(span)).people


@cache
def by_hand(span: str) -> dict[str, list[plain_sheet.Case]]:
    as_of, before, year_first, year_end = SPANS[span]
    period = parse_span(span, company().settings)
    rows = {name: frame.to_dicts() for name, frame in company().tables.items()}
    strategic = dict(company().settings.raw["strategic"])
    plain = plain_sheet.Company(rows, as_of, period.first_day, period.end_day, year_first, year_end, before, strategic)
    return plain_sheet.cases(plain, span)


@pytest.mark.parametrize("span", list(SPANS))
@pytest.mark.parametrize("slug", [slug for slug in INDICATORS if slug not in BY_FORECASTS])
def test_two_roads_lead_to_the_same_value(slug: str, span: str):
    people = every(span).filter(pl.col("indicator") == slug)
    rows = defaultdict(list)
    for one in by_hand(span)[slug]:
        rows[one[0]].append(one)
    expected = {rep: plain_sheet.value(INDICATORS[slug].aggregate, rows[rep]) for rep in people["rep"]}
    found = dict(people.select("rep", "value").iter_rows())
    assert found == {rep: pytest.approx(value, abs=1e-9) for rep, value in expected.items()}
    cases = {rep: sum(one[3] for one in rows[rep]) for rep in people["rep"]}
    assert dict(people.select("rep", "n").iter_rows()) == cases


def test_the_second_road_is_walked_for_every_indicator():
    assert set(by_hand("2025Q4")) == set(INDICATORS) - BY_FORECASTS


def test_every_indicator_has_cases_in_the_synthetic_company():
    """The scores of deals come from a model; all else is in the tables as they are generated."""
    for slug in INDICATORS:
        people = every("2025").filter(pl.col("indicator") == slug)
        assert people["n"].sum() > 0, slug
        assert people["value"].drop_nulls().len() >= 2, slug
