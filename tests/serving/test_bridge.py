"""What changed between two days adds up to the difference of the mean, whatever happened in between."""

from __future__ import annotations

import datetime as dt

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from history.errors import DateInvalid, RequestInvalid
from history.record import History
from history.scopes import SCOPE_KINDS
from history.synthetic import generate
from serving.bridge import LINES, Bridge, Pair, bridge, pair_of, what_changed
from serving.forecasting import forecast, table
from tests.lib.deal_log import at, company, deal, told
from tests.serving.test_forecasting import StageRates, evaluation_history

QUARTER, FIRST, LAST = "2026Q1", "2026-01-20", "2026-02-20"


def changed(history: History, first: str = FIRST, last: str = LAST, by: str = "company", measure: str = "amount"):
    model = StageRates(history, at(first))
    return what_changed(history, (model, model), QUARTER, (at(first), at(last)), by, measure)


def total(found: Bridge) -> dict[str, float]:
    return dict(found.lines.select("line", "contribution").iter_rows())


def assert_adds_up(found: Bridge, means: tuple[pl.DataFrame, pl.DataFrame]) -> None:
    """Of every scope the lines make up the difference of the forecasts' means, and the deals make up their lines."""
    first, last = (dict(frame.select("scope_id", "mean").iter_rows()) for frame in means)
    size = max([1.0, *(abs(value) for value in [*first.values(), *last.values()])])
    summed = dict(found.lines.group_by("scope_id").agg(pl.col("contribution").sum()).iter_rows())
    assert set(summed) == {*first, *last}
    for scope, moved in summed.items():
        assert moved == pytest.approx(last.get(scope, 0.0) - first.get(scope, 0.0), abs=1e-9 * size)
    by_line = found.parts.group_by("scope_id", "line").agg(
        told=pl.col("contribution").sum(), count=pl.col("deal_id").n_unique().cast(pl.Int64)
    )
    lines = found.lines.filter(~pl.col("line").is_in(["still_to_come", "handover"]))
    both = lines.join(by_line, on=["scope_id", "line"], how="full")
    assert both["told"].null_count() == both["contribution"].null_count() == 0
    assert (both["told"] - both["contribution"]).abs().sum() <= 1e-9 * size
    assert both["deals"].equals(both["count"], check_names=False)


@settings(max_examples=8, deadline=None)
@given(
    st.integers(0, 10_000),
    st.integers(-60, 100),
    st.integers(1, 120),
    st.sampled_from(SCOPE_KINDS),
    st.sampled_from(["amount", "count"]),
)
def test_the_lines_add_up_on_any_history_between_any_two_days(seed: int, day: int, later: int, by: str, measure: str):
    history = company(60, seed)
    first = at("2026-01-01") + dt.timedelta(days=day)
    days = (first, first + dt.timedelta(days=later))
    models = (StageRates(history, days[0]), StageRates(history, days[1]))
    found = what_changed(history, models, QUARTER, days, by, measure)
    means = [forecast(history, model, QUARTER, one, by, measure) for model, one in zip(models, days, strict=True)]
    assert_adds_up(found, (means[0], means[1]))


@pytest.fixture(scope="module")
def pair() -> Pair:
    """Two days of the synthetic company, each with its own model."""
    crm = generate(300, seed=5, clean=True).history
    days = (crm.settings.start_of(dt.date(2026, 4, 20)), crm.settings.start_of(dt.date(2026, 6, 1)))
    return pair_of(crm, (StageRates(crm, days[0]), StageRates(crm, days[1])), "2026Q2", days)


@pytest.mark.parametrize("by", ["company", "team", "rep", "product_line"])
@pytest.mark.parametrize("measure", ["amount", "count"])
def test_the_lines_add_up_on_the_synthetic_company(by: str, measure: str, pair: Pair):
    found = bridge(pair, by, measure)
    assert_adds_up(found, (table(pair.first, by, measure), table(pair.last, by, measure)))
    assert {"won", "lost", "created", "re_scored", "pushed_out", "new_model"} <= set(found.lines["line"])


def test_the_lines_add_up_on_a_real_history():
    history = evaluation_history("chip_pipeline")
    days = tuple(history.settings.start_of(day) for day in (dt.date(2016, 1, 15), dt.date(2016, 2, 15)))
    real = pair_of(history, (StageRates(history, days[0]),) * 2, "2016Q1", (days[0], days[1]))
    found = bridge(real, "region", "count")
    assert_adds_up(found, (table(real.first, "region", "count"), table(real.last, "region", "count")))
    assert {"won", "lost", "created", "pulled_in", "pushed_out"} <= set(found.lines["line"])


