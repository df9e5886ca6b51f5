"""Whatever the data of a deal is like, it is scored with its problem named; nothing is NaN and no neighbour changes."""

from __future__ import annotations

import datetime as dt

import numpy as np
import polars as pl
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from features.matrix import build_matrix
from features.spine import open_spine
from history.record import History
from history.synthetic import generate
from serving.choosing import ServedModel, table_model
from serving.data_problems import PROBLEMS
from serving.scoring import score, unscored
from training.booster import BoostOptions
from training.deal_model import DealModel
from training.fitting import FitOptions, fit_deal_model
from training.small_data import TableModel

DAY = dt.timedelta(days=1)
laws = settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True)


@pytest.fixture(scope="module")
def company() -> History:
    return generate(400, seed=9).history


@pytest.fixture(scope="module")
def as_of(company: History) -> dt.datetime:
    return company.settings.start_of(dt.date(2026, 5, 1))


@pytest.fixture(scope="module")
def models(company: History, as_of: dt.datetime) -> dict[str, ServedModel]:
    """The model, and the tables that serve where there is none."""
    days = [as_of - 14 * DAY * back for back in range(40, 0, -1)]
    matrix = build_matrix(company, open_spine(company, days), threads=1)
    options = FitOptions(boost=BoostOptions(most_rounds=30, num_threads=1))
    return {"model": fit_deal_model(matrix, company, as_of, options), "tables": table_model(company, as_of)}


def change(deal: str, field: str, value: str | None, at: dt.datetime, **more: object) -> dict[str, object]:
    return {"deal_id": deal, "changed_at": at, "field": field, "new_value": value, **more}


def touch(deal: str, at: dt.datetime, **more: object) -> dict[str, object]:
    return {
        "activity_id": f"{deal}-{at}",
        "deal_id": deal,
        "happened_at": at,
        "kind": "call",
        "direction": "in",
        **more,
    }


def with_rows(history: History, **tables: list[dict[str, object]]) -> History:
    frames = {}
    for name, rows in tables.items():
        own = history[name]
        frames[name] = pl.concat([own, pl.DataFrame(rows, schema_overrides=own.schema)], how="diagonal")
    return history.with_tables(**frames)


def bad_deal(history: History, as_of: dt.datetime, kind: str, deal: str = "BAD") -> History:
    """The history with one more deal, good but for what `kind` names."""
    begun, entered = as_of - 30 * DAY, as_of - 30 * DAY
    stages, owner = history.settings.open_stages, history["reps"]["rep_id"].sort()[0]
    far = (as_of + 40 * 365 * DAY).date().isoformat()
    good = {
        "stage": stages[1],
        "amount": "50000",
        "owner_id": owner,
        "close_date": (as_of + 60 * DAY).date().isoformat(),
    }
    fields: dict[str, str | None] = {
        **good,
        **BAD_VALUES.get(kind, {}),
        **({"close_date": far} if kind == "close_date_far" else {}),
    }
    changes = [change(deal, name, value, begun) for name, value in fields.items() if value is not None]
    touches = [] if kind == "no_activity" else [touch(deal, as_of - 2 * DAY)]
    if kind == "tied_changes":
        changes += [
            change(deal, "stage", name, as_of - 9 * DAY, old_value=stages[1]) for name in (stages[0], stages[2])
        ]
    if kind == "changes_out_of_order":
        changes += [change(deal, "amount", "70000", as_of - 5 * DAY, old_value="60000")]
    if kind == "future_activity":
        touches += [touch(deal, as_of + 3 * DAY, recorded_at=entered)]
    if kind == "future_change":
        changes += [change(deal, "stage", "Won", as_of + 3 * DAY, recorded_at=entered)]
    deals = [{"deal_id": deal, "created_at": begun, "recorded_at": begun}]
    return with_rows(history, deals=deals, deal_changes=changes, **({"activities": touches} if touches else {}))


BAD_VALUES: dict[str, dict[str, str | None]] = {
    "no_stage": {"stage": None},
    "no_amount": {"amount": None},
    "no_close_date": {"close_date": None},
    "close_date_old": {"close_date": "1986-05-01"},
    "unknown_owner": {"owner_id": "nobody"},
    "no_owner": {"owner_id": None},
    "unknown_stage": {"stage": "Somewhere else"},
}
KINDS = (
    *BAD_VALUES,
    *("close_date_far", "no_activity", "tied_changes", "changes_out_of_order", "future_activity", "future_change"),
)


def scores(history: History, model: ServedModel, as_of: dt.datetime) -> pl.DataFrame:
    return score(history, model, as_of, as_of + 60 * DAY)


