"""What came of a deal is told by its first closing not yet known, and only where the horizon has ended."""

from __future__ import annotations

import datetime as dt

import polars as pl

from history.deals import snapshot
from history.record import History
from history.synthetic import generate
from tests.lib.builders import history_of, instant, make_change, make_deal
from training.labels import closed_counts, outcomes_by


def a_deal(*changes: tuple[str, str, str | None]) -> History:
    rows = [make_change("stage", "Qualify", "2026-01-01")]
    rows += [make_change("stage", stage, at, known=known) for stage, at, known in changes]
    return history_of(make_deal(), *rows)


def label(history: History, as_of: str, horizon: str, cut: str = "2027-01-01") -> str | None:
    spine = pl.DataFrame({"deal_id": ["D1"], "as_of": [instant(as_of)], "horizon_end": [instant(horizon)]})
    spine = spine.with_columns(pl.col("as_of", "horizon_end").cast(pl.Datetime("us")))
    return outcomes_by(history, spine, instant(cut))["label"].item()


def test_a_deal_won_before_the_horizon_is_won() -> None:
    assert label(a_deal(("Won", "2026-02-10", None)), "2026-02-01", "2026-03-01") == "won"


def test_a_deal_lost_before_the_horizon_is_lost() -> None:
    assert label(a_deal(("Lost", "2026-02-10", None)), "2026-02-01", "2026-03-01") == "lost"


def test_a_deal_that_closes_on_the_horizon_is_still_open() -> None:
    assert label(a_deal(("Won", "2026-03-01", None)), "2026-02-01", "2026-03-01") == "open"


def test_a_horizon_that_has_not_ended_at_the_cut_has_no_label() -> None:
    assert label(a_deal(("Won", "2026-02-10", None)), "2026-02-01", "2026-03-01", cut="2026-02-20") is None


def test_a_horizon_that_ends_at_the_cut_has_been_seen() -> None:
    assert label(a_deal(("Won", "2026-02-10", None)), "2026-02-01", "2026-03-01", cut="2026-03-01") == "won"


def test_a_win_recorded_after_the_cut_is_not_known_yet() -> None:
    history = a_deal(("Won", "2026-02-10", "2026-03-05"))
    assert label(history, "2026-02-01", "2026-03-01", cut="2026-03-01") == "open"
    assert label(history, "2026-02-01", "2026-03-01", cut="2026-04-01") == "won"


def test_a_win_that_was_entered_late_counts_for_the_days_on_which_the_deal_looked_open() -> None:
    assert label(a_deal(("Won", "2026-02-10", "2026-02-20")), "2026-02-15", "2026-03-01") == "won"


def test_the_first_closing_counts_even_if_the_deal_is_reopened_later() -> None:
    history = a_deal(("Won", "2026-02-10", None), ("Propose", "2026-02-12", None), ("Lost", "2026-02-20", None))
    assert label(history, "2026-02-01", "2026-03-01") == "won"


def test_a_reopened_deal_is_judged_by_what_came_after_the_reopening() -> None:
    history = a_deal(("Lost", "2026-02-10", None), ("Propose", "2026-02-12", None), ("Won", "2026-02-20", None))
    assert label(history, "2026-02-15", "2026-03-01") == "won"


def test_a_late_entry_of_a_closing_that_had_been_undone_is_passed_over() -> None:
    history = a_deal(("Lost", "2026-02-10", "2026-02-25"), ("Propose", "2026-02-12", None), ("Won", "2026-02-28", None))
    assert label(history, "2026-02-15", "2026-03-05") == "won"


def test_counts_are_of_deals_closed_from_open_before_the_cut() -> None:
    history = a_deal(("Lost", "2026-02-10", None), ("Propose", "2026-02-12", None), ("Won", "2026-02-20", None))
    assert closed_counts(history, instant("2026-02-15")) == {"won": 0, "lost": 1}
    assert closed_counts(history, instant("2026-03-01")) == {"won": 1, "lost": 1}


def test_labels_agree_with_replaying_every_day() -> None:
    """A second road: take the daily snapshots and see in which the deal is first closed."""
    history = generate(50, seed=2, clean=True).history
    start = history.settings.start_of(dt.date(2025, 3, 1))
    days = [start + dt.timedelta(days=n) for n in range(22)]
    shots = [dict(snapshot(history, day).select("deal_id", "outcome").iter_rows()) for day in days]
    opened = sorted(deal for deal, outcome in shots[0].items() if outcome is None)
    spine = pl.DataFrame({"deal_id": opened}).with_columns(
        as_of=pl.lit(days[0]).cast(pl.Datetime("us")), horizon_end=pl.lit(days[-1]).cast(pl.Datetime("us"))
    )
    found = dict(outcomes_by(history, spine, days[-1]).select("deal_id", "label").iter_rows())
    came = {deal: next((shot[deal] for shot in shots if shot[deal] is not None), "open") for deal in opened}
    assert found == came
    assert {"open"} < set(came.values())
