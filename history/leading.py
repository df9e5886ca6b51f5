"""Who leads whom: people reporting to a person, directly or through others, and the scopes they make up."""

from __future__ import annotations

import datetime as dt

import polars as pl

from history.record import History
from history.scopes import COMPANY, standing_reps


def people_at(past: History, instant: dt.datetime) -> pl.DataFrame:
    """Everybody who has not left by `instant` (naive UTC), as `history.scopes.standing_reps` gives them."""
    people = standing_reps(past, instant)
    return people.filter(pl.col("left_at").is_null() | (pl.col("left_at") > instant))


def led_by(people: pl.DataFrame, leader: str) -> set[str]:
    """Everybody who reports to `leader`, directly or through others; never the leader.

    >>> people = pl.DataFrame({"rep_id": ["a", "b", "c"], "manager_id": [None, "a", "b"]})
    >>> sorted(led_by(people, "a"))
    ['b', 'c']
    """
    reports: dict[str, list[str]] = {}
    for rep_id, manager_id in people.select("rep_id", "manager_id").iter_rows():
        reports.setdefault(manager_id, []).append(rep_id)
    found: set[str] = set()
    waiting = [leader]
    while waiting:
        fresh = [rep for rep in reports.get(waiting.pop(), []) if rep not in found]
        found.update(fresh)
        waiting += fresh
    return found - {leader}


def leads_scope(people: pl.DataFrame, leader: str, kind: str, scope_id: str) -> bool:
    """Whether everybody who makes up a scope reports to `leader`, the leader and those above left aside.

    Product lines and segments have no people of their own: who leads the whole company leads them.
    """
    led = led_by(people, leader)
    if kind == "rep":
        return scope_id in led
    own = people if kind not in ("team", "region") else people.filter(pl.col(kind) == scope_id)
    above = _above(people, leader)
    members = set(own["rep_id"]) - {leader} - above
    return bool(members) and members <= led


def led_scopes(people: pl.DataFrame, leader: str) -> list[str]:
    """The scopes a person leads, written `team:North`, people first; for messages."""
    found = [f"rep:{rep}" for rep in sorted(led_by(people, leader))]
    for kind in ("team", "region"):
        names = people[kind].drop_nulls().unique().sort()
        found += [f"{kind}:{name}" for name in names if leads_scope(people, leader, kind, name)]
    return found + ([COMPANY] if leads_scope(people, leader, COMPANY, COMPANY) else [])


def _above(people: pl.DataFrame, person: str) -> set[str]:
    manager = dict(people.select("rep_id", "manager_id").iter_rows())
    found: set[str] = set()
    at = manager.get(person)
    while at is not None and at not in found:
        found.add(at)
        at = manager.get(at)
    return found
