"""What a retraining is to do: the quarter, the instant it is trained at, and what must be so before it begins."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import polars as pl

from features.catalogue import feature_version
from history.as_of import known
from history.deals import closings
from history.errors import DateInvalid, NoHistory, RetrainingInvalid
from history.fiscal import Period, bounds, cadence_of, parse_period
from history.record import History
from history.settings import Settings
from training.booster import BoostOptions
from training.fitting import FitOptions
from training.labels import LOST, WON
from training.splits import Sampling

MOST_SILENT_DAYS = 14
"""The newest row may lie so far before the quarter's end; earlier, and the quarter has not been imported whole."""


@dataclass(frozen=True)
class Plan:
    """One retraining: after `quarter`, with what was known at `as_of` (naive UTC), beside the champion of its start.

    `replayed` is how many past quarters are replayed.
    """

    quarter: str
    as_of: dt.datetime
    champion: str | None
    features: str
    options: FitOptions = field(default_factory=FitOptions)
    replayed: int = 2

    def as_dict(self) -> dict[str, Any]:
        return json.loads(json.dumps({**asdict(self), "as_of": self.as_of.isoformat()}))


def read_plan(document: Mapping[str, Any]) -> Plan:
    """The plan that `as_dict` wrote."""
    given = document["options"]
    options = FitOptions(
        **{**given, "boost": BoostOptions(**given["boost"]), "sampling": Sampling(**given["sampling"])}
    )
    return Plan(**{**document, "as_of": dt.datetime.fromisoformat(document["as_of"]), "options": options})


def plan_of(
    quarter: str, settings: Settings, champion: str | None, options: FitOptions | None = None, replayed: int = 2
) -> Plan:
    """The plan to retrain after `quarter` ("2026Q3"); raises `DateInvalid` when it names no quarter."""
    period = quarter_named(quarter, settings)
    end = bounds(period, settings)[1]
    computed = feature_version(settings.feature_fields)
    return Plan(period.name, end, champion, computed, options or FitOptions(), replayed)


def quarter_named(text: str, settings: Settings) -> Period:
    """The fiscal quarter of that name; raises `DateInvalid`."""
    period = parse_period(text, settings)
    if cadence_of(period) != "quarter":
        raise DateInvalid(f"--quarter {text!r} is no quarter; expected a fiscal quarter such as 2026Q3. Name one.")
    return period


def must_be_same(plan: Plan, begun: Plan) -> None:
    """Raise `RetrainingInvalid` when a retraining that was begun cannot be gone on with as asked now."""
    for name, what in (("features", "feature version"), ("options", "settings of the fit"), ("replayed", "replay")):
        if getattr(plan, name) != getattr(begun, name):
            raise RetrainingInvalid(
                f"the retraining of {plan.quarter} was begun with another {what}; expected the same to go on with it. "
                "Begin anew with --again."
            )


def resumed(plan: Plan, begun: Plan) -> Plan:
    """The plan to go on with: that of the start, which keeps the champion that was compared with."""
    must_be_same(plan, begun)
    return replace(plan, champion=begun.champion)


def past_of(history: History, plan: Plan) -> History:
    """What was known at the plan's instant; raises in one line when a retraining cannot learn from it.

    `NoHistory` when nothing was known then, `DateInvalid` when the quarter is not whole in the history,
    `RetrainingInvalid` when it holds no outcome, or the whole history outcomes of one kind only.
    """
    past, settings = known(history, plan.as_of), history.settings
    day = settings.day_of(plan.as_of)
    newest = past["deal_changes"]["recorded_at"].max()
    if not isinstance(newest, dt.datetime):
        raise NoHistory(
            f"nothing was known of any deal before {day}; expected a quarter after the first record. Name a later one."
        )
    if plan.as_of - newest > dt.timedelta(days=MOST_SILENT_DAYS):
        raise DateInvalid(
            f"quarter {plan.quarter} ends on {day}, but the newest change of a deal was recorded on "
            f"{settings.day_of(newest)}; expected the whole quarter. Import the rest, or name an earlier quarter."
        )
    _must_hold_outcomes(past, plan)
    return past


def _must_hold_outcomes(past: History, plan: Plan) -> None:
    start = bounds(quarter_named(plan.quarter, past.settings), past.settings)[0]
    ends = closings(past).filter(pl.col("from_open"))
    if ends.filter(pl.col("closed_at") >= start).is_empty():
        raise RetrainingInvalid(
            f"no deal was won or lost in {plan.quarter}; expected outcomes to learn from. Import them, or check that "
            "[[stages]] in dealcast.toml says which stages are won and lost."
        )
    kinds = set(ends["outcome"].unique())
    if kinds != {WON, LOST}:
        missing = next(iter({WON, LOST} - kinds))
        raise RetrainingInvalid(
            f"no deal was ever {missing} before {day_words(plan, past)}; expected deals won and deals lost. Import "
            f"them, or check which stages [[stages]] in dealcast.toml calls {missing}."
        )


def day_words(plan: Plan, past: History) -> str:
    """The day of the plan's instant as written."""
    return past.settings.day_of(plan.as_of).isoformat()
