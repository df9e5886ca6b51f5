"""The settings of a workspace, read from `dealcast.toml`: currency, time zone, fiscal year, stages, fields, levels."""

from __future__ import annotations

import datetime as dt
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from history.errors import ConfigInvalid

OUTCOMES = ("won", "lost")
MOST_FEATURE_FIELDS = 20
FEATURES_ALREADY = frozenset(
    ("amount", "close_date", "forecast_category", "kind", "probability", "product_line", "region", "segment", "stage")
)
"""Fields of deals whose last value every model reads, configured or not."""
LEVELS_ALREADY = ("rep", "team", "region", "product_line", "segment", "company")
"""What forecasts are given by in every workspace; the levels that are fields of a deal may stand in a hierarchy."""
LEVELS_OF_PEOPLE = ("rep", "team", "company")
NO_LEVELS = frozenset(("amount", "close_date", "next_step", "owner_id", "probability", "stage", "loss_reason"))
MOST_LEVELS = 6
_FIELD_NAME = re.compile(r"[^\W\d_]\w{0,59}")


@dataclass(frozen=True)
class Stage:
    """One stage of the sales process; `outcome` is "won", "lost" or None for an open stage."""

    name: str
    outcome: str | None = None
    category: str | None = None


@dataclass(frozen=True)
class Settings:
    """What a `dealcast.toml` says. `stages` stand in order of progress.

    `feature_fields` are fields of deals, beyond those that the product knows, whose last value models read.
    `hierarchies` are names, sorted, with their levels, fields of deals, the finest first.
    """

    currency: str = "CNY"
    timezone: str = "UTC"
    fiscal_year_starts: int = 1
    stages: tuple[Stage, ...] = ()
    store_url: str | None = None
    feature_fields: tuple[str, ...] = ()
    hierarchies: tuple[tuple[str, tuple[str, ...]], ...] = ()
    raw: Mapping[str, Any] = field(default_factory=dict, compare=False, repr=False)

    @property
    def own_levels(self) -> tuple[str, ...]:
        """Levels of the hierarchies beyond those that every workspace has, hierarchy after hierarchy."""
        named = [level for _, levels in self.hierarchies for level in levels]
        return tuple(dict.fromkeys(level for level in named if level not in LEVELS_ALREADY))

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)

    @property
    def open_stages(self) -> list[str]:
        return [stage.name for stage in self.stages if stage.outcome is None]

    @property
    def won_stages(self) -> list[str]:
        return [stage.name for stage in self.stages if stage.outcome == "won"]

    @property
    def lost_stages(self) -> list[str]:
        return [stage.name for stage in self.stages if stage.outcome == "lost"]

    @property
    def closed_stages(self) -> list[str]:
        return [stage.name for stage in self.stages if stage.outcome is not None]

    def start_of(self, day: dt.date) -> dt.datetime:
        """The UTC instant (naive) at which `day` begins in the workspace's time zone.

        >>> Settings(timezone="Asia/Shanghai").start_of(dt.date(2026, 1, 1))
        datetime.datetime(2025, 12, 31, 16, 0)
        """
        local = dt.datetime(day.year, day.month, day.day, tzinfo=self.zone)
        return local.astimezone(dt.UTC).replace(tzinfo=None)

    def day_of(self, instant: dt.datetime) -> dt.date:
        """The date in the workspace's time zone at a UTC instant (naive).

        >>> Settings(timezone="Asia/Shanghai").day_of(dt.datetime(2025, 12, 31, 16, 0))
        datetime.date(2026, 1, 1)
        """
        return instant.replace(tzinfo=dt.UTC).astimezone(self.zone).date()


def _stage(entry: Any, source: str) -> Stage:
    if not isinstance(entry, dict) or not isinstance(entry.get("name"), str):
        raise ConfigInvalid(f'{source}: a [[stages]] entry has no name; write name = "..." under each [[stages]].')
    outcome = entry.get("outcome")
    if outcome is not None and outcome not in OUTCOMES:
        raise ConfigInvalid(
            f'{source}: stage {entry["name"]!r} has outcome {outcome!r}; expected "won", "lost" or none. '
            "Correct it, or leave outcome out for an open stage."
        )
    return Stage(entry["name"], outcome, entry.get("category"))


def _section(document: Mapping[str, Any], name: str, source: str) -> Mapping[str, Any]:
    section = document.get(name, {})
    if not isinstance(section, dict):
        raise ConfigInvalid(
            f"{source}: [{name}] is no section; write [{name}] on a line of its own, its settings below."
        )
    return section


def _feature_fields(document: Mapping[str, Any], source: str) -> tuple[str, ...]:
    section = _section(document, "features", source)
    if unknown := sorted(set(section) - {"fields"}):
        raise ConfigInvalid(f"{source}: [features] has {unknown[0]!r}; expected fields alone. Correct or remove it.")
    names = section.get("fields", [])
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise ConfigInvalid(
            f'{source}: [features] fields is {names!r}; expected a list of names of fields such as ["market"]. '
            "Correct it."
        )
    for name in names:
        _check_field(name, names, source)
    if len(names) > MOST_FEATURE_FIELDS:
        raise ConfigInvalid(
            f"{source}: [features] fields names {len(names)} fields; expected {MOST_FEATURE_FIELDS} at most. "
            "Keep those that say most about a deal."
        )
    return tuple(names)


