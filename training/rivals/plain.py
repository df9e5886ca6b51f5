"""An unadorned booster: one question, a score of plain columns, nothing made for the purpose."""

from __future__ import annotations

from dataclasses import replace

from training.encoding import Encoding
from training.fitting import FitOptions, Window
from training.rivals.direct import direct
from training.rivals.rival import Baseline, HorizonOf

PLAIN = (
    "stage",
    "days_in_stage",
    "age_days",
    "forward_moves",
    "backward_moves",
    "days_since_any_event",
    "changes_30d",
    "days_to_close_date",
    "pushes",
    "pulls",
    "days_pushed",
    "days_since_date_set",
    "amount",
    "kind",
    "product_line",
    "segment",
    "region",
    "source",
    "owner_changes",
    "touches_30d",
)
"""Twenty columns that anybody who has the log would begin with."""


def plain(window: Window, horizon_of: HorizonOf, options: FitOptions | None = None) -> Baseline:
    """`direct` on the columns of PLAIN alone."""
    return direct(replace(window, encoding=narrowed(window.encoding)), horizon_of, options)


def narrowed(encoding: Encoding) -> Encoding:
    """The part of an encoding that PLAIN names."""
    names = tuple(name for name in encoding.names if name in PLAIN)
    return Encoding(names, {name: values for name, values in encoding.vocabularies.items() if name in names})
