"""The store appends, never overwrites, and is the same on both databases."""

from __future__ import annotations

import datetime as dt
import threading
from pathlib import Path

import polars as pl
import pytest
import sqlalchemy as sa

from history.errors import RequestInvalid, StoreUnavailable
from history.store import Store, open_store

DAY = dt.timedelta(days=1)
MARCH = dt.datetime(2026, 3, 1)


@pytest.fixture
def store(any_store_url: str) -> Store:
    return open_store(any_store_url, create=True)


def _rep(team: str | None, recorded_at: dt.datetime | None = None) -> pl.DataFrame:
    schema = {"rep_id": pl.String, "team": pl.String, "recorded_at": pl.Datetime("us")}
    return pl.DataFrame([("R1", team, recorded_at)], schema=schema, orient="row")


def _change(value: str = "Qualify") -> pl.DataFrame:
    return pl.DataFrame({"deal_id": ["D1"], "changed_at": [MARCH], "field": ["stage"], "new_value": [value]})


def test_every_type_of_value_comes_back_as_it_went_in(store: Store) -> None:
    touch = pl.DataFrame(
        {
            "activity_id": ["A1", "A2"],
            "happened_at": [dt.datetime(2026, 3, 1, 2, 3, 4, 567_891), dt.datetime(1999, 12, 31)],
            "kind": ["call", "email"],
            "duration_minutes": [0.1 + 0.2, None],
            "replied": [True, None],
            "opened": [False, None],
            "subject": ['quote " comma, newline\n and 中文 \\N', None],
        }
    )
    store.append("activities", touch)
    store.append("accounts", pl.DataFrame({"account_id": ["C1"], "employees": [2**40], "annual_revenue": [1e15 + 0.5]}))
    back = store.read("activities").select(touch.columns).sort("activity_id")
    assert back.equals(touch)
    assert store.read("accounts").select("employees", "annual_revenue").rows() == [(2**40, 1e15 + 0.5)]


def test_an_event_that_is_there_changes_nothing(store: Store) -> None:
    assert store.append("deal_changes", _change()).inserted == 1
    again = store.append("deal_changes", pl.concat([_change(), _change("Won")]))
    assert (again.inserted, again.unchanged) == (1, 1)


def test_a_missing_old_value_differs_from_another(store: Store) -> None:
    with_old = _change().with_columns(old_value=pl.lit("Propose"))
    assert store.append("deal_changes", _change()).inserted == 1
    assert store.append("deal_changes", with_old).inserted == 1


def test_a_fact_is_never_contradicted(store: Store) -> None:
    deal = pl.DataFrame({"deal_id": ["D1"], "created_at": [MARCH], "source": ["web"]})
    store.append("deals", deal)
    assert store.append("deals", deal.drop("source")).unchanged == 1
    with pytest.raises(RequestInvalid, match="table deals holds D1 with other values; expected the same ones"):
        store.append("deals", deal.with_columns(source=pl.lit("fair")))
    assert store.read("deals")["source"].to_list() == ["web"]


def test_new_values_of_a_known_key_are_a_version_known_from_the_import_on(store: Store) -> None:
    assert store.append("reps", _rep("East"), imported_at=MARCH).inserted == 1
    assert store.append("reps", _rep("East"), imported_at=MARCH + DAY).inserted == 0
    assert store.append("reps", _rep("West"), imported_at=MARCH + 2 * DAY).inserted == 1
    assert store.append("reps", _rep("West"), imported_at=MARCH + 3 * DAY).inserted == 0
    assert store.append("reps", _rep("East"), imported_at=MARCH + 4 * DAY).inserted == 1
    assert store.read("reps").select("recorded_at", "team").rows() == [
        (None, "East"),
        (MARCH + 4 * DAY, "East"),
        (MARCH + 2 * DAY, "West"),
    ]


def test_a_version_keeps_its_own_later_recorded_time(store: Store) -> None:
    store.append("reps", _rep("East", MARCH), imported_at=MARCH + 9 * DAY)
    store.append("reps", _rep("West", MARCH + DAY), imported_at=MARCH + 9 * DAY)
    assert store.read("reps").select("recorded_at", "team").rows() == [(MARCH, "East"), (MARCH + DAY, "West")]


def test_a_version_of_the_same_recorded_time_is_known_from_the_import_on(store: Store) -> None:
    store.append("reps", _rep("East", MARCH), imported_at=MARCH + DAY)
    store.append("reps", _rep("West", MARCH), imported_at=MARCH + 2 * DAY)
    assert store.read("reps")["recorded_at"].to_list() == [MARCH, MARCH + 2 * DAY]


