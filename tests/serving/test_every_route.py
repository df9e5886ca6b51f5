"""Every route as nobody, as each role, and as a neighbour of the same role, who sees nothing of the other."""

from __future__ import annotations

import re
from dataclasses import dataclass
from html import unescape
from urllib.parse import quote

import polars as pl
import pytest
from fastapi.testclient import TestClient

from serving.access import ApiRule, session_cookie
from serving.deeds import RIGHTS, ROLES
from serving.people.roll import add_person, find_person
from serving.people.sessions import form_token, open_session
from serving.sight import hierarchy_of
from serving.tokens import create_token, utc_now
from tests.lib.routes import Closed, closed_routes

FILLED = {
    "deal_id": "deal",
    "deal_id:path": "deal",
    "rep_id": "rep",
    "rep_id:path": "rep",
    "scope": "scope",
    "scope:path": "scope",
    "scope_kind": "kind",
    "scope_id": "rep",
    "scope_id:path": "rep",
    "period": "period",
    "version": "version",
    "horizon": "horizon",
    "table": "table",
    "table:path": "table",
    "name": "table",
    "slug": "table",
}
"""How the parts of paths are filled; a new one has to be named here before the walk can go on."""


@dataclass(frozen=True)
class Someone:
    """A person of the shop, how they call, and what is theirs: open deals, and every id of a deal they see."""

    role: str
    rep_id: str
    api: TestClient
    page: TestClient
    csrf: str
    seen: frozenset[str]
    deal: str

    def ask(self, route: Closed, path: str, query: dict[str, str]):
        changes = route.method in ("POST", "PUT", "PATCH")
        if isinstance(route.rule, ApiRule):
            body = {"json": {}} if changes else {}
            return self.api.request(route.method, path, params=query, follow_redirects=False, **body)
        body = {"data": {"csrf": self.csrf}} if changes else {}
        return self.page.request(route.method, path, params=query, follow_redirects=False, **body)


def someone(shop, role, rep_id):
    """A person with an account, a token and a session; the session is opened anew each time."""
    engine, name, now = shop.app.state.engine, f"walk {role} {rep_id}", utc_now()
    person = find_person(engine, name) or add_person(engine, name, role, now, rep_id)
    secret = create_token(shop.workspace.store_url, f"{name} {now.timestamp()}", person_id=person.person_id)
    sight = hierarchy_of(shop.standing).sight(role, rep_id, RIGHTS[role])
    seen = sight.narrow_deals(shop.standing.board)["deal_id"]
    session = open_session(engine, person, now)
    return Someone(
        role,
        rep_id,
        TestClient(shop.app, headers={"Authorization": f"Bearer {secret}"}),
        TestClient(shop.app, headers={"accept": "text/html"}, cookies={session_cookie(False): session}),
        form_token(session),
        frozenset(seen),
        seen[0] if len(seen) else "none",
    )


def filled(path: str, whose: Someone) -> str:
    """The path with the other's things in it."""
    values = {
        "deal": whose.deal,
        "rep": whose.rep_id,
        "scope": f"rep:{whose.rep_id}",
        "kind": "rep",
        "period": "2026Q3",
        "version": "1",
        "horizon": "45",
        "table": "deals",
    }

    def fill(found: re.Match[str]) -> str:
        assert found[1] in FILLED, f"{path}: say in FILLED what {found[1]} is"
        return quote(values[FILLED[found[1]]], safe="")

    return re.sub(r"\{([^}]+)\}", fill, path)


@pytest.fixture(scope="module")
def neighbours(shop):
    """Pairs of the same role whose open deals do not overlap: two reps of one team, two managers."""
    board = shop.standing.board.filter(pl.col("owner_id").is_not_null())
    people = hierarchy_of(shop.standing).present
    busy = board.group_by("owner_id").len().filter(pl.col("len") >= 2)["owner_id"]
    reps = people.filter(pl.col("rep_id").is_in(busy.to_list())).sort("team", "rep_id")
    team = reps.group_by("team", maintain_order=True).agg("rep_id").filter(pl.col("rep_id").list.len() > 1)
    first, second = team["rep_id"][0][:2]
    managers = reps["manager_id"].drop_nulls().unique(maintain_order=True)[:2]
    return {
        "rep": (someone(shop, "rep", first), someone(shop, "rep", second)),
        "manager": (someone(shop, "manager", managers[0]), someone(shop, "manager", managers[1])),
    }


