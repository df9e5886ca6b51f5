"""What people say of a period is kept as it was said, and is held against what came."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import polars as pl
import pytest
from fastapi.testclient import TestClient

from history.errors import DateInvalid, DealUnknown, NotAllowed, RequestInvalid
from history.record import History
from history.store import Store, open_store
from indicators.accuracy import accuracy
from serving.submissions import Statement, checked, statements, submit
from tests.lib.deal_log import at, deal, told
from tests.serving.conftest import caller_as

NOW = at("2026-02-03")
PEOPLE = pl.DataFrame(
    [("lee", "North", None), ("ann", "North", "lee"), ("bo", "North", "lee"), ("cy", "South", None)],
    schema=["rep_id", "team", "manager_id"],
    orient="row",
)


@pytest.fixture
def history() -> History:
    return told(
        deal("past", "2025-10-02", ("Won", "2025-11-20"), owner_id="ann", amount=60),
        deal("now", "2026-01-02", ("Won", "2026-03-10"), owner_id="ann", amount=90, product_line="Chips"),
        reps=PEOPLE,
    )


@pytest.fixture
def store(history: History, tmp_path) -> Store:
    store = open_store(f"sqlite:///{tmp_path / 'store.db'}", create=True)
    for name in ("deals", "reps", "deal_changes"):
        store.append(name, history[name], imported_at=at("2025-10-01"))
    return store


OWN = Statement("ann", "rep", "ann", "2026Q1", {"commit": 80.0, "most_likely": 100.0})


def test_a_submitted_call_is_held_against_what_came_when_the_period_has_ended(store: Store, history: History):
    submit(store, history, replace(OWN, note="one large deal"), NOW)
    submit(store, history, replace(OWN, by="lee", values={"commit": 70.0}), NOW)
    found = accuracy(store.history(history.settings), at("2026-04-02"), "rep", (45,))
    rows = found.filter(pl.col("source") == "submitted").rows_by_key("forecaster_kind", named=True, unique=True)
    assert {kind: (row["forecast_sum"], row["actual_sum"]) for kind, row in rows.items()} == {
        "rep": (100.0, 90.0),
        "manager": (70.0, 90.0),
    }
    assert rows["rep"]["bias"] == pytest.approx(10 / 90)


def test_a_year_s_call_is_held_against_what_the_year_came_to(store: Store, history: History):
    submit(store, history, replace(OWN, period="FY2026", values={"most_likely": 120.0}), NOW)
    found = accuracy(store.history(history.settings), at("2027-01-02"), "rep", (45,), cadence="year")
    row = found.filter(pl.col("source") == "submitted").row(0, named=True)
    assert (row["forecast_sum"], row["actual_sum"], row["n_periods"]) == (120.0, 90.0, 1)


def test_a_later_statement_holds_and_the_earlier_stays(store: Store, history: History):
    submit(store, history, OWN, NOW)
    submit(store, history, replace(OWN, values={"commit": 85.0}), NOW + dt.timedelta(hours=1))
    said = statements(store.read("forecast_calls"), at("2026-02-04"))
    shown = said.select("category", "value", "holds").rows()
    assert shown == [("commit", 85.0, True), ("commit", 80.0, False), ("most_likely", 100.0, True)]
    before = accuracy(store.history(history.settings), at("2026-04-02"), "rep", (57,))
    assert before.filter(pl.col("source") == "submitted")["forecast_sum"].to_list() == [100.0]


def test_a_manager_s_override_stands_beside_the_rep_s_own_call(store: Store, history: History):
    submit(store, history, OWN, NOW)
    submit(store, history, replace(OWN, by="lee", values={"commit": 70.0}), NOW + dt.timedelta(hours=1))
    said = statements(store.read("forecast_calls"), at("2026-02-04"))
    assert said.filter("holds").select("forecaster_kind", "category", "value").sort("value").rows() == [
        ("manager", "commit", 70.0),
        ("rep", "commit", 80.0),
        ("rep", "most_likely", 100.0),
    ]


def test_what_is_said_later_is_not_known_before(store: Store, history: History):
    submit(store, history, OWN, NOW)
    assert statements(store.read("forecast_calls"), NOW).is_empty()


def test_a_year_can_be_spoken_of_and_has_one_name(history: History):
    rows = checked(history, replace(OWN, period="fy2026"), NOW)
    assert rows["period"].unique().to_list() == ["2026"]
    assert rows["category"].to_list() == ["commit", "most_likely"]


def test_a_manager_speaks_for_the_people_and_the_team_they_lead(history: History):
    for kind, scope_id in (("rep", "bo"), ("team", "North")):
        rows = checked(history, Statement("lee", kind, scope_id, "2026Q1", {"commit": 5.0}), NOW)
        assert rows["forecaster_kind"].to_list() == ["manager"]


@pytest.mark.parametrize(
    ("change", "error", "says"),
    [
        (
            {"by": "zoe", "scope_id": "zoe"},
            DealUnknown,
            "nobody is called 'zoe'; expected a rep_id, such as ann, bo, cy",
        ),
        (
            {"scope_id": "zoe"},
            DealUnknown,
            "there is no rep 'zoe'; expected one that is known, such as ann, bo, cy, lee",
        ),
        (
            {"scope_kind": "team", "scope_id": "East"},
            DealUnknown,
            "there is no team 'East'; expected one that is known",
        ),
        ({"scope_kind": "product_line", "scope_id": "Mud"}, DealUnknown, "there is no product line 'Mud'; .* Chips"),
        ({"scope_kind": "galaxy"}, RequestInvalid, "scope kind 'galaxy' is not known; expected one of rep, team"),
        ({"scope_id": "bo"}, NotAllowed, "ann cannot speak for rep:bo; expected one's own scope .*: rep:ann. Name one"),
        ({"by": "lee", "scope_kind": "company", "scope_id": "company"}, NotAllowed, "lee cannot speak for company"),
        ({"by": "lee", "scope_id": "cy"}, NotAllowed, "rep:lee, rep:ann, rep:bo, team:North. Name one of these"),
        ({"period": "2026Q7"}, DateInvalid, "period '2026Q7' is not known; expected a quarter such as 2026Q4"),
        ({"period": "2025Q4"}, DateInvalid, "period 2025Q4 ended before 2026-01-01; expected one that is running or"),
        ({"values": {"commit": -1.0}}, RequestInvalid, "commit -1 cannot be; expected a number of 0 or more. Correct"),
        ({"values": {"commit": float("nan")}}, RequestInvalid, "commit nan cannot be; expected a number of 0 or more"),
        (
            {"values": {"pipeline": 1.0}},
            RequestInvalid,
            "category 'pipeline' is not known; expected one of commit, most",
        ),
        ({"values": {}}, RequestInvalid, "nothing was said; expected at least one of commit, most_likely, best_case"),
        ({"values": {"commit": 5.0, "best_case": 4.0}}, RequestInvalid, "commit 5 is more than best_case 4; expected"),
        ({"measure": "profit"}, RequestInvalid, "measure 'profit' is not known; expected amount or count. Correct it"),
        ({"note": "x" * 2001}, RequestInvalid, "the note of 2001 characters cannot be kept; expected 2000 at most"),
    ],
)
def test_what_cannot_be_said_is_told_in_one_sentence(history: History, change, error, says):
    with pytest.raises(error, match=says):
        checked(history, replace(OWN, **change), NOW)


def test_a_person_who_has_left_says_nothing(history: History):
    left = PEOPLE.with_columns(left_at=pl.when(pl.col("rep_id") == "ann").then(pl.lit(at("2026-01-15"))))
    with pytest.raises(NotAllowed, match="ann has left the company; expected somebody who is there"):
        checked(told(reps=left).with_tables(deal_changes=history["deal_changes"]), OWN, NOW)


def test_where_nobody_is_listed_the_owners_of_deals_speak_for_themselves(history: History):
    alone = history.with_tables(reps=history["reps"].head(0))
    assert checked(alone, OWN, NOW).height == 2
    with pytest.raises(DealUnknown):
        checked(alone, replace(OWN, by="lee", scope_id="lee"), NOW)


@pytest.fixture(scope="module")
def speakers(shop) -> dict[str, TestClient]:
    """Programs that carry the tokens of a rep and of the rep's manager."""
    reps = shop.crm.history["reps"].filter(pl.col("left_at").is_null() & pl.col("manager_id").str.starts_with("M"))
    rep, manager = reps.select("rep_id", "manager_id").row(0)
    found = {}
    for role, person in (("rep", rep), ("manager", manager)):
        found[role] = caller_as(shop, person)
        found[f"{role}_id"] = person
    return found


