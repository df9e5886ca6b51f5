"""Small companies in which nothing changes, or one planted thing does from a day on."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import numpy as np
import pandas as pd
import polars as pl

from history.record import History
from history.settings import Settings
from tests.lib.deal_log import SETTINGS, deal, told
from training.watching.windows import week_starts

AS_OF = dt.datetime(2026, 3, 2)
CHANGE = dt.datetime(2026, 1, 5)


def steady(
    seed: int,
    region_of: Callable[[dt.datetime, np.random.Generator], str] | None = None,
    deals: int = 900,
    days: int = 620,
    settings: Settings = SETTINGS,
) -> History:
    """Deals created evenly up to AS_OF, with an amount, a region and a touch a week; half are won after a month.

    `region_of` may make the region depend on the day a deal was created.
    """
    rng = np.random.default_rng(seed)
    region_of = region_of or (lambda _, own: str(own.choice(["North", "South", "West"])))
    start = AS_OF - dt.timedelta(days=days)
    stories, touches = [], []
    for number in range(deals):
        created = start + dt.timedelta(days=float(rng.uniform(0, days)))
        ends = created + dt.timedelta(days=float(rng.gamma(4, 9)))
        offer = created + (ends - created) * float(rng.uniform(0.2, 0.8))
        amount = round(float(np.exp(rng.normal(9, 1))), 2)
        fate = "Won" if rng.random() < 0.5 else "Lost"
        name = f"d{number:04}"
        moves = [(stage, at) for stage, at in (("Offer", offer), (fate, ends)) if at < AS_OF]
        written = [(stage, at.isoformat()) for stage, at in moves]
        owner, region = str(rng.choice(["ann", "bo", "cy", "di"])), region_of(created, rng)
        stories.append(deal(name, created.isoformat(), *written, amount=amount, region=region, owner_id=owner))
        touches += [(name, at) for at in week_starts_of(created, min(ends, AS_OF), rng)]
    activities = pl.DataFrame(
        [(f"t{place}", name, at, "email", at) for place, (name, at) in enumerate(touches)],
        schema={"activity_id": pl.String, "deal_id": pl.String, "happened_at": pl.Datetime("us"), "kind": pl.String}
        | {"recorded_at": pl.Datetime("us")},
        orient="row",
    )
    return told(*stories, settings=settings, activities=activities)


def week_starts_of(begins: dt.datetime, ends: dt.datetime, rng: np.random.Generator) -> list[dt.datetime]:
    """About one instant a week from `begins` to `ends`."""
    count = rng.poisson(max((ends - begins).days, 0) / 7)
    return [begins + (ends - begins) * float(share) for share in rng.uniform(0, 1, count)]


def weeks(count: int = 78) -> list[dt.datetime]:
    return week_starts(AS_OF, count, SETTINGS)


class Oracle:
    """A model that knows the steady company: the same chance for every deal of a stage, tilted by `tilt` log odds."""

    version = "oracle"

    def __init__(self, trained_as_of: dt.datetime, tilt: float = 0.0) -> None:
        self.trained_as_of, self.tilt = trained_as_of, tilt

    def predict(self, matrix: pd.DataFrame, horizon_days: float) -> pd.DataFrame:
        """The planted chance of a gamma-distributed life of which half end in a win, given the age."""
        from scipy.special import expit, logit
        from scipy.stats import gamma

        age = matrix["age_days"].to_numpy(np.float64)
        left = gamma.sf(age, 4, scale=9)
        chance = 0.5 * (left - gamma.sf(age + horizon_days, 4, scale=9)) / np.maximum(left, 1e-12)
        told_chance = expit(logit(np.clip(chance, 0.001, 0.999)) + self.tilt)
        return pd.DataFrame({"win_by_horizon": np.clip(told_chance, 0.001, 0.999)}, index=matrix.index)
