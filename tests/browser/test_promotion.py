"""An analyst lets another version of the model serve, and rolls back, in a real browser."""

import shutil
from collections.abc import Iterator
from dataclasses import replace

import pytest
from selenium.webdriver.common.by import By

from serving.app import create_app
from serving.people.roll import add_person
from serving.tokens import utc_now
from tests.browser.conftest import sign_in
from tests.browser.test_accessibility import wrong_with
from tests.lib.chromium import follow
from tests.lib.served import served
from tests.lib.signing_in import PASSWORD


@pytest.fixture
def two(shop, tmp_path) -> Iterator[str]:
    """The address of the service over a copy of the shop with a second version, which nobody has promoted."""
    shutil.copytree(shop.workspace.path, tmp_path / "workspace")
    shutil.copytree(shop.workspace.path.parent / "mlruns", tmp_path / "mlruns")
    app = create_app(replace(shop.live.settings, workspace=tmp_path / "workspace", refresh_seconds=0.5))
    app.state.live.registry.log(shop.folder / "bundle", shop.standing.as_of, {}, {}, {}, {})
    add_person(app.state.engine, "analyst", "analyst", utc_now(), None, PASSWORD)
    with served(app) as address:
        yield address


def fill_in(driver, version, did):
    form = driver.find_element(By.CSS_SELECTOR, "#promote form")
    form.find_element(By.NAME, "reason").send_keys("与销售运营部复核")
    form.find_element(By.NAME, "confirm").send_keys(version)
    follow(driver, form.find_element(By.CSS_SELECTOR, f"button[value={did}]"))


def test_a_version_is_let_serve_and_rolled_back(driver, two):
    sign_in(driver, two, "analyst")
    driver.get(f"{two}/models")
    assert "No verdict of the gate" in driver.find_element(By.ID, "promote").text
    assert wrong_with(driver) == {}
    fill_in(driver, "3", "promote")
    assert "type the version's number" in driver.find_element(By.CSS_SELECTOR, ".refused").text
    fill_in(driver, "2", "promote")
    assert "the version may serve" in driver.find_element(By.CSS_SELECTOR, ".said-so").text
    driver.get(f"{two}/language/zh-CN?back=/models?version=1")
    assert "较新的版本不再使用，但会保留：2。" in driver.find_element(By.ID, "promote").text
    assert wrong_with(driver) == {}
    fill_in(driver, "1", "roll_back")
    assert "已回退" in driver.find_element(By.CSS_SELECTOR, ".said-so").text
