"""Several processes on one PostgreSQL, workers, stopping, readiness, metrics, logs, and a model swapped under way."""

from __future__ import annotations

import datetime as dt
import re
import shutil
import signal
import threading
import time
from dataclasses import replace

import httpx
import pytest
from fastapi.testclient import TestClient

from benchmarks._server_process import serving, stop
from history.importing import import_canonical
from history.workspace import Workspace
from serving.app import create_app
from serving.deeds import DEEDS
from serving.people.roll import add_person
from serving.settings import ServingSettings
from serving.store import open_tables
from serving.tokens import create_token, revoke, utc_now
from serving.warmth import warm
from tests.lib.postgres import new_database, postgres
from tests.lib.signing_in import PASSWORD, csrf_of, sign_in

__all__ = ["postgres"]

STOPPED = {0, -signal.SIGTERM}
"""A process that was told to stop ends well, or passes on that it was told."""

SMALL = """deal_id,created_at
D1,2026-01-05
D2,2026-05-06
"""
CHANGES = """deal_id,changed_at,field,old_value,new_value
D1,2026-01-05,stage,,Qualify
D1,2026-01-05,owner_id,,R1
D1,2026-02-05,stage,Qualify,Won
D2,2026-05-06,stage,,Qualify
D2,2026-05-06,owner_id,,R1
D2,2026-05-06,amount,,500
"""
SETTINGS = """[workspace]
currency = "CNY"
timezone = "Asia/Shanghai"
[[stages]]
name = "Qualify"
[[stages]]
name = "Won"
outcome = "won"
[[stages]]
name = "Lost"
outcome = "lost"
"""


def small_workspace(folder, url=None):
    """A workspace of two deals without a model."""
    export = folder / "export"
    export.mkdir()
    (export / "deals.csv").write_text(SMALL)
    (export / "deal_changes.csv").write_text(CHANGES)
    (export / "dealcast.toml").write_text(SETTINGS)
    workspace = Workspace(folder / "workspace", url)
    import_canonical(export, workspace, imported_at=dt.datetime(2026, 6, 1))
    return workspace


@pytest.fixture(scope="module")
def on_postgres(postgres, tmp_path_factory):
    url = new_database(postgres)
    return small_workspace(tmp_path_factory.mktemp("shared"), url), url


def app_on(workspace, url):
    return create_app(ServingSettings(workspace.path, url, refresh_seconds=0.0))


def test_two_apps_on_one_postgresql_share_sessions_tokens_and_statements(on_postgres):
    workspace, url = on_postgres
    first, second = app_on(workspace, url), app_on(workspace, url)
    add_person(first.state.engine, "ann", "rep", utc_now(), "R1", PASSWORD)
    here = TestClient(first)
    assert sign_in(here, "ann").status_code == 303
    there = TestClient(second, cookies=dict(here.cookies))
    assert there.get("/", follow_redirects=False).status_code == 200
    there.post("/sign-out", data={"csrf": csrf_of(there)})
    assert here.get("/", follow_redirects=False).status_code == 303
    headers = {"Authorization": f"Bearer {create_token(url, 'R1')}"}
    said = {"period": "2030Q1", "commit": 5.0}
    assert TestClient(first, headers=headers).post("/v1/forecast-calls", json=said).status_code == 201
    calls = TestClient(second, headers=headers).get("/v1/forecast-calls").json()["calls"]
    assert [call["value"] for call in calls] == [5.0]
    revoke(url, "R1")
    assert TestClient(second, headers=headers).get("/v1/deals").status_code == 401


def test_two_processes_and_their_workers_on_one_postgresql_share_all_that_and_stop_when_told(on_postgres, tmp_path):
    workspace, url = on_postgres
    token = create_token(url, "two machines", scopes=DEEDS)
    environment = {"DEALCAST_DATABASE_URL": url, "DEALCAST_REFRESH_SECONDS": "1"}
    with (
        serving(workspace.path, tmp_path, "--workers", "2", **environment) as one,
        serving(workspace.path, tmp_path, **environment) as other,
    ):
        mine = create_token(url, "R1 again")
        assert {server.get("/v1/deals", mine)[0] for server in (one, other)} == {200}
        revoke(url, "R1 again")
        assert {server.get("/v1/deals", mine)[0] for server in (one, other)} == {401}
        asked = 12
        for _ in range(asked):
            assert one.get("/v1/deals", token)[0] == 200
        assert counted(one.get("/metrics", token)[1], "/v1/deals", 200) == asked + 1
        assert {line["process"] for line in one.lines()} != {one.process.pid}
        assert {stop(one), stop(other)} <= STOPPED
        assert "Traceback" not in one.log.read_text() + other.log.read_text()


def counted(text, route, status):
    """What the metrics say of a route; over all workers."""
    found = re.search(rf'dealcast_requests_total{{method="GET",route="{route}",status="{status}"}} (\S+)', text)
    return float(found[1]) if found else 0.0


def test_tables_of_an_older_version_are_left_alone_and_the_verb_is_named(tmp_path):
    import sqlalchemy as sa

    from history.errors import StoreUnavailable

    url = f"sqlite:///{tmp_path / 'old.db'}"
    open_tables(url).dispose()
    old = sa.create_engine(url)
    with old.begin() as connection:
        connection.execute(sa.text("UPDATE serving_version SET version_num = 's0001'"))
    with pytest.raises(StoreUnavailable, match=r"are of step s0001; expected s\d+\. Run `dealcast migrate`"):
        open_tables(url)
    with old.begin() as connection:
        connection.execute(sa.text("UPDATE serving_version SET version_num = 's9999'"))
    with pytest.raises(StoreUnavailable, match="Install the newer Dealcast"):
        open_tables(url)


