from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from benchmarks import attainment_rules as rules
from benchmarks.__main__ import what
from benchmarks.attainment import pipeline, table_lines
from benchmarks.attainment_cells import (
    ALONE,
    BEFORE,
    MODEL,
    NO_TRIAL,
    NOT_WON,
    SCHEMA,
    Replayed,
    cells_of,
    crps,
    stage_forecasts,
    trial,
)
from benchmarks.attainment_figures import bias, covered, pinball, wape
from benchmarks.attainment_results import cell_table, chips, days_table, judged_table, loans
from benchmarks.attainment_verdicts import (
    THREE_RULES,
    better_lines,
    better_than_model,
    by_period,
    correction_sentence,
    synthetic_bars,
    wape_bars,
)
from serving.forecasting import outlook
from tests.lib.deal_log import at, deal, told
from training.attainment.correction import Correction
from training.attainment.landing import landing, plain_deals

QUANTILES = [*SCHEMA][-7:]


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
    spread = {name: [value + step for value in said] for name, step in zip(QUANTILES, range(-3, 4), strict=True)}
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
    lines = list(cell_table(judged([10.0], [12.0])))
    assert lines[-1] == "| 2026Q1 | 1 | 12 | 8 to 12 | 10 |"


def test_ranges_are_told_by_days_left_and_level():
    late = judged([10.0, 20.0], [12.0, 30.0]).with_columns(week=pl.lit(12, dtype=pl.Int64))
    lines = list(days_table(pl.concat([late, judged([10.0], [10.0]).with_columns(pl.col("week").cast(pl.Int64))])))
    assert lines[0] == "| days left, about | team | WAPE, team |"
    assert lines[2].startswith("| 91 | 100% and 100% of 1 |")
    assert lines[3].startswith("| 14 | 0% and 50% of 2 |")


def spoken(forecast: str, said: list[float], came: list[float], width: float = 0.0, **key: object) -> pl.DataFrame:
    """Cells of one forecast that is `width` wide between neighbouring quantiles."""
    ranks = {name: [value + width * step for value in said] for name, step in zip(QUANTILES, range(-3, 4), strict=True)}
    errors = [abs(one - other) for one, other in zip(said, came, strict=True)]
    frame = pl.DataFrame({"said": said, "came": came, "crps": errors, **ranks})
    fixed = {"set": "s", "period": "2026Q1", "week": 1, "by": "company", "measure": "count"}
    fixed |= {"forecast": forecast, "correction": NO_TRIAL, **key}
    scopes = pl.Series("scope", [f"scope {number}" for number in range(len(said))])
    return (
        frame.with_columns(scopes, **{name: pl.lit(value) for name, value in fixed.items()})
        .select(*SCHEMA)
        .cast(SCHEMA)
    )


def test_each_week_has_its_own_verdict_on_the_ranges():
    came = [100.0] * 5
    early = [spoken(MODEL, [100.0, 100.0, 100.0, 50.0, 50.0], came, 1.0)]
    late = [spoken(MODEL, [100.0, 100.0, 100.0, 100.0, 50.0], came, 1.0, week=5)]
    others = [spoken(name, [10.0] * 5, came, week=week) for week in (1, 5) for name in (ALONE, rules.STAGES)]
    lines = list(synthetic_bars(pl.concat([*early, *late, *others])))
    assert "| 80 % range holds, all weeks, n 10 | 70.0% | 77 to 83 % | **missed** |" in lines
    assert "| 80 % range holds, start of week 1, n 5 | 60.0% | 77 to 83 % | **missed** |" in lines
    assert "| 80 % range holds, start of week 5, n 5 | 80.0% | 77 to 83 % | reached |" in lines
    assert lines[-1] == "| WAPE at week 5, below every rule's | 0.100 | 0.900 (stage weights) | reached |"


def test_a_rule_that_was_better_is_named_with_both_figures_and_where():
    ours = pl.concat([spoken(MODEL, [80.0], [100.0]), spoken(MODEL, [100.0], [100.0], period="2026Q2")])
    rule = pl.concat(
        [spoken(rules.RUN_RATE, [90.0], [100.0]), spoken(rules.RUN_RATE, [50.0], [100.0], period="2026Q2")]
    )
    lines = list(better_lines(by_period("company, count", pl.concat([ours, rule]))))
    told = "**run rate** (WAPE 0.100 against 0.200, CRPS 0.100 against 0.200, pinball 0.050 against 0.100)"
    assert lines[2] == f"- company, count, 2026Q1, all weeks: {told}."
    spared = "company, count, all; company, count, 2026Q2, all weeks"
    assert lines[-1] == f"No other forecast was better than the model in: {spared}."


