"""What the model says is written down as it is said, once, and people are held against it later."""

import datetime as dt
import shutil

import polars as pl
import pytest
from fastapi.testclient import TestClient
from polars.testing import assert_frame_equal

from features.matrix import build_matrix
from features.spine import open_spine
from history.workspace import Workspace
from serving import live as live_module
from serving.app import create_app
from serving.choosing import table_model
from serving.forecasting import forecast, outlook
from serving.live import Live
from serving.own_calls import may_be_said, running_periods, statements_of, write_down
from serving.settings import ServingSettings
from serving.tokens import create_token, list_tokens, revoke, utc_now
from tests.lib.signing_in import signed_in
from tests.serving.conftest import ADMIN, DAY

NOW = dt.datetime(2026, 7, 1, 3, 30)
QUARTERS = ("2025Q2", "2025Q3", "2025Q4", "2026Q1", "2026Q2")
NIGHTS = [dt.datetime(2025, 5, 10), dt.datetime(2025, 8, 10), dt.datetime(2025, 11, 10), dt.datetime(2026, 2, 10)]


@pytest.fixture
def copy(shop, tmp_path):
    """The shop's workspace and registry, free to be changed."""
    shutil.copytree(shop.workspace.path, tmp_path / "workspace")
    shutil.copytree(shop.workspace.path.parent / "mlruns", tmp_path / "mlruns")
    return Workspace(tmp_path / "workspace")


@pytest.fixture
def then(monkeypatch):
    """The clock of the service stands at the end of the shop's history."""
    monkeypatch.setattr(live_module, "utc_now", lambda: NOW)


def said_of(copy, history, as_of, now, period, version=None):
    model = table_model(history, as_of)
    seen = outlook(history, model, period, as_of)
    return write_down(copy.store(), history, model, as_of, now, [period], lambda _: statements_of(seen))


def served(copy, warm=True):
    live = Live(ServingSettings(workspace=copy.path, refresh_seconds=0.0, warm=warm))
    live.standing()
    if live._warmer is not None:
        live._warmer.join(120)
    return live


def test_the_service_writes_down_what_it_forecasts_once_and_by_its_clock(copy, then):
    live = served(copy)
    found = live.store.read("model_calls")
    standing = live.standing()
    assert set(found["said_at"]) == set(found["recorded_at"]) == {NOW}
    assert set(found["as_of"]) == {standing.as_of}
    assert set(found["model_version"]) == {standing.model.version}
    told = forecast(standing.history, standing.model, "2026Q3", standing.as_of, "rep", "amount").filter(
        pl.col("mean") >= 0
    )
    own = found.filter((pl.col("scope_kind") == "rep") & (pl.col("measure") == "amount"), pl.col("period") == "2026Q3")
    assert dict(own.select("scope_id", "value").iter_rows()) == dict(told.select("scope_id", "mean").iter_rows())
    assert {"company", "team", "rep"} <= set(found["scope_kind"])
    live.close()
    again = served(copy)
    assert_frame_equal(again.store.read("model_calls"), found)
    again.close()


def test_nothing_is_said_where_somebody_looks_at_another_day_or_the_period_is_over(copy, then, monkeypatch):
    live = Live(ServingSettings(workspace=copy.path, refresh_seconds=0.0, warm=True, as_of=DAY))
    live.standing()
    live._warmer.join(120)
    assert live.store.read("model_calls").is_empty()
    live.close()
    monkeypatch.setattr(live_module, "utc_now", lambda: dt.datetime(2027, 3, 1))
    late = served(copy)
    assert late.store.read("model_calls").is_empty()
    late.close()


def test_a_second_run_adds_nothing_and_the_first_statement_stands(copy):
    history, as_of = copy.history(), dt.datetime(2026, 5, 10)
    first = said_of(copy, history, as_of, NOW - dt.timedelta(days=50), "2026Q2")
    before = copy.store().read("model_calls")
    second = said_of(copy, history, as_of, NOW - dt.timedelta(days=49), "2026Q2")
    assert first.rows == before.height > 0
    assert (second.periods, second.rows) == (["2026Q2"], 0)
    assert_frame_equal(copy.store().read("model_calls"), before)
    # Another day's knowledge is another statement.
    assert said_of(copy, history, as_of + dt.timedelta(days=1), NOW - dt.timedelta(days=49), "2026Q2").rows > 0


def test_what_was_said_already_is_not_worked_out_again(copy):
    history, as_of = copy.history(), dt.datetime(2026, 5, 10)
    said_of(copy, history, as_of, NOW - dt.timedelta(days=50), "2026Q2")
    asked = []

    def told(period):
        asked.append(period)
        return statements_of(outlook(history, model, period, as_of))

    model = table_model(history, as_of)
    found = write_down(copy.store(), history, model, as_of, NOW - dt.timedelta(days=50), ["2026Q2", "2026H1"], told)
    assert asked == ["2026H1"]
    assert found.periods == ["2026Q2", "2026H1"]
    assert found.rows > 0


