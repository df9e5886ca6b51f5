"""What the environment says about the service: typed, with a default for a laptop. Read here and in cli/ only."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from history.errors import ConfigInvalid


@dataclass(frozen=True)
class ServingSettings:
    """Where the workspace and its database are, where to listen, and the limits of a request."""

    workspace: Path = Path("workspace")
    database_url: str | None = None
    host: str = "127.0.0.1"
    port: int = 8000
    tracking_uri: str | None = None
    as_of: dt.date | None = None
    secure_cookies: bool = False
    body_limit_bytes: int = 2_000_000
    refresh_seconds: float = 5.0


def settings_from_environment(environ: Mapping[str, str] | None = None) -> ServingSettings:
    """Settings from the environment variables below; raises `ConfigInvalid` naming the variable that cannot be used.

    DEALCAST_WORKSPACE, DEALCAST_DATABASE_URL, DEALCAST_HOST, DEALCAST_PORT, DEALCAST_AS_OF (YYYY-MM-DD),
    DEALCAST_SECURE_COOKIES (1 behind TLS), DEALCAST_BODY_LIMIT_BYTES, DEALCAST_REFRESH_SECONDS, MLFLOW_TRACKING_URI.

    >>> settings_from_environment({"DEALCAST_PORT": "9000"}).port
    9000
    """
    values = os.environ if environ is None else environ
    return ServingSettings(
        workspace=Path(values.get("DEALCAST_WORKSPACE") or "workspace"),
        database_url=values.get("DEALCAST_DATABASE_URL") or None,
        host=values.get("DEALCAST_HOST") or "127.0.0.1",
        port=_whole(values, "DEALCAST_PORT", 8000, at_most=65535),
        tracking_uri=values.get("MLFLOW_TRACKING_URI") or None,
        as_of=_day(values, "DEALCAST_AS_OF"),
        secure_cookies=_yes(values, "DEALCAST_SECURE_COOKIES"),
        body_limit_bytes=_whole(values, "DEALCAST_BODY_LIMIT_BYTES", 2_000_000, at_most=100_000_000),
        refresh_seconds=float(_whole(values, "DEALCAST_REFRESH_SECONDS", 5, at_most=86_400)),
    )


def _whole(values: Mapping[str, str], name: str, default: int, at_most: int) -> int:
    text = values.get(name) or str(default)
    if not text.isascii() or not text.isdigit() or int(text) > at_most:
        raise ConfigInvalid(f"{name} is {text!r}; expected a whole number from 0 to {at_most}. Correct or unset it.")
    return int(text)


def _day(values: Mapping[str, str], name: str) -> dt.date | None:
    text = values.get(name)
    if not text:
        return None
    try:
        return dt.date.fromisoformat(text)
    except ValueError as error:
        raise ConfigInvalid(f"{name} is {text!r}; expected a date such as 2026-07-01. Correct or unset it.") from error


def _yes(values: Mapping[str, str], name: str) -> bool:
    text = (values.get(name) or "0").lower()
    if text not in ("0", "1", "false", "true", "no", "yes"):
        raise ConfigInvalid(f"{name} is {text!r}; expected 0 or 1. Correct or unset it.")
    return text in ("1", "true", "yes")
