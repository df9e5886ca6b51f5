"""`--record`: what the model says of periods is written down by the clock, once."""

import datetime as dt

from history.fiscal import quarter_of
from history.workspace import Workspace
from serving.tokens import utc_now
from tests.cli.calling import done


def test_a_forecast_is_written_down_as_said_now_and_once(shop):
    workspace = Workspace(shop)
    today = workspace.settings.day_of(utc_now())
    period = quarter_of(today, workspace.settings).name
    began = utc_now()
    first = done("--workspace", shop, "forecast", "--as-of", today, "--record")
    stored = workspace.store().read("model_calls")
    assert stored.height > 0
    assert f"{stored.height} new statements about {period}" in first.err
    assert set(stored["as_of"]) == {workspace.settings.start_of(today)}
    assert (stored["said_at"] >= began).all()
    assert (stored["said_at"] <= utc_now()).all()
    again = done("--workspace", shop, "score", "--as-of", today, "--record")
    assert f"0 new statements about {period}" in again.err
    assert workspace.store().read("model_calls").equals(stored)


def test_of_a_period_that_is_over_nothing_is_written_down(shop):
    said = done("--workspace", shop, "forecast", "--as-of", dt.date(2026, 5, 1), "--period", "2026Q2", "--record")
    assert "was not written down" in said.err
    assert Workspace(shop).store().read("model_calls").is_empty()
    done("--workspace", shop, "forecast", "--as-of", Workspace(shop).settings.day_of(utc_now()))
    assert Workspace(shop).store().read("model_calls").is_empty(), "not asked for"
