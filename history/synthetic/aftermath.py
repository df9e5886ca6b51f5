"""What follows a win and what is said of people: invoices, contracts, surveys, complaints, assessments."""

from __future__ import annotations

import numpy as np
import polars as pl

from history.settings import Settings
from history.synthetic import days
from history.synthetic.births import Births
from history.synthetic.leads import costs_frame, leads_frame
from history.synthetic.people import manager_id, rep_id
from history.synthetic.world import Customers, Staff

COST_SHARE = np.array([0.58, 0.52, 0.24, 0.66])
UNPAID, PART_PAID = 0.04, 0.05
SKILLS = ("opening", "discovery", "demo", "negotiation", "closing")


def make_aftermath(
    births: Births,
    wins: pl.DataFrame,
    staff: Staff,
    customers: Customers,
    settings: Settings,
    rng: np.random.Generator,
) -> dict[str, pl.DataFrame]:
    """The tables leads, costs, invoices, contracts, surveys, complaints and assessments.

    `wins`: deal, at, rep and amount of every win.
    """
    return {
        "leads": leads_frame(births, staff, settings, rng),
        "costs": costs_frame(births, staff, settings, rng),
        "invoices": _invoices(births, wins, customers, settings, rng),
        "contracts": _contracts(wins, settings, rng),
        "surveys": _surveys(births, wins, staff, settings, rng),
        "complaints": _complaints(births, wins, staff, settings, rng),
        "assessments": _assessments(staff, settings, rng),
    }


def _instants(seconds: np.ndarray, settings: Settings) -> pl.Series:
    return pl.Series(days.instants(seconds, settings))


def _invoices(
    births: Births, wins: pl.DataFrame, customers: Customers, settings: Settings, rng: np.random.Generator
) -> pl.DataFrame:
    """One to three invoices a win, a month apart; paid around or after the due date, some in part, some never."""
    parts = 1 + births.segment[wins["deal"].to_numpy()]
    row = np.repeat(np.arange(wins.height), parts)
    turn = np.arange(len(row)) - np.repeat(np.cumsum(parts) - parts, parts)
    deal = wins["deal"].to_numpy()[row]
    amount = np.round(wins["amount"].to_numpy()[row] / parts[row], 2)
    day = wins["at"].to_numpy()[row] // days.SECONDS
    issued = day + rng.integers(3, 20, len(row)) + 30 * turn
    due = issued + rng.choice(np.array([30, 45, 60]), len(row))
    late = customers.pays_late_days[births.account[deal]] * rng.exponential(1.0, len(row)) - 6
    paid = np.maximum(due + late.astype(int), issued + 1)
    share = np.where(rng.random(len(row)) < PART_PAID, rng.uniform(0.3, 0.9, len(row)), 1.0)
    never = pl.Series(rng.random(len(row)) < UNPAID)
    cost = amount * np.clip(COST_SHARE[births.line[deal]] + rng.normal(0, 0.05, len(row)), 0.1, 0.95)
    issued_at = _instants(days.in_hours(issued, rng), settings)
    return pl.DataFrame(
        {
            "invoice_id": days.ids("I", np.arange(len(row)), 6),
            "deal_id": days.ids("D", deal, 6),
            "issued_at": issued_at,
            "due_at": _instants(due * days.SECONDS, settings),
            "amount": amount,
            "cost": np.round(cost, 2),
            "paid_at": _instants(days.in_hours(paid, rng), settings),
            "paid_amount": np.round(amount * share, 2),
            "recorded_at": issued_at,
        }
    ).with_columns(pl.when(~never).then(pl.col(name)).alias(name) for name in ("paid_at", "paid_amount"))


def _contracts(wins: pl.DataFrame, settings: Settings, rng: np.random.Generator) -> pl.DataFrame:
    """One contract a win, recorded when signed; delivered around the promised day, one in five late."""
    size, day = wins.height, wins["at"].to_numpy() // days.SECONDS
    promised = day + rng.integers(20, 90, size)
    slip = np.where(rng.random(size) < 0.2, rng.integers(1, 35, size), -rng.integers(0, 12, size))
    return pl.DataFrame(
        {
            "contract_id": days.ids("K", np.arange(size), 6),
            "deal_id": days.ids("D", wins["deal"].to_numpy(), 6),
            "promised_at": _instants(promised * days.SECONDS, settings),
            "delivered_at": _instants(days.in_hours(np.maximum(promised + slip, day + 2), rng), settings),
            "compliant": rng.random(size) < 0.95,
            "recorded_at": _instants(wins["at"].to_numpy(), settings),
        }
    )


