"""Declarations: what a feature must say, and how its values are read out."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import polars as pl
import pytest

from features import context
from features.catalogue import FEATURES, MODULES, feature_version
from features.feature import GROUPS, Feature, feature

NUMBERS = [name for name, declared in FEATURES.items() if not declared.categorical]
CATEGORIES = [name for name, declared in FEATURES.items() if declared.categorical]
LANGUAGES = ("en", "zh-CN")
CAUSES = re.compile(r"\b(because|due to|caused?|therefore|leads? to|so that|thanks to)\b|因为|由于|导致|因此|造成")


def declare(**changes: Any) -> Feature:
    """A small feature, declared well but for `changes`."""
    given: dict[str, Any] = {
        "unit": "days",
        "group": "momentum",
        "en": "days asleep",
        "zh": "沉睡天数",
        "reason_en": "Asleep for {value:.0f} days",
        "reason_zh": "沉睡 {value:.0f} 天",
    }
    return feature("days_asleep", pl.lit(1.0), **{**given, **changes})


@pytest.mark.parametrize("left_out", ["unit", "en", "zh", "reason_en", "reason_zh"])
def test_a_feature_without_a_unit_or_a_language_is_refused_by_name(left_out: str) -> None:
    with pytest.raises(ValueError, match=f"feature days_asleep has no {left_out}; every feature says it. Add it."):
        declare(**{left_out: ""})


def test_a_feature_of_no_group_is_refused() -> None:
    with pytest.raises(ValueError, match="group 'mood' is not one of momentum, commitment"):
        declare(group="mood")


@pytest.mark.parametrize("words", [{"zero_en": "Awake"}, {"negative_zh": "尚早 {value:.0f} 天"}])
def test_words_for_zero_or_below_come_in_both_languages(words: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="in one language only"):
        declare(**words)


def test_a_missing_value_without_words_of_its_own_is_said_to_be_missing() -> None:
    for missing in (None, float("nan"), np.float32("nan")):
        assert declare().sentence(missing) == "Days asleep: not on record"
        assert declare().sentence(missing, "zh-CN") == "沉睡天数：无记录"


def test_one_is_said_in_the_singular() -> None:
    assert declare().sentence(1.0) == "Asleep for 1 day"
    assert declare().sentence(0.6) == "Asleep for 1 day"
    assert declare().sentence(21.0) == "Asleep for 21 days"
    assert FEATURES["contacts"].sentence(1.0) == "1 person on the deal"
    assert FEATURES["pushes"].sentence(1.0) == "Close date pushed 1 time"


def test_what_rounds_to_nothing_is_said_in_its_own_words() -> None:
    awake = declare(zero_en="Awake", zero_zh="清醒")
    assert [awake.sentence(value) for value in (0.0, -0.0, 0.4, -0.4, 0.6)] == ["Awake"] * 4 + ["Asleep for 1 day"]
    assert awake.sentence(0, "zh-CN") == "清醒"


def test_a_small_share_is_not_nothing() -> None:
    share = declare(unit="share", reason_en="{value:.0%} asleep", zero_en="None asleep", zero_zh="无沉睡")
    assert [share.sentence(value) for value in (0.001, 0.02)] == ["None asleep", "2% asleep"]


def test_below_zero_has_words_that_need_no_sign() -> None:
    close = FEATURES["days_to_close_date"]
    assert close.sentence(12.0) == "Expected close date in 12 days"
    assert close.sentence(-1.0) == "Expected close date passed 1 day ago"
    assert close.sentence(-12.0, "zh-CN") == "预计成交日已过 12 天"
    assert close.sentence(None) == "No expected close date"


def test_yes_and_no_are_sentences() -> None:
    decider = FEATURES["has_decision_maker"]
    assert decider.sentence(1.0) == "A decision maker is on the deal"
    assert decider.sentence(0.0) == "No decision maker among the people on the deal"
    assert decider.sentence(None) == "No person on the deal on record"


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", NUMBERS)
def test_every_number_is_said_whatever_it_is(name: str, language: str) -> None:
    for value in (12.0, 1.0, 0.25, 0.0, -0.0, -0.2, -7.0, 1e9, 3, np.float32(2.5), np.float64(2.5)):
        said = FEATURES[name].sentence(value, language)
        assert said.strip() == said != ""
        assert not re.search(r"[{}]|nan|inf|None|(^|[^\d])-0(?![.\d])", said), said
        assert not re.search(r"(?<![\d.,])1 (days|people|times|deals|stages|minutes|touches|calls|emails)\b", said), (
            said
        )


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", CATEGORIES)
def test_every_category_is_said_as_it_is_written(name: str, language: str) -> None:
    for value in ("Propose", "1 days", "签约", "{odd}"):
        assert value in FEATURES[name].sentence(value, language)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", FEATURES)
def test_a_missing_value_is_never_said_as_a_number(name: str, language: str) -> None:
    missing = FEATURES[name].sentence(None, language)
    assert missing == FEATURES[name].sentence(float("nan"), language)
    assert not re.search(r"[{}]|nan|None\b", missing)
    assert missing not in {FEATURES[name].sentence(value, language) for value in (1.0, 5.0) if name in NUMBERS}


@pytest.mark.parametrize("name", FEATURES)
def test_no_sentence_claims_a_cause(name: str) -> None:
    declared = FEATURES[name]
    words = [
        getattr(declared, f"{part}_{side}") for part in ("reason", "none", "zero", "negative") for side in ("en", "zh")
    ]
    assert [text for text in words if CAUSES.search(text)] == []


@pytest.mark.parametrize("name", FEATURES)
def test_each_language_is_written_in_its_own_script(name: str) -> None:
    declared = FEATURES[name]
    assert declared.en.isascii()
    assert declared.reason_en.isascii()
    assert all(re.search(r"[\u4e00-\u9fff]", text) for text in (declared.zh, declared.reason_zh, declared.none_zh))


@pytest.mark.parametrize("name", NUMBERS)
def test_a_number_that_is_said_differs_by_its_size(name: str) -> None:
    declared = FEATURES[name]
    if declared.unit != "1 yes, 0 no":
        assert declared.sentence(3.0) != declared.sentence(8.0)
        assert declared.sentence(3.0, "zh-CN") != declared.sentence(8.0, "zh-CN")


def test_the_catalogue_holds_every_declaration_once() -> None:
    declared = [item.name for module in MODULES for item in module.FEATURES]
    assert declared == list(FEATURES)
    assert {item.group for item in FEATURES.values()} == set(GROUPS)


def test_the_version_hangs_on_what_the_features_read_of_other_deals(monkeypatch: pytest.MonkeyPatch) -> None:
    before = feature_version()
    monkeypatch.setitem(context._STATE, "amount", context._STATE["amount"] * 2)
    assert feature_version() != before


def test_the_version_hangs_on_what_is_computed_and_not_on_how_it_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    before = feature_version()
    monkeypatch.setitem(FEATURES, "amount", declare(unit=FEATURES["amount"].unit))
    changed = feature_version()
    assert re.fullmatch(r"[0-9a-f]{12}", before)
    assert changed != before
    monkeypatch.setitem(FEATURES, "amount", declare(unit=FEATURES["amount"].unit, reason_en="Slept {value:.0f} days"))
    assert feature_version() == changed
