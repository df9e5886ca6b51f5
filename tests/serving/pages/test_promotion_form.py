"""From the models page a version is let serve, or rolled back to, by who may, with a reason and a word to confirm."""

from __future__ import annotations

import json
import re
import shutil
from dataclasses import replace
from html import unescape

import pytest

from serving.app import create_app
from serving.people import audit
from serving.people.roll import add_person
from serving.tokens import utc_now
from tests.lib.signing_in import csrf_of, signed_in
from tests.serving.conftest import ADMIN, PASSWORD

GATE = [
    {
        "code": "G05",
        "title": "not worse than the champion",
        "title_zh": "不逊于现役模型",
        "outcome": "found",
        "sentence": "its log loss is larger by 0.05",
        "sentence_zh": "对数损失高 0.05",
    },
    {
        "code": "G01",
        "title": "time",
        "title_zh": "时间",
        "outcome": "passed",
        "sentence": "in order",
        "sentence_zh": "有序",
    },
]


@pytest.fixture
def app(shop, tmp_path):
    """The shop's workspace with a second version, at which the gate found something; nobody has promoted it."""
    shutil.copytree(shop.workspace.path, tmp_path / "workspace")
    shutil.copytree(shop.workspace.path.parent / "mlruns", tmp_path / "mlruns")
    app = create_app(replace(shop.app.state.settings, workspace=tmp_path / "workspace", refresh_seconds=0.0))
    told = tmp_path / "told.json"
    told.write_text(json.dumps({"gate": GATE}), encoding="utf-8")
    app.state.live.registry.log(shop.folder / "bundle", shop.standing.as_of, {}, {}, {"told": told}, {})
    for role in ("analyst", "rep", "manager", "planner"):
        rep_id = "M01" if role in ("rep", "manager") else None
        add_person(app.state.engine, role, role, utc_now(), rep_id, PASSWORD)
    yield app
    app.state.live.close()


@pytest.fixture
def second(app, shop):
    (found,) = [one.version for one in app.state.live.registry.versions() if one.version != shop.version]
    return found


def send(browser, request_id="a-form-that-was-sent", **fields):
    sent = {"csrf": csrf_of(browser), "did": "promote", "reason": "reviewed", **fields}
    headers = {"X-Request-Id": request_id}
    return browser.post("/models/promotions", data=sent, headers=headers, follow_redirects=False)


def audited(app, request_id):
    assert app.state.audit.flush()
    lines = audit.read(app.state.engine)
    return lines.filter(lines["request_id"] == request_id).select("who", "deed", "what", "status").row(0)


def test_an_analyst_promotes_and_rolls_back_from_the_page(app, shop, second):
    analyst = signed_in(app, "analyst")
    answer = send(analyst, "promoted-on-page", version=second, confirm=f" {second} ")
    assert (answer.status_code, answer.headers["location"]) == (303, "/models?done=promoted")
    assert "the version may serve" in analyst.get("/models?done=promoted").text
    said = f"promote {second}; champion from {shop.version} to {second} (POST /models/promotions)"
    assert audited(app, "promoted-on-page") == ("analyst", "promoted", said, 303)
    assert app.state.live.registry.champion().version == second

    page = analyst.get(f"/models?version={shop.version}").text
    assert "Roll back to it" in page
    assert re.search(rf"no longer serve, and are kept: {second}\.", page)
    assert 'value="promote"' not in page, "it may serve already"
    answer = send(analyst, "rolled-back-on-page", version=shop.version, confirm=shop.version, did="roll_back")
    assert answer.headers["location"] == "/models?done=rolled_back"
    said = f"roll back from {second} to {shop.version}; no longer serving: {second} (POST /models/promotions)"
    assert audited(app, "rolled-back-on-page") == ("analyst", "promoted", said, 303)
    events = app.state.live.registry.events()
    assert [(one["did"], one["version"], one["by"], one["reason"]) for one in events[-2:]] == [
        ("promote", second, "analyst", "reviewed"),
        ("rollback", shop.version, "analyst", "reviewed"),
    ]


@pytest.mark.parametrize(
    ("language", "words"),
    [("en", ("The gate would not let it serve", "not worse than the champion: its log loss is larger by 0.05")),
     ("zh-CN", ("关卡不予放行", "不逊于现役模型：对数损失高 0.05"))],
)  # fmt: skip
def test_why_the_gate_said_no_stands_there_in_the_reader_s_words(app, language, words):
    browser = signed_in(app, ADMIN)
    browser.headers["accept-language"] = language
    page = unescape(browser.get("/models").text)
    assert all(word in page for word in words)
    assert "in order" not in page, "what passed is no reason"


@pytest.mark.parametrize("role", ["rep", "manager", "planner"])
def test_who_may_not_sees_no_form_and_gets_403_by_hand(app, second, role):
    browser, before = signed_in(app, role), app.state.live.registry.events()
    page = browser.get(f"/models?version={second}")
    assert page.status_code == 200
    assert "/models/promotions" not in page.text
    answer = send(browser, f"tried-by-a-{role}", version=second, confirm=second)
    assert answer.status_code == 403
    assert audited(app, f"tried-by-a-{role}")[1] == "refused"
    assert app.state.live.registry.events() == before


@pytest.mark.parametrize(
    ("fields", "status", "said"),
    [
        ({"confirm": ""}, 422, "to confirm"),
        ({"confirm": "yes"}, 422, "to confirm"),
        ({"reason": "  "}, 422, "write why"),
        ({"reason": "x" * 2_001}, 422, "write why"),
        ({"reason": "a\x00b"}, 422, "write why"),
        ({"did": "delete"}, 422, ""),
        ({"csrf": "forged"}, 403, ""),
        ({"version": "99", "confirm": "99"}, 404, "no such version"),
        ({"version": "x" * 41, "confirm": "x" * 41}, 422, ""),
        ({"force": "1"}, 422, ""),
    ],
)
def test_what_is_sent_wrongly_changes_nothing_and_is_noted(app, second, fields, status, said):
    browser, before = signed_in(app, "analyst"), app.state.live.registry.events()
    answer = send(browser, "sent-quite-wrongly", **{"version": second, "confirm": second, **fields})
    assert answer.status_code == status
    assert said in answer.text
    assert app.state.live.registry.events() == before
    _, deed, what, noted = audited(app, "sent-quite-wrongly")
    assert (deed, noted) == ("refused", status)
    assert "champion from" not in what


def test_a_version_that_cannot_be_loaded_is_refused_in_place(app, second):
    registry = app.state.live.registry
    (registry.bundle_folder(registry.get(second)) / "win.txt").write_text("broken")
    before = registry.events()
    answer = send(signed_in(app, "analyst"), version=second, confirm=second)
    assert answer.status_code == 503
    assert "cannot load that version" in answer.text
    assert registry.events() == before
