"""What the model would have said on past horizon days."""

import polars as pl
import pytest

from history.record import History
from history.scopes import SCOPE_KINDS
from indicators.accuracy import assess
from serving.choosing import table_model
from serving.forecasting import forecast
from serving.replayed_calls import REPLAYED, replayed_calls
from tests.indicators.test_accuracy import calls
from tests.lib.deal_log import at, company

AS_OF = at("2026-01-10")
HORIZON = at("2025-12-18")


@pytest.fixture(scope="module")
def history() -> History:
    return company(90, seed=7, start="2025-07-01", days=170)


@pytest.fixture(scope="module")
def said(history: History) -> pl.DataFrame:
    return replayed_calls(history, lambda at_: table_model(history, at_), AS_OF, ("rep",), (15,), "amount", "quarter")


def test_it_says_what_the_forecast_of_that_day_said(history: History, said: pl.DataFrame):
    told = forecast(history, table_model(history, HORIZON), "2025Q4", HORIZON, "rep")
    last = said.filter(pl.col("period") == "2025Q4")
    assert dict(last.select("scope_id", "value").iter_rows()) == dict(told.select("scope_id", "mean").iter_rows())
    assert (last["called_at"] < HORIZON).all()


def test_people_are_held_against_it(history: History, said: pl.DataFrame):
    own = calls("""
    | forecaster_id | period | called_at  | value |
    | ann           | 2025Q4 | 2025-11-01 |     0 |
    """)
    called = history.with_tables(forecast_calls=own)
    without = assess(called, AS_OF, horizons=(15,)).filter(pl.col("forecaster_id") == "ann")
    found = assess(called, AS_OF, horizons=(15,), model_calls=said)
    ann = found.filter((pl.col("forecaster_id") == "ann") & (pl.col("source") == "submitted")).row(0, named=True)
    came = ann["actual_sum"]
    value = said.filter((pl.col("scope_id") == "ann") & (pl.col("period") == "2025Q4"))["value"].item()
    assert without["fva_model"].null_count() == without.height
    assert ann["fva_model"] == pytest.approx(abs(value - came) / came - 1)
    assert REPLAYED in set(found["forecaster_id"])


def test_a_statement_of_the_time_stands_before_what_is_worked_out_afterwards(history: History):
    stated = calls("""
    | forecaster_kind | forecaster_id | scope_id | period | called_at  | value |
    | model           | 7             | ann      | 2025Q4 | 2025-11-01 |     5 |
    """)
    found = replayed_calls(
        history.with_tables(forecast_calls=stated),
        lambda at_: table_model(history, at_),
        AS_OF,
        ("rep",),
        (15,),
        "amount",
        "quarter",
    )
    assert "ann" not in set(found.filter(pl.col("period") == "2025Q4")["scope_id"])
    assert set(SCOPE_KINDS) >= set(found["scope_kind"]) == {"rep"}
