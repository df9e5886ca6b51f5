"""The touches on a deal, and the people on the buyer's side. Their rate and direction follow the latent state.

Touches are drawn along a state as it lasts and know nothing of how it ends, so nothing marks a win or a loss ahead.
"""

from __future__ import annotations

import numpy as np
import polars as pl

from history.settings import Settings
from history.synthetic import days
from history.synthetic import vocabulary as words
from history.synthetic.births import Births
from history.synthetic.deal_life import Lives
from history.synthetic.owners import owner_at
from history.synthetic.world import Staff

TOUCH_KINDS = ("call", "email", "meeting", "visit", "demo", "message", "review", "task")
PER_DAY = np.array([0.25, 0.25, 0.26, 0.28, 0.29])
SEGMENT_RATE = np.array([1.15, 1.0, 0.85])
MOMENTUM_RATE = np.array([0.36, 1.0, 1.75])
KIND_SHARE = np.array(
    [
        [0.34, 0.38, 0.06, 0.04, 0.02, 0.14, 0.01, 0.01],
        [0.26, 0.34, 0.12, 0.07, 0.06, 0.11, 0.02, 0.02],
        [0.22, 0.34, 0.13, 0.08, 0.08, 0.09, 0.03, 0.03],
        [0.24, 0.33, 0.14, 0.10, 0.03, 0.09, 0.04, 0.03],
        [0.24, 0.38, 0.11, 0.09, 0.01, 0.10, 0.04, 0.03],
    ]
)
INBOUND = np.array([0.11, 0.33, 0.56])
TYPICAL_MINUTES = np.array([9.0, np.nan, 50.0, 95.0, 45.0, np.nan, 30.0, 60.0])
CONTACTS_PER_ACCOUNT = 9


def make_contacts(births: Births, lives: Lives, rng: np.random.Generator) -> pl.DataFrame:
    """People drawn into each deal: deal, at (second), contact (number), role (index), sorted by deal and at.

    One person from the start, more as the deal moves; better deals reach more people and more often who decides.
    """
    states = _open_stretches(lives)
    deal = states["deal"].to_numpy()
    better = np.exp(0.30 * births.quality[deal].clip(-2, 2))
    rate = np.array([0.010, 0.016, 0.017, 0.014, 0.012])[states["stage"].to_numpy()]
    rate = (
        rate
        * np.array([0.4, 1.0, 1.5])[states["momentum"].to_numpy()]
        * np.array([0.9, 1.0, 1.2])[births.segment[deal]]
    )
    many, at = _moments(states, rate * better, rng)
    later = pl.DataFrame({"deal": deal[many], "at": at})
    first = pl.DataFrame({"deal": np.arange(births.size), "at": births.created})
    rows = pl.concat([first, later]).sort("deal", "at")
    turn = rows.select(pl.int_range(pl.len()).over("deal")).to_series().to_numpy()
    rows = rows.filter(pl.Series(turn < CONTACTS_PER_ACCOUNT))
    turn, deal = turn[turn < CONTACTS_PER_ACCOUNT], rows["deal"].to_numpy()
    start = rng.integers(0, CONTACTS_PER_ACCOUNT, births.size)
    contact = births.account[deal] * CONTACTS_PER_ACCOUNT + (start[deal] + turn) % CONTACTS_PER_ACCOUNT
    decides = 0.16 * np.exp(0.35 * births.quality[deal].clip(-2, 2))
    others = np.array([0.2, 0.3, 0.34, 0.08, 0.08])
    role = 1 + np.searchsorted(others.cumsum()[:-1], rng.random(len(deal)))
    role = np.where(rng.random(len(deal)) < decides, 0, role)
    return rows.with_columns(contact=pl.Series(contact), role=pl.Series(role))


def make_touches(
    births: Births,
    lives: Lives,
    owners: pl.DataFrame,
    contacts: pl.DataFrame,
    staff: Staff,
    rng: np.random.Generator,
) -> pl.DataFrame:
    """All touches: deal, at, kind (index), rep, contact (−1 for none), inbound, minutes, opened, replied, effective,
    onsite; sorted by deal and at."""
    states = _open_stretches(lives)
    deal, stage, momentum = (states[name].to_numpy() for name in ("deal", "stage", "momentum"))
    rate = PER_DAY[stage] * SEGMENT_RATE[births.segment[deal]] * MOMENTUM_RATE[momentum]
    rate = rate * np.exp(0.16 * births.quality[deal].clip(-2, 2)) * staff.diligence[births.rep[deal]]
    many, at = _moments(states, rate, rng)
    frame = pl.DataFrame({"deal": deal[many], "at": at, "stage": stage[many], "momentum": momentum[many]})
    frame = frame.sort("deal", "at", "stage", "momentum")
    frame = frame.with_columns(rep=owner_at(owners, frame), contact=pl.Series(_spoken_to(frame, contacts, rng)))
    return frame.with_columns(_details(frame, births, rng)).drop("stage", "momentum")


def _open_stretches(lives: Lives) -> pl.DataFrame:
    end = days.DAYS * days.SECONDS
    return lives.states.filter((pl.col("stage") < words.OPEN_STAGES) & (pl.col("at") < end)).with_columns(
        until=pl.min_horizontal(pl.col("until").fill_null(end), pl.lit(end))
    )


