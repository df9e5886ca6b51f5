"""Where a group loses more than the others do, and how many wins that comes to, with an interval.

Stays that have ended tell where a deal goes from each stage: to which open stage, to a win or a loss. From these shares
follows the chance of a deal that enters the first stage to be won. A group's stage is put in the place of the others':
the wins that this would have brought for the deals that entered the funnel are what the stage costs the group.
Intervals come from drawing deals anew (Poisson bootstrap, Hanley and MacGibbon 2006), a deal with all of its stays.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import polars as pl

FEWEST_STAYS = 20
"""Fewer ended stays of the group, or of the others, in a stage tell nothing; its gap is then left out."""
DRAWS, SEED = 300, 2026
LOW, HIGH = 10, 90

BOTTLENECK_COLUMNS: dict[str, pl.DataType] = {
    "ended": pl.Int64(),
    "onward": pl.Float64(),
    "others_onward": pl.Float64(),
    "gap": pl.Float64(),
    "gap_p10": pl.Float64(),
    "gap_p90": pl.Float64(),
    "wins_short": pl.Float64(),
    "wins_short_p10": pl.Float64(),
    "wins_short_p90": pl.Float64(),
    "bottleneck": pl.Boolean(),
}
"""`onward` is the share of ended stays that moved on or were won, `gap` the others' less the group's (above zero the
group is behind), with its 80 % interval; `wins_short` the wins that the others' way of leaving this stage would have
brought more, with theirs. `bottleneck` marks the stage that costs a group the most wins, of those where that is more
than zero in all but 10 % of the draws divided by the number of stages, so that of groups that are all alike about one
in ten is marked at most; where there is none, nothing can be told."""


def bottlenecks(stays: pl.DataFrame, keys: Sequence[str]) -> pl.DataFrame:
    """`BOTTLENECK_COLUMNS` for each group of `keys` and each `place`.

    `stays`: number, place, next_place, move, first (it is its deal's first) and the keys; a row per stay. Groups
    without others to compare with have empty columns.
    """
    groups = stays.select(keys).unique().sort(keys).with_row_index("group")
    placed = stays.join(groups, on=list(keys), nulls_equal=True, maintain_order="left")
    stages = _stages(stays)
    ended = placed.filter(pl.col("move").is_not_null()).sort("number", "entered_at")
    cell = (ended["group"].to_numpy() * stages + ended["place"].to_numpy()) * (stages + 2) + _targets(ended, stages)
    shape = (groups.height, stages, stages + 2)
    first = placed.filter("first")
    begun = first["group"].to_numpy() * stages + first["place"].to_numpy()
    begins = np.bincount(begun, minlength=groups.height * stages).reshape(groups.height, stages)
    seen = np.bincount(cell, minlength=int(np.prod(shape))).reshape(shape).astype(float)
    told = _columns(seen, begins, _draws(ended["number"].to_numpy(), cell, shape))
    return _frame(told, groups, keys)


def _stages(stays: pl.DataFrame) -> int:
    last = stays["place"].max()
    return int(last) + 1 if isinstance(last, int) else 1


def _targets(ended: pl.DataFrame, stages: int) -> np.ndarray:
    """Where each stay led: the place of the next open stage, `stages` for a win, one more for a loss."""
    following = pl.col("next_place").clip(0, stages - 1)
    move = pl.col("move")
    to = pl.when(move == "won").then(stages).when(move == "lost").then(stages + 1).otherwise(following)
    return np.asarray(ended.select(to.cast(pl.Int64)).to_series().to_numpy())


def _draws(deal: np.ndarray, cell: np.ndarray, shape: tuple[int, int, int]) -> Iterator[np.ndarray]:
    """Counts like those seen, of deals drawn anew `DRAWS` times: group, stage, where to."""
    rng = np.random.default_rng(SEED)
    numbers, which = np.unique(deal, return_inverse=True)
    for _ in range(DRAWS):
        weight = rng.poisson(1.0, len(numbers)).astype(float)
        yield np.bincount(cell, weights=weight[which], minlength=int(np.prod(shape))).reshape(shape)


def _columns(seen: np.ndarray, begins: np.ndarray, draws: Iterator[np.ndarray]) -> dict[str, np.ndarray]:
    """Each column as an array by group and stage, NaN where too little has been seen."""
    total = seen.sum(axis=0)
    others = total - seen
    enough = (seen.sum(axis=2) >= FEWEST_STAYS) & (others.sum(axis=2) >= FEWEST_STAYS)
    judged = enough.any(axis=1)
    drawn = [_gaps(one[judged], one.sum(axis=0), begins[judged]) for one in draws]
    told = {"others_onward": _onward(others)}
    for at, (name, value) in enumerate(zip(("gap", "wins_short"), _gaps(seen, total, begins), strict=True)):
        values = np.stack([one[at] for one in drawn])
        stages = seen.shape[1]
        ends = np.percentile(values, [LOW, HIGH, LOW / stages], axis=0)
        told |= {name: value}
        told |= {f"{name}_{end}": _spread_out(ends[n], judged) for n, end in enumerate(("p10", "p90", "sure"))}
    columns = {name: np.where(enough, values, np.nan) for name, values in told.items()}
    columns |= {"ended": seen.sum(axis=2), "onward": np.where(seen.sum(axis=2) > 0, _onward(seen), np.nan)}
    costs = np.where(enough & (columns["wins_short_sure"] > 0), columns["wins_short"], -np.inf)
    worst = costs.argmax(axis=1)[:, None] == np.arange(seen.shape[1])[None, :]
    return columns | {"bottleneck": worst & np.isfinite(costs)}


def _spread_out(values: np.ndarray, judged: np.ndarray) -> np.ndarray:
    """The rows of the groups that were judged among those of all groups, NaN for the others."""
    out = np.full((len(judged), values.shape[-1]), np.nan)
    out[judged] = values
    return out


def _gaps(counts: np.ndarray, total: np.ndarray, begins: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Others' onward share less the group's, and the wins short by it; both by group and stage.

    One case of the others' is added to each stage of a group, so that a stage that nobody left breaks nothing. What
    the others' way of leaving one stage changes follows from one inverse (Sherman and Morrison 1950).
    """
    stages = counts.shape[1]
    others = _shares(total - counts + 1e-9)
    own = (counts + others) / (counts.sum(axis=2, keepdims=True) + 1)
    visits = np.linalg.inv(np.eye(stages) - own[..., :stages])
    chance = (visits @ own[..., stages, None])[..., 0]
    change = others - own
    gained = (change[..., :stages] @ chance[..., None])[..., 0] + change[..., stages]
    again = np.einsum("gsk,gks->gs", change[..., :stages], visits)
    entered = np.einsum("gk,gks->gs", begins, visits)
    return _of_shares(others) - _onward(counts), entered * gained / (1 - again)


def _shares(counts: np.ndarray) -> np.ndarray:
    return np.asarray(counts / counts.sum(axis=-1, keepdims=True))


def _onward(counts: np.ndarray) -> np.ndarray:
    """The share of ended stays in each stage that went to a later stage or a win."""
    return _of_shares(_shares(counts + 1e-9))


def _of_shares(shares: np.ndarray) -> np.ndarray:
    stages = shares.shape[-2]
    later = np.triu(np.ones((stages, stages)), 1)
    return np.asarray((shares[..., :stages] * later).sum(axis=-1) + shares[..., stages])


def _frame(columns: dict[str, np.ndarray], groups: pl.DataFrame, keys: Sequence[str]) -> pl.DataFrame:
    stages = columns["gap"].shape[1]
    place = np.tile(np.arange(stages), groups.height)
    flat = {name: values.ravel() for name, values in columns.items()}
    frame = pl.DataFrame({"group": np.repeat(np.arange(groups.height), stages), "place": place} | flat)
    typed = frame.with_columns(
        pl.col("group").cast(groups["group"].dtype),
        pl.col("place").cast(pl.Int32),
        pl.col(pl.Float64).fill_nan(None),
    )
    return typed.join(groups, on="group").select(*keys, "place", *BOTTLENECK_COLUMNS)
