"""Who exists: regions, teams, managers, reps of differing skill and load, and customers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from history.synthetic import vocabulary as words
from history.synthetic.days import DAYS

NEVER = 10**6
"""A day number later than any; stands for "has not left"."""


@dataclass(frozen=True)
class Staff:
    """The sales people as parallel arrays, one entry per rep; days are day numbers, `moves_on` is NEVER for most."""

    team: np.ndarray
    second_team: np.ndarray
    moves_on: np.ndarray
    starts: np.ndarray
    leaves: np.ndarray
    hired: np.ndarray
    skill: np.ndarray
    load: np.ndarray
    diligence: np.ndarray
    date_optimism: np.ndarray
    focus: np.ndarray
    team_region: np.ndarray

    @property
    def size(self) -> int:
        return len(self.team)

    @property
    def teams(self) -> int:
        return len(self.team_region)

    def team_on(self, rep: np.ndarray, day: np.ndarray) -> np.ndarray:
        """The team of each rep on each day."""
        return np.where(day >= self.moves_on[rep], self.second_team[rep], self.team[rep])

    def region_of(self, rep: np.ndarray) -> np.ndarray:
        """The region of each rep; people change teams within their region only."""
        return np.asarray(self.team_region[self.team[rep]])

    def works_on(self, rep: np.ndarray, day: np.ndarray | int) -> np.ndarray:
        return np.asarray((self.starts[rep] <= day) & (day < self.leaves[rep]))


@dataclass(frozen=True)
class Customers:
    """The accounts as parallel arrays; sorted so that each (region, segment, existing) pool is one stretch."""

    region: np.ndarray
    segment: np.ndarray
    existing: np.ndarray
    fit: np.ndarray
    industry: np.ndarray
    employees: np.ndarray
    revenue: np.ndarray
    pays_late_days: np.ndarray

    @property
    def size(self) -> int:
        return len(self.region)


def make_staff(deals: int, rng: np.random.Generator) -> Staff:
    """About one rep per 110 deals (8 at least), in teams of six to eight and two to four regions."""
    seats = max(8, round(deals / 110))
    teams = max(2, round(seats / 7))
    regions = int(np.clip(teams // 2, 2, len(words.REGIONS)))
    leavers = max(1, round(0.13 * seats))
    team_region = np.sort(np.arange(teams) % regions)
    seat_team = np.sort(np.arange(seats) % teams)
    size = seats + leavers
    team = np.concatenate([seat_team, seat_team[_spread(seats, leavers)]])
    starts, leaves = _terms(seats, leavers, rng)
    second_team, moves_on = _moves(team, team_region, leaves, starts, rng)
    tenure_days = np.where(starts == 0, rng.integers(60, 2800, size), 0)
    return Staff(
        team=team,
        second_team=second_team,
        moves_on=moves_on,
        starts=starts,
        leaves=leaves,
        hired=starts - tenure_days,
        skill=rng.normal(0, 1, size).clip(-2, 2),
        load=np.exp(rng.normal(0, 0.28, size)),
        diligence=np.exp(rng.normal(0, 0.2, size)),
        date_optimism=np.exp(rng.normal(-0.25, 0.22, size)),
        focus=rng.choice(3, size, p=[0.35, 0.4, 0.25]),
        team_region=team_region,
    )


def _spread(seats: int, chosen: int) -> np.ndarray:
    """`chosen` seats evenly over all; whoever sits there leaves and is followed by somebody new."""
    return np.linspace(0, seats - 1, chosen).round().astype(int)


def _terms(seats: int, leavers: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """First and last (exclusive) day of each rep: some join on the way, some leave and a newcomer follows."""
    starts = np.where(rng.random(seats) < 0.15, rng.integers(30, 500, seats), 0)
    starts[: seats // 2] = 0
    leaves = np.full(seats, NEVER)
    gone = _spread(seats, leavers)
    leaves[gone] = rng.integers(540, DAYS - 60, leavers)
    newcomers = leaves[gone] + rng.integers(-20, 40, leavers)
    return np.concatenate([starts, newcomers]), np.concatenate([leaves, np.full(leavers, NEVER)])


def _moves(
    team: np.ndarray, team_region: np.ndarray, leaves: np.ndarray, starts: np.ndarray, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """About one rep in fifteen changes to another team of the region, where there is one."""
    second, moves_on = team.copy(), np.full(len(team), NEVER)
    for rep in range(len(team)):
        others = np.flatnonzero((team_region == team_region[team[rep]]) & (np.arange(len(team_region)) != team[rep]))
        day = int(rng.integers(200, DAYS - 200))
        wants = rng.random() < 0.08 or rep == 1
        if wants and len(others) and starts[rep] + 60 < day < leaves[rep] - 60:
            second[rep], moves_on[rep] = int(rng.choice(others)), day
    return second, moves_on


def make_customers(deals: int, staff: Staff, rng: np.random.Generator) -> Customers:
    """About one account per two deals; the existing ones buy again, the others have not bought before."""
    size = max(80, deals // 2)
    regions = int(staff.team_region.max()) + 1
    region = rng.integers(0, regions, size)
    segment = rng.choice(3, size, p=[0.45, 0.37, 0.18])
    existing = rng.random(size) < 0.3
    pool = np.lexsort((existing, segment, region))
    employees = np.exp(rng.normal(np.array([3.6, 5.4, 7.6])[segment], 0.5)).astype(np.int64) + 3
    return Customers(
        region=region[pool],
        segment=segment[pool],
        existing=existing[pool],
        fit=rng.choice(4, size, p=[0.2, 0.35, 0.3, 0.15]),
        industry=rng.integers(0, len(words.INDUSTRIES), size),
        employees=employees[pool],
        revenue=np.round(employees[pool] * np.exp(rng.normal(13.0, 0.4, size)), -4),
        pays_late_days=np.exp(rng.normal(2.0, 0.9, size)),
    )
