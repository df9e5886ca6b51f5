"""The deal page's newer parts: the answer, the people of the buyer, and what would change the odds."""

import datetime as dt
import re
from dataclasses import replace
from itertools import pairwise
from urllib.parse import quote

import numpy as np
import polars as pl
import pytest

from features.people import KEY_ROLES
from serving.buyers import buyers
from serving.odds import FEWEST, LEVERS, lately_open, odds
from serving.pages.deal import raised_flag
from serving.pages.deal_people import odds_table, people_table
from training.flag_record import FlagRecord


@pytest.fixture(scope="module")
def outlooks(shop):
    standing = shop.standing
    return {deal_id: odds(standing, deal_id) for deal_id in standing.board["deal_id"].head(40)}


def test_every_lever_moves_features_that_there_are(shop):
    for lever in LEVERS:
        assert {lever.feature, *lever.features} <= set(shop.standing.scored.matrix.columns), lever.code
        assert lever.feature in lever.features, lever.code


def test_a_lever_holds_or_is_told_or_has_too_few_deals_and_never_two_of_these(outlooks):
    told = False
    for found in outlooks.values():
        codes = [one.code for one in found.changes] + found.held + found.unsupported
        assert len(codes) == len(set(codes))
        assert set(codes) <= {lever.code for lever in LEVERS}
        assert all(one.deals >= FEWEST and 0 < one.low <= one.high < 1 for one in found.changes)
        told |= bool(found.changes)
    assert told


def test_what_is_told_of_a_lever_is_the_model_s_word_on_values_that_were_seen(shop, outlooks):
    """By another road: each donor put through the model by hand."""
    standing = shop.standing
    deal_id, one = next((deal_id, found.changes[0]) for deal_id, found in outlooks.items() if found.changes)
    lever = next(lever for lever in LEVERS if lever.code == one.code)
    row = standing.scored.matrix.iloc[[standing.scored.places[deal_id]]]
    lately = lately_open(standing)
    here = lately[(lately["stage"] == row["stage"].iloc[0]) & lately[lever.feature].between(lever.least, lever.most)]
    apart = (here["age_days"] - row["age_days"].iloc[0]).abs().to_numpy()
    chances, seen = [], {deal_id}
    for place in np.argsort(apart, kind="stable"):
        donor = here.iloc[[place]]
        (name,) = donor.index.get_level_values("deal_id")
        if name in seen or len(chances) == 50:
            continue
        seen.add(name)
        made = row.assign(**{feature: donor[feature].to_numpy() for feature in lever.features})
        chances.append(float(standing.model.predict(made, 1.0)["win_probability"].iloc[0]))
    assert one.chance == pytest.approx(np.mean(chances), abs=1e-9)
    assert one.deals == len(chances)


def test_the_page_says_that_odds_are_no_causes(shop, outlooks):
    table = odds_table(next(found for found in outlooks.values() if found.changes), "en")
    assert "does not say that doing it would win" in table.note


def test_people_are_told_with_role_and_last_touch_and_the_roles_that_are_missing(shop):
    standing = shop.standing
    on_deal = standing.past["contacts"]["deal_id"].unique().sort()
    deal_id = next(one for one in on_deal if one in set(standing.board["deal_id"]))
    found = buyers(standing.past, deal_id, standing.as_of)
    rows = standing.past["contacts"].filter(pl.col("deal_id") == deal_id)
    assert {one.contact_id for one in found.people} == set(rows["contact_id"])
    assert set(found.missing) == set(KEY_ROLES) - set(rows["role"])
    assert found.covered + len(found.missing) == len(KEY_ROLES)
    told = people_table(found, standing, "zh-CN")
    assert len(told.rows) == len(found.people)


def test_somebody_who_is_added_later_is_not_on_the_deal_yet(shop):
    standing = shop.standing
    row = standing.past["contacts"].sort("added_at").row(-1, named=True)
    before = buyers(standing.past, row["deal_id"], row["added_at"])
    after = buyers(standing.past, row["deal_id"], row["added_at"] + dt.timedelta(seconds=1))
    assert row["contact_id"] in {one.contact_id for one in after.people}
    assert len(before.people) < len(after.people)


