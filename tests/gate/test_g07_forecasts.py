"""G07: what past periods came to lay within the ranges that would have been said."""

from __future__ import annotations

import polars as pl

from tests.gate.evidence import outcome


def said(inside: int, outside: int) -> pl.DataFrame:
    actual = [5.0] * inside + [50.0] * outside
    return pl.DataFrame({"p10": [0.0] * len(actual), "p90": [10.0] * len(actual), "actual": actual})


def test_ranges_that_hold_what_they_promise_pass() -> None:
    found = outcome("G07", attainment=said(16, 4))
    assert (found.outcome, found.sentence) == ("passed", "80% of 20 results lay within p10 to p90, where 80 % should")


def test_ranges_that_are_too_narrow_are_found() -> None:
    assert outcome("G07", attainment=said(11, 9)).outcome == "found"


def test_few_forecasts_do_not_judge() -> None:
    assert outcome("G07", attainment=said(4, 4)).outcome == "not_applicable"
    assert outcome("G07").sentence == "0 forecasts of past periods; 12 are needed"
