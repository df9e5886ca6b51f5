"""One small company served for real: imported, trained on, promoted, and asked through the app."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import polars as pl
import pytest
from argon2 import PasswordHasher
from fastapi import FastAPI
from fastapi.testclient import TestClient

from features.matrix import build_matrix
from features.spine import open_spine
from history.importing import import_canonical
from history.record import History, complete
from history.synthetic import Crm, generate, write_folder
from history.workspace import Workspace, open_workspace
from serving.app import create_app
from serving.deeds import DEEDS
from serving.live import Live
from serving.people import entry, passwords
from serving.people.roll import add_person, find_person
from serving.settings import ServingSettings
from serving.standing import Standing
from serving.tokens import create_token, list_tokens, revoke, utc_now
from tests.lib.signing_in import PASSWORD, signed_in
from training.booster import BoostOptions
from training.bundle import save_bundle
from training.fitting import FitOptions, fit_deal_model
from training.flag_record import flag_records
from training.registry import Registry

DAY = dt.date(2026, 7, 1)
ADMIN = "root@example.com"
NASTY_DEAL = 'a/b?c#d"><img src=x>'
NASTY_NAME = "<script>alert(1)</script>"
NASTY_OWNER = "'; drop table deals; --"
NASTY_SUBJECT = "{{ 7 * 7 }}<b>bold</b>"


@dataclass(frozen=True)
class Shop:
    """A served workspace: where it is, what is in it, and a way in."""

    folder: Path
    workspace: Workspace
    crm: Crm
    version: str
    token: str
    app: FastAPI

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}

    @property
    def live(self) -> Live:
        live: Live = self.app.state.live
        return live

    @property
    def standing(self) -> Standing:
        return self.live.standing()

    @property
    def registry(self) -> Registry:
        return self.live.registry


@pytest.fixture(scope="session", autouse=True)
def cheap_passwords() -> Iterator[None]:
    """The same argon2id at a fraction of its cost: hundreds of sign-ins are not to take minutes."""
    cheap = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)
    with pytest.MonkeyPatch.context() as patched:
        for module in (passwords, entry):
            patched.setattr(module, "hasher", lambda: cheap)
        yield


@pytest.fixture(scope="session")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    """A company of 700 deals at the end of its history, with one deal that tries every injection."""
    folder = tmp_path_factory.mktemp("shop")
    crm = generate(700, seed=11)
    crm = replace(crm, history=with_nasty_deal(crm.history))
    write_folder(crm, folder / "export")
    workspace = Workspace(folder / "workspace")
    import_canonical(folder / "export", workspace, allow_quarantine=True, imported_at=dt.datetime(2026, 7, 1))
    settings = ServingSettings(
        workspace=workspace.path, refresh_seconds=3600.0, requests_a_minute=0, failures_a_minute=0
    )
    version = train_small(workspace, folder / "bundle")
    app = create_app(settings)
    token = create_token(open_workspace(workspace.path).store_url, "tests", scopes=DEEDS)
    add_person(app.state.engine, ADMIN, "admin", utc_now(), password=PASSWORD)
    return Shop(folder, workspace, crm, version, token, app)


def train_small(workspace: Workspace, folder: Path, day: dt.date = DAY) -> str:
    """A model of few trees from fortnightly rows, registered and promoted; its version."""
    history = workspace.history()
    as_of = history.settings.start_of(day)
    days = [as_of - dt.timedelta(days=14 * back) for back in range(40, 0, -1)]
    matrix = build_matrix(history, open_spine(history, days), threads=1)
    options = FitOptions(boost=BoostOptions(most_rounds=80, num_threads=1))
    model = fit_deal_model(matrix, history, as_of, options)
    model = replace(model, flag_records=flag_records(matrix, history, as_of, model.long_days))
    bundle = save_bundle(model, folder)
    registry = Registry(workspace.path, workspace.store().workspace_id)
    version = registry.log(bundle, as_of, params={}, metrics={}, figures={}, tags={})
    registry.promote(version, by="tests", reason="the first version")
    return version


def with_nasty_deal(history: History) -> History:
    """The history with one more open deal, whose every text is an attempt to break out."""
    at = dt.datetime(2026, 6, 1, 2)
    fields = {"stage": history.settings.open_stages[0], "owner_id": NASTY_OWNER, "next_step": NASTY_NAME}
    return add_rows(
        history,
        deals=[{"deal_id": NASTY_DEAL, "created_at": at, "name": NASTY_NAME}],
        deal_changes=[
            {"deal_id": NASTY_DEAL, "changed_at": at, "field": field, "new_value": value}
            for field, value in fields.items()
        ],
        activities=[
            {
                "activity_id": "nasty",
                "happened_at": at,
                "kind": "call",
                "deal_id": NASTY_DEAL,
                "rep_id": NASTY_OWNER,
                "subject": NASTY_SUBJECT,
            }
        ],
    )


def add_rows(history: History, **rows: list[dict[str, object]]) -> History:
    """The history with further rows."""
    frames = {}
    for name, found in rows.items():
        schema = history[name].schema
        more = pl.DataFrame(found, schema={column: schema[column] for column in found[0]})
        frames[name] = pl.concat([history[name], complete(name, more)], how="diagonal")
    return history.with_tables(**frames)


@pytest.fixture
def client(shop: Shop) -> TestClient:
    """Nobody in particular: holds no token."""
    return TestClient(shop.app, raise_server_exceptions=True)


@pytest.fixture
def api(shop: Shop) -> TestClient:
    """A program with a token."""
    return TestClient(shop.app, headers=shop.headers)


@pytest.fixture
def api_as(shop: Shop) -> Callable[[str], TestClient]:
    """Makes a program that calls with a token of the person of that rep_id."""

    return lambda rep_id: caller_as(shop, rep_id)


def caller_as(shop: Shop, rep_id: str) -> TestClient:
    """A program with a token of the person of that rep_id; one that was made before ends."""
    url = shop.workspace.store_url
    if any(token.name == rep_id and token.works_at(utc_now()) for token in list_tokens(url)):
        revoke(url, rep_id)
    return TestClient(shop.app, headers={"Authorization": f"Bearer {create_token(url, rep_id)}"})


@pytest.fixture
def browser(shop: Shop) -> TestClient:
    """An administrator's browser, signed in, reading English. Forms carry `csrf_of(browser)`."""
    return signed_in(shop.app, ADMIN)


@pytest.fixture
def browser_as(shop: Shop) -> Callable[..., TestClient]:
    """Makes the browser of a person of that role who is that rep_id, signed in."""

    def made(role: str, rep_id: str | None = None) -> TestClient:
        name = f"{role} {rep_id}"
        if find_person(shop.app.state.engine, name) is None:
            add_person(shop.app.state.engine, name, role, utc_now(), rep_id, PASSWORD)
        return signed_in(shop.app, name)

    return made
