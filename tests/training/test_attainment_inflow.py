from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from history.as_of import known
from history.deals import closings
from history.fiscal import bounds, parse_period
from history.record import History
from tests.lib.deal_log import at, company
from training.attainment.course import course
from training.attainment.events import Events, events
from training.attainment.inflow import PARAMETERS, Inflow, fitted, inflow, over
from training.attainment.position import position, valued_deals
from training.attainment.stretches import CLUES, DAY, Stretches, told

PERIOD = "2026Q1"


@pytest.fixture(scope="module")
def crm() -> History:
    return company(500, 6)


def read(history: History, day: str, kind: str = "team") -> Events:
    past = known(history, at(day))
    return events(past, valued_deals(past, at(day)), parse_period(PERIOD, history.settings), kind)


def us(*days: str) -> np.ndarray:
    return pl.Series([at(day) for day in days], dtype=pl.Datetime("us")).cast(pl.Int64).to_numpy()


def stretch(day: str, end: str, start: str | None = None) -> Stretches:
    return Stretches(us(day), us(start or day), us(end))


def learnt(history: History, day: str) -> Inflow:
    span = parse_period(PERIOD, history.settings)
    now = position(history, *bounds(span, history.settings), at(day))
    past = known(history, min(at(day), now.start))
    earlier = course(past, span, min(at(day), now.start))
    share = max((now.as_of - now.start) / (now.end - now.start), 0.0)
    return inflow(now, span, earlier, "team", earlier.nearest_point(share))


def test_what_came_are_the_wins_of_deals_that_were_not_there_counted_by_a_second_road(crm: History):
    of = read(crm, "2026-03-20")
    came = told(of, stretch("2025-07-10", "2025-10-01")).came[0]
    won = closings(known(crm, at("2026-03-20"))).filter(
        (pl.col("outcome") == "won")
        & pl.col("reopened_at").is_null()
        & pl.col("closed_at").is_between(at("2025-07-10"), at("2025-10-01"), closed="left")
    )
    deals = valued_deals(known(crm, at("2026-03-20")), at("2026-03-20")).select("deal_id", "team")
    there = crm["deals"].select("deal_id", there=pl.max_horizontal("created_at", "recorded_at"))
    rows = won.join(deals, on="deal_id").join(there, on="deal_id").filter(pl.col("there") >= at("2025-07-10"))
    assert dict(zip(of.scopes, came, strict=True)) == dict(rows.group_by("team").len().iter_rows())


def test_usual_is_what_the_same_stretches_of_earlier_periods_came_to_the_newest_counting_most(crm: History):
    of = read(crm, "2026-03-20", "company")
    usual = told(of, stretch("2025-04-01", "2025-07-01")).usual[0, 0]
    before = [
        told(of, stretch(*span)).came[0, 0] for span in (("2025-01-01", "2025-04-01"), ("2024-10-01", "2025-01-01"))
    ]
    third = told(of, stretch("2024-07-01", "2024-10-01")).came[0, 0]
    kept = 0.7 ** np.arange(4)
    fourth = told(of, stretch("2024-04-01", "2024-07-01")).came[0, 0]
    expected = kept @ [*before, third, fourth] / kept.sum()
    assert usual == pytest.approx(expected, rel=0.05)


def test_clues_and_what_is_usual_know_nothing_of_what_came_later(crm: History):
    rows = stretch("2025-11-05", "2026-01-01")
    later, then = (told(read(history, "2026-03-20"), rows) for history in (crm, known(crm, at("2025-11-05"))))
    assert later.usual == pytest.approx(then.usual)
    assert later.clues == pytest.approx(then.clues)
    assert later.clues.shape[2] == len(CLUES)


def test_a_company_of_which_nothing_like_it_is_over_has_no_usual(crm: History):
    assert np.isnan(told(read(crm, "2026-03-20"), stretch("2024-01-02", "2024-04-01")).usual).all()


def test_stretches_are_learnt_from_once_they_are_over(crm: History):
    of = read(crm, "2026-02-01")
    rows = over(of, int(us("2026-02-01")[0]), ahead=1)
    assert (rows.end <= us("2026-02-01")[0]).all()
    assert (rows.start >= rows.at).all()
    assert (rows.start > rows.at).any()


