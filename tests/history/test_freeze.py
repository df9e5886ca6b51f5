"""A frozen history is known by its content and comes back as it was."""

from __future__ import annotations

import json
import random
from pathlib import Path

import polars as pl
import pytest

from history.canonical import read_folder
from history.errors import FileUnreadable, OutputInvalid
from history.freeze import freeze, read_frozen
from history.record import History
from history.workspace import open_workspace
from tests.history.folders import ACTIVITIES, DEAL_CHANGES, DEALS, TOML, import_into, write_folder
from tests.lib import evaluation


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_folder(tmp_path / "in", deals=DEALS, deal_changes=DEAL_CHANGES, activities=ACTIVITIES)


def _shuffled(history: History) -> History:
    order = random.Random(7)
    tables = {
        name: frame[order.sample(range(frame.height), frame.height)].select(frame.columns)
        for name, frame in history.tables.items()
    }
    return History(history.settings, dict(reversed(tables.items())))


def test_the_same_history_gives_the_same_hash_and_the_same_bytes(folder: Path, tmp_path: Path) -> None:
    history = read_folder(folder)
    first, second = freeze(history, tmp_path / "a"), freeze(_shuffled(history), tmp_path / "b")
    assert first.content_hash == second.content_hash
    for path in (tmp_path / "a").iterdir():
        assert path.read_bytes() == (tmp_path / "b" / path.name).read_bytes()


def test_the_road_by_which_a_history_came_does_not_change_its_hash(
    folder: Path, tmp_path: Path, any_store_url: str
) -> None:
    import_into(tmp_path / "ws", folder, url=any_store_url)
    stored = open_workspace(tmp_path / "ws", any_store_url).history()
    assert freeze(stored, tmp_path / "a").content_hash == freeze(read_folder(folder), tmp_path / "b").content_hash


def test_a_frozen_history_comes_back_in_types_and_values(folder: Path, tmp_path: Path) -> None:
    history = read_folder(folder)
    back = read_frozen(freeze(history, tmp_path / "frozen").path)
    assert back.settings == history.settings
    for name, frame in history.tables.items():
        assert back[name].schema == frame.schema
        assert back[name].equals(frame)


@pytest.mark.parametrize(
    ("table", "old", "new"),
    [
        ("deals", "web", "fair"),
        ("deal_changes", "120000", "120001"),
        ("activities", "12.5", "12.500000000000002"),
        ("activities", "2026-02-03 02:00:00", "2026-02-03 02:00:00.000001"),
    ],
)
def test_any_change_of_content_changes_the_hash(folder: Path, tmp_path: Path, table: str, old: str, new: str) -> None:
    before = freeze(read_folder(folder), tmp_path / "a").content_hash
    path = folder / f"{table}.csv"
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new))
    assert freeze(read_folder(folder), tmp_path / "b").content_hash != before


def test_settings_are_part_of_the_content_but_the_store_is_not(folder: Path, tmp_path: Path) -> None:
    history = read_folder(folder)
    before = freeze(history, tmp_path / "a").content_hash
    (folder / "dealcast.toml").write_text(f'{TOML}\n[store]\nurl = "postgresql://me:secret@host/x"\n')
    assert freeze(read_folder(folder), tmp_path / "b").content_hash == before
    assert "secret" not in (tmp_path / "b" / "manifest.json").read_text()
    (folder / "dealcast.toml").write_text(TOML.replace("CNY", "USD"))
    assert freeze(read_folder(folder), tmp_path / "c").content_hash != before


def test_freezing_again_into_the_same_folder_is_fine_and_another_history_is_refused(
    folder: Path, tmp_path: Path
) -> None:
    history = read_folder(folder)
    first = freeze(history, tmp_path / "frozen")
    assert freeze(history, tmp_path / "frozen") == first
    fewer = history.with_tables(deal_changes=history["deal_changes"].head(1))
    with pytest.raises(OutputInvalid, match="holds another frozen history; expected a new folder"):
        freeze(fewer, tmp_path / "frozen")
    with pytest.raises(OutputInvalid, match="holds other files; expected a new folder"):
        freeze(history, folder)
    assert read_frozen(tmp_path / "frozen")["deal_changes"].height == 4
    assert sorted(path.name for path in tmp_path.iterdir()) == ["frozen", "in"]


def test_what_was_changed_after_freezing_is_refused_by_name(folder: Path, tmp_path: Path) -> None:
    frozen = freeze(read_folder(folder), tmp_path / "frozen").path
    deals = frozen / "deals.parquet"
    good = deals.read_bytes()
    pl.read_parquet(deals).with_columns(source=pl.lit("other")).write_parquet(deals)
    with pytest.raises(FileUnreadable, match=r"deals\.parquet does not hold what was frozen"):
        read_frozen(frozen)
    deals.write_bytes(good[:-9])
    with pytest.raises(FileUnreadable, match=r"deals\.parquet does not hold what was frozen"):
        read_frozen(frozen)
    deals.unlink()
    with pytest.raises(FileUnreadable, match=r"deals\.parquet is missing"):
        read_frozen(frozen)
    deals.write_bytes(good)
    manifest = json.loads((frozen / "manifest.json").read_text())
    manifest["settings"]["workspace"]["currency"] = "USD"
    (frozen / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(FileUnreadable, match=r"manifest\.json was changed after freezing"):
        read_frozen(frozen)
    (frozen / "manifest.json").unlink()
    with pytest.raises(FileUnreadable, match="is no frozen history"):
        read_frozen(frozen)


def test_logs_of_deals_lie_in_the_order_in_which_they_arrived(tmp_path: Path) -> None:
    changes = (
        "deal_id,changed_at,field,old_value,new_value,recorded_at\n"
        "D1,2026-03-02 00:00:00,next_step,a,b,2026-03-02 00:00:00\n"
        "D1,2026-03-01 00:00:00,next_step,,a,2026-03-05 00:00:00\n"
        "D1,2026-03-04 00:00:00,next_step,b,c,2026-03-01 00:00:00\n"
    )
    folder = write_folder(tmp_path / "in", deals=DEALS, deal_changes=changes)
    frozen = read_frozen(freeze(read_folder(folder), tmp_path / "frozen").path)
    assert frozen["deal_changes"]["new_value"].to_list() == ["b", "c", "a"]


def test_words_that_repeat_are_stored_as_dictionaries(folder: Path, tmp_path: Path) -> None:
    frozen = freeze(read_folder(folder), tmp_path / "frozen").path
    assert isinstance(pl.read_parquet_schema(frozen / "deal_changes.parquet")["field"], pl.Enum | pl.Categorical)


@pytest.mark.parametrize("name", ["chip_pipeline", "bpic2012"])
def test_the_evaluation_data_is_frozen_and_comes_back(tmp_path: Path, name: str) -> None:
    history = read_folder(evaluation.folder(name))
    back = read_frozen(freeze(history, tmp_path / "frozen").path)
    assert all(back[table].equals(history[table]) for table in history.tables)
