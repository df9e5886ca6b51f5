from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from benchmarks import attainment_rules as rules
from benchmarks.attainment_cells import MODEL, SCHEMA, crps
from benchmarks.attainment_results import bias, cell_table, covered, days_table, pinball, wape
from serving.forecasting import outlook
from tests.lib.deal_log import at, deal, told
from training.attainment.landing import landing, plain_deals


class Even:
    def predict(self, matrix, horizon_days):
        import pandas as pd

        return pd.DataFrame({"win_by_horizon": np.full(len(matrix), 0.4)}, index=matrix.index)


def test_crps_is_what_draws_from_the_distribution_say():
    rng = np.random.default_rng(4)
    amounts, chances = rng.lognormal(3, 1, 12), rng.uniform(0, 1, 12)
    total = landing(10.0, plain_deals(amounts, chances)).total
    one, other = (10.0 + (rng.random((60_000, 12)) < chances) @ amounts for _ in range(2))
    for came in (5.0, 60.0, 400.0):
        drawn = np.abs(one - came).mean() - np.abs(one - other).mean() / 2.0
        assert crps(total, came) == pytest.approx(drawn, rel=0.03)


def test_rules_tell_what_the_last_period_tells():
    history = told(
        deal("old1", "2025-08-01", ("Won", "2025-10-10")),
        deal("old2", "2025-08-01", ("Won", "2025-11-20")),
        deal("old3", "2025-08-01"),
        deal("late", "2025-11-05", ("Won", "2025-12-20")),
        deal("now1", "2025-12-01", ("Won", "2026-01-10")),
        deal("now2", "2025-12-01"),
    )
    as_of = at("2026-01-29")
    found = rules.rule_forecasts(rules.seen_with_course(outlook(history, Even(), "2026Q1", as_of)), "company", "count")
    assert found[rules.LAST_TOTAL] == {"company": 3.0}
    assert found[rules.LAST_REST] == {"company": 1.0 + 2.0}
    # Of two deals open at the same point one was won; two are open now; one came and was won.
    assert found[rules.LAST_PIPE] == {"company": 1.0 + 2 * 0.5 + 1.0}
    assert found[rules.RUN_RATE]["company"] == pytest.approx(90 / 28)
    assert rules.LAST_YEAR not in found


def judged(said: list[float], came: list[float]) -> pl.DataFrame:
    spread = {name: [value + step for value in said] for name, step in zip([*SCHEMA][-7:], range(-3, 4), strict=True)}
    key = {"set": "s", "period": "2026Q1", "week": 1, "by": "team", "measure": "count", "scope": "x", "forecast": MODEL}
    return pl.DataFrame({"said": said, "came": came, "crps": 1.0, **spread}).with_columns(
        **{k: pl.lit(v) for k, v in key.items()}
    )


def test_misses_are_parts_of_what_came():
    rows = judged([10.0, 20.0], [12.0, 16.0])
    assert wape(rows) == pytest.approx(6 / 28)
    assert bias(rows) == pytest.approx(2 / 28)
    assert covered(rows, "q10", "q90") == 0.5
    assert 0 < pinball(rows) < wape(rows)


def test_every_cell_has_its_line():
    lines = list(cell_table(judged([10.0], [12.0]), (MODEL,)))
    assert lines[-1] == "| 2026Q1 | 1 | 12 | 8 to 12 | 10 |"


def test_ranges_are_told_by_days_left_and_level():
    late = judged([10.0, 20.0], [12.0, 30.0]).with_columns(week=pl.lit(12, dtype=pl.Int64))
    lines = list(days_table(pl.concat([late, judged([10.0], [10.0]).with_columns(pl.col("week").cast(pl.Int64))])))
    assert lines[0] == "| days left, about | team | WAPE, team |"
    assert lines[2].startswith("| 91 | 100% and 100% of 1 |")
    assert lines[3].startswith("| 14 | 0% and 50% of 2 |")
