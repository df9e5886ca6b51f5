"""An import is one transaction, changes nothing the second time, and says what became of every row."""

from __future__ import annotations

import datetime as dt
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import polars as pl
import pytest

from history.canonical import read_folder
from history.workspace import Workspace, open_workspace
from tests.history.folders import ACTIVITIES, DEAL_CHANGES, DEALS, IMPORTED, import_into, write_folder
from tests.lib import evaluation

COUNTS = ["table", "read", "inserted", "unchanged", "duplicates", "quarantined"]


def test_a_folder_is_imported_and_read_back_as_its_files_say(tmp_path: Path, any_store_url: str) -> None:
    folder = write_folder(tmp_path / "in", deals=DEALS, deal_changes=DEAL_CHANGES, activities=ACTIVITIES)
    report = import_into(tmp_path / "ws", folder, url=any_store_url)
    assert report.frame().select(COUNTS).rows() == [
        ("deals", 2, 2, 0, 0, 0),
        ("deal_changes", 4, 4, 0, 0, 0),
        ("activities", 2, 2, 0, 0, 0),
    ]
    stored, read = open_workspace(tmp_path / "ws", any_store_url).history(), read_folder(folder)
    for name in read.tables:
        assert stored[name].equals(read[name])
        assert stored[name].schema == read[name].schema


def test_the_same_export_twice_changes_nothing(tmp_path: Path, any_store_url: str) -> None:
    folder = write_folder(tmp_path / "in", deals=DEALS, deal_changes=DEAL_CHANGES, activities=ACTIVITIES)
    import_into(tmp_path / "ws", folder, url=any_store_url)
    store = Workspace(tmp_path / "ws", any_store_url).store()
    before = [store.read(name) for name in ("deals", "deal_changes", "activities")] + [store.imports()]
    later = import_into(tmp_path / "ws", folder, url=any_store_url, imported_at=IMPORTED + dt.timedelta(days=7))
    after = [store.read(name) for name in ("deals", "deal_changes", "activities")] + [store.imports()]
    assert later.inserted == 0
    assert later.frame().select(COUNTS).rows() == [
        ("deals", 2, 0, 2, 0, 0),
        ("deal_changes", 4, 0, 4, 0, 0),
        ("activities", 2, 0, 2, 0, 0),
    ]
    assert all(a.equals(b) for a, b in zip(before, after, strict=True))


def test_a_dry_run_counts_and_writes_nothing(tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "in")
    report = import_into(tmp_path / "ws", folder, dry_run=True)
    assert report.inserted == 6
    assert not (tmp_path / "ws").exists()
    import_into(tmp_path / "ws", write_folder(tmp_path / "half", deals=DEALS))
    assert import_into(tmp_path / "ws", folder, dry_run=True).inserted == 4
    assert open_workspace(tmp_path / "ws").history()["deal_changes"].is_empty()
    assert open_workspace(tmp_path / "ws").store().imports().height == 1


def test_bad_rows_are_set_aside_whole_when_that_is_allowed(tmp_path: Path, any_store_url: str) -> None:
    folder = write_folder(tmp_path / "in", deals=DEALS, deal_changes=DEAL_CHANGES + "D1,2026-03-04,stage,Won,Gone\n")
    for _ in range(2):
        report = import_into(tmp_path / "ws", folder, url=any_store_url, allow_quarantine=True)
        assert report.quarantined == 1
    store = open_workspace(tmp_path / "ws", any_store_url).store()
    assert store.read("deal_changes").height == 4
    assert store.quarantined().to_dicts() == [
        {
            "import_id": 1,
            "table_name": "deal_changes",
            "file": "deal_changes.csv",
            "place": "line",
            "line": 6,
            "column_name": "new_value",
            "value": "Gone",
            "expected": "a stage of dealcast.toml (Qualify, Propose, Won, Lost)",
            "row": '{"deal_id":"D1","changed_at":"2026-03-04","field":"stage","old_value":"Won","new_value":"Gone"}',
        }
    ]


def test_every_row_read_is_counted_once(tmp_path: Path) -> None:
    repeated = "D2,2026-02-01 10:30:00,stage,,Qualify\n"
    bad = "D7,2026-02-01 10:30:00,stage,,Nowhere\n"
    folder = write_folder(tmp_path / "in", deals=DEALS, deal_changes=DEAL_CHANGES + repeated + bad + bad)
    report = import_into(tmp_path / "ws", folder, allow_quarantine=True)
    for table in report.tables:
        assert table.read == table.inserted + table.unchanged + table.duplicates + table.quarantined
    assert report.tables[1].duplicates == 1
    assert report.tables[1].quarantined == 2


