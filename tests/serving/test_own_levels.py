"""Forecast, what changed, pace, linearity and statements by a level that the workspace names itself."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from history.errors import NotAllowed, RequestInvalid
from history.record import History
from indicators.linearity import linearity
from serving.bridge import bridge, pair_of
from serving.forecasting import outlook, table
from serving.pace import pace
from serving.submissions import Statement, checked
from tests.lib.deal_log import SETTINGS, at, company, quotas
from tests.serving.test_forecasting import StageRates
from training.attainment.handover import STAYS_PUT

DAYS = (at("2026-01-20"), at("2026-02-20"))


@pytest.fixture(scope="module")
def history() -> History:
    """A company whose deals come in by two channels, some by none, and change them now and then."""
    plain = company(200, 6)
    rng = np.random.default_rng(1)
    told = plain["deal_changes"].filter(pl.col("field") == "owner_id")
    first = told.with_columns(
        field=pl.lit("channel"), new_value=pl.Series(rng.choice(["Online", "Stores", ""], told.height))
    )
    later = first.sample(fraction=0.3, seed=2).with_columns(
        pl.col("changed_at", "recorded_at") + pl.duration(days=30), new_value=pl.lit("Partners")
    )
    changes = pl.concat([plain["deal_changes"], first, later])
    targets = quotas(("channel", "Online", "2026Q1", "amount", 4e5, "2025-12-01"))
    own = replace(plain, settings=replace(SETTINGS, hierarchies=(("market", ("channel",)),)))
    return own.with_tables(deal_changes=changes, quotas=targets)


@pytest.fixture(scope="module")
def pair(history: History):
    return pair_of(history, (StageRates(history, DAYS[0]),) * 2, "2026Q1", DAYS)


@pytest.mark.parametrize("measure", ["amount", "count"])
def test_the_means_of_the_level_add_up_to_the_companys(pair, measure: str):
    whole, own = table(pair.first, "company", measure), table(pair.first, "channel", measure)
    assert own["mean"].sum() == pytest.approx(whole["mean"][0])
    assert {"Online", "Stores", "Partners", "(none)"} <= set(own["scope_id"])
    assert set(own["scope_kind"]) == {"channel"}


def test_that_deals_move_between_scopes_of_the_level_is_learnt_from_earlier_wins(pair):
    level = pair.first.lessons.handovers["channel"]
    assert level.usually < 0.95
    assert max(level.gets, key=lambda scope: level.gets[scope]) == "Partners"
    kept = table(pair.first, "channel").filter(pl.col("scope_id") == "Partners")["open_expected"][0]
    assert kept > _without_moves(pair.first)


def _without_moves(seen) -> float:
    still = replace(seen.lessons, handovers={**seen.lessons.handovers, "channel": STAYS_PUT})
    rows = table(replace(seen, lessons=still, _expected={}), "channel")
    return rows.filter(pl.col("scope_id") == "Partners")["open_expected"][0]


def test_scopes_of_a_nested_level_add_up_to_those_above_them():
    """Families lie within product lines: what is booked, expected and to come of the families is the line's."""
    plain = company(250, 8)
    told = plain["deal_changes"].filter(pl.col("field") == "product_line")
    family = pl.Series(np.random.default_rng(3).choice(["small", "large"], told.height))
    nested = told.with_columns(field=pl.lit("family"), new_value=told["new_value"] + " " + family)
    settings = replace(SETTINGS, hierarchies=(("product", ("family", "product_line")),))
    history = replace(plain, settings=settings).with_tables(deal_changes=pl.concat([plain["deal_changes"], nested]))
    seen = outlook(history, StageRates(history, DAYS[1]), "2026Q1", DAYS[1])
    families = table(seen, "family").with_columns(line=pl.col("scope_id").str.split(" ").list.first())
    parts = ["booked", "open_expected", "new_expected", "mean"]
    sums = families.group_by("line").agg(pl.col(parts).sum()).sort("line")
    lines = table(seen, "product_line").sort("scope_id")
    for name in parts:
        assert sums[name].to_list() == pytest.approx(lines[name].to_list()), name


def test_a_target_of_the_level_is_read(pair):
    row = table(pair.first, "channel").filter(pl.col("scope_id") == "Online").row(0, named=True)
    assert (row["quota"], row["p_attain"] is None) == (4e5, False)


def test_what_changed_adds_up_and_tells_deals_that_moved_between_scopes(pair):
    found = bridge(pair, "channel")
    means = [dict(table(seen, "channel").select("scope_id", "mean").iter_rows()) for seen in (pair.first, pair.last)]
    for scope, moved in found.lines.group_by("scope_id").agg(pl.col("contribution").sum()).iter_rows():
        assert moved == pytest.approx(means[1].get(scope, 0.0) - means[0].get(scope, 0.0), abs=1e-3)
    assert "owner_moved" in set(found.lines["line"])


def test_pace_and_linearity_are_given_by_the_level(history: History, pair):
    assert pace(pair.first, "channel")["same_day_mean"].sum() == pytest.approx(
        pace(pair.first, "company")["same_day_mean"][0]
    )
    spread = linearity(history, DAYS[1], "channel", period="2025Q4")
    whole = linearity(history, DAYS[1], "company", period="2025Q4")
    assert spread["won"].sum() == pytest.approx(whole["won"].sum())


def test_a_level_that_no_hierarchy_names_is_not_known(history: History):
    seen = outlook(history, StageRates(history, DAYS[0]), "2026Q1", DAYS[0])
    with pytest.raises(RequestInvalid, match=r"level 'galaxy' is not known; expected one of .*company, channel"):
        table(seen, "galaxy")


def test_one_must_lead_the_company_to_speak_for_the_level(history: History):
    people = history["reps"].with_columns(manager_id=pl.when(pl.col("rep_id") != "di").then(pl.lit("di")))
    led = history.with_tables(reps=people)
    said = Statement("di", "channel", "Online", "2026Q1", {"commit": 5.0})
    assert checked(led, said, DAYS[0])["scope_kind"].to_list() == ["channel"]
    with pytest.raises(NotAllowed, match="ann cannot speak for channel:Online"):
        checked(led, replace(said, by="ann"), DAYS[0])
