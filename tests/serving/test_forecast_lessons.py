"""Forecasts that have learnt from earlier periods, and forecasts of what is wrong, missing or extreme."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import numpy as np
import pandas as pd
import polars as pl
import pytest

from history.as_of import known
from history.record import History
from history.scopes import SCOPE_KINDS
from serving.forecast_notes import notes
from serving.forecasting import Outlook, forecast, landings, outlook, table
from tests.lib.deal_log import at, company, deal, quotas, told
from tests.serving.test_forecasting import StageRates
from training.attainment.inflow import Inflow

RANGE = ["p10", "p25", "p50", "p75", "p90"]


def spoken(history: History, seed: int) -> History:
    """`history` with weekly statements of each rep that know the quarter's result but for a tenth, and lean high."""
    rng = np.random.default_rng(seed)
    quarters = [(f"{year}Q{n + 1}", dt.datetime(year, 3 * n + 1, 1)) for year in (2024, 2025, 2026) for n in range(4)]
    rows = []
    for name, start in quarters[:9]:
        won = forecast(history, None, name, at("2030-01-01"), "rep")
        for rep, came in won.select("scope_id", "mean").iter_rows():
            for week in range(13):
                called = start + dt.timedelta(days=7 * week, hours=9)
                rows.append((rep, name, called, 1.3 * came * float(np.exp(0.1 * rng.normal()))))
    names = ["scope_id", "period", "called_at", "value"]
    calls = pl.DataFrame(rows, schema=names, orient="row").with_columns(
        pl.lit("rep").alias("scope_kind"),
        pl.lit("rep").alias("forecaster_kind"),
        pl.lit("most_likely").alias("category"),
        pl.lit("amount").alias("measure"),
        forecaster_id="scope_id",
    )
    return history.with_tables(forecast_calls=calls)


@pytest.fixture(scope="module")
def crm() -> History:
    return spoken(company(900, 4), 1)


@pytest.fixture(scope="module")
def seen(crm: History) -> Outlook:
    as_of = at("2026-02-01")
    return outlook(crm, StageRates(crm, as_of), "2026Q1", as_of)


def test_people_who_know_something_move_forecasts_to_what_comes(crm: History):
    missed = {"before_correction": 0.0, "mean": 0.0}
    for period, day in (("2025Q3", "2025-08-01"), ("2025Q4", "2025-11-01"), ("2026Q1", "2026-02-01")):
        seen = outlook(crm, StageRates(crm, at(day)), period, at(day))
        came = dict(forecast(crm, None, period, at("2030-01-01"), "team").select("scope_id", "mean").iter_rows())
        rows = table(seen, "team").with_columns(came=pl.col("scope_id").replace_strict(came, default=0.0))
        for name in missed:
            missed[name] += float((rows[name] - rows["came"]).abs().sum())
        assert seen.lessons.corrections["amount"].used != "none"
    assert missed["mean"] < 0.8 * missed["before_correction"]


def test_corrected_means_still_add_up_at_every_level(seen: Outlook):
    for measure in ("amount", "count"):
        whole = table(seen, "company", measure).row(0, named=True)
        for by in SCOPE_KINDS:
            level = table(seen, by, measure)
            for column in ("booked", "open_expected", "new_expected", "mean", "before_correction"):
                assert level[column].sum() == pytest.approx(whole[column]), (by, measure, column)


def test_ranges_are_of_the_joint_distribution_and_hold_its_mean(seen: Outlook):
    for by in ("team", "company"):
        for row, lands in zip(table(seen, by).iter_rows(named=True), landings(seen, by).values(), strict=True):
            ranks = [row["booked"], *(row[name] for name in RANGE)]
            assert ranks == sorted(ranks)
            assert lands.total.mean == pytest.approx(row["mean"], rel=1e-3)
    width = {by: (table(seen, by)["p90"] - table(seen, by)["p10"]).sum() for by in ("team", "company")}
    assert width["company"] < width["team"]


def test_what_is_recorded_later_changes_nothing_that_was_learnt(crm: History):
    as_of = at("2026-02-01")
    model = StageRates(crm, as_of)
    later, then = (forecast(one, model, "2026Q1", as_of, "rep") for one in (crm, known(crm, as_of)))
    assert later.equals(then)


