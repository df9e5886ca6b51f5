"""Pictures of every page, from the demo workspace, as a manager in the middle of a quarter sees them: docs/img/*.png.

Run by `make screenshots` after `make demo`, or with a workspace and names of pictures; needs chromium and chromedriver.
The workspace is copied and left as it is.
"""

from __future__ import annotations

import io
import shutil
import sys
import tempfile
from pathlib import Path

from PIL import Image
from selenium import webdriver
from selenium.webdriver.common.by import By

from cli.demo import MIDWAY
from serving.app import create_app
from serving.live import Live
from serving.people.roll import add_person
from serving.settings import ServingSettings
from serving.tokens import utc_now
from serving.warmth import warm
from tests.lib import chromium
from tests.lib.served import served
from tests.lib.signing_in import PASSWORD

IMAGES = Path(__file__).resolve().parent / "img"
WHO = "Pictures"
WIDE, NARROW, HEIGHT = 1280, 400, 900
COLOURS = 128
DEAL, PERSON = "DEAL", "PERSON"
PICTURES = (
    ("pipeline", "/", WIDE, "en", False),
    ("pipeline-zh", "/", WIDE, "zh-CN", False),
    ("pipeline-phone", "/", NARROW, "zh-CN", True),
    ("deal", DEAL, WIDE, "en", False),
    ("deal-zh", DEAL, WIDE, "zh-CN", False),
    ("deal-phone", DEAL, NARROW, "zh-CN", True),
    ("forecast", "/forecast", WIDE, "en", False),
    ("forecast-zh", "/forecast", WIDE, "zh-CN", True),
    ("people", "/people", WIDE, "en", False),
    ("people-zh", "/people", WIDE, "zh-CN", False),
    ("person", PERSON, WIDE, "en", False),
    ("person-zh", PERSON, WIDE, "zh-CN", False),
    ("funnel", "/funnel", WIDE, "en", True),
    ("funnel-zh", "/funnel", WIDE, "zh-CN", False),
    ("models", "/models", WIDE, "en", False),
    ("models-zh", "/models", WIDE, "zh-CN", False),
    ("data", "/data", WIDE, "en", False),
    ("data-zh", "/data", WIDE, "zh-CN", False),
)
"""Name, page, width in pixels, language, dark."""


def main(workspace: Path, names: list[str]) -> None:
    """Takes the pictures of these names, every one where none is named."""
    if reason := chromium.missing():
        sys.exit(f"no pictures can be taken: {reason}.")
    if not (workspace / "dealcast.toml").is_file():
        sys.exit(f"there is no workspace {workspace}; run `make demo` first, or name another.")
    IMAGES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="dealcast-pictures-") as folder:
        copy = Path(folder) / "workspace"
        shutil.copytree(workspace, copy)
        shutil.copytree(workspace.resolve().parent / "mlruns", Path(folder) / "mlruns")
        take_all(copy, names or [picture[0] for picture in PICTURES])


def take_all(workspace: Path, names: list[str]) -> None:
    """Serves the workspace for its own browser and goes from page to page."""
    app = create_app(ServingSettings(workspace=workspace, as_of=MIDWAY, refresh_seconds=3600.0))
    add_person(app.state.engine, WHO, "admin", utc_now(), "M01", PASSWORD)
    live: Live = app.state.live
    warm(live.standing())
    with served(app) as site, chromium.chromium() as driver:
        sign_in(driver, site)
        board = live.standing().board
        deal = board.filter(board["band"] == "critical").sort("win_probability", "deal_id", descending=[True, False])
        people = live.standing().past["reps"]["rep_id"].unique().sort()
        places = {
            DEAL: f"/deals/{deal['deal_id'][0]}",
            PERSON: f"/people/{people.filter(people.str.starts_with('R'))[0]}",
        }
        for name, path, width, language, dark in (picture for picture in PICTURES if picture[0] in names):
            take(driver, site + places.get(path, path), IMAGES / f"{name}.png", (width, language, dark))


def sign_in(driver: webdriver.Chrome, site: str) -> None:
    """Through the form."""
    driver.get(f"{site}/sign-in")
    driver.find_element(By.NAME, "name").send_keys(WHO)
    driver.find_element(By.NAME, "password").send_keys(PASSWORD)
    chromium.follow(driver, driver.find_element(By.CSS_SELECTOR, "form.stack button"))


def take(driver: webdriver.Chrome, address: str, file: Path, how: tuple[int, str, bool]) -> None:
    """One picture of the top of a page, in few colours to keep it small."""
    width, language, dark = how
    driver.add_cookie({"name": "dealcast_language", "value": language})
    chromium.look(driver, width, dark, HEIGHT)
    driver.get(address)
    drawn = Image.open(io.BytesIO(chromium.picture(driver))).convert("RGB")
    drawn.quantize(COLOURS, dither=Image.Dither.NONE).save(file, optimize=True)


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "workspace"), sys.argv[2:])
