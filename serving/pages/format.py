"""Money, percent, days and dates as people read them, in both languages; the only formatting code of the pages."""

from __future__ import annotations

import datetime as dt
import math

SYMBOLS = {"CNY": "¥", "JPY": "¥", "USD": "$", "EUR": "€", "GBP": "£"}
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
NOTHING = "–"
MINUS = "−"


def money(value: float | None, currency: str, language: str) -> str:
    """An amount to three figures, in ten thousands (万) and hundred millions (亿) in Chinese.

    >>> money(1_236_000, "CNY", "en"), money(1_236_000, "CNY", "zh-CN"), money(None, "CNY", "en")
    ('¥1.24M', '¥124万', '–')
    """
    if value is None or not math.isfinite(value):
        return NOTHING
    steps = ((1e8, "亿"), (1e4, "万")) if language == "zh-CN" else ((1e9, "B"), (1e6, "M"), (1e3, "k"))
    size, unit = next(((size, unit) for size, unit in steps if abs(value) >= size * 0.9995), (1.0, ""))
    sign = MINUS if value < 0 else ""
    return f"{sign}{SYMBOLS.get(currency, currency + ' ')}{three_figures(abs(value) / size)}{unit}"


def three_figures(value: float) -> str:
    """A number at or above 0 to three figures, thousands apart by commas.

    >>> three_figures(1.236), three_figures(12.36), three_figures(123.6), three_figures(4321.0), three_figures(5.0)
    ('1.24', '12.4', '124', '4,321', '5')
    """
    decimals = 2 if value < 9.995 else 1 if value < 99.95 else 0
    text = f"{value:,.{decimals}f}"
    return text.rstrip("0").rstrip(".") if decimals else text


def percent(fraction: float | None) -> str:
    """A fraction as a percentage; never 0 or 100, because no chance is.

    >>> percent(0.234), percent(0.0004), percent(0.9999), percent(None)
    ('23%', '<1%', '>99%', '–')
    """
    if fraction is None or not math.isfinite(fraction):
        return NOTHING
    if fraction < 0.005:
        return "<1%"
    if fraction > 0.995:
        return ">99%"
    return f"{fraction * 100:.0f}%"


def points(value: float) -> str:
    """Percentage points with their sign.

    >>> points(4.23), points(-9.0), points(0.02)
    ('+4.2', '−9.0', '0.0')
    """
    rounded = round(value, 1)
    if rounded == 0:
        return "0.0"
    return f"{'+' if rounded > 0 else MINUS}{abs(rounded):.1f}"


def day(value: dt.date | None, language: str) -> str:
    """A date.

    >>> day(dt.date(2026, 7, 1), "en"), day(dt.date(2026, 7, 1), "zh-CN")
    ('1 Jul 2026', '2026年7月1日')
    """
    if value is None:
        return NOTHING
    if language == "zh-CN":
        return f"{value.year}年{value.month}月{value.day}日"
    return f"{value.day} {MONTHS[value.month - 1]} {value.year}"


def days(value: float | None, language: str) -> str:
    """A length of time in whole days.

    >>> days(21.7, "en"), days(1.0, "en"), days(21.7, "zh-CN")
    ('21 days', '1 day', '21 天')
    """
    if value is None or not math.isfinite(value):
        return NOTHING
    whole = math.floor(value)
    if language == "zh-CN":
        return f"{whole} 天"
    return f"{whole:,} day" if whole == 1 else f"{whole:,} days"
