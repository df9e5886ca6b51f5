"""Drift of features: the deals of a quarter against those of the quarters before, by population stability index.

PSI = sum over bins of (q - p) ln(q / p). Without drift it is about a chi-squared variable of bins - 1 degrees of
freedom times (1/n before + 1/n now) (Yurdakul 2018). Deals that share a team or a customer share values, so quarters
differ by more than that; how much is learned from the quarters before, each held against the others.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
from scipy.stats import chi2

from features.catalogue import feature_of
from history.fiscal import Period, bounds, previous
from history.settings import Settings
from training.frames import spine_of
from training.watching.psi import index

LEAST_DEALS = 50
LARGE_PSI = 0.2
FAR, MORE_MISSING = 0.5, 0.1
"""A number has moved far when its mean has moved by so many standard deviations, or so many more have none."""
NOISE_LEVEL = 0.999
USUAL = 1.5
"""A quarter may differ by so many times the most that any of the quarters before differed from the others."""
BINS, MOST_VALUES = 8, 12
QUARTERS_BEFORE, LEAST_QUARTERS = 4, 3
MISSING = "(none)"


@dataclass(frozen=True)
class Drift:
    """One feature: its PSI, the level that noise and the usual differences of quarters reach, what changed in words."""

    feature: str
    psi: float
    noise: float
    n_before: int
    n_now: int
    drifted: bool
    en: str
    zh: str

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def drift(matrix: pd.DataFrame, names: Sequence[str], quarter: Period, settings: Settings) -> list[Drift] | None:
    """How each feature of `names` is distributed in `quarter` against the four quarters before it.

    `matrix` has open deals on evenly spaced days. A deal counts once a quarter, by the middle one of its rows. None
    where the quarter, or all but two of those before, have fewer than LEAST_DEALS deals.
    """
    spine = spine_of(matrix)
    now = _one_row_each(spine, *bounds(quarter, settings))
    spans = [bounds(previous(quarter, settings, back), settings) for back in range(1, QUARTERS_BEFORE + 1)]
    before = [rows for rows in (_one_row_each(spine, *span) for span in spans) if len(rows) >= LEAST_DEALS]
    if len(now) < LEAST_DEALS or len(before) < LEAST_QUARTERS:
        return None
    return [
        _drift_of(str(name), [matrix[name].iloc[rows] for rows in before], matrix[name].iloc[now]) for name in names
    ]


def _one_row_each(spine: pl.DataFrame, start: dt.datetime, end: dt.datetime) -> np.ndarray:
    inside = spine.filter((pl.col("as_of") >= start) & (pl.col("as_of") < end)).sort("deal_id", "as_of")
    middle = inside.group_by("deal_id", maintain_order=True).agg(pl.col("row").get(pl.len() // 2))
    return middle["row"].to_numpy()


def _drift_of(name: str, quarters: Sequence[pd.Series], now: pd.Series) -> Drift:
    before = pd.concat(quarters)
    is_text = isinstance(before.dtype, pd.CategoricalDtype)
    labels, of_before, of_now = _values(before, now) if is_text else _bins(before, now)
    ends = np.cumsum([len(quarter) for quarter in quarters])[:-1]
    each = [np.bincount(codes, minlength=len(labels)).astype(float) for codes in np.split(of_before, ends)]
    counts = [np.sum(each, axis=0), np.bincount(of_now, minlength=len(labels)).astype(float)]
    found, noise = index(*counts), noise_level(*counts) + USUAL * usual(each)
    gone = constant_now(quarters, now)
    if gone:
        en, zh = f"{name}: one value in all {len(now)} deals", f"{_zh(name)}：{len(now)} 个商机全为同一取值"
    elif is_text:
        en, zh = _words(name, labels, *counts)
    else:
        en, zh = _middle_words(name, before, now, labels, counts)
    return Drift(
        feature=name,
        psi=round(found, 4),
        noise=round(noise, 4),
        n_before=len(before),
        n_now=len(now),
        drifted=gone or (found > LARGE_PSI + noise and (is_text or moved_far(before, now))),
        en=en,
        zh=zh,
    )


def noise_level(before: np.ndarray, now: np.ndarray) -> float:
    """The PSI that samples of one distribution pass once in a thousand."""
    bins = int(((before + now) > 0).sum())
    return float(chi2.ppf(NOISE_LEVEL, max(bins - 1, 1)) * (1 / before.sum() + 1 / now.sum()))


def usual(quarters: Sequence[np.ndarray]) -> float:
    """The most by which any of the quarters' counts differs from the others' together, beyond noise; 0 at least."""
    found = [0.0]
    for place, one in enumerate(quarters):
        others = np.sum([other for at, other in enumerate(quarters) if at != place], axis=0)
        found.append(index(others, one) - noise_level(others, one) / 3)
    return max(found)


def moved_far(before: pd.Series, now: pd.Series) -> bool:
    """Whether a number's mean, or the share of deals that have none, is far from what it was.

    Values that deals share, such as a team's win rate, fall into other bins by moving a little.
    """
    if abs(float(now.isna().mean()) - float(before.isna().mean())) > MORE_MISSING:
        return True
    spread = float(before.std())
    return spread > 0 and abs(float(now.mean()) - float(before.mean())) > FAR * spread


def constant_now(quarters: Sequence[pd.Series], now: pd.Series) -> bool:
    """Whether a feature that varied in every quarter before has one value now, and chance alone would not do that."""
    if now.nunique(dropna=False) != 1 or any(quarter.nunique(dropna=False) < 2 for quarter in quarters):
        return False
    commonest = pd.concat(quarters).value_counts(normalize=True, dropna=False).iloc[0]
    return bool(commonest ** len(now) < 1 - NOISE_LEVEL)


def _values(before: pd.Series, now: pd.Series) -> tuple[list[str], np.ndarray, np.ndarray]:
    """The commonest values of both sides and one for all others, with the place of each row's."""
    texts = [side.astype(object).where(side.notna(), MISSING).astype(str) for side in (before, now)]
    both = pd.concat([text.value_counts(normalize=True) for text in texts], axis=1).fillna(0).max(axis=1)
    common = [name for name, _ in sorted(both.items(), key=lambda pair: (-pair[1], str(pair[0])))][:MOST_VALUES]
    place = {name: at for at, name in enumerate(common)}
    codes = [np.array([place.get(value, len(common)) for value in text]) for text in texts]
    return [*map(str, common), "…"], codes[0], codes[1]


