"""Nothing that a rep or a manager can ask tells of people whom they do not see: no id, no name, no deal."""

from __future__ import annotations

import json
import re
from html import unescape

import polars as pl
import pytest

from serving.exports import NAMES
from serving.sight import hierarchy_of
from tests.lib.routes import closed_routes
from tests.serving.test_every_route import filled, neighbours, queries, someone

__all__ = ["neighbours"]

COLLEAGUES = {"history_reps": "manager_id", "history_assessments": "assessor", "history_support_tasks": "asked_by"}
"""Columns of one's own rows that name somebody else by right: whom one reports to, who assessed one, whom one helps."""


@pytest.fixture(scope="module")
def strangers(shop, neighbours):
    """By role: who asks, whose neighbour, and the ids and names of everybody whom the first does not see."""
    people = hierarchy_of(shop.standing).known
    found = {}
    for role, (me, other) in neighbours.items():
        sight = hierarchy_of(shop.standing).sight(role, me.rep_id, frozenset({"read"}))
        unseen = people.filter(~pl.col("rep_id").is_in(sorted(sight.people)))
        names = {shop.standing.names.get(one) for one in unseen["rep_id"]} - {None}
        found[role] = (me, other, {*unseen["rep_id"]}, names - {shop.standing.names.get(one) for one in sight.people})
    return found


def told_of(text, ids, names):
    """Whom of these a text names."""
    words = set(re.findall(r"[\w-]+", text))
    return sorted(ids & words) + sorted(name for name in names if name in text)


@pytest.mark.parametrize("role", ["rep", "manager"])
def test_no_route_names_anybody_who_is_not_seen(shop, strangers, role):
    me, other, ids, names = strangers[role]
    asked, told = 0, {}
    for route in closed_routes(shop.app):
        for query in queries(route, other) if route.method == "GET" else ():
            caller = someone(shop, role, me.rep_id)
            answer = caller.ask(route, filled(route.path, me), query)
            if answer.status_code < 400:
                # What was asked for by name may be repeated in the answer that there is nothing.
                found = [one for one in told_of(unescape(answer.text), ids, names) if one not in str(query)]
                told |= {f"{route.path} {query}": found} if found else {}
            asked += 1
    assert asked > 40
    assert told == {}


@pytest.mark.parametrize("role", ["rep", "manager"])
def test_no_export_names_anybody_who_is_not_seen(shop, strangers, role):
    me, other, ids, names = strangers[role]
    told = {}
    for table in NAMES:
        for by in (None, "rep", "team"):
            query = {"format": "json", **({"by": by} if by else {})}
            answer = me.api.get(f"/v1/export/{table}", params=query)
            assert answer.status_code in (200, 403, 404, 422), (table, answer.text[:200])
            if answer.status_code == 200:
                own = [{**row, COLLEAGUES.get(table, ""): None} for row in answer.json()]
                text = json.dumps(own, ensure_ascii=False)
                found = told_of(text, ids, names) + sorted((other.seen - me.seen) & set(re.findall(r"[\w-]+", text)))
                told |= {f"{table} by {by}": found} if found else {}
    assert told == {}


def test_what_a_manager_said_of_a_rep_is_told_to_the_rep_nowhere(shop, strangers):
    me = strangers["rep"][0]
    about = shop.standing.history["forecast_calls"].filter(pl.col("scope_id") == me.rep_id)
    assert {"rep", "manager"} <= set(about["forecaster_kind"]), "the company has such statements"
    listed = me.api.get("/v1/forecast-calls", params={"limit": 1000}).json()["calls"]
    tables = ("forecast_calls", "history_forecast_calls")
    taken = [me.api.get(f"/v1/export/{name}?format=json").json() for name in tables]
    for rows in (listed, *taken):
        assert {row["forecaster_id"] for row in rows} == {me.rep_id}
