"""Whatever is sent, the answer is a clear 4xx in the one error shape and a line in the audit log; nothing is broken."""

import json
import secrets

import pytest
import sqlalchemy as sa
from fastapi.testclient import TestClient

from serving.store import AUDIT
from serving.tokens import create_token, list_tokens, revoke, utc_now
from tests.lib.routes import closed_routes

CHANGE = {"changed_at": "2026-06-01T00:00:00Z", "field": "stage", "new_value": "Qualify"}
DEAL = {"deal_id": "new", "created_at": "2026-06-01T00:00:00Z", "changes": [CHANGE]}
EVENT = {"type": "activity", "event_id": "e", "activity_id": "a", "kind": "call", "happened_at": "2026-06-01T00:00:00Z"}
BODIES = {
    "/v1/score": {"deals": [DEAL]},
    "/v1/events": {"events": [EVENT]},
    "/v1/forecast-calls": {"period": "2099Q4", "commit": 1.0},
    "/v1/plans": {"rep_id": "R001", "indicator": "win_rate", "goal": 0.5, "period": "2099Q4"},
    "/v1/models/1/promote": {"reason": "reviewed"},
}
TEXTS = (
    "<script>alert(1)</script>",
    "'; drop table deals; --",
    "{{ 7 * 7 }}${7*7}#{7*7}",
    "../../../../etc/passwd",
    "=cmd|'/c calc'!A1",
    "%s%s%n",
    "\u202egnp.exe",
    "𝕯𝖊𝖆𝖑 🚀",
    "x" * 200,
)


@pytest.fixture(scope="module")
def leader(shop):
    """A token of a person who leads others: statements and goals are made by persons."""
    leaders = shop.standing.history["reps"]["manager_id"].drop_nulls().unique().sort()
    url, name = shop.workspace.store_url, leaders[-1]
    if any(token.name == name and token.works_at(utc_now()) for token in list_tokens(url)):
        revoke(url, name)
    return create_token(url, name)


@pytest.fixture
def api(shop, leader):
    """Calls with the right token for each path."""

    class Caller(TestClient):
        def request(self, method, url, **more):
            own = leader if method == "POST" and url in ("/v1/forecast-calls", "/v1/plans") else shop.token
            mark = f"bad-input-{secrets.token_hex(8)}"
            sent = {"Authorization": f"Bearer {own}", "X-Request-Id": mark}
            answer = super().request(method, url, **{**more, "headers": {**(more.get("headers") or {}), **sent}})
            if 400 <= answer.status_code < 500:
                assert noted(shop, mark) == [("refused", answer.status_code)], url
            return answer

    return Caller(shop.app)


def noted(shop, mark):
    """What the audit log says of one request; nothing but the refused is looked up here."""
    assert shop.app.state.audit.flush()
    wanted = sa.select(AUDIT.c.deed, AUDIT.c.status).where(AUDIT.c.request_id == mark)
    with shop.app.state.engine.connect() as connection:
        return [tuple(row) for row in connection.execute(wanted)]


def send(api, path, content):
    return api.post(path, content=content, headers={"content-type": "application/json"})


def refused(answer, *statuses):
    assert answer.status_code in statuses, answer.text[:300]
    assert answer.headers["content-type"] == "application/problem+json"
    found = answer.json()
    assert found["status"] == answer.status_code
    assert found["type"].startswith("urn:dealcast:problem:")
    assert len(found["detail"]) > 15
    assert "Traceback" not in answer.text
    return found


def put(body, path, value):
    """The body as JSON text with `value`, itself JSON text, at a path of keys."""
    body = json.loads(json.dumps(body))
    inner = body
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = "@@"
    return json.dumps(body).replace('"@@"', value)


@pytest.mark.parametrize("path", BODIES)
@pytest.mark.parametrize(
    "content",
    [b"{", b"", b"\x00", b"\xff\xfe", b'{"a": }', b"[" * 100_000, b'{"deals":' * 5_000, b"nul", b'{"a":1}{"b":2}'],
)
def test_what_is_no_json_document_is_400(api, path, content):
    refused(send(api, path, content), 400, 422)


@pytest.mark.parametrize("path", BODIES)
@pytest.mark.parametrize("content", [b"[]", b"null", b"5", b'"text"', b"{}", b'{"deals": {}, "events": {}}'])
def test_a_document_of_another_form_is_422_and_says_where(api, path, content):
    assert refused(send(api, path, content), 422)["errors"]


@pytest.mark.parametrize("path", BODIES)
def test_ten_megabytes_are_413(api, path):
    refused(send(api, path, b'{"x": "' + b"x" * 10_000_000 + b'"}'), 413)


@pytest.mark.parametrize("path", BODIES)
def test_an_unknown_field_is_refused_by_name(api, path):
    found = refused(send(api, path, json.dumps({**BODIES[path], "stgae": 1})), 422)
    assert found["errors"][0]["pointer"] == "/stgae"


NUMBERS = {
    "/v1/score": ("deals", 0, "activities"),
    "/v1/events": ("events", 0, "duration_minutes"),
    "/v1/forecast-calls": ("commit",),
    "/v1/plans": ("goal",),
}


