"""Closed by default: a route without an access rule does not exist, and nobody gets in without a token or a session."""

import pytest
from fastapi.routing import APIRoute
from fastapi.testclient import TestClient

from history.leading import people_at
from serving.access import PUBLIC
from serving.people import audit
from serving.tokens import PREFIX, create_token, revoke, workspace_mark
from tests.lib.routes import every_route, rules_of
from tests.lib.signing_in import PASSWORD, csrf_of, sign_in
from tests.serving.conftest import ADMIN


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


def test_a_token_of_another_workspace_is_told_so_and_noted(shop, client):
    foreign = f"{PREFIX}{workspace_mark('another')}{'a' * 43}"
    answer = client.get("/v1/deals", headers={"Authorization": f"Bearer {foreign}", "X-Request-Id": "of-another-1"})
    assert answer.status_code == 401
    assert "the token was made for another workspace" in answer.json()["detail"]
    assert noted(shop, "of-another-1") == (audit.REFUSED, 401, "GET /v1/deals")


def noted(shop, request_id):
    """Deed, status and place of the audit line of one request."""
    assert shop.app.state.audit.flush()
    lines = audit.read(shop.app.state.engine)
    found = lines.filter(lines["request_id"] == request_id)
    assert found.height == 1, found
    return found.select("deed", "status", "what").row(0)


def test_a_token_can_do_no_more_than_its_scopes_say(shop):
    secret = create_token(shop.workspace.store_url, "only reads", scopes=["read"])
    caller = TestClient(shop.app, headers={"Authorization": f"Bearer {secret}"})
    assert caller.get("/v1/deals").status_code == 200
    refused = caller.get("/metrics")
    assert refused.status_code == 403
    assert refused.json()["detail"] == (
        "a program that has the rights read cannot read the service's metrics; expected the right metrics, which is "
        "missing. Ask an administrator for an account or a token that has it."
    )


def test_a_page_says_which_right_is_missing_in_the_reader_s_language(shop, browser_as):
    people = people_at(shop.standing.past, shop.standing.as_of)["rep_id"].sort()
    browser = browser_as("rep", people[0])
    form = {"csrf": csrf_of(browser), "indicator": "win_rate", "goal": "0.4", "period": "2028Q1"}
    for language, said in (
        ("en", "Your account may not write a goal down: the right “coach” is missing. Ask your administrator for it."),
        ("zh-CN", "您的账号无权记录目标：缺少权限“coach”，请联系管理员开通。"),
    ):
        browser.get(f"/language/{language}")
        answer = browser.post(f"/people/{people[0]}/goals", data=form, headers={"accept": "text/html"})
        assert answer.status_code == 403
        assert said in answer.text


def test_a_browser_s_session_does_not_open_the_api(browser):
    assert browser.get("/").status_code == 200
    assert browser.get("/v1/deals").status_code == 401


def test_an_api_token_does_not_open_pages(api):
    assert api.get("/", follow_redirects=False).status_code == 303


def test_the_cookie_can_be_read_by_no_script_and_comes_with_no_form_of_another_site(client):
    cookie = sign_in(client, ADMIN).headers["set-cookie"].lower()
    assert "dealcast_session=" in cookie
    assert "httponly" in cookie
    assert "samesite=lax" in cookie


@pytest.mark.parametrize("back", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)"])
def test_nobody_is_sent_to_another_host(client, back):
    assert sign_in(client, ADMIN, back=back).headers["location"] == "/"
    switch = client.get("/language/en", params={"back": back}, follow_redirects=False)
    assert switch.headers["location"] == "/"


def test_after_signing_in_one_is_where_one_wanted_to_be(client):
    sent = client.get("/?band=critical", follow_redirects=False).headers["location"]
    form = client.get(sent, headers={"accept-language": "en"})
    assert 'name="back" value="/?band=critical"' in form.text
    assert sign_in(client, ADMIN, PASSWORD, "/?band=critical").headers["location"] == "/?band=critical"


def test_signing_out_ends_the_session_on_the_server_too(browser):
    kept = dict(browser.cookies)
    browser.post("/sign-out", data={"csrf": csrf_of(browser)})
    assert browser.get("/", follow_redirects=False).status_code == 303
    thief = TestClient(browser.app, cookies=kept)
    assert thief.get("/", follow_redirects=False).status_code == 303


@pytest.mark.parametrize("csrf", ["", "0" * 64, "\u00e9"])
@pytest.mark.parametrize("path", ["/sign-out", "/account/sign-out-everywhere", "/account/password"])
def test_a_form_of_another_site_does_nothing(browser, path, csrf):
    answer = browser.post(path, data={"csrf": csrf} if csrf else {}, headers={"Origin": "https://evil.example"})
    assert answer.status_code == 403
    assert browser.get("/", follow_redirects=False).status_code == 200


def test_healthz_says_nothing_of_the_data(client):
    assert client.get("/healthz").json() == {"status": "ok"}


def test_every_answer_forbids_scripts_and_frames(client, browser, api):
    for answer in (client.get("/healthz"), browser.get("/"), api.get("/v1/deals"), client.get("/nowhere")):
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["x-frame-options"] == "DENY"
        assert "strict-transport-security" not in answer.headers
