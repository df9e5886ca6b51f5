"""The timeline tells what was known, newest first."""

from history.as_of import known
from serving.timeline import timeline
from tests.lib.builders import history_of, instant, make_change, make_deal, make_touch

NOW = instant("2026-03-01")


def told(*rows):
    history = history_of(make_deal("D1"), make_deal("D2"), *rows)
    return timeline(known(history, NOW), "D1", NOW)


def test_changes_and_touches_stand_together_newest_first():
    events = told(
        make_change("stage", "Qualify", "2026-01-01"),
        make_touch("call", "2026-02-01", direction="in", subject="Price", duration_minutes=12.0, rep_id="R1"),
        make_change("stage", "Propose", "2026-02-10", old="Qualify"),
    )
    assert events["kind"].to_list() == ["change", "call", "change"]
    assert events.row(1, named=True)["subject"] == "Price"
    assert events.row(0, named=True)["old_value"] == "Qualify"


def test_another_deal_s_events_and_later_ones_are_not_told():
    events = told(
        make_change("stage", "Qualify", "2026-01-01", deal_id="D2"),
        make_touch("call", "2026-02-01", known="2026-03-01"),
        make_touch("meeting", "2026-03-05", activity_id="T2", known="2026-02-01"),
    )
    assert events.height == 0
