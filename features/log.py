"""A log: a stream's events sorted by entity and arrival, laid out once for the engine and read column by column."""

from __future__ import annotations

import bisect
import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import polars as pl

from features.kernel import LONG_AGO, NEVER, NO_TIME, first_seen, still, ties

MOST_KEYS = 4
MANY = 100_000
FEW_EVENTS = 250
FEW = 16
"""So few names are looked up one by one: a polars call costs more than they do."""


@dataclass(frozen=True)
class Words:
    """Text as codes into `words`; -1 where there is none."""

    codes: np.ndarray
    words: pl.Series

    def some(self, numbers: np.ndarray) -> pl.Series:
        """The words of these numbers."""
        if len(numbers) > FEW:
            return self.words.gather(numbers)
        return pl.Series("", [self.words[number] for number in numbers.tolist()], dtype=pl.String)


@dataclass(frozen=True)
class Log:
    """A stream's events sorted by entity, arrival and happening.

    `frame` holds the columns (among them entity and happened_at), `derived` says how further ones are worked out from
    them when first asked for, `entities` the sorted distinct entity names, `offsets` where each one's events begin,
    `happened_us`, `arrived_us` and `replaced_us` the instants in microseconds (the last empty when no event was ever
    replaced). `plans` and `kept` keep what was worked out, so that a log swept again and again is laid out once.
    """

    frame: pl.DataFrame
    entities: pl.Series
    offsets: np.ndarray
    happened_us: np.ndarray
    arrived_us: np.ndarray
    replaced_us: np.ndarray
    derived: Mapping[str, Callable[[Log], pl.Series]] = field(default_factory=dict, repr=False, compare=False)
    plans: dict[Any, tuple] = field(default_factory=dict, repr=False, compare=False)
    kept: dict[str, Any] = field(default_factory=dict, repr=False, compare=False)

    def __getitem__(self, column: str) -> pl.Series:
        """A column of the events, in their order."""
        if column not in self.derived:
            return self.frame[column]
        if "=" + column not in self.kept:
            self.kept["=" + column] = self.derived[column](self).alias(column)
        found: pl.Series = self.kept["=" + column]
        return found

    def forget_derived(self) -> None:
        """Drop the derived columns of a large log; they are worked out again when asked for."""
        if self.frame.height > MANY:
            for column in self.derived:
                self.kept.pop("=" + column, None)

    def values(self, column: str) -> Words | np.ndarray:
        """A column as an array: numbers (NaN for none), instants (NaT for none) or words."""
        if column == "happened_at":
            return self.happened_us.view("datetime64[us]")
        if column not in self.kept:
            self.kept[column] = _as_array(self[column])
        found: Words | np.ndarray = self.kept[column]
        return found

    def told(self, column: str) -> list[Any]:
        """A column of few events as Python objects: None for none, instants as whole microseconds."""
        found = self[column]
        if not isinstance(found.dtype, pl.Datetime):
            return found.to_list()
        return [None if us == NO_TIME else us for us in instants_us(found).tolist()]

    def places(self, names: pl.Series) -> np.ndarray:
        """Where the entities of these names stand in `entities`; -1 for one without events."""
        if names is self.entities or (len(names) == len(self.entities) > 0 and names.equals(self.entities)):
            return np.arange(len(names))
        if len(self.entities) == 0:
            return np.full(len(names), -1)
        if len(names) <= FEW:
            return np.array([self._place(name) for name in names.to_list()], np.int64)
        lookup = pl.DataFrame({"name": self.entities, "place": np.arange(len(self.entities))})
        wanted = names.to_frame("name").join(lookup, on="name", how="left", maintain_order="left")
        return wanted["place"].fill_null(-1).to_numpy()

    def _place(self, name: str) -> int:
        found = bisect.bisect_left(self.entities, name)
        return found if found < len(self.entities) and self.entities[found] == name else -1


Derive = Callable[[Log], pl.Series]


def make_log(
    frame: pl.DataFrame,
    tie_break: Sequence[str] = (),
    derived: Mapping[str, Derive] | None = None,
    settle: Callable[[pl.DataFrame], pl.DataFrame] | None = None,
    forget: Sequence[str] = (),
) -> Log:
    """A log from a frame with columns entity, happened_at, recorded_at, maybe replaced_at, and the stream's own.

    Events without entity are left out. `tie_break` orders events of one instant by content, never by row order.
    `settle` may add columns that the tie-break names to events that tie in all of its leading instants and words.
    A frame that is sorted already is recognised and stays as it is. Columns to `forget` are not kept once it is laid
    out: a log of millions of events is held in memory.
    """
    tie_break = [name for name in tie_break if settle or name in frame.columns]
    rows = _usable(frame)
    if rows.height <= FEW_EVENTS:
        rows = _few_sorted(rows, tie_break)
    keys = _keys(rows, tie_break)
    begins, in_order = _beginnings(rows["entity"])
    tied = ties(still(begins), *map(still, keys)) if in_order else np.empty(0, np.int32)
    if len(tied) < rows.height:
        rows = _sorted(rows, tie_break)
        keys = _keys(rows, tie_break)
        begins, _ = _beginnings(rows["entity"])
        tied = ties(still(begins), *map(still, keys))
    rows = _settled(rows, tied, tie_break, settle)
    starts = np.flatnonzero(begins)
    names = rows["entity"][starts]
    return Log(
        frame=pl.DataFrame([column for column in rows if column.name not in forget]),
        entities=names if names.dtype == pl.String else names.cast(pl.String),
        offsets=np.append(starts, rows.height),
        happened_us=keys[1],
        arrived_us=keys[0],
        replaced_us=_replaced(rows),
        derived=derived or {},
    )


