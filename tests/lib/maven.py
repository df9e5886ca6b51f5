"""The fictitious Maven CRM set as a history: it holds no signal, so a win model that does well on it has a leak.

What would give the outcome away is left out on purpose. The amount is the product's list price, not the close value
(0 for a lost deal). The account is not taken, for a blank one marks the deals still open at the end. Deals that
were never engaged have no date at all and are left out. A product spelled two ways is one product.
"""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import numpy as np
import polars as pl

from history.record import History, make_history
from history.settings import Settings, Stage

SETTINGS = Settings("USD", "UTC", 1, (Stage("Engaging"), Stage("Won", "won"), Stage("Lost", "lost")))


def maven_history(folder: Path) -> History:
    """The opportunities, their owner, product and list price, and the reps' teams."""
    deals = _opportunities(folder)
    return make_history(
        SETTINGS,
        deals=deals.select("deal_id", created_at="engaged_at"),
        deal_changes=pl.concat([_first_values(deals), _closings(deals)]),
        reps=pl.read_csv(folder / "sales_teams.csv").select(
            rep_id="sales_agent", team="manager", region="regional_office"
        ),
    )


def engaged_spine(history: History) -> pl.DataFrame:
    """deal_id and as_of: the day after each deal was engaged, when nothing of its fate has happened yet."""
    return history["deals"].select("deal_id", as_of=pl.col("created_at") + dt.timedelta(days=1)).sort("deal_id")


def fates(history: History) -> pl.DataFrame:
    """deal_id, won (0 or 1) of every deal that was closed."""
    stages = history["deal_changes"].filter(pl.col("field") == "stage", pl.col("new_value").is_in(["Won", "Lost"]))
    return stages.select("deal_id", won=(pl.col("new_value") == "Won").cast(pl.Int8)).sort("deal_id")


def fates_swapped(history: History, seed: int) -> History:
    """The same history with the closings dealt out anew among deals engaged on one day: beyond the day, pure chance."""
    deals = history["deals"].select("deal_id", "created_at")
    drawn = deals.with_columns(lot=pl.Series(np.random.default_rng(seed).random(deals.height)))
    mate = drawn.select("deal_id", mate=pl.col("deal_id").sort_by("lot").over("created_at"))
    closing = (pl.col("field") == "stage") & pl.col("new_value").is_in(["Won", "Lost"])
    changes = history["deal_changes"].join(mate, on="deal_id", how="left", maintain_order="left")
    moved = changes.with_columns(deal_id=pl.when(closing).then("mate").otherwise("deal_id")).drop("mate")
    return history.with_tables(deal_changes=moved)


def _opportunities(folder: Path) -> pl.DataFrame:
    prices = pl.read_csv(folder / "products.csv").select("product", price=pl.col("sales_price").cast(pl.Float64))
    return (
        pl.read_csv(folder / "sales_pipeline.csv")
        .with_columns(product=pl.col("product").replace("GTXPro", "GTX Pro"))
        .filter(pl.col("engage_date").is_not_null())
        .with_columns(
            engaged_at=pl.col("engage_date").str.to_datetime("%Y-%m-%d", time_unit="us"),
            closed_at=pl.col("close_date").str.to_datetime("%Y-%m-%d", time_unit="us"),
        )
        .join(prices, on="product", how="left")
        .rename({"opportunity_id": "deal_id"})
        .sort("deal_id")
    )


def _first_values(deals: pl.DataFrame) -> pl.DataFrame:
    fields = {
        "stage": pl.lit("Engaging"),
        "owner_id": pl.col("sales_agent"),
        "product_line": pl.col("product"),
        "amount": pl.col("price").cast(pl.String),
    }
    return pl.concat(
        deals.select(
            "deal_id",
            changed_at="engaged_at",
            field=pl.lit(field),
            old_value=pl.lit(None, dtype=pl.String),
            new_value=value,
        )
        for field, value in fields.items()
    )


def _closings(deals: pl.DataFrame) -> pl.DataFrame:
    return deals.filter(pl.col("closed_at").is_not_null()).select(
        "deal_id",
        changed_at="closed_at",
        field=pl.lit("stage"),
        old_value=pl.lit("Engaging"),
        new_value="deal_stage",
    )
