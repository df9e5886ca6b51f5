"""The served company of the service's tests, looked at with a real browser. Without one these tests are skipped."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from selenium import webdriver
from selenium.webdriver.common.by import By

from serving.app import create_app
from serving.people.roll import add_person
from serving.tokens import utc_now
from tests.lib import chromium
from tests.lib.served import served
from tests.lib.signing_in import PASSWORD
from tests.serving.conftest import ADMIN, Shop
from tests.serving.conftest import shop as shop  # the fixture

MANAGER = "Manager of T01"


@pytest.fixture(scope="session")
def site(shop: Shop) -> Iterator[str]:
    """The address of the service."""
    app = create_app(shop.live.settings)
    add_person(app.state.engine, MANAGER, "manager", utc_now(), "M01", PASSWORD)
    with served(app) as address:
        yield address


@pytest.fixture
def driver(tmp_path: Path) -> Iterator[webdriver.Chrome]:
    """A fresh browser that reads English until told otherwise."""
    if reason := chromium.missing():
        pytest.skip(reason)
    with chromium.chromium() as browser:
        chromium.keep_downloads(browser, tmp_path)
        yield browser


def sign_in(driver: webdriver.Chrome, site: str, name: str = ADMIN) -> None:
    """Fills in the form as a person does."""
    driver.get(f"{site}/sign-in")
    driver.find_element(By.NAME, "name").send_keys(name)
    driver.find_element(By.NAME, "password").send_keys(PASSWORD)
    chromium.follow(driver, driver.find_element(By.CSS_SELECTOR, "form.stack button"))
