"""What would change a deal's odds: the chances of deals like it that differ in one thing, within what was seen.

A lever is something people can do. Its features are taken from deals that are or lately were open at the same stage
and where it holds, those nearest in age, all features of the lever together so that no combination is made up; the rest
of the deal stays as it is. With fewer than `FEWEST` such deals nothing is said. It tells how the model scores such
deals, not what doing it would cause.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import numpy as np
import pandas as pd

from features.matrix import build_matrix
from features.spine import open_spine
from serving.standing import Standing

FEWEST = 20
NEAREST = 50
LEAST_POINTS = 1.0
STEP, STEPS = dt.timedelta(days=28), 6
MOST_ROWS = 20_000


@dataclass(frozen=True)
class Lever:
    """Something people can do: it holds where `feature` lies from `least` to `most`; it moves `features` together."""

    code: str
    feature: str
    least: float
    most: float
    features: tuple[str, ...]


MEETINGS = ("meetings_30d", "meetings_90d", "days_since_meeting")
TOUCHES = ("touches_7d", "touches_30d", "touches_90d", "days_since_touch", "days_since_any_event", "touch_trend")
INBOUND = ("inbound_30d", "inbound_90d", "days_since_inbound", "buyer_share", "reply_rate_90d", "reply_lag_days")
PEOPLE = (
    "contacts",
    "contacts_touched_90d",
    "decision_chain_coverage",
    "has_decision_maker",
    "days_since_contact_added",
)

LEVERS = (
    Lever("reply", "days_since_inbound", 0.0, 10.0, (*INBOUND, *TOUCHES)),
    Lever("meeting", "meetings_30d", 1.0, np.inf, (*MEETINGS, *TOUCHES)),
    Lever("decision_maker", "has_decision_maker", 1.0, 1.0, PEOPLE),
    Lever("people", "contacts", 3.0, np.inf, PEOPLE),
    Lever("next_step", "has_next_step", 1.0, 1.0, ("has_next_step", "days_since_next_step")),
    Lever("date", "days_overdue", -np.inf, 0.0, ("days_overdue", "days_to_close_date", "days_since_date_set")),
)


@dataclass(frozen=True)
class Odds:
    """What the model says of deals like this one where a lever holds: the mean chance and the range of four in five of
    them (0 to 1), the difference in percentage points, and from how many deals it is taken."""

    code: str
    chance: float
    low: float
    high: float
    points: float
    deals: int


@dataclass(frozen=True)
class Outlook:
    """The levers by what they go with, the largest first; those that hold already; those nothing can be said of."""

    changes: list[Odds]
    held: list[str]
    unsupported: list[str]


def odds(standing: Standing, deal_id: str) -> Outlook:
    """What would change the odds of an open deal of the standing; differences below `LEAST_POINTS` are left out."""
    matrix, place = standing.scored.matrix, standing.scored.places[deal_id]
    row = matrix.iloc[[place]]
    now = float(standing.scored.frame["win_probability"][place])
    changes: list[Odds] = []
    held: list[str] = []
    unsupported: list[str] = []
    peers = standing.remembered(("lately open",), lambda: lately_open(standing))
    peers = peers[(peers["stage"].to_numpy() == row["stage"].iloc[0])]
    for lever in LEVERS:
        if lever.feature not in matrix.columns:
            continue
        if bool(_holds(lever, row)[0]):
            held.append(lever.code)
            continue
        donors = _nearest(peers[_holds(lever, peers)], row)
        if len(donors) < FEWEST:
            unsupported.append(lever.code)
            continue
        changes.append(_with(standing, lever, row, donors, now))
    kept = [one for one in changes if abs(one.points) >= LEAST_POINTS]
    return Outlook(sorted(kept, key=lambda one: (-one.points, one.code)), held, unsupported)


def lately_open(standing: Standing) -> pd.DataFrame:
    """Features of the deals open on the served day and on days before it, a step apart, at most `MOST_ROWS` rows."""
    days = [standing.as_of - STEP * back for back in range(STEPS)]
    spine = open_spine(standing.history, days).sort("as_of", "deal_id")
    return build_matrix(standing.prepared, spine.gather_every(max(1, -(-spine.height // MOST_ROWS))), threads=1)


def _holds(lever: Lever, rows: pd.DataFrame) -> np.ndarray:
    """Whether the lever holds, per row; where its feature is not known it does not."""
    value = rows[lever.feature].to_numpy(np.float64)
    found: np.ndarray = (value >= lever.least) & (value <= lever.most)
    return found


def _nearest(donors: pd.DataFrame, row: pd.DataFrame) -> pd.DataFrame:
    """Those nearest in age, each deal once and the deal itself not, at most `NEAREST`; ties by their order."""
    apart = np.abs(donors["age_days"].to_numpy(np.float64) - float(row["age_days"].iloc[0]))
    ranked = donors.iloc[np.argsort(apart, kind="stable")]
    deals = ranked.index.get_level_values("deal_id")
    own = row.index.get_level_values("deal_id")[0]
    return ranked[~deals.duplicated() & (deals != own)].iloc[:NEAREST]


def _with(standing: Standing, lever: Lever, row: pd.DataFrame, donors: pd.DataFrame, now: float) -> Odds:
    """The chances of the deal with each donor's values of the lever's features."""
    made = row.iloc[np.zeros(len(donors), dtype=int)].copy()
    for name in lever.features:
        if name in made.columns:
            made[name] = donors[name].to_numpy()
    chance = standing.model.predict(made, np.ones(len(made)))["win_probability"].to_numpy()
    low, high = np.quantile(chance, [0.1, 0.9])
    mean = float(chance.mean())
    return Odds(lever.code, mean, float(low), float(high), round(100 * (mean - now), 1), len(donors))
