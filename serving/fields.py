"""How an API field is declared: its meaning and its unit, both in the OpenAPI description."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer

from history.tables import TABLES

Utc = Annotated[dt.datetime, PlainSerializer(lambda instant: f"{instant.isoformat()}Z", return_type=str)]
"""An instant as the house keeps it, naive UTC, given with its Z."""


def _written(value: object) -> object:
    if not isinstance(value, str):
        raise ValueError("expected an instant as text, such as 2026-07-01T08:30:00Z")
    return value


def _in_our_time(value: dt.datetime) -> dt.datetime:
    if not 1900 <= value.year <= 2200:
        raise ValueError("expected a year from 1900 to 2200")
    return value


Instant = Annotated[dt.datetime, BeforeValidator(_written), AfterValidator(_in_our_time)]
"""An instant as people send it: text, with an offset or in UTC."""


class Answer(BaseModel):
    """What the API gives: never NaN or infinity."""

    model_config = ConfigDict(allow_inf_nan=False, extra="forbid")


class Question(BaseModel):
    """What the API takes: unknown fields, NaN and infinity are refused."""

    model_config = ConfigDict(allow_inf_nan=False, extra="forbid", str_max_length=10_000)


def measured(meaning: str, unit: str, default: Any = ..., **limits: Any) -> Any:
    """A field whose description says what it means and in which unit."""
    return Field(default, description=f"{meaning} (unit: {unit})", json_schema_extra={"x-unit": unit}, **limits)


def described(meaning: str, default: Any = ..., **limits: Any) -> Any:
    """A field that is a word, a name or a time, with its meaning."""
    return Field(default, description=meaning, **limits)


def canonical(table: str, column: str, default: Any = ..., **limits: Any) -> Any:
    """A field that is a column of a canonical table: meaning and unit come from the table's declaration."""
    declared = TABLES[table].column(column)
    return measured(declared.en, declared.unit, default, **limits)
