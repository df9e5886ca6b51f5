"""By hand, no version serves that this installation could not load, and none without a reason; nothing changes then."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path

import pytest

from features.catalogue import OF_FIELD, feature_version
from history.errors import ModelUnavailable, RequestInvalid
from tests.lib.foreign_bundle import OLDER, aged, rewritten, swapped
from tests.training.conftest import logged
from training.promotion import Order, promote, roll_back
from training.registry import Registry

JANUARY, APRIL = dt.datetime(2026, 1, 1), dt.datetime(2026, 4, 1)
ORDER = Order("ann", "reviewed", dt.datetime(2026, 7, 2, 9))
ROADS = [promote, roll_back]
Road = Callable[..., object]


@pytest.fixture
def two(registry: Registry, bundle: Path) -> Registry:
    """Two versions, of which the first serves."""
    registry.promote(logged(registry, bundle, JANUARY), "gate", "the gate found nothing")
    logged(registry, bundle, APRIL)
    return registry


def folder_of(registry: Registry) -> Path:
    return registry.bundle_folder(registry.get("2"))


def refused(registry: Registry, road: Road, said: str, fields: tuple[str, ...] | None = None) -> None:
    """The second version is refused in these words, and the registry stays as it was."""
    before = registry.versions(), registry.events()
    with pytest.raises(ModelUnavailable, match=said):
        road(registry, "2", ORDER, fields)
    assert (registry.versions(), registry.events()) == before


@pytest.mark.parametrize("road", ROADS)
def test_a_version_that_can_be_loaded_serves_from_then_on(two: Registry, road: Road) -> None:
    road(two, "2", ORDER, ())
    assert two.champion() == two.get("2")
    assert two.events()[-1]["reason"] == "reviewed"
    assert two.events()[-1]["at"] == "2026-07-02T09:00:00"


@pytest.mark.parametrize("road", ROADS)
def test_a_damaged_one_is_refused_by_the_file(two: Registry, road: Road) -> None:
    (folder_of(two) / "lose.txt").write_text("tree")
    refused(two, road, r"^model 2: .*lose\.txt is not what was saved: its checksum differs\. Restore it from a copy")


@pytest.mark.parametrize("road", ROADS)
def test_one_that_lost_a_file_is_refused_by_the_file(two: Registry, road: Road) -> None:
    (folder_of(two) / "win.txt").unlink()
    refused(two, road, r"^model 2: .*win\.txt is missing\. Restore it from a copy, or train again\.$")


@pytest.mark.parametrize("road", ROADS)
def test_one_whose_trees_are_no_trees_is_refused_by_the_file(two: Registry, road: Road) -> None:
    swapped(folder_of(two), "win.txt", "tree\nversion=v4\n")
    refused(two, road, r"^model 2: .*win\.txt holds no trees; expected a model as LightGBM writes it\. Restore")


@pytest.mark.parametrize("road", ROADS)
def test_one_of_older_features_is_refused_by_both_versions(two: Registry, road: Road) -> None:
    aged(two, "2")
    both = f"^model 2 was trained on feature version {OLDER}; this installation computes {feature_version()}\\."
    refused(two, road, both)


@pytest.mark.parametrize("road", ROADS)
def test_one_that_reads_a_field_no_longer_configured_is_refused_by_the_field(two: Registry, road: Road) -> None:
    rewritten(folder_of(two), names=[f"{OF_FIELD}buyer_mood"])
    refused(two, road, r"^model 2 reads the field 'buyer_mood' of deals, which is no longer among \[features\]", ())


@pytest.mark.parametrize("road", ROADS)
def test_one_that_there_is_not_is_refused_by_its_number(two: Registry, road: Road) -> None:
    with pytest.raises(ModelUnavailable, match=r"model '9' is not registered; known versions: 2, 1\. Name one"):
        road(two, "9", ORDER)


@pytest.mark.parametrize("road", ROADS)
@pytest.mark.parametrize(
    ("order", "said"),
    [
        (Order("ann", " ", ORDER.at), "the reason is empty; expected why the version is to serve. Write it."),
        (Order("ann", "x" * 2_001, ORDER.at), "the reason has 2,001 characters; expected at most 2,000. Shorten it."),
        (
            Order("ann", "a\x00b", ORDER.at),
            "the reason holds a NUL, which no store keeps; expected text. Write it again.",
        ),
        (Order("a" * 201, "reviewed", ORDER.at), "the name has 201 characters; expected at most 200. Shorten it."),
    ],
)
def test_without_a_usable_reason_and_name_nothing_changes(two: Registry, road: Road, order: Order, said: str) -> None:
    before = two.versions(), two.events()
    with pytest.raises(RequestInvalid) as refusal:
        road(two, "2", order)
    assert str(refusal.value) == said
    assert (two.versions(), two.events()) == before
