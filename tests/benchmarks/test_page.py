"""docs/speed.md: what stands on it, and how it is made of what the benchmarks print."""

from __future__ import annotations

from pathlib import Path

from benchmarks.__main__ import OF_SPEED
from benchmarks._page import PAGE, load, machine, page, section, sections_of, verdict


def test_tables_stand_as_they_are_and_plain_text_as_it_was_printed() -> None:
    assert section("One", "How fast.", "| a | b |\n|---|---|\n") == "## One\n\nHow fast.\n\n| a | b |\n|---|---|\n"
    assert section("Two", "How long.", "total 3.0 s\n").endswith("\n```text\ntotal 3.0 s\n```\n")


def test_a_section_measured_again_takes_its_place_among_the_others(tmp_path: Path) -> None:
    path = tmp_path / "speed.md"
    path.write_text(page([section("One", "How fast.", "1 s"), section("Two", "How long.", "2 s")]), encoding="utf-8")
    kept = sections_of(path)
    assert list(kept) == ["One", "Two"]
    assert page(kept.values()) == path.read_text(encoding="utf-8")
    assert "3 s" in page((kept | {"Two": section("Two", "How long.", "3 s")}).values())


def test_what_is_missed_is_said_to_be_missed() -> None:
    assert verdict("times pandas, 8 or more", 6.4, False) == "| times pandas, 8 or more | 6.4 | **missed** |"


def test_the_machine_is_told_with_its_load_and_the_versions() -> None:
    assert all(word in machine() for word in ("cores", "Python 3.", "pandas", "lightgbm", "shap"))
    assert "a load of" in load()


def test_every_benchmark_of_speed_stands_on_the_page_beside_its_bars() -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert [title for title in OF_SPEED.values() if f"## {title}\n" not in text] == []
    for asked in ("times pandas at", "peak GB of the engine at", "one deal with reasons", "times the faster other way"):
        assert f"| {asked}" in text
