"""THE SYNTHETIC CRM: a company's history from a seed, with the planted truth apart."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl

from history.record import History, make_history
from history.settings import Settings
from history.synthetic import (
    aftermath,
    behaviour,
    days,
    fields,
    learning,
    mess,
    owners,
    people,
    targets,
    touches,
    truth,
    vocabulary,
)
from history.synthetic.births import Births, make_births
from history.synthetic.deal_life import Lives, live
from history.synthetic.process import Process, make_process
from history.synthetic.world import Customers, Staff, make_customers, make_staff

PARTS = (
    "staff", "customers", "births", "lives", "owners", "amounts", "forecasters", "changes", "contacts", "touches",
    "names", "people", "calls", "quotas", "aftermath", "mess", "learning",
    "coming",
)  # fmt: skip
"""New parts go to the end: a part's stream of chance follows from its place, and what was there before stays as it was.
"""
FEWEST_DEALS = 50


@dataclass(frozen=True)
class Crm:
    """A synthetic company: its history as a CRM would hold it, and `truth`, tables that only tests may read.

    truth: chances (deal_id, as_of, spell, stage, momentum and the exact chances of `truth.CHANCES`, daily for every day
    a deal was open at its start), deals, outcomes, forecasters, reps.
    """

    history: History
    truth: Mapping[str, pl.DataFrame]
    settings_toml: str = vocabulary.SETTINGS_TOML

    @property
    def ends_at(self) -> dt.datetime:
        """The instant (naive UTC) before which every row was recorded."""
        return days.end_instant(self.history.settings)


@dataclass(frozen=True)
class _World:
    settings: Settings
    staff: Staff
    customers: Customers
    births: Births
    lives: Lives
    owners: pl.DataFrame
    amounts: pl.DataFrame


def generate(deals: int, seed: int, clean: bool = False) -> Crm:
    """A company with `deals` deals between 2023-07-01 and 2026-07-01 (exclusive, Asia/Shanghai), in CNY.

    The same arguments give the same tables. `clean` leaves out late, duplicate and missing rows; the deals and their
    fates stay the same. Raises ValueError for fewer than 50 deals, which no company of several teams can share.
    """
    if deals < FEWEST_DEALS:
        raise ValueError(f"{deals} deals are too few for a company; ask for {FEWEST_DEALS} or more.")
    rngs = _generators(seed)
    process = make_process()
    world = _world(deals, process, rngs)
    forecasters = behaviour.make_forecasters(world.staff, rngs["forecasters"])
    chances = truth.exact_chances(process, world.lives.market)
    daily = truth.chance_rows(truth.daily_states(world.lives), world.births, chances)
    wins = _wins(world)
    tables = _crm_tables(world, forecasters, rngs)
    sold = (world.births, _planned(world.births, chances), world.staff, world.settings)
    tables["quotas"] = targets.with_coming(targets.make_quotas(*sold, rngs["quotas"]), *sold, rngs["coming"])
    said = behaviour.calls(wins, _expected(daily, world), world.staff, forecasters, rngs["calls"])
    tables["forecast_calls"] = behaviour.calls_frame(said, world.staff, world.settings, rngs["calls"])
    tables |= aftermath.make_aftermath(
        world.births, wins, world.staff, world.customers, world.settings, rngs["aftermath"]
    )
    tables |= learning.make_learning(world.staff, world.settings, rngs["learning"])
    if not clean:
        tables = mess.make_mess(tables, rngs["mess"])
    tables = mess.written_before(tables, days.end_instant(world.settings))
    return Crm(make_history(world.settings, **tables), _truth(world, daily, forecasters))


def _generators(seed: int) -> dict[str, np.random.Generator]:
    """One stream of chance per part, so that a change in one part leaves the others as they were."""
    streams = np.random.SeedSequence(seed).spawn(len(PARTS))
    return {part: np.random.default_rng(stream) for part, stream in zip(PARTS, streams, strict=True)}


def _world(deals: int, process: Process, rngs: dict[str, np.random.Generator]) -> _World:
    staff = make_staff(deals, rngs["staff"])
    customers = make_customers(deals, staff, rngs["customers"])
    births = make_births(deals, staff, customers, rngs["births"])
    lives = live(births, process, rngs["lives"])
    owned = owners.make_owners(births, lives, staff, rngs["owners"])
    amount = fields.amounts(fields.changed_states(lives), births, rngs["amounts"])
    return _World(vocabulary.settings(), staff, customers, births, lives, owned, amount)


def _crm_tables(
    world: _World, forecasters: behaviour.Forecasters, rngs: dict[str, np.random.Generator]
) -> dict[str, pl.DataFrame]:
    births, lives, staff, settings = world.births, world.lives, world.staff, world.settings
    names = people.account_names(world.customers.size, rngs["names"])
    leaning = behaviour.LEANING[forecasters.kind]
    changes = fields.make_changes(births, lives, world.owners, world.amounts, leaning, staff, rngs["changes"])
    known = touches.make_contacts(births, lives, rngs["contacts"])
    touched = touches.make_touches(births, lives, world.owners, known, staff, rngs["touches"])
    return {
        "deals": fields.deals_frame(births, names, settings),
        "deal_changes": fields.changes_frame(changes, settings),
        "activities": touches.activities_frame(touched, births, settings, rngs["touches"]),
        "contacts": touches.contacts_frame(known, settings),
        "accounts": people.accounts_frame(world.customers, births, names, settings, rngs["people"]),
        "reps": people.reps_frame(staff, settings, rngs["people"]),
    }


def _wins(world: _World) -> pl.DataFrame:
    """Every win of the written history: deal, at, rep, team, quarter, day, created_day, amount."""
    won = world.lives.states.filter((pl.col("stage") == vocabulary.WON) & (pl.col("day") < days.DAYS))
    won = won.select("deal", "at", "day")
    day = won["day"].to_numpy()
    rep = owners.owner_at(world.owners, won)
    return won.with_columns(
        rep=rep,
        team=pl.Series(world.staff.team_on(rep.to_numpy(), day)),
        quarter=pl.Series(days.quarter_index(day)),
        created_day=pl.Series(world.births.created_day[won["deal"].to_numpy()]),
        amount=amount_at(world.amounts, won),
    )


def amount_at(amounts: pl.DataFrame, rows: pl.DataFrame) -> pl.Series:
    """The amount of each row's deal at its second `at` (rows keep their order)."""
    numbered = rows.select("deal", "at").with_row_index("row").sort("at")
    joined = numbered.join_asof(amounts.sort("at"), on="at", by="deal", check_sortedness=False)
    return joined.sort("row")["amount"]


