import polars as pl
import pytest

from indicators.shrinkage import shrunk

LIKE = ["source"]


def people(*rows: tuple[str, str, int, float, float, float]) -> pl.DataFrame:
    """who, team, n_periods, ΣF, ΣA, Σ|F−A|, with bias and WAPE."""
    names = ["who", "team", "n_periods", "forecast_sum", "actual_sum", "miss_sum"]
    frame = pl.DataFrame(rows, schema=names, orient="row").with_columns(source=pl.lit("submitted"))
    won = pl.when(pl.col("actual_sum") > 0).then(pl.col("actual_sum"))
    return frame.with_columns(bias=(pl.col("forecast_sum") - pl.col("actual_sum")) / won, wape=pl.col("miss_sum") / won)


def test_a_short_record_is_drawn_to_the_others_of_the_team_by_its_missing_periods():
    rows = people(("ann", "N", 3, 150, 100, 50), ("bo", "N", 8, 90, 100, 30), ("ed", "N", 8, 100, 100, 10))
    ann = shrunk(rows, LIKE).row(by_predicate=pl.col("who") == "ann", named=True)
    # The others: bias (190 - 200) / 200 = -0.05, WAPE 40 / 200 = 0.2; half her own, half theirs.
    assert ann["bias_shrunk"] == pytest.approx(0.5 * 0.5 + 0.5 * -0.05)
    assert ann["wape_shrunk"] == pytest.approx(0.5 * 0.5 + 0.5 * 0.2)
    assert ann["shrunk_to"] == "team"


def test_six_periods_stand_for_themselves():
    rows = shrunk(people(("ann", "N", 6, 150, 100, 50), ("bo", "N", 8, 90, 100, 30)), LIKE)
    assert rows["bias_shrunk"].to_list() == rows["bias"].to_list()
    assert rows["shrunk_to"].to_list() == [None, None]


def test_who_is_alone_in_the_team_is_drawn_to_the_company_and_who_is_alone_in_it_to_nobody():
    two = shrunk(people(("ann", "N", 3, 150, 100, 50), ("cy", "S", 8, 80, 100, 20)), LIKE).row(0, named=True)
    assert (two["shrunk_to"], two["bias_shrunk"]) == ("company", pytest.approx(0.5 * 0.5 + 0.5 * -0.2))
    one = shrunk(people(("ann", "N", 3, 150, 100, 50)), LIKE).row(0, named=True)
    assert (one["shrunk_to"], one["bias_shrunk"]) == ("nobody", 0.5)


def test_nothing_won_is_not_mended_by_what_others_won():
    rows = shrunk(people(("ann", "N", 2, 50, 0, 50), ("bo", "N", 8, 90, 100, 30)), LIKE)
    assert rows.row(0, named=True)["bias_shrunk"] is None
