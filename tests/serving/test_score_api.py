"""POST /v1/score: the same features, the same answer as the batch, and nothing else is touched."""

import copy
import json
import math

import polars as pl
import pytest

from serving.posted import score_posted
from serving.schemas import DealIn
from tests.serving.conftest import NASTY_DEAL


def sent(history, deal_id):
    """A stored deal as a client would send it: everything that the workspace holds of it."""

    def rows(table, *left_out):
        found = history[table].filter(pl.col("deal_id") == deal_id).drop("deal_id", *left_out)
        return [{name: plain(value) for name, value in row.items()} for row in found.iter_rows(named=True)]

    deal = rows("deals")[0]
    return {
        "deal_id": deal_id,
        **deal,
        "changes": rows("deal_changes"),
        "activities": rows("activities"),
        "contacts": rows("contacts"),
    }


def plain(value):
    return f"{value.isoformat()}Z" if hasattr(value, "isoformat") else value


@pytest.fixture(scope="module")
def history(shop):
    return shop.standing.history


@pytest.fixture(scope="module")
def open_ids(shop):
    return shop.standing.scored.frame["deal_id"].to_list()


@pytest.fixture
def deal(history, open_ids):
    return sent(history, open_ids[0])


def post(api, *deals, **more):
    return api.post("/v1/score", json={"deals": list(deals), **more})


def test_a_stored_deal_s_own_history_scores_as_in_the_batch(shop, api, history, open_ids):
    batch = {row["deal_id"]: row for row in shop.standing.scored.frame.iter_rows(named=True)}
    answer = post(api, *(sent(history, deal_id) for deal_id in open_ids[:200]))
    assert answer.status_code == 200, answer.text
    for found in answer.json()["scores"]:
        expected = batch[found["deal_id"]]
        for column in ("win_probability", "win_by_horizon", "lose_by_horizon", "open_at_horizon", "health"):
            assert found[column] == pytest.approx(expected[column], abs=1e-12), (found["deal_id"], column)
        assert found["band"] == expected["band"]
        assert [flag["code"] for flag in found["flags"]] == expected["flags"].split()
        assert found["problems"] == expected["problems"].split()
        assert found["reasons"][0]["code"] == expected["reason_1"].split(":")[0]


def test_a_flag_that_the_company_s_history_can_speak_to_is_raised_for_a_lone_deal(api):
    later = {"changed_at": "2026-06-10T00:00:00Z", "field": "stage", "old_value": "Qualify", "new_value": "Negotiate"}
    deal = new_deal()
    deal["changes"].append(later)
    codes = {flag["code"] for flag in post(api, deal).json()["scores"][0]["flags"]}
    assert {"no_next_step", "single_threaded"} <= codes


def test_the_order_of_events_and_of_deals_does_not_matter(api, history, open_ids):
    two = [sent(history, deal_id) for deal_id in open_ids[:2]]
    turned = copy.deepcopy(two[::-1])
    for deal in turned:
        for part in ("changes", "activities", "contacts"):
            deal[part].reverse()
    first, second = post(api, *two).json()["scores"], post(api, *turned).json()["scores"]
    assert [found["deal_id"] for found in second] == [found["deal_id"] for found in first][::-1]
    assert first == second[::-1]


def test_a_deal_s_score_does_not_depend_on_who_is_sent_with_it(api, history, open_ids):
    alone = post(api, sent(history, open_ids[3])).json()["scores"][0]
    among = post(api, *(sent(history, deal_id) for deal_id in open_ids[:6])).json()["scores"][3]
    assert alone == among


def test_scoring_stores_nothing_and_leaves_the_neighbours_as_they_were(shop, api, deal):
    before = api.get("/v1/deals?limit=500").json()
    deal["changes"].append({"changed_at": "2026-06-30T00:00:00Z", "field": "amount", "new_value": "99000000"})
    assert post(api, deal).status_code == 200
    assert api.get("/v1/deals?limit=500").json() == before
    store = shop.workspace.store()
    assert store.read("deal_changes").filter(pl.col("new_value") == "99000000").height == 0
    store.close()


def test_a_deal_that_the_workspace_does_not_know_is_scored(api):
    answer = post(api, new_deal())
    assert answer.status_code == 200, answer.text
    found = answer.json()["scores"][0]
    assert 0 < found["win_probability"] < 1
    assert found["stage"] == "Qualify"
    assert "no_amount" in found["problems"]
    assert all(math.isfinite(reason["points"]) for reason in found["reasons"])
    total = 100 * found["baseline"] + sum(reason["points"] for reason in found["reasons"])
    assert total == pytest.approx(100 * found["win_probability"], abs=0.051)


