"""Numbers as people and spreadsheet programs write them: separators, currency signs, full-width digits."""

from __future__ import annotations

import polars as pl

from history.written_dates import half_width

EXPECTED = "a number such as 1234.5 or 1,234.50"

_CURRENCY = r"(?i)^(?:RMB|CNY|USD|EUR|GBP|JPY|HKD|[¥￥$€£])|(?:元|RMB|CNY|USD|EUR|GBP|JPY|HKD|€)$"
_THOUSANDS = r"^[+-]?\d{1,3}(?:,\d{3})+(?:\.\d*)?$"
_POINT_GROUPS = r"^[+-]?\d{1,3}(?:\.\d{3})+$"
_COMMA_DECIMAL = r"^[+-]?\d{1,3}(?:\.\d{3})+,\d+$|^[+-]?\d+,\d{1,2}$"


def read_numbers(text: pl.Series) -> pl.Series:
    """Floating-point numbers from text; null where the text is no finite number.

    Where every value of a column with a decimal sign has a comma for it, a point before three digits parts thousands.

    >>> read_numbers(pl.Series(["1,234.50", "￥1,234", "１２３４", "(5)", "1.234,5", "abc"])).to_list()
    [1234.5, 1234.0, 1234.0, -5.0, 1234.5, None]
    >>> read_numbers(pl.Series(["12,50", "1.000"])).to_list(), read_numbers(pl.Series(["12.50", "1.000"])).to_list()
    ([12.5, 1000.0], [12.5, 1.0])
    """
    if _points_part_thousands(text):
        grouped = pl.col(text.name).str.strip_chars().str.contains(_POINT_GROUPS)
        bare = pl.col(text.name).str.replace_all(".", "", literal=True)
        text = text.to_frame().select(pl.when(grouped).then(bare).otherwise(pl.col(text.name))).to_series()
    frame = pl.DataFrame({"text": text}).with_columns(number=pl.col("text").cast(pl.Float64, strict=False))
    left = frame.filter(pl.col("text").is_not_null() & pl.col("number").is_null()).select(pl.col("text").unique())
    if left.height:
        slow = left.select("text", slow=_number(pl.col("text")).cast(pl.Float64, strict=False))
        frame = frame.join(slow, on="text", how="left", maintain_order="left")
        frame = frame.with_columns(number=pl.coalesce("number", "slow"))
    finite = pl.when(pl.col("number").is_finite()).then("number")
    return frame.select((finite + 0.0).alias(text.name)).to_series()


def _points_part_thousands(text: pl.Series) -> bool:
    if not text.str.contains(r"\.\d{3}\s*$").any():
        return False
    bare = text.str.strip_chars()
    with_point = bare.str.contains(r"\.") & ~bare.str.contains(_POINT_GROUPS) & ~bare.str.contains(_COMMA_DECIMAL)
    return bool(bare.str.contains(_COMMA_DECIMAL).any()) and not with_point.any()


def _number(text: pl.Expr) -> pl.Expr:
    bare = half_width(text).str.replace_all(r"[\s'’\u00a0\u202f]", "")
    sign = bare.str.contains(r"^\(.*\)$|^-").fill_null(False)
    bare = bare.str.replace_all(r"^\((.*)\)$", "$1").str.replace(r"^[+-]", "")
    bare = bare.str.replace_all(_CURRENCY, "")
    negative = sign | bare.str.starts_with("-")
    bare = bare.str.replace(r"^-", "")
    plain = (
        pl.when(bare.str.contains(_THOUSANDS))
        .then(bare.str.replace_all(",", "", literal=True))
        .when(bare.str.contains(_COMMA_DECIMAL))
        .then(bare.str.replace_all(".", "", literal=True).str.replace(",", ".", literal=True))
        .otherwise(bare)
    )
    return pl.when(negative).then(pl.format("-{}", plain)).otherwise(plain)


def number_text(number: pl.Expr) -> pl.Expr:
    """A number as plain text, without a decimal point where it is whole.

    >>> pl.select(number_text(pl.lit(140500.0))).item(), pl.select(number_text(pl.lit(0.5))).item()
    ('140500', '0.5')
    """
    whole = (number == number.floor()) & (number.abs() < 1e15)
    as_integer = pl.when(whole).then(number).cast(pl.Int64).cast(pl.String)
    return pl.when(whole).then(as_integer).otherwise(number.cast(pl.String))
