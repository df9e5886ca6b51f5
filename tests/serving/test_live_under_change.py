"""Changes that come while others are taken in: nothing is lost, nobody sees more, and what fails is mended."""

import datetime as dt
import shutil
import threading
import time
from dataclasses import replace

import polars as pl
import pytest
from fastapi.testclient import TestClient

from history.record import complete
from history.workspace import Workspace
from serving import live as module
from serving.app import create_app
from serving.event_schemas import ActivityEvent, ContactEvent
from serving.intake import take
from serving.live import Live, make_standing
from serving.people.roll import add_person
from serving.settings import ServingSettings
from serving.sight import hierarchy_of
from serving.store import open_tables
from serving.tokens import create_token, utc_now
from serving.told import funnel_rows
from serving.warmth import succeeding

READ = frozenset({"read"})
NEW_DAY = dt.datetime(2026, 7, 5, 12)


@pytest.fixture
def copy(shop, tmp_path):
    """The shop's workspace and registry, free to be changed."""
    shutil.copytree(shop.workspace.path, tmp_path / "workspace")
    shutil.copytree(shop.workspace.path.parent / "mlruns", tmp_path / "mlruns")
    workspace = Workspace(tmp_path / "workspace")
    open_tables(workspace.store_url).dispose()
    return workspace


def live_of(workspace, seconds=0.0, **more):
    return Live(ServingSettings(workspace=workspace.path, refresh_seconds=seconds, **more))


def registered_again(shop, live):
    bundle, as_of = shop.folder / "bundle", shop.standing.as_of
    return live.registry.log(bundle, as_of, params={}, metrics={}, figures={}, tags={})


def touch(event_id, deal_id, day):
    told = {"event_id": event_id, "activity_id": event_id, "deal_id": deal_id, "kind": "call"}
    return ActivityEvent(type="activity", happened_at=f"{day}T09:00:00Z", recorded_at=f"{day}T10:00:00Z", **told)


def until(holds, seconds=60.0):
    ends = time.monotonic() + seconds
    while not holds() and time.monotonic() < ends:
        time.sleep(0.05)
    assert holds()


def test_a_new_day_that_begins_while_all_is_worked_out_anew_is_served_next(shop, copy):
    live = live_of(copy)
    deal_id = live.standing().board["deal_id"][0]
    worked_out, came = live.registry.serving_version, []

    def serving_version(as_of):
        if not came:
            for event in (touch("e1", deal_id, "2026-06-30"), touch("e2", deal_id, "2026-07-05")):
                came.append(take(live.store, copy.settings, [event], NEW_DAY))
                live.take_in()
        return worked_out(as_of)

    live.registry.promote(registered_again(shop, live), by="tests", reason="so that all is worked out anew")
    live.registry.serving_version = serving_version
    assert "e1" in live.standing().past["activities"]["activity_id"]
    after = live.standing()
    assert after.day == dt.date(2026, 7, 6)
    assert {"e1", "e2"} <= set(after.past["activities"]["activity_id"])


def test_a_contact_of_a_new_day_makes_nothing_be_worked_out_anew(copy):
    live = live_of(copy)
    before = live.standing()
    event = ContactEvent(type="contact", event_id="c", deal_id=before.board["deal_id"][0], contact_id="c",
                         role="champion", added_at="2026-07-05T09:00:00Z")  # fmt: skip
    take(live.store, copy.settings, [event], NEW_DAY)
    live.take_in()
    assert live.standing().prepared is before.prepared
    assert "c" in live.standing().history["contacts"]["contact_id"]


