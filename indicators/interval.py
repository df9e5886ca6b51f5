"""The 80 % interval of bias and WAPE: a circular block bootstrap over a forecaster's periods in order of time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import polars as pl
from scipy.stats import norm, t

DRAWS = 1000
SEED = 20260101
TAIL = 0.1
FEWEST_PERIODS = 4
"""Drawing again from two or three periods reaches no further than they do: it covers half or three quarters at best."""
GROUPS_AT_ONCE = 2000


def block_weights(n_periods: int, draws: int = DRAWS, seed: int = SEED) -> np.ndarray:
    """How often each period is drawn: shape (draws, n_periods), each row sums to n_periods.

    Blocks of neighbouring periods (see `block_length`) keep what one period hands to the next (a deal that slips out
    of one quarter lands in the next). Politis and Romano (1992), circular blocks. The draws depend on n alone, so
    everybody of the same record length is measured by the same draws.
    """
    length = block_length(n_periods)
    blocks = -(-n_periods // length)
    starts = np.random.default_rng([seed, n_periods]).integers(0, n_periods, size=(draws, blocks))
    drawn = (starts[:, :, None] + np.arange(length)).reshape(draws, -1)[:, :n_periods] % n_periods
    weights = np.zeros((draws, n_periods))
    np.add.at(weights, (np.arange(draws)[:, None], drawn), 1.0)
    return weights


def block_length(n_periods: int) -> int:
    """How many neighbouring periods are drawn together: the cube root of n, rounded down.

    >>> [block_length(n) for n in (7, 8, 26, 27)]
    [1, 2, 2, 3]
    """
    return max(1, int(n_periods ** (1 / 3) + 1e-9))


def expanded_tail(n_periods: int) -> float:
    """The share of draws to leave out on each side so that a short record's interval is wide enough.

    Plain percentiles are too narrow with few periods, as the normal is against Student's t; Hesterberg (2015),
    expanded percentile interval. Blocks make draws of so few periods too much alike as well, so what counts is how many
    blocks there are. 7 periods leave out 6 % on each side, 12 periods 5.3 %, 100 periods 8.9 %.

    >>> round(expanded_tail(7), 3), round(expanded_tail(12), 3)
    (0.06, 0.053)
    """
    length = block_length(n_periods)
    widened = np.sqrt(n_periods / (n_periods - length)) * t.ppf(TAIL, n_periods / length - 1)
    return float(norm.cdf(widened))


def interval(numerator: np.ndarray, actual: np.ndarray) -> np.ndarray:
    """The 80 % interval of Σnumerator/Σactual: arrays (groups, periods) in, (groups, 2) out; NaN where there is none.

    Draws in which nothing was won say nothing and are left out.
    """
    n_periods = actual.shape[1]
    weights, low = block_weights(n_periods), expanded_tail(n_periods)
    top, bottom = numerator @ weights.T, actual @ weights.T
    drawn = np.divide(top, bottom, out=np.full_like(top, np.nan), where=bottom > 0)
    out = np.full((len(actual), 2), np.nan)
    said = ~np.isnan(drawn)
    whole = said.all(axis=1)
    partly = said.any(axis=1) & ~whole
    for rows, quantile in ((whole, np.quantile), (partly, np.nanquantile)):
        if rows.any():
            out[rows] = quantile(drawn[rows], [low, 1 - low], axis=1).T
    return out


def intervals(cells: pl.DataFrame, keys: Sequence[str]) -> pl.DataFrame:
    """The `keys` of each group with bias_p10, bias_p90, wape_p10, wape_p90; null below four periods.

    `cells` holds keys, start, forecast and actual; rows of one group and period are one block.
    """
    miss = pl.col("forecast") - pl.col("actual")
    return intervals_of(cells, keys, {"bias": miss, "wape": miss.abs()})


def intervals_of(cells: pl.DataFrame, keys: Sequence[str], measured: Mapping[str, pl.Expr]) -> pl.DataFrame:
    """The same for any sum over what was won: `<name>_p10` and `<name>_p90` of each of `measured`."""
    names = list(measured)
    lists = (
        cells.group_by(*keys, "start")
        .agg(pl.col("actual").sum(), *(of.sum().alias(f"_{name}") for name, of in measured.items()))
        .sort(*keys, "start")
        .group_by(keys, maintain_order=True)
        .agg("actual", *(f"_{name}" for name in names), n=pl.len())
        .filter(pl.col("n") >= FEWEST_PERIODS)
    )
    bounds = [f"{name}_{end}" for name in names for end in ("p10", "p90")]
    empty = lists.clear().select(*keys, *(pl.lit(None, dtype=pl.Float64).alias(name) for name in bounds))
    parts = [
        _of_one_length(chunk, keys, names)
        for length in lists["n"].unique().sort()
        for chunk in lists.filter(pl.col("n") == length).iter_slices(GROUPS_AT_ONCE)
    ]
    return pl.concat([empty, *parts])


def _of_one_length(group: pl.DataFrame, keys: Sequence[str], names: Sequence[str]) -> pl.DataFrame:
    actual = np.array(group["actual"].to_list())
    found = [interval(np.array(group[f"_{name}"].to_list()), actual) for name in names]
    bounds = [f"{name}_{end}" for name in names for end in ("p10", "p90")]
    told = pl.DataFrame(np.hstack(found), schema=bounds).fill_nan(None)
    return pl.concat([group.select(keys), told], how="horizontal")
