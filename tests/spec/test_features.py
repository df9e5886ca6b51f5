"""Every feature gives the answers worked out by hand in the pages beside this file, one page per group."""

from __future__ import annotations

import datetime as dt
import math

import pandas as pd
import polars as pl
import pytest

from features.catalogue import FEATURES
from features.dictionary import Example, examples
from features.feature import GROUPS
from features.matrix import build_matrix
from tests.lib.builders import SETTINGS, instant
from tests.lib.text_tables import Answer, Story, expected_value, read_story
from tests.spec import FOLDER

EXAMPLES = examples(FOLDER)


def matrix_of(story: Story) -> pd.DataFrame:
    """The features of every deal and date that is asked of."""
    asked = sorted({(answer.deal, instant(answer.as_of)) for answer in story.answers})
    spine = pl.DataFrame(asked, schema={"deal_id": pl.String, "as_of": pl.Datetime("us")}, orient="row")
    return build_matrix(story.history, spine, threads=1)


def found(matrix: pd.DataFrame, answer: Answer) -> object:
    return matrix.loc[(answer.deal, pd.Timestamp(instant(answer.as_of))), answer.feature]


def agrees(value: object, expected: float | str | None) -> bool:
    if expected is None:
        return isinstance(value, float) and math.isnan(value)
    if isinstance(expected, str):
        return value == expected
    return isinstance(value, float) and value == pytest.approx(expected, rel=1e-5, abs=1e-6)


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.features[0])
def test_features_give_the_answers_worked_out_by_hand(example: Example) -> None:
    story = read_story(example.table)
    matrix = matrix_of(story)
    wrong = [
        f"{a.feature} of {a.deal} as of {a.as_of}: expected {a.expected} {a.because}, got {found(matrix, a)}"
        for a in story.answers
        if not agrees(found(matrix, a), expected_value(a.expected))
    ]
    assert wrong == []


@pytest.mark.parametrize("name", FEATURES)
def test_every_feature_is_told_in_the_page_of_its_group(name: str) -> None:
    told = [example for example in EXAMPLES if name in example.features]
    assert [example.group for example in told] == [FEATURES[name].group] * len(told) != []


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.features[0])
def test_an_example_answers_for_the_features_it_is_headed_with(example: Example) -> None:
    answers = read_story(example.table).answers
    assert {answer.feature for answer in answers} == set(example.features)
    for name in example.features:
        values = {answer.expected for answer in answers if answer.feature == name}
        assert len(values) > 1, f"{name} has one answer only, whatever happens"


def test_there_is_a_page_for_every_group() -> None:
    assert sorted(path.stem for path in FOLDER.glob("*.md")) == sorted(GROUPS)


def test_dates_in_the_pages_are_days_in_shanghai() -> None:
    assert instant("2026-01-10") == SETTINGS.start_of(dt.date(2026, 1, 10))
