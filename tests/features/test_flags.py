"""Risk flags: when each is raised, when it keeps quiet, and how thresholds are edited."""

from __future__ import annotations

import pandas as pd
import pytest

from features.catalogue import FEATURES
from features.flags import FLAGS, raise_flags, thresholds_of
from features.silence import heard_since, silent_flags
from history.errors import ConfigInvalid
from tests.lib.builders import history_of, instant, make_change, make_contact, make_deal, make_touch

OPEN_STAGES = 4
QUIET = {
    "stage_place": 3.0,
    "age_days": 60.0,
    "days_since_touch": 2.0,
    "days_since_inbound": 2.0,
    "days_since_first_outbound": 50.0,
    "reply_lag_days": -1.0,
    "days_overdue": 0.0,
    "days_to_close_date": 40.0,
    "pushes": 0.0,
    "stage_pace": 1.0,
    "days_since_backward_move": float("nan"),
    "contacts": 3.0,
    "has_decision_maker": 1.0,
    "has_next_step": 1.0,
    "amount_against_30d_ago": 1.0,
    "amount_against_segment": 1.0,
}
NOTHING = float("nan")

# (flag, the feature that decides it, a value that just raises it, one that just does not, other features)
EDGES = [
    ("no_recent_touch", "days_since_touch", 21, 20.9, {"stage_place": 1.0}),
    ("no_reply", "days_since_inbound", 30, 29.9, {}),
    ("gone_quiet", "days_since_touch", 14, 13.9, {}),
    ("overdue", "days_overdue", 1, 0.9, {"days_to_close_date": -1.0}),
    ("pushed_repeatedly", "pushes", 3, 2, {}),
    ("stuck_in_stage", "stage_pace", 2.5, 2.4, {}),
    ("moved_backward", "days_since_backward_move", 45, 45.1, {}),
    ("single_threaded", "contacts", 1, 2, {}),
    ("decision_maker_missing", "has_decision_maker", 0, 1, {}),
    ("no_next_step", "has_next_step", 0, 1, {}),
    ("amount_cut", "amount_against_30d_ago", 0.8, 0.81, {}),
    ("amount_above_norm", "amount_against_segment", 5, 4.9, {}),
    ("closing_soon_early_stage", "days_to_close_date", 14, 14.1, {"stage_place": 1.0}),
]


def flags_of(**values: float) -> str:
    """The flags of one deal that is quiet but for `values`."""
    return raise_flags(pd.DataFrame([{**QUIET, **values}]), OPEN_STAGES)[0]


def test_a_quiet_deal_has_no_flag() -> None:
    assert flags_of() == ""


def test_the_edges_below_cover_every_flag() -> None:
    assert [edge[0] for edge in EDGES] == list(FLAGS)


@pytest.mark.parametrize(("code", "feature", "raises", "does_not", "others"), EDGES, ids=[edge[0] for edge in EDGES])
def test_a_flag_is_raised_at_its_threshold_and_not_before(
    code: str, feature: str, raises: float, does_not: float, others: dict[str, float]
) -> None:
    assert FLAGS[code].feature == feature
    assert flags_of(**others, **{feature: raises}) == code
    assert flags_of(**others, **{feature: does_not}) == ""


@pytest.mark.parametrize("code", [code for code, flag in FLAGS.items() if not flag.stand_in])
def test_a_missing_value_raises_nothing(code: str) -> None:
    assert code not in flags_of(**{FLAGS[code].feature: NOTHING}).split()


def test_a_deal_never_touched_is_without_recent_touch_once_it_is_old_enough() -> None:
    assert flags_of(days_since_touch=NOTHING, age_days=21.0) == "no_recent_touch"
    assert flags_of(days_since_touch=NOTHING, age_days=20.0) == ""


def test_outreach_that_nobody_ever_answered_is_without_reply_once_it_is_old_enough() -> None:
    silence = {"days_since_inbound": NOTHING, "reply_lag_days": NOTHING}
    assert flags_of(**silence, days_since_first_outbound=30.0) == "no_reply"
    assert flags_of(**silence, days_since_first_outbound=29.0) == ""
    assert flags_of(**silence, days_since_first_outbound=NOTHING) == ""


def test_a_buyer_whose_word_stands_last_is_not_one_who_did_not_reply() -> None:
    assert flags_of(days_since_inbound=40.0, reply_lag_days=3.0) == ""
    assert flags_of(days_since_inbound=40.0, reply_lag_days=NOTHING) == ""
    assert flags_of(days_since_inbound=40.0, reply_lag_days=-3.0) == "no_reply"


def test_only_a_deal_past_the_middle_that_had_touches_goes_quiet() -> None:
    assert flags_of(days_since_touch=15.0, stage_place=2.0) == "gone_quiet"
    assert flags_of(days_since_touch=15.0, stage_place=1.0) == ""
    assert flags_of(days_since_touch=NOTHING, age_days=15.0) == ""


def test_a_deal_at_no_known_stage_is_asked_only_what_any_stage_is_asked() -> None:
    assert flags_of(stage_place=NOTHING, contacts=0.0, days_to_close_date=3.0, days_since_touch=50.0) == (
        "no_recent_touch"
    )