def _bins(before: pd.Series, now: pd.Series) -> tuple[list[str], np.ndarray, np.ndarray]:
    """Quantile bins of the earlier side and one for what is missing."""
    was, is_now = before.to_numpy(np.float64), now.to_numpy(np.float64)
    known = was[~np.isnan(was)]
    edges = np.unique(np.quantile(known, np.linspace(0, 1, BINS + 1)[1:-1])) if len(known) else np.empty(0)
    labels = [f"up to {edge:g}" for edge in edges] + ["above", MISSING]
    codes = [np.where(np.isnan(v), len(edges) + 1, np.searchsorted(edges, v, side="left")) for v in (was, is_now)]
    return labels, codes[0], codes[1]


def _words(name: str, labels: list[str], before: np.ndarray, now: np.ndarray) -> tuple[str, str]:
    shares = before / before.sum(), now / now.sum()
    at = int(np.abs(shares[1] - shares[0]).argmax())
    told = f"{name} {labels[at]}: {shares[0][at]:.0%} → {shares[1][at]:.0%}"
    return f"{told} of deals", f"{_zh(name)} {labels[at]}：商机占比 {shares[0][at]:.0%} → {shares[1][at]:.0%}"


def _middle_words(
    name: str, before: pd.Series, now: pd.Series, labels: list[str], counts: list[np.ndarray]
) -> tuple[str, str]:
    missing = [float(side.isna().mean()) for side in (before, now)]
    if abs(missing[1] - missing[0]) > MORE_MISSING:
        return _words(name, [*labels[:-1], MISSING], *(_only_missing(side, len(labels)) for side in counts))
    middles = [float(side.median()) for side in (before, now)]
    return (
        f"{name}: median {middles[0]:.3g} → {middles[1]:.3g}",
        f"{_zh(name)}：中位数 {middles[0]:.3g} → {middles[1]:.3g}",
    )


def _only_missing(counts: np.ndarray, bins: int) -> np.ndarray:
    """The counts as known (spread evenly, so that no bin of them stands out) and missing."""
    rest = np.full(bins, (counts.sum() - counts[-1]) / max(bins - 1, 1))
    rest[-1] = counts[-1]
    return rest


def _zh(name: str) -> str:
    return f"{feature_of(name).zh}（{name}）"
