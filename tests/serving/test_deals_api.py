"""GET /v1/deals and the tables beside it."""

import pytest

from tests.serving.conftest import NASTY_DEAL, NASTY_NAME, NASTY_SUBJECT


def deals(api, **asked):
    answer = api.get("/v1/deals", params=asked)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_the_list_holds_every_open_deal_worst_first(shop, api):
    found = deals(api, limit=500)
    assert found["total"] == len(found["deals"]) == shop.standing.scored.frame.height
    order = ["critical", "at_risk", "watch", "healthy"]
    places = [order.index(deal["band"]) for deal in found["deals"]]
    assert places == sorted(places)
    assert found["as_of"] == "2026-06-30T16:00:00Z"
    assert found["horizon"] == "2026-09-30T16:00:00Z"


def test_pages_follow_one_another_without_gap_or_repeat(api):
    whole = [deal["deal_id"] for deal in deals(api, limit=500)["deals"]]
    seen, cursor = [], None
    while True:
        page = deals(api, limit=7, **({"cursor": cursor} if cursor else {}))
        seen += [deal["deal_id"] for deal in page["deals"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert seen == whole


@pytest.mark.parametrize(
    ("name", "column"), [("owner", "owner_id"), ("team", "team"), ("stage", "stage"), ("band", "band")]
)
def test_a_filter_keeps_exactly_what_it_names(api, name, column):
    every = deals(api, limit=500)["deals"]
    value = every[-1][column]
    found = deals(api, limit=500, **{name: value})
    assert found["deals"] == [deal for deal in every if deal[column] == value]
    risky = [d["amount_home"] or 0 for d in found["deals"] if d["band"] in ("at_risk", "critical")]
    assert found["value_at_risk"] == pytest.approx(sum(risky))
    assert found["value"] == pytest.approx(sum(d["amount_home"] or 0 for d in found["deals"]))


def test_a_filter_that_tries_to_break_out_finds_nothing(api):
    assert deals(api, owner="' or 1=1 --")["total"] == 0


def test_one_deal_tells_score_reasons_and_timeline(api):
    deal_id = next(deal["deal_id"] for deal in deals(api)["deals"] if deal["deal_id"] != NASTY_DEAL)
    found = api.get(f"/v1/deals/{deal_id}").json()
    assert found["outcome"] == "open"
    assert found["row"]["deal_id"] == found["score"]["deal_id"] == deal_id
    assert found["score"]["win_probability"] == found["row"]["win_probability"]
    times = [event["at"] for event in found["timeline"]]
    assert times == sorted(times, reverse=True)
    assert all(time < "2026-06-30T16:00:00" for time in times)


def test_a_deal_id_of_any_characters_is_found(api):
    from urllib.parse import quote

    found = api.get(f"/v1/deals/{quote(NASTY_DEAL, safe='')}").json()
    assert found["name"] == NASTY_NAME
    assert NASTY_SUBJECT in [event["subject"] for event in found["timeline"]]


def test_a_closed_deal_has_a_timeline_and_no_score(shop, api):
    from history.deals import snapshot

    shot = snapshot(shop.standing.history, shop.standing.as_of)
    won = shot.filter(shot["outcome"] == "won")["deal_id"][0]
    found = api.get(f"/v1/deals/{won}").json()
    assert found["outcome"] == "won"
    assert found["score"] is None
    assert found["row"] is None
    assert found["timeline"]


def test_the_forecast_adds_up(api):
    teams = api.get("/v1/forecast", params={"by": "team"}).json()["forecast"]
    company = api.get("/v1/forecast", params={"by": "company"}).json()["forecast"]
    assert len(company) == 1
    assert company[0]["period"] == "2026Q3"
    assert sum(row["mean"] for row in teams) == pytest.approx(company[0]["mean"], rel=1e-6)
    for row in [*teams, *company]:
        assert row["booked"] <= row["p10"] + 1e-6
        assert row["p10"] <= row["p50"] <= row["p90"]


def test_the_forecast_counts_too(api):
    found = api.get("/v1/forecast", params={"by": "company", "measure": "count", "period": "2026-07"}).json()
    assert found["forecast"][0]["measure"] == "count"


def test_accuracy_is_given_at_three_horizons_or_the_one_asked_for(api):
    rows = api.get("/v1/accuracy").json()["accuracy"]
    assert {row["horizon_days"] for row in rows} == {75, 45, 15}
    some = api.get("/v1/accuracy", params={"horizon": 30, "by": "team"}).json()["accuracy"]
    assert {row["horizon_days"] for row in some} == {30}


def test_the_scorecard_is_of_the_last_known_quarter_unless_asked(api):
    found = api.get("/v1/scorecard").json()
    assert found["period"] == "2026Q2"
    assert any(row["indicator"] == "total" for row in found["scorecard"])
    earlier = api.get("/v1/scorecard", params={"period": "2026Q1"}).json()
    assert earlier["period"] == "2026Q1"
