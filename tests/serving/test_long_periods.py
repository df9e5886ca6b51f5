"""Half-years and years are forecast as quarters are, in any fiscal calendar, with the targets of their parts."""

from __future__ import annotations

from dataclasses import replace

import polars as pl
import pytest

from history.as_of import known
from serving.forecasting import forecast, quotas
from tests.lib.deal_log import SETTINGS, at, company, deal, told
from tests.lib.deal_log import quotas as targets
from tests.serving.test_forecasting import StageRates


@pytest.mark.parametrize(("period", "starts"), [("2026", 1), ("FY2026", 4), ("2026H1", 1), ("2026H2", 7)])
def test_a_long_period_lands_as_a_quarter_does(period: str, starts: int):
    plain = company(250, 12)
    history = replace(plain, settings=replace(SETTINGS, fiscal_year_starts=starts))
    as_of = at("2026-02-01")
    row = forecast(history, StageRates(history, as_of), period, as_of, "company").row(0, named=True)
    assert row["period"] == period.removeprefix("FY")
    assert row["mean"] == pytest.approx(row["booked"] + row["open_expected"] + row["new_expected"])
    assert row["booked"] <= row["p10"] <= row["p50"] <= row["p90"]
    assert row["open_expected"] > 0


def test_the_quarters_of_an_ended_year_add_up_to_it():
    history = company(250, 12)
    end = at("2026-02-01")
    names = ("2025", "2025H1", "2025H2", "2025Q1", "2025Q2", "2025Q3", "2025Q4")
    won = {name: forecast(history, None, name, end, "company")["mean"][0] for name in names}
    assert won["2025"] == pytest.approx(won["2025H1"] + won["2025H2"])
    assert won["2025"] == pytest.approx(sum(won[f"2025Q{number}"] for number in (1, 2, 3, 4)))


def test_a_year_without_a_target_of_its_own_has_that_of_its_parts_where_each_is_set():
    said = [("team", "North", f"2026Q{number}", "amount", 100.0 * number, "2025-12-01") for number in (1, 2, 3, 4)]
    said += [("team", "South", f"2026Q{number}", "amount", 5.0, "2025-12-01") for number in (1, 2, 3)]
    said += [("team", "West", f"2026-{month:02}", "amount", 1.0, "2025-12-01") for month in range(1, 13)]
    said += [
        ("team", "North", "2026H2", "amount", 900.0, "2025-12-01"),
        ("team", "North", "2026Q1", "amount", 90.0, "2026-01-05"),
    ]
    history = told(deal("d", "2025-12-01"), quotas=targets(*said))

    def of(period: str, day: str = "2026-01-10") -> dict[str, float]:
        return quotas(known(history, at(day)), period, "team", "amount", at(day))

    assert of("2026") == {"North": 90.0 + 200 + 300 + 400, "West": 12.0}
    assert of("2026", "2026-01-02") == {"North": 1000.0, "West": 12.0}
    assert of("2026H2") == {"North": 900.0, "West": 6.0}
    assert of("2026Q1") == {"North": 90.0, "South": 5.0, "West": 3.0}
    assert of("2026-03") == {"West": 1.0}


def test_money_is_valued_at_the_rate_of_the_as_of_date_and_counted_where_there_is_none():
    rates = pl.DataFrame(
        [("EUR", at("2025-12-01"), 8.0), ("EUR", at("2026-02-01"), 9.0)],
        schema={"currency": pl.String, "rate_date": pl.Datetime("us"), "rate": pl.Float64},
        orient="row",
    )
    won = ("Won", "2026-01-05")
    history = told(*(deal(name, "2025-12-10", won, amount=10) for name in ("eur", "cny", "usd")), fx_rates=rates)
    currency = pl.col("deal_id").replace_strict({"eur": "EUR", "cny": "CNY", "usd": "USD"}, return_dtype=pl.String)
    history = history.with_tables(deals=history["deals"].with_columns(currency=currency))
    landed = [
        forecast(history, StageRates(history, at(day)), "2026H1", at(day), "company").row(0, named=True)
        for day in ("2026-01-20", "2026-03-01")
    ]
    norms = [(80 + 10) / 2, (90 + 10) / 2]
    assert [row["booked"] for row in landed] == [80 + 10 + norms[0], 90 + 10 + norms[1]]
    assert [row["amount_unknown"] for row in landed] == [1, 1]
