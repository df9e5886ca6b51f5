"""Signing in with name and password, the lock after too many failures, and one's own account."""

from __future__ import annotations

import datetime as dt
from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa
from argon2 import PasswordHasher
from fastapi.testclient import TestClient

from history.errors import RequestInvalid
from serving.people.entry import LOCK_MINUTES, MOST_FAILURES, Refused, enter
from serving.people.passwords import hashed_password, made_password
from serving.people.roll import add_person, end_person, set_password
from serving.people.sessions import HOURS, end_sessions, find_session, open_session
from serving.store import SESSIONS, open_tables
from tests.lib.postgres import new_database, postgres
from tests.lib.signing_in import HEADERS, PASSWORD, csrf_of, sign_in, signed_in
from tests.serving.conftest import ADMIN

__all__ = ["postgres"]

NOW = dt.datetime(2026, 7, 1, 8, 0)
SOON = NOW + dt.timedelta(minutes=LOCK_MINUTES - 1)
LATER = NOW + dt.timedelta(minutes=LOCK_MINUTES + 1)


@pytest.fixture(params=["sqlite", "postgresql"])
def engine(request, tmp_path):
    made = f"sqlite:///{tmp_path / 'deals.db'}"
    engine = open_tables(made if request.param == "sqlite" else new_database(request.getfixturevalue("postgres")))
    yield engine
    engine.dispose()


def fail(engine, times, now=NOW, name="ann"):
    for _ in range(times):
        with pytest.raises(Refused):
            enter(engine, name, "a wrong password", now)


def test_name_and_password_open_and_the_case_of_the_name_does_not_matter(engine):
    add_person(engine, "Ann", "planner", NOW, password=PASSWORD)
    assert enter(engine, " ANN", PASSWORD, NOW).name == "Ann"
    for wrong in (PASSWORD.upper(), "", PASSWORD + " "):
        with pytest.raises(Refused):
            enter(engine, "Ann", wrong, NOW)


def test_five_failures_lock_even_the_right_password_out_for_a_quarter_of_an_hour(engine):
    add_person(engine, "ann", "planner", NOW, password=PASSWORD)
    fail(engine, MOST_FAILURES)
    with pytest.raises(Refused) as caught:
        enter(engine, "ann", PASSWORD, SOON)
    assert caught.value.locked
    assert enter(engine, "ann", PASSWORD, LATER).name == "ann"
    fail(engine, MOST_FAILURES - 1, LATER)
    assert enter(engine, "ann", PASSWORD, LATER).name == "ann"


def test_guesses_sent_at_once_all_count(engine):
    add_person(engine, "ann", "planner", NOW, password=PASSWORD)
    with ThreadPoolExecutor(MOST_FAILURES) as crowd:
        list(crowd.map(lambda _: fail(engine, 1), range(MOST_FAILURES)))
    with pytest.raises(Refused):
        enter(engine, "ann", PASSWORD, SOON)


def test_a_new_password_opens_a_locked_account_and_ends_its_sessions(engine):
    person = add_person(engine, "ann", "planner", NOW, password=PASSWORD)
    secret = open_session(engine, person, NOW)
    fail(engine, MOST_FAILURES)
    set_password(engine, person, "another good one", NOW)
    assert enter(engine, "ann", "another good one", NOW).name == "ann"
    assert find_session(engine, secret, NOW) is None


def test_an_account_without_a_password_or_that_was_ended_lets_nobody_in(engine):
    add_person(engine, "provided", "planner", NOW)
    fail(engine, 1, name="provided")
    person = add_person(engine, "gone", "planner", NOW, password=PASSWORD)
    secret = open_session(engine, person, NOW)
    end_person(engine, person, NOW)
    with pytest.raises(Refused):
        enter(engine, "gone", PASSWORD, NOW)
    assert find_session(engine, secret, NOW) is None


def test_a_session_ends_by_time_and_by_word_and_is_kept_as_a_hash(engine):
    person = add_person(engine, "ann", "planner", NOW, password=PASSWORD)
    secret, other = open_session(engine, person, NOW), open_session(engine, person, NOW)
    assert find_session(engine, secret, NOW).name == "ann"
    assert find_session(engine, secret, NOW + dt.timedelta(hours=HOURS)) is None
    with engine.connect() as connection:
        assert secret not in str(connection.execute(sa.select(SESSIONS)).all())
    end_sessions(engine, person, NOW)
    assert find_session(engine, other, NOW) is None


