"""Funnel, models, data and people: each answers in its first sentence, in both languages, and keeps to what is seen."""

import datetime as dt
import re
from dataclasses import replace as changed

import polars as pl
import pytest

from cli.accuracy_views import FORECASTERS, TOGETHER
from features.feature import category_word
from features.spine import open_spine
from history.leading import people_at
from indicators.catalogue import INDICATORS
from serving.lacking import lacking_words, record_words
from serving.memory import Memory
from serving.pages.data import answer, import_table, missing_records, problem_table
from serving.pages.people import own_calls, records
from serving.sight import Sight
from serving.texts import LANGUAGES
from serving.track import track
from tests.lib.signing_in import csrf_of
from training.labels import WON, outcomes_by

PAGES = ("/", "/forecast", "/people", "/funnel", "/models", "/data")
HAN = re.compile("[一-鿿]")


def answer_of(page):
    return re.search(r'<p class="answer">([^<]+)</p>', page)[1]


@pytest.mark.parametrize("path", PAGES)
def test_a_page_begins_with_its_answer_in_the_reader_s_language(path, browser):
    browser.get("/language/en")
    english = browser.get(path)
    assert english.status_code == 200
    assert answer_of(english.text).strip().endswith(".")
    browser.get("/language/zh-CN")
    chinese = browser.get(path).text
    assert HAN.search(answer_of(chinese))
    assert answer_of(chinese).strip().endswith("。")


@pytest.mark.parametrize("path", [*PAGES, "/people/R001"])
def test_a_page_is_built_so_that_it_can_be_read_aloud(path, browser):
    page = browser.get(path).text
    assert len(re.findall("<h1", page)) == 1
    for table in re.findall(r"<table.*?</table>", page, re.S):
        if "waterfall" in table or 'class="moved"' in table:
            continue
        assert "<caption" in table
        assert 'scope="col"' in table
    for label in re.findall(r"<label.*?</label>", page, re.S):
        assert "<span>" in label
    for drawing in re.findall(r"<svg[^>]*>", page):
        assert "aria-label" in drawing or 'aria-hidden="true"' in drawing, drawing
    assert 'aria-current="page"' in page
    assert "<script" not in page
    assert " style=" not in re.sub(r"<svg.*?</svg>", "", page, flags=re.S)


def test_the_funnel_shows_each_team_and_marks_at_most_one_stage_of_each(browser):
    page = browser.get("/funnel", params={"by": "team"}).text
    table = re.search(r"<table.*?</table>", page, re.S)[0]
    assert table.count('scope="row"') >= 2
    for row in re.findall(r"<tr>.*?</tr>", table, re.S):
        assert row.count("num bad") <= 1


@pytest.mark.parametrize("params", [{"by": "weekday"}, {"months": "7"}])
def test_a_funnel_that_is_not_offered_is_refused_in_one_line(params, browser):
    answer = browser.get("/funnel", params=params)
    assert answer.status_code == 422
    assert "cannot be used" in answer.text


def test_since_it_was_trained_is_counted_as_it_was_said(shop):
    """By another road: every row labelled by hand."""
    standing = shop.standing
    earlier = changed(standing.model, trained_as_of=standing.as_of - dt.timedelta(days=80))
    found = track(changed(standing, model=earlier, memory=Memory(), lasting=Memory()))
    assert found is not None
    assert found.rows == int(found.bins["n"].sum())
    assert found.said == pytest.approx(float((found.bins["shown"] * found.bins["n"]).sum()))
    assert found.came == round(float((found.bins["came"] * found.bins["n"]).sum()))
    spine = open_spine(standing.history, found.days).with_columns(horizon_end=pl.lit(standing.as_of))
    labels = outcomes_by(standing.history, spine, standing.as_of)["label"]
    assert found.came == int((labels == WON).sum())
    assert (found.bins["from"] <= found.bins["shown"]).all()
    assert (found.bins["shown"] <= found.bins["to"]).all()


def test_the_models_page_says_who_promoted_what_and_why(shop, browser):
    page = browser.get("/models").text
    assert "the first version" in page
    assert "tests" in page
    assert f"Model {shop.version}, trained on what was known on" in page


def test_what_is_missing_names_each_indicator_and_flag_once(shop):
    missing = missing_records(shop.standing)
    for codes in missing.values():
        assert len(codes) == len(set(codes))
    assert all(not need.startswith("deal_changes (field stage)") for need in missing)


def test_the_data_page_counts_the_problems_of_the_deals_that_are_seen(shop, browser, browser_as):
    board = shop.standing.board
    wrong = board.filter(pl.col("problems") != "").height
    assert f"{wrong} of {board.height} open deals have something to put right" in browser.get("/data").text
    owner = board["owner_id"].drop_nulls().value_counts(sort=True)["owner_id"][0]
    own = board.filter(pl.col("owner_id") == owner)
    page = browser_as("rep", owner).get("/data").text
    assert f"{own.height} open" in page
    assert "Imports and rows set aside are shown to those who see the whole company" in page
    assert "Rows set aside, by what was wrong" not in page


