"""`dealcast score --as-of D` on a later store gives what it gave on D: the history comes in two halves."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import polars as pl
import pytest

from history.as_of import ALWAYS
from history.importing import import_canonical
from history.record import History
from history.synthetic import generate, write_folder
from history.tables import TABLES
from history.workspace import Workspace, open_workspace
from serving.choosing import choose_model
from tests.cli.calling import done
from tests.serving.conftest import train_small
from training.registry import Registry

DAY, TRAINED = dt.date(2026, 5, 1), dt.date(2026, 4, 1)
LATE_HORIZON = "2026-07-01"


def recorded(rows: pl.DataFrame) -> pl.Expr:
    return pl.col("recorded_at").fill_null(ALWAYS)


def half(history: History, cut: dt.datetime, before: bool) -> History:
    """The rows recorded before `cut`, or those recorded from it on."""
    here = {}
    for name, rows in history.tables.items():
        early = recorded(rows) < cut
        here[name] = rows.filter(early if before else ~early)
    return history.with_tables(**here)


def late_rows(history: History, cut: dt.datetime) -> History:
    """Changes and touches that happened before the cut and were entered after it; new people and kinds of words."""
    deals = history["deals"].filter(pl.col("created_at") < cut)["deal_id"].sort().head(120)
    happened, entered = cut - dt.timedelta(days=20), cut + dt.timedelta(days=3)
    changes = [
        {"deal_id": deal, "changed_at": happened, "field": field, "new_value": value, "recorded_at": entered}
        for deal in deals
        for field, value in (("amount", "999999999"), ("stage", "Lost"), ("next_step", "Late step"), ("segment", "Aaa"))
    ]
    touches = [
        {"activity_id": f"late-{deal}", "deal_id": deal, "happened_at": happened, "kind": "demo", "direction": "in"}
        | {"recorded_at": entered, "subject": "Aaaa"}
        for deal in deals
    ]
    people = [
        {"deal_id": deal, "contact_id": f"late-{deal}", "role": "blocker", "added_at": happened, "recorded_at": entered}
        for deal in deals
    ]
    more = {"deal_changes": changes, "activities": touches, "contacts": people}
    frames = {
        name: pl.concat(
            [history[name], pl.DataFrame(rows, schema_overrides=TABLES[name].polars_schema)], how="diagonal"
        )
        for name, rows in more.items()
    }
    return history.with_tables(**frames)


def import_history(history: History, crm_folder: Path, folder: Path, workspace: Workspace, at: dt.datetime) -> None:
    """Writes the history beside the generated folder's settings and imports it."""
    folder.mkdir()
    (folder / "dealcast.toml").write_bytes((crm_folder / "dealcast.toml").read_bytes())
    for name, rows in history.tables.items():
        if rows.height:
            rows.write_parquet(folder / f"{name}.parquet")
    import_canonical(folder, workspace, allow_quarantine=True, imported_at=at)


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    """The bytes of scores before and after the second half came in, by question."""
    base = tmp_path_factory.mktemp("halves")
    crm = generate(500, seed=21)
    write_folder(crm, base / "crm")
    settings = crm.history.settings
    cut = settings.start_of(DAY)
    whole = late_rows(crm.history, cut)
    workspace = Workspace(base / "workspace")
    import_history(half(whole, cut, True), base / "crm", base / "first", workspace, cut)
    train_small(workspace, base / "bundle", TRAINED)
    questions = {
        "model": ("--as-of", str(DAY)),
        "tables": ("--as-of", "2026-03-01"),
        "horizon": ("--as-of", str(DAY), "--horizon", LATE_HORIZON),
    }

    def answers(name: str) -> dict[str, bytes]:
        found = {}
        for key, question in questions.items():
            out = base / f"{key}-{name}.csv"
            done("score", "--workspace", workspace.path, *question, "--out", out)
            found[key] = out.read_bytes()
        return found

    before = answers("before")
    import_history(half(whole, cut, False), base / "crm", base / "second", workspace, cut + dt.timedelta(days=90))
    return before, answers("after"), workspace


@pytest.mark.parametrize("question", ["model", "tables", "horizon"])
def test_the_same_bytes_before_and_after_later_rows_came_in(told, question):
    before, after, _ = told
    assert before[question].count(b"\n") > 20
    assert after[question] == before[question]


def test_the_second_half_would_have_changed_the_answer_of_a_later_day(told, tmp_path):
    _, after, workspace = told
    later = tmp_path / "later.csv"
    done("score", "--workspace", workspace.path, "--as-of", "2026-05-06", "--out", later)
    assert later.read_bytes() != after["model"]
    assert b"Lost" not in later.read_bytes()
    assert later.read_bytes().count(b"\n") != after["model"].count(b"\n")


def test_both_answers_came_from_the_same_version(told):
    _, after, workspace = told
    opened = open_workspace(workspace.path)
    history = opened.history()
    model = choose_model(Registry(opened.path, opened.store().workspace_id), history.settings.start_of(DAY))
    assert f",{model.version},".encode() in after["model"]
