"""Scores the open deals of a day: what the model says of each, in the columns of the `scores` table."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
import polars as pl

from features.aggregate import AGGREGATES, last
from features.flags import raise_flags, thresholds_of
from features.kernel import NO_TIME
from features.log import instants_us
from features.matrix import Columns, Matrix, Prepared, build_columns, prepare
from features.rows import words_of
from features.silence import keeps, mute_flags
from features.spine import open_spine
from features.streams import changes, field
from features.sweep import series_of, swept
from history.as_of import known
from history.errors import DateInvalid, NoHistory
from history.money import in_workspace_currency
from history.record import History
from history.store import Appended, Store
from history.tables import TABLES
from serving.choosing import ServedModel
from serving.data_problems import all_problems
from serving.pages.format import percent
from serving.reasons import Reason, told, written
from serving.texts import translator
from training.explain import Explanation
from training.small_data import TableModel

REASONS_KEPT = 5
ASKED = ("deals", "deal_changes", "activities", "reps", "fx_rates")
_STOOD_LAST = {
    name: AGGREGATES[last(changes, column, field == name).meta.output_name()]
    for name, column in (("owner_id", "new"), ("amount", "number"), ("close_date", "date"))
}
CHANCES = ("win_probability", "win_by_horizon", "lose_by_horizon", "open_at_horizon")


@dataclass(frozen=True)
class Evidence:
    """What a win probability of the small-data tables rests on: past deals, and an 80 % interval (0 to 1)."""

    n_deals: int
    low: float
    high: float

    def sentence(self, language: str) -> str:
        """The same in words."""
        told = {"n": f"{self.n_deals:,}", "low": percent(self.low), "high": percent(self.high)}
        return translator(language)("score.evidence" if self.n_deals else "score.no_evidence", **told)


@dataclass(frozen=True)
class Scored:
    """Scores with what lies behind them: the features and the reasons.

    `frame` has the columns of `scores`, sorted by deal_id; `features`, `why` and, where the small-data tables speak,
    `evidence` (n_deals, low, high) stand row for row with it.
    """

    frame: pl.DataFrame
    features: Matrix
    why: Explanation
    evidence: pd.DataFrame | None = None

    @property
    def matrix(self) -> pd.DataFrame:
        """The features as a frame."""
        return self.features.frame if isinstance(self.features, Columns) else self.features

    @cached_property
    def places(self) -> dict[str, int]:
        """The row of each deal."""
        return {deal_id: place for place, deal_id in enumerate(self.frame["deal_id"])}

    def reasons_of(self, deal_id: str) -> tuple[float, list[Reason]]:
        """The typical deal's win probability (0 to 1) and what leads from it to this deal's, largest first."""
        place = self.places[deal_id]
        found = self.why.top(place, len(self.why.codes))
        row = self._row(place)
        return float(self.why.baseline[place]) / 100, [
            Reason(code, told(row.get(code)), points) for code, points in found
        ]

    def _row(self, place: int) -> Mapping[str, object]:
        if isinstance(self.features, Columns):
            return self.features.row(place)
        return dict(zip(self.features.columns, self.features.iloc[place].to_numpy(dtype=object), strict=True))

    def evidence_of(self, deal_id: str) -> Evidence | None:
        """What the deal's number rests on where tables of few past deals speak, else None."""
        if self.evidence is None:
            return None
        row = self.evidence.iloc[self.places[deal_id]]
        return Evidence(int(row["n_deals"]), float(row["low"]), float(row["high"]))

    @property
    def told(self) -> pl.DataFrame:
        """The frame, with what each number rests on (n_deals, win_low, win_high) where the tables speak."""
        if self.evidence is None:
            return self.frame
        return self.frame.with_columns(
            n_deals=pl.Series(self.evidence["n_deals"].to_numpy(), dtype=pl.Int64),
            win_low=pl.Series(self.evidence["low"].to_numpy(), dtype=pl.Float64),
            win_high=pl.Series(self.evidence["high"].to_numpy(), dtype=pl.Float64),
        )


def score(
    history: History,
    model: ServedModel,
    as_of: dt.datetime,
    horizon: dt.datetime,
    thresholds: Mapping[str, float | None] | None = None,
) -> pl.DataFrame:
    """One row per deal open at `as_of` as known then, sorted by deal_id, in the columns of the `scores` table.

    `as_of` and `horizon` (exclusive) are naive UTC instants; probabilities are 0 to 1 and the three of the horizon add
    up to 1; health is 0 to 100. `thresholds` are the flags' (see `features.flags`), the workspace's if None.
    Raises `NoHistory` when `as_of` lies before any data and `DateInvalid` when the horizon is not after it.
    """
    return score_fully(history, model, as_of, horizon, thresholds).frame


def score_fully(
    history: History,
    model: ServedModel,
    as_of: dt.datetime,
    horizon: dt.datetime,
    thresholds: Mapping[str, float | None] | None = None,
    prepared: Prepared | None = None,
) -> Scored:
    """As `score`, with the features and reasons; `prepared` saves laying out the history again."""
    check_dates(history, as_of, horizon)
    spine = open_spine(history, [as_of])
    mute = mute_flags(history, as_of)
    past = known(History(history.settings, {name: history[name] for name in ASKED}), as_of)
    return score_rows(past, prepared or prepare(history), model, spine, horizon, mute, thresholds)


def check_dates(history: History, as_of: dt.datetime, horizon: dt.datetime) -> None:
    """Raises when nothing was known at `as_of` or the horizon is not after it."""
    first = history.first_recorded
    day = history.settings.day_of
    if first is None or as_of <= first:
        begins = f"the history begins on {day(first)}" if first else "the history is empty"
        raise NoHistory(f"nothing was known on {day(as_of)}; {begins}. Give a later day or import earlier data.")
    if horizon <= as_of:
        raise DateInvalid(f"horizon {day(horizon)} is not after the as-of date {day(as_of)}; give a later horizon.")


