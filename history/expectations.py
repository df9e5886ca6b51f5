"""What a frozen history leads one to expect of the next: schema, stages, volumes, values, share missing, gaps in time.

Expectations are learned from what was known at one instant and held against what was known at a later one. A surprise
is no error: rows are not refused for it, but nobody should train on them without having read it.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import polars as pl

from history.record import History
from history.tables import TABLES

QUARTER = dt.timedelta(days=91)
QUARTERS = 4
LEAST_ROWS = 50
FEWER, MORE = 0.5, 2.0
"""Rows of a quarter below so much of the least, or above so much of the most of earlier ones, are a surprise."""
MORE_MISSING = 0.1
NEW_SHARE = 0.01
LEAST_GAP_DAYS = 7
FEEDS = ("deal_changes", "activities")
CATEGORIES = {
    "activities": ("kind", "direction", "channel"),
    "contacts": ("role",),
    "deals": ("currency", "source"),
}
FIELDS = ("stage", "forecast_category", "kind", "product_line", "region", "segment")
"""Fields of deals whose values are few and named."""


@dataclass(frozen=True)
class Surprise:
    """One thing that is not as expected: its kind, where, and the sentence in both languages."""

    kind: str
    where: str
    en: str
    zh: str

    def as_dict(self) -> dict[str, str]:
        return asdict(self)


@dataclass(frozen=True)
class Expectations:
    """What was learned at `until` (naive UTC).

    `rows`: rows known per table. `volumes`: least and most rows recorded in a quarter, per table. `missing`: share
    missing per "table.column" or "field of deals". `values`: known values per the same. `longest_gap_days`: per feed.
    `stages`: [name, outcome] in order.
    """

    until: dt.datetime
    stages: Sequence[tuple[str, str | None]]
    rows: Mapping[str, int]
    volumes: Mapping[str, tuple[int, int]]
    missing: Mapping[str, float]
    values: Mapping[str, Sequence[str]]
    longest_gap_days: Mapping[str, float]

    def as_dict(self) -> dict[str, Any]:
        return {**asdict(self), "until": self.until.isoformat()}


def read_expectations(document: Mapping[str, Any]) -> Expectations:
    """Expectations from what `as_dict` wrote."""
    return Expectations(
        until=dt.datetime.fromisoformat(document["until"]),
        stages=[(name, outcome) for name, outcome in document["stages"]],
        rows=document["rows"],
        volumes={name: (least, most) for name, (least, most) in document["volumes"].items()},
        missing=document["missing"],
        values=document["values"],
        longest_gap_days=document["longest_gap_days"],
    )


def learn_expectations(history: History, until: dt.datetime) -> Expectations:
    """What the history known at `until` (all of `history` was recorded before) leads to expect of the next quarter."""
    recent = until - QUARTERS * QUARTER
    return Expectations(
        until=until,
        stages=_stages(history),
        rows={name: frame.height for name, frame in sorted(history.tables.items()) if frame.height},
        volumes=_volumes(history, until),
        missing=_missing(history, recent, until),
        values={where: sorted(values.unique().to_list()) for where, values in _named(history)},
        longest_gap_days={name: _longest_gap(history[name], recent, until) for name in FEEDS if history[name].height},
    )


def surprises(expected: Expectations, history: History, until: dt.datetime) -> list[Surprise]:
    """What is not as expected in the history known at `until`; what is new in it was recorded since `expected.until`.

    Sorted by kind and place; empty when all is as expected.
    """
    since = expected.until
    found = [
        *_other_stages(expected, history),
        *_other_past(expected, history),
        *_other_volumes(expected, history, since, until),
        *_more_missing(expected, history, since, until),
        *_new_values(expected, history, since),
        *_gaps(expected, history, since, until),
    ]
    return sorted(found, key=lambda one: (one.kind, one.where))


def _stages(history: History) -> list[tuple[str, str | None]]:
    return [(stage.name, stage.outcome) for stage in history.settings.stages]


def _recorded(frame: pl.DataFrame, since: dt.datetime, until: dt.datetime) -> pl.DataFrame:
    return frame.filter((pl.col("recorded_at") >= since) & (pl.col("recorded_at") < until))


def _volumes(history: History, until: dt.datetime) -> dict[str, tuple[int, int]]:
    first = history.first_recorded
    ends = [until - back * QUARTER for back in range(QUARTERS)]
    whole = [end for end in ends if first is not None and end - QUARTER >= first]
    found = {}
    for name in sorted(history.tables):
        counts = [_recorded(history[name], end - QUARTER, end).height for end in whole]
        if len(counts) >= 2 and max(counts) >= LEAST_ROWS:
            found[name] = (min(counts), max(counts))
    return found


def _missing(history: History, since: dt.datetime, until: dt.datetime) -> dict[str, float]:
    found = {}
    for name, rows in _recent_tables(history, since, until):
        for column in TABLES[name].names:
            share = rows[column].null_count() / rows.height
            if share < 1:
                found[f"{name}.{column}"] = round(share, 6)
    return found | _fields_missing(history, since, until)


def _recent_tables(history: History, since: dt.datetime, until: dt.datetime) -> Iterator[tuple[str, pl.DataFrame]]:
    for name in sorted(history.tables):
        rows = _recorded(history[name], since, until)
        if rows.height >= LEAST_ROWS:
            yield name, rows


def _fields_missing(history: History, since: dt.datetime, until: dt.datetime) -> dict[str, float]:
    """Share of the deals first recorded in the span that have no value of a field, for fields that some have."""
    deals = _recorded(history["deals"], since, until).select("deal_id")
    if deals.height < LEAST_ROWS:
        return {}
    given = history["deal_changes"].join(deals, on="deal_id", how="semi").drop_nulls("new_value")
    counts = given.group_by("field").agg(pl.col("deal_id").n_unique().alias("n")).sort("field")
    return {f"field {name}": round(1 - n / deals.height, 6) for name, n in counts.iter_rows()}


def _named(history: History, since: dt.datetime | None = None) -> Iterator[tuple[str, pl.Series]]:
    """The named values of every category, by where they stand; those recorded from `since` on where it is given."""
    late = pl.lit(True) if since is None else (pl.col("recorded_at") >= since).fill_null(False)
    for table, columns in CATEGORIES.items():
        for column in columns:
            yield f"{table}.{column}", history[table].filter(late)[column].drop_nulls()
    changes = history["deal_changes"].filter(late & pl.col("field").is_in(FIELDS)).drop_nulls("new_value")
    for name in FIELDS:
        yield f"field {name}", changes.filter(pl.col("field") == name)["new_value"]


def _longest_gap(frame: pl.DataFrame, since: dt.datetime, until: dt.datetime) -> float:
    """The most days in a row within the span on which nothing was recorded."""
    times = _recorded(frame, since, until)["recorded_at"].sort()
    if times.is_empty():
        return (until - since) / dt.timedelta(days=1)
    steps = pl.concat([times, pl.Series("recorded_at", [until], dtype=times.dtype)]).diff().drop_nulls()
    return round(float(steps.dt.total_seconds().max() or 0) / 86_400, 3)  # type: ignore[arg-type]


def _other_stages(expected: Expectations, history: History) -> Iterator[Surprise]:
    now = _stages(history)
    if now != list(expected.stages):
        was, told = (", ".join(_stage_words(stage) for stage in stages) for stages in (expected.stages, now))
        yield Surprise("stages", "dealcast.toml", f"stages were {was}; now {told}", f"阶段原为 {was}；现为 {told}")


def _stage_words(stage: tuple[str, str | None]) -> str:
    return stage[0] if stage[1] is None else f"{stage[0]} ({stage[1]})"


def _other_past(expected: Expectations, history: History) -> Iterator[Surprise]:
    """Rows recorded before the last freeze should still be the same in number."""
    for name, before in expected.rows.items():
        known = (pl.col("recorded_at") < expected.until).fill_null(True)
        replaced = TABLES[name].mode == "version"
        now = history[name].height if replaced else history[name].filter(known).height
        # A row that was recorded again since then counts as new, so of versions only what vanished can be told.
        if now < before or (now > before and not replaced):
            yield Surprise(
                "past",
                name,
                f"{name}: {now:,} rows recorded before {expected.until:%Y-%m-%d}, {before:,} at the last freeze",
                f"{name}：{expected.until:%Y-%m-%d} 之前记录的行现为 {now:,}，上次冻结时为 {before:,}",
            )


def _other_volumes(
    expected: Expectations, history: History, since: dt.datetime, until: dt.datetime
) -> Iterator[Surprise]:
    quarters = (until - since) / QUARTER
    for name, (least, most) in expected.volumes.items():
        n = _recorded(history[name], since, until).height / quarters
        if not FEWER * least <= n <= MORE * most:
            yield Surprise(
                "volume",
                name,
                f"{name}: {n:,.0f} rows a quarter, {least:,} to {most:,} before",
                f"{name}：每季度 {n:,.0f} 行，此前为 {least:,} 至 {most:,}",
            )


def _more_missing(
    expected: Expectations, history: History, since: dt.datetime, until: dt.datetime
) -> Iterator[Surprise]:
    now = _missing(history, since, until)
    told = {name for name, _ in _recent_tables(history, since, until)}
    deals = max(_recorded(history["deals"], since, until).height, 1)
    for where, before in expected.missing.items():
        in_table = "." in where
        if (in_table and where.split(".")[0] not in told) or (not in_table and deals < LEAST_ROWS):
            continue
        n = _recorded(history[where.split(".")[0]], since, until).height if in_table else deals
        share = now.get(where, 1.0)
        if share > before + MORE_MISSING + 3 * math.sqrt(max(before * (1 - before), 0.01) / n):
            yield Surprise(
                "missing",
                where,
                f"{where}: {share:.0%} missing, {before:.0%} before",
                f"{where}：缺失 {share:.0%}，此前 {before:.0%}",
            )


def _new_values(expected: Expectations, history: History, since: dt.datetime) -> Iterator[Surprise]:
    for where, values in _named(history, since):
        known = expected.values.get(where, ())
        if not known or values.is_empty():
            continue
        fresh = values.filter(~values.is_in(list(known)))
        if fresh.len() < max(NEW_SHARE * values.len(), 2):
            continue
        counts = fresh.value_counts(name="n").sort(["n", values.name], descending=[True, False])
        names = ", ".join(f"{value!r} ({n:,})" for value, n in counts.head(5).iter_rows())
        yield Surprise("values", where, f"{where}: new values {names}", f"{where}：新取值 {names}")


def _gaps(expected: Expectations, history: History, since: dt.datetime, until: dt.datetime) -> Iterator[Surprise]:
    for name, before in expected.longest_gap_days.items():
        gap = _longest_gap(history[name], since, until)
        if gap > max(2 * before, LEAST_GAP_DAYS):
            yield Surprise(
                "gap",
                name,
                f"{name}: nothing recorded for {gap:.0f} days in a row, {before:.0f} at most before",
                f"{name}：连续 {gap:.0f} 天无记录，此前最长 {before:.0f} 天",
            )
