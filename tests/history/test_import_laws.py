"""Laws of importing: the order of imports and of rows changes nothing, twice is once, and replay holds."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import polars as pl
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from history.as_of import known
from history.record import History
from history.store import open_store
from history.workspace import open_workspace
from tests.history.folders import DEAL_CHANGES, DEALS, IMPORTED, SETTINGS, import_into, write_folder

START = dt.datetime(2026, 3, 1)
moments = st.integers(0, 5).map(lambda days: START + dt.timedelta(days=days))

changes = st.tuples(
    st.sampled_from(["D1", "D2"]),
    moments,
    st.sampled_from(["stage", "next_step"]),
    st.sampled_from([None, "Qualify", "Won"]),
    moments,
)
versions = st.tuples(st.sampled_from(["C1", "C2"]), st.sampled_from(["steel", "energy", None]), moments)
change_lists = st.lists(changes, min_size=1, max_size=8)
version_lists = st.lists(versions, min_size=1, max_size=6, unique_by=lambda row: (row[0], row[2]))
laws = settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def _changes(rows: list[tuple]) -> pl.DataFrame:
    text, instant = pl.String, pl.Datetime("us")
    schema = {"deal_id": text, "changed_at": instant, "field": text, "new_value": text, "recorded_at": instant}
    return pl.DataFrame(rows, schema=schema, orient="row")


def _accounts(rows: list[tuple]) -> pl.DataFrame:
    schema = {"account_id": pl.String, "industry": pl.String, "recorded_at": pl.Datetime("us")}
    return pl.DataFrame(rows, schema=schema, orient="row")


def _append_each(*batches: tuple[list[tuple], list[tuple]]) -> History:
    """The history after appending batches of changes and accounts one after the other to a new store."""
    store = open_store("sqlite://", create=True)
    for rows, accounts in batches:
        store.append("deal_changes", _changes(rows), imported_at=IMPORTED)
        store.append("accounts", _accounts(accounts), imported_at=IMPORTED)
    history = store.history(SETTINGS)
    store.close()
    return history


def _same(one: History, other: History) -> bool:
    return all(one[name].equals(other[name]) for name in one.tables)


@laws
@given(change_lists, version_lists, st.data())
def test_the_order_of_imports_and_rows_changes_nothing(rows: list, accounts: list, data: st.DataObject) -> None:
    cut, split = data.draw(st.integers(0, len(rows))), data.draw(st.integers(0, len(accounts)))
    mixed, mixed_accounts = data.draw(st.permutations(rows)), data.draw(st.permutations(accounts))
    halves = (mixed[cut:], mixed_accounts[split:]), (mixed[:cut], mixed_accounts[:split])
    assert _same(_append_each((rows, accounts)), _append_each(*halves))


@laws
@given(change_lists, version_lists)
def test_importing_twice_is_importing_once(rows: list, accounts: list) -> None:
    assert _same(_append_each((rows, accounts)), _append_each((rows, accounts), (rows, accounts)))


@laws
@given(change_lists, version_lists, moments)
def test_later_rows_leave_the_past_as_it_was_known(rows: list, accounts: list, at: dt.datetime) -> None:
    early = [row for row in rows if row[-1] < at], [row for row in accounts if row[-1] < at]
    then, now = known(_append_each(early), at), known(_append_each(early, (rows, accounts)), at)
    assert all(then[name].sort(pl.all()).equals(now[name].sort(pl.all())) for name in then.tables)


def test_a_history_imported_in_two_halves_is_the_history_imported_at_once(tmp_path: Path) -> None:
    lines = DEAL_CHANGES.strip().splitlines()
    later = "\n".join([lines[0], *lines[3:], ""])
    early = "\n".join([*lines[:3], ""])
    for base, folders in (("one", [DEAL_CHANGES]), ("two", [later, early])):
        for number, changes in enumerate(folders):
            folder = write_folder(tmp_path / f"{base}{number}", deals=DEALS, deal_changes=changes)
            import_into(tmp_path / base, folder)
    assert _same(open_workspace(tmp_path / "one").history(), open_workspace(tmp_path / "two").history())


def test_a_version_that_an_import_brings_does_not_change_an_earlier_day(tmp_path: Path) -> None:
    reps = "rep_id,team\nR1,East\n"
    import_into(tmp_path / "ws", write_folder(tmp_path / "a", deals=DEALS, reps=reps), imported_at=START)
    day = START + dt.timedelta(days=3)
    before = known(open_workspace(tmp_path / "ws").history(), day)
    moved = write_folder(tmp_path / "b", reps=reps.replace("East", "West"))
    import_into(tmp_path / "ws", moved, imported_at=START + dt.timedelta(days=5))
    history = open_workspace(tmp_path / "ws").history()
    assert known(history, day)["reps"].equals(before["reps"])
    assert known(history, START + dt.timedelta(days=6))["reps"]["team"].to_list() == ["West"]
    back = write_folder(tmp_path / "c", reps=reps)
    import_into(tmp_path / "ws", back, imported_at=START + dt.timedelta(days=8))
    history = open_workspace(tmp_path / "ws").history()
    assert known(history, START + dt.timedelta(days=9))["reps"]["team"].to_list() == ["East"]
    assert known(history, START + dt.timedelta(days=6))["reps"]["team"].to_list() == ["West"]
