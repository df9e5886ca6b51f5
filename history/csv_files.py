"""CSV files as spreadsheet programs write them: their encodings, separators and quirks, read into text columns."""

from __future__ import annotations

import codecs
import csv
import io
from pathlib import Path

import polars as pl

from history.errors import FileUnreadable
from history.source_file import LINE, SourceFile, canonical_names

_BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


def read_csv(path: Path) -> SourceFile:
    """A CSV file with every column as text, under canonical names, blank lines dropped, lines counted.

    Raises `FileUnreadable` for an empty file, an unknown encoding and a line that does not fit the headings.
    """
    text = decode(_bytes_of(path), path)
    body, skipped = _without_separator_line(text.lstrip("\n"))
    separator = _separator(text, body)
    frame = _parse(body, separator, path)
    first_line = 2 + skipped + len(text) - len(text.lstrip("\n"))
    frame = frame.with_columns(_lines(frame, body, first_line))
    frame = frame.drop(column for column in frame.columns if not column.strip() or column.startswith("_duplicated_"))
    _refuse_twin_headings(frame.columns, path)
    filled = pl.any_horizontal(pl.exclude(LINE).is_not_null()) if frame.width > 1 else pl.lit(False)
    return SourceFile(path, frame.filter(filled).rename(canonical_names(frame.columns)), "line")


def _bytes_of(path: Path) -> bytes:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise FileUnreadable(
            f"{path} cannot be read: {error.strerror}. Check that it exists and may be read."
        ) from error
    if not content.strip(b"\xef\xbb\xbf\xff\xfe \t\r\n\x00"):
        raise FileUnreadable(
            f"{path} is empty; expected a line of headings and rows below it. Export it again or remove the file."
        )
    return content


def decode(content: bytes, path: Path) -> str:
    """The text of `content`, whatever of the usual encodings it is in, with lines ending in a line feed."""
    for encoding in _encodings(content):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\x00" not in text:
            return text.replace("\r\n", "\n").replace("\r", "\n")
    raise FileUnreadable(
        f"{path} is in no encoding that is known; expected UTF-8, GB18030 or UTF-16. Save it again as UTF-8 CSV."
    )


def _encodings(content: bytes) -> list[str]:
    marked = [encoding for mark, encoding in _BYTE_ORDER_MARKS if content.startswith(mark)]
    if marked:
        return marked
    # UTF-16 without a mark: ASCII headings leave every other byte zero.
    if content[1:2] == b"\x00":
        return ["utf-16-le"]
    if content[:1] == b"\x00":
        return ["utf-16-be"]
    return ["utf-8", "gb18030"]


def _without_separator_line(text: str) -> tuple[str, int]:
    """The text without a leading `sep=;` line, and how many lines that took."""
    first, _, rest = text.partition("\n")
    return (rest, 1) if first.strip().strip('"').lower().startswith("sep=") else (text, 0)


def _separator(text: str, body: str) -> str:
    if body is not text and text.lstrip("\n").strip('"').lower().startswith("sep="):
        return text.lstrip("\n").strip('"')[4]
    heading = body.partition("\n")[0]
    counts = {mark: heading.count(mark) for mark in (",", ";", "\t", "|")}
    best = max(counts, key=lambda mark: counts[mark])
    return best if counts[best] else ","


def _parse(body: str, separator: str, path: Path) -> pl.DataFrame:
    data = body.encode()
    try:
        return pl.read_csv(data, separator=separator, infer_schema=False)
    except pl.exceptions.PolarsError:
        _refuse_odd_lines(body, separator, path)
        return pl.read_csv(data, separator=separator, infer_schema=False, extra_columns="ignore")


def _refuse_twin_headings(columns: list[str], path: Path) -> None:
    for column in columns:
        heading, mark, number = column.rpartition("_duplicated_")
        if mark and number.isdigit() and heading in columns:
            raise FileUnreadable(
                f"{path} has two columns headed {heading!r}; expected one. Rename or remove one of them."
            )


def _refuse_odd_lines(body: str, separator: str, path: Path) -> None:
    """Raise for the first line that has more fields than headings, or a quotation mark that is never closed."""
    reader = csv.reader(io.StringIO(body), delimiter=separator, strict=True)
    try:
        width = len(next(reader))
        for row in reader:
            if any(cell.strip() for cell in row[width:]):
                raise FileUnreadable(
                    f"{path} line {reader.line_num} has {len(row)} fields; expected {width} as in the headings. "
                    "Put quotation marks around values that hold the separator."
                )
    except csv.Error as error:
        raise FileUnreadable(
            f"{path} line {reader.line_num}: {error}; expected quotation marks in pairs. Correct the line."
        ) from error


def _lines(frame: pl.DataFrame, body: str, first_line: int) -> pl.Series:
    """The line on which each row starts; values may hold line breaks of their own."""
    lines = pl.int_range(first_line, first_line + frame.height, eager=True, dtype=pl.Int64)
    if body.count("\n") <= frame.height + 1:
        return lines.alias(LINE)
    breaks = frame.select(pl.sum_horizontal(pl.all().str.count_matches("\n", literal=True).fill_null(0))).to_series()
    return (lines + breaks.cast(pl.Int64).cum_sum().shift(1, fill_value=0)).alias(LINE)
