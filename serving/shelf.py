"""The open deals laid out to be listed: each row written once as JSON, each order worked out once.

A page of a list is then a slice of an order and the rows' own bytes, however many deals are open.
"""

from __future__ import annotations

import base64
import binascii
import datetime as dt
import json
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import polars as pl

from history.errors import RequestInvalid
from serving.board import Wanted, chosen, sort_keys, value_at_risk
from serving.conditional import Kept
from serving.schemas import DealRow

ORDERS_KEPT = 24
PAGES_KEPT = 256
LONGEST_CURSOR = 2000


@dataclass(frozen=True)
class Order:
    """The deals that match a filter in one order: where each stands on the board, and what it was sorted by.

    `value` and `value_at_risk` are in the workspace's currency.
    """

    places: np.ndarray
    keys: pl.DataFrame
    downs: tuple[bool, ...]
    value: float
    value_at_risk: float


@dataclass(frozen=True)
class Paged:
    """One page of a board: its rows, where they start (from 0), how many match, and the cursor of the next page."""

    rows: pl.DataFrame
    start: int
    total: int
    next_cursor: str | None


@dataclass(frozen=True)
class Shelf:
    """A board (see `serving.board`) with its rows as JSON, written when first asked for."""

    board: pl.DataFrame
    written: list[bytes | None]
    orders: OrderedDict[Hashable, Order] = field(default_factory=OrderedDict, compare=False)
    pages: OrderedDict[Hashable, Kept] = field(default_factory=OrderedDict, compare=False)
    lock: threading.Lock = field(default_factory=threading.Lock, compare=False)

    def kept(self, key: Hashable) -> Kept | None:
        """The page that was given before under this key."""
        return self.pages.get(key)

    def keep(self, key: Hashable, page: Kept) -> None:
        """Keeps a page, and forgets the one kept longest where there are too many."""
        with self.lock:
            self.pages[key] = page
            while len(self.pages) > PAGES_KEPT:
                self.pages.popitem(last=False)

    def row(self, place: int) -> bytes:
        """The deal at a place of the board as the API gives it."""
        found = self.written[place]
        if found is None:
            found = deal_row(self.board.row(place, named=True)).model_dump_json().encode()
            self.written[place] = found
        return found

    def order(
        self, wanted: Wanted, sort: str, narrow: Callable[[pl.DataFrame], pl.DataFrame], mark: str | None
    ) -> Order:
        """The deals that match, of those that `narrow` leaves, in order; `mark` names who sees less than everything."""
        if wanted.search is not None:
            # What people type is seldom typed twice; it is not worth the memory.
            return make_order(narrow(self.board), wanted, sort)
        key = (wanted, sort, mark)
        with self.lock:
            if key in self.orders:
                self.orders.move_to_end(key)
                return self.orders[key]
        found = make_order(narrow(self.board), wanted, sort)
        with self.lock:
            self.orders[key] = found
            while len(self.orders) > ORDERS_KEPT:
                self.orders.popitem(last=False)
        return found


def make_shelf(board: pl.DataFrame) -> Shelf:
    """A shelf of a board; nothing is written yet."""
    return Shelf(board.with_row_index("_place"), [None] * board.height)


def make_order(board: pl.DataFrame, wanted: Wanted, sort: str) -> Order:
    """The order of the deals of `board` (with `_place`) that match; raises `RequestInvalid`."""
    keys = sort_keys(board, sort)
    downs = tuple(down for _, down in keys)
    matching = chosen(board, wanted)
    laid = matching.select("_place", *(expr.alias(f"key_{at}") for at, (expr, _) in enumerate(keys)))
    laid = laid.sort([f"key_{at}" for at in range(len(keys))], descending=list(downs), nulls_last=True)
    value = float(matching["amount_home"].sum())
    return Order(laid["_place"].to_numpy(), laid.drop("_place"), downs, value, value_at_risk(matching))


def paged(board: pl.DataFrame, sort: str, limit: int, cursor: str | None) -> Paged:
    """`limit` rows of a board in this order, from after the deal that `cursor` names; raises `RequestInvalid`."""
    order = make_order(board.with_row_index("_place"), Wanted(), sort)
    start = start_after(cursor, sort, order) if cursor else 0
    places = order.places[start : start + limit]
    return Paged(board[places], start, len(order.places), write_cursor(sort, order, start + len(places)))


def write_cursor(sort: str, order: Order, end: int) -> str | None:
    """Where a page ends that ends before row `end`, as an opaque word; None at the end of the list.

    It holds what the last row was sorted by, so that deals which come, go or move later do not make the next page
    repeat or leave out any that stayed.
    """
    if end >= len(order.places) or end == 0:
        return None
    said = [value.isoformat() if isinstance(value, dt.date) else value for value in order.keys.row(end - 1)]
    text = json.dumps([sort, *said], ensure_ascii=False, separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def start_after(cursor: str, sort: str, order: Order) -> int:
    """The first row after where the cursor's page ended; raises `RequestInvalid` for one that no page gave."""
    said = _read_cursor(cursor, sort, list(order.keys.schema.values()))
    later, level = pl.lit(False), pl.lit(True)
    for name, value, down in zip(order.keys.columns, said, order.downs, strict=True):
        column = pl.col(name)
        if value is not None:
            beyond = (column < value if down else column > value).fill_null(True)
            later = later | (level & beyond)
        level = level & column.eq_missing(pl.lit(value, dtype=order.keys.schema[name]))
    return order.keys.height - int(order.keys.select(later.sum()).item())


def _read_cursor(cursor: str, sort: str, dtypes: Sequence[pl.DataType]) -> list[Any]:
    try:
        made_for, *said = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        if made_for != sort or len(said) != len(dtypes):
            raise ValueError(made_for)
        return [_read_key(value, dtype) for value, dtype in zip(said, dtypes, strict=True)]
    except (binascii.Error, ValueError, TypeError, RecursionError) as error:
        raise RequestInvalid(
            f"cursor {cursor[:40]!r} is not one that this list gave; send next_cursor of a page with the same sort."
        ) from error


def _read_key(value: Any, dtype: pl.DataType) -> Any:
    if value is None:
        return None
    if dtype == pl.Date:
        return dt.date.fromisoformat(value)
    if dtype == pl.String:
        if not isinstance(value, str):
            raise TypeError(value)
        return value
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError(value)
    number = float(value)
    if number != number:
        raise ValueError(value)
    return number


def deal_row(row: dict[str, Any]) -> DealRow:
    """One row of the board as the API gives it."""
    kept = {name: row[name] for name in DealRow.model_fields if name in row}
    kept.update(close_date=row["close_day"], flags=words(row["flags"]), problems=words(row["problems"]))
    return DealRow(**kept)


def words(codes: str | None) -> list[str]:
    """Codes separated by spaces as a list."""
    return (codes or "").split()