def planted(seed: int, follows: float) -> Events:
    """Two scopes over six years: how many deals are won within weeks follows the newly created by `follows`."""
    rng = np.random.default_rng(seed)
    starts = np.arange(40) * 91 * DAY
    there, closed, scope, created = [], [], [], [[], []]
    for period in range(12, 39):
        for one in (0, 1):
            busy = float(rng.choice([0.5, 1.0, 2.0]))
            made = starts[period] - rng.uniform(0, 28 * DAY, rng.poisson(40 * busy))
            created[one] += [*made, *(starts[period] + rng.uniform(0, 60 * DAY, 40))]
            wins = starts[period] + rng.uniform(0, 50 * DAY, rng.poisson(30 * busy**follows))
            there += [*wins]
            closed += [*(wins + 20 * DAY)]
            scope += [one] * len(wins)
    order = np.argsort(closed)
    times = [np.array(values, dtype=np.int64)[order] for values in (there, closed, closed)]
    nobody = np.zeros(0, dtype=np.int64)
    made = tuple(np.sort(np.array(values, dtype=np.int64)) for values in created)
    blank = read(company(30, 1), "2026-01-01")
    wins = replace(blank.wins, there=times[0], closed=times[1], known=times[2], scope=np.array(scope)[order])
    return Events(("a", "b"), wins, made, nobody, nobody, nobody, starts, 4, int(starts[13]))


def deviance(of: Events) -> tuple[float, float]:
    """Of the last six periods, by what was usual and by trees that know what was over before them."""
    cut = int(of.starts[32])
    fit = fitted(rows := over(of, cut), told(of, rows), cut)
    asked = told(of, Stretches(of.starts[32:38], of.starts[32:38], of.starts[33:39]))
    assert fit is not None
    raw = fit.predict(asked.clues.reshape(-1, len(CLUES)), raw_score=True).reshape(asked.usual.shape)
    losses = []
    for said in (asked.usual, asked.usual * np.exp(raw)):
        losses.append(float((said - asked.came * np.log(said)).sum()))
    return losses[0], losses[1]


def test_the_trees_find_that_new_pipeline_foretells_new_wins():
    usual, trees = deviance(planted(1, follows=1.0))
    assert trees < usual - 20.0


def test_where_nothing_foretells_the_trees_leave_the_usual_nearly_alone():
    usual, trees = deviance(planted(2, follows=0.0))
    assert abs(trees - usual) < 6.0


def test_what_is_recorded_from_the_day_on_moves_no_inflow(crm: History):
    for day in ("2025-12-10", "2026-02-10"):
        whole, then = learnt(crm, day), learnt(known(crm, at(day)), day)
        assert whole.scores == then.scores
        assert whole.factors == then.factors
        assert whole.held_out.equals(then.held_out)


def test_earlier_periods_are_foretold_by_what_was_over_when_they_began(crm: History):
    """Wins from a period's start on leave the forecast of that period as it was."""
    of, cut = read(crm, "2026-02-01"), int(us("2025-10-01")[0])
    before = of.wins.closed < cut
    cropped = replace(
        of,
        wins=replace(
            of.wins, **{name: getattr(of.wins, name)[before] for name in ("there", "closed", "known", "scope")}
        ),
    )
    one, other = (fitted(rows := over(each, cut), told(each, rows), cut) for each in (of, cropped))
    assert one is not None
    assert other is not None
    assert one.model_to_string() == other.model_to_string()


def test_the_same_stretches_give_the_same_trees(crm: History):
    of = read(crm, "2026-02-01")
    cut = int(us("2026-02-01")[0])
    texts = {fitted(rows := over(of, cut), told(of, rows), cut).model_to_string() for _ in range(2)}  # type: ignore[union-attr]
    assert len(texts) == 1
    assert PARAMETERS["num_threads"] == 1


def test_too_young_a_company_is_told_by_what_is_usual_alone():
    found = learnt(company(60, 3, start="2025-09-01", days=150), "2026-01-20")
    assert (found.used, dict(found.scores), dict(found.factors)) == (False, {}, {})
