"""Gross margin by product line or by customer: the same rows and rule as the indicator's, grouped otherwise."""

from __future__ import annotations

import datetime as dt

import polars as pl

from history.errors import RequestInvalid
from history.record import History
from history.scopes import NONE
from indicators.book import Book, Record, book_of
from indicators.horizons import first_instant
from indicators.scorecard import begun
from indicators.spans import parse_span

BY = ("product_line", "customer")
COLUMNS: dict[str, pl.DataType] = {
    "key": pl.String(),
    "name": pl.String(),
    "amount": pl.Float64(),
    "cost": pl.Float64(),
    "margin": pl.Float64(),
    "gross_margin": pl.Float64(),
    "share_of_margin": pl.Float64(),
    "n": pl.Int64(),
}


def margin_by(history: History, period: str, as_of: dt.datetime, by: str) -> pl.DataFrame:
    """Of each product line or customer what was billed in `period` and what is left of it, as known at `as_of`.

    Money is in the workspace's currency; margin = amount − cost, gross_margin = margin / amount (null where nothing was
    billed), share_of_margin is that of the company's, n the invoices of known amount and cost. A deal counts where it
    stood at the end; without a product line or customer under "(none)". The largest margin first.

    Raises `RequestInvalid` for another `by`, and what `scorecard` raises.
    """
    if by not in BY:
        raise RequestInvalid(f"margin by {by[:40]!r} is not offered; expected one of {', '.join(BY)}. Choose one.")
    first_instant(history, as_of)
    book = book_of(Record(history, as_of), begun(parse_span(period, history.settings), history, as_of))
    billed = book.with_owner(book.within("invoices", "issued_at")).drop_nulls(["amount", "cost"])
    rows = book.in_currency(billed, "amount", "cost").join(_keys(book, by), on="deal_id", how="left")
    sums = rows.group_by(pl.col("key").fill_null(NONE)).agg(pl.col("amount", "cost").sum(), n=pl.len())
    margin = pl.col("amount") - pl.col("cost")
    told = sums.with_columns(
        margin=margin,
        gross_margin=pl.when(pl.col("amount") != 0).then(margin / pl.col("amount")),
        share_of_margin=pl.when(margin.sum() != 0).then(margin / margin.sum()),
    ).join(_names(book, by), on="key", how="left")
    ordered = told.sort("margin", "key", descending=[True, False])
    return ordered.select(pl.col(name).cast(dtype) for name, dtype in COLUMNS.items())


def _keys(book: Book, by: str) -> pl.DataFrame:
    if by == "customer":
        return book.record.accounts.select("deal_id", key="account_id")
    return book.standing.select("deal_id", key="product_line")


def _names(book: Book, by: str) -> pl.DataFrame:
    if by == "customer":
        return book.past["accounts"].select(key="account_id", name="name").unique("key", keep="last")
    return pl.DataFrame(schema={"key": pl.String, "name": pl.String})
