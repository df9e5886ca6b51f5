"""The funnel, cues, goals and models over the API, each narrowed to what the caller sees."""

import json

import pytest

from serving.people_schemas import FunnelRow


@pytest.fixture
def rep(shop):
    """Somebody who owns open deals and leads nobody."""
    reps = shop.standing.history["reps"]
    leads = set(reps["manager_id"].drop_nulls())
    owners = shop.standing.board["owner_id"].drop_nulls().unique().sort()
    return next(name for name in owners if name in set(reps["rep_id"]) - leads)


@pytest.fixture
def manager(shop, rep):
    reps = shop.standing.history["reps"]
    return reps.filter(reps["rep_id"] == rep)["manager_id"].drop_nulls()[-1]


def get(api, path, **asked):
    answer = api.get(path, params=asked)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_the_funnel_s_ways_out_add_up_to_what_entered(api):
    found = get(api, "/v1/funnel")
    assert found["to_day"] == "2026-07-01"
    assert found["from_day"] == "2025-07-01"
    for row in found["funnel"]:
        ways = ("moved_on", "won", "went_back", "lost", "still_there")
        assert row["entered"] == sum(row[way] for way in ways) > 0
        assert row["group"] == [{"by": "company", "which": "company"}]


def test_the_funnel_of_teams_adds_up_to_the_company_s(api):
    whole = {row["stage"]: row["entered"] for row in get(api, "/v1/funnel")["funnel"]}
    teams = get(api, "/v1/funnel", by="team,source")["funnel"]
    for stage, entered in whole.items():
        assert sum(row["entered"] for row in teams if row["stage"] == stage) == entered
    assert {key["by"] for row in teams for key in row["group"]} == {"team", "source"}


def test_a_rep_sees_the_funnel_of_own_deals_alone(api, api_as, rep):
    mine = get(api_as(rep), "/v1/funnel", by="rep")["funnel"]
    assert mine
    assert {row["group"][0]["which"] for row in mine} == {rep}
    assert mine == [row for row in get(api, "/v1/funnel", by="rep")["funnel"] if row["group"][0]["which"] == rep]
    whole, company = (get(one, "/v1/funnel")["funnel"] for one in (api_as(rep), api))
    assert sum(row["entered"] for row in whole) < sum(row["entered"] for row in company)


def test_a_funnel_of_three_keys_or_of_an_unknown_one_is_refused(api):
    for by in ("team,rep,region", "nonsense", ""):
        answer = api.get("/v1/funnel", params={"by": by})
        assert answer.status_code == 422, by
        assert "expected one or two" in answer.json()["detail"]


def test_cues_are_of_the_people_one_sees(api, api_as, rep):
    every = get(api, "/v1/cues", period="2026Q1")
    assert every["period"] == "2026Q1"
    mine = get(api_as(rep), "/v1/cues", period="2026Q1")["cues"]
    assert mine == [row for row in every["cues"] if row["rep_id"] == rep]
    assert api_as(rep).get("/v1/cues", params={"rep": "M01"}).status_code == 404


def test_a_goal_is_written_by_who_leads_the_person_and_followed(api_as, rep, manager):
    goal = {"rep_id": rep, "indicator": "win_rate", "goal": 0.5, "period": "2099Q4", "note": "=review losses"}
    answer = api_as(manager).post("/v1/plans", json=goal)
    assert answer.status_code == 201, answer.text
    written = answer.json()
    assert (written["written_by"], written["period"], written["goal"]) == (manager, "2099Q4", 0.5)
    outsider = api_as(rep).post("/v1/plans", json={**goal, "rep_id": manager})
    assert outsider.status_code in (403, 404)


def test_a_goal_that_cannot_be_is_refused(api_as, api, rep, manager):
    goal = {"rep_id": rep, "indicator": "win_rate", "goal": 0.5, "period": "2099Q4"}
    for wrong in ({"indicator": "nonsense"}, {"period": "2020Q1"}, {"goal": "much"}, {"more": 1}):
        assert api_as(manager).post("/v1/plans", json={**goal, **wrong}).status_code == 422, wrong
    assert api.post("/v1/plans", json=goal).status_code == 403