def test_a_rule_is_held_against_the_model_only_where_it_spoke():
    ours = pl.concat([spoken(MODEL, [100.0], [100.0]), spoken(MODEL, [10.0], [100.0], week=5)])
    cells = pl.concat([ours, spoken(rules.COMMITS, [95.0], [100.0])])
    assert better_than_model(cells) == []
    assert list(judged_table(cells))[-1].startswith(f"| {rules.COMMITS} | 1 | 0.050 | -0.050 |")
    assert list(judged_table(cells))[-1].endswith("| 0.000 |")


def test_a_range_that_holds_nearer_to_what_it_should_is_better():
    came = [100.0] * 5
    close = spoken(rules.STAGES, [100.0, 100.0, 100.0, 100.0, 10.0], came, 1.0)
    sure = spoken(MODEL, [100.0] * 5, came, 1.0)
    (told,) = better_than_model(pl.concat([sure, close]))
    held = (f"{share} % range 80% against 100%" for share in (50, 80))
    assert told.startswith(f"**stage weights** ({', '.join(held)}")


def test_a_bar_is_missed_where_one_of_the_three_rules_is_better():
    others = [spoken(name, [miss], [100.0]) for name, miss in zip(THREE_RULES, (50.0, 99.0, 60.0), strict=True)]
    lines = list(wape_bars([("company", pl.concat([spoken(MODEL, [90.0], [100.0]), *others]), 0.13, True)]))
    assert lines[2] == "| WAPE, company, n 1 | 0.100 | 0.13 | reached |"
    assert lines[4] == "| WAPE, company, below that of: booked + last period's rest | 0.100 | 0.010 | **missed** |"
    assert [line.endswith("reached |") for line in lines[2:]] == [True, True, False, True]


def test_equal_numbers_with_and_without_a_correction_are_said_to_be_equal():
    cells = [spoken(MODEL, [9.0], [10.0]), spoken(MODEL, [8.0], [10.0], week=5, correction=NOT_WON)]
    before = [spoken(BEFORE, [9.0], [10.0]), spoken(BEFORE, [8.0], [10.0], week=5, correction=NOT_WON)]
    told = correction_sentence(pl.concat([*cells, *before]))
    assert "are equal in 2 of 2 cells: no correction won its trial here" in told
    assert "(trials won: 0, lost: 1, not held for want of earlier periods: 1)" in told
    wider = [spoken(MODEL, [9.0], [10.0]), spoken(MODEL, [8.0], [10.0], 1.0, week=5, correction="linear")]
    told = correction_sentence(pl.concat([*wider, *before]))
    assert "differ: means are equal in 2 of 2 cells, all numbers in 1 (trials won: 1" in told


def test_a_real_set_prints_every_forecast_at_every_level():
    names = (MODEL, BEFORE, ALONE, *THREE_RULES, rules.RUN_RATE, rules.STAGES, f"{rules.STAGES}, no spread")
    cuts = [(by, measure) for by, measure in (("company", "count"), ("company", "amount"), ("rep", "count"))]
    parts = [
        spoken(name, [90.0 + place], [100.0], 0.5, by=by, measure=measure, week=week)
        for by, measure in cuts
        for week in (1, 2)
        for place, name in enumerate(names)
    ]
    late = spoken(rules.LAST_YEAR, [70.0], [100.0], week=2)
    page = list(loans(pl.concat([*parts, late])))
    for by, measure in cuts:
        start = page.index(f"**{by.capitalize()}, {measure}**")
        table = page[start + 4 : start + 4 + len(names)]
        assert [line.split(" | ")[0] for line in table] == [f"| {name}" for name in names]
    assert any(line.startswith("| last year's pace | 1 | 0.300 | -0.300 | 0.300 | 0.150 |") for line in page)
    assert any(line.startswith("- company, count: corrected and uncorrected numbers differ") for line in page)
    assert "| WAPE, people, count, n 2 | 0.100 | 0.30 | reached |" in page
    assert not any(line.startswith("There is no") for line in page)