def test_a_win_brings_what_the_deal_was_not_yet_expected_to_bring():
    history = told(deal("d", "2026-01-02", ("Won", "2026-02-01"), amount=100), *_others())
    part = changed(history).parts.filter(pl.col("deal_id") == "d")
    assert part["line"].to_list() == ["won"]
    row = part.row(0, named=True)
    assert row["contribution"] == pytest.approx(100 * (1 - row["from_chance"]))
    assert (row["from_state"], row["to_state"], row["to_chance"]) == ("open", "booked", 1.0)
    assert 0 < row["from_chance"] < 1


def test_a_loss_takes_away_what_the_deal_was_expected_to_bring():
    history = told(deal("d", "2026-01-02", ("Lost", "2026-02-01"), amount=100), *_others())
    row = changed(history).parts.filter(pl.col("deal_id") == "d").row(0, named=True)
    assert (row["line"], row["contribution"]) == ("lost", pytest.approx(-100 * row["from_chance"]))


def test_a_win_that_was_not_known_on_the_first_day_counts_whole_as_won():
    history = told(deal("d", "2026-02-01", ("Won", "2026-02-10"), amount=70), *_others())
    row = changed(history).parts.filter(pl.col("deal_id") == "d").row(0, named=True)
    assert (row["line"], row["contribution"], row["from_state"]) == ("won", 70.0, "unknown")


def test_a_new_deal_that_is_still_open_is_created():
    history = told(deal("d", "2026-02-01", amount=70), *_others())
    row = changed(history).parts.filter(pl.col("deal_id") == "d").row(0, named=True)
    assert (row["line"], row["contribution"]) == ("created", pytest.approx(70 * row["to_chance"]))


@pytest.mark.parametrize(
    ("was", "now", "line"),
    [
        ("2026-05-01", "2026-03-01", "pulled_in"),
        ("2026-03-01", "2026-05-01", "pushed_out"),
        ("2026-02-28", "2026-03-15", "re_scored"),
    ],
)
def test_a_close_date_that_crosses_the_periods_edge_names_the_line(was: str, now: str, line: str):
    history = told([*deal("d", "2026-01-02", amount=50, close_date=was), _set("d", "close_date", now)], *_others())
    assert changed(history).parts.filter(pl.col("deal_id") == "d")["line"].to_list() == [line]


def test_a_deal_pushed_out_that_became_likelier_raises_the_forecast_under_that_name():
    past = [
        deal(f"o{month}", f"2025-{month:02}-01", ("Offer", f"2025-{month:02}-20"), ("Won", f"2025-{month:02}-26"))
        for month in range(3, 11)
    ]
    moved = [_set("d", "stage", "Offer"), _set("d", "close_date", "2026-05-01")]
    history = told([*deal("d", "2026-01-02", amount=50, close_date="2026-03-01"), *moved], *past)
    row = changed(history).parts.filter(pl.col("deal_id") == "d").row(0, named=True)
    assert row["line"] == "pushed_out"
    assert row["contribution"] > 0


def test_an_amount_is_told_apart_from_the_chance_it_counts_with():
    history = told([*deal("d", "2026-01-02", amount=50), _set("d", "amount", 80)], *_others())
    rows = changed(history).parts.filter(pl.col("deal_id") == "d").rows_by_key("line", named=True, unique=True)
    assert set(rows) == {"re_scored", "amount_up"}
    assert rows["amount_up"]["contribution"] == pytest.approx(30 * rows["amount_up"]["to_chance"])
    assert (rows["amount_up"]["from_amount"], rows["amount_up"]["to_amount"]) == (50.0, 80.0)


def test_an_amount_cut_is_a_line_below_zero():
    history = told([*deal("d", "2026-01-02", amount=50), _set("d", "amount", 20)], *_others())
    assert total(changed(history))["amount_down"] < 0


def test_a_deal_that_changes_hands_leaves_one_and_comes_to_the_other_and_the_company_sees_nothing():
    history = told([*deal("d", "2026-01-02", amount=50, owner_id="ann"), _set("d", "owner_id", "cy")], *_others())
    moved = changed(history, by="rep").parts.filter(pl.col("line") == "owner_moved")
    assert dict(moved.select("scope_id", pl.col("contribution") > 0).iter_rows()) == {"ann": False, "cy": True}
    assert moved["contribution"].sum() == pytest.approx(0.0)
    assert moved["from_scope"].unique().to_list() == ["ann"]
    assert "owner_moved" not in total(changed(history))
    within_a_team = told([*deal("d", "2026-01-02", amount=50, owner_id="ann"), _set("d", "owner_id", "bo")], *_others())
    assert "owner_moved" not in total(changed(within_a_team, by="team"))


