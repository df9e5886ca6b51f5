"""The standing follows the store and the registry, and survives a change that cannot be taken in."""

import datetime as dt
import shutil

import polars as pl
import pytest

from history.errors import NoHistory, WorkspaceMissing
from history.importing import import_canonical
from history.record import complete
from history.workspace import Workspace
from serving.event_schemas import ActivityEvent
from serving.intake import take
from serving.live import Live
from serving.served_day import serving_instant
from serving.settings import ServingSettings
from serving.store import open_tables
from tests.lib.builders import SETTINGS, history_of, instant, make_change, make_deal


def registered_again(shop, live):
    """The shop's model as a further version."""
    bundle, as_of = shop.folder / "bundle", shop.standing.as_of
    return live.registry.log(bundle, as_of, params={}, metrics={}, figures={}, tags={})


@pytest.fixture
def copy(shop, tmp_path):
    """The shop's workspace and registry, free to be changed."""
    shutil.copytree(shop.workspace.path, tmp_path / "workspace")
    shutil.copytree(shop.workspace.path.parent / "mlruns", tmp_path / "mlruns")
    return Workspace(tmp_path / "workspace")


def live_of(workspace, **more):
    return Live(ServingSettings(workspace=workspace.path, refresh_seconds=0.0, **more))


def test_nothing_is_made_anew_while_nothing_changes(copy):
    live = live_of(copy)
    assert live.standing() is live.standing()


def test_an_import_is_taken_in(copy, tmp_path):
    live = live_of(copy)
    before = live.standing()
    export = tmp_path / "more"
    export.mkdir()
    pl.DataFrame({"deal_id": ["fresh"], "created_at": ["2026-06-30 08:00"]}).write_csv(export / "deals.csv")
    change = {"deal_id": ["fresh"], "changed_at": ["2026-06-30 08:00"], "field": ["stage"], "new_value": ["Qualify"]}
    pl.DataFrame(change).write_csv(export / "deal_changes.csv")
    import_canonical(export, copy, imported_at=dt.datetime(2026, 7, 1))
    after = live.standing()
    assert after is not before
    assert set(after.board["deal_id"]) - set(before.board["deal_id"]) == {"fresh"}


def test_a_promotion_is_taken_in(shop, copy):
    live = live_of(copy)
    before = live.standing()
    version = registered_again(shop, live)
    assert live.standing().model.version == before.model.version
    live.registry.promote(version, by="tests", reason="better")
    assert live.standing().model.version == version


def test_a_damaged_champion_leaves_what_stood_before(shop, copy):
    live = live_of(copy)
    version = registered_again(shop, live)
    before = live.standing()
    live.registry.promote(version, by="tests", reason="better")
    bundle = live.registry.bundle_folder(live.registry.get(version))
    (bundle / "win.txt").write_text("broken")
    assert live.standing() is before


def test_a_day_may_be_asked_for(copy):
    standing = live_of(copy, as_of=dt.date(2026, 3, 1)).standing()
    assert standing.day == dt.date(2026, 3, 1)
    assert standing.horizon_day == dt.date(2026, 4, 1)
    assert standing.small_data


def test_a_workspace_that_is_not_there_is_one_line(tmp_path):
    with pytest.raises(WorkspaceMissing):
        Live(ServingSettings(workspace=tmp_path / "nowhere"))


NOW = instant("2026-03-10 09:00")


def history_until(day):
    return history_of(make_deal(), make_change("stage", "Qualify", day))


def test_the_day_after_the_newest_row_is_served():
    assert serving_instant(history_until("2026-02-01 15:00"), None, NOW) == instant("2026-02-02")


def test_a_row_from_the_future_does_not_carry_the_pages_there():
    assert serving_instant(history_until("2031-02-01"), None, NOW) == instant("2026-03-11")


def test_a_day_that_is_asked_for_is_the_day():
    assert serving_instant(history_until("2026-02-01"), dt.date(2026, 1, 5), NOW) == instant("2026-01-05")


def test_an_empty_workspace_says_what_to_do():
    with pytest.raises(NoHistory, match="import a folder"):
        serving_instant(history_of(settings=SETTINGS), None, NOW)


def test_what_is_stated_is_taken_in_and_no_deal_is_scored_again(copy):
    live = live_of(copy)
    before = live.standing()
    told = {"scope_kind": "team", "scope_id": "T01", "period": "2026Q3", "called_at": dt.datetime(2026, 6, 30)}
    said = {"forecaster_kind": "manager", "forecaster_id": "M1", "category": "commit", "measure": "amount"}
    copy.store().append("forecast_calls", complete("forecast_calls", pl.DataFrame([{**told, **said, "value": 17.0}])))
    after = live.standing()
    assert 17.0 in after.history["forecast_calls"]["value"]
    assert 17.0 in after.past["forecast_calls"]["value"]
    assert 17.0 not in before.history["forecast_calls"]["value"]
    assert after.scored is before.scored
    assert after.shelf is before.shelf


def test_an_event_that_comes_while_all_is_worked_out_anew_is_in_what_comes_of_it(shop, copy):
    live = live_of(copy)
    before = live.standing()
    deal_id = before.board["deal_id"][0]
    open_tables(copy.store_url).dispose()
    told = {"event_id": "e", "activity_id": "e", "deal_id": deal_id, "kind": "call"}
    times = {"happened_at": "2026-06-30T09:00:00Z", "recorded_at": "2026-06-30T10:00:00Z"}
    event = ActivityEvent(type="activity", **told, **times)
    worked_out = live.registry.serving_version

    def serving_version(as_of):
        take(live.store, copy.settings, [event], dt.datetime(2026, 7, 1))
        live.take_in()
        return worked_out(as_of)

    live.registry.promote(registered_again(shop, live), by="tests", reason="so that all is worked out anew")
    live.registry.serving_version = serving_version
    after = live.standing()
    assert after.model.version != before.model.version
    assert "e" in after.history["activities"]["activity_id"]
    assert after.scored.frame.height == before.scored.frame.height