def test_lessons_know_nothing_of_the_running_period_but_what_people_said(crm: History, seen: Outlook):
    start = at("2026-01-01")
    changes = crm["deal_changes"].filter(pl.col("recorded_at") < start)
    without = crm.with_tables(deal_changes=changes, deals=crm["deals"].filter(pl.col("created_at") < start))
    other = outlook(without, StageRates(crm, at("2026-02-01")), "2026Q1", at("2026-02-01")).lessons
    assert seen.lessons.amounts.known.ratios.tolist() == other.amounts.known.ratios.tolist()
    assert dict(seen.lessons.handovers["rep"].stays) == dict(other.handovers["rep"].stays)
    assert seen.lessons.corrections["amount"].scores == pytest.approx(other.corrections["amount"].scores)


def test_the_same_history_gives_the_same_forecast(crm: History, seen: Outlook):
    again = outlook(crm, StageRates(crm, at("2026-02-01")), "2026Q1", at("2026-02-01"))
    assert table(again, "rep").equals(table(seen, "rep"))


def test_the_correction_is_told_in_both_languages(seen: Outlook):
    rows = table(seen, "team")
    english, chinese = (notes(seen, rows, language) for language in ("en", "zh-CN"))
    assert any(note.startswith("Corrected by what earlier forecasts missed: in ") for note in english)
    assert any(note.startswith("已按以往偏差修正") for note in chinese)
    assert len(english) == len(chinese)


def test_which_forecast_of_deals_yet_to_come_serves_is_told_in_both_languages(seen: Outlook):
    tried = {"usual": 0.4, "trees": 0.3}
    for used, english, chinese in (
        (True, "Deals yet to come are told from pace, people and new pipeline: ", "按进度、人员和新增商机估计"),
        (False, "Deals yet to come are told from what is usual: ", "按往期常值估计"),
    ):
        flow = Inflow(used, tried, 24)
        said = [
            notes(replace(seen, lessons=replace(seen.lessons, inflow=flow)), table(seen, "team"), language)
            for language in ("en", "zh-CN")
        ]
        told_en = next(note for note in said[0] if note.startswith("Deals yet to come"))
        assert "24 earlier results" in told_en
        assert ("30% with it, by 40%" in told_en) is used
        assert any(chinese in note for note in said[1])
        assert english in told_en


def lands(history: History, as_of: str, by: str = "company", measure: str = "amount", period: str = "2026Q1"):
    return forecast(history, StageRates(history, at(as_of)), period, at(as_of), by, measure)


def test_of_two_targets_for_a_scope_the_later_holds_from_its_day_on():
    both = quotas(
        ("company", "company", "2026Q1", "amount", 100.0, "2025-12-10"),
        ("company", "company", "2026Q1", "amount", 40.0, "2026-01-12"),
    )
    history = told(deal("d1", "2025-12-01", amount=80), quotas=both)
    assert [lands(history, day)["quota"][0] for day in ("2026-01-12", "2026-01-13")] == [100.0, 40.0]


def test_a_quota_of_zero_is_reached_and_has_no_attainment():
    target = quotas(("rep", "ann", "2026Q1", "amount", 0.0, "2025-12-10"))
    row = lands(told(deal("d1", "2025-12-01", owner_id="ann", amount=80), quotas=target), "2026-01-10", "rep")
    assert row.select("quota", "attainment", "p_attain").row(0) == (0.0, None, 1.0)


def test_a_scope_without_any_history_gets_a_row_and_no_invented_result(crm: History):
    target = quotas(("team", "Newcomers", "2026Q1", "amount", 500.0, "2025-12-10"))
    rows = lands(crm.with_tables(quotas=target), "2026-02-01", "team")
    row = rows.filter(pl.col("scope_id") == "Newcomers").row(0, named=True)
    assert (row["mean"], row["p90"], row["p_attain"], row["open_deals"]) == (0.0, 0.0, 0.0, 0)


def test_a_scope_without_a_quota_is_named(crm: History):
    target = quotas(("team", "North", "2026Q1", "amount", 500.0, "2025-12-10"))
    as_of = at("2026-02-01")
    some, none = (
        outlook(history, StageRates(history, as_of), "2026Q1", as_of)
        for history in (crm.with_tables(quotas=target), crm)
    )
    assert "No quota is set for South." in notes(some, table(some, "team"), "en")
    assert "No quota is set here, so there are no odds." in notes(none, table(none, "team"), "en")
    assert "未设定目标：South。" in notes(some, table(some, "team"), "zh-CN")


