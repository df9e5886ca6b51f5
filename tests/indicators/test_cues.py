"""Coaching cues: a planted gap is found with its deals; people who are alike are seldom told apart."""

from __future__ import annotations

import datetime as dt

import numpy as np
import polars as pl
import pytest

from history.errors import DateInvalid
from history.record import History
from history.synthetic import generate
from indicators.catalogue import INDICATORS
from indicators.coaching import STEPS
from indicators.cues import FEWEST_CASES, GAP, MOST_GAPS, MOST_STRENGTHS, SURE, cues
from indicators.scorecard import sheets
from indicators.shortfall import LINE, shortfalls
from tests.lib.deal_log import at, deal, told

AS_OF = at("2026-04-10")
CAUSAL = ("because", "due to", "causes", "leads to ", "因为", "导致", "由于")


def company(chances: dict[str, float], deals: int, seed: int) -> History:
    """Deals of each person that close in the quarter, won with the person's chance; roles are all alike."""
    rng = np.random.default_rng(seed)
    stories = []
    for rep, chance in chances.items():
        for number in range(deals):
            created = at("2026-01-02") + dt.timedelta(hours=float(rng.uniform(0, 1400)))
            end = created + dt.timedelta(days=float(rng.uniform(3, 25)))
            stage = "Won" if rng.random() < chance else "Lost"
            stories.append(
                deal(f"{rep}{number:03}", created.isoformat(), (stage, end.isoformat()), owner_id=rep, amount=100)
            )
    return told(*stories)


def test_a_planted_gap_is_found_with_its_size_and_its_deals():
    held = []
    for seed in range(12):
        found = cues(company({"ann": 0.2, "bo": 0.5, "cy": 0.5, "di": 0.5}, 70, seed), "2026Q1", AS_OF)
        gap = found.filter((pl.col("rep_id") == "ann") & (pl.col("indicator") == "win_rate"))
        assert gap["kind"].to_list() == [GAP]
        row = gap.row(0, named=True)
        assert (row["n"], row["n_peers"]) == (70, 210)
        assert 0 < len(row["deals"]) <= 5
        assert all(name.startswith("ann") for name in row["deals"])
        held.append(row["difference_p10"] <= -0.3 <= row["difference_p90"])
    assert np.mean(held) >= 0.5


def test_the_deals_behind_a_gap_in_the_win_rate_are_lost_ones():
    history = company({"ann": 0.15, "bo": 0.6, "cy": 0.6, "di": 0.6}, 60, seed=3)
    row = cues(history, "2026Q1", AS_OF).filter(pl.col("rep_id") == "ann").row(0, named=True)
    lost = history["deal_changes"].filter(pl.col("new_value") == "Lost")["deal_id"]
    assert set(row["deals"]) <= set(lost)


def test_a_hard_territory_shows_in_what_peers_reach_on_a_like_mix():
    """Everybody wins 6 in 10 deals of the East and 2 in 10 of the West; ann has the West alone, cy hardly any of it."""
    rng = np.random.default_rng(6)
    stories = []
    west = {"ann": 1.0, "bo": 0.4, "cy": 0.1, "di": 0.1}
    for rep, share in west.items():
        for number in range(120):
            region = "West" if rng.random() < share else "East"
            stage = "Won" if rng.random() < {"West": 0.2, "East": 0.6}[region] else "Lost"
            created = at("2026-01-02") + dt.timedelta(hours=number * 12)
            closed = (created + dt.timedelta(days=9)).isoformat()
            stories.append(
                deal(
                    f"{rep}{number:03}",
                    created.isoformat(),
                    (stage, closed),
                    owner_id=rep,
                    region=region,
                    segment="mid",
                )
            )
    found = cues(told(*stories), "2026Q1", AS_OF)
    row = found.filter((pl.col("rep_id") == "ann") & (pl.col("indicator") == "win_rate")).row(0, named=True)
    assert row["peers_value"] - row["value"] > 0.2
    assert abs(row["peers_like_mix"] - row["value"]) < 0.12


def test_people_who_are_alike_are_seldom_told_apart():
    alike = dict.fromkeys(("ann", "bo", "cy", "di"), 0.4)
    found = [cues(company(alike, 60, seed), "2026Q1", AS_OF).height for seed in range(30)]
    assert np.mean(found) / len(alike) <= 0.05


def test_few_cases_are_never_made_a_cue():
    history = company({"ann": 0.0, "bo": 1.0, "cy": 1.0, "di": 1.0}, FEWEST_CASES - 1, seed=1)
    assert cues(history, "2026Q1", AS_OF).is_empty()


@pytest.fixture(scope="module")
def synthetic() -> pl.DataFrame:
    return cues(generate(2500, 5).history, "2025", dt.datetime(2026, 5, 1))


def test_cues_keep_their_promises(synthetic: pl.DataFrame):
    told_apart = cues(company({"ann": 0.1, "bo": 0.9, "cy": 0.5, "di": 0.2}, 60, 2), "2026Q1", AS_OF)
    assert told_apart.height >= 3
    assert set(told_apart["kind"]) == {"gap", "strength"}
    for found in (synthetic, told_apart):
        assert (found.filter(pl.col("kind") == GAP)["place"] <= MOST_GAPS).all()
        assert (found.filter(pl.col("kind") != GAP)["place"] <= MOST_STRENGTHS).all()
        width = (found["difference_p90"] - found["difference_p10"]) / (2 * 1.2816)
        assert (found["difference"].abs() >= SURE * width - 1e-9).all()
        assert (found["n"] >= FEWEST_CASES).all()
        assert ((found["value"] - found["peers_value"]) - found["difference"]).abs().max() < 1e-12


def test_the_value_is_that_of_the_sheet(synthetic: pl.DataFrame):
    sheet = sheets(generate(2500, 5).history, ["2025"], dt.datetime(2026, 5, 1), everything=True)
    both = synthetic.join(sheet.select("rep_id", "indicator", cell="value"), on=["rep_id", "indicator"])
    assert both.height == synthetic.height
    assert (both["value"] - both["cell"]).abs().max() < 1e-9


def test_every_step_is_of_an_indicator_in_both_languages_and_claims_no_cause():
    for slug, step in STEPS.items():
        assert INDICATORS[slug].aggregate in ("ratio", "mean")
        assert step.en[0].islower()
        assert step.en[-1] in ".?"
        assert step.zh[-1] in "。？"
        assert not any(word in step.en + step.zh for word in CAUSAL)


def test_rows_recorded_at_or_after_the_as_of_day_change_nothing():
    history = generate(600, 5).history
    early = dt.datetime(2026, 3, 1)
    kept = {name: frame.filter(pl.col("recorded_at") < early) for name, frame in history.tables.items()}
    assert cues(history, "2026Q1", early).equals(cues(history.with_tables(**kept), "2026Q1", early))
    with pytest.raises(DateInvalid, match="has not begun"):
        cues(history, "2026Q3", early)


def test_two_periods_below_the_line_in_a_row_are_told_with_their_facts():
    history = generate(600, 5).history
    found = shortfalls(history, "2026Q1", dt.datetime(2026, 5, 1), line=95.0)
    assert found.height > 0
    assert (found["total"] < 95).all()
    assert (found["total_before"] < 95).all()
    assert set(found["before"]) == {"2025Q4"}
    fewer = shortfalls(history, "2026Q1", dt.datetime(2026, 5, 1), line=LINE)
    assert set(fewer["rep_id"]) <= set(found["rep_id"])
    assert fewer.height < found.height
