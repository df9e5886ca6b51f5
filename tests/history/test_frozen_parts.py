"""Reading a part of a frozen history: some tables, some columns, as codes."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from history.freeze import freeze, read_frozen
from history.record import History
from history.synthetic import generate

WANTED = {"activities": ("deal_id", "happened_at", "recorded_at", "kind")}


def test_only_the_tables_and_columns_asked_for_are_read(tmp_path: Path) -> None:
    history = generate(60, 2, clean=True).history
    frozen = freeze(history, tmp_path / "frozen")
    part = read_frozen(frozen.path, WANTED)
    assert set(part.tables) == {"activities"}
    assert part["activities"].equals(read_frozen(frozen.path)["activities"].select(WANTED["activities"]))


def test_where_a_key_recurs_it_is_read_with_the_columns(tmp_path: Path) -> None:
    history = generate(60, 2, clean=True).history
    again = history["activities"].head(1).with_columns(pl.col("recorded_at") + pl.duration(days=1), kind=pl.lit("call"))
    versions = History(history.settings, {**history.tables, "activities": pl.concat([history["activities"], again])})
    part = read_frozen(freeze(versions, tmp_path / "frozen").path, WANTED)
    assert part["activities"].columns == [*WANTED["activities"], "activity_id"]


def test_codes_say_what_the_text_says_and_both_sides_of_a_change_share_them(tmp_path: Path) -> None:
    frozen = freeze(generate(300, 2, clean=True).history, tmp_path / "frozen")
    text, coded = read_frozen(frozen.path), read_frozen(frozen.path, coded=True)
    for name, frame in text.tables.items():
        assert coded[name].with_columns(pl.col(pl.Enum).cast(pl.String)).equals(frame)
    changes = coded["deal_changes"]
    assert isinstance(changes["new_value"].dtype, pl.Enum)
    assert changes["new_value"].dtype == changes["old_value"].dtype
