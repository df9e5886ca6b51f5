"""Whatever is sent to a form of a page: a clear 4xx, a line in the audit log, and nothing of it is kept."""

from __future__ import annotations

import secrets

import polars as pl
import pytest
from fastapi.testclient import TestClient

from serving.people import audit
from serving.people.entry import Refused, enter
from serving.store import open_tables
from serving.tokens import utc_now
from tests.lib.postgres import new_database, postgres
from tests.lib.routes import closed_routes
from tests.lib.signing_in import PASSWORD, csrf_of
from tests.serving.test_bad_input_api import TEXTS

__all__ = ["postgres"]

ME, LED = "M01", "R001"
FORMS = {
    "/forecast/statements": {"scope": f"rep:{ME}", "period": "2099Q4", "measure": "amount", "commit": "5"},
    f"/people/{LED}/goals": {"indicator": "win_rate", "goal": "0.5", "period": "2099Q4", "note": "n"},
    "/account/password": {"old": PASSWORD, "new": "another good one", "again": "another good one"},
    "/account/sign-out-everywhere": {},
    "/sign-out": {},
    "/models/promotions": {"version": "no such", "did": "promote", "reason": "r", "confirm": "no such"},
}
"""Every form of a page, filled in so that it would be taken; the form of sign-in has its own tests below."""
NUMBERS = {"/forecast/statements": "commit", f"/people/{LED}/goals": "goal"}
WORDS = {
    "/forecast/statements": ("scope", "period", "measure", "commit"),
    f"/people/{LED}/goals": ("indicator", "goal", "period"),
    "/models/promotions": ("version", "did", "confirm"),
}
"""Fields in which nothing but what is known can stand."""


@pytest.fixture
def leader(browser_as, request):
    """The browser of a manager, signed in anew each time: some forms end the session; of an analyst for models."""
    path = getattr(request.node, "callspec", None) and request.node.callspec.params.get("path")
    return browser_as("analyst", None) if path == "/models/promotions" else browser_as("manager", ME)


def sent(browser, path, **how):
    mark = f"bad-form-{secrets.token_hex(8)}"
    headers = {"X-Request-Id": mark, **how.pop("headers", {})}
    return browser.post(path, headers=headers, follow_redirects=False, **how), mark


def refused(shop, answer, mark, *statuses):
    """That it was refused as a page, in words, and noted."""
    assert answer.status_code in statuses, (answer.status_code, answer.text[:200])
    assert "Traceback" not in answer.text
    assert len(answer.text) > 100
    assert shop.app.state.audit.flush()
    lines = audit.read(shop.app.state.engine)
    found = lines.filter(lines["request_id"] == mark)
    assert found.select("deed", "status").rows() == [("refused", answer.status_code)]


def kept(shop):
    """How many statements, goals and promotions there are."""
    stated = [shop.live.store.read(table).height for table in ("forecast_calls", "coaching_plans")]
    return [*stated, len(shop.registry.events())]


def test_every_form_of_a_page_is_tried_here(shop):
    posts = {route.path for route in closed_routes(shop.app) if route.method == "POST" and route.path[:4] != "/v1/"}
    assert {path.replace("{rep_id:path}", LED) for path in posts} == set(FORMS)


@pytest.mark.parametrize("path", FORMS)
@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("application/json", b'{"csrf": "x"}'),
        ("application/x-www-form-urlencoded", b"\xff\xfe%zz&&&==="),
        ("multipart/form-data; boundary=x", b"--x\r\nnonsense"),
        ("multipart/form-data", b"no boundary"),
        ("text/plain", b"csrf=1"),
        ("application/x-www-form-urlencoded", b"csrf=" + b"x" * 10_000_000),
        ("application/x-www-form-urlencoded", b"&".join(b"f%d=1" % n for n in range(5_000))),
    ],
    ids=["json", "bytes", "torn", "no boundary", "plain", "10 MB", "5,000 fields"],
)
def test_what_is_no_form_is_refused(shop, leader, path, kind, body):
    before = kept(shop)
    answer, mark = sent(leader, path, content=body, headers={"content-type": kind})
    refused(shop, answer, mark, 400, 403, 413, 422)
    assert kept(shop) == before


@pytest.mark.parametrize("path", FORMS)
def test_an_unknown_or_a_repeated_field_is_refused_by_name(shop, leader, path):
    csrf, before = csrf_of(leader), kept(shop)
    answer, mark = sent(leader, path, data={**FORMS[path], "csrf": csrf, "colour": "red"})
    refused(shop, answer, mark, 422)
    assert "colour" in answer.text
    answer, mark = sent(leader, path, data={**FORMS[path], "csrf": [csrf, csrf]})
    refused(shop, answer, mark, 422)
    assert kept(shop) == before


