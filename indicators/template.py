"""Weights and targets of a sheet, read from TOML; shipped ones lie in `indicators/templates/`."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

from history.errors import ConfigInvalid
from indicators.catalogue import INDICATORS

FULL = 100.0
WORDS = ("quota", "team")
DEFAULT_ROLE = "default"


NEWCOMER_DAYS = 365


@dataclass(frozen=True)
class Template:
    """A sheet's weights (points of 100 by indicator) and targets (a number, "quota" or "team").

    Both differ by role; newcomers, hired less than `newcomer_days` before the end of the span, may have their own.
    `vetoes` are least values below which a sheet shows no total.
    """

    name: str
    stage: str
    name_en: str
    name_zh: str
    score_at_most: float
    newcomer_days: int
    targets: Mapping[str, float | str]
    roles: Mapping[str, Mapping[str, float]]
    role_targets: Mapping[str, Mapping[str, float | str]]
    newcomer_roles: Mapping[str, Mapping[str, float]]
    newcomer_targets: Mapping[str, float | str]
    vetoes: Mapping[str, float]

    def weights(self, role: str | None, newcomer: bool = False) -> Mapping[str, float]:
        """The weights of `role`, else those of the default role; a newcomer's own where the sheet has some."""
        usual = self.roles.get(role or DEFAULT_ROLE, self.roles[DEFAULT_ROLE])
        if not newcomer:
            return usual
        return self.newcomer_roles.get(role or DEFAULT_ROLE, self.newcomer_roles.get(DEFAULT_ROLE, usual))

    def targets_of(self, role: str | None, newcomer: bool = False) -> Mapping[str, float | str]:
        """The targets of everybody, replaced by those of the role, then by those of newcomers."""
        of_role = self.role_targets.get(role or DEFAULT_ROLE, {})
        return {**self.targets, **of_role, **(self.newcomer_targets if newcomer else {})}


def shipped_templates() -> list[str]:
    """The names of the templates that come with the product, sorted."""
    folder = resources.files("indicators") / "templates"
    return sorted(entry.name.removesuffix(".toml") for entry in folder.iterdir() if entry.name.endswith(".toml"))


def load_template(name: str | Path = "growth") -> Template:
    """The shipped template called `name`, or the TOML file at a path; raises `ConfigInvalid` in one line."""
    if str(name).endswith(".toml"):
        return _parsed(Path(name), str(name))
    if name not in shipped_templates():
        raise ConfigInvalid(
            f"template {str(name)!r} is not known; expected one of: {', '.join(shipped_templates())}, or a .toml file."
        )
    return _parsed(resources.files("indicators") / "templates" / f"{name}.toml", f"{name}.toml")


def _parsed(path: Any, source: str) -> Template:
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError as error:
        raise ConfigInvalid(f"{source} does not exist; expected a template in TOML. Name another file.") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigInvalid(f"{source} is not valid TOML: {error}. Correct the file.") from error
    return parse_template(document, source)


def parse_template(document: Mapping[str, Any], source: str) -> Template:
    """A template from a parsed document; raises `ConfigInvalid` naming file, place, what was expected."""
    parts = {name: _section(document, name, source) for name in SECTIONS}
    if DEFAULT_ROLE not in parts["roles"]:
        raise ConfigInvalid(f"{source}: [roles.{DEFAULT_ROLE}] is missing; write the weights for roles not named.")
    for part in ("roles", "newcomer_roles"):
        for role in parts[part]:
            _check_weights(_section(parts[part], role, f"{source}: [{part}]"), f"{source}: [{part}.{role}]")
    for part in ("targets", "newcomer_targets"):
        _check_targets(parts[part], f"{source}: [{part}]")
    for role in parts["role_targets"]:
        of_role = _section(parts["role_targets"], role, f"{source}: [role_targets]")
        _check_targets(of_role, f"{source}: [role_targets.{role}]")
    for slug, least in parts["vetoes"].items():
        _check_least(slug, least, f"{source}: [vetoes]")
    return Template(
        name=Path(source).stem,
        stage=str(document.get("stage", "")),
        name_en=str(document.get("name_en", "")),
        name_zh=str(document.get("name_zh", "")),
        score_at_most=_number(document, "score_at_most", 120, source),
        newcomer_days=int(_number(document, "newcomer_days", NEWCOMER_DAYS, source)),
        **parts,
    )


SECTIONS = ("targets", "roles", "role_targets", "newcomer_roles", "newcomer_targets", "vetoes")


def _section(document: Mapping[str, Any], name: str, source: str) -> Mapping[str, Any]:
    section = document.get(name, {})
    if not isinstance(section, dict):
        raise ConfigInvalid(f"{source}: [{name}] is no section; write [{name}] on a line of its own, its lines below.")
    return section


def _number(document: Mapping[str, Any], name: str, usual: float, source: str) -> float:
    value = document.get(name, usual)
    if not _is_number(value) or value <= 0:
        raise ConfigInvalid(f"{source}: {name} is {value!r}; expected a number above 0, such as {usual}. Correct it.")
    return float(value)


def _check_targets(targets: Mapping[str, Any], place: str) -> None:
    for slug, target in targets.items():
        _check_target(slug, target, place)


def _check_least(slug: str, least: Any, place: str) -> None:
    _check_slug(slug, place)
    if not _is_number(least):
        raise ConfigInvalid(f"{place} gives {slug} the least value {least!r}; expected a number. Correct it.")


def _check_slug(slug: str, place: str) -> None:
    if slug not in INDICATORS:
        known = ", ".join(sorted(INDICATORS))
        raise ConfigInvalid(f"{place} names the indicator {slug!r}, which is not known; expected one of: {known}.")


def _check_weights(weights: Mapping[str, Any], place: str) -> None:
    for slug, weight in weights.items():
        _check_slug(slug, place)
        if not _is_number(weight) or weight < 0:
            raise ConfigInvalid(
                f"{place} gives {slug} the weight {weight!r}; expected points from 0 to 100. Correct it."
            )
    total = sum(weights.values())
    if abs(total - FULL) > 1e-6:
        raise ConfigInvalid(f"{place}: the weights sum to {total:g}; expected 100. Change them until they do.")


def _check_target(slug: str, target: Any, place: str) -> None:
    _check_slug(slug, place)
    if target in WORDS or (_is_number(target) and target > 0):
        return
    raise ConfigInvalid(f'{place} gives {slug} the target {target!r}; expected a number above 0, "quota" or "team".')


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
