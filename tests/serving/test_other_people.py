"""Nothing that a rep or a manager can ask tells of people whom they do not see: no id, no name, no deal."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from html import unescape

import polars as pl
import pytest
from fastapi import Request

from serving.exports import NAMES
from serving.pages.forecast import _heard
from serving.pages.forecast_asked import Asked
from serving.pages.narrowing import seen_history
from serving.pages.shell import Shell
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


def test_a_posted_deal_tells_nothing_of_a_customer_of_others(shop, api, strangers):
    me = strangers["rep"][0]
    history = shop.standing.history
    account = hidden_customer(shop, me)
    template = history["deals"].filter(pl.col("deal_id") == me.deal).row(0, named=True)
    changes = history["deal_changes"].filter(pl.col("deal_id") == me.deal)
    rows = [
        {"changed_at": f"{row['changed_at'].isoformat()}Z", "field": row["field"], "new_value": row["new_value"]}
        for row in changes.iter_rows(named=True)
    ]

    def asked(caller, name):
        deal = {"deal_id": "mine", "created_at": f"{template['created_at'].isoformat()}Z", "account_id": name}
        moved = {"changed_at": rows[-1]["changed_at"], "field": "account_id", "new_value": name}
        answer = caller.post("/v1/score", json={"deals": [{**deal, "changes": [*rows, moved]}]})
        assert answer.status_code == 200, answer.text
        return answer.json()["scores"][0]

    theirs, nobody = asked(me.api, account), asked(me.api, "nobody-knows-it")
    assert theirs == nobody
    assert asked(api, account) != asked(api, "nobody-knows-it"), "who sees everything is told"


def hidden_customer(shop, me):
    """The customer with most wins of whom the person sees no deal."""
    sight = hierarchy_of(shop.standing).sight("rep", me.rep_id, frozenset({"read"}))
    mine = seen_history(shop.standing, sight)["deals"]["account_id"].drop_nulls()
    won = [stage.name for stage in shop.standing.history.settings.stages if stage.outcome == "won"]
    wins = shop.standing.history["deal_changes"].filter((pl.col("field") == "stage") & pl.col("new_value").is_in(won))
    others = shop.standing.history["deals"].filter(~pl.col("account_id").is_in(mine.to_list()))
    found = others.join(wins, on="deal_id", how="semi").group_by("account_id").len()
    return found.sort("len", "account_id", descending=[True, False])["account_id"][0]


@pytest.mark.parametrize("way", ["api", "page"])
def test_who_speaks_for_others_learns_neither_who_nor_what_there_is(shop, strangers, way):
    me, other, ids, names = strangers["rep"]
    told = []
    for scope in (f"rep:{other.rep_id}", "rep:nobody", "team:T02", "team:no-such-team", "region:nowhere"):
        body = {"scope": scope, "period": "2099Q4", "commit": 1.0}
        if way == "api":
            answer = me.api.post("/v1/forecast-calls", json=body)
        else:
            answer = me.page.post("/forecast/statements", data={**body, "csrf": me.csrf})
        assert answer.status_code == 403
        text = unescape(answer.text).replace(scope, "SCOPE").replace(scope.split(":")[1], "SCOPE")
        assert told_of(text, ids - {other.rep_id}, names) == []
        told.append(re.sub(r"[0-9a-f]{16}", "", text))
    assert len({text.replace("kind", "") for text in told[:2]}) == 1, "whether somebody exists is not told"


def test_the_forecast_page_of_a_rep_does_not_tell_what_the_manager_said(shop, strangers):
    me = strangers["rep"][0]
    calls = shop.standing.history["forecast_calls"].filter(
        (pl.col("scope_id") == me.rep_id) & (pl.col("forecaster_kind") == "manager")
    )
    period = calls.sort("called_at")["period"][-1]
    own = hierarchy_of(shop.standing).sight("rep", me.rep_id, frozenset({"read"}))
    request = Request({"type": "http", "method": "GET", "path": "/forecast", "headers": [], "query_string": b""})
    for sight, is_told in ((own, False), (replace(own, people=None), True)):
        assert _heard(Shell(request, shop.standing, sight), "rep", me.rep_id, Asked(period, "rep", "amount")) is is_told
    page = me.page.get("/forecast", params={"by": "rep"}, headers={"accept-language": "en"}).text
    row = re.search(r"The managers&#39; number.*?</tr>", page, flags=re.S)
    assert row is not None
    assert not re.search(r"[¥$]", row[0])
