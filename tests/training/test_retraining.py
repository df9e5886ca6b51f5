"""A retraining is done once, goes on where it stopped, and promotes only what the gate or a named person lets pass."""

from __future__ import annotations

import datetime as dt
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

from history.errors import DateInvalid, NoHistory, OutputInvalid, RegistryUnavailable, RequestInvalid, RetrainingInvalid
from history.record import History
from tests.training.retraining_company import QUARTER, company, place_at, plan, retrained
from tests.training.test_registry_trouble import free_port, no_file_longer_than
from training.registry import Registry
from training.retraining.approval import Approval, approval_of
from training.retraining.journal import Journal, folder_hash
from training.retraining.plan import past_of
from training.retraining.run import STEPS, Outcome, Under, due_quarter, is_finished, retrain

NAMES = [step.name for step in STEPS]
ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def done(home: Path) -> Outcome:
    return retrained(home)


@pytest.fixture
def copy(home: Path, done: Outcome, tmp_path: Path) -> Path:
    """A copy of the finished one, which a test may change."""
    shutil.copytree(home, tmp_path / "copy")
    return tmp_path / "copy"


@pytest.fixture
def fresh(made_database: Path, tmp_path: Path) -> Path:
    shutil.copytree(made_database, tmp_path / "fresh" / "mlruns")
    return tmp_path / "fresh"


def contents(home: Path, name: str = QUARTER) -> dict[str, str]:
    """The hash of what each step left."""
    return {entry.name: entry.content for entry in Journal(home / "workspace" / "retraining" / name).entries}


def results(home: Path) -> dict[str, str]:
    """As `contents`, without the number that the registry gave."""
    return {name: content for name, content in contents(home).items() if name != "register"}


def test_a_finished_retraining_has_a_registered_version_with_its_evidence(home: Path, done: Outcome) -> None:
    registry = place_at(home).registry
    version = registry.get(done.version)
    assert list(contents(home)) == NAMES
    assert (version.promoted, version.challenger) == (done.decision.promoted, not done.decision.promoted)
    assert version.tags["retraining"] == QUARTER
    kept = {path.parent.name for path in registry.bundle_folder(version).parent.glob("evidence/*/*")}
    assert {"card", "report", "told", "gate", "frozen", "surprises", "replay", "drift", "reasons", "timings"} <= kept
    assert registry.card(version).startswith(f"# Model {done.version}\n")  # type: ignore[union-attr]


def test_the_report_is_one_page_in_both_languages_that_loads_nothing(done: Outcome) -> None:
    page = (done.folder / "tell" / "report.html").read_text(encoding="utf-8")
    assert "http" not in page
    assert "<script" not in page
    for words in ("Retraining 2026Q1 · 再训练", "G16", "上线检验", "SHAP", "冻结历史"):
        assert words in page


def test_a_finished_retraining_run_again_says_so_and_changes_nothing(home: Path, done: Outcome) -> None:
    before = {path: path.stat().st_mtime_ns for path in (home / "workspace").rglob("*") if path.is_file()}
    again = retrained(home)
    assert not again.news
    assert (again.version, again.decision) == (done.version, done.decision)
    after = {path: path.stat().st_mtime_ns for path in (home / "workspace").rglob("*") if path.is_file()}
    lock = home / "workspace" / "retraining" / ".lock"
    assert {path: time for path, time in after.items() if path != lock} == {
        path: time for path, time in before.items() if path != lock
    }
    assert len(place_at(home).registry.versions()) == 1


def test_stopped_before_every_single_step_it_leaves_the_same(home: Path, done: Outcome, fresh: Path) -> None:
    for name in NAMES[1:]:
        with pytest.raises(KeyboardInterrupt):
            retrained(fresh, under=lambda under, name=name: stop_at(under, name))
    assert retrained(fresh).news
    assert results(fresh) == results(home)
    assert len(place_at(fresh).registry.versions()) == 1


def stop_at(under: Under, name: str) -> None:
    if under.step.name == name:
        raise KeyboardInterrupt


def test_killed_at_random_moments_it_leaves_the_same(home: Path, done: Outcome, fresh: Path) -> None:
    chance, kills = random.Random(3), 0
    for _ in range(20):
        running = begun(fresh)
        running.stdout.readline()  # type: ignore[union-attr]
        time.sleep(chance.uniform(0.0, 2.5))
        if kills == 3 or running.poll() is not None:
            break
        os.kill(running.pid, signal.SIGKILL)
        running.wait()
        kills += 1
    assert running.wait() == 0
    assert kills >= 1
    assert results(fresh) == results(home)
    assert len(place_at(fresh).registry.versions()) == 1


def begun(home: Path) -> subprocess.Popen[str]:
    """The company's retraining in a process of its own, which names each step as it comes to it."""
    command = [sys.executable, "-m", "tests.training.retraining_company", str(home)]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)


def test_what_was_changed_behind_its_back_is_done_again(copy: Path, done: Outcome) -> None:
    before = contents(copy)
    folder = copy / "workspace" / "retraining" / QUARTER
    document = json.loads((folder / "journal.json").read_text())
    (folder / "journal.json").write_text(json.dumps({**document, "finished": False}))
    (folder / "gate" / "gate.json").write_text("[]")
    seen: list[str] = []
    retrained(copy, under=lambda under: seen.append(under.step.name) if not under.done_before else None)
    assert seen == NAMES[NAMES.index("gate") :]
    assert contents(copy) == before
    assert len(place_at(copy).registry.versions()) == 1