def assert_sound(frame: pl.DataFrame) -> None:
    numbers = frame.select(pl.col(pl.Float64).exclude("amount"))
    assert numbers.null_count().sum_horizontal().item() == 0
    assert not np.isnan(numbers.to_numpy()).any()
    amounts = frame["amount"].drop_nulls()
    assert amounts.is_finite().all()
    assert frame["win_probability"].is_between(0, 1, closed="none").all()
    assert frame["health"].is_between(0, 100).all()
    assert set(" ".join(frame["problems"]).split()) <= set(PROBLEMS)


@pytest.mark.parametrize("by", ["model", "tables"])
@pytest.mark.parametrize("kind", KINDS)
def test_a_bad_deal_is_scored_with_its_problem_named_and_its_neighbours_stay(
    kind: str, by: str, company: History, models: dict[str, ServedModel], as_of: dt.datetime
) -> None:
    found = scores(bad_deal(company, as_of, kind), models[by], as_of)
    assert_sound(found)
    row = found.filter(deal_id="BAD").row(0, named=True)
    assert kind in row["problems"].split()
    assert found.filter(pl.col("deal_id") != "BAD").equals(scores(company, models[by], as_of))


def test_the_good_deal_that_the_bad_ones_are_made_of_has_no_problem(
    company: History, models: dict[str, ServedModel], as_of: dt.datetime
) -> None:
    found = scores(bad_deal(company, as_of, "none"), models["model"], as_of)
    assert found.filter(deal_id="BAD")["problems"].to_list() == [""]


def test_a_deal_of_which_nothing_but_its_creation_is_known_is_refused_by_name(
    company: History, models: dict[str, ServedModel], as_of: dt.datetime
) -> None:
    begun = as_of - 9 * DAY
    bare = with_rows(company, deals=[{"deal_id": "BARE", "created_at": begun, "recorded_at": begun}])
    assert unscored(bare, as_of) == ["BARE"]
    assert unscored(company, as_of) == []
    assert scores(bare, models["model"], as_of).equals(scores(company, models["model"], as_of))


@pytest.mark.parametrize("by", ["model", "tables"])
def test_the_order_of_rows_and_a_change_told_twice_change_nothing(
    by: str, company: History, models: dict[str, ServedModel], as_of: dt.datetime
) -> None:
    shuffled = company.with_tables(
        **{
            name: pl.concat([rows, rows.head(5)]).sample(fraction=1.0, shuffle=True, seed=3)
            if name == "deal_changes"
            else rows.sample(fraction=1.0, shuffle=True, seed=3)
            for name, rows in company.tables.items()
        }
    )
    assert (
        scores(shuffled, models[by], as_of).drop("problems").equals(scores(company, models[by], as_of).drop("problems"))
    )


values = st.one_of(
    st.sampled_from(
        ["", " ", "nan", "inf", "-inf", "-5", "1e400", "0", "1e-300", "99999999999999999999", "成交", "null"]
    ),
    st.text(max_size=12),
    st.dates(dt.date(1, 1, 1), dt.date(9999, 12, 31)).map(dt.date.isoformat),
)
wild_changes = st.lists(
    st.tuples(
        st.sampled_from(["stage", "amount", "close_date", "owner_id", "probability", "kind", "segment", "odd field"]),
        st.none() | values,
        st.none() | values,
        st.integers(-400 * 24, 400 * 24),
        st.integers(-400 * 24, -1),
    ),
    min_size=1,
    max_size=12,
)


@laws
@example([("amount", "nan", "inf", -9, -9), ("stage", None, "", -8, -8)], "model")
@example([("amount", None, "1e400", -9, -9), ("close_date", None, "9999-12-31", -8, -8)], "tables")
@example([("amount", None, "NaN", -9, -9), ("probability", None, "-inf", -8, -8)], "model")
@example([("amount", None, "-5", -9, -9), ("close_date", None, "0001-01-01", -8, -8)], "model")
@given(wild_changes, st.sampled_from(["model", "tables"]))
def test_no_value_of_any_field_makes_nan_or_moves_a_neighbour(
    company: History, models: dict[str, ServedModel], as_of: dt.datetime, wild: list, by: str
) -> None:
    rows = [
        change("WILD", field, new, as_of + happened * DAY / 24, old_value=old, recorded_at=as_of + entered * DAY / 24)
        for field, old, new, happened, entered in wild
    ]
    begun = as_of - 30 * DAY
    deals = [{"deal_id": "WILD", "created_at": begun, "recorded_at": begun}]
    found = scores(with_rows(company, deals=deals, deal_changes=rows), models[by], as_of)
    assert_sound(found)
    assert found.filter(pl.col("deal_id") != "WILD").equals(scores(company, models[by], as_of))


def test_both_kinds_of_model_are_asked(models: dict[str, ServedModel]) -> None:
    assert isinstance(models["model"], DealModel)
    assert isinstance(models["tables"], TableModel)
