"""A workspace is a folder with settings and a store; what is missing is named."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from history.errors import ConfigInvalid, NoHistory, WorkspaceMissing
from history.settings import parse_settings, read_settings
from history.workspace import Workspace, create_workspace, open_workspace
from tests.history.folders import DEAL_CHANGES, DEALS, TOML, import_into, write_folder


def test_a_workspace_that_does_not_exist_is_named(tmp_path: Path) -> None:
    with pytest.raises(WorkspaceMissing) as refused:
        open_workspace(tmp_path / "none")
    assert str(refused.value) == (
        f"{tmp_path / 'none'} is no workspace: it holds no dealcast.toml. Run `dealcast import canonical FOLDER` or "
        "`dealcast demo` first, or name another with --workspace."
    )


def test_a_workspace_without_a_store_holds_nothing_yet(tmp_path: Path) -> None:
    create_workspace(tmp_path / "ws", TOML)
    with pytest.raises(WorkspaceMissing, match="holds no history yet; run `dealcast import canonical FOLDER` first"):
        open_workspace(tmp_path / "ws")


def test_a_first_import_copies_the_settings(tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "in")
    import_into(tmp_path / "ws", folder)
    assert (tmp_path / "ws" / "dealcast.toml").read_text() == (folder / "dealcast.toml").read_text()
    assert open_workspace(tmp_path / "ws").settings == read_settings(folder / "dealcast.toml")


def test_settings_are_not_overwritten(tmp_path: Path) -> None:
    create_workspace(tmp_path / "ws", TOML)
    with pytest.raises(ConfigInvalid, match=r"dealcast\.toml exists already; edit it, or name another workspace"):
        create_workspace(tmp_path / "ws", TOML)


def test_unusable_settings_make_no_workspace(tmp_path: Path) -> None:
    with pytest.raises(ConfigInvalid, match="not valid TOML"):
        create_workspace(tmp_path / "ws", "[workspace")
    assert not (tmp_path / "ws").exists()


def test_the_store_is_where_the_settings_say_unless_overridden(tmp_path: Path) -> None:
    elsewhere = f"sqlite:///{tmp_path / 'elsewhere.db'}"
    workspace = create_workspace(tmp_path / "ws", f'{TOML}\n[store]\nurl = "{elsewhere}"\n')
    assert workspace.store_url == elsewhere
    assert Workspace(tmp_path / "ws", "sqlite:///other.db").store_url == "sqlite:///other.db"
    assert create_workspace(tmp_path / "plain", TOML).store_url == f"sqlite:///{tmp_path / 'plain' / 'dealcast.db'}"
    workspace.store(create=True).close()
    assert (tmp_path / "elsewhere.db").is_file()


def test_the_workspace_id_stays(tmp_path: Path) -> None:
    workspace = create_workspace(tmp_path / "ws", TOML)
    made = workspace.store(create=True, workspace_id="kept").workspace_id
    import_into(tmp_path / "ws", write_folder(tmp_path / "in"))
    assert open_workspace(tmp_path / "ws").store().workspace_id == made == "kept"


def test_history_before_an_instant_is_what_was_known_then(tmp_path: Path) -> None:
    import_into(tmp_path / "ws", write_folder(tmp_path / "in", deals=DEALS, deal_changes=DEAL_CHANGES))
    past = open_workspace(tmp_path / "ws").history(before=dt.datetime(2026, 2, 1, 10, 30))
    assert past["deals"]["deal_id"].to_list() == ["D1"]
    assert past["deal_changes"].height == 2


def test_a_date_before_any_data_is_named_with_the_first_date(tmp_path: Path) -> None:
    import_into(tmp_path / "ws", write_folder(tmp_path / "in"))
    with pytest.raises(NoHistory) as refused:
        open_workspace(tmp_path / "ws").history(before=dt.datetime(2001, 1, 1))
    assert str(refused.value) == (
        "no deal was known on 2001-01-01: the first deal became known on 2026-01-05; name a later date."
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('[workspace]\ntimezone = "Mars/Base"', "timezone 'Mars/Base' is not known; expected an IANA name such as"),
        ("[workspace]\ntimezone = 8", "timezone 8 is not known"),
        ("[workspace]\nfiscal_year_starts = 13", "fiscal_year_starts is 13; expected a month from 1 to 12"),
        ("[workspace]\nfiscal_year_starts = true", "fiscal_year_starts is True; expected a month from 1 to 12"),
        ("[workspace]\ncurrency = 5", "currency is 5; expected a code such as"),
        ("workspace = 5", "[workspace] is no section"),
        ('stages = "Won"', "[[stages]] is no list of sections"),
        ("[[stages]]\noutcome = 'won'", "a [[stages]] entry has no name"),
        (
            "[[stages]]\nname = 'A'\noutcome = 'lots'",
            "stage 'A' has outcome 'lots'; expected \"won\", \"lost\" or none",
        ),
        ("[[stages]]\nname = 'A'\n[[stages]]\nname = 'A'", "stage 'A' is listed twice; name each stage once"),
        ("store = 'x'", "[store] is no section"),
        ("[workspace", "is not valid TOML"),
    ],
)
def test_settings_that_cannot_be_used_are_named_in_one_line(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "dealcast.toml"
    path.write_text(text)
    with pytest.raises(ConfigInvalid) as refused:
        read_settings(path)
    assert message in str(refused.value)
    assert str(path) in str(refused.value)
    assert "\n" not in str(refused.value)


def test_settings_that_are_missing_are_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigInvalid, match=r"dealcast\.toml does not exist; expected a dealcast\.toml that lists"):
        read_settings(tmp_path / "dealcast.toml")


def test_settings_saved_with_a_byte_order_mark_are_read(tmp_path: Path) -> None:
    path = tmp_path / "dealcast.toml"
    path.write_text(TOML, encoding="utf-8-sig")
    assert read_settings(path).won_stages == ["Won"]


def test_a_day_starts_in_the_time_zone_and_is_found_back() -> None:
    settings = parse_settings({"workspace": {"timezone": "America/New_York"}})
    for day in (dt.date(2026, 3, 8), dt.date(2026, 11, 1), dt.date(2026, 7, 1)):
        assert settings.day_of(settings.start_of(day)) == day
        assert settings.day_of(settings.start_of(day) - dt.timedelta(microseconds=1)) == day - dt.timedelta(days=1)
