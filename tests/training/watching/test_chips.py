"""A chip maker's history, when present: a region that comes to win, and amounts that stopped arriving."""

import datetime as dt

import pytest

from history.canonical import read_folder
from history.record import History
from tests.lib import evaluation
from training.watching.feeds import BEFORE, WINDOWS, feed_courses
from training.watching.thresholds import readings
from training.watching.watch import APART, weeks_back
from training.watching.windows import WINS
from training.watching.wins import win_courses


@pytest.fixture(scope="module")
def chips() -> History:
    return read_folder(evaluation.folder("chip_pipeline"))


def test_the_region_that_grows_is_noticed_and_said_in_words(chips):
    told = wins(chips, dt.date(2016, 4, 1))
    region = told["region"]
    assert region.crossed
    assert region.en == "region: Geo 1: 3% → 28% of wins"
    assert region.zh == "区域：Geo 1，占赢单 3% → 28%"
    assert region.n > 400
    assert not told["product_line"].crossed


def test_before_it_grew_the_region_is_quiet(chips):
    for day in (dt.date(2016, 2, 1), dt.date(2016, 3, 1)):
        assert not wins(chips, day)["region"].crossed


def test_amounts_that_no_longer_arrive_are_noticed(chips):
    as_of = chips.settings.start_of(dt.date(2016, 3, 14))
    told = readings(feed_courses(chips, weeks_back(chips, as_of, BEFORE + max(WINDOWS))), APART["feed"])
    crossed = [one for one in told if one.crossed]
    assert [one.what for one in crossed] == ["deal_changes.amount"]
    assert crossed[0].en.startswith("changes of amount: 0 in 8 weeks, ")


def wins(chips, day):
    as_of = chips.settings.start_of(day)
    told = readings(win_courses(chips, weeks_back(chips, as_of, WINS.span)), APART["wins"])
    return {one.what: one for one in told}
