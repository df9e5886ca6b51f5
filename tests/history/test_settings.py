"""The fields of a company's own that `[features]` names, and what is said of those that cannot be used."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from history.errors import ConfigInvalid
from history.freeze import freeze, read_frozen
from history.record import make_history
from history.settings import FEATURES_ALREADY, Settings, parse_settings


def fields_of(toml: str) -> tuple[str, ...]:
    return parse_settings(tomllib.loads(toml)).feature_fields


def test_fields_stand_in_the_order_in_which_they_are_named() -> None:
    assert fields_of('[features]\nfields = ["product_application", "market", "行业"]') == (
        "product_application",
        "market",
        "行业",
    )


@pytest.mark.parametrize("toml", ["", "[features]", "[features]\nfields = []"])
def test_without_fields_there_are_none(toml: str) -> None:
    assert fields_of(toml) == ()


@pytest.mark.parametrize("value", ["market", 3, ["market", 3], True])
def test_what_is_no_list_of_names_is_refused(value: Any) -> None:
    with pytest.raises(ConfigInvalid) as refused:
        parse_settings({"features": {"fields": value}})
    assert str(refused.value) == (
        f"dealcast.toml: [features] fields is {value!r}; expected a list of names of fields such as "
        '["market"]. Correct it.'
    )


@pytest.mark.parametrize("name", ["", "two words", "9lives", "_market", "a{b}", "x" * 61, "a:b"])
def test_a_name_that_no_field_can_have_is_refused(name: str) -> None:
    with pytest.raises(ConfigInvalid) as refused:
        parse_settings({"features": {"fields": ["market", name]}})
    assert str(refused.value) == (
        f"dealcast.toml: [features] fields has {name!r}; expected the name of a field in deal_changes, a letter and "
        "then up to 59 letters, digits or underscores. Correct or remove it."
    )


@pytest.mark.parametrize("name", sorted(FEATURES_ALREADY))
def test_a_field_that_is_a_feature_already_is_refused(name: str) -> None:
    with pytest.raises(ConfigInvalid, match=rf"\[features\] fields has '{name}', which is a feature already. Remove"):
        parse_settings({"features": {"fields": [name]}})


def test_the_owner_may_be_a_feature() -> None:
    assert fields_of('[features]\nfields = ["owner_id"]') == ("owner_id",)


def test_a_field_named_twice_is_refused() -> None:
    with pytest.raises(ConfigInvalid, match="fields has 'market' twice; name each field once"):
        fields_of('[features]\nfields = ["market", "market"]')


def test_twenty_fields_are_enough() -> None:
    names = [f"f{number}" for number in range(21)]
    assert len(parse_settings({"features": {"fields": names[:20]}}).feature_fields) == 20
    with pytest.raises(ConfigInvalid, match=r"names 21 fields; expected 20 at most\. Keep those that say most"):
        parse_settings({"features": {"fields": names}})


def test_a_word_that_features_does_not_know_is_refused() -> None:
    with pytest.raises(ConfigInvalid, match=r"\[features\] has 'field'; expected fields alone. Correct or remove it"):
        fields_of('[features]\nfield = ["market"]')


@pytest.mark.parametrize("raw", [{}, {"features": {"fields": ["market"]}}])
def test_a_frozen_history_keeps_its_fields(raw: dict[str, Any], tmp_path: Path) -> None:
    history = make_history(Settings(feature_fields=("market",), raw=raw), deals=pl.DataFrame({"deal_id": ["D1"]}))
    assert read_frozen(freeze(history, tmp_path / "frozen").path).settings.feature_fields == ("market",)