def test_what_is_no_forecast_is_not_written_down(shop):
    history, standing = shop.standing.history, shop.standing
    as_of, day = standing.as_of, dt.timedelta(days=1)
    assert may_be_said(history, standing.model, "2026Q3", as_of, as_of)
    assert not may_be_said(history, standing.model, "2026Q3", as_of, as_of + 100 * day), "said after its end"
    assert not may_be_said(history, standing.model, "2026Q2", as_of, as_of), "it is over"
    assert not may_be_said(history, standing.model, "2026Q3", as_of - day, as_of), "the model had seen more"
    assert not may_be_said(history, standing.model, "2026Q4", as_of + 9 * day, as_of), "the day has not come"


def test_other_periods_are_spoken_of_where_people_speak_of_them(shop):
    history, as_of = shop.standing.history, shop.standing.as_of
    assert "2026Q3" in running_periods(history, as_of)
    schema = history["forecast_calls"].schema
    said = history["forecast_calls"].head(1).with_columns(period=pl.lit("2026H2"), recorded_at=as_of - NOW.resolution)
    both = pl.concat([history["forecast_calls"], said.cast(schema)])
    assert "2026H2" not in running_periods(history, as_of)
    assert "2026H2" in running_periods(history.with_tables(forecast_calls=both), as_of)


@pytest.fixture(scope="module")
def spoken(shop, tmp_path_factory):
    """A copy of the shop whose service wrote down, forty days and more before their ends, what it said of quarters."""
    folder = tmp_path_factory.mktemp("spoken")
    shutil.copytree(shop.workspace.path, folder / "workspace")
    shutil.copytree(shop.workspace.path.parent / "mlruns", folder / "mlruns")
    copy = Workspace(folder / "workspace")
    history = copy.history()
    for period, night in zip(QUARTERS, NIGHTS, strict=False):
        assert said_of(copy, history, night, night + dt.timedelta(hours=2), period).rows
    return copy


def test_value_added_over_the_model_stands_on_the_people_page_and_in_the_api(shop, spoken):
    app = create_app(ServingSettings(workspace=spoken.path, refresh_seconds=3600.0, requests_a_minute=0))
    api = TestClient(app, headers=shop.headers)
    rows = api.get("/v1/accuracy", params={"horizon": 45}).json()["accuracy"]
    told = [row for row in rows if row["forecaster_kind"] == "rep" and row["fva_model_n"] == len(NIGHTS)]
    assert told
    for row in told:
        assert row["fva_model_p10"] <= row["fva_model_p90"]
        sure = {"adds": row["fva_model_p10"] > 0, "takes away": row["fva_model_p90"] < 0}
        assert sure.get(row["fva_model_tells"], True)
    assert any(row["forecaster_kind"] == "model" for row in rows)
    page = signed_in(app, ADMIN).get("/people").text
    assert "Against the model" in page
    assert f"n={len(NIGHTS)}<" in page
    assert "stated no forecast in those quarters" not in page


def test_where_it_said_nothing_nobody_can_tell(api, browser):
    rows = api.get("/v1/accuracy", params={"horizon": 45}).json()["accuracy"]
    assert {(row["fva_model"], row["fva_model_n"], row["fva_model_tells"]) for row in rows} == {
        (None, 0, "cannot tell")
    }
    page = browser.get("/people").text
    assert "cannot tell" in page
    assert "n=0<" in page


def test_a_rep_exports_what_was_said_of_the_own_scope_alone(spoken, shop):
    app = create_app(ServingSettings(workspace=spoken.path, refresh_seconds=3600.0, requests_a_minute=0))
    rep = next(name for name in shop.standing.names if name in set(spoken.store().read("model_calls")["scope_id"]))
    if any(token.name == rep and token.works_at(utc_now()) for token in list_tokens(spoken.store_url)):
        revoke(spoken.store_url, rep)
    tokens = {"all": shop.token, rep: create_token(spoken.store_url, rep)}
    scopes = {}
    for who, token in tokens.items():
        api = TestClient(app, headers={"Authorization": f"Bearer {token}"})
        rows = api.get("/v1/export/history_model_calls?format=json").json()
        scopes[who] = {(row["scope_kind"], row["scope_id"]) for row in rows}
    assert len(scopes["all"]) > 5
    assert scopes[rep] == {("rep", rep)}


def test_neither_features_nor_forecasts_know_what_the_model_said(spoken):
    history = spoken.history()
    silent = history.with_tables(model_calls=history["model_calls"].clear())
    as_of = dt.datetime(2026, 6, 1)
    spine = open_spine(history, [as_of])
    assert build_matrix(history, spine).equals(build_matrix(silent, spine))
    for by in ("rep", "team", "company"):
        rows = [forecast(one, table_model(one, as_of), "2026Q2", as_of, by) for one in (history, silent)]
        assert_frame_equal(*rows)
