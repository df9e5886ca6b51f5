"""What the model wrote down is read as its calls, as it was known on each day."""

import datetime as dt

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from history.record import History, complete
from indicators.accuracy import accuracy, assess
from tests.indicators.test_accuracy import AS_OF, calls, company
from tests.lib.deal_log import at

ANN = calls("""
| forecaster_id | period | called_at  | value |
| ann           | 2025Q3 | 2025-09-01 |   180 |
| ann           | 2025Q4 | 2025-12-01 |   120 |
""")


def model_calls(*rows: tuple) -> pl.DataFrame:
    """period, as_of, said_at, value; of ann, by version 7 unless a fifth says otherwise."""
    told = [
        {"period": period, "as_of": at(as_of), "said_at": at(said), "value": value, "model_version": (*rest, "7")[0]}
        for period, as_of, said, value, *rest in rows
    ]
    frame = pl.DataFrame(told).with_columns(
        scope_kind=pl.lit("rep"), scope_id=pl.lit("ann"), measure=pl.lit("amount"), value=pl.col("value").cast(float)
    )
    return complete("model_calls", frame)


def found(*rows: tuple) -> dict:
    history = company(ANN).with_tables(model_calls=model_calls(*rows)) if rows else company(ANN)
    own = assess(history, AS_OF, horizons=(15,)).filter(pl.col("forecaster_kind") == "rep")
    return own.filter((pl.col("forecaster_id") == "ann") & (pl.col("source") == "submitted")).row(0, named=True)


def test_a_person_is_held_against_what_the_model_said_by_the_horizon_day():
    ann = found(("2025Q4", "2025-12-01", "2025-12-01", 95))
    assert ann["fva_model"] == pytest.approx((5 - 20) / 100)
    assert (ann["fva_model_n"], ann["fva_model_tells"], ann["fva_model_p10"]) == (1, "cannot tell", None)


def test_without_a_statement_nobody_can_tell():
    ann = found()
    assert (ann["fva_model"], ann["fva_model_n"], ann["fva_model_tells"]) == (None, 0, "cannot tell")


def test_what_was_said_or_recorded_after_the_horizon_day_does_not_count():
    assert found(("2025Q4", "2025-12-01", "2025-12-28", 95))["fva_model"] is None
    late = model_calls(("2025Q4", "2025-12-01", "2025-12-01", 95)).with_columns(recorded_at=at("2025-12-28"))
    rows = accuracy(company(ANN).with_tables(model_calls=late), AS_OF, horizons=(15,))
    assert rows["fva_model"].null_count() == rows.height


def test_a_past_day_asked_for_again_does_not_replace_what_was_said_from_newer_knowledge():
    fresh = ("2025Q4", "2025-12-05", "2025-12-05", 95)
    stale = ("2025Q4", "2025-11-01", "2025-12-06", 10, "8")
    assert found(fresh, stale)["fva_model"] == found(fresh)["fva_model"]
    newer = ("2025Q4", "2025-12-06", "2025-12-06", 100, "8")
    assert found(fresh, stale, newer)["fva_model"] == pytest.approx((0 - 20) / 100)


def test_nobody_is_asked_for_a_call_because_the_model_spoke():
    # In the second quarter ann had nothing to win; the model expected a little all the same.
    early = calls("""
    | forecaster_id | period | called_at  | value |
    | ann           | 2025Q1 | 2025-03-01 |   100 |
    """)
    both = [
        assess(company(early).with_tables(model_calls=more), AS_OF, horizons=(15,)).filter(
            pl.col("forecaster_kind") == "rep"
        )
        for more in (
            model_calls(("2025Q2", "2025-06-01", "2025-06-01", 3)),
            model_calls(("2025Q1", "2024-12-01", "2024-12-01", 3)).clear(),
        )
    ]
    counted = [rows.select("forecaster_id", "source", "n_called", "n_possible") for rows in both]
    assert_frame_equal(*counted)


def test_the_model_is_a_forecaster_with_every_column_told():
    history = company(ANN).with_tables(model_calls=model_calls(("2025Q2", "2025-06-01", "2025-06-01", 3)))
    row = assess(history, AS_OF, horizons=(15,)).row(by_predicate=pl.col("forecaster_kind") == "model", named=True)
    assert (row["forecaster_id"], row["n_called"], row["n_possible"]) == ("7", 1, 1)
    assert row["forecast_sum"] == 3


def test_what_is_said_later_changes_nothing_said_before():
    instant = at("2026-01-01")
    before = (("2025Q3", "2025-09-01", "2025-09-01", 150), ("2025Q4", "2025-12-01", "2025-12-01", 95))
    later = tuple(
        (period, as_of, "2026-01-05", 9_999, "9")
        for period in ("2025Q3", "2025Q4", "2026Q1")
        for as_of in ("2025-01-01", "2026-01-05")
    )
    rows = [
        assess(_said(*said), instant + dt.timedelta(days=1), horizons=(75, 45, 15)) for said in (before, before + later)
    ]
    assert_frame_equal(*rows)


def _said(*rows: tuple) -> History:
    return company(ANN).with_tables(model_calls=model_calls(*rows))