@pytest.mark.parametrize("path", NUMBERS)
@pytest.mark.parametrize("value", ["NaN", "inf", "-Infinity", "1e999", "9" * 400, "many", "5;drop", "0x10", "1__0"])
def test_what_is_no_finite_number_is_refused(shop, leader, path, value):
    before = kept(shop)
    data = {**FORMS[path], NUMBERS[path]: value, "csrf": csrf_of(leader)}
    answer, mark = sent(leader, path, data=data)
    refused(shop, answer, mark, 422)
    assert kept(shop) == before


@pytest.mark.parametrize(("path", "field"), [(path, field) for path, fields in WORDS.items() for field in fields])
def test_no_text_breaks_out_of_a_field(shop, leader, path, field):
    before, csrf = kept(shop), csrf_of(leader)
    for text in (*TEXTS, "\x00", " ", "\ud7ff\uffff"):
        answer, mark = sent(leader, path, data={**FORMS[path], field: text, "csrf": csrf})
        refused(shop, answer, mark, 403, 404, 422)
        assert "<script" not in answer.text
        assert "<main" in answer.text, "a person reads a page, not problem details"
    assert kept(shop) == before


def test_no_password_breaks_out_of_its_form(shop, browser_as):
    browser = browser_as("planner", "R002")
    csrf = csrf_of(browser)
    for text in TEXTS[:3]:
        data = {"old": text, "new": text, "again": text, "csrf": csrf}
        refused(shop, *sent(browser, "/account/password", data=data), 422)
    everything = str(audit.read(shop.app.state.engine).filter(pl.col("who") == "planner R002").to_dicts())
    assert not [text for text in TEXTS[:3] if text in everything]


def test_a_note_is_kept_as_the_text_it_is_and_shown_as_such(shop, leader):
    csrf = csrf_of(leader)
    for number, text in enumerate(TEXTS):
        data = {**FORMS["/forecast/statements"], "commit": f"{number + 1}", "note": text, "csrf": csrf}
        assert sent(leader, "/forecast/statements", data=data)[0].status_code == 303
    notes = set(shop.live.store.read("forecast_calls")["note"].drop_nulls())
    assert {text.strip() for text in TEXTS} <= notes
    page = leader.get(f"/people/{ME}").text
    assert "&lt;script&gt;alert(1)" in page
    assert "<script" not in page


@pytest.mark.parametrize("note", ["a\x00b", "x" * 2_001])
@pytest.mark.parametrize("path", NUMBERS)
def test_a_note_that_cannot_be_kept_is_refused(shop, leader, path, note):
    before = kept(shop)
    answer, mark = sent(leader, path, data={**FORMS[path], "note": note, "csrf": csrf_of(leader)})
    refused(shop, answer, mark, 422)
    assert kept(shop) == before


@pytest.mark.parametrize("path", ["/static/../../etc/passwd", "/static/..%2f..%2fpyproject.toml", "/..%2fetc%2fpasswd"])
def test_a_path_in_a_file_name_leads_to_no_file_and_is_noted(shop, leader, path):
    mark = f"bad-path-{secrets.token_hex(8)}"
    answer = leader.get(path, headers={"X-Request-Id": mark})
    refused(shop, answer, mark, 404)


@pytest.mark.parametrize("name", [*TEXTS, "\x00", " ", "", "x" * 5_000])
def test_no_name_breaks_out_of_the_sign_in_form(shop, name):
    browser = TestClient(shop.app, headers={"accept": "text/html", "accept-language": "en"})
    data = {"name": name, "password": "\x00wrong", "csrf": csrf_of(browser, "/sign-in")}
    answer, mark = sent(browser, "/sign-in", data=data)
    refused(shop, answer, mark, 401)
    assert "<script" not in answer.text


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_a_nul_in_a_name_lets_nobody_in_and_breaks_no_database(kind, tmp_path, request):
    made = f"sqlite:///{tmp_path / 'deals.db'}"
    engine = open_tables(made if kind == "sqlite" else new_database(request.getfixturevalue("postgres")))
    with pytest.raises(Refused):
        enter(engine, "a\x00b", "\x00", utc_now())
    engine.dispose()


def test_a_body_of_ten_megabytes_or_of_another_kind_does_not_sign_in(shop):
    browser = TestClient(shop.app, headers={"accept": "text/html"})
    kind = {"content-type": "application/x-www-form-urlencoded"}
    answer, mark = sent(browser, "/sign-in", content=b"name=" + b"x" * 10_000_000, headers=kind)
    refused(shop, answer, mark, 413)
    answer, mark = sent(browser, "/sign-in", content=b"{}", headers={"content-type": "application/json"})
    refused(shop, answer, mark, 403)
    data = {"name": "a", "password": "b", "csrf": csrf_of(browser, "/sign-in"), "role": "admin"}
    answer, mark = sent(browser, "/sign-in", data=data)
    refused(shop, answer, mark, 422)