def _moments(states: pl.DataFrame, per_day: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Poisson moments along each state in working hours: the state's row of each, and its second.

    Rates are per calendar day; a moment that falls on a free day or outside its state is dropped.
    """
    at, until = states["at"].to_numpy(), states["until"].to_numpy()
    length = (until - at) / days.SECONDS
    many = np.repeat(np.arange(len(at)), rng.poisson(per_day * length * 1.45))
    raw = at[many] + rng.random(len(many)) * (until - at)[many]
    day = (raw // days.SECONDS).astype(np.int64)
    share = (raw - day * days.SECONDS) / days.SECONDS
    moment = day * days.SECONDS + days.OPENS_SECOND + (share * days.WORK_SECONDS).astype(np.int64)
    works = rng.random(len(many)) < days.working()[day] * 0.7
    inside = (moment > at[many]) & (moment < until[many]) & works
    return many[inside], moment[inside]


def _spoken_to(frame: pl.DataFrame, contacts: pl.DataFrame, rng: np.random.Generator) -> np.ndarray:
    """One of the people known on the deal by then; the first is spoken to most."""
    deal, at = frame["deal"].to_numpy(), frame["at"].to_numpy()
    scale = np.int64(2**33)
    key = contacts["deal"].to_numpy() * scale + contacts["at"].to_numpy()
    start = np.searchsorted(contacts["deal"].to_numpy(), deal, "left")
    known = np.searchsorted(key, deal * scale + at, "right") - start
    turn = (rng.random(len(deal)) ** 1.6 * known).astype(int)
    return np.asarray(contacts["contact"].to_numpy()[start + turn])


def _details(frame: pl.DataFrame, births: Births, rng: np.random.Generator) -> list[pl.Series]:
    """Kind, direction, minutes and marks of each touch."""
    size = frame.height
    stage, momentum = frame["stage"].to_numpy(), frame["momentum"].to_numpy()
    good = births.quality[frame["deal"].to_numpy()].clip(-2, 2)
    kind = (rng.random(size)[:, None] > KIND_SHARE[stage].cumsum(axis=1)).sum(axis=1).clip(0, 7)
    inbound = rng.random(size) < (INBOUND[momentum] * np.exp(0.25 * good)).clip(0, 0.85)
    minutes = np.ceil(TYPICAL_MINUTES[kind] * np.exp(rng.normal(0.18 * (momentum - 1), 0.5, size)))
    sent = (kind == 1) & ~inbound
    opened = rng.random(size) < (np.array([0.33, 0.58, 0.80])[momentum] * np.exp(0.08 * good)).clip(0, 0.95)
    replied = opened & (rng.random(size) < (np.array([0.16, 0.42, 0.66])[momentum] * np.exp(0.2 * good)).clip(0, 0.95))
    effective = rng.random(size) < (np.array([0.32, 0.55, 0.76])[momentum] + 0.05 * good).clip(0.05, 0.95)
    onsite = np.where(kind == 3, rng.random(size) < 0.8, rng.random(size) < 0.3)
    mail = pl.Series(kind == 1)
    return [
        pl.Series("kind", kind),
        pl.Series("inbound", inbound),
        pl.Series("minutes", minutes).fill_nan(None),
        _where("opened", sent, opened),
        _where("replied", sent, replied),
        _where("effective", (~mail).to_numpy(), effective),
        _where("onsite", np.isin(kind, (2, 3, 4)), onsite),
    ]


def _where(name: str, applies: np.ndarray, value: np.ndarray | pl.Series) -> pl.Series:
    return pl.select(pl.when(pl.Series(applies)).then(pl.Series(value)).alias(name)).to_series()


def contacts_frame(contacts: pl.DataFrame, settings: Settings) -> pl.DataFrame:
    """The `contacts` table."""
    at = pl.Series(days.instants(contacts["at"].to_numpy(), settings))
    return contacts.select(
        days.ids("D", contacts["deal"].to_numpy(), 6).alias("deal_id"),
        days.ids("C", contacts["contact"].to_numpy(), 6).alias("contact_id"),
        pl.Series(words.CONTACT_ROLES).gather(contacts["role"].to_numpy()).alias("role"),
        at.alias("added_at"),
        at.alias("recorded_at"),
    )


def activities_frame(
    touches: pl.DataFrame, births: Births, settings: Settings, rng: np.random.Generator
) -> pl.DataFrame:
    """The `activities` table."""
    at = pl.Series(days.instants(touches["at"].to_numpy(), settings))
    kind = touches["kind"].to_numpy()
    internal = np.isin(kind, (6, 7))
    width = max(len(text) for text in words.SUBJECTS.values())
    subjects = pl.Series([texts[n % len(texts)] for texts in words.SUBJECTS.values() for n in range(width)])
    person = days.ids("C", touches["contact"].to_numpy(), 6)
    return touches.select(
        days.ids("E", np.arange(touches.height), 7).alias("activity_id"),
        at.alias("happened_at"),
        pl.Series(TOUCH_KINDS).gather(kind).alias("kind"),
        days.ids("D", touches["deal"].to_numpy(), 6).alias("deal_id"),
        days.ids("A", births.account[touches["deal"].to_numpy()], 5).alias("account_id"),
        days.ids("R", touches["rep"].to_numpy(), 3).alias("rep_id"),
        _where("contact_id", ~internal, person),
        _where("direction", ~internal, pl.Series(["out", "in"]).gather(touches["inbound"].cast(pl.Int32))),
        pl.col("minutes").alias("duration_minutes"),
        "opened",
        "replied",
        "effective",
        pl.Series(["online", "onsite"]).gather(touches["onsite"].cast(pl.Int32)).alias("channel"),
        subjects.gather(kind * width + rng.integers(0, width, touches.height)).alias("subject"),
        at.alias("recorded_at"),
    )
