"""SHAP values of a LightGBM booster, exact and several times faster than walking every tree's subsets anew.

Path-dependent TreeSHAP (Lundberg and others 2020) says what a leaf gives to each feature on its path once it is known
which of those features' splits the row satisfies. A leaf of m features has only 2^m such patterns, so what each of
them gives is worked out once per booster (as in Fast TreeSHAP v2, Yang 2021) and a row only looks it up.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import lightgbm as lgb
import numba
import numpy as np

MOST_PATH_FEATURES = 10
"""A leaf with more features on its path than this makes the table too large; LightGBM's own walk is used instead."""
_MISSING = {"None": 0, "Zero": 1, "NaN": 2}
_ZERO = 1e-35
_LEAST_ROWS_PER_THREAD = 500
_BLOCK = 128


@dataclass(frozen=True)
class Trees:
    """A booster's trees as arrays. Nodes of a tree stand together, and so do its leaves and their path features.

    A node sends a row left by `threshold` or, where `words` is not 0 or `is_set` says so, by a set of category codes.
    Leaf k has the path features path_feature[path_from[k]:path_from[k + 1]]; `path_nodes` are the tree's nodes (bits)
    that split by that feature on the way, `turns` the way (bit set: left) that leads to the leaf, and table_from[k]
    is where its table (patterns x path features) begins. `expected` is the mean margin.
    """

    n_features: int
    expected: float
    node_from: np.ndarray
    leaf_from: np.ndarray
    feature: np.ndarray
    threshold: np.ndarray
    missing: np.ndarray
    default_left: np.ndarray
    is_set: np.ndarray
    words: np.ndarray
    path_from: np.ndarray
    path_feature: np.ndarray
    path_nodes: np.ndarray
    turns: np.ndarray
    table_from: np.ndarray
    table: np.ndarray


def trees_of(booster: lgb.Booster) -> Trees | None:
    """The booster's trees laid out for `shap_values`; None where they do not fit (see MOST_PATH_FEATURES)."""
    dumped = booster.dump_model(num_iteration=-1)["tree_info"]
    layout = _Layout()
    for tree in dumped:
        if not layout.add(tree["tree_structure"]):
            return None
    return layout.done(booster.num_feature())