def test_what_a_manager_saw_is_not_given_once_somebody_reports_to_another(copy):
    live = live_of(copy)
    stood = live.standing()
    people, reps = hierarchy_of(stood), stood.history["reps"]
    leaders = [one for one in sorted(people.people) if people.leads(one)]
    manager = next(one for one in leaders if reps.filter(pl.col("manager_id") == one).height >= 2
                   and not people.sight("manager", one, READ).everything)  # fmt: skip
    funnel_rows(stood, people.sight("manager", manager, READ), None, None, ["segment"])
    moved = reps.filter(pl.col("manager_id") == manager).head(1)
    since = pl.lit(dt.datetime(2026, 6, 30)).cast(pl.Datetime("us"))
    other = next(one for one in leaders if one != manager)
    live.store.append("reps", moved.with_columns(manager_id=pl.lit(other), valid_from=since, recorded_at=since))
    made = make_standing(live.store.history(copy.settings), live.registry, live.settings)
    after = succeeding(made, stood)
    sight = hierarchy_of(after).sight("manager", manager, READ)
    assert len(sight.people) < len(people.sight("manager", manager, READ).people)
    given = funnel_rows(after, sight, None, None, ["segment"])
    assert given.equals(funnel_rows(made, sight, None, None, ["segment"]))
    assert after.lasting.before == {}


def test_old_answers_are_not_handed_on_for_ever_and_one_thread_works_ahead(copy):
    live = live_of(copy, warm=True)
    standing = live.standing()
    old = replace(standing.lasting, before={("ways", "old"): "of long ago"}, since=time.monotonic() - 3600)
    assert ("ways", "old") not in succeeding(standing, replace(standing, lasting=old)).lasting.before
    told = {"scope_kind": "team", "scope_id": "T01", "period": "2026Q3", "called_at": dt.datetime(2026, 6, 30)}
    said = {"forecaster_kind": "manager", "forecaster_id": "M1", "category": "commit", "measure": "amount"}
    for value in range(4):
        row = pl.DataFrame([{**told, **said, "value": float(value)}])
        copy.store().append("forecast_calls", complete("forecast_calls", row))
        live.standing()
        assert sum(thread.name == module.WARMER for thread in threading.enumerate()) <= 1
    until(lambda: live.warm, 300)
    live.close()


def test_an_event_that_cannot_be_taken_in_holds_up_no_promotion(shop, copy, monkeypatch):
    live = live_of(copy, 0.05)
    live.follow()
    deal_id, renewed = live.standing().board["deal_id"][0], module.renewed
    failed = []

    def broken(*_):
        failed.append(1)
        raise ValueError("not this one")

    monkeypatch.setattr(module, "renewed", broken)
    take(live.store, copy.settings, [touch("e", deal_id, "2026-06-30")], dt.datetime(2026, 7, 1))
    until(lambda: failed)
    until(lambda: "e" in live.standing().history["activities"]["activity_id"])
    monkeypatch.setattr(module, "renewed", renewed)
    version = registered_again(shop, live)
    live.registry.promote(version, by="tests", reason="better")
    until(lambda: live.standing().model.version == version)
    live.close()


def test_where_no_thread_can_be_started_the_next_look_is_made_all_the_same(shop, copy, monkeypatch):
    live = live_of(copy, 0.05)
    live.follow()
    start, failed = threading.Thread.start, []

    def once_not(thread):
        if thread.name == "maker" and not failed:
            failed.append(1)
            raise RuntimeError("can't start new thread")
        return start(thread)

    monkeypatch.setattr(threading.Thread, "start", once_not)
    until(lambda: failed)
    version = registered_again(shop, live)
    live.registry.promote(version, by="tests", reason="better")
    until(lambda: live.standing().model.version == version)
    live.close()


def test_a_damaged_version_is_not_promoted_and_the_answer_names_no_folder(shop, copy):
    app = create_app(replace(shop.app.state.settings, workspace=copy.path, refresh_seconds=0.0))
    live = app.state.live
    live.standing()
    version = registered_again(shop, live)
    (live.registry.bundle_folder(live.registry.get(version)) / "win.txt").write_text("broken")
    person = add_person(app.state.engine, "ana", "analyst", utc_now())
    token = create_token(copy.store_url, "ana", person_id=person.person_id)
    api = TestClient(app, headers={"Authorization": f"Bearer {token}"})
    answer = api.post(f"/v1/models/{version}/promote", json={"reason": "better"})
    assert answer.status_code == 503
    assert "checksum differs" in answer.json()["detail"]
    assert str(copy.path.parent) not in answer.text
    assert live.registry.champion().version != version
