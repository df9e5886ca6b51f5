"""The pages: what a manager sees, in both languages, with every text escaped."""

import re
from html import escape
from urllib.parse import quote

import pytest

from serving.pages.deal import told_event, waterfall
from serving.reasons import Reason
from tests.serving.conftest import NASTY_DEAL, NASTY_NAME, NASTY_OWNER, NASTY_SUBJECT

DEAL_LINK = re.compile(r'href="(/deals/[^"]+)"')


def first_deal(browser):
    links = DEAL_LINK.findall(browser.get("/").text)
    return next(link for link in links if quote(NASTY_DEAL, safe="") not in link)


def test_the_list_shows_the_worst_first_with_the_value_at_risk(shop, browser):
    page = browser.get("/").text
    assert "Value at risk" in page
    bands = re.findall(r'<tr class="edge-([a-z_]+)">', page)
    order = ["critical", "at_risk", "watch", "healthy"]
    assert bands == sorted(bands, key=order.index)
    assert len(bands) == min(50, shop.standing.board.height)


def test_both_pages_speak_chinese_when_asked_and_remember_it(browser):
    assert 'lang="en"' in browser.get("/").text
    browser.get("/language/zh-CN")
    assert "按风险排列的在途商机" in browser.get("/").text
    deal = browser.get(first_deal(browser)).text
    assert "为什么是这个数" in deal
    assert 'lang="zh-CN"' in deal
    browser.get("/language/en")
    assert "Why this number" in browser.get(first_deal(browser)).text


def test_what_went_wrong_is_said_in_the_reader_s_language_with_the_detail_apart(browser):
    assert "look for the deal in the list" in browser.get("/deals/D-nobody").text
    browser.get("/language/zh-CN")
    page = browser.get("/deals/D-nobody").text
    assert "没有这个商机" in page
    assert '<span lang="en">deal &#39;D-nobody&#39; is not in the history' in page


@pytest.mark.parametrize(
    ("field", "value", "told"),
    [
        ("kind", "new", "类型：新购"),
        ("forecast_category", "best_case", "预测类别：最佳情况"),
        ("close_date", "2026-10-31", "预计成交日：2026年10月31日"),
        ("close_date", "31.10.26", "预计成交日：31.10.26"),
        ("amount", "976400", "金额：976,400"),
        ("segment", "new", "客户分层：new"),
        ("segment", "enterprise", "客户分层：大型客户"),
    ],
)
def test_a_change_is_told_in_the_reader_s_words(field, value, told, shop):
    now = shop.standing.as_of
    change = {"at": now, "kind": "change", "field": field, "old_value": None, "new_value": value, "by": None}
    assert told_event(change, shop.standing, "zh-CN").what == told


def test_an_unknown_language_is_refused_and_changes_nothing(browser):
    assert browser.get("/language/tlh").status_code == 404
    assert 'lang="en"' in browser.get("/").text


def test_filters_narrow_the_list_and_keep_their_choice(shop, browser):
    team = shop.standing.board["team"].value_counts(sort=True)["team"][0]
    page = browser.get("/", params={"team": team, "band": "healthy"}).text
    assert f'<option value="{escape(team)}" selected>' in page
    assert set(re.findall(r'<tr class="edge-([a-z_]+)">', page)) <= {"healthy"}
    assert "Clear filters" in page


def test_a_filter_without_match_says_what_to_do(browser):
    assert "Clear a filter to see more" in browser.get("/", params={"search": "no such deal"}).text


def test_pages_of_the_list_are_linked(shop, browser):
    if shop.standing.board.height <= 50:
        pytest.fail("the company is too small to page; make it larger")
    link = re.search(r'href="(/\?cursor=[^"]+)"', browser.get("/").text)
    second = browser.get(link[1].replace("&amp;", "&")).text
    assert f"51–{min(100, shop.standing.board.height)} of {shop.standing.board.height}" in second


def test_the_deal_page_s_bars_lead_from_the_typical_deal_to_this_one(browser):
    page = browser.get(first_deal(browser)).text
    assert "Typical open deal at this stage" in page
    assert "This deal" in page
    assert page.count("<rect") > 5


