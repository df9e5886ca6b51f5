"""Thresholds learned from past weeks: how far each figure usually goes, and how far the furthest of a family goes.

A figure is counted in its noise level. What is usual for it is the level that nine of ten past weeks stayed below, at
least the noise. The furthest of a family beyond what is usual is one number a week; such greatest values follow a
Gumbel distribution (Fisher and Tippett 1928; Gumbel 1958), those of heavy-tailed figures one of Fréchet, which is
Gumbel's for their logarithms. It is fitted to past weeks and gives the factor that is passed at the false-alarm rate.
Looking at the greatest minds that many figures are watched at once.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from training.watching.course import KINDS, Course, Reading
from training.watching.windows import LEARNED

FALSE_ALARMS = 0.02
"""Share of checks of an unchanged company that raise any alarm at all: one in fifty."""
FAMILY_ALARMS = FALSE_ALARMS / len(KINDS)
LEAST_WEEKS = 8
HEAVY_TAILED = frozenset({"feature", "score", "wins"})
"""Families of indices: many deals share what an index is made of (a rep, a region), so it goes far at times."""
_USUAL = 0.9
_NEXT_TO_NOTHING = 0.1
_EULER = 0.5772156649


def level(figures: int) -> float:
    """The chance at which noise may pass for each of so many figures of one family.

    >>> round(FAMILY_ALARMS / level(100))
    100
    """
    return FAMILY_ALARMS / max(figures, 1)


def readings(courses: Sequence[Course], apart: int) -> list[Reading]:
    """What the courses of one family say of their newest week.

    Weeks less than `apart` before it share what they are made of with it and teach nothing. A figure that is not
    defined now is left out.
    """
    told = [course for course in courses if np.isfinite(course.value[-1]) and course.noise[-1] > 0]
    if not told:
        return []
    units = np.array([course.value / np.where(course.noise > 0, course.noise, np.nan) for course in told])
    past = units[:, : max(units.shape[1] - apart, 0)][:, -LEARNED:]
    usual = np.array([usual_of(row) for row in past])
    factor, weeks = furthest(past / usual[:, None], told[0].kind in HEAVY_TAILED)
    return [_reading(course, float(most) * factor, weeks) for course, most in zip(told, usual, strict=True)]


def usual_of(units: np.ndarray) -> float:
    """The level that nine of ten past weeks stayed below, in noise levels; at least 1."""
    known = units[np.isfinite(units)]
    return max(1.0, float(np.quantile(known, _USUAL))) if len(known) >= LEAST_WEEKS else 1.0


def furthest(beyond: np.ndarray, heavy: bool) -> tuple[float, int]:
    """The factor (at least 1) that the greatest figure of a week passes at the false-alarm rate, and the weeks known.

    `beyond` is figures x weeks in units of what is usual.
    """
    known = beyond[:, np.isfinite(beyond).any(axis=0)]
    if known.shape[1] < LEAST_WEEKS:
        return 1.0, known.shape[1]
    greatest = np.nanmax(known, axis=0)
    if heavy:
        logarithms = np.log(np.maximum(greatest, _NEXT_TO_NOTHING))
        return max(1.0, float(np.exp(gumbel_level(logarithms, FAMILY_ALARMS)))), known.shape[1]
    return max(1.0, gumbel_level(greatest, FAMILY_ALARMS)), known.shape[1]


def gumbel_level(greatest: np.ndarray, alarms: float) -> float:
    """What greatest values pass with chance `alarms`, by a Gumbel distribution of their mean and spread.

    >>> drawn = np.random.default_rng(0).gumbel(2.0, 0.5, 20_000)
    >>> share = float((drawn > gumbel_level(drawn, 0.01)).mean())
    >>> 0.008 < share < 0.012
    True
    """
    scale = float(np.std(greatest, ddof=1)) * np.sqrt(6) / np.pi
    return float(np.mean(greatest) - _EULER * scale - scale * np.log(-np.log1p(-alarms)))


def _reading(course: Course, limit: float, weeks: int) -> Reading:
    value, noise = float(course.value[-1]), float(course.noise[-1])
    return Reading(
        kind=course.kind,
        what=course.what,
        value=round(value, 4),
        noise=round(noise, 4),
        threshold=round(limit * noise, 4),
        n=course.n,
        weeks=weeks,
        crossed=bool(value > limit * noise),
        en=course.en,
        zh=course.zh,
    )