def test_a_named_person_may_approve_what_the_gate_refused_and_that_is_on_record(copy: Path, done: Outcome) -> None:
    assert not done.decision.promoted
    approved = retrained(copy, approval=Approval("Li Wei", "a small company"), now=dt.datetime(2026, 4, 2))
    registry = place_at(copy).registry
    assert approved.decision.promoted
    assert registry.champion().version == done.version  # type: ignore[union-attr]
    event = registry.events()[-1]
    assert (event["by"], event["at"]) == ("Li Wei", "2026-04-02T00:00:00")
    assert event["reason"].startswith("a small company (the gate found G")
    assert not retrained(copy).news
    assert retrained(copy).decision.by == "Li Wei"


def test_an_approval_comes_too_late_where_another_champion_was_made(copy: Path, done: Outcome) -> None:
    registry = place_at(copy).registry
    bundle = registry.bundle_folder(registry.get(done.version))
    other = registry.log(bundle, plan().as_of, {}, {}, {}, {})
    registry.promote(other, "ann", "by hand")
    with pytest.raises(RetrainingInvalid, match="the champion is 2 now, but 2026Q1 was compared with none"):
        retrained(copy, approval=Approval("Li Wei", "a small company"))
    assert registry.champion().version == other  # type: ignore[union-attr]


def test_half_an_approval_is_refused() -> None:
    with pytest.raises(RequestInvalid, match="expected --approve-by NAME --reason TEXT together"):
        approval_of("Li Wei", " ")
    assert approval_of("Li Wei", "because") == Approval("Li Wei", "because")


def test_a_server_that_is_away_is_said_before_anything_is_done(tmp_path: Path) -> None:
    place = replace(place_at(tmp_path), registry=Registry(tmp_path, "w1", f"http://127.0.0.1:{free_port()}"))
    with pytest.raises(RegistryUnavailable, match="does not answer"):
        retrain(plan(), place, company)
    assert Journal(place.retrainings / QUARTER).entries == []


def test_a_full_disk_leaves_no_half_written_step_and_the_same_command_goes_on(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "run")

    def write(folder: Path) -> None:
        (folder / "first.json").write_text("{}")
        (folder / "second.bin").write_bytes(b"x" * 50_000)

    with (
        no_file_longer_than(20_000),
        pytest.raises(OutputInvalid, match=r"step train could not be written .* Make room"),
    ):
        journal.carry_out("train", write, time.monotonic)
    assert list((tmp_path / "run").iterdir()) == []
    journal.carry_out("train", write, time.monotonic)
    assert Journal(tmp_path / "run").holds("train")


def test_another_feature_version_is_no_way_to_go_on(fresh: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        retrained(fresh, under=lambda under: stop_at(under, "train"))
    other = replace(plan(), features="another")
    with pytest.raises(RetrainingInvalid, match=r"was begun with another feature version; .* --again"):
        retrain(other, place_at(fresh), company)


def test_two_retrainings_at_once_are_refused(fresh: Path) -> None:
    def second(under: Under) -> None:
        with pytest.raises(RetrainingInvalid, match="another retraining is under way"):
            retrained(fresh)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        retrained(fresh, under=second)


def test_a_refused_quarter_keeps_nothing_that_a_later_run_would_trip_over(fresh: Path) -> None:
    late = plan("2027Q1")
    with pytest.raises(DateInvalid):
        retrain(late, place_at(fresh), company)
    assert not is_finished(place_at(fresh).retrainings, "2027Q1")
    other = replace(late, features="another")
    with pytest.raises(DateInvalid):
        retrain(other, place_at(fresh), company)


def test_a_timer_asks_for_the_last_quarter_that_is_over(done: Outcome) -> None:
    settings = company().settings
    assert due_quarter(settings, dt.date(2026, 4, 1)) == QUARTER
    assert due_quarter(settings, dt.date(2026, 3, 31)) == "2025Q4"
    assert is_finished(done.folder.parent, QUARTER)
    assert not is_finished(done.folder.parent, "2025Q4")


@pytest.mark.parametrize(
    ("quarter", "error", "words"),
    [
        ("2027Q1", DateInvalid, "quarter 2027Q1 ends on 2027-04-01, but the newest change of a deal was recorded on 2"),
        ("2001Q1", NoHistory, "nothing was known of any deal before 2001-04-01; .* Name a later one"),
        ("2026-01", DateInvalid, "'2026-01' is no quarter; expected a fiscal quarter such as 2026Q3"),
    ],
)
def test_a_quarter_that_cannot_be_retrained_after_is_said(quarter: str, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        past_of(company(), plan(quarter))


def test_a_quarter_without_outcomes_is_said() -> None:
    late = pl.col("changed_at") >= dt.datetime(2025, 12, 31, 16)
    with pytest.raises(RetrainingInvalid, match=r"no deal was won or lost in 2026Q1; .* check that \[\[stages\]\]"):
        past_of(without_closings(late), plan())


@pytest.mark.parametrize("missing", ["won", "lost"])
def test_outcomes_of_one_kind_only_are_said(missing: str) -> None:
    settings = company().settings
    stages = settings.won_stages if missing == "won" else settings.lost_stages
    with pytest.raises(
        RetrainingInvalid, match=rf"no deal was ever {missing} before 2026-04-01; expected deals won and"
    ):
        past_of(without_closings(pl.col("new_value").is_in(stages)), plan())


def without_closings(those: pl.Expr) -> History:
    """The company without the changes into a closed stage that `those` picks."""
    history = company()
    closing = (pl.col("field") == "stage") & pl.col("new_value").is_in(history.settings.closed_stages)
    return history.with_tables(deal_changes=history["deal_changes"].filter(~(closing & those)))


def test_the_hash_of_a_step_does_not_depend_on_how_long_it_took(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text("1")
    first = folder_hash(tmp_path)
    (tmp_path / "timings.json").write_text("2")
    assert folder_hash(tmp_path) == first
    (tmp_path / "b.json").write_text("")
    assert folder_hash(tmp_path) != first
