"""G06: in no stage, region or segment is the candidate worse, even where it is better on the whole."""

from __future__ import annotations

import polars as pl

from tests.gate.evidence import beside, outcome
from training.probes.beside import Beside


def test_a_candidate_that_is_nowhere_worse_passes() -> None:
    found = outcome("G06", beside=beside())
    assert (found.outcome, found.sentence) == ("passed", "none of 3 groups is worse")


def test_a_stage_in_which_it_knows_nothing_is_found_by_name() -> None:
    found = outcome("G06", beside=beside(noise=0.3, worse_in="Offer"))
    assert found.outcome == "found"
    assert "stage Offer by 0." in found.sentence
    assert "Qualify" not in found.sentence


def test_groups_with_few_deals_do_not_judge() -> None:
    few = beside(worse_in="Offer")
    rows = few.rows.with_columns(deal_id=pl.lit("D1"), region=pl.lit(None, dtype=pl.String))
    assert outcome("G06", beside=Beside("7", pl.concat([rows, beside(rows=120).rows]))).outcome == "not_applicable"


def test_without_a_champion_it_does_not_apply() -> None:
    assert outcome("G06").outcome == "not_applicable"
