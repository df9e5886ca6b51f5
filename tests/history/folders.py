"""Small canonical folders for tests, written as a spreadsheet program would."""

from __future__ import annotations

import datetime as dt
import textwrap
from pathlib import Path

from history.importing import ImportReport, import_canonical
from history.settings import Settings, Stage
from history.workspace import Workspace

IMPORTED = dt.datetime(2026, 7, 1, 8)

TOML = """
[workspace]
currency = "CNY"
timezone = "Asia/Shanghai"
fiscal_year_starts = 1
[[stages]]
name = "Qualify"
[[stages]]
name = "Propose"
[[stages]]
name = "Won"
outcome = "won"
[[stages]]
name = "Lost"
outcome = "lost"
"""

SETTINGS = Settings(
    "CNY", "Asia/Shanghai", 1, (Stage("Qualify"), Stage("Propose"), Stage("Won", "won"), Stage("Lost", "lost"))
)

DEALS = """
deal_id,created_at,source
D1,2026-01-05 09:00:00,referral
D2,2026-02-01 10:30:00,web
"""

DEAL_CHANGES = """
deal_id,changed_at,field,old_value,new_value
D1,2026-01-05 09:00:00,stage,,Qualify
D1,2026-01-05 09:00:00,amount,,"120000"
D1,2026-03-02 11:00:00,stage,Qualify,Won
D2,2026-02-01 10:30:00,stage,,Qualify
"""

ACTIVITIES = """
activity_id,happened_at,kind,deal_id,direction,duration_minutes
A1,2026-01-08 02:00:00,call,D1,out,12.5
A2,2026-02-03 02:00:00,email,D2,in,
"""


def write_folder(folder: Path, toml: str | None = TOML, encoding: str = "utf-8", **tables: str) -> Path:
    """A folder with one CSV per table text; two deals with their log unless tables are given."""
    folder.mkdir(parents=True, exist_ok=True)
    if toml is not None:
        (folder / "dealcast.toml").write_text(toml, encoding="utf-8")
    for name, text in (tables or {"deals": DEALS, "deal_changes": DEAL_CHANGES}).items():
        (folder / f"{name}.csv").write_bytes(textwrap.dedent(text).lstrip("\n").encode(encoding))
    return folder


def import_into(workspace: Path, folder: Path, *, url: str | None = None, **options: object) -> ImportReport:
    """Import `folder` into the workspace at `workspace` at a fixed instant."""
    imported_at = options.pop("imported_at", IMPORTED)
    return import_canonical(folder, Workspace(workspace, url), imported_at=imported_at, **options)  # type: ignore[arg-type]