@pytest.mark.parametrize("password", ["short", "x" * 201, "aaaaaaaaaaaaa", "ann@example.com", "a\x00bcdefghijk"])
def test_a_password_that_is_easy_to_guess_is_refused(password):
    with pytest.raises(RequestInvalid):
        hashed_password(password, "ann@example.com")


def test_passwords_are_hashed_with_argon2id_and_made_ones_differ():
    assert hashed_password(PASSWORD, "ann").startswith("$argon2id$")
    usual = PasswordHasher()
    assert (usual.memory_cost, usual.time_cost) >= (19_456, 2), "the least that OWASP advises"
    assert made_password() != made_password()


def test_a_wrong_password_is_refused_in_words_and_sets_no_session(client):
    client.headers["accept-language"] = "zh-CN"
    answer = sign_in(client, ADMIN, "a wrong password")
    assert answer.status_code == 401
    assert "用户名或密码不正确" in answer.text
    assert "dealcast_session" not in answer.headers.get("set-cookie", "")
    assert "a wrong password" not in answer.text


def test_nothing_tells_a_name_that_exists_from_one_that_does_not(client):
    known, unknown = sign_in(client, ADMIN, "wrong wrong wrong"), sign_in(client, "nobody at all", "wrong wrong wrong")
    assert (known.status_code, known.text) == (unknown.status_code, unknown.text)


def test_a_form_that_our_page_did_not_make_signs_nobody_in(shop):
    for csrf in ("", "0" * 64):
        browser = TestClient(shop.app, headers=HEADERS)
        browser.get("/sign-in")
        answer = browser.post("/sign-in", data={"name": ADMIN, "password": PASSWORD, "csrf": csrf})
        assert answer.status_code == 403
        assert "dealcast_session" not in browser.cookies


@pytest.mark.parametrize(
    "name", ["a\x00b", "x" * 9_000, "{{ 7 * 7777 }}", "'; drop table serving_people; --", "<script>"]
)
def test_a_name_that_tries_something_is_a_plain_refusal(client, name):
    answer = sign_in(client, name)
    assert answer.status_code == 401
    assert "54439" not in answer.text
    assert "<script>" not in answer.text


def test_a_form_of_ten_megabytes_is_refused_unread(client):
    answer = client.post("/sign-in", data={"name": "x" * 10_000_000})
    assert answer.status_code == 413


def test_the_account_page_tells_who_one_is_in_both_languages(browser_as, shop):
    board = shop.standing.board
    rep = board["owner_id"].drop_nulls()[0]
    page = browser_as("rep", rep)
    assert "your own deals and figures" in page.get("/account").text
    page.get("/language/zh-CN")
    shown = page.get("/account").text
    assert "本人的商机与数据" in shown
    assert "销售代表" in shown


def test_one_can_change_the_password_and_other_devices_are_signed_out(shop):
    add_person(shop.app.state.engine, "changing", "planner", NOW, password=PASSWORD)
    here, there = signed_in(shop.app, "changing"), signed_in(shop.app, "changing")
    sent = {"old": PASSWORD, "new": "something else 1", "again": "something else 1", "csrf": csrf_of(here)}
    answer = here.post("/account/password", data=sent)
    assert answer.status_code == 200
    assert "The password is changed" in answer.text
    assert here.get("/", follow_redirects=False).status_code == 200
    assert there.get("/", follow_redirects=False).status_code == 303
    assert sign_in(there, "changing", PASSWORD).status_code == 401
    assert sign_in(there, "changing", "something else 1").status_code == 303


@pytest.mark.parametrize(
    ("old", "new", "again", "expected"),
    [
        ("not it at all", "something else 1", "something else 1", "The present password is not right"),
        (PASSWORD, "something else 1", "something else 2", "The two new passwords differ"),
        (PASSWORD, "short", "short", "too short or too easy"),
    ],
)
def test_a_password_is_not_changed_by_mistake(shop, browser_as, old, new, again, expected):
    browser = browser_as("planner")
    sent = {"old": old, "new": new, "again": again, "csrf": csrf_of(browser)}
    answer = browser.post("/account/password", data=sent)
    assert answer.status_code == 422
    assert expected in answer.text
    assert sign_in(browser, "planner None", PASSWORD).status_code == 303


def test_signing_out_everywhere_ends_every_session(shop):
    add_person(shop.app.state.engine, "leaving", "planner", NOW, password=PASSWORD)
    here, there = signed_in(shop.app, "leaving"), signed_in(shop.app, "leaving")
    here.post("/account/sign-out-everywhere", data={"csrf": csrf_of(here)})
    for browser in (here, there):
        assert browser.get("/", follow_redirects=False).status_code == 303
