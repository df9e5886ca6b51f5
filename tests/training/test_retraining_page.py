"""The report of a retraining tells an analyst, in both languages, all that has to be answered for."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import polars as pl
import pytest

from tests.training.retraining_company import OPTIONS, QUARTER, company, place_at, plan
from training.backtest import training_matrix
from training.bundle import save_bundle
from training.choice import fit_model
from training.probes.drift import Drift
from training.report import PLOT_CAPTION
from training.retraining.journal import Journal, read_json, write_json
from training.retraining.page import decided, named, retraining_page
from training.retraining.plan import read_plan
from training.retraining.run import Outcome, retrain
from training.retraining.verdict import Decision
from training.retraining.work import Work


@pytest.fixture(scope="module")
def done(home: Path) -> Outcome:
    """A retraining beside a champion of the quarter before."""
    registry, earlier = place_at(home).registry, plan("2025Q4").as_of
    model, _ = fit_model(training_matrix(company(), earlier), company(), earlier, OPTIONS)
    version = registry.log(save_bundle(model, home / "bundle"), earlier, {}, {}, {}, {})
    registry.promote(version, "tests", "the first")
    return retrain(plan(champion=version), place_at(home), company, lands)


def lands(history: object, model: object, period: str, as_of: object) -> pl.DataFrame:
    """A forecast of the company that misses once and holds once."""
    said = {"p10": 1.0, "p50": 2.0, "p90": 3.0, "mean": 2.0, "booked": 2.0 if model is None else 0.0}
    rows = [{"scope_kind": "company", "scope_id": "company", "period": period, "as_of": as_of, **said}]
    wide = {"p10": 5.0, "p50": 6.0, "p90": 7.0}
    return pl.DataFrame([*rows, {**rows[0], "scope_kind": "team", "scope_id": "T1", **wide}])


@pytest.fixture(scope="module")
def page(done: Outcome) -> str:
    return (done.folder / "tell" / "report.html").read_text(encoding="utf-8")


def part(page: str, title: str) -> str:
    """What stands below a title, without tags and line breaks."""
    return " ".join(re.sub(r"<[^>]+>", " ", page.split(f"<h2>{title}")[1].split("<h2>")[0]).split())


def test_it_fits_a_phone_and_loads_nothing(page: str) -> None:
    assert 'name="viewport"' in page
    assert not re.search(r"https?:|<script|<link", page)


def test_the_plot_is_told_in_both_languages_though_it_is_drawn_in_one(page: str) -> None:
    calibration = part(page, "Calibration")
    assert all(words in calibration for words in PLOT_CAPTION)
    assert page.count("data:image/png") == page.count("<figcaption>") == 1


def test_it_says_what_it_was_made_from(page: str, done: Outcome) -> None:
    data = part(page, "Data")
    frozen = read_json(done.folder / "freeze" / "frozen.json")
    assert frozen["content_hash"] in data
    assert plan().features in data
    assert "champion compared with · 对比的现役版本 1 (2026-01-01)" in data
    assert f"deals 每个商机一行；只含不变的事实 {frozen['rows']['deals']:,}" in data


def test_where_few_deals_cannot_tell_of_drift_it_says_so(page: str, done: Outcome) -> None:
    assert read_json(done.folder / "probe" / "drift.json") is None
    assert "Too few quarters or deals to tell whether features have drifted. 季度或商机太少" in part(
        page, "What changed"
    )


@pytest.mark.parametrize("drifted", [False, True])
def test_what_changed_is_told_with_psi_noise_and_counts(done: Outcome, tmp_path: Path, drifted: bool) -> None:
    shutil.copytree(done.folder.parents[2], tmp_path / "copy")
    place = place_at(tmp_path / "copy")
    journal = Journal(place.retrainings / QUARTER)
    small, large = (Drift(name, psi, 0.1, 400, 90, drifted, f"{name} moved", f"{name} 变了") for name, psi in MOVED)
    write_json(journal.place("probe") / "drift.json", [small.as_dict(), large.as_dict()])
    work = Work(read_plan(journal.plan), journal, place.registry, place.frozen, company, None, None, print)
    told = part(retraining_page(work, done.decision), "What changed")
    assert ("whether features" in told, "distributed otherwise" in told) == (False, True)
    assert ("these moved most" in told) is not drifted
    assert "amount moved amount 变了 0.900 0.100 400 → 90 stage moved stage 变了 0.300 0.100 400 → 90" in ordered(told)


MOVED = (("stage", 0.3), ("amount", 0.9))


def ordered(told: str) -> str:
    """The rows of what drifted in the order of their size, whatever order they are told in."""
    rows = re.findall(r"\w+ moved \w+ 变了 [\d.]+ [\d.]+ \d+ → \d+", told)
    return " ".join(sorted(rows))


def test_both_models_stand_side_by_side_with_intervals(page: str) -> None:
    told = part(page, "Challenger against champion")
    for name in ("challenger · 候选", "champion · 现役 1"):
        assert re.search(rf"{name} \d\.\d{{3}} \d\.\d{{3}}–\d\.\d{{3}} ", told), told
    assert re.search(r"对数损失小 [+-]\d\.\d{4} \([+-]\d\.\d{4} – [+-]\d\.\d{4}\)", told)


def test_calibration_is_shown_with_counts_that_add_up_to_the_rows(page: str, done: Outcome) -> None:
    rows = pl.read_parquet(done.folder / "replay" / "rows.parquet").height
    counts = re.findall(r"\d+–\d+% ([\d,]+) [\d,]+ \d+\.\d%", part(page, "Calibration"))
    assert sum(int(count.replace(",", "")) for count in counts) == rows


def test_the_heaviest_feature_stands_first_in_words(page: str, done: Outcome) -> None:
    shares = read_json(done.folder / "probe" / "reasons.json")["importance"]
    told = part(page, "What reasons rest on")
    heaviest = max(shares, key=lambda name: (shares[name], name))
    assert told.startswith("· 原因构成 Share of all SHAP points of the deals open on the day, the largest first. ")
    assert told.split("由大到小。 ")[1].startswith(f"{named(heaviest)} {heaviest} {100 * shares[heaviest]:.1f}%")


def test_deals_that_moved_most_say_why(page: str, done: Outcome) -> None:
    moved = pl.read_parquet(done.folder / "probe" / "unchanged.parquet")
    most = moved.sort((pl.col("after") - pl.col("before")).abs(), "deal_id", descending=[True, False]).row(
        0, named=True
    )
    told = part(page, "Deals whose chance moved most").split("why · 原因 ")[1]
    assert told.startswith(f"{most['deal_id']} {most['stage']} {100 * most['before']:.0f}% {100 * most['after']:.0f}% ")
    for reason in most["moved_by"]:
        assert f"{named(reason['code'])} {reason['before']:+.1f} → {reason['after']:+.1f}" in told
    apart = [abs(reason["after"] - reason["before"]) for reason in most["moved_by"]]
    assert apart == sorted(apart, reverse=True)


def test_forecasts_say_how_many_results_they_held(page: str) -> None:
    told = part(page, "Where quarters were said to land")
    assert "2 of 4 results lay within p10 to p90" in told
    assert "4 个结果中有 2 个落在 p10 至 p90 之间" in told
    assert "team T1 5 6 7 2 no · 否" in told


@pytest.mark.parametrize(
    ("decision", "by", "why_zh"),
    [
        (Decision(True, "gate", "the gate found nothing"), "the gate", "上线检验未发现问题"),
        (Decision(False, "gate", "the gate found G05, G14"), "the gate", "上线检验发现问题：G05、G14"),
        (Decision(True, "Li Wei", "as agreed (the gate found G05)"), "Li Wei", "as agreed (the gate found G05)"),
    ],
)
def test_the_decision_says_who_and_why_in_both_languages(decision: Decision, by: str, why_zh: str) -> None:
    assert (decided(decision)["by"], decided(decision)["why_zh"]) == (by, why_zh)


def test_the_page_carries_the_decision_of_the_run(page: str, done: Outcome) -> None:
    assert f"Decided by the gate: {done.decision.why}." in page
    assert decided(done.decision)["why_zh"] in page
    assert f"Retraining {QUARTER}" in page
