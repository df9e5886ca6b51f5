"""The people and customers as tables: `reps` (with managers and regional heads) and `accounts`."""

from __future__ import annotations

import numpy as np
import polars as pl

from history.settings import Settings
from history.synthetic import days
from history.synthetic import vocabulary as words
from history.synthetic.births import Births
from history.synthetic.world import NEVER, Customers, Staff

ROLES = ("e_commerce", "new_business", "key_account")
REP_SCHEMA = {
    "rep_id": pl.String(),
    "name": pl.String(),
    "team": pl.String(),
    "manager_id": pl.String(),
    "region": pl.String(),
    "role": pl.String(),
    "hired": pl.Int64(),
    "left": pl.Int64(),
    "valid": pl.Int64(),
}


def rep_id(rep: int) -> str:
    return f"R{rep:03d}"


def team_id(team: int) -> str:
    return f"T{team + 1:02d}"


def manager_id(team: int) -> str:
    return f"M{team + 1:02d}"


def head_id(region: int) -> str:
    return f"H{region + 1:02d}"


def reps_frame(staff: Staff, settings: Settings, rng: np.random.Generator) -> pl.DataFrame:
    """The `reps` table: one row per rep, and one more where the team changes; managers and heads have no manager's row
    before the history starts."""
    names = person_names(staff.size + staff.teams + len(words.REGIONS), rng)
    rows = []
    for rep in range(staff.size):
        rows.extend(_rep_rows(staff, rep, names[rep]))
    for team in range(staff.teams):
        region, name = int(staff.team_region[team]), names[staff.size + team]
        hired = -int(rng.integers(800, 3500))
        rows.append(
            (
                manager_id(team),
                name,
                team_id(team),
                head_id(region),
                words.REGIONS[region],
                "manager",
                hired,
                None,
                hired,
            )
        )
    for region in range(int(staff.team_region.max()) + 1):
        name, hired = names[staff.size + staff.teams + region], -int(rng.integers(1500, 4000))
        rows.append((head_id(region), name, None, None, words.REGIONS[region], "head", hired, None, hired))
    frame = pl.DataFrame(rows, schema=REP_SCHEMA, orient="row").sort("rep_id", "valid")
    return frame.select(
        "rep_id",
        "name",
        "team",
        "manager_id",
        "region",
        "role",
        _midnight(frame["hired"], settings).alias("hired_at"),
        _midnight(frame["left"], settings).alias("left_at"),
        _midnight(frame["valid"], settings).alias("valid_from"),
        _midnight(frame["valid"], settings).alias("recorded_at"),
    )


def _rep_rows(staff: Staff, rep: int, name: str) -> list[tuple[object, ...]]:
    role, hired = ROLES[staff.focus[rep]], int(staff.hired[rep])
    left = int(staff.leaves[rep]) if staff.leaves[rep] < days.DAYS else None
    region = words.REGIONS[staff.team_region[staff.team[rep]]]

    def row(team: int, valid: int) -> tuple[object, ...]:
        return (rep_id(rep), name, team_id(team), manager_id(team), region, role, hired, left, valid)

    rows = [row(int(staff.team[rep]), hired)]
    if staff.moves_on[rep] != NEVER:
        rows.append(row(int(staff.second_team[rep]), int(staff.moves_on[rep])))
    return rows


def _midnight(day: pl.Series, settings: Settings) -> pl.Series:
    start = pl.lit(settings.start_of(days.FIRST_DAY)).cast(pl.Datetime("us"))
    return day.to_frame("day").select(start + pl.duration(days=pl.col("day"))).to_series()


def person_names(count: int, rng: np.random.Generator) -> list[str]:
    """Names of people, Chinese and English mixed, no two alike."""
    chinese = [family + given for family in words.FAMILY_NAMES for given in words.GIVEN_NAMES]
    english = [f"{first} {last}" for first in words.ENGLISH_FIRST for last in words.ENGLISH_LAST]
    pool = [*chinese, *english]
    order = rng.permutation(len(pool))
    return [pool[order[n % len(pool)]] + (f" {n // len(pool) + 1}" if n >= len(pool) else "") for n in range(count)]


def account_names(count: int, rng: np.random.Generator) -> pl.Series:
    """Names of companies, Chinese and English mixed; a number tells namesakes apart."""
    chinese = [city + trade + end for city in words.CITIES for trade in words.TRADES for end in words.ENDINGS]
    english = [f"{root} {trade}" for root in words.ENGLISH_ROOTS for trade in words.ENGLISH_TRADES]
    pool = [*chinese, *english]
    order = rng.permutation(len(pool))
    return pl.Series(
        [pool[order[n % len(pool)]] + (f" {n // len(pool) + 1}" if n >= len(pool) else "") for n in range(count)]
    )


def accounts_frame(
    customers: Customers, births: Births, names: pl.Series, settings: Settings, rng: np.random.Generator
) -> pl.DataFrame:
    """The `accounts` table; a customer is in it before its first deal."""
    first = np.full(customers.size, days.DAYS * days.SECONDS)
    np.minimum.at(first, births.account, births.created)
    lead_days = np.where(
        customers.existing, rng.integers(200, 2500, customers.size), rng.integers(1, 40, customers.size)
    )
    created = pl.Series(days.instants(first - lead_days * days.SECONDS, settings))
    return pl.DataFrame(
        {
            "account_id": days.ids("A", np.arange(customers.size), 5),
            "name": names,
            "industry": pl.Series(words.INDUSTRIES).gather(customers.industry),
            "employees": customers.employees,
            "annual_revenue": customers.revenue,
            "region": pl.Series(words.REGIONS).gather(customers.region),
            "fit_grade": pl.Series(words.FIT_GRADES).gather(customers.fit),
            "created_at": created,
            "recorded_at": created,
        }
    )
