"""The audit log: who saw, changed, exported, signed in or was refused; complete, and it can only grow."""

from __future__ import annotations

import datetime as dt
import sqlite3
import threading

import polars as pl
import pytest
from fastapi.testclient import TestClient
from sqlalchemy.exc import DBAPIError

from serving.people import audit
from serving.people.audit import AuditLog, Line, read, write
from serving.store import AUDIT, open_tables
from tests.lib.postgres import new_database, postgres
from tests.lib.signing_in import PASSWORD, csrf_of, sign_in
from tests.serving.conftest import ADMIN

__all__ = ["postgres"]

NOW = dt.datetime(2026, 7, 1, 8, 0)


def line(deed=audit.SAW, what="GET /", who="ann", **more):
    return Line(NOW, who, "rep", deed, what, **more)


@pytest.fixture
def engine(tmp_path):
    return open_tables(f"sqlite:///{tmp_path / 'deals.db'}")


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_a_line_can_neither_be_changed_nor_taken_away(kind, tmp_path, request):
    made = f"sqlite:///{tmp_path / 'deals.db'}"
    engine = open_tables(made if kind == "sqlite" else new_database(request.getfixturevalue("postgres")))
    write(engine, [line()])
    for statement in (AUDIT.delete(), AUDIT.update().values(who="somebody else")):
        with pytest.raises(DBAPIError, match="the audit log can only grow"), engine.begin() as connection:
            connection.execute(statement)
    assert read(engine)["who"].to_list() == ["ann"]
    engine.dispose()


def test_the_same_page_seen_twice_within_a_second_is_one_line_with_a_count(engine):
    write(engine, [line(), line(), line(what="GET /deals/1"), line(deed=audit.CHANGED), line(deed=audit.CHANGED)])
    assert read(engine).select("deed", "what", "times").rows() == [
        ("saw", "GET /", 2),
        ("saw", "GET /deals/1", 1),
        ("changed", "GET /", 1),
        ("changed", "GET /", 1),
    ]


def test_a_change_is_on_disk_when_adding_it_returns(engine):
    log = AuditLog(engine)
    assert log.add(line(deed=audit.CHANGED))
    assert read(engine).height == 1


def test_lines_wait_while_the_database_is_locked_and_none_is_lost(engine, tmp_path, monkeypatch):
    monkeypatch.setattr(audit, "RETRY_SECONDS", 0.05)
    log = AuditLog(engine)
    holder = sqlite3.connect(tmp_path / "deals.db", isolation_level=None, check_same_thread=False)
    holder.execute("BEGIN IMMEDIATE")
    released = threading.Timer(0.3, holder.rollback)
    released.start()
    for number in range(20):
        log.add(line(what=f"GET /{number}"))
    assert log.flush(20)
    assert read(engine)["what"].to_list() == [f"GET /{number}" for number in range(20)]
    released.join()
    holder.close()


def test_lines_from_many_threads_are_all_there(engine):
    log = AuditLog(engine)

    def look_around(who):
        for number in range(30):
            log.add(line(who=who, what=f"GET /{number}"))

    threads = [threading.Thread(target=look_around, args=(f"p{i}",)) for i in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert log.flush()
    assert read(engine)["times"].sum() == 180


def test_text_that_cannot_be_printed_is_kept_without_harm(engine):
    write(engine, [line(what="GET /\x00\x1b[31m").trimmed()])
    assert read(engine)["what"].item() == "GET /\ufffd\ufffd[31m"
    assert line(what="x" * 1000, who="").trimmed().who == audit.NOBODY


def lines_of(shop, **values):
    assert shop.app.state.audit.flush()
    found = read(shop.app.state.engine)
    return found.filter(*(pl.col(name) == value for name, value in values.items()))


def test_what_is_seen_over_the_api_is_noted_with_its_caller(shop, api):
    deal = shop.standing.board["deal_id"][0]
    api.get("/v1/deals", headers={"X-Request-Id": "seen-over-api"})
    api.get(f"/v1/deals/{deal}", headers={"X-Request-Id": "one-deal-seen"})
    assert lines_of(shop, request_id="seen-over-api").select("who", "role", "deed", "what", "status").row(0) == (
        "tests",
        "program",
        "saw",
        "GET /v1/deals",
        200,
    )
    assert lines_of(shop, request_id="one-deal-seen")["what"].item() == f"GET /v1/deals/{deal}"


def test_signing_in_out_and_failing_to_are_noted_and_no_password_is(shop):
    browser = TestClient(shop.app)
    before = lines_of(shop, who=ADMIN).height
    sign_in(browser, ADMIN, "a wrong password")
    sign_in(browser, ADMIN)
    browser.post("/sign-out", data={"csrf": csrf_of(browser)})
    found = lines_of(shop, who=ADMIN)
    assert [deed for deed in found["deed"][before:] if deed != "saw"] == ["refused", "signed_in", "signed_out"]
    everything = str(lines_of(shop).to_dicts())
    assert PASSWORD not in everything
    assert "a wrong password" not in everything


def test_a_statement_is_noted_as_a_change(shop, api_as):
    rep = shop.standing.board["owner_id"].drop_nulls()[0]
    body = {"period": "2030Q1", "commit": 5.0}
    answer = api_as(rep).post("/v1/forecast-calls", json=body, headers={"X-Request-Id": "a-statement-1"})
    assert answer.status_code == 201, answer.text
    assert lines_of(shop, request_id="a-statement-1").select("who", "deed").row(0) == (rep, "changed")


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        ({"content": b"{not json"}, 400),
        ({"content": b"\x00" * 10}, 400),
        ({"content": b"x" * 10_000_000}, 413),
        ({"json": {"deals": [{"unknown": 1}]}}, 422),
        ({"content": b'{"deals": [{"amount": NaN}]}'}, 422),
    ],
)
def test_what_cannot_be_used_is_a_clear_refusal_and_a_line(shop, api, sent, status):
    mark = f"bad-body-{status}-{len(str(sent))}"
    answer = api.post("/v1/score", headers={"X-Request-Id": mark, "Content-Type": "application/json"}, **sent)
    assert answer.status_code == status
    assert answer.json()["instance"] == f"urn:dealcast:request:{mark}"
    assert lines_of(shop, request_id=mark).select("deed", "status").row(0) == ("refused", status)


def test_a_token_that_ran_out_is_refused_and_noted(shop):
    from serving.tokens import create_token, utc_now

    now = utc_now()
    secret = create_token(shop.workspace.store_url, "ran out", now - dt.timedelta(hours=1), now - dt.timedelta(hours=2))
    caller = TestClient(shop.app, headers={"Authorization": f"Bearer {secret}", "X-Request-Id": "it-ran-out"})
    assert caller.get("/v1/deals").status_code == 401
    assert lines_of(shop, request_id="it-ran-out").select("deed", "status").row(0) == ("refused", 401)


def test_health_checks_and_the_stylesheet_are_not_noted(shop, client):
    for path in ("/healthz", "/static/style.css"):
        client.get(path, headers={"X-Request-Id": "not-noted-1"})
    assert lines_of(shop, request_id="not-noted-1").is_empty()