def score_rows(
    past: History,
    prepared: Prepared,
    model: ServedModel,
    spine: pl.DataFrame,
    horizon: dt.datetime,
    mute: frozenset[str],
    thresholds: Mapping[str, float | None] | None = None,
) -> Scored:
    """Scores of the rows of `spine` (deal_id, as_of, stage, age_days; one as_of, by deal_id).

    `past` holds the tables `ASKED` as known at that as_of; `mute` flags are not raised.
    """
    columns = build_columns(prepared, spine, threads=1)
    as_of = spine["as_of"].item(0) if spine.height else horizon
    days = np.full(spine.height, (horizon - as_of) / dt.timedelta(days=1))
    chances, why = model.answer(columns, days)
    health = model.health(columns, chances["win_probability"].to_numpy())
    used = thresholds_of(past.settings.raw) if thresholds is None else thresholds
    flags = raise_flags(columns.numbers, len(past.settings.open_stages), used, mute)
    told = pl.DataFrame(
        [
            *(spine[name] for name in ("deal_id", "as_of", "stage")),
            *(pl.Series(name, chances[name].to_numpy(), dtype=pl.Float64) for name in CHANCES),
            *_reason_columns(why),
            pl.Series("health", health["health"].to_numpy(), dtype=pl.Float64),
            pl.Series("band", health["band"].to_list(), dtype=pl.String),
            pl.Series("flags", flags, dtype=pl.String),
            _everywhere("horizon", horizon, spine.height),
            _everywhere("in_sample", model.trained_as_of > as_of, spine.height),
            _everywhere("model_version", model.version, spine.height),
        ]
    )
    told = told.hstack(_deal_columns(past, prepared, spine, as_of, keeps("touches", mute)))
    evidence = model.evidence(columns) if isinstance(model, TableModel) else None
    return Scored(_shaped(told), columns, why, evidence)


def _everywhere(name: str, value: dt.datetime | bool | str, n: int) -> pl.Series:
    """A column that says the same in every row."""
    return pl.Series(name, np.full(n, value, "datetime64[us]" if isinstance(value, dt.datetime) else None))


def unscored(history: History, as_of: dt.datetime) -> list[str]:
    """Deals known at `as_of` of which nothing but their creation is: no change was known, so nothing can be said."""
    past = known(history, as_of)
    told = past["deal_changes"].filter(pl.col("changed_at") < as_of)
    created = past["deals"].filter(pl.col("created_at") < as_of)
    return created.join(told, on="deal_id", how="anti")["deal_id"].unique().sort().to_list()


def record_scores(store: Store, frame: pl.DataFrame) -> Appended:
    """Appends scores to the store; a row that is there already stays as it is."""
    return store.append("scores", frame)


def _deal_columns(
    past: History, prepared: Prepared, spine: pl.DataFrame, as_of: dt.datetime, keeps_touches: bool
) -> pl.DataFrame:
    """Owner, amount (deal currency) and data problems of each row of `spine` as known: owner_id, amount, problems.

    The engine has the deals' lives laid out already, so it is asked for what stood last, not the history again. Of a
    deal whose creation was not known nothing is said.
    """
    rows = words_of(spine["deal_id"])
    found = swept(prepared.logs[changes], rows, instants_us(spine["as_of"]), list(_STOOD_LAST.values()))
    currency = _currencies(past["deals"], as_of)
    deals = spine["deal_id"].to_list()
    shot = pl.DataFrame(
        [
            *(spine["deal_id"], spine["stage"]),
            *(series_of(name, found[aggregate.key]) for name, aggregate in _STOOD_LAST.items()),
            series_of("amount_home", found[_STOOD_LAST["amount"].key]),
            _texts("currency", map(currency.get, deals)),
        ]
    )
    shot = in_workspace_currency(past, shot, "amount_home", "currency", as_of)
    problems = all_problems(past, prepared.logs[changes], shot, as_of, keeps_touches)
    told = [shot["owner_id"], shot["amount"], problems]
    if all(deal in currency for deal in deals):
        return pl.DataFrame(told)
    is_known = pl.Series([deal in currency for deal in deals], dtype=pl.Boolean)
    return pl.DataFrame(told).select(pl.when(is_known).then(pl.all()))


def _currencies(facts: pl.DataFrame, as_of: dt.datetime) -> dict[str, str | None]:
    """The currency of each deal whose creation was known."""
    created, now = instants_us(facts["created_at"]), int(np.datetime64(as_of, "us").astype(np.int64))
    known = ((created != NO_TIME) & (created < now)).tolist()
    told = zip(facts["deal_id"].to_list(), facts["currency"].to_list(), known, strict=True)
    return {deal: code for deal, code, is_known in told if is_known}


def _texts(name: str, values: Iterable[str | None]) -> pl.Series:
    return pl.Series(name, list(values), dtype=pl.String)


def _reason_columns(why: Explanation) -> list[pl.Series]:
    rows = [[written(*reason) for reason in why.top(row, REASONS_KEPT)] for row in range(len(why.points))]
    return [
        pl.Series(f"reason_{place + 1}", [row[place] if place < len(row) else None for row in rows], dtype=pl.String)
        for place in range(REASONS_KEPT)
    ]


def _shaped(told: pl.DataFrame) -> pl.DataFrame:
    table = TABLES["scores"]
    told = told.hstack([told["as_of"].alias("recorded_at")])
    return pl.DataFrame([told[column.name].cast(column.dtype) for column in table.columns])
