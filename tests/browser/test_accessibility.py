"""Every page in both languages, light and dark, wide and on a phone: by axe-core, and by rules of our own beside it.

Ours are what axe does not say or leaves open: no sideways scroll (WCAG 1.4.10), no level of headings skipped, a scope
on every head of a table, contrast inside drawings (1.4.3).
"""

from pathlib import Path

import pytest
from selenium.webdriver.common.by import By

from tests.browser.conftest import sign_in
from tests.lib import axe, chromium

PATHS = ("/", "/?band=healthy&search=no+such", "/forecast", "/people", "/people/R001", "/funnel", "/models", "/data")
OTHERS = ("/account", "/no-such-page")
WIDTHS = (1280, 400)

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


def wrong_with(driver):
    """What is wrong with the page that stands, at each width, in light and dark."""
    found = {}
    for width in WIDTHS:
        chromium.look(driver, width)
        found[f"{width} light"] = axe.violations(driver) + driver.execute_script(RULES)
        chromium.look(driver, width, dark=True)
        # Light or dark is a matter of colours alone.
        found[f"{width} dark"] = axe.violations(driver, *axe.COLOURS) + driver.execute_script(RULES)
    return {how: lines for how, lines in found.items() if lines}


@pytest.mark.parametrize("language", ["en", "zh-CN"])
def test_every_page_can_be_read_by_everybody(reader, site, language):
    chromium.look(reader, 1280)
    reader.get(f"{site}/language/{language}")
    wrong = {}
    for path in (*PATHS, deal_path(reader, site), *OTHERS):
        reader.get(site + path)
        assert reader.find_element(By.TAG_NAME, "html").get_attribute("lang") == language
        if found := wrong_with(reader):
            wrong[path] = found
    assert wrong == {}


@pytest.mark.parametrize("language", ["en", "zh-CN"])
def test_the_sign_in_page_can_be_read_by_everybody(driver, site, language):
    driver.get(f"{site}/language/{language}?back=/sign-in")
    assert driver.find_element(By.NAME, "password")
    assert wrong_with(driver) == {}


def test_axe_and_our_own_rules_see_what_is_wrong(driver, site):
    driver.get(f"{site}/sign-in")
    driver.execute_script(
        "document.querySelector('form.stack label').remove(); document.querySelector('h1').style.color = '#ddd';"
        "document.querySelector('main').insertAdjacentHTML('beforeend', '<h4>deep</h4><img src=\"/static/mark.svg\">')"
    )
    assert {line.split(":")[0] for line in axe.violations(driver)} >= {"color-contrast", "image-alt"}
    assert any(line.startswith("a level of headings is skipped") for line in driver.execute_script(RULES))


def test_no_page_runs_into_its_own_rules_of_safety(reader, site):
    reader.get_log("browser")
    for path in PATHS:
        reader.get(site + path)
    assert [line["message"] for line in reader.get_log("browser")] == []
