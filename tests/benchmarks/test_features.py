"""The comparison of features with pandas: both sides say the same, and the engine is measured on its own."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from benchmarks import features
from benchmarks._tiled_crm import END, write_crm
from features.aggregate import Op
from features.catalogue import FEATURES, aggregates_of
from features.matrix import build_matrix, prepare
from features.spine import open_spine
from history.synthetic import generate


@pytest.fixture(scope="module")
def crm(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("crm")
    write_crm(folder, 150)
    return folder


def test_pandas_and_the_engine_build_the_same_columns(crm: Path, tmp_path: Path) -> None:
    for side in ("engine", "pandas"):
        found = features.run_side(side, crm, tmp_path / side)
        assert found.rows > 1_000
        assert set(found.parts) == set(found.busy)
    features.check_equal(tmp_path / "engine", tmp_path / "pandas")


def test_a_difference_between_the_sides_is_named(crm: Path, tmp_path: Path) -> None:
    for side in ("one", "other"):
        features.run_side("engine", crm, tmp_path / side)
    (tmp_path / "other" / "amount.npy").replace(tmp_path / "other" / "age_days.npy")
    with pytest.raises((AssertionError, FileNotFoundError), match=r"amount|age_days"):
        features.check_equal(tmp_path / "one", tmp_path / "other")


def test_sizes_are_told_beside_pandas_with_what_was_asked(tmp_path: Path) -> None:
    told = "\n".join(features.compare(tmp_path, [60], runs=1, pandas_up_to=60))
    assert "| 60 |" in told
    assert "| pandas | build |" in told
    assert "| times pandas at 60 deals, 8 or more |" in told


def test_every_kind_of_aggregate_is_compared() -> None:
    compared = [aggregate for name in features.COMPARED for aggregate in aggregates_of(FEATURES[name])]
    assert {aggregate.op for aggregate in compared} == set(Op.__args__)  # type: ignore[attr-defined]
    assert {aggregate.stream.entity for aggregate in compared} == {"deal"}
    assert len(features.COMPARED) >= 24


def test_some_features_are_those_of_the_whole_matrix() -> None:
    history = generate(60, 3).history
    spine = open_spine(history, [END - dt.timedelta(days=60)])
    some = build_matrix(prepare(history, ("rep_win_rate", "amount")), spine, names=("rep_win_rate", "amount"))
    whole = build_matrix(history, spine)
    assert list(some.columns) == [name for name in FEATURES if name in ("rep_win_rate", "amount")]
    assert some.equals(whole[list(some.columns)])
    halved = build_matrix(history, spine, dtype="float32")
    assert halved["amount"].dtype == "float32"
    assert halved["amount"].equals(whole["amount"].astype("float32"))
