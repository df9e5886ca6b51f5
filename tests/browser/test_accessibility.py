"""Every page in light and dark, wide and on a phone, by rules checked in the browser itself: names, headings, contrast.

The rules are those of WCAG 2.1 AA that a machine can tell: 1.1.1 (names of drawings), 1.3.1 (headings, tables), 1.4.3
(contrast as computed), 1.4.10 (no sideways scroll), 2.4.1 (skip link), 2.4.2 (title), 3.1.1 (language), 4.1.2 (names).
"""

from pathlib import Path

import pytest
from selenium.webdriver.common.by import By

from tests.browser.conftest import sign_in
from tests.lib import chromium

PATHS = ("/", "/forecast", "/people", "/people/R001", "/funnel", "/models", "/data", "/account")

RULES = (Path(__file__).parent / "rules.js").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def reader(site):
    """One browser for all pages, signed in."""
    if reason := chromium.missing():
        pytest.skip(reason)
    with chromium.chromium() as driver:
        sign_in(driver, site)
        yield driver


def deal_path(driver, site):
    driver.get(f"{site}/?band=critical")
    return driver.find_element(By.CSS_SELECTOR, ".deals tbody th a").get_attribute("href").removeprefix(site)


@pytest.mark.parametrize("width", [1280, 400])
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_every_page_can_be_read_by_everybody(reader, site, width, dark):
    chromium.look(reader, width, dark)
    wrong = {}
    for path in (*PATHS, deal_path(reader, site), "/no-such-page"):
        reader.get(site + path)
        if found := reader.execute_script(RULES):
            wrong[path] = found
    assert wrong == {}


def test_the_sign_in_page_can_be_read_by_everybody(driver, site):
    for dark in (False, True):
        chromium.look(driver, 400, dark)
        driver.get(f"{site}/sign-in")
        assert driver.execute_script(RULES) == []


def test_no_page_runs_into_its_own_rules_of_safety(reader, site):
    reader.get_log("browser")
    for path in PATHS:
        reader.get(site + path)
    assert [line["message"] for line in reader.get_log("browser")] == []
