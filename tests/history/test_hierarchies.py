"""Levels of a workspace's own: how they are named, what they part, and what cannot be one."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from history.canonical import read_folder
from history.deals import snapshot
from history.errors import ConfigInvalid, RowsQuarantined
from history.freeze import freeze, read_frozen
from history.record import History
from history.scopes import NONE, SCOPE_KINDS, deal_scopes, parse_scope, scope_kinds
from history.settings import Settings, parse_settings
from tests.cli.folders import small_folder
from tests.lib.deal_log import SETTINGS, at, deal, told

OWN = (("market", ("channel",)), ("product", ("family", "product_line")))
NOW = at("2026-02-01")


@pytest.fixture(scope="module")
def history() -> History:
    return told(
        deal("d1", "2026-01-02", family="Mini", product_line="Chips", channel="Online"),
        deal("d2", "2026-01-02", family="Maxi", product_line="Chips", channel="Stores"),
        deal("d3", "2026-01-02", family="Maxi", product_line="Boards"),
        deal("d4", "2026-01-02", family="Solo", product_line="Boards"),
        settings=replace(SETTINGS, hierarchies=OWN),
    )


def test_levels_of_ones_own_come_after_those_of_everybody():
    settings = parse_settings({"hierarchies": {"product": ["family", "product_line"], "market": ["channel"]}})
    assert settings.hierarchies == OWN
    assert settings.own_levels == ("channel", "family")
    assert scope_kinds(settings) == (*SCOPE_KINDS, "channel", "family")
    assert scope_kinds(Settings()) == SCOPE_KINDS
    assert parse_scope("family:Mini", scope_kinds(settings)) == ("family", "Mini")


def test_every_deal_lies_in_one_scope_of_each_level(history: History):
    placed = deal_scopes(history, snapshot(history, NOW), NOW)
    assert placed["family"].to_list() == ["Mini", "Maxi", "Maxi", "Solo"]
    assert placed["channel"].to_list() == ["Online", "Stores", NONE, NONE]


def test_without_hierarchies_nothing_changes():
    plain = told(deal("d1", "2026-01-02", family="Mini"))
    assert "family" not in snapshot(plain, NOW).columns


def test_a_frozen_history_keeps_its_hierarchies(history: History, tmp_path):
    frozen = freeze(history, tmp_path)
    assert read_frozen(frozen.path).settings.hierarchies == OWN


@pytest.mark.parametrize(
    ("levels", "says"),
    [
        ("family", r"product is 'family'; expected a list of fields of deals, the finest first"),
        ([], r"product is \[\]; expected a list"),
        ([3], r"product is \[3\]; expected a list"),
        (["two words"], r"product has 'two words'; expected the name of a field in deal_changes"),
        (["team"], r"product has 'team', which is no field that parts deals"),
        (["amount"], r"product has 'amount', which is no field that parts deals"),
        (["family", "family"], r"product has 'family' twice; name each level once"),
        ([f"level{n}" for n in range(7)], r"names 7 levels of your own; expected 6 at most"),
    ],
)
def test_what_is_no_hierarchy_is_refused(levels: Any, says: str):
    with pytest.raises(ConfigInvalid, match=says):
        parse_settings({"hierarchies": {"product": levels}})


def test_targets_may_be_set_by_a_level_of_ones_own(tmp_path):
    rows = "scope_kind,scope_id,period,measure,target,set_at\nfamily,Mini,fy2026,amount,5,2026-01-01\n"
    folder = small_folder(tmp_path / "own", quotas=rows)
    with pytest.raises(RowsQuarantined, match="scope_kind: 'family' where one of rep, team"):
        read_folder(folder)
    settings = folder / "dealcast.toml"
    settings.write_text(settings.read_text() + '\n[hierarchies]\nproduct = ["family"]\n')
    assert read_folder(folder)["quotas"].select("scope_kind", "period").row(0) == ("family", "2026")
