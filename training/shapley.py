"""SHAP values of a LightGBM booster, exact and several times faster than walking every tree's subsets anew.

Path-dependent TreeSHAP (Lundberg and others 2020) says what a leaf gives to each feature on its path once it is known
which of those features' splits the row satisfies. A few splits have few patterns of answers, so what the leaves below
them give is worked out once per booster and pattern (as Fast TreeSHAP v2 does per leaf, Yang 2021); a row looks it up.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import lightgbm as lgb
import numba
import numpy as np

MOST_PATH_SPLITS = 12
"""A leaf below more splits than this makes the table too large; LightGBM's own walk is used instead."""
CLUMP_SPLITS = 8
"""Leaves share a table while there are no more splits above them than this."""
_AT_MOST, _NOT_ABOVE, _AT_MOST_OR_ZERO_LEFT, _AT_MOST_OR_ZERO_RIGHT, _IN_SET = range(5)
_ZERO = 1e-35
_LEAST_ROWS_PER_THREAD = 500
_BLOCK = 256


@dataclass(frozen=True)
class Trees:
    """A booster's trees as arrays, leaf by leaf in clumps: leaves that stand below the same few splits.

    Clump k has the splits split_from[k]..split_from[k + 1] - 1 (`kind` says how `feature` is held against `threshold`,
    or against the category codes whose bits are set in `codes`), the columns told_from[k].. of `told`, to which its
    leaves give something, and from table_from[k] its table: for each pattern of splits that lead left, what each of
    those columns is given. `expected` is the mean margin.
    """

    n_features: int
    expected: float
    split_from: np.ndarray
    kind: np.ndarray
    feature: np.ndarray
    threshold: np.ndarray
    codes: np.ndarray
    told_from: np.ndarray
    told: np.ndarray
    table_from: np.ndarray
    table: np.ndarray


@dataclass(frozen=True)
class _Split:
    """A split, and on a path from it: whether the path leads left, and the share of rows that it keeps."""

    place: int
    kind: int
    feature: int
    threshold: float
    codes: int
    left: bool = True
    share: float = 1.0


@dataclass
class _Clump:
    """Leaves with the splits above them, by their place in the tree."""

    splits: dict[int, _Split] = field(default_factory=dict)
    leaves: list[tuple[float, list[_Split]]] = field(default_factory=list)

    def has_room(self, path: list[_Split]) -> bool:
        return not self.leaves or len(self.splits.keys() | {split.place for split in path}) <= CLUMP_SPLITS

    def add(self, value: float, path: list[_Split]) -> None:
        self.splits |= {split.place: split for split in path}
        self.leaves.append((value, path))

    def table(self, columns: list[int]) -> np.ndarray:
        """What the leaves give to each of `columns`, by pattern of splits that lead left: patterns x columns."""
        bit = {place: 1 << number for number, place in enumerate(self.splits)}
        table = np.zeros((1 << len(self.splits), len(columns)))
        for value, path in self.leaves:
            own = list(dict.fromkeys(split.feature for split in path))
            by_feature = [[split for split in path if split.feature == feature] for feature in own]
            above = np.array([sum(bit[s.place] for s in splits) for splits in by_feature], np.int64)
            turns = np.array([sum(bit[s.place] for s in splits if s.left) for splits in by_feature], np.int64)
            shares = np.array([np.prod([s.share for s in splits]) for splits in by_feature], np.float64)
            _give(table, value, shares, above, turns, np.array([columns.index(f) for f in own], np.int64))
        return table


def trees_of(booster: lgb.Booster) -> Trees | None:
    """The booster's trees laid out for `shap_values`; None where they do not fit (see MOST_PATH_SPLITS)."""
    leaves = [_leaves(tree["tree_structure"]) for tree in booster.dump_model(num_iteration=-1)["tree_info"]]
    paths = [path for of_tree in leaves for _, path in of_tree]
    if any(len(path) > MOST_PATH_SPLITS or any(split.codes < 0 for split in path) for path in paths):
        return None
    expected = sum(value * float(np.prod([s.share for s in path])) for of_tree in leaves for value, path in of_tree)
    return _laid_out([clump for of_tree in leaves for clump in _clumps(of_tree)], booster.num_feature(), expected)


