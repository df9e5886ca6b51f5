"""One training leaves a frozen history, a registered version with its card, and a verdict."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pandas as pd
import pytest

from history.as_of import known
from history.errors import NoHistory
from history.freeze import read_frozen
from history.record import History
from history.synthetic import generate
from tests.training.conftest import QUICK
from training.pipeline import TrainReport, held_out_period, train
from training.registry import Registry


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def registry(home: Path) -> Registry:
    return Registry(home / "workspace", "w1")


@pytest.fixture(scope="module")
def report(company: History, cut: dt.datetime, registry: Registry, home: Path) -> TrainReport:
    return train(company, cut, registry, home / "workspace" / "frozen", options=QUICK)


def test_the_first_version_becomes_champion(report: TrainReport, registry: Registry, cut: dt.datetime) -> None:
    champion = registry.champion()
    assert champion is not None
    assert (champion.version, champion.trained_as_of) == (report.version, cut)
    assert report.promoted


def test_what_only_a_retraining_looks_at_is_said_so(report: TrainReport) -> None:
    said = {one.code: one.sentence for one in report.gate}
    assert {said[code] for code in ("G04", "G08", "G09", "G10", "G13")} == {
        "not looked at by `dealcast train`; `dealcast retrain` does"
    }


def test_the_version_carries_its_evidence(report: TrainReport, registry: Registry) -> None:
    version = registry.get(report.version)
    assert version.tags["content_hash"] == report.content_hash
    assert {"model.log_loss", "stage_age.log_loss", "bundle_bytes"} <= set(version.metrics)
    folder = registry.bundle_folder(version).parent / "evidence"
    kept = sorted(str(path.relative_to(folder)) for path in folder.rglob("*.*"))
    assert kept == ["calibration/calibration.png", "card/model_card.md", "report/report.html", "told/told.json"]


def test_the_frozen_history_is_what_was_known_and_is_kept_under_its_hash(
    report: TrainReport, company: History, cut: dt.datetime, home: Path
) -> None:
    folder = home / "workspace" / "frozen" / report.content_hash[:16]
    frozen = read_frozen(folder)
    assert frozen["deal_changes"].height == known(company, cut)["deal_changes"].height
    assert [path.name for path in folder.parent.iterdir()] == [folder.name]


def test_the_card_says_what_was_trained_and_how_good_it_was(report: TrainReport) -> None:
    assert report.card.startswith(f"# Model {report.version}\n")
    for words in ("Purpose:", "deals won", "stage × age table", "| G01 |", "## Limits", "within"):
        assert words in report.card
    assert str(report) == report.card


def test_later_history_does_not_change_the_bundle(
    report: TrainReport, company: History, cut: dt.datetime, tmp_path: Path, registry: Registry
) -> None:
    again = Registry(tmp_path / "workspace", "w1")
    second = train(known(company, cut), cut, again, tmp_path / "workspace" / "frozen", options=QUICK)
    sums = [r.bundle_folder(r.get(v)) / "checksums.json" for r, v in ((registry, report.version), (again, "1"))]
    assert sums[0].read_bytes() == sums[1].read_bytes()
    assert second.content_hash == report.content_hash


def test_a_day_before_any_data_is_refused_in_one_line(company: History, registry: Registry, tmp_path: Path) -> None:
    early = company.settings.start_of(dt.date(2001, 1, 1))
    with pytest.raises(NoHistory, match=r"nothing was known of any deal before 2001-01-01; .* Give a later --as-of"):
        train(company, early, registry, tmp_path, options=QUICK)


def test_few_deals_register_tables_that_serve_until_a_model_can(tmp_path: Path) -> None:
    history = generate(50, seed=1).history
    registry = Registry(tmp_path / "workspace", "w1")
    as_of = history.settings.start_of(dt.date(2024, 1, 1))
    report = train(history, as_of, registry, tmp_path / "workspace" / "frozen", options=QUICK)
    assert report.kind == "tables"
    assert report.promoted
    assert "Few deals have closed" in report.card
    spine = pd.DataFrame({"stage": ["Qualify"], "age_days": [10.0]})
    spine.index = pd.MultiIndex.from_tuples([("D1", pd.Timestamp(as_of))], names=["deal_id", "as_of"])
    assert registry.load(report.version).predict(spine, 30.0)["win_by_horizon"].between(0, 1).all()


def test_the_held_out_period_is_the_last_whole_one_with_history_before_it(company: History) -> None:
    start = company.settings.start_of
    assert held_out_period(company, start(dt.date(2026, 2, 10))).name == "2025Q4"  # type: ignore[union-attr]
    assert held_out_period(company, start(dt.date(2023, 10, 20))).name == "2023-09"  # type: ignore[union-attr]
    assert held_out_period(company, start(dt.date(2023, 7, 20))) is None


def test_a_second_training_is_held_against_the_champion_on_days_that_neither_had_learned(
    report: TrainReport, company: History, registry: Registry, home: Path
) -> None:
    later = company.settings.start_of(dt.date(2026, 4, 1))
    second = train(company, later, registry, home / "workspace" / "frozen", options=QUICK)
    by_code = {result.code: result for result in second.gate}
    assert f"champion {report.version}" in by_code["G05"].sentence
    assert second.promoted == all(result.outcome != "found" for result in second.gate)
