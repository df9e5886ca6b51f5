"""Cells of a column as they were written, read as the type the declaration asks for."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from history import written_dates, written_numbers
from history.errors import DateInvalid
from history.fiscal import FORMS, parse_period
from history.schema import Column
from history.settings import Settings
from history.written_dates import half_width, local_to_utc, read_instants
from history.written_numbers import number_text, read_numbers

_MISSING = ("", "null", "none", "n/a", "#n/a", "nan")
_YES = ("true", "yes", "y", "1", "t", "是")
_NO = ("false", "no", "n", "0", "f", "否")


@dataclass(frozen=True)
class Cells:
    """`values` typed as declared, null where a cell breaks the declaration; `expected` then says what was asked for."""

    values: pl.Series
    expected: pl.Series


def as_text(series: pl.Series) -> pl.Series:
    """Any column as text without blanks around it; an empty text is a missing value."""
    if series.dtype.is_float():
        series = pl.select(number_text(pl.lit(series.fill_nan(None)))).to_series()
    elif series.dtype.is_nested():
        series = (
            series.cast(pl.List(pl.String)).list.join(", ") if series.dtype == pl.List else series.struct.json_encode()
        )
    text = series.cast(pl.String).str.strip_chars()
    return text.set(text == "", None)


def read_cells(column: Column, series: pl.Series, settings: Settings) -> Cells:
    """The cells of one declared column, read and held to its constraints."""
    read = {"text": _text, "instant": _instants, "boolean": _booleans, "integer": _integers}.get(column.kind, _numbers)
    written = _blank_missing(series) if column.kind != "text" else series
    values, form = read(written, column, settings)
    missing = _missing(written)
    frame = pl.DataFrame({"value": values, "missing": missing})
    expected = frame.select(
        pl.when(pl.col("missing"))
        .then(pl.lit("a value; the column is required" if column.required else None, dtype=pl.String))
        .when(pl.col("value").is_null())
        .then(pl.lit(form))
        .otherwise(_constraint(column))
    ).to_series()
    return Cells(frame.select(pl.when(expected.is_null()).then("value")).to_series().cast(column.dtype), expected)


def _missing(written: pl.Series) -> pl.Series:
    return written.is_null() | written.is_nan() if written.dtype.is_float() else written.is_null()


def _blank_missing(series: pl.Series) -> pl.Series:
    if series.dtype != pl.String:
        return series
    text = series.str.strip_chars()
    return text.set(text.str.to_lowercase().is_in(_MISSING), None)


def _constraint(column: Column) -> pl.Expr:
    value, fine = pl.col("value"), pl.lit(None, dtype=pl.String)
    if column.at_least is not None and column.at_most is not None:
        inside = value.is_between(column.at_least, column.at_most)
        return pl.when(~inside).then(pl.lit(f"a number from {column.at_least:g} to {column.at_most:g}")).otherwise(fine)
    if column.at_least is not None:
        return (
            pl.when(value < column.at_least).then(pl.lit(f"a number of at least {column.at_least:g}")).otherwise(fine)
        )
    return fine


def _text(series: pl.Series, column: Column, settings: Settings) -> tuple[pl.Series, str]:
    text = as_text(series)
    if column.choices:
        return _choices(text, column, settings)
    if column.unit == "period":
        return _periods(text, settings), FORMS.removeprefix("expected ")
    return text.set(text.str.contains("\x00", literal=True), None), "text without NUL characters"


def _choices(text: pl.Series, column: Column, settings: Settings) -> tuple[pl.Series, str]:
    """The choice that each cell writes. A scope may also be one of the workspace's own levels, written as there."""
    own = settings.own_levels if column.name == "scope_kind" else ()
    plain = text.str.to_lowercase().str.replace_all(r"[\s-]+", "_")
    chosen = plain.set(~plain.is_in(column.choices), None)
    if own:
        written = text.set(~text.is_in(own), None)
        chosen = pl.select(pl.coalesce(pl.lit(written), pl.lit(chosen))).to_series()
    return chosen, f"one of {', '.join((*column.choices, *own))}"


def _periods(text: pl.Series, settings: Settings) -> pl.Series:
    """Periods under the one name that each has, null where there is none: `fy2026` is `2026`."""
    plain = text.str.to_uppercase()
    names = {name: _period_name(name, settings) for name in plain.unique().drop_nulls()}
    return plain.replace_strict(names, return_dtype=pl.String) if names else plain


def _period_name(name: str, settings: Settings) -> str | None:
    try:
        return parse_period(name, settings).name
    except DateInvalid:
        return None


def _instants(series: pl.Series, column: Column, settings: Settings) -> tuple[pl.Series, str]:
    form = written_dates.EXPECTED
    if series.dtype == pl.Date:
        days = series.cast(pl.Datetime("us"))
        return pl.select(local_to_utc(pl.lit(days), settings.timezone)).to_series(), form
    if isinstance(series.dtype, pl.Datetime):
        in_utc = series.dt.convert_time_zone("UTC").dt.replace_time_zone(None) if series.dtype.time_zone else series
        return in_utc.cast(pl.Datetime("us")), form
    return read_instants(as_text(series), settings.timezone), form


def _numbers(series: pl.Series, column: Column, settings: Settings) -> tuple[pl.Series, str]:
    if series.dtype.is_numeric():
        numbers = series.cast(pl.Float64)
        return numbers.set(~numbers.is_finite(), None) + 0.0, written_numbers.EXPECTED
    return read_numbers(as_text(series)), written_numbers.EXPECTED


def _integers(series: pl.Series, column: Column, settings: Settings) -> tuple[pl.Series, str]:
    numbers, _ = _numbers(series, column, settings)
    whole = (numbers == numbers.floor()) & (numbers.abs() < 2.0**53)
    return numbers.set(~whole, None).cast(pl.Int64), "a whole number"


def _booleans(series: pl.Series, column: Column, settings: Settings) -> tuple[pl.Series, str]:
    if series.dtype == pl.Boolean:
        return series, "true or false"
    text = pl.DataFrame({"text": as_text(series)}).select(half_width(pl.col("text")).str.to_lowercase())
    word = pl.col("text")
    values = text.select(pl.when(word.is_in(_YES)).then(True).when(word.is_in(_NO)).then(False)).to_series()
    return values, "true or false"