def _leaves(root: dict[str, Any]) -> list[tuple[float, list[_Split]]]:
    """The leaves of a tree from left to right: the value of each and the splits above it."""
    found: list[tuple[float, list[_Split]]] = []
    places = iter(range(1 << 30))

    def walk(node: dict[str, Any], path: list[_Split]) -> None:
        if "split_feature" not in node:
            found.append((float(node["leaf_value"]), path))
            return
        said = (next(places), *_rule(node))
        for side, left in (("left_child", True), ("right_child", False)):
            walk(node[side], [*path, _Split(*said, left=left, share=_count(node[side]) / node["internal_count"])])

    walk(root, [])
    return found


def _clumps(leaves: list[tuple[float, list[_Split]]]) -> list[_Clump]:
    clumps = [_Clump()]
    for value, path in leaves:
        if not clumps[-1].has_room(path):
            clumps.append(_Clump())
        clumps[-1].add(value, path)
    return clumps


def _laid_out(clumps: list[_Clump], n_features: int, expected: float) -> Trees:
    splits = [split for clump in clumps for split in clump.splits.values()]
    told = [sorted({split.feature for split in clump.splits.values()}) for clump in clumps]
    tables = [clump.table(columns) for clump, columns in zip(clumps, told, strict=True)]
    return Trees(
        n_features=n_features,
        expected=expected,
        split_from=_ends([len(clump.splits) for clump in clumps]),
        kind=np.array([split.kind for split in splits], np.int64),
        feature=np.array([split.feature for split in splits], np.int64),
        threshold=np.array([split.threshold for split in splits], np.float64),
        codes=np.array([split.codes for split in splits], np.uint64),
        told_from=_ends([len(columns) for columns in told]),
        told=np.array([column for columns in told for column in columns], np.int64),
        table_from=_ends([table.size for table in tables]),
        table=np.concatenate([np.zeros(0), *(table.ravel() for table in tables)]),
    )


def _ends(sizes: list[int]) -> np.ndarray:
    return np.cumsum([0, *sizes]).astype(np.int64)


def _rule(node: dict[str, Any]) -> tuple[int, int, float, int]:
    """How a node sends rows left: its kind, feature, threshold and set of codes (-1 where a code is too large)."""
    feature, left = int(node["split_feature"]), bool(node["default_left"])
    if node["decision_type"] == "==":
        numbers = [int(code) for code in node["threshold"].split("||")]
        return _IN_SET, feature, 0.0, sum(1 << number for number in numbers) if max(numbers) < 64 else -1
    threshold = float(node["threshold"])
    if node["missing_type"] == "Zero":
        return _AT_MOST_OR_ZERO_LEFT if left else _AT_MOST_OR_ZERO_RIGHT, feature, threshold, 0
    # Where nothing counts as missing, LightGBM reads what is no number as 0.
    goes_left = left if node["missing_type"] == "NaN" else threshold >= 0
    return _NOT_ABOVE if goes_left else _AT_MOST, feature, threshold, 0


def _count(node: dict[str, Any]) -> int:
    return int(node["internal_count"] if "internal_count" in node else node["leaf_count"])


