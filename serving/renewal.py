"""A standing after a few rows have come: the deals they speak of are scored anew, all else stays as it stood.

What other deals know of these ones (a rep's record, a customer's) and the sums over all follow when the whole standing
is made anew, which takes far longer than the one second in which a sender may ask for the new score.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import polars as pl

from features.matrix import prepare_deals
from features.spine import open_spine
from features.streams import changes
from history.as_of import known
from history.record import History
from history.tables import TABLES
from serving.board import make_board
from serving.memory import Memory
from serving.scoring import Scored, score_rows
from serving.shelf import Shelf
from serving.standing import Standing
from training.explain import Explanation

OF_DEALS = ("deals", "deal_changes", "activities", "contacts")
BESIDE = ("reps", "accounts", "fx_rates")
DAY_MAKING = ("deal_changes", "activities")
"""Tables whose rows move the served day on; see `serving.served_day.serving_instant`."""
STATED = ("forecast_calls", "scores", "coaching_plans")
"""What people and the model state, or write down: no score of a deal follows from it."""


def renewed(standing: Standing, rows: Mapping[str, pl.DataFrame]) -> Standing:
    """The standing with further rows of `OF_DEALS` by table; those it holds already change nothing."""
    named = [frame["deal_id"] for frame in rows.values()]
    ids = pl.concat(named).drop_nulls().unique().sort() if named else pl.Series([], dtype=pl.String)
    mine = pl.col("deal_id").is_in(ids.implode())
    own = {name: standing.history[name].filter(mine) for name in OF_DEALS}
    more = {name: _news(name, standing.history[name] if name == "activities" else own[name], rows) for name in rows}
    tables = {name: pl.concat([standing.history[name], more[name]], how="diagonal") for name in more}
    history = History(standing.history.settings, {**standing.history.tables, **tables})
    own = {name: pl.concat([own[name], more[name].filter(mine)], how="diagonal") if name in more else own[name]
           for name in OF_DEALS}  # fmt: skip
    alone = History(history.settings, {**own, **{name: history[name] for name in BESIDE}})
    past = History(history.settings, {**_known_own(alone, standing.as_of), **standing.surroundings(standing.as_of)})
    fresh = _scored(standing, alone, past)
    return _put_together(standing, history, alone, past, fresh, ids)


def restated(standing: Standing, said: Mapping[str, pl.DataFrame]) -> Standing:
    """The standing with other rows of `STATED`; the deals stand as they did."""
    history = standing.history.with_tables(**said)
    found = replace(standing, history=history, memory=Memory(), lasting=Memory())
    past = {**standing.past.tables, **known(History(history.settings, dict(said)), standing.as_of).tables}
    vars(found).update(board=standing.board, shelf=standing.shelf, past=History(history.settings, past))
    return found


def _news(name: str, held: pl.DataFrame, rows: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
    """The rows that are not there yet; a second time the same fact is no news."""
    on = ["deal_id"] if TABLES[name].mode == "fact" else TABLES[name].names
    return (
        rows[name]
        .unique(on, keep="first", maintain_order=True)
        .join(held.select(on), on=on, how="anti", nulls_equal=True)
    )


def _known_own(alone: History, as_of: dt.datetime) -> Mapping[str, pl.DataFrame]:
    return known(History(alone.settings, {name: alone[name] for name in OF_DEALS}), as_of).tables


def _scored(standing: Standing, alone: History, past: History) -> Scored:
    prepared = prepare_deals(alone, standing.prepared)
    spine = open_spine(alone, [standing.as_of], prepared.logs[changes])
    mute = standing.mute_at(standing.as_of)
    return score_rows(past, prepared, standing.model, spine, standing.horizon, mute)


def _put_together(
    standing: Standing, history: History, alone: History, past: History, fresh: Scored, ids: pl.Series
) -> Standing:
    others = ~pl.col("deal_id").is_in(ids.implode())
    scored = merged(standing.scored, fresh, ids)
    found = replace(standing, history=history, scored=scored, memory=Memory())
    anew = make_board(alone, fresh.frame, standing.as_of)
    board = pl.concat([standing.board.filter(others), anew]).sort("deal_id")
    # What is worked out when first asked for is handed on, for those parts that these rows leave as they were.
    vars(found)["board"] = board
    vars(found)["shelf"] = _with_written(standing.shelf, board, ids)
    vars(found)["past"] = _past(standing, past, others)
    return found


def _past(standing: Standing, own: History, others: pl.Expr) -> History:
    """The history as known, with these deals' own rows as they are known now."""
    strangers = others | pl.col("deal_id").is_null()
    tables = {name: pl.concat([standing.past[name].filter(strangers), own[name]], how="diagonal") for name in OF_DEALS}
    return History(standing.past.settings, {**standing.past.tables, **tables})


def _with_written(shelf: Shelf, board: pl.DataFrame, ids: pl.Series) -> Shelf:
    """The shelf of a board, with the rows that were written for the one before; those of `ids` are written anew."""
    gone = set(ids)
    pairs = zip(shelf.board["deal_id"], shelf.written, strict=True)
    written = {deal_id: row for deal_id, row in pairs if row is not None and deal_id not in gone}
    return Shelf(board.with_row_index("_place"), [written.get(deal_id) for deal_id in board["deal_id"]])


def merged(base: Scored, fresh: Scored, ids: pl.Series) -> Scored:
    """Scores of `base` without those of `ids`, and those of `fresh`, sorted by deal_id."""
    stay = np.flatnonzero(~base.frame["deal_id"].is_in(ids.implode()).to_numpy())
    frame = pl.concat([base.frame[stay], fresh.frame])
    order = frame.select(pl.col("deal_id").arg_sort()).to_series().to_numpy()
    why = Explanation(
        base.why.index[stay].append(fresh.why.index)[order],
        base.why.codes,
        *(
            np.concatenate([getattr(base.why, part)[stay], getattr(fresh.why, part)])[order]
            for part in ("baseline", "points", "shown")
        ),
    )
    evidence = None
    if base.evidence is not None and fresh.evidence is not None:
        evidence = pd.concat([base.evidence.iloc[stay], fresh.evidence]).iloc[order]
    return Scored(frame[order], _stacked(base.matrix, fresh.matrix, stay, order), why, evidence)


def _stacked(base: pd.DataFrame, fresh: pd.DataFrame, stay: np.ndarray, order: np.ndarray) -> pd.DataFrame:
    """Rows of two matrices in an order; categories are those of both."""
    index = base.index[stay].append(fresh.index)[order]
    first, second = (frame.set_axis(pd.RangeIndex(len(frame))) for frame in (base, fresh))
    columns: dict[str, Any] = {}
    for name in base.columns:
        one, other = first[name].array[stay], second[name].array
        told = isinstance(one, pd.Categorical)
        both = np.concatenate([np.asarray(part, object if told else np.float64) for part in (one, other)])[order]
        columns[name] = pd.Categorical(both) if told else both
    return pd.DataFrame(columns, index=index)


def newest(rows: Mapping[str, pl.DataFrame]) -> dt.datetime | None:
    """When the newest of the rows was recorded; None where there is none."""
    found = [frame["recorded_at"].max() for frame in rows.values() if frame.height]
    return max((value for value in found if isinstance(value, dt.datetime)), default=None)
