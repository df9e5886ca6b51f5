"""Histories written deal by deal: short stories for a test to tell, and a small company with a few hundred deals."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

import numpy as np
import polars as pl

from history.record import History, make_history
from history.settings import Settings, Stage

SETTINGS = Settings("CNY", "UTC", 1, (Stage("Qualify"), Stage("Offer"), Stage("Won", "won"), Stage("Lost", "lost")))
TEAMS = {"ann": ("North", "East"), "bo": ("North", "East"), "cy": ("South", "West"), "di": ("South", "West")}
Change = tuple[str, dt.datetime, str, str | None, dt.datetime]


def at(text: str) -> dt.datetime:
    """The instant at which an ISO date (or date and time) begins."""
    return dt.datetime.fromisoformat(text)


def deal(
    deal_id: str, created: str, *stages: tuple[str, str], recorded: str | None = None, **fields: object
) -> list[Change]:
    """One deal's changes: `fields` at creation (owner_id="ann", amount=100), then (stage, date) pairs.

    `recorded` is when its last stage came to be known, where that was later.
    """
    began = at(created)
    rows: list[Change] = [(deal_id, began, "stage", "Qualify", began)]
    rows += [(deal_id, began, name, str(value), began) for name, value in fields.items()]
    rows += [(deal_id, at(day), "stage", stage, at(day)) for stage, day in stages]
    if recorded is not None:
        rows[-1] = (*rows[-1][:4], at(recorded))
    return rows


def told(*stories: list[Change], settings: Settings = SETTINGS, **tables: pl.DataFrame) -> History:
    """The history of some deals (see `deal`), with the reps of `TEAMS`."""
    rows = [row for story in stories for row in story]
    changes = pl.DataFrame(
        rows,
        schema={"deal_id": pl.String, "changed_at": pl.Datetime("us"), "field": pl.String, "new_value": pl.String}
        | {"recorded_at": pl.Datetime("us")},
        orient="row",
    ).with_columns(old_value=pl.col("new_value").shift(1).over("deal_id", "field"))
    deals = changes.group_by("deal_id", maintain_order=True).agg(created_at=pl.col("changed_at").min())
    people = [(rep, team, region) for rep, (team, region) in TEAMS.items()]
    reps = pl.DataFrame(people, schema=["rep_id", "team", "region"], orient="row")
    return make_history(settings, **{"deals": deals, "deal_changes": changes, "reps": reps, **tables})


def quotas(*rows: tuple[str, str, str, str, float, str]) -> pl.DataFrame:
    """A quotas table from (scope_kind, scope_id, period, measure, target, set_at)."""
    names = ["scope_kind", "scope_id", "period", "measure", "target", "set_at"]
    frame = pl.DataFrame(rows, schema=names, orient="row")
    return frame.with_columns(pl.col("set_at").str.to_datetime("%Y-%m-%d", time_unit="us"))


def company(deals: int, seed: int, start: str = "2024-01-01", days: int = 820) -> History:
    """A company of four people: deals created evenly from `start` on, a third of them won within a few months."""
    rng = np.random.default_rng(seed)
    return told(*(_random_deal(f"d{n:04}", rng, at(start), days) for n in range(deals)))


def _random_deal(deal_id: str, rng: np.random.Generator, start: dt.datetime, days: int) -> list[Change]:
    created = start + dt.timedelta(days=float(rng.uniform(0, days)))
    offer = created + dt.timedelta(days=float(rng.exponential(20)))
    closed = offer + dt.timedelta(days=float(rng.exponential(30)))
    stage = "Won" if rng.random() < 0.4 else "Lost"
    expected = (created + dt.timedelta(days=float(rng.uniform(20, 120)))).date().isoformat()
    fields: dict[str, object] = {"owner_id": str(rng.choice(list(TEAMS))), "close_date": expected}
    if rng.random() < 0.9:
        fields["amount"] = round(float(np.exp(rng.normal(9, 1))), 2)
    if rng.random() < 0.7:
        fields["product_line"] = str(rng.choice(["Chips", "Boards"]))
    rows = deal(deal_id, created.isoformat(), ("Offer", offer.isoformat()), (stage, closed.isoformat()), **fields)
    return _some_recorded_late(rows, rng)


def _some_recorded_late(rows: Iterable[Change], rng: np.random.Generator) -> list[Change]:
    late = [dt.timedelta(days=float(rng.exponential(5))) if rng.random() < 0.1 else dt.timedelta(0) for _ in range(9)]
    return [(*row[:4], row[4] + delay) for row, delay in zip(rows, late, strict=False)]