def test_the_head_of_the_page_says_how_the_deal_stands(shop, browser):
    row = shop.standing.board.sort("win_probability").row(3, named=True)
    page = browser.get(f"/deals/{row['deal_id']}").text
    assert f"{row['win_probability']:.0%} to win in the end" in page or "&lt;1% to win" in page
    assert "What would change the odds" in page
    assert "key roles" in page.lower()


def test_a_deal_of_somebody_else_is_as_if_it_were_not_there(shop, browser_as):
    owners = shop.standing.board["owner_id"].drop_nulls().value_counts(sort=True)["owner_id"]
    other = shop.standing.board.filter(pl.col("owner_id") == owners[1])["deal_id"][0]
    browser = browser_as("rep", owners[0])
    assert browser.get(f"/deals/{other}").status_code == 404
    own = shop.standing.board.filter(pl.col("owner_id") == owners[0])["deal_id"][0]
    assert browser.get(f"/deals/{own}").status_code == 200


def record_of(low, high):
    won = {"won_flagged": 0.34, "won_other": 0.3, "won_same_stage": 0.31, "precision": 0.66}
    lifts = {"lift": 1.13, "lift_low": low, "lift_high": high, "precision_low": 0.6, "precision_high": 0.7}
    same = {"lift_same_stage": 1.1, "lift_same_stage_low": low, "lift_same_stage_high": high}
    counts = {"deals_flagged": 812, "deals_other": 900, "rows_flagged": 3000, "rows_other": 4000}
    return FlagRecord(threshold=2.5, horizon_days=180, **counts, **won, **lifts, **same)


@pytest.mark.parametrize(
    ("interval", "tone", "en", "zh"),
    [
        ((0.6, 0.8), "warning", "", ""),
        ((0.94, 1.06), "", "That is as often, as far as can be told", "两者相当"),
        ((1.06, 1.14), "", "won more often", "赢单更多"),
        ((None, None), "", "", ""),
    ],
)
def test_a_flag_warns_only_where_its_record_goes_with_losing(interval, tone, en, zh, shop):
    record = record_of(*interval)
    model = replace(shop.standing.model, flag_records={"stuck_in_stage": record})
    standing = replace(shop.standing, model=model)
    for language, added in (("en", en), ("zh-CN", zh)):
        raised = raised_flag("stuck_in_stage", standing, language)
        assert raised.tone == tone
        assert added in raised.record
        assert "812" in raised.record
        sentences = raised.record.count("。" if language == "zh-CN" else ". ") + (language == "en")
        assert sentences == (2 if added else 1)


def test_a_flag_without_a_record_is_no_warning_and_a_warning_is_painted(shop, browser):
    standing = replace(shop.standing, model=replace(shop.standing.model, flag_records={}))
    assert raised_flag("overdue", standing, "en").tone == ""
    for row in shop.standing.board.filter(pl.col("flags") != "").head(12).iter_rows(named=True):
        told = [raised_flag(code, shop.standing, "en") for code in row["flags"].split()]
        page = browser.get(f"/deals/{quote(row['deal_id'], safe='')}").text
        assert page.count('<li class="warning">') == sum(one.tone == "warning" for one in told)


def test_the_trend_is_drawn_on_one_scale_whose_levels_are_named(shop, browser):
    for deal_id in shop.standing.board.filter(pl.col("age_days") > 40)["deal_id"].head(5):
        page = browser.get(f"/deals/{quote(deal_id, safe='')}").text
        curve = re.search(r'<svg class="curve".*?</svg>', page, re.S)[0]
        scale = [int(text) for text in re.findall(r"<text[^>]*>(\d+)</text>", page)]
        lines = [float(y) for y in re.findall(r'<line x1="0" y1="([\d.]+)"', curve)]
        assert len(scale) == len(lines) >= 3
        assert scale[0] == 0
        assert len({high - low for low, high in pairwise(scale)}) == 1
        dots = re.findall(r'<circle class="health" cx="[\d.]+" cy="([\d.]+)" r="2.5"><title>[^<]*: (\d+)', curve)
        assert dots
        for y, label in dots:
            at = lines[0] + (lines[-1] - lines[0]) * float(label) / scale[-1]
            assert float(y) == pytest.approx(at, abs=0.1 + 0.5 * (lines[0] - lines[-1]) / scale[-1])
