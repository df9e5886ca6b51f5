from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features.spine import open_spine, weekly
from history.as_of import known
from history.deals import closings
from history.errors import DateInvalid, NoHistory, RequestInvalid
from history.record import History, make_history
from history.scopes import SCOPE_KINDS
from history.settings import read_settings
from indicators.actuals import wins
from serving.forecasting import SCHEMA, forecast, outlook, table
from tests.lib.deal_log import at, company, deal, quotas, told
from tests.lib.evaluation import folder

DESIGN_COLUMNS = [
    *("scope_kind", "scope_id", "period", "as_of", "measure", "booked", "open_expected", "new_expected", "mean"),
    *("p10", "p25", "p50", "p75", "p90", "quota", "attainment", "p_attain", "coverage"),
]
QUANTILES = ["p10", "p25", "p50", "p75", "p90"]


class StageRates:
    """Wins per open day in each stage as known on a day; a deal is won within h days at that constant rate."""

    def __init__(self, history: History, as_of: dt.datetime):
        past = known(history, as_of)
        first = past.first_recorded or as_of
        weeks = open_spine(past, weekly(first + dt.timedelta(days=1), as_of))
        won = closings(past).filter(pl.col("outcome") == "won").select("deal_id", "closed_at")
        rows = weeks.join(won, on="deal_id", how="left")
        soon = (pl.col("closed_at") - pl.col("as_of")).is_between(dt.timedelta(0), dt.timedelta(days=7))
        rates = rows.group_by("stage").agg(rate=soon.fill_null(False).mean() / 7.0)
        self.rates = dict(rates.iter_rows())

    def predict(self, matrix: pd.DataFrame, horizon_days: np.ndarray) -> pd.DataFrame:
        rates = matrix["stage"].astype(object).map(self.rates).fillna(0.0).to_numpy(dtype=float)
        return pd.DataFrame({"win_by_horizon": 1.0 - np.exp(-rates * horizon_days)}, index=matrix.index)


@pytest.fixture(scope="module")
def crm() -> History:
    return company(350, 21).with_tables(
        quotas=quotas(
            ("company", "company", "2026Q1", "amount", 900_000.0, "2025-12-01"),
            ("team", "North", "2026Q1", "amount", 450_000.0, "2025-12-01"),
            ("team", "Nobody", "2026Q1", "amount", 100.0, "2025-12-01"),
            ("rep", "ann", "2026Q1", "count", 0.0, "2025-12-01"),
        )
    )


def lands(history: History, as_of: str, by: str = "company", measure: str = "amount", period: str = "2026Q1"):
    return forecast(history, StageRates(history, at(as_of)), period, at(as_of), by, measure)


def test_the_columns_are_those_of_the_design_and_then_what_the_reader_must_know(crm: History):
    frame = lands(crm, "2026-01-20", "team")
    assert frame.columns[: len(DESIGN_COLUMNS)] == DESIGN_COLUMNS
    assert frame.columns[len(DESIGN_COLUMNS) :] == ["open_deals", "amount_unknown", "past_periods", "before_correction"]
    assert dict(frame.schema) == SCHEMA


@pytest.mark.parametrize("measure", ["amount", "count"])
def test_parts_add_up_to_the_mean_and_levels_add_up_to_the_company(crm: History, measure: str):
    seen = outlook(crm, StageRates(crm, at("2026-02-01")), "2026Q1", at("2026-02-01"))
    whole = table(seen, "company", measure)
    for by in SCOPE_KINDS:
        level = table(seen, by, measure)
        assert (level["booked"] + level["open_expected"] + level["new_expected"]).to_list() == pytest.approx(
            level["mean"].to_list()
        )
        for column in ("booked", "open_expected", "new_expected", "mean", "open_deals", "amount_unknown"):
            assert level[column].sum() == pytest.approx(whole[column][0]), (by, column)


def test_a_teams_mean_is_the_sum_of_its_peoples(crm: History):
    reps, teams = (lands(crm, "2026-02-01", by) for by in ("rep", "team"))
    mean = dict(reps.select("scope_id", "mean").iter_rows())
    assert teams.filter(pl.col("scope_id") == "North")["mean"][0] == pytest.approx(mean["ann"] + mean["bo"])


@settings(max_examples=8, deadline=None)
@given(st.integers(0, 10_000), st.integers(-40, 89), st.sampled_from(["rep", "product_line"]))
def test_quantiles_are_ordered_and_not_below_what_is_booked(seed: int, day: int, by: str):
    as_of = at("2026-01-01") + dt.timedelta(days=day)
    history = company(60, seed)
    frame = forecast(history, StageRates(history, as_of), "2026Q1", as_of, by)
    for row in frame.iter_rows(named=True):
        ranks = [row["booked"], *(row[name] for name in QUANTILES)]
        assert ranks == sorted(ranks)