def _usable(frame: pl.DataFrame) -> pl.DataFrame:
    """The events that have an entity and an instant; entities are text or coded in the order of their names."""
    if frame["entity"].null_count() or frame["happened_at"].null_count():
        frame = frame.filter(pl.col("entity").is_not_null() & pl.col("happened_at").is_not_null())
    return frame if _in_order_of_names(frame["entity"]) else frame.with_columns(pl.col("entity").cast(pl.String))


def _in_order_of_names(column: pl.Series) -> bool:
    if column.dtype == pl.String:
        return True
    return isinstance(column.dtype, pl.Enum) and column.dtype.categories.is_sorted()


def _keys(rows: pl.DataFrame, tie_break: Sequence[str]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Arrival, happening, and as integers (keys, events) the leading tie-breaks that are instants or coded words."""
    happened, recorded = instants_us(rows["happened_at"]), instants_us(rows["recorded_at"])
    keys: list[np.ndarray] = []
    for name in tie_break[: MOST_KEYS - 2]:
        found = _key(rows, name)
        if found is None:
            break
        keys.append(found)
    more = np.stack(keys) if keys else np.zeros((0, rows.height), np.int64)
    # No recorded time is the least number there is: the event arrived when it happened.
    return np.maximum(happened, recorded), happened, more


def _key(rows: pl.DataFrame, name: str) -> np.ndarray | None:
    if name not in rows.columns:
        return None
    column = rows[name]
    if isinstance(column.dtype, pl.Datetime):
        return np.maximum(instants_us(column), LONG_AGO)
    if not (isinstance(column.dtype, pl.Enum) and _in_order_of_names(column)):
        return None
    codes = column.to_physical().cast(pl.Int64)
    return codes.fill_null(LONG_AGO).to_numpy() if codes.null_count() else codes.to_numpy()


def _beginnings(entity: pl.Series) -> tuple[np.ndarray, bool]:
    """Where a new entity begins, and whether entities come grouped in the order of their names."""
    if not len(entity):
        return np.zeros(0, np.bool_), True
    if isinstance(entity.dtype, pl.Enum):
        codes = entity.to_physical().to_numpy()
        begins = np.append(True, codes[1:] != codes[:-1])
        firsts = codes[begins]
        return begins, bool((firsts[1:] > firsts[:-1]).all())
    if len(entity) <= FEW_EVENTS:
        told = entity.to_list()
        where = np.array([not place or name != told[place - 1] for place, name in enumerate(told)])
        return where, all(one < other for one, other in itertools.pairwise([told[i] for i in np.flatnonzero(where)]))
    # Chunk by chunk: slices of a column in several chunks would be copied to be compared.
    chunks = [chunk for chunk in entity.get_chunks() if len(chunk)]
    within = [chunk.slice(1).ne_missing(chunk.slice(0, len(chunk) - 1)).to_numpy() for chunk in chunks]
    firsts = [True, *(one[-1] != other[0] for one, other in itertools.pairwise(chunks))]
    begins = np.concatenate([np.append(first, rest) for first, rest in zip(firsts, within, strict=True)])
    names = entity.filter(pl.Series(begins))
    return begins, bool((names.shift(1) < names).all())


def _sorted(rows: pl.DataFrame, tie_break: Sequence[str]) -> pl.DataFrame:
    arrived = pl.max_horizontal("happened_at", "recorded_at")
    first = [name for name in tie_break[: MOST_KEYS - 2] if name in rows.columns]
    return rows.sort("entity", arrived, "happened_at", *first, nulls_last=False)


def _few_sorted(rows: pl.DataFrame, tie_break: Sequence[str]) -> pl.DataFrame:
    """Few events as `_sorted` has them, without a query: it would cost more than it does."""
    happened, recorded = instants_us(rows["happened_at"]), instants_us(rows["recorded_at"])
    told = [rows["entity"].to_list(), np.maximum(happened, recorded).tolist(), happened.tolist()]
    told += [_least_first(rows[name].to_list()) for name in _leading(rows, tie_break)]
    keys = list(zip(*told, strict=True))
    order = sorted(range(len(keys)), key=keys.__getitem__)
    if order == list(range(len(keys))):
        return rows
    return pl.DataFrame([_in_order(column, order) for column in rows])


def _in_order(column: pl.Series, order: list[int]) -> pl.Series:
    """A short column by places; polars would wake other threads to gather it."""
    if isinstance(column.dtype, pl.Datetime):
        return pl.Series(column.name, instants_us(column)[order].view("datetime64[us]"))
    values = column.to_list()
    return pl.Series(column.name, [values[place] for place in order], dtype=column.dtype)


def _least_first(values: list[Any]) -> list[Any]:
    """Values by which to sort: none first, and last what is no number."""
    return [(value is not None, value != value, value) for value in values]


def _leading(rows: pl.DataFrame, tie_break: Sequence[str]) -> list[str]:
    """The leading tie-breaks that events have as they come."""
    return list(itertools.takewhile(lambda name: name in rows.columns, tie_break))


def _settled(
    rows: pl.DataFrame,
    tied: np.ndarray,
    tie_break: Sequence[str],
    settle: Callable[[pl.DataFrame], pl.DataFrame] | None,
) -> pl.DataFrame:
    """`rows` with the events of each tie in the order of the whole tie-break."""
    at = np.flatnonzero(tied >= 0)
    if not len(at) or not tie_break:
        return rows
    if rows.height <= FEW_EVENTS and _in_few_order(rows, tied, _leading(rows, tie_break)):
        return rows
    some = rows[at].with_columns(_tie=tied[at], _at=at)
    if any(isinstance(dtype, pl.Enum) for dtype in some.dtypes):
        some = some.with_columns(pl.col(pl.Enum).cast(pl.String))
    some = settle(some) if settle else some
    order = some.sort("_tie", *tie_break, nulls_last=False, maintain_order=True)["_at"].to_numpy()
    if (order == at).all():
        return rows
    every = np.arange(rows.height)
    every[at] = order
    return rows[every]


def _in_few_order(rows: pl.DataFrame, tied: np.ndarray, names: Sequence[str]) -> bool:
    """Whether the leading tie-breaks alone tell tied events apart, which then stand in their order already."""
    told = list(zip(tied.tolist(), *(rows[name].to_list() for name in names), strict=True))
    return all(one[0] < 0 or one != other for one, other in itertools.pairwise(told))


def _replaced(rows: pl.DataFrame) -> np.ndarray:
    if "replaced_at" not in rows.columns or rows["replaced_at"].null_count() == rows.height:
        return np.zeros(0, np.int64)
    return rows["replaced_at"].to_physical().fill_null(NEVER).to_numpy()


def _as_array(column: pl.Series) -> Words | np.ndarray:
    if isinstance(column.dtype, pl.Datetime):
        return instants_us(column).view("datetime64[us]")
    if column.dtype == pl.String or isinstance(column.dtype, pl.Enum | pl.Categorical):
        return as_words(column)
    return numbers_of(column)


def instants_us(column: pl.Series) -> np.ndarray:
    """Instants as microseconds since 1970, the least number there is for none; they are not copied where none is."""
    return column.to_numpy().view(np.int64)


def numbers_of(column: pl.Series) -> np.ndarray:
    """A column of numbers as float64, NaN for none; polars is slow to hand out what has nulls."""
    if len(column) <= FEW_EVENTS:
        return np.array(column.to_list(), np.float64)
    numbers = column.cast(pl.Float64)
    return (numbers.fill_null(np.nan) if numbers.null_count() else numbers).to_numpy()


def as_words(column: pl.Series) -> Words:
    """A column of text as codes into its distinct words, which stand in the order of their letters."""
    if isinstance(column.dtype, pl.Enum):
        return Words(_codes(column), column.dtype.categories)
    if len(column) <= FEW_EVENTS:
        told = column.to_list()
        words = sorted({word for word in told if word is not None})
        number_of = {word: number for number, word in enumerate(words)}
        return Words(np.array([number_of.get(word, -1) for word in told], np.int32), pl.Series(words, dtype=pl.String))
    # Categories are numbered as they turn up; each distinct word is then put in its place once.
    coded = column.cast(pl.String).cast(pl.Categorical(pl.Categories.random()))
    codes = _codes(coded)
    first = first_seen(still(codes), int(codes.max(initial=-1)) + 1)
    used = np.flatnonzero(first >= 0)
    found = column.gather(first[used]).cast(pl.String)
    order = found.arg_sort()
    number = np.full(len(first) + 1, -1, np.int32)
    number[used[order.to_numpy()]] = np.arange(len(used), dtype=np.int32)
    return Words(number[codes], found.gather(order))


def _codes(column: pl.Series) -> np.ndarray:
    codes = column.to_physical().cast(pl.Int32)
    return (codes.fill_null(-1) if codes.null_count() else codes).to_numpy()
