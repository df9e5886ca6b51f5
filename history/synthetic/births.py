"""Which deals come up: when, whose, for which customer, how good. Their quality is the sum of what made them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from history.synthetic import days
from history.synthetic.process import class_of
from history.synthetic.world import Customers, Staff

FIT_EFFECT = np.array([0.70, 0.20, -0.30, -0.90])
SOURCE_EFFECT = np.array([0.70, 0.30, 0.0, -0.05, -0.40, -0.65])
SOURCE_SHARE = np.array([0.14, 0.16, 0.25, 0.14, 0.16, 0.15])
KIND_EFFECT = np.array([-0.15, 0.95, 0.45])
LINE_EFFECT = np.array([0.15, 0.0, -0.2, 0.05])
AMOUNT_CENTRE = np.log(np.array([60_000.0, 180_000.0, 520_000.0]))
LINE_SIZE = np.array([0.0, 0.15, -0.1, -0.3])
AVERAGE_QUALITY = 0.15
HIDDEN_SPREAD = 0.25


@dataclass(frozen=True)
class Births:
    """The deals as parallel arrays in order of creation; `quality` and `deal_class` are latent."""

    created: np.ndarray
    rep: np.ndarray
    account: np.ndarray
    segment: np.ndarray
    kind: np.ndarray
    source: np.ndarray
    line: np.ndarray
    competitor: np.ndarray
    amount: np.ndarray
    quality: np.ndarray
    deal_class: np.ndarray

    @property
    def size(self) -> int:
        return len(self.created)

    @property
    def created_day(self) -> np.ndarray:
        return self.created // days.SECONDS


def make_births(deals: int, staff: Staff, customers: Customers, rng: np.random.Generator) -> Births:
    """`deals` deals over the history, about one per cent more each month, fewer in holidays."""
    day = np.sort(rng.choice(days.DAYS, deals, p=_birth_weights()))
    segment = rng.choice(3, deals, p=[0.42, 0.38, 0.20])
    rep = _owners(day, segment, staff, rng)
    kind = rng.choice(3, deals, p=[0.68, 0.14, 0.18])
    account = _accounts(staff.region_of(rep), segment, kind, customers, rng)
    source = np.where(kind == 1, 0, rng.choice(6, deals, p=SOURCE_SHARE))
    line = rng.choice(4, deals, p=[0.32, 0.28, 0.24, 0.16])
    competitor = np.where(rng.random(deals) < np.where(kind == 1, 0.12, 0.38), rng.integers(0, 5, deals), -1)
    amount, ratio = _amounts(segment, line, customers.employees[account], rng)
    quality = (
        AVERAGE_QUALITY
        + FIT_EFFECT[customers.fit[account]]
        + SOURCE_EFFECT[source]
        + KIND_EFFECT[kind]
        + LINE_EFFECT[line]
        + _rep_effect(staff, rep, day)
        - 0.35 * (competitor >= 0)
        - 0.18 * ratio
        + rng.normal(0, HIDDEN_SPREAD, deals)
    )
    created = np.sort(days.in_hours(day, rng))
    return Births(
        created, rep, account, segment, kind, source, line, competitor, amount, quality, class_of(segment, quality)
    )


def _birth_weights() -> np.ndarray:
    month = np.arange(days.DAYS) / 30.44
    within = np.where(days.days_left(3, days.DAYS) > 60, 1.08, 0.97)
    weight = days.working(days.DAYS) * 1.01**month * within * days.season(days.DAYS)
    return np.asarray(weight / weight.sum())


def _owners(day: np.ndarray, segment: np.ndarray, staff: Staff, rng: np.random.Generator) -> np.ndarray:
    """Deals go to whom works that week, the busier ones get more, and people mostly keep to their segment."""
    taste = np.where(np.arange(3)[:, None] == staff.focus[None, :], 2.2, 0.6)
    week, draw = day // 7, rng.random(len(day))
    rep = np.zeros(len(day), dtype=int)
    everyone = np.arange(staff.size)
    for number in np.unique(week):
        here = staff.works_on(everyone, int(number) * 7) & (staff.leaves > number * 7 + 6)
        for part in range(3):
            rows = np.flatnonzero((week == number) & (segment == part))
            edges = np.cumsum(staff.load * taste[part] * here)
            rep[rows] = np.searchsorted(edges, draw[rows] * edges[-1], side="right")
    return rep


def _accounts(
    region: np.ndarray, segment: np.ndarray, kind: np.ndarray, customers: Customers, rng: np.random.Generator
) -> np.ndarray:
    """A customer of the rep's region and the deal's segment; renewals and expansions come from existing ones."""
    key = (customers.region * 3 + customers.segment) * 2 + customers.existing
    wanted = (region * 3 + segment) * 2 + (kind > 0)
    first, last = np.searchsorted(key, wanted, "left"), np.searchsorted(key, wanted, "right")
    anyone = first == last
    first, last = np.where(anyone, 0, first), np.where(anyone, customers.size, last)
    return first + (rng.random(len(region)) * (last - first)).astype(int)


def _amounts(
    segment: np.ndarray, line: np.ndarray, employees: np.ndarray, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Amounts in CNY, and their log distance from what is usual for the segment and line."""
    ratio = rng.normal(0, 0.5, len(segment))
    size = 0.12 * np.log(employees / np.array([36.0, 220.0, 2000.0])[segment])
    raw = np.exp(AMOUNT_CENTRE[segment] + LINE_SIZE[line] + size + ratio)
    return np.maximum(np.round(raw, -2), 5000.0), ratio


def _rep_effect(staff: Staff, rep: np.ndarray, day: np.ndarray) -> np.ndarray:
    """Skill helps, a heavy load and the first half year hurt."""
    beginner = np.clip(1 - (day - staff.hired[rep]) / 180, 0, 1)
    return 0.28 * staff.skill[rep] - 0.22 * np.log(staff.load[rep]) - 0.35 * beginner
