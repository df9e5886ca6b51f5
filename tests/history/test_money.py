from __future__ import annotations

import datetime as dt

import polars as pl

from history.as_of import known
from history.money import currencies_without_rate, in_workspace_currency
from history.record import History, make_history
from history.settings import Settings

JAN, FEB, MAR = (dt.datetime(2026, month, 1) for month in (1, 2, 3))
SETTINGS = Settings(currency="CNY")


def history_with(*rates: tuple[str, dt.datetime, float, dt.datetime]) -> History:
    rows = [
        {"currency": currency, "rate_date": day, "rate": rate, "recorded_at": recorded}
        for currency, day, rate, recorded in rates
    ]
    schema = {
        "currency": pl.String,
        "rate_date": pl.Datetime("us"),
        "rate": pl.Float64,
        "recorded_at": pl.Datetime("us"),
    }
    return make_history(SETTINGS, fx_rates=pl.DataFrame(rows, schema=schema))


def amounts(*rows: tuple[float | None, str | None]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema={"amount": pl.Float64, "currency": pl.String}, orient="row")


def value(history: History, frame: pl.DataFrame, instant: dt.datetime | str) -> list[float | None]:
    return in_workspace_currency(history, frame, "amount", "currency", instant)["amount"].to_list()


def test_without_any_rate_every_amount_is_taken_as_it_stands():
    assert value(make_history(SETTINGS), amounts((10.0, "USD"), (5.0, None)), MAR) == [10.0, 5.0]


def test_the_newest_rate_that_held_before_the_instant_counts():
    history = history_with(("USD", JAN, 7.0, JAN), ("USD", FEB, 7.5, FEB))
    assert value(history, amounts((10.0, "USD")), dt.datetime(2026, 1, 15)) == [70.0]
    assert value(history, amounts((10.0, "USD")), FEB) == [70.0]
    assert value(history, amounts((10.0, "USD")), MAR) == [75.0]


def test_the_workspace_currency_and_an_empty_one_need_no_rate_and_the_order_stays():
    history = history_with(("USD", JAN, 7.0, JAN))
    assert value(history, amounts((3.0, "CNY"), (1.0, "USD"), (None, "USD"), (4.0, None)), FEB) == [3.0, 7.0, None, 4.0]


def test_a_currency_without_a_rate_is_an_unknown_amount_and_is_named():
    history = history_with(("USD", JAN, 7.0, JAN), ("EUR", FEB, 8.0, FEB))
    frame = amounts((1.0, "EUR"), (1.0, "USD"), (1.0, "JPY"))
    assert value(history, frame, FEB) == [None, 7.0, None]
    assert currencies_without_rate(history, frame, "currency", FEB) == ["EUR", "JPY"]
    assert currencies_without_rate(make_history(SETTINGS), frame, "currency", FEB) == []


def test_a_corrected_rate_replaces_the_first_from_when_it_was_recorded():
    history = history_with(("USD", JAN, 7.0, JAN), ("USD", JAN, 6.9, FEB))
    assert value(history, amounts((10.0, "USD")), dt.datetime(2026, 1, 15)) == [70.0]
    assert value(history, amounts((10.0, "USD")), MAR) == [69.0]


def test_a_rate_of_an_older_day_recorded_late_does_not_replace_a_newer_one():
    history = history_with(("USD", FEB, 7.5, FEB), ("USD", JAN, 7.0, dt.datetime(2026, 2, 10)))
    assert value(history, amounts((10.0, "USD")), MAR) == [75.0]


def test_the_whole_history_and_the_known_history_value_alike():
    history = history_with(("USD", JAN, 7.0, JAN), ("USD", JAN, 6.9, FEB), ("USD", FEB, 7.5, MAR))
    for instant in (JAN + dt.timedelta(days=3), FEB + dt.timedelta(days=3), MAR + dt.timedelta(days=3)):
        frame = amounts((10.0, "USD"))
        assert value(history, frame, instant) == value(known(history, instant), frame, instant)


def test_each_row_may_be_valued_at_its_own_instant():
    history = history_with(("USD", JAN, 7.0, JAN), ("USD", FEB, 7.5, FEB))
    frame = amounts((10.0, "USD"), (10.0, "USD")).with_columns(at=pl.Series([MAR, FEB]))
    assert value(history, frame, "at") == [75.0, 70.0]
