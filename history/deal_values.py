"""The values in `deal_changes`: their form depends on the field that changed."""

from __future__ import annotations

import polars as pl

from history import written_dates
from history.quarantine import no_problems, problems
from history.settings import Settings
from history.source_file import LINE, SourceFile
from history.written_dates import read_days
from history.written_numbers import number_text, read_numbers

_ANY_NUMBER = (float("-inf"), float("inf"))


def read_deal_values(source: SourceFile, rows: pl.DataFrame, settings: Settings) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Old and new values in one form per field: amounts as plain numbers, close dates as YYYY-MM-DD.

    Returns the rows and the bad cells: values that do not parse, negative amounts, probabilities outside 0 to 100,
    stages that the settings do not name.
    """
    found = [no_problems()]
    for column in ("old_value", "new_value"):
        if column in rows.columns:
            values, expected = _read(rows.select("field", value=column), settings, column)
            bad = expected.is_not_null()
            found.append(_report(source, column, rows, bad, expected))
            rows = rows.with_columns(values.alias(column))
    return rows, pl.concat(found)


def _read(frame: pl.DataFrame, settings: Settings, column: str) -> tuple[pl.Series, pl.Series]:
    at_least_zero, percent = (0.0, float("inf")), (0.0, 100.0)
    new = column == "new_value"
    frame = frame.with_columns(expected=pl.lit(None, dtype=pl.String))
    frame = _numbers(frame, "amount", at_least_zero, "an amount of at least 0, such as 1234.5 or 1,234.50")
    frame = _numbers(frame, "probability", percent if new else _ANY_NUMBER, "a probability from 0 to 100")
    frame = _days(frame)
    if new and settings.stages:
        frame = _stages(frame, settings)
    return frame["value"], frame["expected"]


def _replace(frame: pl.DataFrame, field: str, values: pl.Series, expected: str) -> pl.DataFrame:
    """`frame` with `values` where `field` changed; a value that went missing on the way was not as expected."""
    here = pl.col("field") == field
    lost = here & pl.col("value").is_not_null() & pl.col("read").is_null()
    return frame.with_columns(read=values).with_columns(
        expected=pl.when(lost).then(pl.lit(expected)).otherwise("expected"),
        value=pl.when(here).then("read").otherwise("value"),
    )


def _of(frame: pl.DataFrame, field: str) -> pl.Series:
    return frame.select(pl.when(pl.col("field") == field).then("value").alias("value")).to_series()


def _numbers(frame: pl.DataFrame, field: str, limits: tuple[float, float], expected: str) -> pl.DataFrame:
    numbers = pl.DataFrame({"number": read_numbers(_of(frame, field))})
    inside = pl.col("number").is_between(*limits)
    text = numbers.select(pl.when(inside).then(number_text(pl.col("number")))).to_series()
    return _replace(frame, field, text, expected)


def _days(frame: pl.DataFrame) -> pl.DataFrame:
    return _replace(frame, "close_date", read_days(_of(frame, "close_date")), written_dates.EXPECTED)


def _stages(frame: pl.DataFrame, settings: Settings) -> pl.DataFrame:
    names = [stage.name for stage in settings.stages]
    stage = _of(frame, "stage")
    listed = ", ".join(names)
    return _replace(frame, "stage", stage.set(~stage.is_in(names), None), f"a stage of dealcast.toml ({listed})")


def _report(source: SourceFile, column: str, rows: pl.DataFrame, bad: pl.Series, expected: pl.Series) -> pl.DataFrame:
    if not bad.any():
        return no_problems()
    lines, values = rows[LINE].filter(bad), rows[column].filter(bad)
    return problems("deal_changes", source.path, source.place, column, lines, values, expected.filter(bad))
