"""Leads: where marketing-born deals came from, and the many that came to nothing; and what winning customers costs."""

from __future__ import annotations

import numpy as np
import polars as pl

from history.settings import Settings
from history.synthetic import days
from history.synthetic import vocabulary as words
from history.synthetic.births import Births
from history.synthetic.people import rep_id
from history.synthetic.world import Staff

LEAD_SOURCES = (1, 2, 3, 4)
BARREN_PER_DEAL = 1.6
CHANNEL_COST = np.array([40.0, 220.0, 260.0, 520.0, 400.0, 150.0])
REP_MONTH_COST = 26_000.0


def leads_frame(births: Births, staff: Staff, settings: Settings, rng: np.random.Generator) -> pl.DataFrame:
    """The `leads` table: one per deal of a marketing source, and more that were never qualified."""
    born = np.flatnonzero(np.isin(births.source, LEAD_SOURCES) & (births.kind == 0))
    came = births.created[born] - (np.exp(rng.normal(1.6, 0.9, len(born))) * days.SECONDS).astype(np.int64)
    model = rng.choice(born, int(BARREN_PER_DEAL * len(born)))
    barren = days.in_hours(births.created_day[model], rng) - rng.integers(0, 20, len(model)) * days.SECONDS
    deal = np.r_[born, np.full(len(model), -1)]
    like, at = np.r_[born, model], np.r_[came, barren]
    wait_hours = np.exp(rng.normal(np.log(5), 1.1, len(at))) / staff.diligence[births.rep[like]]
    answered = at + (wait_hours * 3600).astype(np.int64)
    answered = np.where(deal >= 0, np.minimum(answered, births.created[np.maximum(deal, 0)]), answered)
    silent = (deal < 0) & (rng.random(len(at)) < 0.12)
    first = pl.Series(days.instants(answered, settings))
    qualified = pl.Series(days.instants(births.created[np.maximum(deal, 0)], settings))
    frame = pl.DataFrame(
        {
            "created_at": days.instants(at, settings),
            "source": pl.Series(words.SOURCES).gather(births.source[like]),
            "rep_id": days.ids("R", births.rep[like], 3),
            "first_response_at": _unless(silent, first),
            "qualified_at": _unless(deal < 0, qualified),
            "deal_id": _unless(deal < 0, days.ids("D", np.maximum(deal, 0), 6)),
        }
    ).sort("created_at", "source", "rep_id", "deal_id")
    return frame.with_columns(lead_id=days.ids("L", np.arange(frame.height), 6), recorded_at=pl.col("created_at"))


def _unless(absent: np.ndarray, values: pl.Series) -> pl.Series:
    return pl.select(pl.when(pl.Series(~absent)).then(values)).to_series()


def costs_frame(births: Births, staff: Staff, settings: Settings, rng: np.random.Generator) -> pl.DataFrame:
    """The `costs` table: monthly, per channel and per rep, booked on the fourth day of the month after."""
    month_of_day = days.dates(days.DAYS).astype("datetime64[M]").astype(int)
    months = np.unique(month_of_day)
    ends = days.period_ends(1, days.DAYS)
    per_month = max(births.size / len(months), 1.0)
    rows: list[tuple[str | None, str | None, str, float, int]] = []
    for month in months:
        first = int(np.argmax(month_of_day == month))
        period, booked = str(np.datetime64(int(month), "M")), (int(ends[first]) + 3) * days.SECONDS + days.OPENS_SECOND
        spread = np.exp(rng.normal(0, 0.2, len(words.SOURCES)))
        for source, name in enumerate(words.SOURCES):
            rows.append(
                (None, name, period, round(float(CHANNEL_COST[source] * per_month * spread[source]), 0), booked)
            )
        for rep in np.flatnonzero(staff.works_on(np.arange(staff.size), first)):
            amount = REP_MONTH_COST * float(np.exp(rng.normal(0, 0.1)))
            rows.append((rep_id(int(rep)), None, period, round(amount, 0), booked))
    frame = pl.DataFrame(
        rows,
        schema={
            "rep_id": pl.String,
            "channel": pl.String,
            "period": pl.String,
            "amount": pl.Float64,
            "booked": pl.Int64,
        },
        orient="row",
    )
    return frame.select(
        "rep_id",
        "channel",
        "period",
        "amount",
        pl.Series("recorded_at", days.instants(frame["booked"].to_numpy(), settings)),
    )
