"""Who owns a deal: its first owner, and the handovers when somebody leaves or a deal has gone cold."""

from __future__ import annotations

import numpy as np
import polars as pl

from history.synthetic import days
from history.synthetic.births import Births
from history.synthetic.deal_life import Lives
from history.synthetic.vocabulary import OPEN_STAGES
from history.synthetic.world import Staff

COLD_HANDOVER = 0.03


def make_owners(births: Births, lives: Lives, staff: Staff, rng: np.random.Generator) -> pl.DataFrame:
    """The owner of each deal over time: deal, at (second), rep; the first row of a deal is its creation."""
    first = pl.DataFrame({"deal": np.arange(births.size), "at": births.created, "rep": births.rep})
    moves = pl.concat([_of_leavers(births, lives, staff, rng), _of_cold_deals(lives, rng)]).sort("deal", "at")
    rows, current = [], births.rep.copy()
    for deal, at, forced in moves.iter_rows():
        heir = _heir(staff, int(current[deal]), at // days.SECONDS, forced, rng)
        if heir is not None:
            rows.append((deal, at, heir))
            current[deal] = heir
    later = pl.DataFrame(rows, schema=first.schema, orient="row")
    return pl.concat([first, later]).sort("deal", "at")


def _of_leavers(births: Births, lives: Lives, staff: Staff, rng: np.random.Generator) -> pl.DataFrame:
    """Open deals of a rep on the last day: they move to a colleague."""
    leaves = pl.Series("leaves", staff.leaves[births.rep[lives.states["deal"].to_numpy()]])
    held = lives.states.with_columns(leaves).filter(
        (pl.col("stage") < OPEN_STAGES)
        & (pl.col("leaves") < days.DAYS)
        & (pl.col("day") < pl.col("leaves"))
        & (pl.col("until").fill_null(2**40) // days.SECONDS > pl.col("leaves"))
    )
    at = days.in_hours(held["leaves"].to_numpy(), rng)
    return held.select("deal", pl.Series("at", at), pl.lit(True).alias("forced"))


def _of_cold_deals(lives: Lives, rng: np.random.Generator) -> pl.DataFrame:
    """A manager sometimes gives a deal that has just gone cold to somebody else."""
    cooled = lives.states.filter(
        (pl.col("momentum") == 0) & (pl.col("momentum").shift(1).over("deal") > 0) & (pl.col("stage") < OPEN_STAGES)
    )
    chosen = cooled.filter(pl.Series(rng.random(cooled.height) < COLD_HANDOVER))
    return chosen.select("deal", "at", pl.lit(False).alias("forced"))


def _heir(staff: Staff, rep: int, day: int, forced: bool, rng: np.random.Generator) -> int | None:
    everyone = np.arange(staff.size)
    team = staff.team_on(np.array([rep]), np.array([day]))[0]
    stays = staff.works_on(everyone, day) & (staff.leaves > day + 200) & (everyone != rep)
    near = np.flatnonzero(stays & (staff.team_on(everyone, np.full(staff.size, day)) == team))
    if len(near) == 0 and forced:
        near = np.flatnonzero(stays & (staff.region_of(everyone) == staff.region_of(np.array([rep]))[0]))
    return int(rng.choice(near)) if len(near) else None


def owner_at(owners: pl.DataFrame, rows: pl.DataFrame) -> pl.Series:
    """The owner of each row's deal at its second `at` (rows keep their order)."""
    numbered = rows.select("deal", "at").with_row_index("row").sort("at")
    joined = numbered.join_asof(owners.sort("at"), on="at", by="deal", check_sortedness=False)
    return joined.sort("row")["rep"]
