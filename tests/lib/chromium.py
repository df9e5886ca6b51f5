"""A real browser without a window: Debian's chromium, driven by its own chromedriver."""

from __future__ import annotations

import base64
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from selenium import webdriver
from selenium.common.exceptions import WebDriverException
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.ui import WebDriverWait

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
SLOWEST_SECONDS = 240
"""What a page may take on a machine that does much else at the time, the first one of a server above all."""
QUIET = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--hide-scrollbars",
    "--disable-dev-shm-usage",
)


def missing() -> str:
    """Why there can be no browser here; "" where there can be one."""
    if not any(shutil.which(name) for name in BROWSERS):
        return "no chromium is installed (Debian: apt-get install chromium)"
    return (
        "" if shutil.which("chromedriver") else "no chromedriver is installed (Debian: apt-get install chromium-driver)"
    )


@contextmanager
def chromium(language: str = "en") -> Iterator[webdriver.Chrome]:
    """A browser with a profile of its own, closed in the end; what it downloads lies in `downloads(driver)`."""
    with tempfile.TemporaryDirectory(prefix="dealcast-browser-", ignore_cleanup_errors=True) as profile:
        options = Options()
        options.binary_location = next(path for name in BROWSERS if (path := shutil.which(name)))
        for argument in (*QUIET, f"--user-data-dir={profile}", f"--lang={language}"):
            options.add_argument(argument)
        driver = webdriver.Chrome(options=options, service=Service(shutil.which("chromedriver")))
        driver.set_page_load_timeout(SLOWEST_SECONDS)
        try:
            yield driver
        finally:
            driver.quit()


def look(driver: webdriver.Chrome, width: int, dark: bool = False, height: int = 900) -> None:
    """Gives the window a width and the reader a taste for light or dark."""
    size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600}
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    taste = [{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}]
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": taste})


def follow(driver: webdriver.Chrome, element: WebElement) -> None:
    """Clicks and waits until another page stands."""
    before = driver.find_element(By.TAG_NAME, "html")
    element.click()
    WebDriverWait(driver, SLOWEST_SECONDS).until(lambda _: gone(before))
    WebDriverWait(driver, SLOWEST_SECONDS).until(
        lambda now: now.execute_script("return document.readyState") == "complete"
    )


def gone(element: WebElement) -> bool:
    """Whether the page that the element was on has been left; the driver has more than one way of saying so."""
    try:
        element.is_enabled()
    except WebDriverException:
        return True
    return False


def keep_downloads(driver: webdriver.Chrome, folder: Path) -> None:
    """Puts what is downloaded into `folder`."""
    driver.execute_cdp_cmd("Browser.setDownloadBehavior", {"behavior": "allow", "downloadPath": str(folder)})


def picture(driver: webdriver.Chrome) -> bytes:
    """What the window shows, as PNG."""
    return base64.b64decode(driver.execute_cdp_cmd("Page.captureScreenshot", {"format": "png"})["data"])