FAR = "2199Q4"


def test_the_api_takes_a_statement_and_gives_back_what_was_said(speakers, api):
    said = speakers["rep"].post("/v1/forecast-calls", json={"period": FAR, "commit": 5, "best_case": 9, "note": "a"})
    assert said.status_code == 201, said.text
    assert [(row["category"], row["value"], row["note"]) for row in said.json()["calls"]] == [
        ("commit", 5.0, "a"),
        ("best_case", 9.0, "a"),
    ]
    over = {"period": FAR, "scope": f"rep:{speakers['rep_id']}", "commit": 4}
    assert speakers["manager"].post("/v1/forecast-calls", json=over).status_code == 201
    again = speakers["rep"].post("/v1/forecast-calls", json={"period": FAR, "commit": 6})
    assert again.status_code == 201
    listed = api.get("/v1/forecast-calls", params={"period": FAR, "scope": over["scope"]}).json()["calls"]
    shown = [(row["forecaster_kind"], row["category"], row["value"], row["holds"]) for row in listed]
    assert shown == [
        ("rep", "commit", 6.0, True),
        ("manager", "commit", 4.0, True),
        ("rep", "best_case", 9.0, True),
        ("rep", "commit", 5.0, False),
    ]
    holding = api.get("/v1/forecast-calls", params={"period": FAR, "holds": True, "forecaster": speakers["rep_id"]})
    assert {row["value"] for row in holding.json()["calls"]} == {6.0, 9.0}