def new_deal(**more):
    change = {"changed_at": "2026-06-01T00:00:00Z", "field": "stage", "new_value": "Qualify"}
    return {"deal_id": "new", "created_at": "2026-06-01T00:00:00Z", "changes": [change], **more}


def test_an_instant_may_carry_any_offset(api):
    east = new_deal(created_at="2026-06-01T08:00:00+08:00")
    east["changes"][0]["changed_at"] = "2026-06-01T08:00:00+08:00"
    assert post(api, east).json() == post(api, new_deal()).json()


def test_what_lies_after_the_day_asked_for_changes_nothing(api, deal):
    before = post(api, deal).json()
    deal["changes"].append({"changed_at": "2026-07-02T00:00:00Z", "field": "stage", "new_value": "Lost"})
    deal["activities"].append({"activity_id": "x", "happened_at": "2026-08-01T00:00:00Z", "kind": "visit"})
    assert post(api, deal).json() == before


def test_reasons_speak_both_languages(api, deal):
    reason = post(api, deal).json()["scores"][0]["reasons"][0]
    assert reason["en"].endswith("points")
    assert reason["zh"].endswith("个百分点")


def test_the_horizon_may_be_chosen(api, deal):
    near = post(api, deal, horizon="2026-07-08").json()
    far = post(api, deal, horizon="2026-12-31").json()
    assert near["horizon"] == "2026-07-07T16:00:00Z"
    assert near["scores"][0]["win_by_horizon"] < far["scores"][0]["win_by_horizon"]


def test_an_earlier_day_is_answered_by_what_may_speak_of_it(api, deal):
    deal["changes"][0]["changed_at"] = deal["created_at"]
    answer = post(api, new_deal(), as_of="2026-06-15").json()
    assert answer["model_version"] == "tables-2026-06-15"
    assert answer["scores"][0]["in_sample"] is False


def without(deal, *path):
    inner = deal
    for step in path[:-1]:
        inner = inner[step]
    del inner[path[-1]]
    return deal


def bad(path, value):
    deal = new_deal(
        activities=[{"activity_id": "a", "happened_at": "2026-06-02T00:00:00Z", "kind": "call"}],
        contacts=[{"contact_id": "c", "added_at": "2026-06-02T00:00:00Z"}],
    )
    inner = deal
    for step in path[:-1]:
        inner = inner[step]
    inner[path[-1]] = value
    return deal


@pytest.mark.parametrize(
    ("path", "value", "where"),
    [
        (["deal_id"], "", "/deals/0/deal_id"),
        (["deal_id"], 7, "/deals/0/deal_id"),
        (["created_at"], "yesterday", "/deals/0/created_at"),
        (["changes"], [], "/deals/0/changes"),
        (["changes"], None, "/deals/0/changes"),
        (["changes", 0, "changed_at"], "2026-13-01T00:00:00Z", "/deals/0/changes/0/changed_at"),
        (["changes", 0, "surprise"], 1, "/deals/0/changes/0/surprise"),
        (["activities", 0, "kind"], "smoke signal", "/deals/0/activities/0/kind"),
        (["activities", 0, "direction"], "sideways", "/deals/0/activities/0/direction"),
        (["activities", 0, "duration_minutes"], -5, "/deals/0/activities/0/duration_minutes"),
        (["activities", 0, "replied"], "perhaps", "/deals/0/activities/0/replied"),
        (["contacts", 0, "added_at"], 12, "/deals/0/contacts/0/added_at"),
        (["contacts", 0, "added_at"], "0001-01-01T00:00:00+14:00", "/deals/0/contacts/0/added_at"),
        (["created_at"], "9999-12-31T23:59:59-14:00", "/deals/0/created_at"),
        (["name"], "x" * 10_001, "/deals/0/name"),
        (["unknown"], "x", "/deals/0/unknown"),
    ],
)
def test_a_bad_field_is_named_by_its_place(api, path, value, where):
    answer = post(api, bad(path, value))
    assert answer.status_code == 422
    assert where in [error["pointer"] for error in answer.json()["errors"]]