def test_a_stranger_is_turned_away_from_every_closed_route(shop, client, neighbours):
    asked = closed_routes(shop.app)
    assert any((route.method, route.path) == ("POST", "/v1/score") for route in asked)
    for route in asked:
        path = route.path
        answer = client.request(route.method, filled(path, neighbours["rep"][0]), follow_redirects=False)
        if isinstance(route.rule, ApiRule):
            assert answer.status_code == 401, path
            assert answer.headers["content-type"] == "application/problem+json"
            assert answer.headers["www-authenticate"] == "Bearer"
        else:
            assert answer.status_code == 303, path
            assert answer.headers["location"].startswith("/sign-in?back="), path


@pytest.mark.parametrize("role", ROLES)
def test_each_role_may_call_what_its_rights_say_and_nothing_else(shop, neighbours, role):
    rep_id = neighbours["manager" if role == "manager" else "rep"][0].rep_id
    for route in closed_routes(shop.app):
        # Anew each time: some routes end the session.
        caller = someone(shop, role, rep_id)
        answer = caller.ask(route, filled(route.path, caller), {})
        where = f"{route.method} {route.path} as {role}: {answer.status_code}"
        assert answer.status_code < 500 or answer.status_code == 503, where
        if route.rule.deed in RIGHTS[role]:
            assert answer.status_code not in (401, 403) or "cannot" not in answer.text, where
            assert answer.status_code != 401, where
        else:
            assert answer.status_code == 403, where


@pytest.mark.parametrize("role", ["rep", "manager"])
def test_a_neighbour_of_the_same_role_sees_nothing_of_the_other(shop, neighbours, role):
    me, other = neighbours[role]
    theirs = other.seen - me.seen
    assert me.seen
    assert theirs
    asked = 0
    for route in closed_routes(shop.app):
        for query in queries(route, other) if route.method == "GET" else ():
            caller = someone(shop, role, me.rep_id)
            answer = caller.ask(route, filled(route.path, other), query)
            shown = unescape(answer.text) if answer.status_code < 400 else ""
            leaked = sorted(theirs & set(re.findall(r"[\w-]+", shown)))
            # What was asked for by name may be repeated in the answer that there is nothing.
            leaked = [deal for deal in leaked if deal not in query.values()]
            assert leaked == [], f"{route.path} {query} shows {leaked[:3]} of {other.rep_id} to {me.rep_id}"
            if "deal_id" in route.path and not query:
                assert answer.status_code == 404, route.path
            asked += 1
    assert asked > 20


def queries(route: Closed, other: Someone) -> list[dict[str, str]]:
    """What to ask a route about another: nothing in particular, and by each of its parameters that can name them."""
    about = dict.fromkeys(("owner", "rep", "rep_id", "person", "forecaster"), other.rep_id)
    about |= {"scope": f"rep:{other.rep_id}", "search": other.deal, "format": "csv", "by": "rep", "team": "T01"}
    return [{}, *({name: value} for name, value in about.items() if name in route.parameters)]


def test_a_deal_that_is_another_s_is_answered_like_one_that_does_not_exist(shop, neighbours):
    other = neighbours["rep"][1]
    me = someone(shop, "rep", neighbours["rep"][0].rep_id)
    for path in ("/v1/deals/{}", "/v1/deals/{}/history"):
        answers = [me.api.get(path.format(deal)) for deal in (other.deal, "no-such-deal")]
        assert [answer.status_code for answer in answers] == [404, 404]
        first, second = (
            answer.json()["detail"].replace(repr(deal), "")
            for answer, deal in zip(answers, (other.deal, "no-such-deal"), strict=True)
        )
        assert first == second
    assert me.page.get(f"/deals/{other.deal}").status_code == 404
    assert me.page.get(f"/deals/{me.deal}").status_code == 200


def test_one_s_own_deal_is_seen(neighbours):
    for me, _ in neighbours.values():
        listed = {row["deal_id"] for row in me.api.get("/v1/deals", params={"limit": 500}).json()["deals"]}
        assert listed == me.seen
        assert me.api.get(f"/v1/deals/{me.deal}").status_code == 200
