"""G04: changing all that was recorded later moves no feature; one that looks ahead is named."""

from __future__ import annotations

import datetime as dt

import pandas as pd
import polars as pl

from features.matrix import build_matrix
from history.record import History
from tests.gate.evidence import outcome
from training.probes.future import future_probe, told_otherwise

QUARTER = [dt.datetime(2025, 9, 30, 16), dt.datetime(2025, 11, 15, 16)]


def looking_ahead(history: History, spine: pl.DataFrame) -> pd.DataFrame:
    """The features, and one more that counts all changes of a deal, whenever they were recorded."""
    matrix = build_matrix(history, spine, threads=1)
    counts = dict(history["deal_changes"].group_by("deal_id").len().iter_rows())
    return matrix.assign(changes_ever=[float(counts.get(deal, 0)) for deal in spine["deal_id"]])


def test_the_features_of_the_catalogue_pass(past: History) -> None:
    found = outcome("G04", future=future_probe(past, QUARTER))
    assert found.outcome == "passed"
    assert "no feature of" in found.sentence


def test_a_feature_that_looks_ahead_is_found_by_name(past: History) -> None:
    found = outcome("G04", future=future_probe(past, QUARTER, looking_ahead))
    assert (found.outcome, found.sentence) == ("found", "changing what was recorded later moved changes_ever")


def test_what_is_told_otherwise_is_all_that_was_recorded_later_and_nothing_else(past: History) -> None:
    at = QUARTER[0]
    other = told_otherwise(past, at)
    early = pl.col("recorded_at") < at
    for name in ("deal_changes", "activities", "contacts"):
        assert other[name].filter(early).equals(past[name].filter(early)), name
        assert not other[name].filter(~early).equals(past[name].filter(~early)), name


def test_without_an_open_deal_it_does_not_apply(past: History) -> None:
    probe = future_probe(past, [dt.datetime(2001, 1, 1)])
    assert outcome("G04", future=probe).outcome == "not_applicable"