@pytest.mark.parametrize("path", NUMBERS)
@pytest.mark.parametrize("value", ["NaN", "Infinity", "-Infinity", "1e999", "1" + "0" * 5000, '"5"x', "[[[[]]]]"])
def test_what_is_no_finite_number_is_refused(api, path, value):
    if path == "/v1/score":
        value = f'[{{"activity_id":"a","happened_at":"2026-06-01T00:00:00Z","kind":"call","duration_minutes":{value}}}]'
    refused(send(api, path, put(BODIES[path], NUMBERS[path], value)), 400, 422)


PLACES = {
    "/v1/score": ("deals", 0, "name"),
    "/v1/events": ("events", 0, "subject"),
    "/v1/forecast-calls": ("note",),
    "/v1/plans": ("note",),
}


@pytest.mark.parametrize("path", PLACES)
@pytest.mark.parametrize("value", [r'"\ud800"', r'"a\udfffb"'])
def test_half_a_character_is_refused(api, path, value):
    refused(send(api, path, put(BODIES[path], PLACES[path], value)), 400, 422)


@pytest.mark.parametrize("text", TEXTS)
def test_a_text_in_every_field_of_a_deal_is_text(api, text):
    deal = {**DEAL, "deal_id": text, "name": text, "source": text, "account_id": text}
    more = [{**CHANGE, "field": field, "new_value": text} for field in ("owner_id", "next_step", "region", text)]
    contact = {"contact_id": text, "role": text, "added_at": "2026-06-01T00:00:00Z"}
    touch = {"activity_id": text, "kind": "call", "happened_at": "2026-06-01T00:00:00Z", "subject": text}
    deal |= {"changes": [CHANGE, *more], "contacts": [contact], "activities": [touch]}
    answer = api.post("/v1/score", json={"deals": [deal]})
    assert answer.status_code == 200, answer.text[:300]
    assert answer.json()["scores"][0]["deal_id"] == text
    assert "49" not in [reason["en"] for reason in answer.json()["scores"][0]["reasons"]]


QUERIES = [
    ("/v1/deals", name) for name in ("owner", "team", "stage", "band", "flag", "sort", "search", "cursor", "region")
] + [
    ("/v1/forecast", "by"),
    ("/v1/forecast", "period"),
    ("/v1/forecast/changes", "scope"),
    ("/v1/forecast/changes", "line"),
    ("/v1/forecast-calls", "scope"),
    ("/v1/accuracy", "by"),
    ("/v1/scorecard", "period"),
    ("/v1/scorecard", "role"),
    ("/v1/cues", "period"),
    ("/v1/cues", "rep"),
    ("/v1/funnel", "by"),
    ("/v1/funnel", "from"),
    ("/v1/pace", "by"),
    ("/v1/linearity", "period"),
    ("/v1/export/forecast", "format"),
    ("/v1/export/forecast", "by"),
]


@pytest.mark.parametrize(("path", "name"), QUERIES)
def test_any_text_in_a_query_is_answered_or_clearly_refused(api, path, name):
    for text in (*TEXTS, "\x00", "", " ", "9" * 400, "-1", "1e999", "2026Q9", "9999Q4", "0000-00-00"):
        answer = api.get(path, params={name: text})
        if answer.status_code != 200:
            refused(answer, 403, 404, 422)


@pytest.mark.parametrize(
    "deal_id", ["..%2f..%2fetc%2fpasswd", "%00", "%ff", "'%20or%201=1", "a" * 3000, "%7B%7B7*7%7D%7D"]
)
def test_a_deal_id_that_there_is_not_is_404(api, deal_id):
    refused(api.get(f"/v1/deals/{deal_id}"), 404)
    refused(api.get(f"/v1/deals/{deal_id}/history"), 404)
    refused(api.get(f"/v1/models/{deal_id}"), 404, 422)


def test_a_misspelt_or_repeated_parameter_is_refused(api):
    found = refused(api.get("/v1/deals?stgae=Qualify"), 422)
    assert "Is stage meant?" in found["detail"]
    refused(api.get("/v1/deals?limit=5&limit=6"), 422)
    refused(api.get("/v1/models?page=2"), 422)


def test_a_path_or_method_that_there_is_not_is_told(api):
    refused(api.get("/v1/nothing"), 404)
    answer = api.delete("/v1/deals")
    assert "expected GET" in refused(answer, 405)["detail"]
    assert answer.headers["allow"] == "GET"


def test_every_route_that_takes_a_body_is_tried_here(shop):
    posts = {route.path for route in closed_routes(shop.app) if route.method == "POST" and route.path[:4] == "/v1/"}
    assert {path.replace("{version}", "1") for path in posts} == set(BODIES)


def test_a_body_that_is_not_said_to_be_json_is_refused(api):
    for kind in ("text/plain", "application/x-www-form-urlencoded", "application/xml"):
        answer = api.post("/v1/score", content=json.dumps(BODIES["/v1/score"]), headers={"content-type": kind})
        refused(answer, 415, 422)


def test_a_failure_here_is_500_in_the_same_shape(shop, monkeypatch):
    def broken(request):
        raise ZeroDivisionError("a secret")

    monkeypatch.setattr("serving.api.models.standing_of", broken)
    calm = TestClient(shop.app, headers=shop.headers, raise_server_exceptions=False)
    answer = calm.get("/v1/models")
    refused(answer, 500)
    assert "secret" not in answer.text