def test_an_early_deal_is_not_yet_asked_for_people() -> None:
    assert flags_of(contacts=1.0, has_decision_maker=0.0, stage_place=1.0) == ""
    assert flags_of(contacts=1.0, has_decision_maker=0.0, stage_place=2.0) == "single_threaded decision_maker_missing"


def test_a_late_deal_may_be_due_soon() -> None:
    assert flags_of(days_to_close_date=3.0, stage_place=2.0) == ""


def test_a_date_that_has_passed_is_overdue_and_not_due_soon() -> None:
    assert flags_of(days_to_close_date=-5.0, days_overdue=5.0, stage_place=0.0) == "overdue"


def test_flags_stand_in_the_order_of_their_list() -> None:
    assert flags_of(amount_against_segment=9.0, days_since_touch=50.0) == "no_recent_touch gone_quiet amount_above_norm"


def test_a_flag_that_is_switched_off_is_never_raised() -> None:
    matrix = pd.DataFrame([{**QUIET, "pushes": 9.0, "days_overdue": 3.0}])
    thresholds = thresholds_of({"flags": {"overdue": False, "pushed_repeatedly": 9}})
    assert raise_flags(matrix, OPEN_STAGES, thresholds) == ["pushed_repeatedly"]
    assert raise_flags(matrix, OPEN_STAGES, thresholds_of({"flags": {"pushed_repeatedly": 10}})) == ["overdue"]


def test_a_looser_cut_still_needs_the_amount_to_fall() -> None:
    matrix = pd.DataFrame([QUIET])
    assert raise_flags(matrix, OPEN_STAGES, thresholds_of({"flags": {"amount_cut": 1}})) == [""]


HOLDING_EVERYTHING = (
    make_deal(),
    make_change("stage", "Qualify", "2026-01-01"),
    make_change("next_step", "Call", "2026-01-05"),
    make_contact("P1", "2026-01-03"),
    make_touch("email", "2026-01-02", direction="out"),
    make_touch("email", "2026-01-04", activity_id="T2", direction="in", known="2026-01-09"),
)


def test_a_history_without_people_or_next_steps_does_not_speak_of_them() -> None:
    told = history_of(*(row for row in HOLDING_EVERYTHING if row.values.get("field") != "next_step"))
    told = told.with_tables(contacts=told["contacts"].clear())
    silent = silent_flags(heard_since(told), instant("2026-02-01"))
    assert silent == {"single_threaded", "decision_maker_missing", "no_next_step"}
    matrix = pd.DataFrame([{**QUIET, "contacts": 0.0, "has_next_step": 0.0, "pushes": 5.0}])
    assert raise_flags(matrix, OPEN_STAGES, silent=silent) == ["pushed_repeatedly"]


def test_a_history_without_touches_does_not_miss_them() -> None:
    told = history_of(*HOLDING_EVERYTHING)
    told = told.with_tables(activities=told["activities"].clear())
    silent = silent_flags(heard_since(told), instant("2026-02-01"))
    assert silent == {"no_recent_touch", "no_reply", "gone_quiet"}


def test_our_reviews_and_tasks_alone_tell_nothing_of_touches() -> None:
    told = history_of(make_deal(), make_touch("review", "2026-01-02"), make_touch("task", "2026-01-03"))
    assert heard_since(told)["touches"] is None


def test_a_history_that_holds_everything_silences_nothing_once_it_was_told() -> None:
    since = heard_since(history_of(*HOLDING_EVERYTHING))
    assert silent_flags(since, instant("2026-02-01")) == frozenset()
    assert silent_flags(since, instant("2026-01-09")) == {"no_reply"}
    assert silent_flags(since, instant("2026-01-03")) == {
        "no_reply",
        "single_threaded",
        "decision_maker_missing",
        "no_next_step",
    }


def test_an_unknown_flag_in_the_settings_is_named_with_those_there_are() -> None:
    with pytest.raises(ConfigInvalid, match=r"flag 'no_touch' is not known; expected one of no_recent_touch, .*"):
        thresholds_of({"flags": {"no_touch": 3}})


@pytest.mark.parametrize("value", ["many", True, None])
def test_a_threshold_that_is_no_number_is_refused_by_name(value: object) -> None:
    with pytest.raises(ConfigInvalid, match=f"flag overdue has threshold {value!r}; expected a number, or false"):
        thresholds_of({"flags": {"overdue": value}})


def test_the_flags_of_one_deal_do_not_hang_on_its_neighbours() -> None:
    alone = pd.DataFrame([{**QUIET, "days_since_touch": NOTHING, "pushes": 4.0}])
    among = pd.concat([alone, pd.DataFrame([QUIET, {**QUIET, "contacts": 0.0}])])
    assert raise_flags(among, OPEN_STAGES)[0] == raise_flags(alone, OPEN_STAGES)[0]


@pytest.mark.parametrize("code", FLAGS)
def test_every_flag_reads_declared_features_and_speaks_both_languages(code: str) -> None:
    flag = FLAGS[code]
    assert FEATURES[flag.feature].unit
    assert not flag.stand_in or FEATURES[flag.stand_in].unit
    assert flag.sentence("en").isascii()
    assert not flag.sentence("zh-CN").isascii()
