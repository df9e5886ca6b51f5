"""GET /v1/forecast/changes, asked of a served company."""

import pytest

WEEKS = {"period": "2026Q2", "from": "2026-05-01", "to": "2026-06-01"}


def asked(api, **more):
    return api.get("/v1/forecast/changes", params=WEEKS | more)


def test_the_lines_of_each_scope_add_up_and_open_to_their_deals(api):
    answer = asked(api, by="team", deals=True).json()
    assert len(answer["scopes"]) > 1
    for scope in answer["scopes"]:
        moved = sum(line["contribution"] for line in scope["lines"])
        assert scope["mean_from"] + moved == pytest.approx(scope["mean_to"])
        for line in scope["lines"]:
            own = [deal["contribution"] for deal in scope["deals"] if deal["line"] == line["line"]]
            if line["line"] not in ("still_to_come", "handover"):
                assert sum(own) == pytest.approx(line["contribution"])
                assert len(own) >= line["deals"] > 0


def test_deals_are_told_in_both_languages_when_asked_for(api):
    assert asked(api).json()["scopes"][0]["deals"] == []
    deals = asked(api, line="won").json()["scopes"][0]["deals"]
    assert {deal["after_en"] for deal in deals} == {"won"}
    assert {deal["after_zh"] for deal in deals} == {"已赢单"}
    assert {deal["line"] for deal in deals} == {"won"}


def test_one_scope_can_be_asked_for_alone(api):
    team = asked(api, by="team").json()["scopes"][0]
    assert asked(api, scope=f"team:{team['scope_id']}").json()["scopes"] == [team]


def test_left_out_days_are_the_last_week_of_the_running_quarter(api):
    answer = api.get("/v1/forecast/changes").json()
    assert (answer["from_day"], answer["to_day"]) == ("2026-06-23T16:00:00Z", "2026-06-30T16:00:00Z")
    assert answer["period"] == "2026Q3"


@pytest.mark.parametrize(
    ("given", "status", "says"),
    [
        ({"from": "2026-06-01"}, 422, "2026-06-01 is not after 2026-06-01"),
        ({"period": "2026Q7"}, 422, "expected a quarter such as 2026Q4"),
        ({"scope": "team:Nobody"}, 404, "scope 'Nobody' has nothing booked, open or targeted on either day"),
        ({"scope": "planet:Mars"}, 422, "scope 'planet:Mars' is not known"),
        ({"line": "vanished"}, 422, "line 'vanished' is not known; expected one of won, lost"),
        ({"from": "2019-01-01"}, 422, "2019-01-01"),
    ],
)
def test_what_cannot_be_asked_is_told_in_one_sentence(api, given, status, says):
    answer = asked(api, **given)
    assert (answer.status_code, says in answer.json()["detail"]) == (status, True), answer.json()["detail"]


@pytest.mark.parametrize("given", [{"by": "galaxy"}, {"measure": "profit"}, {"from": "yesterday"}])
def test_a_parameter_of_no_known_form_is_refused(api, given):
    assert asked(api, **given).status_code == 422