def test_older_versions_that_say_when_they_were_recorded_are_added_once(store: Store) -> None:
    both = pl.concat([_rep("East", MARCH), _rep("West", MARCH + DAY)])
    store.append("reps", _rep("West", MARCH + DAY), imported_at=MARCH + 9 * DAY)
    assert store.append("reps", both, imported_at=MARCH + 9 * DAY).inserted == 1
    assert store.append("reps", both, imported_at=MARCH + 10 * DAY).inserted == 0
    assert store.read("reps").height == 2


def test_a_version_without_any_time_is_refused_by_name(store: Store) -> None:
    store.append("reps", _rep("East"))
    with pytest.raises(RequestInvalid, match="does not say when they were recorded"):
        store.append("reps", _rep("West"))


def test_rows_without_a_required_column_or_a_known_table_are_refused(store: Store) -> None:
    with pytest.raises(RequestInvalid, match="rows for table deals have no created_at; add the column"):
        store.append("deals", pl.DataFrame({"deal_id": ["D1"]}))
    with pytest.raises(RequestInvalid, match="there is no table 'orders'; expected one of deals, deal_changes"):
        store.read("orders")


def test_an_error_in_a_transaction_takes_everything_back(store: Store) -> None:
    def write_and_fail() -> None:
        with store.writing() as connection:
            connection.execute(sa.text("DELETE FROM deal_changes"))
            raise ZeroDivisionError

    store.append("deal_changes", _change())
    with pytest.raises(ZeroDivisionError):
        write_and_fail()
    assert store.read("deal_changes").height == 1


def test_many_writers_at_once_lose_nothing(store: Store) -> None:
    def write(number: int) -> None:
        for step in range(5):
            store.append("deal_changes", _change(f"{number}-{step}"))

    threads = [threading.Thread(target=write, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert store.read("deal_changes").height == 20


def test_the_workspace_id_is_given_once(any_store_url: str) -> None:
    assert open_store(any_store_url, create=True, workspace_id="first").workspace_id == "first"
    assert open_store(any_store_url, create=True, workspace_id="second").workspace_id == "first"
    assert open_store(any_store_url).workspace_id == "first"


def test_a_database_without_a_store_is_not_opened_unless_asked(any_store_url: str) -> None:
    with pytest.raises(StoreUnavailable, match="run `dealcast import`"):
        open_store(any_store_url)


def test_a_store_of_a_newer_revision_is_refused_by_name(any_store_url: str) -> None:
    store = open_store(any_store_url, create=True)
    with store.writing() as connection:
        connection.execute(sa.text("UPDATE history_revision SET version_num = '9999'"))
    with pytest.raises(StoreUnavailable, match="is of revision 9999; this Dealcast knows revisions up to"):
        open_store(any_store_url, create=True)


def test_a_server_that_cannot_be_reached_is_named_without_its_password() -> None:
    with pytest.raises(StoreUnavailable) as refused:
        open_store("postgresql://rep:secret@127.0.0.1:1/sales")
    assert "the store postgresql+psycopg://rep:***@127.0.0.1:1/sales cannot be used" in str(refused.value)
    assert "secret" not in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_file_that_is_no_database_is_named(tmp_path: Path) -> None:
    (tmp_path / "x.db").write_bytes(b"not a database, but long enough to be taken for one" * 100)
    with pytest.raises(StoreUnavailable, match="file is not a database"):
        open_store(f"sqlite:///{tmp_path / 'x.db'}", create=True)


def test_a_database_that_refuses_rows_is_named_and_unchanged(store: Store) -> None:
    store.append("deal_changes", _change())
    with store.writing() as connection:
        connection.execute(sa.text("ALTER TABLE deal_changes RENAME TO elsewhere"))
    with pytest.raises(StoreUnavailable, match=r"cannot be used: .*deal_changes") as refused:
        store.append("deal_changes", _change("Won"))
    assert "\n" not in str(refused.value)
    with store.writing() as connection:
        connection.execute(sa.text("ALTER TABLE elsewhere RENAME TO deal_changes"))
    assert store.read("deal_changes").height == 1


@pytest.mark.parametrize("url", ["mysql://localhost/x", "nonsense"])
def test_an_address_of_no_known_kind_is_refused(url: str) -> None:
    with pytest.raises(StoreUnavailable, match="expected sqlite:///FILE or postgresql://USER@HOST/DATABASE"):
        open_store(url)
