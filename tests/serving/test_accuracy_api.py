"""Forecasters' records over the API: the record, its course, other definitions, categories and dates."""

import pytest

from indicators.kinds import KINDS

VIEWS = ("periods", "trend", "definitions", "categories", "close-dates")


def rows(api, view, **asked):
    answer = api.get(f"/v1/accuracy/{view}", params={"horizon": 45, **asked})
    assert answer.status_code == 200, answer.text
    return answer.json()[view.replace("-", "_")]


def test_the_record_tells_coverage_and_the_rules_of_its_kinds(api):
    answer = api.get("/v1/accuracy", params={"horizon": 45}).json()
    said = [row for row in answer["accuracy"] if row["source"] == "submitted"]
    assert all(row["n_called"] == row["n_periods"] <= row["n_possible"] for row in said)
    assert {rule["kind"] for rule in answer["rules"]} == {row["kind_of_bias"] for row in answer["accuracy"]}
    assert all(rule["rule_zh"] == KINDS[rule["kind"]].rule_zh for rule in answer["rules"])


@pytest.mark.parametrize("view", VIEWS)
def test_every_view_is_given_by_rep_and_by_team(api, view):
    for by in ("rep", "team"):
        found = rows(api, view, by=by)
        assert found
        assert {row["scope_kind"] for row in found} == {by}
        assert {row["horizon_days"] for row in found} == {45}


def test_periods_add_up_to_the_record(api):
    record = api.get("/v1/accuracy", params={"horizon": 45}).json()["accuracy"]
    one = next(row for row in record if row["source"] == "submitted" and row["n_periods"] > 3)
    same = ("forecaster_kind", "forecaster_id", "scope_id", "source")
    own = [row for row in rows(api, "periods") if all(row[name] == one[name] for name in same)]
    assert len(own) == one["n_periods"]
    assert sum(row["forecast"] for row in own) == pytest.approx(one["forecast_sum"])
    assert sum(row["miss"] for row in own) == pytest.approx(one["wape"] * one["actual_sum"])


def test_what_is_asked_wrongly_is_refused(api):
    assert api.get("/v1/accuracy/categories", params={"by": "forecaster_kind"}).status_code == 422
    assert api.get("/v1/accuracy/trend", params={"horizon": 0}).status_code == 422


def test_a_rep_sees_the_own_record_alone_and_no_remarks_about_others(api, api_as):
    rep = next(row["forecaster_id"] for row in rows(api, "periods") if row["forecaster_kind"] == "rep")
    own = api_as(rep)
    for view in VIEWS:
        assert {row["scope_id"] for row in rows(own, view)} <= {rep}, view
        if view not in ("categories", "close-dates"):
            assert rows(own, view, by="forecaster_kind") == [], view
        assert rows(own, view, by="team") == [], view
    assert own.get("/v1/accuracy").json()["remarks"] == []