def shap_values(trees: Trees, values: np.ndarray, num_threads: int = 1) -> np.ndarray:
    """SHAP values of the margin: rows x (features + 1), the expected margin last, as LightGBM's `pred_contrib`."""
    rows = np.ascontiguousarray(values, dtype=np.float64)
    out = np.zeros((len(rows), trees.n_features + 1))
    out[:, -1] = trees.expected
    arrays = (
        trees.node_from, trees.leaf_from, trees.feature, trees.threshold, trees.missing, trees.default_left,
        trees.is_set, trees.words, trees.path_from, trees.path_feature, trees.path_nodes, trees.turns,
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


class _Layout:
    """Collects trees into flat lists, then arrays."""

    def __init__(self) -> None:
        self.nodes: list[tuple[int, float, int, bool, bool, int]] = []
        self.node_from, self.leaf_from, self.path_from, self.table_from = [0], [0], [0], [0]
        self.path_feature: list[int] = []
        self.path_nodes: list[int] = []
        self.turns: list[int] = []
        self.leaf_values: list[float] = []
        self.kept_shares: list[float] = []
        self.expected = 0.0

    def add(self, root: dict[str, Any]) -> bool:
        """Lay out one tree; False where it does not fit."""
        start = len(self.nodes)
        leaves: list[tuple[dict[str, Any], list[tuple[int, int, bool, float]]]] = []
        self._walk(root, [], leaves, start)
        self.node_from.append(len(self.nodes))
        self.leaf_from.append(self.leaf_from[-1] + len(leaves))
        if len(self.nodes) - start > 63 or any(node[5] < 0 for node in self.nodes[start:]):
            return False
        return all(self._add_leaf(leaf, path) for leaf, path in leaves)

    def _walk(self, node: dict[str, Any], path: list, leaves: list, start: int) -> None:
        if "split_feature" not in node:
            leaves.append((node, path))
            return
        place = len(self.nodes) - start
        is_set = node["decision_type"] == "=="
        word = _word(node["threshold"]) if is_set else 0
        threshold = 0.0 if is_set else float(node["threshold"])
        missing = _MISSING[node["missing_type"]]
        self.nodes.append((node["split_feature"], threshold, missing, bool(node["default_left"]), is_set, word))
        for side, left in (("left_child", True), ("right_child", False)):
            share = _count(node[side]) / node["internal_count"]
            self._walk(node[side], [*path, (place, node["split_feature"], left, share)], leaves, start)

    def _add_leaf(self, leaf: dict[str, Any], path: list[tuple[int, int, bool, float]]) -> bool:
        features = list(dict.fromkeys(feature for _, feature, _, _ in path))
        if len(features) > MOST_PATH_FEATURES:
            return False
        shares = [float(np.prod([share for _, f, _, share in path if f == feature])) for feature in features]
        self.path_feature += features
        self.path_nodes += [sum(1 << place for place, f, _, _ in path if f == feature) for feature in features]
        self.turns.append(sum(1 << place for place, _, left, _ in path if left))
        self.kept_shares += shares
        self.path_from.append(len(self.path_feature))
        self.table_from.append(self.table_from[-1] + (len(features) << len(features)))
        self.leaf_values.append(float(leaf["leaf_value"]))
        self.expected += float(leaf["leaf_value"]) * float(np.prod(shares))
        return True

    def done(self, n_features: int) -> Trees:
        columns: list[Any] = list(zip(*self.nodes, strict=True)) if self.nodes else [[]] * 6
        path_from, table_from = np.array(self.path_from), np.array(self.table_from)
        table = np.zeros(table_from[-1])
        _fill_tables(table, table_from, path_from, np.array(self.kept_shares), np.array(self.leaf_values))
        return Trees(
            n_features=n_features,
            expected=self.expected,
            node_from=np.array(self.node_from),
            leaf_from=np.array(self.leaf_from),
            feature=np.array(columns[0], np.int64),
            threshold=np.array(columns[1], np.float64),
            missing=np.array(columns[2], np.int64),
            default_left=np.array(columns[3], np.bool_),
            is_set=np.array(columns[4], np.bool_),
            words=np.array(columns[5], np.uint64),
            path_from=path_from,
            path_feature=np.array(self.path_feature, np.int64),
            path_nodes=np.array(self.path_nodes, np.uint64),
            turns=np.array(self.turns, np.uint64),
            table_from=table_from,
            table=table,
        )


def _count(node: dict[str, Any]) -> int:
    return int(node["internal_count"] if "internal_count" in node else node["leaf_count"])


def _word(codes: str) -> int:
    """A set of category codes, given as "1||5", as bits; -1 where a code is too large for one word."""
    numbers = [int(code) for code in codes.split("||")]
    return sum(1 << number for number in numbers) if max(numbers) < 64 else -1


@numba.njit(cache=True)
def _fill_tables(table, table_from, path_from, shares, leaf_values):
    """For each leaf and pattern of satisfied features, what the leaf gives to each feature on its path."""
    for leaf in range(leaf_values.shape[0]):
        start = path_from[leaf]
        m = path_from[leaf + 1] - start
        weights = np.empty(max(m, 1))
        # weights[s] = s! (m - s - 1)! / m!, the chance of a set of s others before the feature.
        if m > 0:
            weights[0] = 1.0 / m
            for s in range(1, m):
                weights[s] = weights[s - 1] * s / (m - s)
        sums = np.empty(max(m, 1))
        for pattern in range(1 << m):
            for j in range(m):
                sums[:] = 0.0
                sums[0] = 1.0
                top = 0
                for k in range(m):
                    if k == j:
                        continue
                    satisfied = (pattern >> k) & 1
                    top += 1
                    for s in range(top, 0, -1):
                        sums[s] = sums[s] * shares[start + k] + sums[s - 1] * satisfied
                    sums[0] = sums[0] * shares[start + k]
                mean = 0.0
                for s in range(m):
                    mean += sums[s] * weights[s]
                here = 1.0 if (pattern >> j) & 1 else 0.0
                place = table_from[leaf] + pattern * m + j
                table[place] = leaf_values[leaf] * (here - shares[start + j]) * mean


@numba.njit(cache=True, nogil=True)
def _look_up(
    rows, out, node_from, leaf_from, feature, threshold, missing, default_left, is_set, words,
    path_from, path_feature, path_nodes, turns, table_from, table,
):  # fmt: skip
    one, none = np.uint64(1), np.uint64(0)
    # Tree by tree over a block of rows, so that a tree's table stays near the processor.
    for block in range(0, rows.shape[0], _BLOCK):
        block_end = min(block + _BLOCK, rows.shape[0])
        for tree in range(node_from.shape[0] - 1):
            first_node = node_from[tree]
            for r in range(block, block_end):
                lefts = none
                for node in range(first_node, node_from[tree + 1]):
                    value = rows[r, feature[node]]
                    if is_set[node]:
                        if np.isnan(value) or value < 0 or value >= 64:
                            left = False
                        else:
                            left = (words[node] >> np.uint64(value)) & one == one
                    else:
                        lacking = np.isnan(value)
                        if lacking and missing[node] != 2:
                            value = 0.0
                            lacking = False
                        if (missing[node] == 2 and lacking) or (missing[node] == 1 and -_ZERO <= value <= _ZERO):
                            left = default_left[node]
                        else:
                            left = value <= threshold[node]
                    if left:
                        lefts |= one << np.uint64(node - first_node)
                for leaf in range(leaf_from[tree], leaf_from[tree + 1]):
                    off = lefts ^ turns[leaf]
                    start, stop = path_from[leaf], path_from[leaf + 1]
                    pattern = 0
                    for j in range(start, stop):
                        pattern |= np.int64(off & path_nodes[j] == none) << (j - start)
                    place = table_from[leaf] + pattern * (stop - start) - start
                    for j in range(start, stop):
                        out[r, path_feature[j]] += table[place + j]
