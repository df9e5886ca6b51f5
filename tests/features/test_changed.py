"""What is read from the text of changes: where a close date stands on the calendar."""

from __future__ import annotations

import calendar
import datetime as dt
from dataclasses import replace

import pandas as pd
import polars as pl
import pytest

from features.matrix import build_matrix
from history.fiscal import quarter_of
from history.settings import Settings
from tests.lib.builders import SETTINGS, Row, history_of, instant, make_change, make_deal

NAMES = ("close_date_in_quarters_last_week", "close_date_at_month_end")
AS_OF = instant("2026-02-01")


def matrix_of(dates: dict[str, str], settings: Settings = SETTINGS) -> pd.DataFrame:
    """The calendar's features of deals by name, each with its close date."""
    rows: list[Row] = []
    for deal, date in dates.items():
        rows += [make_deal(deal), make_change("close_date", date, "2026-01-05", deal_id=deal)]
    spine = pl.DataFrame(
        [(deal, AS_OF) for deal in dates], schema={"deal_id": pl.String, "as_of": pl.Datetime("us")}, orient="row"
    )
    return build_matrix(history_of(*rows, settings=settings), spine, threads=1, names=NAMES)


@pytest.mark.parametrize("fiscal_year_starts", range(1, 13))
def test_every_day_of_a_year_stands_in_its_fiscal_quarter(fiscal_year_starts: int) -> None:
    settings = replace(SETTINGS, fiscal_year_starts=fiscal_year_starts)
    days = [dt.date(2028, 1, 1) + dt.timedelta(days=n) for n in range(366)]
    matrix = matrix_of({f"D{day:%m%d}": day.isoformat() for day in days}, settings)
    in_last_week = [(quarter_of(day, settings).end_day - day).days <= 7 for day in days]
    at_month_end = [day.day == calendar.monthrange(day.year, day.month)[1] for day in days]
    assert matrix[NAMES[0]].tolist() == [float(truth) for truth in in_last_week]
    assert matrix[NAMES[1]].tolist() == [float(truth) for truth in at_month_end]
    assert sum(in_last_week) == 28


def test_what_is_no_date_stands_nowhere() -> None:
    matrix = matrix_of({"D1": "soon", "D2": "2026-02-30", "D3": "", "D4": "9999-12-31", "D5": "0001-01-01"})
    assert matrix[NAMES[0]].fillna(-1).tolist()[:4] == [-1, -1, -1, 1]
    assert matrix[NAMES[1]].fillna(-1).tolist()[:4] == [-1, -1, -1, 1]
    assert len(matrix) == 5


def test_a_time_after_the_day_does_not_move_it() -> None:
    matrix = matrix_of({"D1": "2026-03-31T23:30:00", "D2": "2026-03-31"})
    assert matrix.loc["D1"].to_numpy().tolist() == matrix.loc["D2"].to_numpy().tolist() == [[1.0, 1.0]]