def test_a_win_taken_back_is_reopened():
    story = deal("d", "2025-12-01", ("Won", "2026-01-10"), ("Offer", "2026-02-10"), amount=100)
    row = changed(told(story, *_others())).parts.filter(pl.col("deal_id") == "d").row(0, named=True)
    assert (row["line"], row["contribution"]) == ("reopened", pytest.approx(100 * (row["to_chance"] - 1)))


def test_what_is_open_when_the_period_ends_was_pushed_out_whatever_becomes_of_it_later():
    stories = (deal("d", "2026-01-02", amount=50), deal("e", "2026-01-02", ("Won", "2026-04-05"), amount=50))
    found = changed(told(*stories, *_others()), last="2026-04-10")
    fates = found.parts.filter(pl.col("deal_id").is_in(["d", "e"])).select("line", "to_state").rows()
    assert fates == [("pushed_out", "slipped")] * 2


def test_a_deal_won_before_the_period_begins_no_longer_counts_in_it():
    history = told(deal("d", "2025-11-02", ("Won", "2025-12-20"), amount=50), *_others())
    found = changed(history, "2025-12-01", "2025-12-28")
    assert found.parts.filter(pl.col("deal_id") == "d")["line"].to_list() == ["won_before"]


def test_another_exchange_rate_is_no_change_of_amount():
    rates = pl.DataFrame(
        [("EUR", at("2025-12-01"), 8.0), ("EUR", at("2026-02-01"), 9.0)],
        schema={"currency": pl.String, "rate_date": pl.Datetime("us"), "rate": pl.Float64},
        orient="row",
    )
    history = told(deal("d", "2026-01-02", amount=100), *_others(), fx_rates=rates)
    deals = history["deals"].with_columns(currency=pl.when(pl.col("deal_id") == "d").then(pl.lit("EUR")))
    found = changed(history.with_tables(deals=deals)).parts.filter(pl.col("deal_id") == "d")
    rows = found.rows_by_key("line", named=True, unique=True)
    assert set(rows) == {"revalued", "re_scored"}
    assert rows["revalued"]["contribution"] == pytest.approx(100 * rows["revalued"]["from_chance"])
    assert (rows["revalued"]["from_amount"], rows["revalued"]["to_amount"]) == (800.0, 900.0)


def test_one_model_on_both_days_leaves_no_line_for_a_new_model():
    assert "new_model" not in total(changed(company(60, 4)))


def test_nothing_happens_between_two_days_after_the_end():
    assert total(changed(company(60, 4), "2026-06-01", "2026-07-01")) == {"still_to_come": 0.0}


def test_lines_stand_in_one_order():
    found = changed(company(120, 8), by="team")
    for _, lines in found.lines.group_by("scope_id", maintain_order=True):
        places = [LINES.index(line) for line in lines["line"]]
        assert places == sorted(places)


def test_two_days_out_of_order_are_refused():
    with pytest.raises(DateInvalid, match=r"^2026-01-20 is not after 2026-02-20; expected two days in order\. Give an"):
        changed(company(20, 1), LAST, FIRST)


def test_an_unknown_level_and_measure_are_refused():
    with pytest.raises(RequestInvalid, match="level 'galaxy' is not known"):
        changed(company(20, 1), by="galaxy")
    with pytest.raises(RequestInvalid, match="measure 'profit' is not known"):
        changed(company(20, 1), measure="profit")


def _others() -> list[list[tuple[str, dt.datetime, str, str | None, dt.datetime]]]:
    """Deals of the year before, from which a chance can be learnt; none of them moves in the quarter."""
    return [
        deal(f"o{n}", f"2025-{month:02}-01", ("Won" if n % 2 else "Lost", f"2025-{month:02}-20"), amount=40)
        for n, month in enumerate((3, 4, 5, 6, 7, 8, 9, 10))
    ]


def _set(deal_id: str, field: str, value: object) -> tuple[str, dt.datetime, str, str | None, dt.datetime]:
    """A change between the two days."""
    return (deal_id, at("2026-02-05"), field, str(value), at("2026-02-05"))
