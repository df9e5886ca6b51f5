"""The forecast page: the answer, what changed, the other ways, and statements made in place."""

import io
import re
from pathlib import Path
from types import SimpleNamespace

import polars as pl
import pytest

import serving
from history.errors import RequestInvalid
from history.fiscal import quarter_of
from serving.charts import FULL, RANGE_OPACITY
from serving.forecasting import outlook, table
from serving.pages.forecast_asked import Asked
from serving.pages.forecast_headline import answer
from serving.pages.speaking import number
from serving.tokens import utc_now
from serving.ways import COMMITS, MANAGERS, PACE, STAGES, stage_weights, ways
from tests.lib.signing_in import csrf_of

PERIOD = "2026Q2"


@pytest.fixture(scope="module")
def seen(shop):
    history = shop.standing.history
    return outlook(
        history, shop.standing.model, PERIOD, history.settings.start_of(__import__("datetime").date(2026, 5, 20))
    )


@pytest.fixture(scope="module")
def told(seen):
    ours = dict(table(seen, "team").select("scope_id", "mean").iter_rows())
    return {way.name: way for way in ways(seen, "team", "amount", ours)}


def test_the_page_says_where_the_company_lands_with_its_range(browser):
    page = browser.get("/forecast").text
    assert re.search(r"The company is expected to land at \S+, with 8 in 10 chance between \S+ and \S+\.", page)
    assert "The other ways to forecast" in page
    assert "What changed since" in page


def test_the_lines_of_what_changed_open_to_their_deals(browser):
    page = browser.get("/forecast").text
    links = re.findall(r'href="(/forecast\?[^"]*line=[a-z_]+#deals)"', page)
    assert links
    opened = browser.get(links[0].replace("&amp;", "&")).text
    assert "Deals behind" in opened
    assert re.search(r'id="deals".*href="/deals/', opened, re.S)


@pytest.mark.parametrize("params", [{"by": "weekday"}, {"measure": "weight"}, {"period": "soon"}])
def test_what_is_not_offered_is_refused_in_one_line(params, browser):
    assert browser.get("/forecast", params=params).status_code == 422


def test_the_file_holds_the_rows_of_the_page(shop, browser):
    frame = pl.read_csv(io.StringIO(browser.get("/forecast.csv", params={"by": "team"}).text))
    page = browser.get("/forecast", params={"by": "team"}).text
    for scope in frame["scope_id"]:
        assert scope.strip("'") in page or scope == "(none)"


def test_stage_weights_are_what_was_won_of_the_closed_deals_of_a_stage(shop, seen):
    """By another road: plain Python over the changes."""
    past, at = seen.now.past, seen.now.as_of
    weights = stage_weights(past, at)
    settings = past.settings
    been, last = {}, {}
    for deal, field, new, _, known in (
        past["deal_changes"]
        .select("deal_id", "field", "new_value", "changed_at", "recorded_at")
        .sort("changed_at", "recorded_at")
        .iter_rows()
    ):
        if field == "stage" and known < at:
            been.setdefault(deal, set()).add(new)
            last[deal] = new
    stage = settings.open_stages[1]
    closed = [deal for deal, stages in been.items() if stage in stages and last[deal] in settings.closed_stages]
    won = [deal for deal in closed if last[deal] in settings.won_stages]
    assert weights[stage] == pytest.approx((len(won) + 0.5) / (len(closed) + 1.0), abs=0.01)


def test_reps_commits_of_a_team_are_the_sum_of_the_newest_of_its_people(seen, told):
    past, at = seen.now.past, seen.now.as_of
    newest = {}
    calls = (
        past["forecast_calls"]
        .filter(
            (pl.col("period") == PERIOD)
            & (pl.col("category") == "commit")
            & (pl.col("measure") == "amount")
            & (pl.col("forecaster_kind") == "rep")
            & (pl.col("called_at") < at)
        )
        .sort("called_at", "recorded_at")
    )
    for rep, value in calls.select("scope_id", "value").iter_rows():
        newest[rep] = value
    teams = dict(past["reps"].sort("valid_from", nulls_last=False).select("rep_id", "team").iter_rows())
    expected = {}
    for rep, value in newest.items():
        expected[teams[rep]] = expected.get(teams[rep], 0.0) + value
    assert told[COMMITS].now == pytest.approx(expected)


