"""GET /v1/export: every table in every form, safe in a spreadsheet, and of what the caller sees alone."""

import io
import json
import shutil

import polars as pl
import pytest

from serving.api.export import MEDIA
from serving.exports import HISTORY, NAMES, TOLD, Asked, Source, exported, file_name, written
from serving.live import Live
from serving.settings import ServingSettings
from serving.sight import hierarchy_of, make_sight
from serving.tokens import utc_now
from tests.lib.routes import closed_routes
from tests.serving.conftest import NASTY_OWNER


def read(answer, form):
    if form == "parquet":
        return pl.read_parquet(io.BytesIO(answer.content))
    if form == "json":
        return pl.DataFrame(json.loads(answer.content), infer_schema_length=None)
    return pl.read_csv(io.BytesIO(answer.content), infer_schema=False)


@pytest.mark.parametrize("name", [name for name in NAMES if name != "audit"])
def test_every_table_is_given_in_every_form_with_the_same_rows(api, name):
    heights = set()
    for form in ("csv", "parquet", "json"):
        answer = api.get(f"/v1/export/{name}", params={"format": form})
        assert answer.status_code == 200, (name, form, answer.text[:300])
        assert answer.headers["content-type"] == MEDIA[form]
        said = answer.headers["content-disposition"]
        assert said.startswith('attachment; filename="dealcast-')
        assert said.endswith(f'-2026-07-01.{form}"')
        heights.add(read(answer, form).height)
    assert len(heights) == 1


def test_the_audit_log_is_for_those_who_look_after_people(shop, api):
    assert api.get("/v1/export/audit").status_code == 403
    shop.app.state.audit.flush()
    admin = make_sight(hierarchy_of(shop.standing), "admin", None)
    found = exported(Source(shop.standing, admin, utc_now(), shop.app.state.engine, shop.live.store), "audit", Asked())
    assert found.filter(pl.col("what").str.contains("/v1/export/audit", literal=True))["status"].to_list()[-1] == 403


def test_the_list_and_its_export_are_the_same_deals(api):
    listed = {deal["deal_id"] for deal in api.get("/v1/deals?limit=500").json()["deals"]}
    assert set(read(api.get("/v1/export/deals"), "csv")["deal_id"]) == listed


def test_no_cell_of_a_csv_can_be_run_as_a_formula():
    texts = ["=1+1", "+1", "-1", "@SUM(A1)", "\tx", "\rx", "plain", None, "a=b", "'; drop"]
    frame = pl.DataFrame({"text": texts, "list": [[text] if text else [] for text in texts], "number": [-1.5] * 10})
    found = pl.read_csv(io.BytesIO(written(frame, "csv")), infer_schema=False)
    expected = ["'=1+1", "'+1", "'-1", "'@SUM(A1)", "'\tx", "'\rx", "plain", None, "a=b", "'; drop"]
    assert found["text"].to_list() == expected
    assert found["list"].to_list()[:6] == expected[:6]
    assert set(found["number"]) == {"-1.5"}


def test_what_is_no_number_is_null_in_json():
    frame = pl.DataFrame({"x": [1.0, float("nan"), float("inf"), None]})
    assert json.loads(written(frame, "json")) == [{"x": 1.0}, {"x": None}, {"x": None}, {"x": None}]


@pytest.mark.parametrize("name", ["../../etc/passwd", "deals.csv", "DEALS", "history_sqlite_master", "x" * 100, "%00"])
def test_a_table_that_there_is_not_is_refused_and_names_no_file(api, name):
    answer = api.get(f"/v1/export/{name}")
    assert answer.status_code in (404, 422)
    assert "content-disposition" not in answer.headers
    assert answer.headers["content-type"] == "application/problem+json"


def test_a_rep_takes_away_own_rows_alone(shop, api, api_as):
    owners = shop.standing.board["owner_id"].drop_nulls().unique().sort()
    rep = next(name for name in owners if name != NASTY_OWNER)
    own = api_as(rep)
    assert set(read(own.get("/v1/export/deals"), "csv")["owner_id"]) == {rep}
    assert set(read(own.get("/v1/export/scores"), "csv")["owner_id"]) == {rep}
    mine = shop.standing.board.filter(pl.col("owner_id") == rep)["deal_id"]
    changes = read(own.get("/v1/export/history_deal_changes"), "csv")["deal_id"].unique()
    assert set(mine) <= set(changes)
    assert len(changes) < shop.standing.history["deals"].height
    assert set(read(own.get("/v1/export/history_reps"), "csv")["rep_id"]) == {rep}
    for name in ("audit", "imports", "quarantine", "history_accounts", "history_costs"):
        assert own.get(f"/v1/export/{name}").status_code in (200, 403), name
    for name in ("audit", "imports", "quarantine"):
        assert own.get(f"/v1/export/{name}").status_code == 403, name
    assert own.get("/v1/export/history_accounts").status_code == 403


def test_every_table_is_named_in_the_docs_of_the_route(api):
    document = api.get("/v1/openapi.json").json()
    parameters = document["paths"]["/v1/export/{table}"]["get"]["parameters"]
    said = next(entry["description"] for entry in parameters if entry["name"] == "table")
    assert [name for name in (*TOLD, *HISTORY) if name not in said] == []


def test_a_file_name_holds_nothing_that_a_file_system_could_stumble_over(shop):
    for name in NAMES:
        assert set(file_name(name, shop.standing.day, "csv")) <= set("abcdefghijklmnopqrstuvwxyz0123456789-.")


