"""Fields of a company's own as features: named, said in its words, computed like any other."""

from __future__ import annotations

import re
from dataclasses import replace

import pandas as pd
import polars as pl
import pytest

from features.aggregate import AGGREGATES
from features.catalogue import FEATURES, OF_FIELD, aggregates_of, feature_names, feature_of, feature_version, is_feature
from features.matrix import build_matrix
from features.wanted import wanted
from history.record import History
from history.settings import FEATURES_ALREADY
from tests.lib.builders import SETTINGS, history_of, instant, make_change, make_deal

MARKET = replace(SETTINGS, feature_fields=("market",))


def one_deal(*markets: tuple[str | None, str, str | None]) -> History:
    """A deal whose market took values at dates, each known then or later."""
    changes = [make_change("market", value, at, known=known) for value, at, known in markets]
    return history_of(make_deal(), make_change("stage", "Qualify", "2026-01-01"), *changes, settings=MARKET)


def market_at(history: History, day: str) -> object:
    spine = pl.DataFrame({"deal_id": ["D1"], "as_of": [instant(day)]}, schema_overrides={"as_of": pl.Datetime("us")})
    found = build_matrix(history, spine, threads=1)["field_market"].iloc[0]
    return None if pd.isna(found) else found


def test_the_value_is_the_last_one_known() -> None:
    history = one_deal(("Phone", "2026-01-05", None), ("Auto", "2026-01-10", "2026-01-20"), (None, "2026-02-01", None))
    said = {day: market_at(history, f"2026-{day}") for day in ("01-05", "01-06", "01-15", "01-21", "02-02")}
    assert said == {"01-05": None, "01-06": "Phone", "01-15": "Phone", "01-21": "Auto", "02-02": None}


def test_a_field_is_no_column_unless_it_is_configured() -> None:
    history = one_deal(("Phone", "2026-01-05", None))
    spine = pl.DataFrame({"deal_id": ["D1"], "as_of": [instant("2026-02-01")]})
    assert list(build_matrix(history, spine, threads=1).columns) == [*FEATURES, "field_market"]
    without = History(SETTINGS, history.tables)
    assert list(build_matrix(without, spine, threads=1).columns) == list(FEATURES)
    assert list(build_matrix(history, spine, threads=1, names=("field_market", "stage")).columns) == [
        "stage",
        "field_market",
    ]
    with pytest.raises(KeyError, match="field_market"):
        build_matrix(without, spine, threads=1, names=("field_market",))


def test_it_is_said_in_the_company_s_own_words_in_both_languages() -> None:
    market = feature_of("field_market")
    assert market.group == "account"
    assert [market.sentence("new: {x}", language) for language in ("en", "zh-CN")] == [
        "market: new: {x}",
        "market 为“new: {x}”",
    ]
    assert [market.sentence(None, language) for language in ("en", "zh-CN")] == [
        "No market on record",
        "没有 market 的记录",
    ]
    assert feature_of("field_用途").sentence("电源", "zh-CN") == "用途为“电源”"
    assert feature_of("field_用途").sentence(None, "zh-CN") == "没有用途的记录"


def test_one_lookup_finds_every_feature_and_no_other() -> None:
    assert [feature_of(name) for name in FEATURES] == list(FEATURES.values())
    assert is_feature("field_market")
    for name in ("no_such", OF_FIELD, "horizon_days"):
        assert not is_feature(name)
        with pytest.raises(KeyError):
            feature_of(name)
    assert not any(name.startswith(OF_FIELD) for name in FEATURES)


def test_the_version_hangs_on_the_configured_fields() -> None:
    versions = [feature_version(fields) for fields in ((), ("market",), ("market", "use"), ("use",))]
    assert versions[0] == feature_version()
    assert len(set(versions)) == 4


def test_twenty_fields_more_fit_into_the_engine() -> None:
    history = one_deal(("Phone", "2026-01-05", None))
    names = tuple(f"f{number}" for number in range(20))
    crowded = History(replace(SETTINGS, feature_fields=names), history.tables)
    spine = pl.DataFrame({"deal_id": ["D1"], "as_of": [instant("2026-02-01")]})
    matrix = build_matrix(crowded, spine, threads=1)
    assert tuple(matrix.columns) == feature_names(names) == wanted(fields=names).names


def test_the_fields_that_settings_refuse_are_those_whose_last_value_is_a_feature() -> None:
    plain = [AGGREGATES[f.expr.meta.output_name()] for f in FEATURES.values() if aggregates_of(f) and is_plain(f.expr)]
    fields = {
        found[1]
        for aggregate in plain
        if aggregate.op == "last" and aggregate.stream.name == "changes"
        if (found := re.fullmatch(r'\[\(col\("field"\)\) == \("(\w+)"\)\]', aggregate.where))
    }
    # The date itself is told by what it is compared with.
    assert fields | {"close_date"} == FEATURES_ALREADY


def is_plain(expr: pl.Expr) -> bool:
    return expr.meta.is_column() and expr.meta.output_name() in AGGREGATES
