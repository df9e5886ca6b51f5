from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from training.attainment.scatter import checked, fitted, held_out, scatter

POINTS, AGES, SCOPES = 13, 8, [f"s{number}" for number in range(20)]


def missed(seed: int, planted: bool) -> dict[str, pl.DataFrame]:
    """Forecasts whose misses scatter twice as far where they hang on deals yet to come, or alike everywhere."""
    rng = np.random.default_rng(seed)
    grid = pl.DataFrame({"age": range(AGES)}).join(pl.DataFrame({"point": range(POINTS)}), how="cross")
    rows = grid.join(pl.DataFrame({"scope": SCOPES}), how="cross")
    new = rng.uniform(0, 100, rows.height)
    scale = np.where(new > 50, 1.6, 0.6) if planted else np.ones(rows.height)
    return {
        "rep": rows.with_columns(
            share=pl.col("point") / POINTS,
            mean=pl.lit(100.0),
            new_expected=pl.Series(new),
            open_expected=pl.Series(100.0 - new),
            spread=pl.lit(20.0),
            miss=pl.Series(rng.normal(0.0, scale)),
        )
    }


def test_the_planted_scatter_is_found_and_told_for_the_present():
    found = scatter(missed(1, planted=True), 0.3, 10.0)
    assert found is not None
    assert found.scores["trees"] > found.scores["usual"]
    wide, narrow = (found.scale(0.3, (0.0, 100.0 - new, new), 20.0) for new in (90.0, 10.0))
    assert wide == pytest.approx(1.6, abs=0.3)
    assert narrow == pytest.approx(0.6, abs=0.2)


def test_where_scatter_is_alike_trees_are_not_used_or_change_little():
    found = scatter(missed(2, planted=False), 0.3, 10.0)
    if found is not None:
        assert found.scale(0.3, (0.0, 50.0, 50.0), 20.0) == pytest.approx(1.0, abs=0.15)


def test_a_period_is_judged_by_trees_that_know_older_periods_only():
    rows = missed(3, planted=True)["rep"].with_columns(level=pl.lit("rep"))
    changed = rows.with_columns(miss=pl.when(pl.col("age") < 3).then(pl.col("miss") * 5.0).otherwise("miss"))
    one, other = (held_out(each, 10.0).filter(pl.col("age") >= 2).drop("miss") for each in (rows, changed))
    assert one.equals(other)
    assert one["age"].unique().sort().to_list() == [2, 3, 4, 5]


def test_what_is_left_of_the_misses_is_what_the_check_of_levels_sees():
    left = checked(missed(1, planted=True), 10.0)["rep"]
    spread = left.with_columns(many=pl.col("new_expected") > 50).group_by("many").agg(pl.col("miss").std())
    ratio = spread["miss"].max() / spread["miss"].min()  # type: ignore[operator]
    assert ratio < 1.35


def test_few_misses_are_no_ground_and_the_same_misses_give_the_same_trees():
    few = {kind: rows.head(150) for kind, rows in missed(1, planted=True).items()}
    assert scatter(few, 0.3, 10.0) is None
    rows = missed(1, planted=True)["rep"].with_columns(level=pl.lit("rep"))
    assert fitted(rows, 10.0).model_to_string() == fitted(rows, 10.0).model_to_string()


def test_a_forecast_of_nothing_is_not_scaled():
    found = scatter(missed(1, planted=True), 0.3, 10.0)
    assert found is not None
    assert found.scale(0.3, (0.0, 0.0, 0.0), 0.0) == 1.0
