"""Small canonical folders written as text, whole ones and broken ones."""

from __future__ import annotations

from pathlib import Path

SETTINGS = """
[workspace]
currency = "CNY"
timezone = "Asia/Shanghai"

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

DEALS = """deal_id,created_at
D1,2026-01-05
D2,2026-01-06
D3,2026-02-01
"""

CHANGES = """deal_id,changed_at,field,old_value,new_value
D1,2026-01-05,stage,,Qualify
D1,2026-01-05,amount,,1000
D1,2026-02-05,stage,Qualify,Won
D2,2026-01-06,stage,,Qualify
D2,2026-01-20,stage,Qualify,Lost
D3,2026-02-01,stage,,Propose
D3,2026-02-01,amount,,500
"""


def small_folder(folder: Path, **files: str | bytes) -> Path:
    """A folder of three deals; `files` replaces or adds tables by name."""
    folder.mkdir(parents=True, exist_ok=True)
    contents: dict[str, str | bytes] = {"deals": DEALS, "deal_changes": CHANGES} | files
    for name, content in contents.items():
        data = content.encode() if isinstance(content, str) else content
        (folder / f"{name}.csv").write_bytes(data)
    (folder / "dealcast.toml").write_text(SETTINGS, encoding="utf-8")
    return folder
