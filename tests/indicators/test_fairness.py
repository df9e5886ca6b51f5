"""A person beside peers on deals of the same regions and segments, computed a second time in plain Python."""

from __future__ import annotations

import datetime as dt
import inspect
from collections import defaultdict
from pathlib import Path

import numpy as np
import polars as pl
import pytest

import indicators
from history.record import History
from history.tables import TABLES
from indicators.fairness import COLUMNS, FEW_CASES, PRIOR_CASES, fairness
from tests.lib.deal_log import at, deal, told

AS_OF = at("2026-07-01")
CHANCE = {"West": 0.2, "East": 0.6}
WEST = {"ann": 1.0, "bo": 0.4, "cy": 0.1, "di": 0.1}


@pytest.fixture(scope="module")
def history() -> History:
    """Everybody wins 6 in 10 deals of the East and 2 in 10 of the West; ann has the West alone."""
    rng = np.random.default_rng(6)
    stories = []
    for rep, share in WEST.items():
        for number in range(100):
            region = "West" if rng.random() < share else "East"
            stage = "Won" if rng.random() < CHANCE[region] else "Lost"
            created = at("2026-01-02") + dt.timedelta(hours=number * 12)
            closed = (created + dt.timedelta(days=9)).isoformat()
            segment = "mid" if rng.random() < 0.5 else "large"
            facts = {"owner_id": rep, "region": region, "segment": segment}
            stories.append(deal(f"{rep}{number:03}", created.isoformat(), (stage, closed), **facts))
    return told(*stories)


@pytest.fixture(scope="module")
def rows(history: History) -> pl.DataFrame:
    return fairness(history, "2026Q1", AS_OF)


def closings(history: History) -> list[tuple[str, tuple[str, str], bool]]:
    """Owner, region with segment, and whether it was won, of each deal that closed in the quarter."""
    fields: dict[str, dict[str, str]] = defaultdict(dict)
    for row in history["deal_changes"].sort("changed_at").iter_rows(named=True):
        fields[row["deal_id"]][row["field"]] = row["new_value"]
        if row["new_value"] in ("Won", "Lost"):
            fields[row["deal_id"]]["closed_at"] = row["changed_at"]
    first, end = at("2026-01-01"), at("2026-04-01")
    kept = [one for one in fields.values() if first <= one["closed_at"] < end]
    return [(one["owner_id"], (one["region"], one["segment"]), one["stage"] == "Won") for one in kept]


def test_the_win_rate_on_a_like_mix_is_that_of_a_second_count(history: History, rows: pl.DataFrame) -> None:
    cases = closings(history)
    for rep in WEST:
        row = rows.filter((pl.col("rep_id") == rep) & (pl.col("indicator") == "win_rate")).row(0, named=True)
        own = [(cell, won) for who, cell, won in cases if who == rep]
        others = [(cell, won) for who, cell, won in cases if who != rep]
        overall = sum(won for _, won in others) / len(others)
        expected = 0.0
        for cell, _ in own:
            here = [won for at_cell, won in others if at_cell == cell]
            expected += (sum(here) + PRIOR_CASES * overall) / (len(here) + PRIOR_CASES)
        assert row["value"] == pytest.approx(sum(won for _, won in own) / len(own))
        assert row["peers_value"] == pytest.approx(overall)
        assert row["peers_like_mix"] == pytest.approx(expected / len(own))
        assert row["n"] == len(own)
        assert row["n_peers"] == len(others)


def test_a_hard_territory_goes_with_the_difference(rows: pl.DataFrame) -> None:
    ann = rows.filter((pl.col("rep_id") == "ann") & (pl.col("indicator") == "win_rate")).row(0, named=True)
    assert ann["difference"] < -0.2
    assert ann["territory"] < -0.15
    assert abs(ann["difference_like_mix"]) < abs(ann["difference"]) / 2
    assert ann["territory"] + ann["difference_like_mix"] == pytest.approx(ann["difference"])


def test_few_cases_are_marked_and_kept() -> None:
    stories = [
        deal(f"{rep}{number}", "2026-01-02", ("Won", "2026-02-01"), owner_id=rep, region="East", segment="mid")
        for rep in ("ann", "bo")
        for number in range(FEW_CASES - 1)
    ]
    found = fairness(told(*stories), "2026Q1", AS_OF)
    assert found.height
    assert found["small"].all()
    assert found.columns == list(COLUMNS)


def test_nothing_recorded_later_changes_it(history: History) -> None:
    day = at("2026-02-15")
    is_later = pl.col("recorded_at") >= day
    later = history["deal_changes"].with_columns(
        new_value=pl.when(is_later).then(pl.lit("Lost")).otherwise("new_value")
    )
    assert not later.equals(history["deal_changes"])
    changed = History(history.settings, {**history.tables, "deal_changes": later})
    found = fairness(history, "2026Q1", day)
    assert found.height
    assert fairness(changed, "2026Q1", day).equals(found)


def test_people_are_told_by_their_work_alone() -> None:
    """The table of people has no protected attribute, and no indicator reads more of it than where somebody works."""
    allowed = {"rep_id", "name", "team", "manager_id", "region", "role", "hired_at", "left_at", "valid_from"}
    assert {column.name for column in TABLES["reps"].columns} - {"recorded_at"} == allowed
    protected = ("gender", "sex", "age_years", "birth", "ethnic", "relig", "nation", "marital", "disab", "pregnan")
    sources = [
        path.read_text(encoding="utf-8").lower() for path in Path(inspect.getfile(indicators)).parent.glob("*.py")
    ]
    assert sources
    assert not [word for word in protected for text in sources if f'"{word}' in text]