def test_every_route_of_figures_is_narrowed_to_what_a_rep_sees(api_as, rep):
    own = api_as(rep)
    for path, part in (("forecast", "forecast"), ("pace", "pace"), ("linearity", "linearity")):
        rows = get(own, f"/v1/{path}", by="rep")[part]
        assert {row["scope_id"] for row in rows} <= {rep}, path
        assert get(own, f"/v1/{path}", by="company")[part] == [], path
    assert {row["scope_id"] for row in get(own, "/v1/accuracy")["accuracy"]} == {rep}
    assert {row["forecaster_id"] for row in get(own, "/v1/accuracy")["accuracy"]} <= {rep, "(all)"}
    assert get(own, "/v1/accuracy", by="forecaster_kind")["accuracy"] == []
    assert {row["rep_id"] for row in get(own, "/v1/scorecard")["scorecard"]} == {rep}
    assert {row["scope_id"] for row in get(own, "/v1/forecast-calls", limit=1000)["calls"]} <= {rep}
    assert own.get("/v1/forecast/changes", params={"scope": "company:company"}).status_code == 403
    assert {one["scope_id"] for one in get(own, "/v1/forecast/changes", by="rep", deals=True)["scopes"]} <= {rep}


def test_a_deal_of_somebody_else_is_not_scored_for_a_rep(api_as, rep, manager):
    changes = [
        {"changed_at": "2026-06-01T00:00:00Z", "field": field, "new_value": value}
        for field, value in (("stage", "Qualify"), ("owner_id", manager))
    ]
    deal = {"deal_id": "new", "created_at": "2026-06-01T00:00:00Z", "changes": changes}
    assert api_as(rep).post("/v1/score", json={"deals": [deal]}).status_code == 404
    changes[1]["new_value"] = rep
    assert api_as(rep).post("/v1/score", json={"deals": [deal]}).status_code == 200


def test_models_are_listed_with_who_promoted_them(api, shop):
    found = get(api, "/v1/models")
    assert found["serving_version"] == shop.version
    model = found["models"][-1]
    assert model["version"] == shop.version
    assert (model["promoted_by"], model["champion"], model["serves"]) == ("tests", True, True)
    one = get(api, f"/v1/models/{shop.version}")
    assert one["card"] is None
    assert one["calibration"] == {"n": None, "share_won": None, "slope": None, "intercept": None}


def test_a_model_tells_what_was_kept_with_it(api, shop, tmp_path):
    told = {
        "reliability": [
            {"from": 0.1, "to": 0.2, "n": 5, "deals": 4, "shown": 0.15, "came": 0.2, "low": 0.1, "high": 0.5}
        ],
        "gate": [{"code": "G01", "title": "time", "outcome": "passed", "sentence": "apart", "title_zh": ""}],
    }
    path = tmp_path / "told.json"
    path.write_text(json.dumps(told), encoding="utf-8")
    (tmp_path / "model_card.md").write_text("# Model {version}", encoding="utf-8")
    figures = {"told": path, "card": tmp_path / "model_card.md"}
    figures_of = {"n": 5.0, "calibration_slope": 0.9, "deal_model.auc": 0.8}
    as_of = shop.standing.as_of
    version = shop.registry.log(shop.folder / "bundle", as_of, {}, figures_of, figures, tags={"gate": "passed"})
    shop.standing.lasting.answers.pop(("versions",), None)
    found = get(api, f"/v1/models/{version}")
    assert found["card"] == f"# Model {version}"
    assert found["reliability"][0]["came"] == 0.2
    assert found["checks"][0]["code"] == "G01"
    assert found["calibration"] == {"n": 5, "share_won": None, "slope": 0.9, "intercept": None}
    assert {"forecast": "deal_model", "measure": "auc", "value": 0.8} in found["metrics"]
    assert (found["promoted"], found["serves"]) == (False, False)


def test_a_model_that_is_not_there_is_404(api):
    answer = api.get("/v1/models/99")
    assert answer.status_code == 404
    assert "expected one of /v1/models" in answer.json()["detail"]


def test_the_schema_of_the_funnel_names_what_it_measures():
    from indicators.funnel import COLUMNS

    assert set(COLUMNS) == set(FunnelRow.model_fields) - {"group"}