def _surveys(
    births: Births, wins: pl.DataFrame, staff: Staff, settings: Settings, rng: np.random.Generator
) -> pl.DataFrame:
    """Customers' answers some weeks after a win, and colleagues' answers about each rep every quarter."""
    asked = wins.filter(pl.Series(rng.random(wins.height) < 0.4))
    rep = asked["rep"].to_numpy()
    pleased = rng.normal(0.4 * staff.skill[rep], 1.0)
    is_nps = rng.random(asked.height) < 0.5
    score = np.where(
        is_nps, np.clip(np.round(7.8 + 1.7 * pleased), 0, 10), np.clip(np.round(4.0 + 0.8 * pleased), 1, 5)
    )
    day = asked["at"].to_numpy() // days.SECONDS + rng.integers(15, 60, asked.height)
    outside = pl.DataFrame(
        {
            "kind": pl.Series(np.where(is_nps, "nps", "csat")),
            "score": score,
            "happened_at": _instants(days.in_hours(day, rng), settings),
            "account_id": days.ids("A", births.account[asked["deal"].to_numpy()], 5),
            "rep_id": days.ids("R", rep, 3),
        }
    )
    frame = pl.concat([outside, _internal_surveys(staff, settings, rng)])
    frame = frame.sort("happened_at", "rep_id", "kind", "score", "account_id")
    return frame.with_columns(survey_id=days.ids("S", np.arange(frame.height), 6), recorded_at="happened_at")


def _internal_surveys(staff: Staff, settings: Settings, rng: np.random.Generator) -> pl.DataFrame:
    rep, day = _each_quarter(staff, 3)
    score = np.clip(np.round(3.9 + 0.5 * np.log(staff.diligence[rep]) + rng.normal(0, 0.7, len(rep))), 1, 5)
    return pl.DataFrame(
        {
            "kind": pl.repeat("internal", len(rep), eager=True),
            "score": score,
            "happened_at": _instants(days.in_hours(day - rng.integers(0, 20, len(rep)), rng), settings),
            "account_id": pl.repeat(None, len(rep), dtype=pl.String, eager=True),
            "rep_id": days.ids("R", rep, 3),
        }
    )


def _each_quarter(staff: Staff, times: int) -> tuple[np.ndarray, np.ndarray]:
    """Every rep who is there five days before a quarter ends, `times` over: rep, day."""
    last = np.unique(days.period_ends(3, days.DAYS)) - 5
    rep, day = (values.ravel() for values in np.meshgrid(np.arange(staff.size), np.repeat(last, times), indexing="ij"))
    here = staff.works_on(rep, day) & staff.works_on(rep, day - 30)
    return rep[here], day[here]


def _complaints(
    births: Births, wins: pl.DataFrame, staff: Staff, settings: Settings, rng: np.random.Generator
) -> pl.DataFrame:
    """Some customers complain in the months after a win; most complaints are solved within days."""
    chance = 0.08 * np.exp(-0.25 * staff.skill[wins["rep"].to_numpy()])
    unhappy = wins.filter(pl.Series(rng.random(wins.height) < chance))
    day = unhappy["at"].to_numpy() // days.SECONDS + rng.integers(10, 220, unhappy.height)
    opened = days.in_hours(day, rng)
    solved = opened + (np.exp(rng.normal(3.6, 1.0, unhappy.height)) * 3600).astype(np.int64)
    opened_at = _instants(opened, settings)
    return pl.DataFrame(
        {
            "complaint_id": days.ids("Q", np.arange(unhappy.height), 5),
            "account_id": days.ids("A", births.account[unhappy["deal"].to_numpy()], 5),
            "rep_id": days.ids("R", unhappy["rep"].to_numpy(), 3),
            "opened_at": opened_at,
            "resolved_at": _instants(solved, settings),
            "recorded_at": opened_at,
        }
    )


def _assessments(staff: Staff, settings: Settings, rng: np.random.Generator) -> pl.DataFrame:
    """Quarterly scores of skills (1 to 5) by the manager; people grow with tenure."""
    rep, day = _each_quarter(staff, 1)
    growth = 0.25 * np.clip(day - staff.hired[rep], 0, 1500) / 365
    level = 2.6 + 0.5 * staff.skill[rep] + growth
    scores = {skill: np.clip(np.round((level + rng.normal(0, 0.45, len(rep))) * 2) / 2, 1, 5) for skill in SKILLS}
    at = _instants(days.in_hours(day, rng), settings)
    team = staff.team_on(rep, day)
    base = pl.DataFrame(
        {
            "rep_id": pl.Series([rep_id(int(number)) for number in rep], dtype=pl.String),
            "assessed_at": at,
            "assessor": pl.Series([manager_id(int(number)) for number in team], dtype=pl.String),
            "recorded_at": at,
        }
    )
    parts = [base.with_columns(dimension=pl.lit(name), score=pl.Series(score)) for name, score in scores.items()]
    return pl.concat(parts).sort("assessed_at", "rep_id", "dimension")
