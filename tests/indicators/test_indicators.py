"""One spec per indicator: a small company in text, the value a sales leader would work out by hand."""

import datetime as dt

import polars as pl
import pytest

from history.fiscal import Period, parse_period
from history.record import History
from indicators.book import Book, Record
from indicators.catalogue import DIMENSIONS, INDICATORS
from indicators.indicator import SettingNeed
from indicators.measuring import measured
from tests.indicators.small_company import AS_OF, small_company
from tests.lib.deal_log import at, deal, told


@pytest.fixture(scope="module")
def history() -> History:
    return small_company()


@pytest.fixture(scope="module")
def book(history: History) -> Book:
    return Book(Record(history, AS_OF), parse_period("2026Q1", history.settings))


# What each indicator is for ann, over how many cases, and for bo.
EXPECTED = """
won_amount            400        2   0
attainment            400/500    1   0
win_rate              2/3        3   0
average_deal          200        2   -
new_customers         1          1   0
collection_rate       90/180     2   -
gross_margin          190/400    2   -
csat                  2          1   -
pipeline_created      520        4   0
pipeline_coverage     200/500    1   0
sales_cycle           40         2   -
visits                3          3   0
effective_visit_rate  1/2        2   -
effective_calls       1          1   0
data_hygiene          1/2        2   0
lead_response_time    60         3   -
lead_conversion       1/3        3   -
forecast_accuracy     410/480    2   -
forecast_bias         -30/480    2   -
skill_score           3.5        2   -
collaboration_score   4.5        2   -
"""


def number(text: str) -> float | None:
    if text == "-":
        return None
    top, _, bottom = text.partition("/")
    return float(top) / float(bottom or 1)


@pytest.mark.parametrize("line", EXPECTED.strip().splitlines())
def test_the_value_is_the_one_worked_out_by_hand(book: Book, line: str):
    slug, ann, cases, bo = line.split()
    rows = {row["rep"]: row for row in measured([INDICATORS[slug]], book).people.iter_rows(named=True)}
    assert rows["ann"]["value"] == pytest.approx(number(ann))
    assert rows["ann"]["n"] == int(cases)
    assert rows["bo"]["value"] == number(bo)
    assert (rows["bo"]["missing"] == "") == (bo != "-")


def test_every_dimension_has_indicators():
    assert {line.split()[0] for line in EXPECTED.strip().splitlines()} <= set(INDICATORS)
    assert {one.dimension for one in INDICATORS.values()} == set(DIMENSIONS)


def test_every_indicator_speaks_both_languages():
    for one in INDICATORS.values():
        assert one.en, one.slug
        assert one.unit, one.slug
        assert any("\u4e00" <= letter <= "\u9fff" for letter in one.zh), one.slug
        assert one.formula_en.endswith("."), one.slug
        assert one.formula_zh.endswith("。"), one.slug


@pytest.mark.parametrize("slug", list(INDICATORS))
def test_an_indicator_without_its_table_names_it_and_shows_no_zero(history: History, slug: str):
    indicator = INDICATORS[slug]
    for need in indicator.needs:
        if isinstance(need, SettingNeed):
            assert str(need) in indicator.missing(history)
            continue
        tables = {need.table, *([need.instead.table] if need.instead else [])}
        without = history.with_tables(**{name: history[name].clear() for name in tables})
        found = measured([indicator], Book(Record(without, AS_OF), book_period(history))).people
        assert found["value"].null_count() == found.height
        assert all(f"needs {need}" in text or str(need) in text for text in found["missing"])


def test_a_team_is_measured_by_the_same_rule_and_a_sum_is_given_per_person(book: Book):
    north = {
        slug: dict(measured([INDICATORS[slug]], book).teams.drop("indicator").iter_rows()).get("North")
        for slug in ("won_amount", "win_rate", "average_deal")
    }
    assert north == {"won_amount": 200, "win_rate": 2 / 5, "average_deal": 200}


def test_while_the_period_runs_only_what_is_known_counts(history: History):
    running = Book(Record(history, at("2026-02-10")), parse_period("2026Q1", history.settings))
    value = {
        row[0]: row[1] for row in measured([INDICATORS["won_amount"]], running).people.drop("indicator").iter_rows()
    }
    # The win of bo that is reopened on the 20th still stands on the 10th.
    assert (value["ann"], value["bo"]) == (100, 900)
    coverage = measured([INDICATORS["pipeline_coverage"]], running).people.row(0, named=True)
    assert coverage["value"] == pytest.approx(200 / (500 - 100))


def test_an_unknown_amount_is_not_a_zero():
    history = told(
        deal("a", "2026-01-05", ("Won", "2026-02-25"), owner_id="ann"),
        deal("b", "2026-01-05", ("Won", "2026-02-25"), owner_id="bo", amount=5),
    )
    book = Book(Record(history, AS_OF), parse_period("2026Q1", history.settings))
    ann = measured([INDICATORS["won_amount"]], book).people.row(0, named=True)
    assert (ann["value"], ann["n"]) == (None, 1)
    assert "carry no amount" in ann["missing"]


def test_who_owns_deals_is_on_the_sheet_where_there_are_no_reps(history: History):
    bare = history.with_tables(reps=history["reps"].clear())
    book = Book(Record(bare, AS_OF), parse_period("2026Q1", history.settings))
    assert book.people["rep"].to_list() == ["ann", "bo"]


def test_who_left_before_the_period_is_not_on_the_sheet(history: History):
    left = pl.when(pl.col("rep_id") == "bo").then(pl.lit(dt.datetime(2025, 12, 1)))
    book = Book(
        Record(history.with_tables(reps=history["reps"].with_columns(left_at=left)), AS_OF), book_period(history)
    )
    assert book.people["rep"].to_list() == ["ann", "cy", "di"]


def book_period(history: History) -> Period:
    return parse_period("2026Q1", history.settings)
