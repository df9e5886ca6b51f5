"""The funnel: counts that add up, times against life tables by hand, nothing of later days."""

from __future__ import annotations

import datetime as dt
from collections import Counter, defaultdict
from functools import cache

import polars as pl
import pytest

from history.errors import DateInvalid, NoHistory, RequestInvalid
from history.record import History
from history.synthetic import generate
from indicators.funnel import BY, COLUMNS, COUNTS, funnel
from tests.indicators.plain_company import DAY, Company
from tests.indicators.plain_sheet import stay_value
from tests.lib.deal_log import at, company, deal, told

START, END, AS_OF = dt.datetime(2025, 3, 1), dt.datetime(2025, 12, 1), dt.datetime(2026, 1, 15)
CROSSES = [("region", "product_line"), ("source", "quarter"), ("team", "segment"), ("rep", "month"), ("product_line",)]


@cache
def synthetic() -> History:
    return generate(500, 9).history


@cache
def small() -> History:
    return told(
        deal("a", "2025-01-01", ("Offer", "2025-01-11"), ("Won", "2025-01-31"), owner_id="ann", product_line="Chips"),
        deal("b", "2025-01-02", ("Lost", "2025-01-06"), owner_id="ann"),
        deal("c", "2025-01-03", ("Offer", "2025-01-05"), ("Qualify", "2025-01-09"), owner_id="cy"),
        deal("d", "2025-02-01", owner_id="cy"),
    )


def test_each_stay_is_counted_where_it_began_and_by_how_it_ended():
    found = funnel(small(), at("2025-01-01"), at("2025-02-01"), at("2025-03-01"), ["team"])
    rows = found.select("team", "stage", *COUNTS, "dwell_median").rows()
    assert rows == [
        ("North", "Qualify", 2, 1, 0, 0, 1, 0, 4),
        ("North", "Offer", 1, 0, 1, 0, 0, 0, 20),
        ("South", "Qualify", 2, 1, 0, 0, 0, 1, 2),
        ("South", "Offer", 1, 0, 0, 1, 0, 0, 4),
    ]


def test_a_stay_that_ended_later_still_lasts_on_the_day_of_the_question():
    early = funnel(small(), at("2025-01-01"), at("2025-02-01"), at("2025-01-20"), ["company"])
    rows = {row["stage"]: row for row in early.iter_rows(named=True)}
    assert (rows["Offer"]["won"], rows["Offer"]["still_there"]) == (0, 1)
    assert rows["Offer"]["won_dwell_median"] is None
    late = funnel(small(), at("2025-01-01"), at("2025-02-01"), at("2025-02-20"), ["company"])
    assert late.filter(pl.col("stage") == "Offer")["won_dwell_median"].item() == 20


@pytest.mark.parametrize("by", CROSSES, ids=",".join)
def test_counts_add_up_across_a_cross(by: tuple[str, ...]):
    whole = funnel(synthetic(), START, END, AS_OF, ["company"]).select("stage", *COUNTS)
    cross = funnel(synthetic(), START, END, AS_OF, by)
    total = cross.group_by("stage").agg(pl.col(COUNTS).sum()).sort("stage")
    assert total.equals(whole.sort("stage"))
    for key in by:
        alone = funnel(synthetic(), START, END, AS_OF, [key]).select(key, "stage", *COUNTS).sort(key, "stage")
        summed = cross.group_by(key, "stage").agg(pl.col(COUNTS).sum()).sort(key, "stage")
        assert summed.equals(alone)
    assert (cross["entered"] == cross.select(pl.sum_horizontal(COUNTS[1:])).to_series()).all()


@pytest.mark.parametrize("by", CROSSES, ids=",".join)
def test_rows_recorded_at_or_after_the_as_of_day_change_nothing(by: tuple[str, ...]):
    early = dt.datetime(2025, 10, 1)
    history = synthetic()
    kept = {name: frame.filter(pl.col("recorded_at") < early) for name, frame in history.tables.items()}
    assert funnel(history, START, END, early, by).equals(funnel(history.with_tables(**kept), START, END, early, by))
    assert not funnel(history, START, END, AS_OF, by).equals(funnel(history, START, END, early, by))


def test_the_order_of_rows_changes_nothing():
    history = company(200, seed=12)
    shuffled = {name: frame.sample(fraction=1, shuffle=True, seed=3) for name, frame in history.tables.items()}
    for by in (["team"], ["rep", "product_line"]):
        plain, other = (funnel(one, START, END, AS_OF, by) for one in (history, history.with_tables(**shuffled)))
        assert plain.equals(other)


def test_counts_conversion_and_days_are_those_of_plain_python():
    history = synthetic()
    rows = {name: frame.to_dicts() for name, frame in history.tables.items()}
    day = dt.date(2025, 1, 1)
    plain = Company(rows, AS_OF, day, day, day, day, day, {})
    counts: Counter[tuple[str, str, str]] = Counter()
    stays = defaultdict(list)
    for stay in plain.stays:
        if START <= stay["from"] < END:
            line = plain.at(stay["deal"], "product_line", stay["from"])
            how = stay["how"] if stay["till"] is not None and stay["till"] < AS_OF else None
            counts[line, stay["stage"], str(how)] += 1
            event = 0 if how is None else 1 if how in ("forward", "won") else 2
            stays[line, stay["stage"]].append((((stay["till"] or AS_OF) - stay["from"]) / DAY, event))
    names = dict(zip(COUNTS[1:], ("forward", "won", "back", "lost", "None"), strict=True))
    found = funnel(history, START, END, AS_OF, ["product_line"])
    assert found.height == len(stays) > 10
    for row in found.iter_rows(named=True):
        key = row["product_line"], row["stage"]
        assert {name: row[name] for name in names} == {name: counts[*key, how] for name, how in names.items()}
        assert row["conversion"] == pytest.approx(stay_value("incidence", stays[key]), abs=1e-9)
        assert row["dwell_median"] == pytest.approx(stay_value("median_stay", stays[key]))
        assert row["dwell_p80"] == pytest.approx(stay_value("p80_stay", stays[key]))


def test_every_key_gives_the_declared_columns():
    for key in BY:
        found = funnel(synthetic(), START, END, AS_OF, [key])
        assert found.columns == [key, *COLUMNS]
        assert found[key].null_count() == 0


def test_what_is_asked_wrongly_is_said_in_one_line():
    history = small()
    for by in (["colour"], ["team", "team"], ["team", "rep", "month"], []):
        with pytest.raises(RequestInvalid, match="is not known; expected one or two different ones of: rep, team"):
            funnel(history, START, END, AS_OF, by)
    with pytest.raises(DateInvalid, match="the funnel from 2025-12-01 to 2025-03-01 holds no day"):
        funnel(history, END, START, AS_OF)
    with pytest.raises(DateInvalid, match="begins at or after its as-of 2025-02-01; ask for an earlier start"):
        funnel(history, START, END, at("2025-02-01"))
    with pytest.raises(NoHistory, match="lies before any data"):
        funnel(history, at("2019-01-01"), at("2019-02-01"), at("2020-01-01"))
    assert funnel(history, at("2026-01-01"), at("2026-02-01"), at("2026-03-01")).is_empty()