def test_a_quarter_that_a_rule_told_better_is_named_on_the_chip_makers_page():
    came, quarters = [100.0, 50.0], ("2015Q4", "2016Q1")
    others = (BEFORE, ALONE, *THREE_RULES)
    parts = [
        spoken(name, [60.0, 50.0], came, by=by, period=quarter)
        for name in (MODEL, *others)
        for by in ("company", "region")
        for quarter in quarters
        if (name, by, quarter) != (rules.LAST_PIPE, "region", "2015Q4")
    ]
    parts.append(spoken(rules.LAST_PIPE, [90.0, 50.0], came, by="region", period="2015Q4"))
    page = list(chips(pl.concat(parts)))
    named = [line for line in page if line.startswith("- region, count, 2015Q4, all weeks: ")]
    assert len(named) == 1
    assert f"**{rules.LAST_PIPE}** (WAPE 0.067 against 0.267" in named[0]
    assert any(line.startswith("No other forecast was better") and "company, count, all" in line for line in page)
    assert "Of the regions' misses 50% are of one," in " ".join(page)
    assert "There is no last year's pace: nothing is known of the same period a year before." in page


def test_a_part_of_nothing_is_not_a_number():
    assert np.isnan(wape(judged([1.0], [0.0])))


def test_every_level_has_its_rules_and_how_the_trial_of_a_correction_ended():
    history = told(
        deal("old1", "2025-08-01", ("Won", "2025-10-10"), owner_id="ann"),
        deal("old2", "2025-08-01", ("Won", "2025-11-20"), owner_id="cy"),
        deal("now1", "2025-12-01", ("Won", "2026-01-10"), owner_id="ann"),
        deal("now2", "2025-12-01", owner_id="cy"),
    )
    asked = Replayed("s", ("2026Q1",), (1,), (("team", "count"), ("company", "count")), ("team",))
    seen = rules.seen_with_course(outlook(history, Even(), "2026Q1", at("2026-01-29")))
    cells = pl.DataFrame(list(cells_of(seen, seen.outlook.now.booked, asked, 5)), schema=SCHEMA, orient="row")
    found = {by: set(cells.filter(pl.col("by") == by)["forecast"]) for by in ("team", "company")}
    assert found["team"] - found["company"] == {BEFORE, ALONE}
    assert {MODEL, *THREE_RULES, rules.RUN_RATE, f"{rules.STAGES}, no spread"} <= found["company"]
    assert cells["correction"].unique().to_list() == [NO_TRIAL]
    assert cells["crps"].is_finite().all()
    alone = list(cells_of(seen, seen.outlook.now.booked, replace(asked, alone=True), 5))
    assert {row[list(SCHEMA).index("forecast")] for row in alone} == {MODEL}


def test_a_stage_rule_that_knows_no_earlier_period_says_one_number():
    assert [name for name, _ in stage_forecasts({"x": 2.0}, np.array([]))] == ["stage weights, no spread"]
    spread = dict(stage_forecasts({"x": 2.0}, np.array([0.5, 1.5])))
    assert list(spread["stage weights"]["x"]) == [1.0, 3.0]


def test_a_correction_that_was_tried_and_lost_is_told_from_one_never_tried():
    assert trial(Correction("company")) == NO_TRIAL
    assert trial(Correction("company", "none", {"none": 0.1, "linear": 0.2})) == NOT_WON
    assert trial(Correction("company", "trees", {"none": 0.3, "trees": 0.2})) == "trees"


def test_the_seconds_of_tables_say_what_was_timed():
    lines = list(table_lines(pipeline(20, 2), 1e9))
    assert len(lines) == 5
    assert lines[-1].startswith("4 tables of 20 open deals, the outlook ready: ")
    assert lines[-1].endswith("(bar 1000000000 s): reached")
    assert list(table_lines(pipeline(20, 2), 0.0))[-1].endswith("(bar 0 s): MISSED")


def test_the_page_on_speed_says_what_is_not_in_the_seconds_of_tables():
    told = what("attainment")
    assert "Not in these seconds: reading a history, features, the model's chances" in told
    assert "the whole of" not in told
