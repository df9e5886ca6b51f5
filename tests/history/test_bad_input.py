"""Bad input: one line that says what was wrong, where and what to do; the store stays as it was."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from history.canonical import read_folder
from history.errors import ColumnMissing, ConfigInvalid, DealcastError, FileUnreadable, RowsQuarantined
from history.workspace import open_workspace
from tests.history.folders import ACTIVITIES, DEAL_CHANGES, DEALS, SETTINGS, TOML, import_into, write_folder


def _content(workspace: Path) -> dict[str, pl.DataFrame]:
    store = open_workspace(workspace).store()
    tables = dict(store.history(open_workspace(workspace).settings).tables)
    return {**tables, "imports": store.imports(), "quarantine": store.quarantined()}


def _refused(tmp_path: Path, folder: Path, kind: type[DealcastError]) -> str:
    """The message of the refusal, after making sure that neither a full nor a new workspace was touched by it."""
    full, new = tmp_path / "full", tmp_path / "new"
    import_into(full, write_folder(tmp_path / "good"))
    before = _content(full)
    with pytest.raises(kind) as refused:
        import_into(full, folder)
    after = _content(full)
    assert all(before[name].equals(after[name]) for name in before)
    with pytest.raises(kind):
        import_into(new, folder)
    assert not new.exists()
    assert "\n" not in str(refused.value)
    return str(refused.value)


def _row(table: str, row: str, **more: str) -> dict[str, str]:
    """The small folder with one more row in one of its tables."""
    tables = {"deals": DEALS, "deal_changes": DEAL_CHANGES, **more}
    return {**tables, table: tables[table] + row + "\n"}


def test_a_missing_column_is_named_with_what_was_found_and_what_comes_close(tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "in", deals="deal_id,create_date,source\nD9,2026-01-01,web\n")
    message = _refused(tmp_path, folder, ColumnMissing)
    assert message == (
        f"{folder / 'deals.csv'} has no column created_at; table deals needs deal_id, created_at and the file has "
        "deal_id, create_date, source. Is create_date meant? Rename it."
    )


@pytest.mark.parametrize(
    ("table", "row", "told"),
    [
        (
            "deals",
            "D9,03/04/2016,web",
            "deals.csv line 4, column created_at: '03/04/2016' where a date written year first, such as 2016-03-01",
        ),
        ("deals", "D9,,web", "deals.csv line 4, column created_at: nothing where a value; the column is required was"),
        (
            "deals",
            "D1,2026-01-05 09:00:00,web",
            "deals.csv line 4, column deal_id: 'D1' where an id of its own, or the values of line 2 with the same",
        ),
        (
            "deal_changes",
            "D1,2026-03-03,amount,120000,-5",
            "deal_changes.csv line 6, column new_value: '-5' where an amount of at least 0, such as 1234.5 or 1,234.50",
        ),
        ("deal_changes", "D1,2026-03-03,amount,,much", "column new_value: 'much' where an amount of at least 0"),
        (
            "deal_changes",
            "D1,2026-03-03,stage,Won,Wonn",
            "column new_value: 'Wonn' where a stage of dealcast.toml (Qualify, Propose, Won, Lost) was expected",
        ),
        ("deal_changes", "D1,2026-03-03,close_date,,03/04/2026", "'03/04/2026' where a date written year first"),
        ("deal_changes", "D1,2026-03-03,probability,,150", "'150' where a probability from 0 to 100 was expected"),
        ("deal_changes", "D9,2026-03-03,stage,,Qualify", "column deal_id: 'D9' where the id of a deal in table deals"),
        ("deal_changes", "D9,2026-03-03,amount,,5", "column deal_id: 'D9' where the id of a deal in table deals"),
        ("activities", "A9,2026-03-03,call,D9,in,3", "activities.csv line 4, column deal_id: 'D9' where the id of"),
        ("activities", "A9,2026-03-03,fax,D1,in,3", "column kind: 'fax' where one of call, email, meeting, visit"),
        ("activities", "A9,2026-03-03,call,D1,in,-3", "column duration_minutes: '-3' where a number of at least 0"),
        (
            "activities",
            "A1,2026-03-03,call,D1,in,3",
            "column activity_id: 'A1' where an id of its own, or the values of",
        ),
        ("quotas", "rep,R1,Q4 2026,amount,5,2026-01-01", "column period: 'Q4 2026' where a quarter such as 2026Q4,"),
        ("quotas", "rep,R1,2026Q4,amount,-5,2026-01-01", "column target: '-5' where a number of at least 0"),
        ("contacts", "D7,C1,2026-01-01", "contacts.csv line 2, column deal_id: 'D7' where the id of a deal"),
        ("scores", "D1,2026-01-01,1.5,2026-02-01,0.1,0.1,0.8,50,watch,1", "'1.5' where a number from 0 to 1 was"),
    ],
)
def test_a_bad_cell_is_named_with_file_line_column_value_and_expectation(
    tmp_path: Path, table: str, row: str, told: str
) -> None:
    headings = {
        "activities": ACTIVITIES,
        "quotas": "scope_kind,scope_id,period,measure,target,set_at\n",
        "contacts": "deal_id,contact_id,added_at\n",
        "scores": "deal_id,as_of,win_probability,horizon,win_by_horizon,lose_by_horizon,open_at_horizon,health,band,"
        "model_version\n",
    }
    more = {table: headings[table]} if table in headings else {}
    folder = write_folder(tmp_path / "in", **_row(table, row, **more))
    message = _refused(tmp_path, folder, RowsQuarantined)
    assert told in message
    assert message.startswith(f"{folder}: 1 row of {table}.csv cannot be used. ")
    assert message.endswith(
        "Nothing was imported: correct them, or import the good rows and set these aside with --allow-quarantine."
    )
    with pytest.raises(RowsQuarantined) as refused:
        read_folder(folder)
    assert told in str(refused.value)


def test_the_report_of_a_refusal_counts_every_bad_row_once(tmp_path: Path) -> None:
    rows = "D1,soon,stage,,Nowhere\nD9,2026-03-03,stage,,Won\n"
    folder = write_folder(tmp_path / "in", deals=DEALS, deal_changes=DEAL_CHANGES + rows)
    with pytest.raises(RowsQuarantined, match=r"2 rows of deal_changes\.csv cannot be used.*and 2 more") as refused:
        import_into(tmp_path / "ws", folder)
    report = refused.value.report
    assert report.frame().select("table", "read", "inserted", "quarantined").rows() == [
        ("deals", 2, 0, 0),
        ("deal_changes", 6, 0, 2),
    ]


@pytest.mark.parametrize("name", ["deals.csv", "deals.parquet"])
def test_an_empty_file_is_named(tmp_path: Path, name: str) -> None:
    folder = write_folder(tmp_path / "in", deal_changes=DEAL_CHANGES)
    (folder / name).write_bytes(b"")
    assert f"{folder / name} is empty; expected" in _refused(tmp_path, folder, FileUnreadable)


def test_a_truncated_parquet_file_is_named(tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "in", deal_changes=DEAL_CHANGES)
    pl.DataFrame({"deal_id": ["D1"], "created_at": ["2026-01-01"]}).write_parquet(folder / "deals.parquet")
    whole = (folder / "deals.parquet").read_bytes()
    (folder / "deals.parquet").write_bytes(whole[: len(whole) // 2])
    message = _refused(tmp_path, folder, FileUnreadable)
    assert message == (
        f"{folder / 'deals.parquet'} is damaged or cut short; expected a whole Parquet file. Export or copy it again."
    )


def test_a_wrong_encoding_is_named(tmp_path: Path) -> None:
    folder = write_folder(
        tmp_path / "in", deals="deal_id,created_at,name\nD1,2026-01-01,caf\xe9,\n", encoding="latin-1"
    )
    assert "deals.csv is in no encoding that is known" in _refused(tmp_path, folder, FileUnreadable)


def test_a_folder_without_tables_says_what_it_holds(tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "in", opportunities=DEALS)
    message = _refused(tmp_path, folder, FileUnreadable)
    assert message.startswith(
        f"{folder} holds no canonical table, only dealcast.toml, opportunities.csv; expected files"
    )


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileUnreadable, match=r"is not a folder; expected one with files such as deals\.csv"):
        read_folder(tmp_path / "nowhere", SETTINGS)


def test_two_files_of_one_table_are_refused(tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "in")
    pl.DataFrame({"deal_id": ["D1"], "created_at": ["2026-01-01"]}).write_parquet(folder / "deals.parquet")
    assert "deals.csv and deals.parquet; expected one file per table" in _refused(tmp_path, folder, FileUnreadable)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('currency = "CNY"', 'currency = "USD"', "currency is USD, but this workspace has CNY"),
        ("Asia/Shanghai", "Asia/Tokyo", "timezone is Asia/Tokyo, but this workspace has Asia/Shanghai"),
        ("fiscal_year_starts = 1", "fiscal_year_starts = 4", "fiscal_year_starts is 4, but this workspace has 1"),
        ('name = "Propose"', 'name = "Offer"', "stages is Qualify, Offer, Won (won), Lost (lost), but this workspace"),
        ('name = "Won"\noutcome = "won"', 'name = "Won"', "stages is Qualify, Propose, Won, Lost (lost), but this"),
    ],
)
def test_settings_that_contradict_the_workspace_are_named(tmp_path: Path, old: str, new: str, said: str) -> None:
    workspace = tmp_path / "ws"
    import_into(workspace, write_folder(tmp_path / "good"))
    before = _content(workspace)
    assert old in TOML
    folder = write_folder(tmp_path / "in", toml=TOML.replace(old, new))
    with pytest.raises(ConfigInvalid) as refused:
        import_into(workspace, folder)
    assert f"{folder / 'dealcast.toml'}: {said}" in str(refused.value)
    assert all(before[name].equals(frame) for name, frame in _content(workspace).items())


def test_a_first_import_needs_settings(tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "in", toml=None)
    with pytest.raises(ConfigInvalid, match=r"holds no dealcast\.toml and workspace .* does not exist; expected one"):
        import_into(tmp_path / "ws", folder)
    assert not (tmp_path / "ws").exists()


def test_bad_rows_of_a_deal_take_the_rows_that_need_it_along(tmp_path: Path) -> None:
    deals = DEALS.replace("2026-02-01 10:30:00", "soon")
    folder = write_folder(tmp_path / "in", deals=deals, deal_changes=DEAL_CHANGES)
    report = import_into(tmp_path / "ws", folder, allow_quarantine=True)
    assert report.frame().select("table", "inserted", "quarantined").rows() == [
        ("deals", 1, 1),
        ("deal_changes", 3, 1),
    ]


def test_a_few_amounts_of_unknown_deals_wait_for_their_deal_and_are_told(tmp_path: Path) -> None:
    deals = "deal_id,created_at\n" + "".join(f"D{i},2026-01-01\n" for i in range(500))
    changes = "deal_id,changed_at,field,old_value,new_value\nX1,2026-02-01,amount,,5\nX1,2026-03-01,amount,5,6\n"
    report = import_into(tmp_path / "ws", write_folder(tmp_path / "in", deals=deals, deal_changes=changes))
    assert report.notices == (
        "deal_changes.csv: 2 amounts of 1 deals that table deals does not hold wait for them (X1)",
    )
    assert open_workspace(tmp_path / "ws").history()["deal_changes"].height == 2
    with_stage = write_folder(tmp_path / "stage", deals=deals, deal_changes=changes + "X1,2026-03-01,stage,,Won\n")
    with pytest.raises(RowsQuarantined, match="'X1' where the id of a deal in table deals was expected"):
        import_into(tmp_path / "ws", with_stage)