def shap_values(trees: Trees, values: np.ndarray, num_threads: int = 1) -> np.ndarray:
    """SHAP values of the margin: rows x (features + 1), the expected margin last, as LightGBM's `pred_contrib`."""
    rows = np.ascontiguousarray(values, dtype=np.float64)
    out = np.zeros((len(rows), trees.n_features + 1))
    out[:, -1] = trees.expected
    arrays = (
        trees.split_from, trees.kind, trees.feature, trees.threshold, trees.codes, trees.told_from, trees.told,
        trees.table_from, trees.table,
    )  # fmt: skip
    parts = max(1, min(num_threads, len(rows) // _LEAST_ROWS_PER_THREAD))
    edges = np.linspace(0, len(rows), parts + 1).astype(int)
    if parts == 1:
        _look_up(rows, out, *arrays)
        return out
    with ThreadPoolExecutor(parts) as pool:
        list(
            pool.map(
                lambda k: _look_up(rows[edges[k] : edges[k + 1]], out[edges[k] : edges[k + 1]], *arrays), range(parts)
            )
        )
    return out


@numba.njit(cache=True, nogil=True)
def _give(table, value, shares, above, turns, columns):
    """Add to `table`, for each pattern of splits, what a leaf of `value` gives to each feature on its path.

    Feature j keeps shares[j] of the rows; its splits are the bits of above[j], to be answered as in turns[j].
    """
    m = shares.shape[0]
    weights = np.empty(max(m, 1))
    # weights[s] = s! (m - s - 1)! / m!, the chance of a set of s others before the feature.
    if m > 0:
        weights[0] = 1.0 / m
        for s in range(1, m):
            weights[s] = weights[s - 1] * s / (m - s)
    satisfied = np.empty(m, np.float64)
    sums = np.empty(max(m, 1))
    for pattern in range(table.shape[0]):
        for j in range(m):
            satisfied[j] = 1.0 if pattern & above[j] == turns[j] else 0.0
        for j in range(m):
            sums[:] = 0.0
            sums[0] = 1.0
            top = 0
            for k in range(m):
                if k == j:
                    continue
                top += 1
                for s in range(top, 0, -1):
                    sums[s] = sums[s] * shares[k] + sums[s - 1] * satisfied[k]
                sums[0] = sums[0] * shares[k]
            mean = 0.0
            for s in range(m):
                mean += sums[s] * weights[s]
            table[pattern, columns[j]] += value * (satisfied[j] - shares[j]) * mean


@numba.njit(cache=True, nogil=True)
def _look_up(rows, out, split_from, kind, feature, threshold, codes, told_from, told, table_from, table):
    n_columns = rows.shape[1]
    values = np.empty((n_columns, _BLOCK))
    given = np.empty((n_columns, _BLOCK))
    pattern = np.empty(_BLOCK, np.int64)
    # Clump by clump over a block of rows, so that a clump's table stays near the processor.
    for first in range(0, rows.shape[0], _BLOCK):
        n = min(_BLOCK, rows.shape[0] - first)
        given[:] = 0.0
        for r in range(n):
            for column in range(n_columns):
                values[column, r] = rows[first + r, column]
        for clump in range(split_from.shape[0] - 1):
            pattern[:n] = 0
            for split in range(split_from[clump], split_from[clump + 1]):
                bit = np.int64(1) << (split - split_from[clump])
                _mark(pattern[:n], bit, kind[split], values[feature[split]], threshold[split], codes[split])
            width = told_from[clump + 1] - told_from[clump]
            for j in range(width):
                to, start = given[told[told_from[clump] + j]], table_from[clump] + j
                for r in range(n):
                    to[r] += table[start + pattern[r] * width]
        for r in range(n):
            for column in range(n_columns):
                out[first + r, column] += given[column, r]


@numba.njit(cache=True, nogil=True)
def _mark(pattern, bit, kind, values, threshold, codes):
    """Set `bit` in the pattern of each row whose value leads left."""
    if kind == _AT_MOST:
        for r in range(pattern.shape[0]):
            pattern[r] |= bit if values[r] <= threshold else 0
    elif kind == _NOT_ABOVE:
        for r in range(pattern.shape[0]):
            pattern[r] |= 0 if values[r] > threshold else bit
    elif kind == _IN_SET:
        for r in range(pattern.shape[0]):
            if 0 <= values[r] < 64 and (codes >> np.uint64(values[r])) & np.uint64(1):
                pattern[r] |= bit
    else:
        for r in range(pattern.shape[0]):
            lacking = np.isnan(values[r]) or -_ZERO <= values[r] <= _ZERO
            if kind == _AT_MOST_OR_ZERO_LEFT if lacking else values[r] <= threshold:
                pattern[r] |= bit
