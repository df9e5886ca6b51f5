"""A bundle gives back the model to the byte, and one that was changed is refused by name."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from history.errors import ModelUnavailable
from tests.lib.foreign_bundle import rewritten
from training.bundle import load_bundle, save_bundle
from training.bundle_files import CHECKSUMS, bundle_bytes
from training.deal_model import DealModel
from training.small_data import TableModel


@pytest.fixture(params=["model", "tables"])
def either(request: pytest.FixtureRequest) -> DealModel | TableModel:
    return request.getfixturevalue(request.param)


def test_what_is_loaded_says_the_same(either: DealModel | TableModel, open_deals: pd.DataFrame, tmp_path: Path) -> None:
    loaded = load_bundle(save_bundle(either, tmp_path / "bundle"), "7")
    pd.testing.assert_frame_equal(loaded.predict(open_deals, 45.0), either.predict(open_deals, 45.0), check_exact=True)
    assert np.array_equal(loaded.explain(open_deals).points, either.explain(open_deals).points)
    chance = either.predict(open_deals, 45.0)["win_probability"].to_numpy()
    pd.testing.assert_frame_equal(loaded.health(open_deals, chance), either.health(open_deals, chance))
    assert (loaded.version, loaded.trained_as_of) == ("7", either.trained_as_of)


def test_saving_what_was_loaded_gives_the_same_bytes(either: DealModel | TableModel, tmp_path: Path) -> None:
    first = save_bundle(either, tmp_path / "first")
    second = save_bundle(load_bundle(first, "7"), tmp_path / "second")
    assert (first / CHECKSUMS).read_bytes() == (second / CHECKSUMS).read_bytes()


def test_nothing_in_a_bundle_is_a_pickle(bundle: Path) -> None:
    assert sorted(path.name for path in bundle.iterdir()) == [CHECKSUMS, "lose.txt", "model.json", "win.txt"]
    for path in bundle.iterdir():
        path.read_text(encoding="utf-8")
    assert bundle_bytes(bundle) < 5_000_000


@pytest.mark.parametrize("name", ["model.json", "win.txt", "lose.txt"])
def test_a_changed_file_is_named(bundle: Path, name: str) -> None:
    (bundle / name).write_text((bundle / name).read_text() + " ")
    with pytest.raises(ModelUnavailable, match=rf"model 3: .*{name} is not what was saved: its checksum differs"):
        load_bundle(bundle, "3")


def test_a_missing_file_is_named(bundle: Path) -> None:
    (bundle / "win.txt").unlink()
    with pytest.raises(ModelUnavailable, match=r"model 3: .*win\.txt is missing\. Restore it from a copy"):
        load_bundle(bundle, "3")


def test_a_file_that_does_not_belong_is_named(bundle: Path) -> None:
    (bundle / "extra.pkl").write_bytes(b"\x80\x04.")
    with pytest.raises(ModelUnavailable, match=r"extra\.pkl is not what was saved"):
        load_bundle(bundle, "3")


def test_a_folder_without_checksums_is_no_bundle(tmp_path: Path) -> None:
    with pytest.raises(ModelUnavailable, match=r"checksums\.json cannot be read; expected a bundle as training leaves"):
        load_bundle(tmp_path, "3")


def test_a_bundle_of_other_features_is_refused_by_its_feature_version(bundle: Path) -> None:
    with pytest.raises(ModelUnavailable, match="was trained on feature version 0123456789ab; this installation"):
        load_bundle(rewritten(bundle, feature_version="0123456789ab"), "3")


def test_a_bundle_of_another_format_is_refused(bundle: Path) -> None:
    with pytest.raises(ModelUnavailable, match="is of format 99; expected 1"):
        load_bundle(rewritten(bundle, format=99), "3")
