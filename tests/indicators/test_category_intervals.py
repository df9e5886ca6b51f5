"""The 80 % interval of category accuracy says nothing it does not know: where wins are few, none or all."""

import datetime as dt

import polars as pl
import pytest
from scipy.stats import beta

from indicators.categories import KEYS, summarise


def told(called: list[float], came: list[float], deals: list[int] | None = None) -> dict:
    """The one row of a person of whom so much was called and came in each period."""
    names = dict.fromkeys(KEYS, "x") | {"horizon_days": 15}
    rows = pl.DataFrame(
        {
            "start": [dt.datetime(2020 + n // 4, n % 4 * 3 + 1, 1) for n in range(len(called))],
            "called": [float(value) for value in called],
            "came": [float(value) for value in came],
            "n_deals": pl.Series(deals or [None] * len(called), dtype=pl.Int64),
        }
    ).with_columns(
        *(pl.lit(value).alias(name) for name, value in names.items()),
        n_deals_won=pl.lit(None, dtype=pl.Int64),
        n_handed_over=pl.lit(None, dtype=pl.Int64),
    )
    return summarise(rows.with_columns(category=pl.lit("commit"))).row(0, named=True)


def ends(row: dict) -> tuple[float | None, float | None]:
    return row["share_p10"], row["share_p90"]


def test_a_share_that_rests_on_one_period_has_no_interval():
    row = told([0] * 9 + [100], [0] * 9 + [29])
    assert (row["n_periods"], row["share"]) == (10, 0.29)
    assert ends(row) == (None, None)


@pytest.mark.parametrize("came", [0, 29, 100])
def test_below_four_periods_in_which_something_was_called_there_is_no_interval(came: float):
    assert ends(told([100] * 3 + [0] * 9, [came] * 3 + [0] * 9)) == (None, None)


def test_a_share_that_is_alike_in_every_period_has_no_interval():
    row = told([100, 200, 50, 10, 30], [50, 100, 25, 5, 15])
    assert row["share"] == 0.5
    assert ends(row) == (None, None)


@pytest.mark.parametrize(("deals", "n"), [(None, 12), ([3] * 12, 36)])
def test_of_nothing_and_of_all_the_open_end_is_the_exact_one_of_so_many_trials(deals: list[int] | None, n: int):
    # Clopper and Pearson by the beta distribution, of deals where they are known and of periods where not.
    nothing, every = told([10] * 12, [0] * 12, deals), told([10] * 12, [10] * 12, deals)
    assert ends(nothing) == (0, pytest.approx(beta.ppf(0.9, 1, n)))
    assert ends(every) == (pytest.approx(beta.ppf(0.1, n, 1)), 1)


def test_all_of_four_periods_is_not_certain():
    assert ends(told([10] * 4, [10] * 4)) == (pytest.approx(0.1**0.25), 1)


def test_periods_in_which_nothing_was_called_do_not_move_the_interval():
    came = [10, 90, 40, 60, 20, 70]
    with_empty = told([100, 100, 100, 0, 0, 100, 100, 100], [*came[:3], 0, 0, *came[3:]])
    assert ends(with_empty) == ends(told([100] * 6, came))
    assert 0 < with_empty["share_p10"] < with_empty["share"] < with_empty["share_p90"] < 1
