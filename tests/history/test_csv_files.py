"""CSV files as spreadsheet programs write them are read right, not refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from history.csv_files import read_csv
from history.errors import FileUnreadable
from history.source_file import LINE


def _read(folder: Path, content: bytes) -> list[dict[str, object]]:
    path = folder / "deals.csv"
    path.write_bytes(content)
    return read_csv(path).rows.to_dicts()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_every_usual_encoding_separator_and_line_end_is_read(
    tmp_path: Path, encoding: str, separator: str, line_end: str
) -> None:
    text = line_end.join([f"deal_id{separator}name", f"D1{separator}北京客户", ""])
    assert _read(tmp_path, text.encode(encoding)) == [{"deal_id": "D1", "name": "北京客户", LINE: 2}]


def test_a_line_that_names_the_separator_is_obeyed_and_counted(tmp_path: Path) -> None:
    assert _read(tmp_path, b"sep=;\na;b\n1;2,5\n") == [{"a": "1", "b": "2,5", LINE: 3}]


def test_headings_are_known_in_any_case_and_with_blanks(tmp_path: Path) -> None:
    assert list(_read(tmp_path, b"Deal ID, Created At \nD1,x\n")[0]) == ["deal_id", "created_at", LINE]


def test_blank_lines_are_no_rows_but_count_as_lines(tmp_path: Path) -> None:
    assert [row[LINE] for row in _read(tmp_path, b"\na,b\n1,2\n\n,\n3,4\n")] == [3, 6]


def test_a_value_with_line_breaks_moves_the_lines_below_it(tmp_path: Path) -> None:
    rows = _read(tmp_path, b'a,b\n1,"x\r\ny"\n3,4\n')
    assert [(row["a"], row[LINE]) for row in rows] == [("1", 2), ("3", 4)]
    assert rows[0]["b"] == "x\ny"


def test_empty_columns_at_the_end_are_left_out(tmp_path: Path) -> None:
    assert _read(tmp_path, b"a,b,,\n1,2,,\n3,4,,,\n") == [{"a": "1", "b": "2", LINE: 2}, {"a": "3", "b": "4", LINE: 3}]


def test_an_empty_value_is_missing(tmp_path: Path) -> None:
    assert _read(tmp_path, b"a,b\n1,\n")[0]["b"] is None


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is empty; expected a line of headings and rows below it. Export it again or remove the file."),
        (b"\xef\xbb\xbf\r\n", "is empty; expected a line of headings"),
        ("a,b\n1,caf\xe9,\n".encode("latin-1"), "is in no encoding that is known; expected UTF-8, GB18030 or UTF-16."),
        (b"a,b\n1,2\n3,4,5\n", "line 3 has 3 fields; expected 2 as in the headings. Put quotation marks around values"),
        (b'a,b\n1,"2\n3,4\n', "unexpected end of data; expected quotation marks in pairs. Correct the line."),
        (b"a,a\n1,2\n", "has two columns headed 'a'; expected one. Rename or remove one of them."),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_in_one_line(tmp_path: Path, content: bytes, message: str) -> None:
    with pytest.raises(FileUnreadable) as refused:
        _read(tmp_path, content)
    assert message in str(refused.value)
    assert str(tmp_path / "deals.csv") in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileUnreadable, match=r"deals\.csv cannot be read: No such file"):
        read_csv(tmp_path / "deals.csv")
