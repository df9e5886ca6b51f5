"""A field of the company's own decides its deals: configured, it is learned, named in the reasons, and served."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import polars as pl
import pytest
from fastapi.testclient import TestClient

from history.errors import ModelUnavailable
from history.importing import import_canonical
from history.workspace import Workspace
from serving.app import create_app
from serving.choosing import choose_model
from serving.settings import ServingSettings
from serving.tokens import create_token
from tests.cli.folders import SETTINGS
from tests.serving.conftest import train_small
from tests.serving.test_score_api import sent as stored
from training.registry import Registry

FIRST, DAY = dt.date(2024, 10, 1), dt.date(2026, 7, 1)
FIELDS = '[features]\nfields = ["market"]\n'


@dataclass(frozen=True)
class Chips:
    """A served workspace of a chip maker that sells to two markets, in one of which it wins."""

    workspace: Workspace
    version: str
    api: TestClient

    @property
    def registry(self) -> Registry:
        return Registry(self.workspace.path, self.workspace.store().workspace_id)


@pytest.fixture(scope="module")
def chips(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chips]:
    folder = tmp_path_factory.mktemp("chips")
    write_export(folder / "export")
    workspace = Workspace(folder / "workspace")
    import_canonical(folder / "export", workspace, imported_at=dt.datetime(2026, 7, 1))
    version = train_small(workspace, folder / "bundle", DAY)
    app = create_app(ServingSettings(workspace=workspace.path, refresh_seconds=3600.0))
    token = create_token(workspace.store_url, "tests")
    with TestClient(app, headers={"Authorization": f"Bearer {token}"}) as api:
        yield Chips(workspace, version, api)


def write_export(folder: Path) -> None:
    """Two deals every day or two, begun in stages and owners that say nothing; nine in ten of one market are won."""
    draw = random.Random(7)
    deals, changes = [], []
    for number in range(500):
        began = FIRST + dt.timedelta(days=number * 638 // 500)
        market = draw.choice(["Automotive", "Handset"])
        won = (draw.random() < 0.9) == (market == "Automotive")
        closed = began + dt.timedelta(days=draw.randint(20, 90))
        deals.append({"deal_id": f"D{number:03}", "created_at": began})
        told = {"stage": "Qualify", "market": market, "owner_id": draw.choice(["R1", "R2"]), "amount": "1000"}
        rows = [(began, field, None, value) for field, value in told.items()]
        rows += [(closed, "stage", "Qualify", "Won" if won else "Lost")] if closed < DAY else []
        changes += [(f"D{number:03}", *row) for row in rows]
    columns = ["deal_id", "changed_at", "field", "old_value", "new_value"]
    folder.mkdir()
    pl.DataFrame(deals).write_csv(folder / "deals.csv")
    pl.DataFrame(changes, schema=columns, orient="row").write_csv(folder / "deal_changes.csv")
    (folder / "dealcast.toml").write_text(FIELDS + SETTINGS, encoding="utf-8")


def test_the_reasons_name_the_field_with_its_value(chips: Chips) -> None:
    deals = chips.api.get("/v1/deals", params={"limit": 200}).json()["deals"]
    assert len(deals) > 20
    for row in deals:
        first = chips.api.get(f"/v1/deals/{row['deal_id']}").json()["score"]["reasons"][0]
        market, points = first["en"].removeprefix("market: ").split(", ")
        assert first["code"] == "field_market"
        assert market == ("Automotive" if first["points"] > 0 else "Handset")
        assert first["zh"] == f"market 为“{market}”，赢率 {points.removesuffix(' points')} 个百分点"


def test_a_stored_deal_that_is_sent_scores_as_in_the_batch(chips: Chips) -> None:
    history = chips.workspace.history()
    batch = {row["deal_id"]: row for row in chips.api.get("/v1/deals", params={"limit": 200}).json()["deals"]}
    answer = chips.api.post("/v1/score", json={"deals": [stored(history, deal_id) for deal_id in batch]})
    assert answer.status_code == 200, answer.text
    for score in answer.json()["scores"]:
        assert score["win_probability"] == pytest.approx(batch[score["deal_id"]]["win_probability"], abs=1e-12)
        assert score["reasons"][0]["code"] == "field_market"


def sent(market: str | None) -> dict[str, object]:
    at = "2026-06-01T00:00:00Z"
    told = {"stage": "Qualify", "owner_id": "R1", "amount": "1000", "market": market}
    changes = [{"changed_at": at, "field": field, "new_value": value} for field, value in told.items() if value]
    return {"deal_id": market or "none", "created_at": at, "changes": changes}


def test_a_deal_that_is_sent_is_scored_by_its_market(chips: Chips) -> None:
    answer = chips.api.post(
        "/v1/score", json={"deals": [sent("Automotive"), sent("Handset"), sent(None), sent("Toys")]}
    )
    assert answer.status_code == 200, answer.text
    chance = {score["deal_id"]: score["win_probability"] for score in answer.json()["scores"]}
    assert chance["Automotive"] > 0.75
    assert chance["Handset"] < 0.25
    told = {score["deal_id"]: {r["code"]: r["en"] for r in score["reasons"]} for score in answer.json()["scores"]}
    assert told["Automotive"]["field_market"].startswith("market: Automotive, +")
    assert told["Toys"]["field_market"].startswith("market: Toys, ")
    assert told["none"]["field_market"].startswith("No market on record, ")


def test_a_model_whose_field_is_no_longer_configured_is_refused_by_name(chips: Chips) -> None:
    settings = chips.workspace.settings_path
    written = settings.read_text(encoding="utf-8")
    as_of = chips.workspace.settings.start_of(DAY)
    try:
        settings.write_text(written.replace('"market"', '"segment_code"'), encoding="utf-8")
        with pytest.raises(ModelUnavailable) as refused:
            choose_model(chips.registry, as_of, history=chips.workspace.history())
        settings.write_text(written.replace('"market"', '"market", "segment_code"'), encoding="utf-8")
        assert choose_model(chips.registry, as_of, history=chips.workspace.history()).version == chips.version
    finally:
        settings.write_text(written, encoding="utf-8")
    assert str(refused.value) == (
        f"model {chips.version} reads the field 'market' of deals, which is no longer among [features] fields in "
        "dealcast.toml; expected the fields it was trained with. Add it there, or train a model without it."
    )