@pytest.mark.parametrize(
    ("field", "value", "expected"),
    [
        ("amount", "a lot", "expected an amount as a plain number"),
        ("amount", "-5", "expected an amount as a plain number"),
        ("amount", "nan", "expected an amount as a plain number"),
        ("amount", "inf", "expected an amount as a plain number"),
        ("amount", "1,200", "expected an amount as a plain number"),
        ("amount", "1_000", "expected an amount as a plain number"),
        ("amount", " 12 ", "expected an amount as a plain number"),
        ("close_date", "2026-W01-1", "expected a date as YYYY-MM-DD"),
        ("close_date", "2026/07/01", "expected a date as YYYY-MM-DD"),
        ("close_date", "2026-02-30", "expected a date as YYYY-MM-DD"),
        ("stage", "Proposal sent", "expected one of the workspace's stages"),
    ],
)
def test_a_value_that_its_field_cannot_take_is_named(api, field, value, expected):
    change = {"changed_at": "2026-06-01T00:00:00Z", "field": field, "new_value": value}
    deal = new_deal()
    deal["changes"].append(change)
    answer = post(api, deal)
    assert answer.status_code == 422
    assert "/deals/0/changes/1/new_value of deal 'new'" in answer.json()["detail"]
    assert expected in answer.json()["detail"]


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999"])
def test_numbers_that_are_none_are_refused(api, number):
    body = (
        '{"deals": [{"deal_id": "n", "created_at": "2026-06-01T00:00:00Z", "changes": [{"changed_at":'
        ' "2026-06-01T00:00:00Z", "field": "stage", "new_value": "Qualify"}], "activities": [{"activity_id": "a",'
        f' "happened_at": "2026-06-02T00:00:00Z", "kind": "call", "duration_minutes": {number}}}]}}]}}'
    )
    answer = api.post("/v1/score", content=body, headers={"content-type": "application/json"})
    assert answer.status_code in (400, 422)
    assert answer.headers["content-type"] == "application/problem+json"


def test_half_a_character_is_refused(api):
    body = json.dumps({"deals": [new_deal(name="\ud800")]})
    answer = api.post("/v1/score", content=body, headers={"content-type": "application/json"})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "/deals/0/name"


def test_a_closed_deal_is_refused_in_words(api):
    deal = new_deal()
    deal["changes"].append(
        {"changed_at": "2026-06-10T00:00:00Z", "field": "stage", "old_value": "Qualify", "new_value": "Won"}
    )
    answer = post(api, deal)
    assert answer.status_code == 422
    assert "deal 'new' is not open on 2026-07-01" in answer.json()["detail"]


def test_a_deal_sent_twice_is_refused(api):
    assert "deal 'new' is sent twice" in post(api, new_deal(), new_deal()).json()["detail"]


def test_a_day_before_any_data_is_refused(api):
    answer = post(api, new_deal(), as_of="2019-01-01")
    assert answer.status_code == 422
    assert "nothing was known on 2019-01-01" in answer.json()["detail"]


def test_a_horizon_before_the_day_is_refused(api):
    answer = post(api, new_deal(), horizon="2026-06-01")
    assert answer.status_code == 422
    assert "horizon 2026-06-01 is not after the as-of date 2026-07-01" in answer.json()["detail"]


def test_text_that_tries_to_break_out_comes_back_as_text(api):
    nasty = new_deal(deal_id=NASTY_DEAL, name="{{7*7}}", account_id="'; drop table deals; --")
    answer = post(api, nasty)
    assert answer.status_code == 200
    assert answer.json()["scores"][0]["deal_id"] == NASTY_DEAL


def test_one_deal_alone_has_the_digits_that_it_has_in_the_batch(shop, api, history, open_ids):
    batch = {row["deal_id"]: row for row in shop.standing.scored.frame.iter_rows(named=True)}
    for deal_id in open_ids[:10]:
        (found,) = post(api, sent(history, deal_id)).json()["scores"]
        for column in ("win_probability", "win_by_horizon", "health", "amount"):
            assert found[column] == batch[deal_id][column], (deal_id, column)
        assert " ".join(found["problems"]) == batch[deal_id]["problems"], deal_id
        assert " ".join(flag["code"] for flag in found["flags"]) == batch[deal_id]["flags"], deal_id


def test_one_deal_is_scored_without_a_polars_query(shop, history, open_ids, monkeypatch):
    standing, deal = shop.standing, DealIn.model_validate(sent(history, open_ids[0]))
    before = score_posted(standing, [deal], standing.as_of, standing.horizon)

    def refused(*_, **__):
        raise AssertionError("a query, which costs one deal more than what it works out")

    for name in ("collect", "_collect_eager"):
        monkeypatch.setattr(pl.LazyFrame, name, refused)
    with pytest.raises(AssertionError, match="a query"):
        pl.DataFrame({"a": [1]}).select("a")
    after = score_posted(standing, [deal], standing.as_of, standing.horizon)
    monkeypatch.undo()
    assert after.frame.equals(before.frame)


def test_a_deal_without_a_touch_is_told_as_such_alone_and_beside_others(shop, api, history, open_ids):
    untouched, other = (sent(history, deal_id) for deal_id in open_ids[:2])
    untouched["activities"] = []
    (alone,) = post(api, untouched).json()["scores"]
    beside = {one["deal_id"]: one for one in post(api, untouched, other).json()["scores"]}
    assert "no_activity" in alone["problems"]
    assert beside[untouched["deal_id"]]["problems"] == alone["problems"]