def test_the_bars_of_the_waterfall_add_up():
    reasons = [
        Reason("days_since_inbound", 21.0, -9.0),
        Reason("meetings_30d", 2.0, 4.0),
        Reason("pushes", 3.0, -2.5),
        Reason("contacts", 4.0, 1.5),
    ]
    steps = waterfall(0.30, reasons, "en")
    assert [step.kind for step in steps] == ["total", "down", "down", "up", "total"]
    assert [step.points for step in steps] == ["30%", "−5.0", "−2.5", "+1.5", "24%"]
    first, last = steps[0], steps[-1]
    level = first.width
    for step in steps[1:-1]:
        moved = step.width if step.kind == "up" else -step.width
        assert step.start == pytest.approx(min(level, level + moved), abs=0.02)
        level += moved
    assert level == pytest.approx(last.width, abs=0.05)
    assert all(step.start + step.width <= 100 for step in steps)


def test_under_each_bar_stand_its_two_largest_reasons():
    reasons = [Reason("days_since_inbound", 21.0, -9.0), Reason("meetings_30d", 2.0, 4.0)]
    step = waterfall(0.3, reasons, "zh-CN")[1]
    assert step.label == "互动"
    assert step.details[0] == "对方 21 天没有回复（−9.0）"


def test_every_text_of_the_data_is_escaped_on_both_pages(browser):
    page = browser.get("/", params={"owner": NASTY_OWNER}).text
    deal = browser.get(f"/deals/{quote(NASTY_DEAL, safe='')}").text
    for text in (page, deal):
        assert escape(NASTY_NAME) in text
        assert "<script" not in text
        assert "<img src=x" not in text
    assert escape(NASTY_SUBJECT) in deal
    assert "<b>bold" not in deal
    assert "49<b>" not in deal
    assert escape(NASTY_OWNER) in deal or escape(NASTY_OWNER).replace("&#x27;", "&#39;") in deal


def test_a_query_that_tries_to_break_out_is_escaped(browser):
    page = browser.get("/", params={"owner": '"><script>alert(1)</script>'}).text
    assert "<script" not in page


def test_the_deal_page_names_data_to_put_right(browser):
    deal = browser.get(f"/deals/{quote(NASTY_DEAL, safe='')}").text
    assert "No amount is set" in deal
    assert "The owner is not among the people known" in deal


def test_a_closed_deal_has_a_page_without_forecast(shop, browser):
    from history.deals import snapshot

    shot = snapshot(shop.standing.history, shop.standing.as_of)
    lost = shot.filter(shot["outcome"] == "lost")["deal_id"][0]
    page = browser.get(f"/deals/{lost}").text
    assert "closed deals have no forecast" in page
    assert "Why this number" not in page


def test_no_asset_comes_from_another_host_and_all_are_there(browser, client):
    page = browser.get("/").text
    assets = re.findall(r'(?:src|href)="(/static/[^"]+)"', page)
    assert len(assets) >= 2
    for asset in assets:
        assert client.get(asset).status_code == 200
    style = client.get("/static/style.css").text
    assert "http" not in style
    assert "@import" not in style
    assert not re.findall(r'(?:src|href)="(?:https?:)?//', page)


def test_pages_are_kept_by_no_one(browser):
    assert browser.get("/").headers["cache-control"] == "no-store"


def test_a_flag_stands_with_its_record_and_the_course_of_the_deal_is_drawn(browser, shop):
    board = shop.standing.board
    flagged = board.filter(board["flags"].str.contains("no_next_step") & (board["age_days"] > 30))["deal_id"][0]
    page = browser.get(f"/deals/{flagged}").text
    assert re.search(r"Of [\d,]+ past deals flagged so, \d+% were won within \d+ days; of others at the same", page)
    assert '<polyline points="' in page
    assert "What moved it since 24 Jun 2026" in page
    browser.get("/language/zh-CN")
    page = browser.get(f"/deals/{flagged}").text
    assert re.search(r"此前 [\d,]+ 个带此信号的商机，\d+ 天内赢单 \d+%；同阶段其他商机为", page)
    assert "自2026年6月24日以来的变化" in page