def test_many_processes_may_prepare_a_new_database_at_once(postgres):
    url = new_database(postgres)
    failures = []

    def prepare():
        try:
            open_tables(url).dispose()
        except Exception as error:
            failures.append(error)

    threads = [threading.Thread(target=prepare) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []


def test_readiness_says_what_is_missing(tmp_path):
    workspace = small_workspace(tmp_path)
    app = create_app(ServingSettings(workspace.path, refresh_seconds=3600.0))
    client = TestClient(app)
    before = client.get("/readyz")
    assert (before.status_code, before.json()["champion"]) == (503, "missing")
    app.state.live.standing()
    assert client.get("/readyz").json() == {"status": "ready", "database": True, "champion": "loaded", "warm": False}
    warm(app.state.live.standing())
    assert client.get("/readyz").json()["warm"]
    app.state.engine.dispose()
    app.state.engine = open_tables(f"sqlite:///{tmp_path / 'other.db'}")
    (tmp_path / "other.db").unlink()
    app.state.engine.dispose()
    (tmp_path / "other.db").mkdir()
    after = client.get("/readyz")
    assert (after.status_code, after.json()["database"]) == (503, False)


def test_a_promotion_during_requests_is_taken_in_without_a_failed_one(shop, tmp_path):
    shutil.copytree(shop.workspace.path, tmp_path / "workspace")
    shutil.copytree(shop.workspace.path.parent / "mlruns", tmp_path / "mlruns")
    settings = replace(shop.app.state.settings, workspace=tmp_path / "workspace", refresh_seconds=0.1)
    app = create_app(settings)
    live = app.state.live
    version = live.registry.log(shop.folder / "bundle", shop.standing.as_of, params={}, metrics={}, figures={}, tags={})
    statuses, versions, ended = [], [], threading.Event()
    with TestClient(app, headers=shop.headers) as client:

        def keep_asking():
            while not ended.is_set():
                answer = client.get("/v1/deals", params={"limit": 1})
                statuses.append(answer.status_code)
                versions.append(answer.json()["model_version"])

        callers = [threading.Thread(target=keep_asking) for _ in range(3)]
        for caller in callers:
            caller.start()
        live.registry.promote(version, by="tests", reason="better")
        ends = time.monotonic() + 60
        while versions[-1:] != [version] and time.monotonic() < ends:
            time.sleep(0.05)
        ended.set()
        for caller in callers:
            caller.join()
    assert set(statuses) == {200}
    assert set(versions) == {shop.version, version}


def test_requests_carry_an_id_through_answer_and_problem(api):
    mine = api.get("/v1/deals", headers={"X-Request-Id": "from-the-caller-1"})
    assert mine.headers["x-request-id"] == "from-the-caller-1"
    for unusable in ("short", "x" * 65, "with space in it", "line\\nbreak"):
        made = api.get("/v1/deals/none", headers={"X-Request-Id": unusable})
        assert re.fullmatch(r"[0-9a-f]{16}", made.headers["x-request-id"])
        assert made.json()["instance"] == f"urn:dealcast:request:{made.headers['x-request-id']}"


def test_metrics_are_for_a_token_with_that_scope_and_name_routes_not_deals(shop, client, api):
    assert client.get("/metrics").status_code == 401
    deal = shop.standing.board["deal_id"][0]
    api.get(f"/v1/deals/{deal}")
    shown = api.get("/metrics").text
    assert 'route="/v1/deals/{deal_id:path}"' in shown
    assert deal not in shown
    assert "dealcast_request_seconds_bucket" in shown


def test_the_log_is_json_without_the_deal_the_name_or_the_token(on_postgres, tmp_path):
    workspace, url = on_postgres
    token = create_token(url, "log reader")
    with serving(workspace.path, tmp_path, DEALCAST_DATABASE_URL=url) as served:
        served.get("/v1/deals/D2", token)
        httpx.post(f"{served.address}/sign-in", data={"name": "ann@example.com", "password": "secret words"})
    asked = [line for line in served.lines() if line.get("route") == "/v1/deals/{deal_id:path}"]
    assert len(asked) == 1
    assert asked[0] | {"at": 0, "milliseconds": 0, "process": 0, "request_id": 0} == {
        "at": 0,
        "level": "info",
        "logger": "dealcast.requests",
        "says": "answered",
        "request_id": 0,
        "process": 0,
        "method": "GET",
        "route": "/v1/deals/{deal_id:path}",
        "status": 200,
        "milliseconds": 0,
    }
    text = served.log.read_text().split("}", 1)[1]
    for private in ("D2", "ann@example.com", "secret words", token):
        assert private not in text


def test_what_is_being_answered_when_the_stop_comes_is_answered(on_postgres, tmp_path):
    workspace, url = on_postgres
    token = create_token(url, "stopping")
    answers = []
    with serving(workspace.path, tmp_path, DEALCAST_DATABASE_URL=url) as served:

        def ask():
            answers.append(served.get("/v1/forecast", token)[0])

        caller = threading.Thread(target=ask)
        caller.start()
        time.sleep(0.05)
        assert stop(served) in STOPPED
        caller.join()
    assert answers == [200]