EXPORTED = {
    "/v1/deals": ("deals", "scores"),
    "/v1/deals/{deal_id:path}": ("deals", "scores", "history_deal_changes", "history_activities", "history_contacts"),
    "/v1/deals/{deal_id:path}/history": ("history_scores", "history_deal_changes", "history_activities"),
    "/v1/forecast": ("forecast",),
    "/v1/forecast/changes": ("changes", "changes_deals"),
    "/v1/forecast/correction": ("correction",),
    "/v1/forecast-calls": ("forecast_calls",),
    "/v1/pace": ("pace",),
    "/v1/linearity": ("linearity",),
    "/v1/accuracy": ("accuracy", "accuracy_remarks"),
    "/v1/accuracy/periods": ("accuracy_periods",),
    "/v1/accuracy/trend": ("accuracy_trend",),
    "/v1/accuracy/definitions": ("accuracy_definitions",),
    "/v1/accuracy/categories": ("accuracy_categories",),
    "/v1/accuracy/close-dates": ("accuracy_close_dates",),
    "/v1/scorecard": ("scorecard",),
    "/v1/funnel": ("funnel",),
    "/v1/cues": ("cues",),
    "/v1/plans": ("plans",),
    "/v1/models": ("models", "promotions"),
    "/v1/models/{version}": ("models", "model_checks", "model_reliability"),
}
"""The exports of what each route tells in rows; a new route has to be named here."""


def test_what_every_route_tells_in_rows_can_be_taken_away(shop):
    asked = {route.path for route in closed_routes(shop.app) if route.method == "GET" and route.path.startswith("/v1/")}
    assert asked - {"/v1/export/{table}", "/v1/openapi.json"} == set(EXPORTED)
    assert {name for names in EXPORTED.values() for name in names} <= set(NAMES)


@pytest.mark.parametrize("by", ["company", "team"])
def test_what_changed_is_exported_as_its_route_tells_it(api, by):
    asked = {"period": "2026Q3", "from": "2026-06-20", "to": "2026-07-01", "by": by}
    told = api.get("/v1/forecast/changes", params=asked | {"deals": "true"}).json()["scopes"]
    for form in ("csv", "parquet", "json"):
        lines = read(api.get("/v1/export/changes", params=asked | {"format": form}), form)
        deals = read(api.get("/v1/export/changes_deals", params=asked | {"format": form}), form)
        assert lines.select("scope_id", "line").rows() == [
            (scope["scope_id"], line["line"]) for scope in told for line in scope["lines"]
        ]
        assert lines["contribution"].cast(pl.Float64).to_list() == pytest.approx(
            [line["contribution"] for scope in told for line in scope["lines"]]
        )
        assert set(deals.select("scope_id", "line", "deal_id").rows()) == {
            (scope["scope_id"], deal["line"], deal["deal_id"]) for scope in told for deal in scope["deals"]
        }


def test_a_rep_takes_away_what_changed_in_the_own_forecast_alone(shop, api_as):
    owners = shop.standing.board["owner_id"].drop_nulls().unique().sort()
    rep = next(name for name in owners if name != NASTY_OWNER)
    for name in ("changes", "changes_deals"):
        found = read(api_as(rep).get(f"/v1/export/{name}?by=rep&format=json"), "json")
        assert set(found["scope_id"]) == {rep}
        assert read(api_as(rep).get(f"/v1/export/{name}?by=company&format=json"), "json").is_empty()


def test_an_export_is_asked_what_its_route_is_asked(api):
    weeks = read(api.get("/v1/export/linearity?part=week&period=2026Q1"), "csv")
    assert set(weeks["part"]) == {"week"}
    one = read(api.get("/v1/export/accuracy?horizon=30"), "csv")
    assert set(one["horizon_days"]) == {"30"}
    late = read(api.get("/v1/export/funnel?from=2026-06-01&format=json"), "json")
    whole = read(api.get("/v1/export/funnel?format=json"), "json")
    assert 0 < late["entered"].sum() < whole["entered"].sum()
    assert api.get("/v1/export/accuracy?horizon=0").status_code == 422
    assert api.get("/v1/export/changes?from=2026-07-01&to=2026-06-01").status_code == 422


def test_what_was_kept_with_each_version_is_exported(shop, tmp_path):
    told = tmp_path / "told.json"
    gate = [{"code": "G05", "title": "t", "title_zh": "题", "outcome": "found", "sentence": "s", "sentence_zh": "句"}]
    bins = [{"n": 20, "deals": 12, "shown": 0.31, "came": 0.25, "low": 0.1, "high": 0.5, "from": 0.3, "to": 0.4}]
    told.write_text(json.dumps({"gate": gate, "reliability": bins}), encoding="utf-8")
    folder = tmp_path / "ws"
    shutil.copytree(shop.workspace.path, folder / "workspace")
    shutil.copytree(shop.workspace.path.parent / "mlruns", folder / "mlruns")
    live = Live(ServingSettings(workspace=folder / "workspace", refresh_seconds=0.0))
    version = live.registry.log(shop.folder / "bundle", shop.standing.as_of, {}, {}, {"told": told}, {})
    whole = make_sight(hierarchy_of(shop.standing), "admin", None)
    source = Source(live.standing(), whole, utc_now(), shop.app.state.engine, live.store)
    assert exported(source, "model_checks", Asked()).rows() == [(version, "G05", "t", "题", "found", "s", "句")]
    found = exported(source, "model_reliability", Asked()).row(0, named=True)
    assert (found["version"], found["n"], found["came"]) == (version, 20, 0.25)
    live.close()
