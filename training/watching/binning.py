"""Values as bins: quantiles of numbers, the commonest values of categories, and what is missing."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

BINS, MOST_VALUES = 8, 12
MISSING, OTHER = "(none)", "…"


@dataclass(frozen=True)
class Binned:
    """The bin of each row (a place in `labels`); the last label is what is missing or, of categories, all others."""

    labels: tuple[str, ...]
    codes: np.ndarray
    is_number: bool


def binned(values: pd.Series, earlier: np.ndarray) -> Binned:
    """The rows of `values` in bins that the `earlier` ones (a mask) make of about equal size; categories by value."""
    if isinstance(values.dtype, pd.CategoricalDtype):
        return of_texts(np.asarray(values.astype(object).where(values.notna(), MISSING), dtype=object))
    return of_numbers(values.to_numpy(np.float64), earlier)


def of_numbers(values: np.ndarray, earlier: np.ndarray) -> Binned:
    """
    >>> found = of_numbers(np.array([1.0, 2.0, 2.0, np.nan]), np.array([True, True, False, False]))
    >>> found.labels[-1], int(found.codes[-1]) == len(found.labels) - 1
    ('(none)', True)
    """
    known = values[earlier & ~np.isnan(values)]
    edges = np.unique(np.quantile(known, np.linspace(0, 1, BINS + 1)[1:-1])) if len(known) else np.empty(0)
    codes = np.where(np.isnan(values), len(edges) + 1, np.searchsorted(edges, values, side="left"))
    labels = (*(f"≤ {edge:.3g}" for edge in edges), f"> {edges[-1]:.3g}" if len(edges) else "known", MISSING)
    return Binned(labels, codes.astype(np.int64), True)


def of_texts(values: np.ndarray) -> Binned:
    """
    >>> of_texts(np.array(["b", "a", "b"], dtype=object)).labels
    ('b', 'a', '…')
    """
    names, place, counts = np.unique(values.astype(str), return_inverse=True, return_counts=True)
    order = sorted(range(len(names)), key=lambda at: (-counts[at], names[at]))[:MOST_VALUES]
    rank = np.full(len(names), len(order), np.int64)
    rank[order] = np.arange(len(order))
    return Binned((*(str(names[at]) for at in order), OTHER), rank[place], False)
