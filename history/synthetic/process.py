"""THE LAW OF A DEAL'S LIFE: daily hazards of moving on, back, being lost and won, given the latent state.

A deal's latent state is its class (segment and quality), its stage, its momentum (cold, steady, hot) and the market's
weather. A day's step depends on nothing else, so chances computed from the same hazards are exact.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from history.synthetic import days
from history.synthetic.vocabulary import OPEN_STAGES

QUALITY_LEVELS = np.round(np.arange(-2.4, 2.41, 0.16), 2)
"""Quality is kept on a grid so that classes are few: 31 levels in each of three segments."""

SPEED = np.array([1.75, 1.0, 0.62])
ADVANCE = np.array([1 / 48, 1 / 56, 1 / 56, 1 / 54, 1 / 46])
LOSE = np.array([1 / 130, 1 / 118, 1 / 112, 1 / 112, 1 / 116])
BACK = np.array([0.0, 0.003, 0.005, 0.006, 0.007])
MOMENTUM_SPEED = np.array([0.38, 1.0, 1.6])
MOMENTUM_LOSS = np.array([2.1, 1.0, 0.6])
MARKET_SPEED = np.array([0.9, 1.0, 1.1])
MARKET_STAYS = 1 - 1 / 70
SKIPS = 0.30
"""Share of steps forward that leap over a stage (from Negotiate, straight to Won)."""


@dataclass(frozen=True)
class Process:
    """Hazards by (class, momentum, stage), factors by day, and the daily chances of momentum and market to change."""

    advance: np.ndarray
    back: np.ndarray
    lose: np.ndarray
    momentum: np.ndarray
    market: np.ndarray
    work: np.ndarray
    closing: np.ndarray
    cleaning: np.ndarray

    @property
    def classes(self) -> int:
        return len(self.advance)


def class_of(segment: np.ndarray, quality: np.ndarray) -> np.ndarray:
    """The class of each deal: its segment and the nearest level of quality."""
    step = QUALITY_LEVELS[1] - QUALITY_LEVELS[0]
    level = np.rint((np.clip(quality, QUALITY_LEVELS[0], QUALITY_LEVELS[-1]) - QUALITY_LEVELS[0]) / step).astype(int)
    return segment * len(QUALITY_LEVELS) + level


def make_process() -> Process:
    """The hazards of every class over the whole calendar, run-out included."""
    quality = np.tile(QUALITY_LEVELS, len(SPEED))[:, None, None]
    speed = np.repeat(SPEED, len(QUALITY_LEVELS))[:, None, None]
    pace = speed * MOMENTUM_SPEED[None, :, None]
    return Process(
        advance=pace * np.exp(0.26 * quality) * ADVANCE,
        back=speed * np.exp(-0.35 * quality) * BACK * np.ones((1, 3, 1)),
        lose=speed * MOMENTUM_LOSS[None, :, None] * np.exp(-0.50 * quality) * LOSE,
        momentum=_momentum(quality[:, 0, 0]),
        market=_market(),
        work=days.working(),
        closing=_closing(),
        cleaning=_cleaning(),
    )


def _momentum(quality: np.ndarray) -> np.ndarray:
    """Daily chances (class, from, to) of the momentum."""
    up, down = np.exp(0.45 * quality), np.exp(-0.45 * quality)
    table = np.zeros((len(quality), 3, 3))
    table[:, 0, 1], table[:, 1, 2] = 0.007 * up, 0.007 * up
    table[:, 1, 0], table[:, 2, 1] = 0.008 * down, 0.014 * down
    for state in range(3):
        table[:, state, state] = 1 - table[:, state].sum(axis=1)
    return table


def _market() -> np.ndarray:
    """Daily chances (from, to) of the market's weather: soft, normal, strong."""
    leaves = 1 - MARKET_STAYS
    return np.array([[1 - leaves, leaves, 0], [leaves / 2, 1 - leaves, leaves / 2], [0, leaves, 1 - leaves]])


def _closing() -> np.ndarray:
    """How readily contracts are signed on each day: slow after a quarter's start, thrice as ready in its last days."""
    quarter, month = days.days_left(3), days.days_left(1)
    factor = np.select([quarter <= 5, quarter <= 14, quarter > 70], [3.2, 1.9, 0.6], 0.85)
    return factor * np.where((month <= 4) & (quarter > 14), 1.4, 1.0) * days.season()


def _cleaning() -> np.ndarray:
    """How readily dead deals are closed on each day: pipelines are tidied around a quarter's end."""
    quarter = days.days_left(3)
    return np.select([quarter <= 4, quarter > 82], [1.5, 1.7], 0.93)


def event_chances(
    process: Process,
    day: int,
    market_speed: np.ndarray | float,
    advance: np.ndarray,
    back: np.ndarray,
    lose: np.ndarray,
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Chances on `day` of one step on, one step back, a leap and a loss, for arrays whose last axis is the stage.

    The hazards compete: their sum decides whether anything happens, their shares decide what.
    """
    stages = np.arange(OPEN_STAGES)
    return _chances(process, day, market_speed, advance, back, lose, stages)


def chances_at(
    process: Process, day: int, market_speed: float, kind: np.ndarray, momentum: np.ndarray, stage: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """The same chances for single deals in the given classes, momenta and stages."""
    at = (kind, momentum, stage)
    return _chances(process, day, market_speed, process.advance[at], process.back[at], process.lose[at], stage)


def _chances(
    process: Process,
    day: int,
    market_speed: np.ndarray | float,
    advance: np.ndarray,
    back: np.ndarray,
    lose: np.ndarray,
    stage: np.ndarray,
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    forward = advance * process.work[day] * market_speed
    signs = stage == OPEN_STAGES - 1
    may_leap = ~signs
    signing = np.where(stage == OPEN_STAGES - 2, process.closing[day], 1.0)
    step = np.where(signs, process.closing[day], 1 - SKIPS) * forward
    leap = np.where(may_leap, SKIPS * signing, 0.0) * forward
    retreat = back * process.work[day]
    loss = lose * process.work[day] * process.cleaning[day] / market_speed
    total = step + leap + retreat + loss
    share = -np.expm1(-total) / total
    return step * share, retreat * share, leap * share, loss * share
