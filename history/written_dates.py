"""Dates and times as people and spreadsheet programs write them, read as UTC instants.

Year first is read in any of the usual forms. A form that leaves open which number is the month is not guessed.
"""

from __future__ import annotations

import polars as pl

EXPECTED = "a date written year first, such as 2016-03-01 or 2016-03-01 09:05:00"

_PLAIN = "%Y-%m-%d %H:%M:%S%.f"
_FORM = (
    r"(?i)^(?<year>\d{4})(?:[-/.年](?<month>\d{1,2})[-/.月](?<day>\d{1,2})日?|(?<compact>\d{4}))"
    r"(?:[T\s]*(?<before>上午|下午|AM|PM)?\s*(?<hour>\d{1,2})[::时](?<minute>\d{1,2})分?"
    r"(?:[::]?(?<second>\d{1,2})(?<fraction>\.\d+)?秒?)?\s*(?<after>AM|PM)?)?"
    r"\s*(?<zone>Z|UTC|[+-]\d{2}:?\d{2})?$"
)
_FULL_WIDTH = {chr(0xFF01 + offset): chr(0x21 + offset) for offset in range(94)} | {"\u3000": " ", "\u00a0": " "}


def half_width(text: pl.Expr) -> pl.Expr:
    """Full-width digits, letters and signs as their ordinary forms; other characters as they are."""
    return text.str.replace_many(list(_FULL_WIDTH), list(_FULL_WIDTH.values()))


def read_instants(text: pl.Series, timezone: str) -> pl.Series:
    """UTC instants from text; null where the text is no date or is not clear.

    A time without an offset is UTC; a date alone is the start of that day in `timezone`; an offset is honoured.

    >>> written = pl.Series(["2016/3/1", "2016-03-01 9:05", "2016-03-01T09:05:00+08:00"])
    >>> read_instants(written, "Asia/Shanghai").to_list()
    [datetime.datetime(2016, 2, 29, 16, 0), datetime.datetime(2016, 3, 1, 9, 5), datetime.datetime(2016, 3, 1, 1, 5)]
    """
    frame = pl.DataFrame({"text": text})
    frame = frame.with_columns(instant=pl.col("text").str.to_datetime(_PLAIN, strict=False, time_unit="us"))
    left = frame.filter(pl.col("text").is_not_null() & pl.col("instant").is_null()).select(pl.col("text").unique())
    if left.height:
        slow = _read_forms(left, timezone)
        frame = frame.join(slow, on="text", how="left", maintain_order="left")
        frame = frame.with_columns(instant=pl.coalesce("instant", "slow"))
    plausible = pl.col("instant").dt.year().is_between(1900, 2199)
    return frame.select(pl.when(plausible).then("instant").alias(text.name)).to_series()


def read_days(text: pl.Series) -> pl.Series:
    """Calendar days as `YYYY-MM-DD` text; null where the text is no date or is not clear. A time of day is dropped.

    >>> read_days(pl.Series(["2016年3月1日", "03/04/2016"])).to_list()
    ['2016-03-01', None]
    """
    left = pl.DataFrame({"text": text.unique()}).drop_nulls()
    parts = _parts(left).select("text", day=_day().str.to_date("%Y-%m-%d", strict=False).dt.to_string("%Y-%m-%d"))
    plausible = pl.col("day").str.slice(0, 4).cast(pl.Int32).is_between(1900, 2199)
    frame = pl.DataFrame({"text": text}).join(parts, on="text", how="left", maintain_order="left")
    return frame.select(pl.when(plausible).then("day").alias(text.name)).to_series()


def _parts(frame: pl.DataFrame) -> pl.DataFrame:
    cleaned = half_width(pl.col("text").str.strip_chars()).str.strip_chars()
    return frame.with_columns(cleaned.str.extract_groups(_FORM).alias("parts")).unnest("parts")


def _day() -> pl.Expr:
    month = pl.coalesce("month", pl.col("compact").str.slice(0, 2)).str.zfill(2)
    day = pl.coalesce("day", pl.col("compact").str.slice(2, 2)).str.zfill(2)
    return pl.format("{}-{}-{}", "year", month, day)


def _hour() -> pl.Expr:
    half = pl.coalesce("before", "after").str.to_uppercase()
    hour = pl.col("hour").cast(pl.Int32)
    afternoon = half.is_in(["PM", "下午"]).fill_null(False) & (hour < 12)
    midnight = half.is_in(["AM", "上午"]).fill_null(False) & (hour == 12)
    return pl.when(afternoon).then(hour + 12).when(midnight).then(0).otherwise(hour)


def _offset_minutes() -> pl.Expr:
    digits = pl.col("zone").str.replace_all(r"\D", "")
    minutes = digits.str.slice(0, 2).cast(pl.Int32, strict=False) * 60
    minutes = minutes + digits.str.slice(2, 2).cast(pl.Int32, strict=False)
    return pl.when(pl.col("zone").str.starts_with("-")).then(-minutes).otherwise(minutes).fill_null(0)


def _read_forms(frame: pl.DataFrame, timezone: str) -> pl.DataFrame:
    clock = pl.format(
        "{}:{}:{}{}",
        _hour().fill_null(0).cast(pl.String).str.zfill(2),
        pl.col("minute").fill_null("0").str.zfill(2),
        pl.col("second").fill_null("0").str.zfill(2),
        pl.col("fraction").str.slice(0, 7).fill_null(""),
    )
    local = pl.format("{} {}", _day(), clock).str.to_datetime(_PLAIN, strict=False, time_unit="us")
    is_utc = pl.col("hour").is_not_null() | pl.col("zone").is_not_null()
    as_utc = pl.col("local") - pl.duration(minutes=_offset_minutes())
    return (
        _parts(frame)
        .with_columns(local=local)
        .select("text", slow=pl.when(is_utc).then(as_utc).otherwise(local_to_utc(pl.col("local"), timezone)))
    )


def local_to_utc(local: pl.Expr, timezone: str) -> pl.Expr:
    """UTC instants of wall-clock times in `timezone`; the earlier of two, and an hour on where a time was skipped."""

    def utc(wall: pl.Expr) -> pl.Expr:
        zoned = wall.dt.replace_time_zone(timezone, ambiguous="earliest", non_existent="null")
        return zoned.dt.convert_time_zone("UTC").dt.replace_time_zone(None)

    return pl.coalesce(utc(local), utc(local + pl.duration(hours=1)))
