"""A model never speaks of a day before its own training unless it is asked to, and then it says so."""

import datetime as dt

import pytest

from history.errors import ModelUnavailable, NoHistory
from serving.choosing import choose_model
from serving.scoring import score
from training.small_data import TableModel


@pytest.fixture
def history(shop):
    return shop.standing.history


def test_the_newest_promoted_version_speaks_from_its_training_on(shop, history):
    trained = shop.standing.as_of
    assert choose_model(shop.registry, trained, history=history).version == shop.version
    assert choose_model(shop.registry, trained + dt.timedelta(days=90), history=history).version == shop.version


def test_before_it_the_tables_of_that_day_speak(shop, history):
    day = shop.standing.as_of - dt.timedelta(days=1)
    model = choose_model(shop.registry, day, history=history)
    assert isinstance(model, TableModel)
    assert model.version == "tables-2026-06-30"
    frame = score(history, model, day, day + dt.timedelta(days=90))
    assert frame.height > 20
    assert not frame["in_sample"].any()


def test_the_tables_are_made_from_what_was_known_alone(shop, history):
    import polars as pl

    day = shop.standing.as_of - dt.timedelta(days=400)
    known = history.with_tables(
        **{name: frame.filter(pl.col("recorded_at") < day) for name, frame in history.tables.items()}
    )
    frames = [
        score(past, choose_model(shop.registry, day, history=past), day, day + dt.timedelta(days=90))
        for past in (history, known)
    ]
    assert frames[0].equals(frames[1])


def test_a_version_that_is_named_speaks_of_any_day(shop):
    earlier = shop.standing.as_of - dt.timedelta(days=400)
    assert choose_model(shop.registry, earlier, version=shop.version).version == shop.version


def test_an_unknown_version_is_named_with_those_there_are(shop):
    with pytest.raises(ModelUnavailable, match="model '99' is not registered; known versions: "):
        choose_model(shop.registry, shop.standing.as_of, version="99")


def test_without_history_a_day_before_all_models_has_none(shop):
    with pytest.raises(ModelUnavailable, match="no promoted model was trained by"):
        choose_model(shop.registry, dt.datetime(2024, 1, 1))


def test_before_any_data_nothing_is_said(shop, history):
    with pytest.raises(NoHistory, match="nothing was known on 2020-01-01"):
        choose_model(shop.registry, dt.datetime(2020, 1, 1), history=history)
