"""Too many requests, and too many refusals, are answered with 429 and when to come again."""

from __future__ import annotations

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.testclient import TestClient

from history.errors import ConfigInvalid
from serving.limits import Pace, RateLimit


def answer(request: Request) -> Response:
    return PlainTextResponse("", status_code=int(request.query_params.get("status", "200")))


def client(requests=0, failures=0, storage="memory://"):
    app = Starlette(routes=[Route("/{rest:path}", answer)])
    app.add_middleware(RateLimit, pace=Pace(requests, failures, storage))
    return TestClient(app)


def bearer(token):
    return {"Authorization": f"Bearer {token}"}


def test_a_caller_who_sends_too_much_waits_and_others_do_not():
    caller = client(requests=5)
    assert [caller.get("/v1/deals", headers=bearer("one")).status_code for _ in range(7)] == [200] * 5 + [429] * 2
    assert caller.get("/v1/deals", headers=bearer("two")).status_code == 200


def test_the_answer_says_when_to_come_again():
    caller = client(requests=1)
    caller.get("/")
    refused = caller.get("/")
    assert refused.headers["content-type"] == "application/problem+json"
    assert 1 <= int(refused.headers["retry-after"]) <= 60
    assert "send fewer" in refused.json()["detail"]


def test_an_address_from_which_too_much_is_refused_waits_whatever_token_it_tries_next():
    guesser = client(failures=3)
    statuses = [guesser.get("/?status=401", headers=bearer(f"guess {n}")).status_code for n in range(5)]
    assert statuses == [401, 401, 401, 429, 429]


def test_what_goes_well_is_no_failure():
    caller = client(failures=2)
    assert {caller.get("/").status_code for _ in range(10)} == {200}


def test_health_checks_and_the_stylesheet_are_never_held_up():
    caller = client(requests=1)
    assert {caller.get(path).status_code for path in ("/healthz", "/readyz", "/static/style.css") * 3} == {200}


def test_nothing_is_counted_where_no_limit_is_set():
    caller = client()
    assert {caller.get("/").status_code for _ in range(50)} == {200}


@pytest.mark.parametrize("storage", ["nonsense://", "redis-of-mine"])
def test_a_storage_that_cannot_be_used_is_one_line(storage):
    with pytest.raises(ConfigInvalid, match="DEALCAST_LIMITS_STORAGE is") as caught:
        client(requests=1, storage=storage).get("/")
    assert "\n" not in str(caught.value)
