"""Results as files: CSV, Parquet or JSON by the name's ending, whole or not at all."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from history.errors import OutputInvalid

if TYPE_CHECKING:
    import polars as pl

ENDINGS = (".csv", ".parquet", ".json")


def checked_path(path: Path | None) -> Path | None:
    """`path` if a result can be written there, asked before the long work; raises `OutputInvalid`."""
    if path is None:
        return None
    if path.suffix.lower() not in ENDINGS:
        raise OutputInvalid(
            f"--out {path} ends in {path.suffix or 'nothing'!r}; expected .csv, .parquet or .json. Rename the file."
        )
    if path.is_dir():
        raise OutputInvalid(
            f"--out {path} is a folder; expected the name of a file. Add a name, such as {path}/out.csv."
        )
    if not path.parent.is_dir():
        raise OutputInvalid(f"--out {path}: the folder {path.parent} does not exist; make it or name another.")
    return path


def write(frame: pl.DataFrame, path: Path) -> None:
    """`frame` to `path`: beside it first, then renamed, so that a reader never meets half a file.

    CSV is plain UTF-8; instants are ISO 8601 in UTC; a list is joined by spaces.
    """
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    os.close(handle)
    beside = Path(name)
    try:
        _write_as(frame, beside, path.suffix.lower())
        beside.chmod(0o666 & ~_umask())
        beside.replace(path)
    except OSError as error:
        raise OutputInvalid(f"{path} cannot be written ({error.strerror}); choose another place for --out.") from error
    finally:
        beside.unlink(missing_ok=True)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def _write_as(frame: pl.DataFrame, path: Path, ending: str) -> None:
    import polars as pl
    import polars.selectors as cs

    if ending == ".parquet":
        frame.write_parquet(path)
        return
    dates = frame.with_columns(cs.datetime().dt.strftime("%Y-%m-%dT%H:%M:%SZ"), cs.date().dt.strftime("%Y-%m-%d"))
    if ending == ".json":
        path.write_text(dates.with_columns(cs.float().fill_nan(None)).write_json() + "\n", encoding="utf-8")
        return
    lists = [name for name, kind in dates.schema.items() if isinstance(kind, pl.List)]
    dates.with_columns(pl.col(lists).cast(pl.List(pl.String)).list.join(" ")).write_csv(path)