def test_each_way_has_a_record_over_earlier_periods(told):
    for name in (STAGES, COMMITS, MANAGERS):
        way = told[name]
        assert way.periods >= 2, name
        assert way.wape > 0
        assert abs(way.bias) <= way.wape + 1e-9
    assert told[PACE].periods < told[STAGES].periods


def test_nothing_said_or_done_later_changes_what_a_way_says(shop, seen, told):
    later = outlook(
        shop.standing.history.with_tables(
            forecast_calls=shop.standing.history["forecast_calls"].filter(pl.col("recorded_at") < seen.now.as_of)
        ),
        shop.standing.model,
        PERIOD,
        seen.now.as_of,
    )
    ours = dict(table(later, "team").select("scope_id", "mean").iter_rows())
    again = {way.name: way for way in ways(later, "team", "amount", ours)}
    assert {name: again[name].now for name in (STAGES, PACE, COMMITS, MANAGERS)} == {
        name: told[name].now for name in (STAGES, PACE, COMMITS, MANAGERS)
    }


@pytest.mark.parametrize(
    ("text", "value"), [("1200000", 1.2e6), (" 1,200,000 ", 1.2e6), ("120万", 1.2e6), ("1.5亿", 1.5e8), ("2.5m", 2.5e6)]
)
def test_numbers_are_read_as_people_type_them(text, value):
    assert number("commit", text) == pytest.approx(value)


@pytest.mark.parametrize("text", ["about 5", "万", "1.2.3", "5 %"])
def test_what_is_no_number_is_said_so(text):
    with pytest.raises(RequestInvalid, match="is no number; expected one such as 1200000"):
        number("commit", text)


def statement(browser, **values):
    form = {"scope": "rep:R001", "period": this_quarter(), "measure": "amount", "csrf": csrf_of(browser, "/forecast")}
    return browser.post("/forecast/statements", data=form | values, follow_redirects=False)


def this_quarter():
    from history.settings import Settings

    settings = Settings(timezone="Asia/Shanghai")
    return quarter_of(settings.day_of(utc_now()), settings).name


def test_a_rep_states_a_forecast_in_place_and_finds_it_on_the_own_page(shop, browser_as):
    browser = browser_as("rep", "R001")
    answer = statement(browser, commit="1,200,000", most_likely="150万", note="two deals")
    assert answer.status_code == 303
    kept = shop.live.store.read("forecast_calls").filter(
        (pl.col("forecaster_id") == "R001") & (pl.col("period") == this_quarter()) & (pl.col("note") == "two deals")
    )
    assert dict(kept.select("category", "value").iter_rows()) == {"commit": 1.2e6, "most_likely": 1.5e6}
    page = browser.get("/people/R001").text
    assert "two deals" in page
    assert "¥1.2M" in page


def test_what_cannot_be_is_refused_on_the_same_page_with_the_reason(browser_as):
    browser = browser_as("rep", "R001")
    for values, said in (
        ({"commit": "5", "most_likely": "3"}, "is more than most_likely"),
        ({"commit": "lots"}, "is no number"),
        ({}, "nothing was said"),
        ({"commit": "1", "period": "2020Q1"}, "ended before"),
    ):
        answer = statement(browser, **values)
        assert answer.status_code == 422, values
        assert "It was not taken" in answer.text
        assert said in answer.text
        assert "expected to land" in answer.text


def test_a_rep_cannot_speak_for_another_nor_without_the_page_s_own_form(browser_as):
    browser = browser_as("rep", "R001")
    assert statement(browser, scope="rep:R002", commit="1").status_code == 403
    assert statement(browser, commit="1", csrf="forged").status_code == 403


def test_a_rep_sees_the_own_scope_and_a_manager_the_team(shop, browser_as):
    page = browser_as("rep", "R001").get("/forecast").text
    assert page.count('scope="row"')
    for other in ("R002", "R003"):
        assert f"owner={other}" not in page
    manager = browser_as("manager", "M01").get("/forecast").text
    assert "team=T01" in manager
    assert "team=T02" not in manager
    assert browser_as("manager", "M01").get("/forecast", params={"by": "company"}).status_code == 422


