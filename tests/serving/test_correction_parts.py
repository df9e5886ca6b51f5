"""Every scope's correction opens to clues that add up exactly to what it changes."""

from __future__ import annotations

from dataclasses import replace

import polars as pl
import pytest

from history.scopes import SCOPE_KINDS
from serving.correction_parts import CONVERSION, REST, WORDS, correction_parts
from serving.forecasting import Outlook, outlook, table
from tests.lib.deal_log import at, company
from tests.serving.test_forecast_lessons import spoken
from tests.serving.test_forecasting import StageRates
from training.attainment.lessons import Lessons


@pytest.fixture(scope="module")
def seen() -> Outlook:
    crm = spoken(company(900, 4), 1)
    return outlook(crm, StageRates(crm, at("2026-02-01")), "2026Q1", at("2026-02-01"))


@pytest.mark.parametrize("measure", ["amount", "count"])
def test_the_clues_of_every_scope_add_up_to_what_its_correction_changes(seen: Outlook, measure: str):
    for by in SCOPE_KINDS:
        rows = table(seen, by, measure)
        sums = dict(correction_parts(seen, by, measure).group_by("scope_id").agg(pl.col("effect").sum()).iter_rows())
        for row in rows.iter_rows(named=True):
            moved = row["mean"] - row["before_correction"]
            assert sums.get(row["scope_id"], 0.0) == pytest.approx(moved, abs=1e-6 * max(1.0, row["mean"])), (by, row)


def test_at_the_level_it_was_learnt_at_a_clue_moves_what_shap_says(seen: Outlook):
    learned = seen.lessons.corrections["amount"]
    assert learned.used != "none"
    told = correction_parts(seen, seen.lessons.base)
    both = told.join(learned.parts, left_on=["scope_id", "clue"], right_on=["scope", "clue"])
    assert both.height > 10
    assert both["effect"].to_list() == pytest.approx(both["effect_right"].to_list())
    assert {CONVERSION, REST} >= set(told["clue"]) - set(learned.parts["clue"])


def test_a_clue_moves_the_people_of_a_team_together_by_what_it_moves_the_team(seen: Outlook):
    teams, reps = (
        correction_parts(seen, by)
        .filter(~pl.col("clue").is_in([REST, CONVERSION]))
        .group_by("clue")
        .agg(pl.col("effect").sum())
        for by in ("team", "rep")
    )
    both = teams.join(reps, on="clue")
    assert both["effect"].to_list() == pytest.approx(both["effect_right"].to_list())


def test_every_clue_has_words_in_both_languages_and_the_strongest_comes_first(seen: Outlook):
    rows = correction_parts(seen, "team")
    assert rows["clue_en"].null_count() == rows["clue_zh"].null_count() == 0
    assert set(rows["clue"]) <= set(WORDS)
    for _, one in rows.group_by("scope_id"):
        strength = one["effect"].abs().to_list()
        assert strength == sorted(strength, reverse=True)


def test_where_nothing_is_corrected_there_are_no_lines(seen: Outlook):
    plain = replace(seen, lessons=Lessons(), _expected={})
    assert correction_parts(plain, "rep").is_empty()