def test_unknown_columns_are_kept_and_read_back(tmp_path: Path, any_store_url: str) -> None:
    deals = "deal_id,created_at,Score Card,渠道\nD1,2026-01-05,7.5,线下\nD2,2026-01-06,,\n"
    import_into(tmp_path / "ws", write_folder(tmp_path / "a", deals=deals), url=any_store_url)
    more = "deal_id,created_at,size\nD3,2026-01-07,big\n"
    import_into(tmp_path / "ws", write_folder(tmp_path / "b", deals=more), url=any_store_url)
    deals_back = open_workspace(tmp_path / "ws", any_store_url).store().read("deals")
    assert deals_back.select("deal_id", "score_card", "size", "渠道").rows() == [
        ("D1", "7.5", None, "线下"),
        ("D2", None, None, None),
        ("D3", None, "big", None),
    ]


def test_a_fact_that_contradicts_the_store_is_refused_by_name(tmp_path: Path, any_store_url: str) -> None:
    import_into(tmp_path / "ws", write_folder(tmp_path / "a", deals=DEALS), url=any_store_url)
    other = write_folder(tmp_path / "b", deals=DEALS.replace("referral", "web"))
    report = import_into(tmp_path / "ws", other, url=any_store_url, allow_quarantine=True)
    assert report.frame().select(COUNTS).rows() == [("deals", 2, 0, 1, 0, 1)]
    assert report.found.select("line", "column_name", "value", "expected").rows() == [
        (2, "deal_id", "D1", "the values that the store holds for it")
    ]
    store = open_workspace(tmp_path / "ws", any_store_url).store()
    assert store.read("deals")["source"].to_list() == ["referral", "web"]


def test_an_export_with_fewer_columns_contradicts_nothing(tmp_path: Path) -> None:
    import_into(tmp_path / "ws", write_folder(tmp_path / "a", deals=DEALS))
    fewer = "deal_id,created_at\nD1,2026-01-05 09:00:00\n"
    report = import_into(tmp_path / "ws", write_folder(tmp_path / "b", deals=fewer))
    assert report.tables[0].unchanged == 1


def test_a_later_export_may_leave_out_deals_that_the_store_knows(tmp_path: Path) -> None:
    import_into(tmp_path / "ws", write_folder(tmp_path / "a", deals=DEALS))
    report = import_into(tmp_path / "ws", write_folder(tmp_path / "b", deal_changes=DEAL_CHANGES))
    assert report.inserted == 4


def test_an_extra_column_that_says_otherwise_later_is_told_and_stays_as_it_first_came(tmp_path: Path) -> None:
    first = "deal_id,created_at,tier,desk\nD1,2026-01-05,gold,\nD2,2026-01-06,tin,\n"
    later = "deal_id,created_at,tier,desk\nD1,2026-01-05,lead,\nD2,2026-01-06,,7\nD3,2026-01-07,tin,8\n"
    import_into(tmp_path / "ws", write_folder(tmp_path / "a", deals=first))
    report = import_into(tmp_path / "ws", write_folder(tmp_path / "b", deals=later))
    assert (report.tables[0].inserted, report.tables[0].unchanged) == (1, 2)
    assert report.notices == tuple(
        f"deals.csv: the extra column {name} says otherwise in 1 of the rows that the store holds already; it was not "
        "taken, for it stays as it first came"
        for name in ("tier", "desk")
    )
    stored = open_workspace(tmp_path / "ws").history()["deals"]
    kept = [("D1", "gold", None), ("D2", "tin", None), ("D3", "tin", "8")]
    assert stored.select("deal_id", "tier", "desk").rows() == kept
    assert import_into(tmp_path / "ws", write_folder(tmp_path / "c", deals=first)).notices == ()


def test_files_named_after_no_table_are_told(tmp_path: Path) -> None:
    report = import_into(
        tmp_path / "ws", write_folder(tmp_path / "in", deals=DEALS, activity=ACTIVITIES, orders="a\n1\n")
    )
    assert report.notices == (
        "activity.csv is named after no canonical table and was not read; is activities.csv meant?",
        "orders.csv is named after no canonical table and was not read",
    )


def test_a_file_of_headings_alone_is_told(tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "in", deals=DEALS, contacts="deal_id,contact_id,role,added_at\n")
    assert import_into(tmp_path / "ws", folder).notices == ("contacts.csv holds headings and no row",)


