"""A champion of an older feature version: a running service keeps what it has, a new one says why it has nothing."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from history.errors import ModelUnavailable
from history.workspace import Workspace
from serving.app import create_app
from serving.live import Live
from serving.settings import ServingSettings
from serving.tokens import create_token
from tests.lib.foreign_bundle import OLDER, aged
from tests.lib.signing_in import signed_in
from tests.serving.conftest import ADMIN, Shop

PLACES = ("/v1/deals", "/v1/forecast", "/v1/models", "/v1/accuracy")


@pytest.fixture
def settings(shop: Shop, tmp_path: Path) -> ServingSettings:
    """A copy of the shop."""
    shutil.copytree(shop.workspace.path, tmp_path / "workspace")
    shutil.copytree(shop.workspace.path.parent / "mlruns", tmp_path / "mlruns")
    return ServingSettings(workspace=Workspace(tmp_path / "workspace").path, refresh_seconds=0.0, requests_a_minute=0)


def test_a_running_service_keeps_the_model_it_has(settings: ServingSettings, shop: Shop) -> None:
    live = Live(settings)
    before = live.standing().model.version
    newer = live.registry.log(shop.folder / "bundle", shop.standing.as_of, {}, {}, {}, {})
    aged(live.registry, newer)
    live.registry.promote(newer, "tests", "from elsewhere")
    assert live.standing().model.version == before
    assert live.behind


def test_a_new_service_answers_by_name_why_it_cannot(settings: ServingSettings, shop: Shop) -> None:
    live = Live(settings)
    aged(live.registry, shop.version)
    with pytest.raises(ModelUnavailable, match=f"was trained on feature version {OLDER}; this installation computes"):
        Live(settings).standing()
    app = create_app(settings)
    token = create_token(Workspace(settings.workspace).store_url, "older", scopes=("read",))
    client = TestClient(app, headers={"Authorization": f"Bearer {token}"})
    for place in PLACES:
        answer = client.get(place)
        assert answer.status_code == 503, (place, answer.text)
        assert OLDER in answer.text, place


def test_pages_of_deals_say_so_too(settings: ServingSettings, shop: Shop) -> None:
    aged(Live(settings).registry, shop.version)
    browser = signed_in(create_app(settings), ADMIN)
    deal = shop.standing.scored.frame["deal_id"][0]
    for place in ("/", f"/deals/{deal}", "/forecast"):
        answer = browser.get(place)
        assert answer.status_code == 503, place
        assert OLDER in answer.text, place
