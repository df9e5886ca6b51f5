"""What is wrong with a deal's data is named by code, and nothing else is."""

import datetime as dt

import polars as pl
import pytest

from serving.data_problems import data_problems
from tests.lib.builders import history_of, instant, make_rep

NOW = instant("2026-03-01")
GOOD = {
    "stage": "Qualify",
    "amount": 1000.0,
    "amount_home": 1000.0,
    "close_date": instant("2026-05-01"),
    "owner_id": "R1",
}
SCHEMA = {
    "stage": pl.String,
    "amount": pl.Float64,
    "amount_home": pl.Float64,
    "close_date": pl.Datetime("us"),
    "owner_id": pl.String,
}


def found(history=None, **values):
    frame = pl.DataFrame([{**GOOD, **values}], schema=SCHEMA)
    return " ".join(data_problems(history or history_of(make_rep("R1")), frame, NOW)[0])


def test_a_deal_with_good_data_has_no_problem():
    assert found() == ""


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"stage": None}, "no_stage"),
        ({"stage": "Proposal sent"}, "unknown_stage"),
        ({"amount": None, "amount_home": None}, "no_amount"),
        ({"amount_home": None}, "no_rate"),
        ({"close_date": None}, "no_close_date"),
        ({"close_date": NOW + dt.timedelta(days=731)}, "close_date_far"),
        ({"close_date": NOW - dt.timedelta(days=366)}, "close_date_old"),
        ({"owner_id": None}, "no_owner"),
        ({"owner_id": "R9"}, "unknown_owner"),
        ({"stage": None, "amount": None, "amount_home": None, "owner_id": "R9"}, "no_stage no_amount unknown_owner"),
    ],
)
def test_each_problem_has_its_code(values, expected):
    assert found(**values) == expected


def test_an_owner_is_not_unknown_where_the_history_lists_no_people():
    assert found(history_of(), owner_id="territory 7") == ""
