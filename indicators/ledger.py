"""Every change ordered and numbered once, so that where all deals stood on any day is one filter, not one replay.

A sheet over many periods asks for dozens of days. What it finds equals `history.deals.snapshot` on each of them.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import polars as pl

from history.deals import close_instant, finite_number, ordered_changes, outcome_expr
from history.record import History
from indicators.credit import FIELDS, INSTANT
from indicators.runs import Runs, runs_of

FACTS = ("deal_id", "created_at", "recorded_at", "currency", "source", "account_id")


@dataclass(frozen=True)
class Ledger:
    """The log of what was known in `past`, events before `before` (naive UTC) alone; see `open_ledger`.

    `deals` are the facts of each deal under a `number`; `fields` has for each field its changes by number in the order
    in which they took effect: number, changed_at, recorded_at, value; `PARSED` fields have `parsed` as well, what the
    text of the value says.
    """

    past: History
    before: dt.datetime
    deals: pl.DataFrame
    fields: Mapping[str, pl.DataFrame]

    def known_by(self, instant: dt.datetime, past: History) -> Ledger:
        """The ledger as it was at an earlier instant; `past` has what else was known then."""
        seen = (pl.col("changed_at") < instant) & _known_by(instant)
        facts = self.deals.filter((pl.col("created_at") < instant) & _known_by(instant))
        return Ledger(past, instant, facts, {name: log.filter(seen) for name, log in self.fields.items()})

    def standing(self, instant: dt.datetime, open_only: bool = False, fields: Sequence[str] = ()) -> pl.DataFrame:
        """What `snapshot` gives at `instant`: one row per deal known then (with `open_only`, then open) by deal_id.

        With `fields` those alone are looked up beside the facts and the outcome.
        """
        happened = (pl.col("created_at") < instant) & _known_by(instant)
        facts = self.deals.filter(happened).drop("recorded_at").rename({"account_id": "_fact_account"})
        wide = facts.with_columns(self._outcome(facts["number"], instant))
        if open_only:
            wide = wide.filter(pl.col("outcome").is_null())
        names = [name for name in _columns(self.past) if name in (fields or self.fields)]
        wide = wide.with_columns(self._last_values(name, wide["number"], instant) for name in names)
        if "account_id" in names:
            wide = wide.with_columns(account_id=pl.coalesce("account_id", "_fact_account"))
        return wide.select("deal_id", "created_at", "currency", "source", *names, *OUTCOME)

    def _last_values(self, field: str, numbers: pl.Series, instant: dt.datetime) -> pl.Series:
        """What `field` held at `instant` for each of `numbers`, an amount or date as such."""
        log = self.fields[field]
        last = self._runs[field].last(self._seen(field, instant), numbers)
        return log["parsed" if field in PARSED else "value"].gather(last).alias(field)

    def _outcome(self, numbers: pl.Series, instant: dt.datetime) -> list[pl.Series]:
        """The outcome that stood at `instant` and since when: outcome, closed_at (null while open)."""
        seen = np.flatnonzero(self._seen("stage", instant))
        number, state = self._runs["stage"].number[seen], self._states.to_physical().to_numpy()[seen]
        turned = np.ones(len(seen), dtype=bool)
        turned[1:] = (number[1:] != number[:-1]) | (state[1:] != state[:-1])
        turns = np.zeros(len(self._states), dtype=bool)
        turns[seen[turned]] = True
        last = self._runs["stage"].last(turns, numbers)
        outcome = self._states.gather(last).cast(pl.String)
        found = pl.DataFrame({"outcome": outcome, "closed_at": self.fields["stage"]["changed_at"].gather(last)})
        ended = pl.col("outcome") != OPEN
        return found.select(pl.when(ended).then(name).alias(name) for name in OUTCOME).get_columns()

    @cached_property
    def _runs(self) -> dict[str, Runs]:
        return {name: runs_of(log["number"]) for name, log in self.fields.items()}

    @cached_property
    def _known_from(self) -> dict[str, np.ndarray]:
        """When each change had both happened and been recorded, in microseconds; for one instant a compare is left."""
        both = pl.max_horizontal("changed_at", "recorded_at").to_physical()
        return {name: log.select(both).to_series().to_numpy() for name, log in self.fields.items()}

    def _seen(self, field: str, instant: dt.datetime) -> np.ndarray:
        since: np.ndarray = self._known_from[field]
        return since < pl.Series([instant], dtype=pl.Datetime("us")).to_physical().item()

    @cached_property
    def _states(self) -> pl.Series:
        """The outcome after each change of stage, "open" where it has none."""
        outcome = outcome_expr(self.past, "value").fill_null(OPEN).cast(pl.Enum([OPEN, "won", "lost"]))
        return self.fields["stage"].select(outcome).to_series()

    @cached_property
    def closings(self) -> pl.DataFrame:
        """Every passage into a won or lost stage, as `history.deals.closings` has it, with `number`, by time."""
        turns = _turns(self.past, self.fields["stage"])
        follows = pl.col("outcome").shift(1).is_null() & pl.col("number").eq(pl.col("number").shift(1))
        found = turns.with_columns(from_open=follows.fill_null(False), reopened_at=_next("changed_at")).filter(
            pl.col("outcome").is_not_null()
        )
        return found.select(
            "number", "outcome", "from_open", "reopened_at", stage="value", closed_at="changed_at"
        ).sort("closed_at", "number")

    def value_at(self, spine: pl.DataFrame, field: str, at: str, inclusive: bool = True) -> pl.Series:
        """The value of `field` at each row's own instant `at`, in row order; `spine` has `number`."""
        moment = pl.col(at) if inclusive else pl.col(at) - INSTANT
        rows = spine.select("number", moment.alias("_at")).with_row_index("_row").sort("_at")
        numbers = spine["number"].unique()
        log = (
            self.fields[field].filter(pl.col("number").is_in(numbers.implode())).sort("changed_at", maintain_order=True)
        )
        found = rows.join_asof(
            log, left_on="_at", right_on="changed_at", by="number", check_sortedness=False, strategy="backward"
        )
        return found.sort("_row")["value"].rename(field)

    def first_value(self, field: str) -> pl.DataFrame:
        """The first value that each deal had of `field`: number, value."""
        return (
            self.fields[field]
            .drop_nulls("value")
            .unique("number", keep="first", maintain_order=True)
            .select("number", "value")
        )

    @cached_property
    def spells(self) -> pl.DataFrame:
        """Every stay of a deal in an open stage: number, stage, place (0 for the first), entered_at, left_at, move.

        `next_place` is where it led, and `move` how it ended: "forward" (a later open stage), "won", "back", "lost",
        or null while it lasts. Stages that the settings do not name are left out, and a stay that led to one ended
        unseen: it has left_at and no move. A stage written twice in a row is one stay.
        """
        order = {name: at for at, name in enumerate(self.past.settings.open_stages)}
        last = len(order)
        places = order | dict.fromkeys(self.past.settings.won_stages, last)
        places |= dict.fromkeys(self.past.settings.lost_stages, -1)
        place = pl.col("value").replace_strict(places, default=None, return_dtype=pl.Int32)
        again = (pl.col("value") == pl.col("value").shift(1)) & (pl.col("number") == pl.col("number").shift(1))
        same = again.fill_null(False)
        runs = self.fields["stage"].filter(~same).with_columns(place=place)
        following = _next("place")
        move = (
            pl.when(following == last)
            .then(pl.lit("won"))
            .when(following == -1)
            .then(pl.lit("lost"))
            .when(following > pl.col("place"))
            .then(pl.lit("forward"))
            .when(following.is_not_null())
            .then(pl.lit("back"))
        )
        stays = runs.with_columns(move=move, left_at=_next("changed_at"), next_place=following).filter(
            pl.col("place").is_between(0, last - 1)
        )
        names = ("number", "place", "next_place", "left_at", "move")
        return stays.select(*names, stage="value", entered_at="changed_at")