def test_everybody_s_record_stands_on_the_people_page_the_most_biased_first(shop, browser):
    whole = Sight("admin", None, frozenset())
    rows = own_calls(records(shop.standing, whole, "rep")).filter(pl.col("horizon_days") == 45)
    page = browser.get("/people").text
    links = re.findall(r'href="/people/([^"]+)"', page)
    assert set(links) == set(rows["scope_id"])
    leaning = dict(rows.select("scope_id", pl.col("bias_shrunk").abs()).iter_rows())
    sizes = [leaning[link] for link in links if leaning[link] is not None]
    assert sizes == sorted(sizes, reverse=True)


def test_a_rep_is_led_to_the_own_page_and_sees_nobody_else_s(shop, browser_as):
    people = [rep for rep in shop.standing.past["reps"]["rep_id"].unique().sort() if rep.startswith("R")]
    browser = browser_as("rep", people[0])
    page = browser.get("/people")
    assert page.url.path == f"/people/{people[0]}"
    assert "Performance sheet" in page.text
    assert browser.get(f"/people/{people[1]}").status_code == 404


def test_a_manager_writes_a_goal_down_and_it_stands_on_the_person_s_page(shop, browser_as):
    people = people_at(shop.standing.past, shop.standing.as_of).filter(pl.col("manager_id") == "M01")["rep_id"]
    path = f"/people/{people[0]}"
    browser = browser_as("manager", "M01")
    form = {
        "indicator": "win_rate",
        "goal": "0.4",
        "period": "2028Q1",
        "note": "review losses",
        "csrf": csrf_of(browser, path),
    }
    answer = browser.post(f"{path}/goals", data=form, follow_redirects=False)
    assert answer.status_code == 303
    kept = shop.live.store.read("coaching_plans").filter(pl.col("rep_id") == people[0])
    assert kept.filter(pl.col("period") == "2028Q1")["goal"].to_list() == [0.4]
    assert browser.post(f"{path}/goals", data={**form, "csrf": "forged"}).status_code == 403
    outside = people_at(shop.standing.past, shop.standing.as_of).filter(pl.col("manager_id") == "M02")["rep_id"][0]
    assert browser.post(f"/people/{outside}/goals", data=form).status_code == 404


@pytest.mark.parametrize(("language", "words"), [("en", ("manager", "reps together")), ("zh-CN", ("经理", "全体销售"))])
def test_a_team_s_manager_and_its_people_together_are_told_apart_in_the_words_of_the_command(language, words, browser):
    browser.get(f"/language/{language}")
    page = browser.get("/people").text
    table = re.findall(r"<table.*?</table>", page, re.S)[-1]
    rows = re.findall(r'<th scope="row"[^>]*>([^<]+)</th>\s*<td[^>]*>([^<]+)', table)
    assert {word for _, word in rows} == set(words)
    for team in {name for name, _ in rows}:
        assert [word for name, word in rows if name == team].count(words[1]) == 1
    position = LANGUAGES.index(language)
    assert words == (FORECASTERS["manager"][1 - position], TOGETHER["rep"][1 - position])


def test_a_row_of_the_imports_adds_up(shop):
    imports = shop.live.store.imports()
    table = import_table(imports, shop.standing, "en")
    assert [head.label for head in table.heads[3:]] == [
        "Rows read",
        "Taken in",
        "Known already",
        "Repeated",
        "Set aside",
    ]
    repeats = []
    for row in table.rows:
        read, *became = (int(cell.text.replace(",", "")) for cell in row.cells[3:])
        assert sum(became) == read
        repeats.append(became[2])
    assert max(repeats) > 0


@pytest.mark.parametrize("amount", [None, 0.0])
def test_what_is_unknown_or_nothing_is_not_told_as_money_that_hangs_on_it(amount):
    board = pl.DataFrame(
        {"problems": ["no_amount", "no_amount", ""], "amount_home": [amount, amount, 5.0]},
        schema={"problems": pl.String, "amount_home": pl.Float64},
    )
    assert answer(board, {}, "CNY", "en") == "2 of 3 open deals have something to put right."
    assert answer(board, {}, "CNY", "zh-CN") == "3 个在途商机中有 2 个需要补正。"
    assert problem_table(board, "CNY", "en").rows[0].cells[2].text == "–"
    known = board.with_columns(amount_home=pl.lit(1000.0))
    assert "¥2k of open pipeline hangs on them" in answer(known, {}, "CNY", "en")


def test_sources_are_said_in_the_reader_s_language_and_own_words_as_they_are(browser):
    browser.get("/language/zh-CN")
    page = browser.get("/funnel", params={"by": "source"}).text
    assert "陌生拜访电话" in page
    for code in ("cold_call", "campaign"):
        assert code not in page[page.index("<main") :]
    assert category_word("Messe Hannover", True, "source") == "Messe Hannover"


def test_every_record_that_an_indicator_needs_has_words(browser):
    for need in {str(need) for one in INDICATORS.values() for need in one.needs}:
        english, chinese = (record_words(need, language) for language in ("en", "zh-CN"))
        assert HAN.search(chinese), need
        assert "_" not in english, need
        assert lacking_words(f"needs {need}", "zh-CN") == chinese
    browser.get("/language/zh-CN")
    assert ">scores<" not in browser.get("/data").text
