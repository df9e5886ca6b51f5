"""What the environment says about the service: typed, with a default for a laptop. Read here and in cli/ only."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from history.errors import ConfigInvalid


@dataclass(frozen=True)
class OidcSettings:
    """The provider through which people may sign in, and the claim by which it names them."""

    issuer: str
    client_id: str
    client_secret: str | None = None
    claim: str = "email"


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
    warm: bool = False
    """Whether what pages ask first is worked out before anybody asks; a server that is started does so."""
    requests_a_minute: int = 6000
    failures_a_minute: int = 120
    limits_storage: str = "memory://"
    public_url: str | None = None
    oidc: OidcSettings | None = None


def settings_from_environment(environ: Mapping[str, str] | None = None) -> ServingSettings:
    """Settings from the environment variables below; raises `ConfigInvalid` naming the variable that cannot be used.

    DEALCAST_WORKSPACE, DEALCAST_DATABASE_URL, DEALCAST_HOST, DEALCAST_PORT, DEALCAST_AS_OF (YYYY-MM-DD),
    DEALCAST_SECURE_COOKIES (1 behind TLS), DEALCAST_BODY_LIMIT_BYTES, DEALCAST_REFRESH_SECONDS, MLFLOW_TRACKING_URI,
    DEALCAST_REQUESTS_A_MINUTE and DEALCAST_FAILURES_A_MINUTE (0: any number), DEALCAST_LIMITS_STORAGE,
    DEALCAST_PUBLIC_URL, DEALCAST_OIDC_ISSUER, DEALCAST_OIDC_CLIENT_ID, DEALCAST_OIDC_CLIENT_SECRET and
    DEALCAST_OIDC_CLAIM.

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
        requests_a_minute=_whole(values, "DEALCAST_REQUESTS_A_MINUTE", 6000, at_most=10_000_000),
        failures_a_minute=_whole(values, "DEALCAST_FAILURES_A_MINUTE", 120, at_most=10_000_000),
        limits_storage=values.get("DEALCAST_LIMITS_STORAGE") or "memory://",
        public_url=_address(values, "DEALCAST_PUBLIC_URL"),
        oidc=_oidc(values),
    )


def _oidc(values: Mapping[str, str]) -> OidcSettings | None:
    issuer = _address(values, "DEALCAST_OIDC_ISSUER")
    if issuer is None:
        return None
    for name in ("DEALCAST_OIDC_CLIENT_ID", "DEALCAST_PUBLIC_URL"):
        if not values.get(name):
            raise ConfigInvalid(f"DEALCAST_OIDC_ISSUER is set and {name} is not; expected both. Set it.")
    return OidcSettings(
        issuer,
        values["DEALCAST_OIDC_CLIENT_ID"],
        values.get("DEALCAST_OIDC_CLIENT_SECRET") or None,
        values.get("DEALCAST_OIDC_CLAIM") or "email",
    )


def _address(values: Mapping[str, str], name: str) -> str | None:
    text = (values.get(name) or "").rstrip("/")
    if text and not text.startswith(("https://", "http://127.0.0.1", "http://localhost")):
        raise ConfigInvalid(f"{name} is {text!r}; expected an address that begins with https://. Correct or unset it.")
    return text or None


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
