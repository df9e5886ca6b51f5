"""What forecasts have learned is kept with a version, is verified when it is read, and is learned again the same."""

from __future__ import annotations

import datetime as dt
import json
import shutil
from pathlib import Path

import pytest

from history.as_of import known
from history.errors import ModelUnavailable
from history.synthetic import generate
from serving.landings import learned
from tests.training.retraining_company import QUARTER, company, place_at, plan, retrained
from training.attainment.record import document_hash, document_text, shown
from training.bundle import Model
from training.deal_model import DealModel
from training.evidence import ATTAINMENT, ATTAINMENT_HASH
from training.retraining.run import Outcome


@pytest.fixture(scope="module")
def done(home: Path) -> Outcome:
    return retrained(home, learns=learned)


def test_a_retraining_keeps_what_the_next_quarters_forecasts_rest_on(home: Path, done: Outcome) -> None:
    registry = place_at(home).registry
    version = registry.get(done.version)
    kept = registry.attainment(version)
    assert kept is not None
    assert (kept["period"], kept["as_of"]) == ("2026Q2", plan().as_of.isoformat())
    assert version.tags[ATTAINMENT_HASH] == document_hash(kept)
    assert set(kept["corrections"]) == {"amount", "count"}
    assert kept["new"]["count"] > 0
    page = (done.folder / "tell" / "report.html").read_text(encoding="utf-8")
    assert all(one.value in page and one.value_zh in page for one in shown(kept) if "&" not in one.value)


def test_whoever_asks_on_that_day_or_later_learns_the_same(home: Path, done: Outcome) -> None:
    registry = place_at(home).registry
    version = registry.get(done.version)
    model = registry.load(version)
    again = learned(company(), model, "2026Q2", plan().as_of)
    assert document_hash(again) == version.tags[ATTAINMENT_HASH]
    assert document_hash(learned(known(company(), plan().as_of), model, "2026Q2", plan().as_of)) == document_hash(again)


def test_another_day_learns_something_else(home: Path, done: Outcome) -> None:
    registry = place_at(home).registry
    version = registry.get(done.version)
    earlier = learned(company(), registry.load(version), QUARTER, plan("2025Q4").as_of)
    assert document_hash(earlier) != version.tags[ATTAINMENT_HASH]


def test_what_was_changed_or_lost_since_is_refused_by_name(home: Path, done: Outcome, tmp_path: Path) -> None:
    shutil.copytree(home, tmp_path / "copy")
    registry = place_at(tmp_path / "copy").registry
    version = registry.get(done.version)
    path = registry.bundle_folder(version).parent / ATTAINMENT
    path.write_text(document_text({**json.loads(path.read_text()), "base": "rep"}), encoding="utf-8")
    with pytest.raises(
        ModelUnavailable, match=rf"model {version.version}: .*attainment\.json is not what was registered"
    ):
        registry.attainment(version)
    path.unlink()
    with pytest.raises(ModelUnavailable, match=r"attainment\.json is missing"):
        registry.attainment(version)


def test_a_version_without_it_says_none(home: Path, done: Outcome) -> None:
    registry = place_at(home).registry
    bundle = registry.bundle_folder(registry.get(done.version))
    plain = registry.get(registry.log(bundle, plan().as_of, {}, {}, {}, {}))
    assert registry.attainment(plain) is None


def test_every_figure_of_a_grown_company_is_shown_in_both_languages(model: DealModel) -> None:
    told = shown(learned(generate(400, seed=5).history, model, "2026Q2", dt.datetime(2026, 3, 31, 16)))
    assert {"common shock", "deals still to come", "correction: amount"} <= {one.en for one in told}
    assert all(one.zh and one.value_zh for one in told)
    assert all("none" not in one.value_zh and "linear" not in one.value_zh for one in told)


def test_the_document_holds_what_the_correction_is_made_of(model: Model) -> None:
    history = generate(1_500, seed=7).history
    found = learned(history, model, "2026Q2", dt.datetime(2026, 5, 15, 16))
    fits = [done["fit"] for done in found["corrections"].values() if done["used"] != "none"]
    assert json.loads(document_text(found)) == found
    assert fits
    assert all(set(fit) == {"level", "means", "slopes", "trees"} and len(fit["means"]) > 5 for fit in fits)