def test_a_token_that_is_nobody_s_speaks_for_nobody(api):
    answer = api.post("/v1/forecast-calls", json={"period": FAR, "commit": 5})
    assert answer.status_code == 403
    says = "'tests' is not a person of the history; a statement is made by an account with a rep_id"
    assert says in answer.json()["detail"]


@pytest.mark.parametrize(
    ("body", "status", "says"),
    [
        ({"commit": 5, "scope": "team:T99"}, 403, "team:T99 is not yours"),
        ({"commit": 5, "scope": "company"}, 403, "company:company is not yours"),
        ({"commit": 5, "scope": "T01"}, 422, "scope 'T01' is not known"),
        ({"commit": 5, "period": "2026Q2"}, 422, "period 2026Q2 ended before 2026-07-01"),
        ({"commit": 5, "period": "soon"}, 422, "period 'SOON' is not known"),
        ({"commit": -5}, 422, "commit -5 cannot be"),
        ({}, 422, "nothing was said"),
        ({"commit": "much"}, 422, "/commit"),
        ({"comit": 5}, 422, "/comit"),
    ],
)
def test_a_statement_that_cannot_be_is_refused(speakers, body, status, says):
    answer = speakers["rep"].post("/v1/forecast-calls", json={"period": FAR} | body)
    assert (answer.status_code, says in answer.json()["detail"]) == (status, True), answer.text


@pytest.mark.parametrize("given", [{"period": "2026Q9"}, {"scope": "Mars"}, {"limit": 0}, {"measure": "profit"}])
def test_a_list_that_cannot_be_given_is_refused(api, given):
    assert api.get("/v1/forecast-calls", params=given).status_code == 422
