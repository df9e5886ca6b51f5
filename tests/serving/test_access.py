"""Closed by default: a route without an access rule does not exist, and nobody gets in without a token."""

import pytest
from fastapi.routing import APIRoute
from fastapi.testclient import TestClient

from serving.access import COOKIE, PUBLIC, RULES
from serving.tokens import create_token, revoke

ASSETS = "/static"


def every_route(routes):
    """The routes of an app, those of included routers among them."""
    for route in routes:
        inner = getattr(route, "original_router", None)
        if inner is not None:
            yield from every_route(inner.routes)
        else:
            yield route


def rules_of(dependant):
    found = {dependant.call}
    for inner in dependant.dependencies:
        found |= rules_of(inner)
    return found & RULES


def test_every_route_has_an_access_rule_or_stands_on_the_public_list(shop):
    routes = list(every_route(shop.app.routes))
    assert len(routes) > 12
    for route in routes:
        ruled = isinstance(route, APIRoute) and rules_of(route.dependant)
        assert ruled or route.path in PUBLIC, f"{route.path} has no access rule"


def test_the_public_list_holds_no_route_that_is_gone_or_has_a_rule(shop):
    routes = {route.path: route for route in every_route(shop.app.routes)}
    for path in PUBLIC:
        route = routes[path]
        assert not (isinstance(route, APIRoute) and rules_of(route.dependant)), path


def closed_routes(app):
    for route in every_route(app.routes):
        if route.path not in PUBLIC:
            path = route.path.replace("{deal_id:path}", "D1")
            yield from ((method, path) for method in sorted(route.methods - {"HEAD"}))


def test_an_anonymous_caller_is_turned_away_from_every_closed_route(shop, client):
    asked = list(closed_routes(shop.app))
    assert ("POST", "/v1/score") in asked
    for method, path in asked:
        answer = client.request(method, path, follow_redirects=False)
        if path.startswith("/v1/"):
            assert answer.status_code == 401, path
            assert answer.headers["content-type"] == "application/problem+json"
            assert answer.headers["www-authenticate"] == "Bearer"
        else:
            assert answer.status_code == 303, path
            assert answer.headers["location"].startswith("/sign-in?back="), path


@pytest.mark.parametrize(
    "value",
    [
        "",
        "Bearer",
        "Bearer ",
        "Bearer nonsense",
        "Bearer dealcast_nonsense",
        "Basic dXNlcjpwYXNz",
        "Bearer \u00e9".encode(),
    ],
)
def test_what_is_no_working_token_opens_nothing(client, value):
    assert client.get("/v1/deals", headers={"Authorization": value}).status_code == 401


def test_a_revoked_token_opens_nothing(shop):
    url = shop.workspace.store_url
    secret = create_token(url, "short-lived")
    caller = TestClient(shop.app, headers={"Authorization": f"Bearer {secret}"})
    assert caller.get("/v1/deals").status_code == 200
    revoke(url, "short-lived")
    assert caller.get("/v1/deals").status_code == 401


def test_a_browser_s_cookie_does_not_open_the_api(browser):
    assert browser.get("/").status_code == 200
    assert browser.get("/v1/deals").status_code == 401


def test_the_cookie_can_be_read_by_no_script_and_sent_by_no_other_site(shop, client):
    answer = client.post("/sign-in", data={"token": shop.token}, follow_redirects=False)
    cookie = answer.headers["set-cookie"].lower()
    assert COOKIE in cookie
    assert "httponly" in cookie
    assert "samesite=strict" in cookie


def test_a_wrong_token_is_refused_in_words_and_sets_no_cookie(client):
    answer = client.post("/sign-in", data={"token": "dealcast_wrong"}, headers={"accept-language": "zh-CN"})
    assert answer.status_code == 401
    assert "令牌无效或已过期" in answer.text
    assert "set-cookie" not in answer.headers


def test_signing_out_ends_it(browser):
    browser.post("/sign-out")
    assert browser.get("/", follow_redirects=False).status_code == 303


@pytest.mark.parametrize("back", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)"])
def test_nobody_is_sent_to_another_host(shop, client, back):
    answer = client.post("/sign-in", data={"token": shop.token, "back": back}, follow_redirects=False)
    assert answer.headers["location"] == "/"
    switch = client.get("/language/en", params={"back": back}, follow_redirects=False)
    assert switch.headers["location"] == "/"


def test_after_signing_in_one_is_where_one_wanted_to_be(shop, client):
    sent = client.get("/?band=critical", follow_redirects=False).headers["location"]
    form = client.get(sent, headers={"accept-language": "en"})
    assert 'name="back" value="/?band=critical"' in form.text
    answer = client.post("/sign-in", data={"token": shop.token, "back": "/?band=critical"}, follow_redirects=False)
    assert answer.headers["location"] == "/?band=critical"


def test_healthz_says_nothing_of_the_data(client):
    assert client.get("/healthz").json() == {"status": "ok"}


def test_every_answer_forbids_scripts_and_frames(client, browser, api):
    for answer in (client.get("/healthz"), browser.get("/"), api.get("/v1/deals"), client.get("/nowhere")):
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert answer.headers["x-content-type-options"] == "nosniff"
