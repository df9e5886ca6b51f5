"""Whom a deal counts for: its rep, team, region, product line, segment and the company, as known.

A workspace may name levels of its own, fields of a deal, in the `[hierarchies]` of its settings.

Hand in `as_of.known(history, t)` and a snapshot of the same day. What is not known is `"(none)"`, never dropped, so
that the parts of a level always add up to the company.
"""

from __future__ import annotations

import datetime as dt

import polars as pl

from history.errors import RequestInvalid
from history.record import History
from history.settings import LEVELS_ALREADY, Settings

NONE = "(none)"
COMPANY = "company"
SCOPE_KINDS = LEVELS_ALREADY
REP_COLUMNS = ("rep_id", "name", "team", "manager_id", "region", "role", "hired_at", "left_at")


def scope_kinds(settings: Settings) -> tuple[str, ...]:
    """Every level of a workspace: those that all have, and its own.

    >>> scope_kinds(Settings(hierarchies=(("product", ("product_line", "family")),)))[-1]
    'family'
    """
    return (*SCOPE_KINDS, *settings.own_levels)


def parse_scope(text: str, kinds: tuple[str, ...] = SCOPE_KINDS) -> tuple[str, str]:
    """Kind and id of a scope written `team:North`; the company may be written alone. Raises `RequestInvalid`.

    >>> parse_scope("team:North"), parse_scope("company")
    (('team', 'North'), ('company', 'company'))
    """
    kind, colon, scope_id = text.partition(":")
    if text == COMPANY:
        return COMPANY, COMPANY
    if not colon or not scope_id.strip() or kind not in kinds:
        raise RequestInvalid(
            f"scope {text[:80]!r} is not known; expected a kind ({', '.join(kinds)}), a colon and which one, such as "
            "team:North. Write it so."
        )
    return kind, scope_id.strip()


def standing_reps(past: History, instant: dt.datetime | None = None) -> pl.DataFrame:
    """One row per rep, the one that is valid: rep_id, name, team, manager_id, region, role, hired_at, left_at.

    Of several rows of a rep the one that became valid last, before `instant` when it is given (a move that is known
    but lies ahead does not count yet). A row without `valid_from` is the oldest. Sorted by rep_id.
    """
    rows = past["reps"]
    if instant is not None:
        rows = rows.filter(pl.col("valid_from").is_null() | (pl.col("valid_from") < instant))
    return (
        rows.sort("rep_id", "valid_from", "recorded_at", *REP_COLUMNS[1:], nulls_last=False)
        .group_by("rep_id", maintain_order=True)
        .last()
        .select(REP_COLUMNS)
    )


def deal_scopes(past: History, snapshot: pl.DataFrame, instant: dt.datetime | None = None) -> pl.DataFrame:
    """`snapshot` with the columns rep, team, region, product_line, segment and company filled, in its row order.

    So are the workspace's own levels. `snapshot` needs owner_id; its own region, product_line, segment and levels are
    kept and `"(none)"` where missing. Region is the deal's, else its owner's. Pass the snapshot's `instant` where moves
    of reps may be known in advance.
    """
    people = standing_reps(past, instant).select(owner_id="rep_id", team="team", _rep_region="region")
    own = past.settings.own_levels
    fields = [name for name in ("region", "product_line", "segment", *own) if name not in snapshot.columns]
    blank = [pl.lit(None, dtype=pl.String).alias(name) for name in fields]
    rows = snapshot.drop("team", strict=False).with_columns(blank)
    return (
        rows.join(people, on="owner_id", how="left", maintain_order="left")
        .with_columns(
            rep=_filled(pl.col("owner_id")),
            team=_filled(pl.col("team")),
            region=_filled(_filled(pl.col("region"), pl.col("_rep_region"))),
            product_line=_filled(pl.col("product_line")),
            segment=_filled(pl.col("segment")),
            company=pl.lit(COMPANY),
            **{name: _filled(pl.col(name)) for name in own},
        )
        .drop("_rep_region")
    )


def _filled(value: pl.Expr, instead: pl.Expr | None = None) -> pl.Expr:
    """`value` where it says something, else `instead`, else `"(none)"`."""
    said = pl.when(value.str.strip_chars() != "").then(value)
    return said.fill_null(pl.lit(NONE) if instead is None else instead)