def _check_field(name: str, names: list[str], source: str) -> None:
    if not _FIELD_NAME.fullmatch(name):
        raise ConfigInvalid(
            f"{source}: [features] fields has {name[:80]!r}; expected the name of a field in deal_changes, a letter "
            "and then up to 59 letters, digits or underscores. Correct or remove it."
        )
    if name in FEATURES_ALREADY:
        raise ConfigInvalid(f"{source}: [features] fields has {name!r}, which is a feature already. Remove it.")
    if names.count(name) > 1:
        raise ConfigInvalid(f"{source}: [features] fields has {name!r} twice; name each field once.")


def _hierarchies(document: Mapping[str, Any], source: str) -> tuple[tuple[str, tuple[str, ...]], ...]:
    found = []
    for name, levels in sorted(_section(document, "hierarchies", source).items()):
        if not isinstance(levels, list) or not levels or not all(isinstance(level, str) for level in levels):
            raise ConfigInvalid(
                f"{source}: [hierarchies] {name} is {levels!r}; expected a list of fields of deals, the finest first, "
                'such as ["product_line", "segment"]. Correct it.'
            )
        for level in levels:
            _check_level(name, level, levels, source)
        found.append((name, tuple(levels)))
    settings = Settings(hierarchies=tuple(found))
    if len(settings.own_levels) > MOST_LEVELS:
        raise ConfigInvalid(
            f"{source}: [hierarchies] names {len(settings.own_levels)} levels of your own; expected {MOST_LEVELS} at "
            "most. Keep those by which people plan."
        )
    return settings.hierarchies


def _check_level(name: str, level: str, levels: list[str], source: str) -> None:
    if not _FIELD_NAME.fullmatch(level):
        raise ConfigInvalid(
            f"{source}: [hierarchies] {name} has {level[:80]!r}; expected the name of a field in deal_changes, a "
            "letter and then up to 59 letters, digits or underscores. Correct or remove it."
        )
    if level in LEVELS_OF_PEOPLE or level in NO_LEVELS:
        raise ConfigInvalid(
            f"{source}: [hierarchies] {name} has {level!r}, which is no field that parts deals; expected one such as "
            "product_line. Correct or remove it."
        )
    if levels.count(level) > 1:
        raise ConfigInvalid(f"{source}: [hierarchies] {name} has {level!r} twice; name each level once.")


def parse_settings(document: Mapping[str, Any], source: str = "dealcast.toml") -> Settings:
    """Settings from a parsed TOML document; raises `ConfigInvalid` naming what is wrong and where."""
    workspace, store = _section(document, "workspace", source), _section(document, "store", source)
    currency = workspace.get("currency", "CNY")
    if not isinstance(currency, str) or not currency.strip():
        raise ConfigInvalid(f'{source}: currency is {currency!r}; expected a code such as "CNY". Correct it.')
    zone = workspace.get("timezone", "UTC")
    try:
        ZoneInfo(zone)
    except Exception as error:
        raise ConfigInvalid(
            f'{source}: timezone {zone!r} is not known; expected an IANA name such as "Asia/Shanghai". Correct it.'
        ) from error
    month = workspace.get("fiscal_year_starts", 1)
    if not isinstance(month, int) or isinstance(month, bool) or not 1 <= month <= 12:
        raise ConfigInvalid(f"{source}: fiscal_year_starts is {month!r}; expected a month from 1 to 12. Correct it.")
    entries = document.get("stages", [])
    if not isinstance(entries, list):
        raise ConfigInvalid(f"{source}: [[stages]] is no list of sections; write [[stages]] above each stage.")
    stages = tuple(_stage(entry, source) for entry in entries)
    names = [stage.name for stage in stages]
    if repeated := sorted({name for name in names if names.count(name) > 1}):
        raise ConfigInvalid(f"{source}: stage {repeated[0]!r} is listed twice; name each stage once.")
    return Settings(
        currency=currency,
        timezone=zone,
        fiscal_year_starts=month,
        stages=stages,
        store_url=store.get("url"),
        feature_fields=_feature_fields(document, source),
        hierarchies=_hierarchies(document, source),
        raw=dict(document),
    )


def read_settings(path: Path) -> Settings:
    """Settings from a `dealcast.toml` file; raises `ConfigInvalid` when it is missing or cannot be used."""
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError as error:
        raise ConfigInvalid(
            f"{path} does not exist; expected a dealcast.toml that lists the stages. Write one or name another folder."
        ) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigInvalid(f"{path} is not valid TOML: {error}. Correct the file.") from error
    return parse_settings(document, str(path))
