"""Thresholds come from past weeks: unchanged figures seldom pass, changed ones do, weeks that overlap teach none."""

import numpy as np

from training.watching.course import Course
from training.watching.thresholds import FAMILY_ALARMS, readings


def course(value: np.ndarray, what: str = "x") -> Course:
    return Course("feature", what, value, np.ones(len(value)), 100, "", "")


def test_a_family_of_unchanged_figures_raises_an_alarm_as_seldom_as_stated():
    rng = np.random.default_rng(0)
    alarms = 0
    for _ in range(300):
        family = [course(rng.chisquare(5, 53) / 5, str(number)) for number in range(40)]
        alarms += any(one.crossed for one in readings(family, apart=4))
    assert alarms <= 300 * max(FAMILY_ALARMS, 0.01) * 3


def test_a_figure_that_jumps_is_told_and_its_neighbours_are_not():
    rng = np.random.default_rng(3)
    values = [rng.chisquare(5, 53) / 5 for _ in range(20)]
    values[7][-1] = 30.0
    told = readings([course(value, str(number)) for number, value in enumerate(values)], apart=4)
    assert [one.what for one in told if one.crossed] == ["7"]


def test_a_figure_that_always_swings_widely_is_let_swing():
    rng = np.random.default_rng(4)
    wide, calm = 20 + 5 * rng.random(53), rng.random(53)
    told = {one.what: one for one in readings([course(wide, "wide"), course(calm, "calm")], apart=4)}
    assert not told["wide"].crossed
    assert told["wide"].threshold > 20 > told["calm"].threshold


def test_weeks_that_share_the_newest_weeks_teach_nothing():
    steady = np.full(40, 0.5)
    drifting = steady.copy()
    drifting[-4:] = 50.0
    found = readings([course(drifting)], apart=4)[0]
    assert found.crossed
    assert found.threshold == readings([course(np.append(steady[:-1], 50.0))], apart=4)[0].threshold


def test_without_past_weeks_the_noise_level_stands():
    found = readings([course(np.array([np.nan] * 6 + [2.0]))], apart=4)[0]
    assert (found.threshold, found.weeks, found.crossed) == (1.0, 0, True)


def test_a_figure_not_defined_now_is_left_out():
    assert readings([course(np.array([1.0, np.nan]))], apart=1) == []
