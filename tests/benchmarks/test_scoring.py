"""The measurement of scoring, small: the ways to explain agree, and one deal goes every way that is timed."""

from __future__ import annotations

import pytest

from benchmarks import scoring
from features.spine import open_spine
from history.synthetic import generate


def test_a_deal_of_the_history_is_sent_as_a_request_would_send_it() -> None:
    history = generate(60, 3).history
    deal_id = open_spine(history, [scoring.AS_OF])["deal_id"].item(0)
    sent = scoring.posted(history, deal_id)
    assert sent.deal_id == deal_id
    assert len(sent.changes) == history["deal_changes"]["deal_id"].eq(deal_id).sum()


@pytest.mark.filterwarnings("ignore:LightGBM binary classifier:UserWarning")
def test_three_ways_to_explain_agree_and_every_part_is_told() -> None:
    told = "\n".join(scoring.told(generate(400, 7).history, times=2, rows=200, runs=1))
    for part in (scoring.WHOLE, "features of one deal", "LightGBM `pred_contrib`", "`shap.TreeExplainer`", "| ours |"):
        assert part in told
    assert "Reasons of 200 deals" in told


def test_a_way_that_finds_other_reasons_ends_the_measurement(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scoring, "explaining", lambda *_: {"ours": (1.0, 0.0), "other": (1.0, 1e-3)})
    with pytest.raises(AssertionError, match=r"0\.001"):
        list(scoring.told(generate(400, 7).history, times=1, rows=50, runs=1))