def chosen_period(page):
    form = page[page.index('action="/forecast/statements"') :]
    return re.search(r'<option value="([^"]+)" selected>', form[form.index('name="period"') :])[1]


def test_the_form_to_speak_begins_with_the_period_of_the_page_while_that_is_open(browser_as):
    browser = browser_as("rep", "R001")
    browser.get("/language/en")
    for period in (this_quarter(), "2031Q2", "2031-05", "2032"):
        page = browser.get("/forecast", params={"period": period}).text
        assert chosen_period(page) == period
        assert "is over today" not in page
    over = browser.get("/forecast", params={"period": "2026Q1"}).text
    assert chosen_period(over) == this_quarter()
    assert "2026Q1 is over today, so what you say now is about a later period." in over


def test_the_legend_names_what_is_drawn_with_its_swatch_and_a_target_only_where_there_is_one(browser):
    for period, drawn in (("2026Q2", ["booked", "range", "middle", "quota"]), ("2031Q2", None)):
        page = browser.get("/forecast", params={"period": period}).text
        legend = re.search(r'<ul class="legend">(.*?)</ul>', page, re.S)[1]
        assert re.findall(r'<span class="key ([a-z]+)"></span>[^<]+', legend) == (
            drawn or ["booked", "range", "middle"]
        )
        for drawing in re.findall(r"<svg.*?</svg>", page, re.S):
            assert "role-legend" not in drawing


def test_a_swatch_is_as_light_as_the_bar_that_it_stands_for():
    style = (Path(serving.__file__).parent / "static" / "style.css").read_text(encoding="utf-8")
    swatch = re.search(r"\.key\.range \{[^}]*opacity: ([.\d]+)", style)[1]
    assert float(swatch) == RANGE_OPACITY


@pytest.mark.parametrize("path", ["/forecast", "/models", "/people/R001", "/funnel"])
def test_no_heading_stands_twice(path, browser):
    page = browser.get(path).text
    captions = re.findall(r"<caption>([^<]+)", page)
    headings = re.findall(r"<h2>([^<]+)", page) + re.findall(r"<figcaption>([^<]+)", page) + captions
    assert len(headings) == len(set(headings))


def test_a_chart_with_the_whole_width_is_drawn_for_it(browser):
    for path in ("/forecast", "/funnel"):
        full = re.search(r'<div class="full"><svg[^>]* width="(\d+)', browser.get(path).text)
        assert int(full[1]) == FULL


def test_the_first_day_of_a_quarter_says_so_and_leads_to_the_one_that_ended(shop, browser):
    assert str(shop.standing.day) == "2026-07-01"
    browser.get("/language/en")
    page = browser.get("/forecast").text
    head = re.search(r'<p class="answer">([^<]+)</p>', page)[1]
    assert "2026Q3 begins on the day shown, 1 Jul 2026. That is" in head
    way = re.search(r'<p class="ended"><a href="([^"]+)">2026Q2 has just ended: see what it came to.</a>', page)[1]
    ended = browser.get(way.replace("&amp;", "&")).text
    assert "the period is over" in ended
    assert 'class="ended"' not in ended
    assert "begins on the day shown" not in browser.get("/forecast", params={"period": "2026Q4"}).text


def test_without_targets_the_first_day_of_a_quarter_says_that_as_well(shop):
    shell = SimpleNamespace(standing=shop.standing, language="en")
    head = {"scope_kind": "company", "scope_id": "company", "mean": 2e6, "p10": 1e6, "p90": 3e6, "quota": None}
    told = answer(head, None, shell, Asked("2026Q3", "team", "amount"))
    assert "2026Q3 begins on the day shown, 1 Jul 2026, and no targets are on record for it yet." in told
    assert "No target is set yet" not in told
    later = answer(head, None, shell, Asked("2026Q4", "team", "amount"))
    assert "No target is set yet" in later
    assert "begins on the day shown" not in later


def test_codes_of_segments_are_said_in_the_reader_s_language(browser):
    browser.get("/language/zh-CN")
    page = browser.get("/forecast", params={"by": "segment"}).text
    assert "大型客户" in page
    assert ">enterprise<" not in page
    browser.get("/language/en")
    assert ">enterprise<" in browser.get("/forecast", params={"by": "segment"}).text