OUTCOME = ("outcome", "closed_at")
OPEN = "open"
PARSED = ("amount", "close_date")
"""Fields of which the ledger keeps what their text says, read once."""


def open_ledger(past: History, before: dt.datetime) -> Ledger:
    """The ledger of what was known in `past`, events before `before` (naive UTC) alone."""
    facts = past["deals"].filter(pl.col("created_at") < before).select(FACTS)
    deals = facts.sort("deal_id", "created_at", "recorded_at").with_row_index("number")
    names = _columns(past)
    changes = past["deal_changes"].filter((pl.col("changed_at") < before) & pl.col("field").is_in(names))
    ordered = ordered_changes(past.with_tables(deal_changes=changes)).with_row_index("_order")
    rows = ordered.join(deals.select("deal_id", "number"), on="deal_id").sort("number", "_order")
    slim = rows.select("field", "number", "changed_at", "recorded_at", value="new_value")
    parts = slim.partition_by("field", as_dict=True, include_key=False)
    blank = slim.drop("field").clear()
    logs = {name: parts.get((name,), blank) for name in names}
    said = {"amount": finite_number(pl.col("value")), "close_date": close_instant(past, pl.col("value"))}
    return Ledger(past, before, deals, logs | {name: logs[name].with_columns(parsed=said[name]) for name in PARSED})


def _columns(past: History) -> tuple[str, ...]:
    """The fields of a snapshot, in its order."""
    return tuple(dict.fromkeys((*FIELDS, *past.settings.own_levels)))


def _known_by(instant: dt.datetime) -> pl.Expr:
    return pl.col("recorded_at").is_null() | (pl.col("recorded_at") < instant)


def _next(column: str) -> pl.Expr:
    """The value of the next row of the same number; equal numbers lie together."""
    return pl.when(pl.col("number") == pl.col("number").shift(-1)).then(pl.col(column).shift(-1))


def _turns(past: History, stages: pl.DataFrame) -> pl.DataFrame:
    """The changes of stage at which a deal's outcome (none while open) became another, with `outcome`."""
    rows = stages.with_columns(outcome=outcome_expr(past, "value"))
    state = pl.col("outcome").fill_null("open")
    begins = pl.col("number").ne_missing(pl.col("number").shift(1))
    return rows.filter(begins | (state != state.shift(1)))
