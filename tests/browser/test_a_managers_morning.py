"""A manager's morning, in Chinese: a risky deal and its reasons, a forecast and its place in the record, a file."""

import csv
import re
import time

import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import Select

from tests.browser.conftest import MANAGER, sign_in
from tests.lib.chromium import follow

HAN = re.compile("[一-鿿]")


@pytest.fixture
def morning(driver, site):
    """The browser of a manager who has signed in and reads Chinese."""
    sign_in(driver, site, MANAGER)
    follow(driver, driver.find_element(By.LINK_TEXT, "中文"))
    return driver


def text_of(driver, selector):
    return driver.find_element(By.CSS_SELECTOR, selector).text


def test_a_risky_deal_is_found_and_its_reasons_read_in_chinese(morning):
    Select(morning.find_element(By.NAME, "band")).select_by_value("critical")
    follow(morning, morning.find_element(By.CSS_SELECTOR, "form.filters button"))
    assert "危急" in text_of(morning, ".deals tbody tr .health")
    follow(morning, morning.find_element(By.CSS_SELECTOR, ".deals tbody th a"))
    assert morning.find_element(By.TAG_NAME, "html").get_attribute("lang") == "zh-CN"
    assert text_of(morning, "p.answer").startswith("危急：最终赢单概率")
    reasons = [one.text for one in morning.find_elements(By.CSS_SELECTOR, ".waterfall tr:not(.total) th small")]
    assert reasons
    assert all(HAN.search(reason) for reason in reasons)
    assert morning.find_element(By.XPATH, "//h2[text()='风险信号']")


def test_a_forecast_is_submitted_and_stands_in_the_record_of_the_person(morning, site):
    follow(morning, morning.find_element(By.LINK_TEXT, "预测"))
    form = morning.find_element(By.CSS_SELECTOR, "#submit form")
    form.find_element(By.NAME, "commit").send_keys("120万")
    form.find_element(By.NAME, "most_likely").send_keys("1,500,000")
    form.find_element(By.NAME, "note").send_keys("两单在谈")
    follow(morning, form.find_element(By.TAG_NAME, "button"))
    assert "预测已记录" in text_of(morning, ".said-so")
    morning.get(f"{site}/people/M01")
    (row,) = [one.text for one in morning.find_elements(By.CSS_SELECTOR, "tr") if "两单在谈" in one.text]
    assert "¥120万" in row
    assert "¥150万" in row


def test_a_forecast_that_cannot_be_is_refused_where_it_was_made(morning, site):
    morning.get(f"{site}/forecast")
    form = morning.find_element(By.CSS_SELECTOR, "#submit form")
    form.find_element(By.NAME, "commit").send_keys("许多")
    follow(morning, form.find_element(By.TAG_NAME, "button"))
    assert "未能提交" in text_of(morning, ".refused")


def test_the_list_is_taken_away_as_a_file(morning, site, tmp_path):
    morning.get(f"{site}/?band=healthy")
    shown = int(re.search(r"共 (\d+) 个", text_of(morning, ".pager"))[1])
    morning.find_element(By.PARTIAL_LINK_TEXT, "CSV").click()
    deadline = time.monotonic() + 20
    while not (files := list(tmp_path.glob("pipeline-*.csv"))) and time.monotonic() < deadline:
        time.sleep(0.1)
    with files[0].open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == shown
    assert {row["band"] for row in rows} == {"healthy"}
    assert {row["team"] for row in rows} == {"T01"}


def test_the_language_is_remembered_until_it_is_changed(morning, site):
    morning.get(f"{site}/funnel")
    assert text_of(morning, "h1") == "漏斗"
    follow(morning, morning.find_element(By.LINK_TEXT, "English"))
    assert text_of(morning, "h1") == "Funnel"


def test_every_page_is_reached_by_the_keyboard_alone(driver, site):
    sign_in(driver, site)
    driver.get(f"{site}/")
    driver.find_element(By.TAG_NAME, "body").send_keys(Keys.TAB)
    first = driver.switch_to.active_element
    assert first.get_attribute("class") == "skip"
    assert first.rect["x"] >= 0, "the link that skips the navigation is seen when it has the focus"
    seen = []
    for _ in range(12):
        driver.switch_to.active_element.send_keys(Keys.TAB)
        now = driver.switch_to.active_element
        seen.append(now.get_attribute("href") or "")
        assert now.value_of_css_property("outline-style") != "none", seen[-1]
    for path in ("/forecast", "/people", "/funnel", "/models", "/data"):
        assert f"{site}{path}" in seen
