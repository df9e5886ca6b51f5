from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from tests.lib.deal_log import at
from training.attainment.amounts import UNCHANGED, AmountModel, Outcomes
from training.attainment.calls import said_at, weighed
from training.attainment.clues import CLUES, read
from training.attainment.correction import LINEAR, NONE, TREES, correction
from training.attainment.spread import Width, misses, scales
from training.attainment.tilt import tilted

SCOPES, AGES, POINTS = ("North", "South", "East", "West"), range(8), range(13)


def snapshot_rows(seed: int, insight: float, spoken: bool = True) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Past rows, and rows of now with what came: results scatter by 30 %; statements know a part of the scatter."""
    rng = np.random.default_rng(seed)
    rows = []
    for age in (-1, *AGES):
        for scope in SCOPES:
            news = 0.3 * rng.normal()
            for point in POINTS:
                said = 100.0 * (1.0 + insight * news + 0.02 * rng.normal()) if spoken else None
                booked = 100.0 * point / 26
                rest = {"booked": booked, "open_expected": 70.0 - booked, "new_expected": 30.0}
                rows.append(
                    {"age": age, "point": point, "share": point / 13, "scope": scope, **rest}
                    | {"came": 100.0 * (1.0 + news), "last_rest": 100.0 - booked, "open_deals": 40.0, "created": 9.0}
                    | {"by_reps": said, "by_managers": said, "variance": 400.0, "lean": 20.0}
                )
    frame = pl.DataFrame(rows, schema_overrides={"by_reps": pl.Float64, "by_managers": pl.Float64})
    return frame.filter(pl.col("age") >= 0), frame.filter((pl.col("age") == -1) & (pl.col("point") == 4))


def test_statements_that_know_something_are_followed():
    past, now = snapshot_rows(1, insight=0.9)
    done = correction(past, now, "team", 4)
    rest = (now["open_expected"] + now["new_expected"]).to_numpy()
    factors = np.array([done.factors[scope] for scope in now["scope"]])
    corrected = now["booked"].to_numpy() + factors * rest
    came = now["came"].to_numpy()
    assert done.used in (LINEAR, TREES)
    assert done.scores[done.used] < 0.6 * done.scores[NONE]
    assert np.abs(corrected - came).sum() < 0.5 * np.abs(100.0 - came).sum()


def test_where_there_is_nothing_to_learn_nothing_is_changed():
    used = [correction(*snapshot_rows(seed, insight=0.0, spoken=False), "team", 4).used for seed in range(8)]
    assert used.count(NONE) >= 7


def test_two_past_periods_are_too_few_and_no_score_is_told():
    past, now = snapshot_rows(1, insight=0.9)
    done = correction(past.filter(pl.col("age") < 2), now, "team", 4)
    assert (done.used, dict(done.scores), dict(done.factors)) == (NONE, {}, {})


def test_what_each_clue_adds_comes_to_the_whole_correction():
    past, now = snapshot_rows(1, insight=0.9)
    done = correction(past, now, "team", 4)
    rest = (now["open_expected"] + now["new_expected"]).to_numpy()
    change = dict(zip(now["scope"], rest * (np.array([done.factors[s] for s in now["scope"]]) - 1.0), strict=True))
    told = dict(done.parts.group_by("scope").agg(pl.col("effect").sum()).iter_rows())
    assert told == pytest.approx(change)
    assert set(done.parts["clue"]) == {clue.name for clue in CLUES} | {"level"}


def test_a_period_that_is_tested_is_not_learnt_from():
    past, now = snapshot_rows(1, insight=0.9)
    turned = past.with_columns(came=pl.when(pl.col("age") == 0).then(500.0 - pl.col("came")).otherwise("came"))
    one, other = (correction(rows, now, "team", 4).held_out.filter(pl.col("age") > 0) for rows in (past, turned))
    columns = ["age", "point", "scope"]
    assert one.sort(columns)["factor"].to_list() == pytest.approx(other.sort(columns)["factor"].to_list(), rel=0.3)


def test_clues_are_the_same_whatever_the_unit():
    past, _ = snapshot_rows(1, insight=0.9)
    money = ["booked", "open_expected", "new_expected", "last_rest", "by_reps", "by_managers"]
    thousand = past.with_columns(pl.col(money) * 1_000.0)
    assert np.allclose(read(past, 100.0).values, read(thousand, 100_000.0).values)


def test_a_steady_optimist_is_worth_what_came_of_it():
    rows = [
        ("team", scope, "manager", age, 4, 140.0 if scope == "A" else 100.0) for scope in "AB" for age in range(-1, 9)
    ]
    names = ["scope_kind", "scope_id", "forecaster_kind", "age", "point", "said"]
    said = pl.DataFrame(rows, schema=names, orient="row")
    came = said.filter(pl.col("age") >= 0).select("scope_kind", "scope_id", "age", came=pl.lit(100.0))
    worth = dict(weighed(said, came).filter(pl.col("age") == -1).select("scope_id", "worth").iter_rows())
    assert worth["A"] == pytest.approx(105.0, abs=5.0)
    assert worth["B"] == pytest.approx(97.0, abs=5.0)


def test_the_newest_statement_before_the_point_counts_and_the_most_likely_first():
    def call(day: str, category: str, value: float) -> dict[str, object]:
        who = {
            "scope_kind": "rep",
            "scope_id": "ann",
            "forecaster_kind": "rep",
            "period": "2026Q1",
            "measure": "amount",
        }
        return who | {"called_at": at(day), "recorded_at": at(day), "category": category, "value": value}

    calls = pl.DataFrame(
        [
            call("2026-01-05", "commit", 10.0),
            call("2026-01-12", "most_likely", 20.0),
            call("2026-01-19", "most_likely", 30.0),
            call("2026-01-20", "best_case", 90.0),
        ]
    ).with_columns(pl.col("called_at", "recorded_at").cast(pl.Datetime("us")))
    days = ["2026-01-05", "2026-01-06", "2026-01-19", "2026-02-01"]
    points = pl.DataFrame(
        {"period": ["2026Q1"] * 4, "age": [0] * 4, "point": range(4), "at": [at(day) for day in days]}
    )
    told = said_at(calls, points.with_columns(pl.col("at").cast(pl.Datetime("us"))), "amount")
    assert told.sort("point").select("point", "said").rows() == [(1, 10.0), (2, 20.0), (3, 30.0)]


def test_a_tilt_brings_each_group_to_what_is_wanted_and_leaves_others_alone():
    rng = np.random.default_rng(2)
    chances, worth = rng.beta(1, 3, 60), rng.lognormal(8, 1, 60)
    groups = pl.Series(np.resize(["a", "b", "c"], 60))
    moved = tilted(chances, worth, groups, {"a": 1.6, "b": 0.3})
    for group, factor in (("a", 1.6), ("b", 0.3), ("c", 1.0)):
        here = (groups == group).to_numpy()
        assert moved[here] @ worth[here] == pytest.approx(factor * chances[here] @ worth[here])
    assert ((moved >= 0) & (moved <= 1)).all()
    assert np.array_equal(np.argsort(moved[:60:3]), np.argsort(chances[:60:3]))


def test_a_tilt_never_makes_a_deal_certain():
    moved = tilted(np.array([0.5, 0.0, 1.0]), np.ones(3), pl.Series(["a"] * 3), {"a": 3.0})
    assert moved.tolist() == pytest.approx([0.999, 0.0, 1.0])


def missed(spread: float, seed: int = 1) -> pl.DataFrame:
    """Forecasts of 100 with a variance of 400 whose results scatter by `spread` times 20."""
    rng = np.random.default_rng(seed)
    past, _ = snapshot_rows(1, insight=0.0)
    noise = {(age, scope): rng.normal() for age in AGES for scope in SCOPES}
    came = [100.0 + 20.0 * spread * noise[row["age"], row["scope"]] for row in past.iter_rows(named=True)]
    return misses(past.with_columns(came=pl.Series(came)), Width(0.0, 0.0, 0.0, 1e9), 0.0)


def test_ranges_that_were_too_wide_or_too_narrow_are_scaled():
    narrow, right, wide = (scales({"team": missed(spread)}, 0.3, "team")["team"] for spread in (2.0, 1.0, 0.4))
    assert narrow.used > 1.25
    assert wide.used < 0.75
    assert 0.75 < right.used < 1.25
    assert narrow.cells == len(SCOPES) * len(AGES)


def test_few_past_results_change_no_range():
    few = missed(3.0).filter((pl.col("age") == 0) & (pl.col("scope") == "North"))
    assert scales({"team": few}, 0.3, "team")["team"].used == 1.0


def test_an_amount_that_may_change_keeps_its_mean_and_a_count_stays_one():
    model = AmountModel(Outcomes(np.array([1.0, 0.5, 2.0]), np.array([0.6, 0.3, 0.1])), UNCHANGED, 99)
    deals = pl.DataFrame({"amount": [100.0, 50.0], "amount_unknown": [False, True]})
    worth, parts = model.outcomes(deals, "amount")
    assert (worth * parts).sum(axis=1).tolist() == pytest.approx([95.0, 50.0])
    assert parts.sum(axis=1).tolist() == pytest.approx([1.0, 1.0])
    assert model.outcomes(deals, "count")[0].tolist() == [[1.0], [1.0]]
