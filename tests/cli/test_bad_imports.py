"""Each bad input gives one line, its own exit code, and leaves the store as it was."""

import sqlite3
from pathlib import Path

import polars as pl
import pytest

from tests.cli.calling import call, done
from tests.cli.folders import CHANGES, DEALS, small_folder


def content(workspace: Path) -> list[str]:
    """Everything the store holds, as SQL text."""
    with sqlite3.connect(workspace / "dealcast.db") as connection:
        return list(connection.iterdump())


BAD = {
    "missing column": ({"deal_changes": CHANGES.replace("field,", "feld,", 1)}, 14, ("deal_changes.csv", "field")),
    "bad date": ({"deals": DEALS.replace("2026-02-01", "soon")}, 15, ("deals.csv line 4", "created_at", "'soon'")),
    "negative amount": ({"deal_changes": CHANGES.replace(",500", ",-500")}, 15, ("line 8", "'-500'")),
    "unknown stage": ({"deal_changes": CHANGES.replace("Propose", "Dance")}, 15, ("line 7", "'Dance'")),
    "unknown deal": ({"deal_changes": CHANGES + "D9,2026-02-02,stage,,Qualify\n"}, 15, ("line 9", "deal_id", "'D9'")),
    "duplicate id": ({"deals": DEALS + "D1,2026-03-03\n"}, 15, ("deals.csv line 5", "deal_id", "D1")),
    "empty file": ({"deals": ""}, 13, ("deals.csv", "empty")),
}


@pytest.mark.parametrize(("files", "code", "words"), BAD.values(), ids=BAD)
def test_a_bad_file_is_refused_in_one_line_and_changes_nothing(tmp_path, shop, files, code, words):
    before = content(shop)
    said = call("--workspace", shop, "import", "canonical", small_folder(tmp_path / "bad", **files))
    assert said.code == code
    assert [word for word in words if word not in said.complaint] == []
    assert content(shop) == before


@pytest.mark.parametrize(("files", "code", "words"), BAD.values(), ids=BAD)
def test_a_bad_first_import_leaves_no_workspace(tmp_path, files, code, words):
    workspace = tmp_path / "new"
    said = call("--workspace", workspace, "import", "canonical", small_folder(tmp_path / "bad", **files))
    assert said.code == code
    assert said.complaint
    assert not workspace.exists()


def test_a_truncated_parquet_file_is_refused(tmp_path, shop):
    folder = small_folder(tmp_path / "bad")
    (folder / "deals.csv").unlink()
    whole = folder / "deals.parquet"
    pl.DataFrame({"deal_id": ["D1"] * 5000, "created_at": ["2026-01-05"] * 5000}).write_parquet(whole)
    whole.write_bytes(whole.read_bytes()[:-40])
    before = content(shop)
    said = call("--workspace", shop, "import", "canonical", folder)
    assert said.code == 13
    assert "deals.parquet" in said.complaint
    assert content(shop) == before


def test_a_folder_that_does_not_exist_is_refused(tmp_path, shop):
    said = call("--workspace", shop, "import", "canonical", tmp_path / "nowhere")
    assert said.code == 13
    assert "nowhere" in said.complaint


def test_good_rows_come_in_and_bad_ones_are_set_aside_when_asked(tmp_path, shop):
    bad = small_folder(tmp_path / "bad", deals=DEALS + "D4,2026-02-03\nD5,soon\n")
    said = done("--workspace", shop, "import", "canonical", bad, "--allow-quarantine")
    assert "deals.csv line 6, column created_at: 'soon'" in said.out
    with sqlite3.connect(shop / "dealcast.db") as connection:
        assert connection.execute("select count(*) from deals").fetchone() == (4,)
        assert connection.execute("select count(*) from quarantine").fetchone() == (1,)


def test_the_same_export_twice_changes_nothing(tmp_path, shop):
    before = content(shop)
    said = done("--workspace", shop, "import", "canonical", small_folder(tmp_path / "again"))
    assert "deals         deals.csv            3    0          3" in said.out
    assert content(shop) == before


def test_a_dry_run_writes_nothing(tmp_path):
    workspace = tmp_path / "new"
    said = done("--workspace", workspace, "import", "canonical", small_folder(tmp_path / "in"), "--dry-run")
    assert "dry run" in said.out
    assert not workspace.exists()


def test_csv_as_spreadsheets_write_it_is_read_right(tmp_path):
    changes = CHANGES.replace("2026-01-05,amount,,1000", '2026/1/5,amount,,"￥1,000.50"').replace(",", ";", 0)
    folder = small_folder(
        tmp_path / "sheet", deal_changes=changes.encode("gb18030"), deals=b"\xef\xbb\xbf" + DEALS.encode()
    )
    done("--workspace", tmp_path / "w", "import", "canonical", folder)
    with sqlite3.connect(tmp_path / "w" / "dealcast.db") as connection:
        row = connection.execute("select new_value from deal_changes where deal_id='D1' and field='amount'").fetchone()
    assert float(row[0]) == 1000.5