@settings(max_examples=6, deadline=None)
@given(st.integers(0, 10_000), st.integers(0, 89))
def test_what_is_recorded_later_changes_nothing(seed: int, day: int):
    as_of = at("2026-01-01") + dt.timedelta(days=day)
    whole = company(60, seed)
    model = StageRates(whole, as_of)
    later, then = (forecast(one, model, "2026Q1", as_of, "rep") for one in (whole, known(whole, as_of)))
    assert later.equals(then)


def test_row_order_changes_nothing(crm: History):
    shuffled = crm.with_tables(
        **{name: frame.sample(fraction=1.0, shuffle=True, seed=1) for name, frame in crm.tables.items()}
    )
    model = StageRates(crm, at("2026-02-01"))
    one, other = (forecast(h, model, "2026Q1", at("2026-02-01"), "rep") for h in (crm, shuffled))
    assert one.equals(other)


def test_after_the_periods_end_the_result_is_exact_and_needs_no_model(crm: History):
    frame = forecast(crm, None, "2025Q4", at("2026-02-01"), "rep")
    assert (frame["mean"] == frame["booked"]).all()
    assert all((frame[name] == frame["booked"]).all() for name in QUANTILES)
    assert frame.select(pl.col("open_expected", "new_expected", "open_deals")).sum().row(0) == (0.0, 0.0, 0)


def test_on_the_last_instant_the_period_is_over(crm: History):
    assert forecast(crm, None, "2026Q1", at("2026-04-01"), "company")["mean"][0] > 0


def test_an_ended_period_equals_what_accuracy_counts_as_won(crm: History):
    ends = {"period": ["2025Q4"], "start": [at("2025-10-01")], "end": [at("2026-01-01")]}
    as_of = at("2026-02-01")
    won = wins(known(crm, as_of), pl.DataFrame(ends), as_of)
    counted = dict(won.group_by("rep").len().iter_rows())
    ours = forecast(crm, None, "2025Q4", as_of, "rep", "count")
    assert dict(ours.filter(pl.col("mean") > 0).select("scope_id", "mean").iter_rows()) == counted


def test_money_times_a_factor_scales_money_and_leaves_counts_and_odds_alone(crm: History):
    times = pl.when(pl.col("field") == "amount").then(
        (pl.col("new_value").cast(pl.Float64, strict=False) * 4).cast(pl.String)
    )
    changes = crm["deal_changes"].with_columns(new_value=times.otherwise("new_value"))
    targets = crm["quotas"].with_columns(target=pl.col("target") * 4)
    scaled = crm.with_tables(deal_changes=changes, quotas=targets)
    one, four = (lands(history, "2026-02-01", "team") for history in (crm, scaled))
    assert four["mean"].to_list() == pytest.approx((one["mean"] * 4).to_list())
    assert four["attainment"].drop_nulls().to_list() == pytest.approx(one["attainment"].drop_nulls().to_list())
    assert four["p_attain"].drop_nulls().to_list() == pytest.approx(one["p_attain"].drop_nulls().to_list(), abs=0.01)


def test_a_period_that_lies_ahead_counts_only_what_is_won_within_it(crm: History):
    as_of = at("2025-12-01")
    model = StageRates(crm, as_of)
    december, quarter = (outlook(crm, model, name, as_of) for name in ("2025-12", "2026Q1"))
    matrix_days = [(at(end) - as_of).days for end in ("2026-01-01", "2026-04-01")]
    both = 1.0 - (1.0 - december.chances) ** (matrix_days[1] / matrix_days[0])
    assert quarter.chances == pytest.approx(both - december.chances)
    assert table(quarter, "company")["booked"][0] == 0.0


def test_the_quota_last_set_before_the_day_holds():
    history = told(
        deal("d1", "2025-12-01", ("Won", "2026-01-05"), amount=80),
        quotas=quotas(
            ("company", "company", "2026Q1", "amount", 100.0, "2025-12-10"),
            ("company", "company", "2026Q1", "amount", 160.0, "2026-01-15"),
            ("company", "company", "2026Q1", "count", 7.0, "2025-12-10"),
            ("company", "company", "2026Q2", "amount", 7.0, "2025-12-10"),
        ),
    )
    days = ("2025-12-05", "2026-01-10", "2026-01-15", "2026-01-16", "2026-06-01")
    assert [lands(history, day)["quota"][0] for day in days] == [None, 100.0, 100.0, 160.0, 160.0]
    assert lands(history, "2026-06-01")["attainment"][0] == 0.5
    assert lands(history, "2026-06-01")["p_attain"][0] == 0.0


def test_without_a_quota_attainment_odds_and_coverage_are_empty(crm: History):
    row = lands(crm, "2026-01-20", "team").filter(pl.col("scope_id") == "South").row(0, named=True)
    assert [row[name] for name in ("quota", "attainment", "p_attain", "coverage")] == [None] * 4


