"""How much of a difference goes with the territory: a person beside peers on deals of the same regions and segments."""

from __future__ import annotations

import datetime as dt

import polars as pl

from history.record import History
from indicators.book import Book, Record, book_of
from indicators.catalogue import INDICATORS
from indicators.horizons import first_instant
from indicators.indicator import Indicator
from indicators.measuring import told_rows
from indicators.scorecard import begun, people_of
from indicators.spans import parse_span, told_for

PRIOR_CASES = 10.0
"""A region and segment in which the peers have few cases is drawn to the peers' value over all, as if by so many."""
FEW_CASES = 10
"""Of the person or of the peers on a like mix; with fewer the row is marked as small."""
COMPARED = ("mean", "ratio")
"""Rules whose values can be told of a mix of deals: sums over sums."""

COLUMNS: dict[str, pl.DataType] = {
    "rep_id": pl.String(),
    "name": pl.String(),
    "role": pl.String(),
    "team": pl.String(),
    "indicator": pl.String(),
    "name_en": pl.String(),
    "name_zh": pl.String(),
    "unit": pl.String(),
    "better": pl.String(),
    "value": pl.Float64(),
    "n": pl.Int64(),
    "peers_value": pl.Float64(),
    "n_peers": pl.Int64(),
    "peers_like_mix": pl.Float64(),
    "n_like_mix": pl.Int64(),
    "difference": pl.Float64(),
    "difference_like_mix": pl.Float64(),
    "territory": pl.Float64(),
    "turns": pl.Boolean(),
    "small": pl.Boolean(),
}
_CELL = ["indicator", "role", "region", "segment"]


def fairness(history: History, period: str, as_of: dt.datetime, role: str | None = None) -> pl.DataFrame:
    """Every indicator that rests on deals, beside all peers and beside peers of like mix, with `COLUMNS`.

    Peers are the other people of the same role in `period`, as known at `as_of` (naive UTC). `peers_like_mix` is what
    they reach on deals of the person's regions and segments, weighed as the person's deals are (direct standardisation,
    e.g. Rothman, Greenland and Lash, Modern Epidemiology); a region and segment with few of their cases is drawn to
    their value over all. `territory` = peers_like_mix − peers_value is the part of the difference that goes with the
    mix, `difference_like_mix` = value − peers_like_mix the part that does not, in the indicator's unit. `turns` says
    that the two comparisons fall on opposite sides; `small` that the person has fewer than `FEW_CASES` cases or the
    peers on a like mix have. Sorted by rep_id and indicator. It says how things stand, never why.

    Raises what `scorecard` raises.
    """
    first_instant(history, as_of)
    span = begun(parse_span(period, history.settings), history, as_of)
    book = book_of(Record(history, as_of), span)
    people = people_of(book, role).select(pl.col("rep").alias("rep_id"), "name", "team")
    cases = told_rows(compared(book), book).drop_nulls("deal_id").join(book.sellers.select("rep", "role"), on="rep")
    found = _beside_peers(cases).join(like_mix(cases, book), on=["rep", "indicator"], how="left")
    words = [(one.slug, one.en, one.zh, one.unit, one.better) for one in INDICATORS.values()]
    named = pl.DataFrame(words, schema=["indicator", "name_en", "name_zh", "unit", "better"], orient="row")
    rows = found.rename({"rep": "rep_id"}).join(named, on="indicator").join(people, on="rep_id").with_columns(_told())
    rows = rows.with_columns(
        turns=pl.col("difference") * pl.col("difference_like_mix") < 0,
        small=(pl.col("n") < FEW_CASES) | (pl.col("n_like_mix").fill_null(0) < FEW_CASES),
    )
    return rows.select(pl.col(name).cast(dtype) for name, dtype in COLUMNS.items()).sort("rep_id", "indicator")


def compared(book: Book) -> list[Indicator]:
    """The indicators that can be told of a mix of deals and have their tables and their cadence in this book."""
    return [
        one
        for one in INDICATORS.values()
        if one.aggregate in COMPARED and not book.record.lacking(one) and told_for(one.cadence, book.period)
    ]


def _told() -> list[pl.Expr]:
    return [
        (pl.col("value") - pl.col("peers_value")).alias("difference"),
        (pl.col("value") - pl.col("peers_like_mix")).alias("difference_like_mix"),
        (pl.col("peers_like_mix") - pl.col("peers_value")).alias("territory"),
    ]


def _beside_peers(cases: pl.DataFrame) -> pl.DataFrame:
    """Each person's value and that of the others of the role: indicator, role, rep, value, n, peers_value, n_peers."""
    who, group = ["indicator", "role", "rep"], ["indicator", "role"]
    sums = cases.group_by(who).agg(pl.col("num", "den").sum(), n=pl.len()).sort(who)
    theirs = {name: pl.col(name).sum().over(group) - pl.col(name) for name in ("num", "den", "n")}
    known = sums.with_columns(
        value=pl.col("num") / pl.col("den"), peers_value=theirs["num"] / theirs["den"], n_peers=theirs["n"]
    )
    return known.filter((pl.col("den") > 0) & pl.col("peers_value").is_finite()).drop("num", "den")


def like_mix(cases: pl.DataFrame, book: Book) -> pl.DataFrame:
    """The peers' value in the person's mix of regions and segments: rep, indicator, peers_like_mix, n_like_mix.

    `cases` have indicator, role, rep, num, den and deal_id. Where the peers have no such deal at all the person has no
    row.
    """
    scopes = book.standing.select("deal_id", "region", "segment")
    sums = (
        cases.join(scopes, on="deal_id")
        .group_by(*_CELL, "rep")
        .agg(pl.col("num", "den").sum(), n=pl.len())
        .sort(*_CELL, "rep")
    )
    theirs = {name: pl.col(name).sum().over(_CELL) - pl.col(name) for name in ("num", "den", "n")}
    whole = {
        name: pl.col(name).sum().over("indicator", "role") - pl.col(name).sum().over("indicator", "role", "rep")
        for name in ("num", "den", "n")
    }
    # So many cases of the usual size count beside those that the peers have in the cell.
    drawn = PRIOR_CASES * whole["den"] / whole["n"]
    usual = (theirs["num"] + drawn * whole["num"] / whole["den"]) / (theirs["den"] + drawn)
    seen = sums.with_columns(usual=usual, n_theirs=theirs["n"]).filter(pl.col("usual").is_finite())
    mixed = (pl.col("usual") * pl.col("den")).sum() / pl.col("den").sum()
    told = seen.group_by("rep", "indicator", maintain_order=True).agg(
        peers_like_mix=mixed, n_like_mix=pl.col("n_theirs").sum()
    )
    return told.filter(pl.col("n_like_mix") > 0)