def test_a_past_period_and_a_day_after_the_end_are_exact(crm: History):
    as_of = at("2026-05-01")
    for period in ("2025Q3", "2026Q1"):
        seen = outlook(crm, None, period, as_of)
        rows = table(seen, "rep")
        assert (rows["mean"] == rows["booked"]).all()
        assert (rows["p10"] == rows["p90"]).all()
        assert notes(seen, rows, "en") == []


def test_a_period_before_the_first_record_is_empty(crm: History):
    assert forecast(crm, None, "2020Q1", at("2026-02-01"), "team").is_empty()


def test_a_period_far_ahead_of_which_nothing_is_known_says_so(crm: History):
    as_of = at("2026-02-01")
    seen = outlook(crm, StageRates(crm, as_of), "2031Q1", as_of)
    rows = table(seen, "company")
    assert rows["past_periods"].to_list() == [0]
    assert rows["new_expected"].to_list() == [0.0]
    told_en = "No earlier period is known from this point on, so nothing is added for deals yet to come."
    assert told_en in notes(seen, rows, "en")


def test_an_amount_in_a_currency_without_a_rate_is_unknown_and_said():
    rates = pl.DataFrame({"currency": ["USD"], "rate_date": [at("2025-01-01")], "rate": [7.0]})
    won = [deal(f"w{n}", "2025-06-01", ("Won", "2025-08-01"), owner_id="ann", amount=100) for n in range(6)]
    history = told(*won, deal("d1", "2025-12-01", owner_id="ann", amount=10), fx_rates=rates)
    krona = pl.when(pl.col("deal_id") == "d1").then(pl.lit("SEK")).otherwise(pl.lit("CNY"))
    history = history.with_tables(deals=history["deals"].with_columns(currency=krona))
    as_of = at("2026-01-10")
    seen = outlook(history, StageRates(history, as_of), "2026Q1", as_of)
    rows = table(seen, "company")
    assert rows["amount_unknown"].to_list() == [1]
    assert seen.now.open["amount"].to_list() == [100.0]
    assert "No rate is known for SEK: amounts in it count as unknown." in notes(seen, rows, "en")


def test_deals_without_an_amount_are_counted_and_may_come_to_anything_that_wins_came_to(crm: History):
    as_of = at("2026-02-01")
    rows = table(outlook(crm, StageRates(crm, as_of), "2026Q1", as_of), "company")
    unknown = int(rows["amount_unknown"][0])
    assert unknown > 0
    seen = outlook(crm, StageRates(crm, as_of), "2026Q1", as_of)
    assert f"{unknown} deals have no amount that is known; " in " ".join(notes(seen, rows, "en"))
    assert len(seen.lessons.amounts.unknown.ratios) > 1


class Even:
    """A model that gives every deal the same chance."""

    def predict(self, matrix: pd.DataFrame, horizon_days: np.ndarray) -> pd.DataFrame:
        return pd.DataFrame({"win_by_horizon": np.full(len(matrix), 0.4)}, index=matrix.index)


def test_one_deal_worth_more_than_all_others_shows_two_humps():
    small = [deal(f"s{n}", "2025-12-01", amount=1_000) for n in range(20)]
    history = told(*small, deal("giant", "2025-12-01", amount=1_000_000))
    as_of = at("2026-01-20")
    total = landings(outlook(history, Even(), "2026Q1", as_of), "company")["company"].total
    low, high = total.values <= 20_000, total.values >= 1_000_000
    assert total.mass[~low & ~high].sum() == pytest.approx(0.0, abs=1e-9)
    assert total.mass[high].sum() == pytest.approx(0.4)
    assert total.mass[low].sum() + total.mass[high].sum() == pytest.approx(1.0)


def test_a_range_made_wider_keeps_the_humps_and_the_mean():
    small = [deal(f"s{n}", "2025-12-01", amount=1_000) for n in range(20)]
    history = told(*small, deal("giant", "2025-12-01", amount=1_000_000))
    as_of = at("2026-01-20")
    total = landings(outlook(history, Even(), "2026Q1", as_of), "company")["company"].total
    wide = total.scaled(1.8)
    assert wide.mean == pytest.approx(total.mean)
    assert wide.mass[(wide.values > 20_000) & (wide.values < 1_000_000)].sum() == pytest.approx(0.0, abs=1e-9)
