"""The standing follows the store and the registry, and survives a change that cannot be taken in."""

import datetime as dt
import shutil

import polars as pl
import pytest

from history.errors import NoHistory, WorkspaceMissing
from history.importing import import_canonical
from history.workspace import Workspace
from serving.live import Live, serving_instant
from serving.settings import ServingSettings
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