def test_amounts_and_close_dates_are_kept_in_one_form_however_they_were_written(tmp_path: Path) -> None:
    rows = 'D1,2026/2/1,amount,"￥120,000","1,234.50"\nD1,2026年2月2日,close_date,2026/3/1,2026-4-1 0:00\n'
    folder = write_folder(tmp_path / "in", encoding="gb18030", deals=DEALS, deal_changes=DEAL_CHANGES + rows)
    changes = read_folder(folder)["deal_changes"].filter(pl.col("changed_at").dt.month() < 3, deal_id="D1")
    assert changes.select("changed_at", "field", "old_value", "new_value").rows()[-2:] == [
        (dt.datetime(2026, 1, 31, 16), "amount", "120000", "1234.5"),
        (dt.datetime(2026, 2, 1, 16), "close_date", "2026-03-01", "2026-04-01"),
    ]


@pytest.mark.parametrize("encoding", ["gb18030", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_a_spreadsheet_of_any_kind_gives_the_same_history(tmp_path: Path, encoding: str, separator: str) -> None:
    def spread(text: str) -> str:
        return text.replace(",", separator)

    changes = DEAL_CHANGES.replace('"120000"', "￥120000.00").replace("2026-01-05 09:00:00", "2026/1/5 9:00")
    written = write_folder(
        tmp_path / "in", encoding=encoding, deals=spread(DEALS).replace("web", "官网"), deal_changes=spread(changes)
    )
    plain = write_folder(tmp_path / "plain", deals=DEALS.replace("web", "官网"), deal_changes=DEAL_CHANGES)
    for name in ("deals", "deal_changes"):
        assert read_folder(written)[name].equals(read_folder(plain)[name])


def test_parquet_and_csv_of_the_same_rows_give_the_same_history(tmp_path: Path) -> None:
    csv = write_folder(tmp_path / "csv", deals=DEALS, deal_changes=DEAL_CHANGES, activities=ACTIVITIES)
    parquet = write_folder(tmp_path / "parquet", reps="rep_id\n")
    (parquet / "reps.csv").unlink()
    for name in ("deals", "deal_changes", "activities"):
        frame = pl.read_csv(csv / f"{name}.csv", try_parse_dates=True)
        frame.write_parquet(parquet / f"{name}.parquet")
    for name in ("deals", "deal_changes", "activities"):
        assert read_folder(csv)[name].equals(read_folder(parquet)[name])


IMPORT_SCRIPT = """
import datetime as dt, sys
from pathlib import Path
from history.importing import import_canonical
from history.workspace import Workspace
print("ready", flush=True)
import_canonical(Path(sys.argv[1]), Workspace(Path(sys.argv[2])), imported_at=dt.datetime(2026, 7, 1))
"""


def _many_changes(rows: int) -> str:
    values = "\n".join(f"D{i % 2 + 1},2026-03-01 00:00:00,next_step,,step {i}" for i in range(rows))
    return "deal_id,changed_at,field,old_value,new_value\n" + values + "\n"


@pytest.mark.parametrize("wait", [0.0, 0.2, 0.4, 0.7])
def test_an_import_that_is_killed_leaves_all_or_nothing_and_can_be_run_again(tmp_path: Path, wait: float) -> None:
    import_into(tmp_path / "ws", write_folder(tmp_path / "first", deals=DEALS))
    folder = write_folder(tmp_path / "in", deal_changes=_many_changes(60_000))
    root = Path(__file__).resolve().parents[2]
    command = [sys.executable, "-c", IMPORT_SCRIPT, str(folder), str(tmp_path / "ws")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=root) as process:
        assert process.stdout is not None
        process.stdout.readline()
        time.sleep(wait)
        os.kill(process.pid, signal.SIGKILL)
    assert open_workspace(tmp_path / "ws").store().read("deal_changes").height in (0, 60_000)
    import_into(tmp_path / "ws", folder)
    assert open_workspace(tmp_path / "ws").store().read("deal_changes").height == 60_000


@pytest.mark.parametrize("name", ["chip_pipeline", "bpic2012"])
def test_the_evaluation_data_is_imported_whole_and_once(tmp_path: Path, name: str) -> None:
    folder = evaluation.folder(name)
    first = import_into(tmp_path / "ws", folder)
    assert first.quarantined == 0
    assert first.inserted == sum(table.read for table in first.tables)
    assert import_into(tmp_path / "ws", folder).inserted == 0
    stored, read = open_workspace(tmp_path / "ws").history(), read_folder(folder)
    assert all(stored[table].equals(read[table]) for table in read.tables)
