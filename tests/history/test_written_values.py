"""Dates and numbers as people write them."""

from __future__ import annotations

import datetime as dt

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from history.written_dates import read_days, read_instants
from history.written_numbers import number_text, read_numbers

MIDNIGHT = dt.datetime(2016, 2, 29, 16)
"""The start of 1 March 2016 in Shanghai, in UTC."""


def _instant(text: str, zone: str = "Asia/Shanghai") -> dt.datetime | None:
    return read_instants(pl.Series([text]), zone).item()


@pytest.mark.parametrize(
    "text",
    ["2016-03-01", "2016/3/1", "2016.3.1", "2016年3月1日", "20160301", " 2016-3-1 ", "２０１６/３/１", "2016/03/01"],
)
def test_a_date_alone_is_the_start_of_that_day_in_the_time_zone(text: str) -> None:
    assert _instant(text) == MIDNIGHT


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2016-03-01 09:05:00", dt.datetime(2016, 3, 1, 9, 5)),
        ("2016-03-01 9:05", dt.datetime(2016, 3, 1, 9, 5)),
        ("2016/3/1 9:05", dt.datetime(2016, 3, 1, 9, 5)),
        ("2016-03-01T09:05:00.250Z", dt.datetime(2016, 3, 1, 9, 5, 0, 250_000)),
        ("2016-03-01T09:05:00+08:00", dt.datetime(2016, 3, 1, 1, 5)),
        ("2016-03-01 09:05:00-0530", dt.datetime(2016, 3, 1, 14, 35)),
        ("2016/3/1 9:05:00 PM", dt.datetime(2016, 3, 1, 21, 5)),
        ("2016/3/1 12:05 AM", dt.datetime(2016, 3, 1, 0, 5)),
        ("2016年3月1日 下午3:05", dt.datetime(2016, 3, 1, 15, 5)),
        ("2016年3月1日 9时05分", dt.datetime(2016, 3, 1, 9, 5)),
    ],
)
def test_a_time_is_utc_unless_it_carries_an_offset(text: str, expected: dt.datetime) -> None:
    assert _instant(text) == expected


@pytest.mark.parametrize(
    "text", ["03/04/2016", "3-4-16", "2016-13-01", "2016-02-30", "2016-03-01 24:00", "soon", "0001-01-01", "42430"]
)
def test_what_is_no_date_or_is_not_clear_is_not_guessed(text: str) -> None:
    assert _instant(text) is None
    if not text.endswith("24:00"):
        assert read_days(pl.Series([text])).item() is None


def test_a_midnight_that_the_clocks_skipped_is_the_first_moment_of_the_day() -> None:
    assert _instant("2018-11-04", "America/Sao_Paulo") == dt.datetime(2018, 11, 4, 3)


def test_a_day_keeps_its_date_in_any_form() -> None:
    written = pl.Series(["2016/3/1", "2016年3月1日", "2016-03-01 16:00:00", None])
    assert read_days(written).to_list() == ["2016-03-01", "2016-03-01", "2016-03-01", None]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1234.50", 1234.5),
        ("1,234.50", 1234.5),
        ("￥1,234", 1234.0),
        ("¥1,234.50", 1234.5),
        ("-¥5", -5.0),
        ("¥-5", -5.0),
        ("(5)", -5.0),
        ("１２３４．５", 1234.5),
        ("1,234,567", 1_234_567.0),
        ("1.234.567,8", 1_234_567.8),
        ("12,5", 12.5),
        ("1 234", 1234.0),
        ("CNY 12", 12.0),
        ("1,234元", 1234.0),
        ("$1,234.50", 1234.5),
        ("1e3", 1000.0),
    ],
)
def test_a_number_is_read_with_its_separators_and_signs(text: str, expected: float) -> None:
    assert read_numbers(pl.Series([text])).item() == expected


@pytest.mark.parametrize("text", ["abc", "5%", "12,34,567", "1-2", "inf", "NaN", "1.2.3"])
def test_what_is_no_number_is_not_guessed(text: str) -> None:
    assert read_numbers(pl.Series([text])).item() is None


@given(st.floats(allow_nan=False, allow_infinity=False, width=64))
def test_a_number_written_as_plain_text_is_read_back_the_same(number: float) -> None:
    text = pl.select(number_text(pl.lit(number))).item()
    assert read_numbers(pl.Series([text])).item() == number


@given(st.datetimes(dt.datetime(1900, 1, 2), dt.datetime(2199, 12, 30)))
def test_an_instant_written_in_full_is_read_back_the_same(instant: dt.datetime) -> None:
    assert _instant(instant.isoformat(sep=" ", timespec="microseconds")) == instant
    assert _instant(instant.isoformat() + "Z", "UTC") == instant
