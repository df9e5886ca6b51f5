"""A flag's record is what a count by hand gives, from past dates whose outcome was known by the cut."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from features.flags import FLAGS
from history.record import History
from tests.lib.builders import history_of, instant, make_change, make_deal
from training.bundle import load_bundle, save_bundle
from training.deal_model import DealModel
from training.flag_record import FlagRecord, flag_records

CUT = instant("2026-06-01")


def matrix_of(rows: list[tuple[str, str, dict[str, object]]]) -> pd.DataFrame:
    """Rows (deal, day, features) as a matrix in which nothing else is flagged."""
    quiet = {"stage": "Qualify", "stage_place": 0.0, **{flag.feature: np.nan for flag in FLAGS.values()}}
    quiet |= {"reply_lag_days": np.nan, "days_since_first_outbound": np.nan, "age_days": 5.0, "pushes": 0.0}
    index = pd.MultiIndex.from_tuples([(deal, instant(day)) for deal, day, _ in rows], names=["deal_id", "as_of"])
    return pd.DataFrame([{**quiet, **values} for *_, values in rows], index=index)


def story(**closed: str) -> History:
    """Deals by name with the stage that they came to on the 1st of March; "Qualify" for those still open."""
    rows = [make_deal(name) for name in closed]
    rows += [make_change("stage", "Qualify", "2026-01-01", deal_id=name) for name in closed]
    rows += [make_change("stage", end, "2026-03-01", deal_id=name) for name, end in closed.items() if end != "Qualify"]
    return history_of(*rows)


PUSHED = {"pushes": 4.0}


def test_each_deal_counts_once_with_the_share_of_its_dates_that_were_won() -> None:
    history = story(A="Won", B="Lost", C="Won", D="Qualify")
    matrix = matrix_of(
        [
            ("A", "2026-01-15", PUSHED),
            ("A", "2026-02-15", PUSHED),
            ("A", "2026-01-20", {}),
            ("B", "2026-02-15", PUSHED),
            ("C", "2026-02-15", {}),
            ("D", "2026-02-15", {}),
        ]
    )
    found = flag_records(matrix, history, CUT, 30)["pushed_repeatedly"]
    # A was won within 30 days of only one of its two flagged dates, and not of its other date; B never.
    assert (found.deals_flagged, found.rows_flagged) == (2, 3)
    assert found.won_flagged == pytest.approx((0.5 + 0) / 2)
    assert (found.deals_other, found.rows_other) == (3, 3)
    assert found.won_other == pytest.approx((0 + 1 + 0) / 3, abs=1e-6)
    assert found.lift == pytest.approx(0.75, abs=1e-5)
    assert found.precision == pytest.approx(0.75)


def test_the_others_are_weighed_to_the_stages_of_the_flagged() -> None:
    history = story(A="Won", B="Won", C="Lost", D="Lost", E="Lost")
    late = {"stage": "Negotiate", "stage_place": 2.0}
    day = "2026-02-15"
    matrix = matrix_of(
        [("A", day, {**late, **PUSHED}), ("B", day, late), ("C", day, {}), ("D", day, {}), ("E", day, {})]
    )
    found = flag_records(matrix, history, CUT, 30)["pushed_repeatedly"]
    assert (found.won_other, found.won_same_stage) == (0.25, 1.0)
    assert (found.lift, found.lift_same_stage) == (4.0, 1.0)


def test_a_horizon_that_had_not_ended_by_the_cut_does_not_count() -> None:
    matrix = matrix_of([("A", "2026-02-15", PUSHED), ("A", "2026-05-15", PUSHED), ("A", "2026-06-02", PUSHED)])
    found = flag_records(matrix, story(A="Qualify"), CUT, 30)["pushed_repeatedly"]
    assert found.rows_flagged == 1


def test_a_win_that_was_recorded_after_the_cut_is_not_known() -> None:
    history = history_of(
        make_deal("A"),
        make_change("stage", "Qualify", "2026-01-01", deal_id="A"),
        make_change("stage", "Won", "2026-03-01", deal_id="A", known="2026-06-05"),
    )
    found = flag_records(matrix_of([("A", "2026-02-15", PUSHED)]), history, CUT, 30)["pushed_repeatedly"]
    assert found.won_flagged == 0


def test_a_flag_that_was_never_raised_or_is_switched_off_has_no_shares() -> None:
    history = story(A="Won")
    off = History(replace(history.settings, raw={"flags": {"overdue": False}}), history.tables)
    found = flag_records(matrix_of([("A", "2026-02-15", {})]), off, CUT, 30)
    assert "overdue" not in found
    record = found["pushed_repeatedly"]
    assert (record.deals_flagged, record.won_flagged, record.lift, record.precision) == (0, None, None, None)
    assert record.won_other == 1


def test_no_resolved_row_at_all_is_no_obstacle() -> None:
    found = flag_records(matrix_of([("A", "2026-05-15", PUSHED)]), story(A="Qualify"), CUT, 90)
    assert found["pushed_repeatedly"].deals_other == 0


def test_the_records_of_a_company_hold_their_own_intervals(
    learned: pd.DataFrame, company: History, cut: dt.datetime
) -> None:
    found = flag_records(learned, company, cut, 180)
    assert list(found) == list(FLAGS)
    often = [record for record in found.values() if record.deals_flagged >= 20 and record.lift]
    assert len(often) >= 5
    for record in often:
        assert record.lift_low <= record.lift <= record.lift_high
        assert record.precision_low <= record.precision <= record.precision_high
        assert record.lift_low < record.lift_high
    assert found == flag_records(learned, company, cut, 180)


def test_a_touchless_deal_is_really_worse_than_others_at_its_stage(
    learned: pd.DataFrame, company: History, cut: dt.datetime
) -> None:
    record = flag_records(learned, company, cut, 180)["no_recent_touch"]
    assert record.lift_same_stage_high < 1


def test_a_bundle_keeps_the_records(model: DealModel, tmp_path: Path) -> None:
    record = FlagRecord(3.0, 180, 10, 40, 30, 200, *([0.25] * 11), None)  # type: ignore[arg-type]
    save_bundle(replace(model, flag_records={"overdue": record}), tmp_path / "bundle")
    assert load_bundle(tmp_path / "bundle", "1").flag_records == {"overdue": record}
