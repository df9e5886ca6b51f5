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


@dataclass(frozen=True)
class Template:
    """A sheet's weights (points of 100 by indicator, per role) and targets (a number, "quota" or "team")."""

    name: str
    stage: str
    name_en: str
    name_zh: str
    score_at_most: float
    targets: Mapping[str, float | str]
    roles: Mapping[str, Mapping[str, float]]

    def weights(self, role: str | None) -> Mapping[str, float]:
        """The weights of `role`, else those of the default role."""
        return self.roles.get(role or DEFAULT_ROLE, self.roles[DEFAULT_ROLE])


def load_template(name: str | Path = "growth") -> Template:
    """The shipped template called `name`, or the TOML file at a path; raises `ConfigInvalid` in one line."""
    if str(name).endswith(".toml"):
        return _parsed(Path(name), str(name))
    folder = resources.files("indicators") / "templates"
    shipped = sorted(entry.name.removesuffix(".toml") for entry in folder.iterdir() if entry.name.endswith(".toml"))
    if name not in shipped:
        raise ConfigInvalid(
            f"template {str(name)!r} is not known; expected one of: {', '.join(shipped)}, or a .toml file."
        )
    return _parsed(folder / f"{name}.toml", f"{name}.toml")


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
    roles = document.get("roles", {})
    if DEFAULT_ROLE not in roles:
        raise ConfigInvalid(f"{source}: [roles.{DEFAULT_ROLE}] is missing; write the weights for roles not named.")
    for role, weights in roles.items():
        _check_weights(weights, f"{source}: [roles.{role}]")
    targets = document.get("targets", {})
    for slug, target in targets.items():
        _check_target(slug, target, f"{source}: [targets]")
    return Template(
        name=Path(source).stem,
        stage=str(document.get("stage", "")),
        name_en=str(document.get("name_en", "")),
        name_zh=str(document.get("name_zh", "")),
        score_at_most=float(document.get("score_at_most", 120)),
        targets=targets,
        roles=roles,
    )


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
