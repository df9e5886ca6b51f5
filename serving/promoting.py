"""Lets a version of the model serve, or rolls back to it, by hand: over the API, on the page, on the command line."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from history.errors import DealUnknown
from training.model_version import ModelVersion
from training.promotion import LONGEST_REASON, Order
from training.promotion import promote as let_serve
from training.promotion import roll_back as go_back
from training.registry import Registry

__all__ = ["LONGEST_REASON", "Promotion", "attempt", "carry_out", "promote", "withdrawn_by"]


@dataclass(frozen=True)
class Promotion:
    """What was done: the version, the champion before (None where there was none) and after, and by a roll-back the
    versions that no longer serve."""

    version: str
    before: str | None
    champion: str
    withdrawn: list[str]
    rolled_back: bool

    @property
    def told(self) -> str:
        """For the audit log: a roll-back says so, and from which version to which."""
        if self.rolled_back:
            gone = f"; no longer serving: {', '.join(self.withdrawn)}" if self.withdrawn else ""
            return f"roll back from {self.before or 'none'} to {self.version}{gone}"
        return f"promote {self.version}; champion from {self.before or 'none'} to {self.champion}"


def attempt(version: str, roll_back: bool) -> str:
    """For the audit log, where it is refused: what was tried."""
    return f"roll back to {version[:40]}" if roll_back else f"promote {version[:40]}"


def promote(
    registry: Registry, version: str, order: Order, roll_back: bool, fields: Collection[str] | None = None
) -> Promotion:
    """`carry_out` for a version that there is; raises `DealUnknown` for one that there is not, and what it raises."""
    names = [found.version for found in registry.versions()]
    if version not in names:
        known = ", ".join(names[:12]) or "none"
        raise DealUnknown(f"model {version[:40]!r} is not registered; expected one of /v1/models: {known}.")
    return carry_out(registry, version, order, roll_back, fields)


def carry_out(
    registry: Registry, version: str, order: Order, roll_back: bool, fields: Collection[str] | None = None
) -> Promotion:
    """Promotes or rolls back on record; raises what `training.promotion` raises, and then nothing is changed."""
    before, withdrawn = registry.champion(), []
    if roll_back:
        withdrawn = go_back(registry, version, order, fields)
    else:
        let_serve(registry, version, order, fields)
    after = registry.champion()
    return Promotion(
        version, before.version if before else None, after.version if after else version, withdrawn, roll_back
    )


def withdrawn_by(versions: Sequence[ModelVersion], version: ModelVersion) -> list[str]:
    """The versions that a roll-back to `version` would take from service, the newest first."""
    return [one.version for one in versions if one.promoted and one.order > version.order]
