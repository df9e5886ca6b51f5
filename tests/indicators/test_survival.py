import polars as pl
import pytest

from indicators.survival import days_until, moves_on_within
from tests.indicators.plain_sheet import stay_value

STAYS = [(5.0, 1), (5.0, 0), (8.0, 2), (8.0, 1), (12.0, 0), (20.0, 1), (95.0, 1), (120.0, 0)]


def frame(stays: list[tuple[float, int]]) -> pl.DataFrame:
    return pl.DataFrame(stays, schema=["num", "event"], orient="row")


def test_a_stay_that_still_lasts_counts_for_as_long_as_it_was_seen():
    # Of 3 stays one ended after 10 days; the one seen for 20 days says nothing of day 30.
    assert frame([(10.0, 1), (20.0, 0), (30.0, 1)]).select(days_until(0.5)).item() == 30
    assert frame([(10.0, 1), (20.0, 0), (30.0, 0)]).select(days_until(0.5)).item() is None


@pytest.mark.parametrize("rule", ["median_stay", "p80_stay"])
def test_the_life_table_by_hand_has_the_same_days(rule: str):
    share = 0.5 if rule == "median_stay" else 0.8
    assert frame(STAYS).select(days_until(share)).item() == stay_value(rule, STAYS)


def test_the_share_that_moves_on_is_that_of_the_life_table():
    apart = [(days + at / 1000, how) for at, (days, how) in enumerate(STAYS)]
    assert frame(apart).select(moves_on_within(90)).item() == pytest.approx(stay_value("incidence", apart))


def test_without_censoring_the_share_is_a_count():
    stays = [(day, how) for day, how in STAYS if how]
    assert frame(stays).select(moves_on_within(90)).item() == pytest.approx(3 / 5)
