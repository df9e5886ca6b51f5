"""Sign-in through a real provider on this machine: who it vouches for comes in, and nothing else does."""

from __future__ import annotations

import time
from dataclasses import replace

import httpx
import pytest
from fastapi.testclient import TestClient
from joserfc.jwk import RSAKey

from serving.app import create_app
from serving.people import audit
from serving.people.roll import add_person, end_person, find_person
from serving.settings import OidcSettings
from serving.tokens import utc_now
from tests.lib.provider import CLIENT_ID, CLIENT_SECRET, running_provider
from tests.lib.signing_in import HEADERS, signed_in

PUBLIC_URL = "http://localhost"


@pytest.fixture(scope="module")
def provider():
    with running_provider() as running:
        yield running


@pytest.fixture(scope="module")
def app(shop, provider):
    oidc = OidcSettings(provider.issuer, CLIENT_ID, CLIENT_SECRET)
    app = create_app(replace(shop.app.state.settings, public_url=PUBLIC_URL, oidc=oidc))
    app.state.live = shop.live
    for name in ("ann@example.com", "bo@example.com", "gone@example.com"):
        add_person(app.state.engine, name, "planner", utc_now())
    end_person(app.state.engine, find_person(app.state.engine, "gone@example.com"), utc_now())
    return app


@pytest.fixture
def browser(app, provider):
    provider.claims = {"sub": "1", "email": "ann@example.com", "email_verified": True}
    provider.lies, provider.forger = {}, None
    return TestClient(app, headers=HEADERS, base_url=PUBLIC_URL)


def through(browser, back="/"):
    """Follows the road to the provider and back, as a browser would; the last answer."""
    sent = browser.get("/sign-in/provider", params={"back": back}, follow_redirects=False)
    vouched = httpx.get(sent.headers["location"], follow_redirects=False)
    return browser.get(vouched.headers["location"], follow_redirects=False)


def is_in(browser):
    return browser.get("/", follow_redirects=False).status_code == 200


def test_whom_the_provider_vouches_for_comes_in_and_goes_where_they_wanted(browser, provider):
    assert "Sign in through your company" in browser.get("/sign-in").text
    answer = through(browser, "/account")
    assert (answer.status_code, answer.headers["location"]) == (303, "/account")
    assert "ann@example.com" in browser.get("/account").text
    asked = provider.asked[-1]
    assert asked["response_type"] == "code"
    assert asked["code_challenge_method"] == "S256"
    assert asked["redirect_uri"] == f"{PUBLIC_URL}/sign-in/provider/back"


def test_from_then_on_the_provider_s_subject_counts_and_not_the_address(browser, provider, app):
    through(browser)
    provider.claims = {"sub": "1", "email": "renamed@example.com"}
    assert through(TestClient(app, headers=HEADERS, base_url=PUBLIC_URL)).status_code == 303
    provider.claims = {"sub": "another", "email": "ann@example.com"}
    stranger = TestClient(app, headers=HEADERS, base_url=PUBLIC_URL)
    assert through(stranger).status_code == 401
    assert not is_in(stranger)


@pytest.mark.parametrize(
    "claims",
    [
        {"sub": "9", "email": "nobody@example.com"},
        {"sub": "8", "email": "gone@example.com"},
        {"sub": "7"},
        {"sub": "6", "email": "bo@example.com", "email_verified": False},
        {"sub": "5", "email": ["bo@example.com"]},
    ],
)
def test_without_an_account_that_works_nobody_comes_in(browser, provider, claims):
    provider.claims = claims
    answer = through(browser)
    assert answer.status_code == 401
    assert "did not let you in" in answer.text
    assert not is_in(browser)


@pytest.mark.parametrize(
    "lies",
    [
        {"nonce": "another"},
        {"nonce": None},
        {"aud": "another client"},
        {"iss": "http://127.0.0.1:1"},
        {"exp": int(time.time()) - 3600},
        {"exp": None},
        {"sub": None},
        {"iat": int(time.time()) + 36_000},
    ],
)
def test_a_token_that_is_not_for_this_sign_in_opens_nothing(browser, provider, lies):
    provider.lies = lies
    assert through(browser).status_code == 401
    assert not is_in(browser)


def test_a_token_signed_with_another_key_opens_nothing(browser, provider):
    provider.forger = RSAKey.generate_key(2048, {"kid": "one"})
    assert through(browser).status_code == 401
    assert not is_in(browser)


def test_an_answer_counts_once_and_in_the_browser_that_asked(browser, app):
    sent = browser.get("/sign-in/provider", follow_redirects=False)
    back = httpx.get(sent.headers["location"], follow_redirects=False).headers["location"]
    thief = TestClient(app, headers=HEADERS, base_url=PUBLIC_URL)
    assert thief.get(back, follow_redirects=False).status_code == 401
    assert browser.get(back.replace("state=", "state=x"), follow_redirects=False).status_code == 401
    assert browser.get(back, follow_redirects=False).status_code == 401, "the state was used up by the wrong answer"


def test_a_provider_that_is_away_is_said_in_words_and_noted(shop, app):
    gone = OidcSettings("http://127.0.0.1:9", CLIENT_ID)
    lone = create_app(replace(shop.app.state.settings, public_url=PUBLIC_URL, oidc=gone))
    answer = TestClient(lone, headers=HEADERS).get("/sign-in/provider", headers={"X-Request-Id": "provider-away"})
    assert answer.status_code == 401
    assert lone.state.audit.flush()
    lines = audit.read(lone.state.engine)
    found = lines.filter(lines["request_id"] == "provider-away")
    assert "does not answer as expected" in found["what"].item()


def test_without_a_provider_in_the_settings_there_is_no_such_road(client, shop):
    assert "provider" not in client.get("/sign-in").text
    answer = client.get("/sign-in/provider", follow_redirects=False)
    assert answer.headers["location"] == "/sign-in"
    assert signed_in(shop.app, "root@example.com").get("/account").status_code == 200
