"""G14: a feature that is distributed otherwise than in the quarters before is named, noise is not."""

from __future__ import annotations

import numpy as np
import pandas as pd

from history.fiscal import parse_period
from history.settings import Settings
from tests.gate.evidence import outcome
from training.gate import Result
from training.probes.drift import drift

DAYS = pd.date_range("2025-01-05", "2026-03-29", freq="7D")
QUARTER = parse_period("2026Q1", Settings())


def deals(each: int = 150, seed: int = 0) -> pd.DataFrame:
    """Deals that are open for about a month each: a region, an amount, the rate of their team."""
    generator = np.random.default_rng(seed)
    rows = []
    for number in range(each * 5):
        first = int(generator.integers(0, len(DAYS) - 4))
        region = "East" if generator.random() < 0.08 else "West"
        amount, team = float(generator.normal(100, 20)), int(generator.integers(0, 4))
        rows += [(f"D{number}", DAYS[first + week], region, amount, team) for week in range(4)]
    frame = pd.DataFrame(rows, columns=["deal_id", "as_of", "region", "amount", "team"])
    frame["team_win_rate"] = 0.2 + 0.05 * frame["team"] + 0.004 * frame["as_of"].rank(method="dense") % 0.01
    frame["stage"], frame["age_days"] = "Qualify", 10.0
    frame["region"] = frame["region"].astype("category")
    return frame.sort_values(["as_of", "deal_id"]).set_index(["deal_id", "as_of"])


def now(frame: pd.DataFrame) -> np.ndarray:
    """The rows of the quarter."""
    return np.asarray(frame.index.get_level_values("as_of") >= pd.Timestamp("2026-01-01"))


def judged(frame: pd.DataFrame, weight: float = 0.1) -> Result:
    names = ["region", "amount", "team_win_rate"]
    return outcome("G14", drift=drift(frame, names, QUARTER, Settings()), importance=dict.fromkeys(names, weight))


def test_a_quarter_like_the_others_passes_for_nineteen_of_twenty_seeds() -> None:
    assert sum(judged(deals(seed=seed)).outcome == "passed" for seed in range(20)) >= 19


def test_a_region_that_grows_is_named_with_both_shares() -> None:
    frame = deals()
    grown = now(frame) & (np.random.default_rng(1).random(len(frame)) < 0.35)
    found = judged(frame.assign(region=frame["region"].where(~grown, "East")))
    assert found.outcome == "found"
    assert "region East: 8% → 4" in found.sentence or "region East: 9% → 4" in found.sentence
    assert "区域" in found.sentence_zh


def test_a_number_that_moves_far_is_named() -> None:
    frame = deals()
    found = judged(frame.assign(amount=frame["amount"] + np.where(now(frame), 60.0, 0.0)))
    assert found.outcome == "found"
    assert "amount: median 99" in found.sentence


def test_a_feature_gone_constant_is_named() -> None:
    frame = deals()
    found = judged(frame.assign(amount=frame["amount"].where(~now(frame), 100.0)))
    assert "amount: one value in all" in found.sentence


def test_a_feature_that_is_no_longer_filled_is_named() -> None:
    frame = deals()
    gone = now(frame) & (np.random.default_rng(1).random(len(frame)) < 0.6)
    found = judged(frame.assign(amount=frame["amount"].where(~gone)))
    assert "amount (none): 0% → " in found.sentence


def test_what_drifts_without_weight_is_named_and_stands_not_in_the_way() -> None:
    frame = deals()
    found = judged(frame.assign(amount=frame["amount"] + np.where(now(frame), 60.0, 0.0)), weight=0.001)
    assert found.outcome == "passed"
    assert "of little weight: amount" in found.sentence


def test_few_deals_do_not_judge() -> None:
    assert judged(deals(each=20)).outcome == "not_applicable"
