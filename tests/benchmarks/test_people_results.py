"""The figures about people on the results page."""

import numpy as np
import pytest

from benchmarks.people_results import _held, deals_held, month_results, of_those_held, wilson
from tests.indicators.test_real_histories import read
from tests.lib.deal_log import at, deal, told


def test_the_interval_of_a_share_is_wilsons():
    # The ends are where the observed share lies z standard errors off.
    for hits, n in ((0, 12), (5, 12), (110, 136)):
        for end in wilson(hits, n):
            if 0 < end < 1:
                assert abs(hits / n - end) == pytest.approx(1.2816 * np.sqrt(end * (1 - end) / n))


def test_unrelated_misses_are_held_about_as_often_as_said():
    bias, wape = _held(8, 1500, 0.0)
    assert 0.76 < bias < 0.86
    assert 0.74 < wape < 0.86
    assert _held(8, 1500, 0.4)[0] < bias


def test_months_show_the_wins_of_whoever_held_the_deal_at_the_closing():
    handed_over = deal("b", "2025-01-10", ("Won", "2025-02-21"), owner_id="ann")
    handed_over.append(("b", at("2025-02-01"), "owner_id", "bo", at("2025-02-01")))
    history = told(
        deal("a", "2025-01-10", ("Won", "2025-02-20"), owner_id="ann"),
        handed_over,
        deal("c", "2025-01-10", ("Won", "2025-03-20"), owner_id="bo"),
    )
    found = month_results(history, at("2025-04-01"))
    assert found.rows(named=True) == [
        {"rep": "ann", "2025-02": 1, "2025-03": 0},
        {"rep": "bo", "2025-02": 1, "2025-03": 1},
    ]
    assert deals_held(history, at("2025-04-01")).is_empty()


def test_what_people_held_adds_up_to_what_was_won_of_what_stood_open():
    loans = read("bpic2012")
    as_of = loans.settings.start_of(at("2012-02-01").date())
    found = of_those_held(loans, as_of)
    assert deals_held(loans, as_of).height == 55
    assert found["expected"].sum() == pytest.approx(found["came"].sum(), rel=0.2)
    assert (found["expected"] > -1e-9).all()
