"""The pipeline: last week beside this one, more filters, views by address, and the list as a file."""

import io
import re

import polars as pl
import pytest

from history.fiscal import quarter_of
from serving.board import Wanted, chosen
from serving.csv_text import csv_text
from serving.pages.pipeline import VIEWS
from serving.told import outlook_of
from serving.week_ago import with_week_ago
from tests.serving.conftest import NASTY_DEAL


def test_the_head_says_what_is_at_risk_and_what_will_come(browser):
    page = browser.get("/").text
    found = re.search(
        r'<p class="answer">(\S+) of (\S+) open is at risk, in (\d+) of ([\d,]+) deals; (\S+) is expected', page
    )
    assert found, page[:2000]
    assert int(found[3]) < int(found[4].replace(",", ""))


def test_a_week_ago_is_what_a_deal_s_own_page_says_of_that_day(shop):
    from serving.deal_facts import own_history
    from serving.score_history import WEEK, replayed

    standing = shop.standing
    told = with_week_ago(standing).filter(pl.col("win_week_ago").is_not_null())
    deal_id, then = told.select("deal_id", "win_week_ago").row(0)
    weeks = replayed(standing.prepared, own_history(standing, deal_id), standing.model, standing.as_of)
    (own,) = [week.win_probability for week in weeks if week.as_of == standing.as_of - WEEK]
    assert then == pytest.approx(own, abs=1e-9)


def test_a_deal_that_is_new_this_week_has_no_chance_of_a_week_ago(shop):
    told = with_week_ago(shop.standing)
    assert told.filter((pl.col("age_days") < 7) & pl.col("win_week_ago").is_not_null()).is_empty()


def test_the_order_by_what_fell_begins_with_the_greatest_loss(shop, browser):
    told = with_week_ago(shop.standing).sort("win_change", "deal_id", nulls_last=True)
    page = browser.get("/", params={"sort": "fell"}).text
    assert re.search(r'href="/deals/([^"]+)"', page)[1] == told["deal_id"][0]


@pytest.mark.parametrize("name", VIEWS)
def test_every_view_opens_and_is_marked_as_the_one_shown(name, browser):
    page = browser.get("/", params=VIEWS[name]).text
    marked = re.findall(r'<a href="([^"]*)" aria-current="true">', page)
    assert len(marked) == 1


@pytest.mark.parametrize("name", ["flag", "problem"])
def test_a_code_matches_whole_and_no_part_of_another(name, shop):
    column = f"{name}s"
    codes = {code for row in shop.standing.board[column].drop_nulls() for code in row.split()}
    code = sorted(codes)[0]
    found = chosen(shop.standing.board, Wanted(**{name: code}))
    assert found.height
    assert all(code in row.split() for row in found[column])
    expected = sum(code in (row or "").split() for row in shop.standing.board[column])
    assert found.height == expected


def test_the_file_holds_every_deal_that_the_filter_leaves_in_the_order_of_the_page(shop, browser):
    answer = browser.get("/pipeline.csv", params={"band": "healthy", "sort": "amount"})
    assert answer.headers["content-type"].startswith("text/csv")
    assert "attachment" in answer.headers["content-disposition"]
    frame = pl.read_csv(io.StringIO(answer.text))
    wanted = chosen(shop.standing.board, Wanted(band="healthy"))
    assert set(frame["deal_id"]) == set(wanted["deal_id"])
    amounts = frame["amount_home"].drop_nulls().to_list()
    assert amounts == sorted(amounts, reverse=True)


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t"])
def test_no_cell_of_a_file_begins_a_formula(start):
    text = csv_text(pl.DataFrame({"name": [f"{start}cmd|calc"], "value": [-1.5]}))
    assert f"'{start}cmd" in text
    assert "-1.5" in text
    assert "'-1.5" not in text


def test_a_person_s_list_and_file_hold_the_deals_of_that_person_alone(shop, browser_as):
    owner = shop.standing.board["owner_id"].drop_nulls().value_counts(sort=True)["owner_id"][0]
    browser = browser_as("rep", owner)
    frame = pl.read_csv(io.StringIO(browser.get("/pipeline.csv").text))
    assert set(frame["owner_id"]) == {owner}
    page = browser.get("/").text
    assert f"of {frame.height}" in page or f'"{frame.height}"' in page
    assert NASTY_DEAL not in frame["deal_id"].to_list()


def test_expected_wins_say_why_the_forecast_of_the_quarter_is_another_number(shop, browser):
    """The chances are the same; the worth is not, and the forecast corrects."""
    standing = shop.standing
    seen = outlook_of(standing, quarter_of(standing.day, standing.history.settings).name)
    board = standing.board.select("deal_id", "amount_home", "win_by_horizon")
    both = seen.now.open.select("deal_id").join(board, on="deal_id", maintain_order="left")
    assert seen.chances == pytest.approx(both["win_by_horizon"].to_numpy(), abs=1e-9)
    assert both["amount_home"].null_count() == seen.now.open["amount_unknown"].sum() > 0
    assert (seen.now.open.filter("amount_unknown")["amount"] > 0).all()
    page = browser.get("/").text
    tile = page[page.index("Expected wins before") :][:900]
    assert "at today&#39;s amounts; the forecast also fills in missing amounts" in tile