def _expected(daily: pl.DataFrame, world: _World) -> pl.DataFrame:
    """What open deals can be expected to bring before the quarter's end, on Mondays: day, rep, team, amount, count."""
    monday = pl.Series((days.dates(days.DAYS + 1).astype(int) + 3) % 7 == 0)
    rows = daily.filter(monday.gather(daily["day"].to_numpy()) & (daily["day"] < days.DAYS))
    rows = rows.with_columns(at=pl.col("day").cast(pl.Int64) * days.SECONDS)
    rep = owners.owner_at(world.owners, rows)
    chance = rows["win_by_quarter_end"]
    return rows.select(
        "day",
        rep=rep,
        team=pl.Series(world.staff.team_on(rep.to_numpy(), rows["day"].to_numpy())),
        amount=chance * amount_at(world.amounts, rows),
        count=chance,
    )


def _planned(births: Births, chances: truth.Chances) -> np.ndarray:
    """The chance to win at birth, as a planner would put it who knows the kind of deal."""
    day = np.minimum(births.created_day + 1, days.DAYS)
    return np.asarray(chances.table[day, 0, births.deal_class, 1, 0])


def _truth(world: _World, daily: pl.DataFrame, forecasters: behaviour.Forecasters) -> dict[str, pl.DataFrame]:
    return {
        "chances": truth.chance_table(daily, world.settings),
        "deals": truth.deal_table(world.births),
        "outcomes": truth.outcome_table(world.lives, world.settings),
        "forecasters": behaviour.forecaster_table(world.staff, forecasters),
        "reps": truth.rep_table(world.staff),
    }