def test_a_quota_of_zero_is_attained(crm: History):
    row = lands(crm, "2026-01-20", "rep", "count").filter(pl.col("scope_id") == "ann").row(0, named=True)
    assert (row["quota"], row["attainment"], row["p_attain"], row["coverage"]) == (0.0, None, 1.0, None)


def test_a_scope_with_a_quota_and_no_deal_is_there(crm: History):
    row = lands(crm, "2026-01-20", "team").filter(pl.col("scope_id") == "Nobody").row(0, named=True)
    assert (row["mean"], row["p90"], row["p_attain"], row["attainment"], row["coverage"]) == (0.0, 0.0, 0.0, 0.0, 0.0)


def test_coverage_is_what_is_dated_in_the_period_over_what_is_missing():
    history = told(
        deal("won", "2025-12-01", ("Won", "2026-01-05"), amount=40),
        deal("in", "2025-12-01", amount=90, close_date="2026-03-31"),
        deal("overdue", "2025-12-01", amount=30, close_date="2026-01-02"),
        deal("next", "2025-12-01", amount=500, close_date="2026-04-01"),
        quotas=quotas(("company", "company", "2026Q1", "amount", 100.0, "2025-12-10")),
    )
    assert lands(history, "2026-01-10")["coverage"][0] == pytest.approx(120 / 60)


def test_coverage_is_empty_where_no_open_deal_is_dated_or_the_quota_is_met():
    target = quotas(("company", "company", "2026Q1", "amount", 100.0, "2025-12-10"))
    undated = told(deal("d1", "2025-12-01", amount=90), quotas=target)
    met = told(
        deal("won", "2025-12-01", ("Won", "2026-01-05"), amount=100),
        deal("in", "2025-12-01", amount=90, close_date="2026-03-31"),
        quotas=target,
    )
    assert [lands(history, "2026-01-10")["coverage"][0] for history in (undated, met)] == [None, None]
    assert lands(met, "2026-01-10")["p_attain"][0] == 1.0


def test_deals_without_an_amount_are_counted():
    history = told(
        deal("a", "2025-12-01"), deal("b", "2025-12-01", amount=5), deal("c", "2025-12-01", ("Won", "2026-01-05"))
    )
    assert lands(history, "2026-01-10")["amount_unknown"][0] == 2


def test_the_odds_of_the_quota_agree_with_the_quantiles(crm: History):
    row = lands(crm, "2026-02-01").row(0, named=True)
    middle = crm["quotas"].with_columns(target=pl.lit(row["p50"]))
    odds = lands(crm.with_tables(quotas=middle), "2026-02-01")["p_attain"][0]
    assert odds == pytest.approx(0.5, abs=0.03)


def test_bad_requests_say_what_was_given_and_what_to_do(crm: History):
    with pytest.raises(DateInvalid, match="2026Q5"):
        lands(crm, "2026-01-20", period="2026Q5")
    with pytest.raises(RequestInvalid, match=r"^level 'galaxy' is not known; expected one of rep, team"):
        lands(crm, "2026-01-20", "galaxy")
    with pytest.raises(RequestInvalid, match=r"^measure 'profit' is not known; expected one of amount, count.$"):
        lands(crm, "2026-01-20", measure="profit")
    with pytest.raises(NoHistory, match=r"^as-of 2020-01-01 00:00 UTC lies before any data: .* Ask for a later day.$"):
        forecast(crm, None, "2020Q1", at("2020-01-01"), "company")
    with pytest.raises(RequestInvalid, match="needs a model"):
        forecast(crm, None, "2026Q1", at("2026-01-20"), "company")


def evaluation_history(name: str) -> History:
    base = folder(name)
    tables = {path.stem: pl.read_parquet(path) for path in sorted(base.glob("*.parquet"))}
    return make_history(read_settings(base / "dealcast.toml"), **tables)


@pytest.mark.parametrize(
    ("name", "period", "day", "by"),
    [("chip_pipeline", "2016Q1", dt.date(2016, 1, 1), "region"), ("bpic2012", "2012-01", dt.date(2012, 1, 1), "rep")],
)
def test_real_periods_land_within_a_third_of_what_came(name: str, period: str, day: dt.date, by: str):
    history = evaluation_history(name)
    as_of = history.settings.start_of(day)
    seen = outlook(history, StageRates(history, as_of), period, as_of)
    whole, parts = table(seen, "company", "count"), table(seen, by, "count")
    came = forecast(history, None, period, at("2030-01-01"), "company", "count")["mean"][0]
    assert parts["mean"].sum() == pytest.approx(whole["mean"][0])
    assert whole["mean"][0] == pytest.approx(came, rel=0.35)
    assert seen.new.periods == 2
