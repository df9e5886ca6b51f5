"""Letting a version serve by hand, and going back to one: the one road of the command, the API and the pages.

Whatever is refused is refused before anything is changed. Training and retraining promote by the registry itself: they
have just made what they promote.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass

from history.errors import RequestInvalid
from training.registry import Registry

LONGEST_REASON, LONGEST_NAME = 2_000, 200
"""Characters that the registry keeps."""


@dataclass(frozen=True)
class Order:
    """Who wants a version to serve, why, and when it was said (naive UTC)."""

    by: str
    reason: str
    at: dt.datetime


def promote(registry: Registry, version: str, order: Order, fields: Collection[str] | None = None) -> None:
    """Let `version` serve the days from its training on; see `Registry.promote`.

    `fields` are those configured as features. Raises `ModelUnavailable` for a version that is not there or that this
    installation cannot load, `RequestInvalid` for an order without a reason.
    """
    _must_be_allowed(registry, version, order, fields)
    registry.promote(version, order.by, order.reason, order.at)


def roll_back(registry: Registry, version: str, order: Order, fields: Collection[str] | None = None) -> list[str]:
    """Make `version` champion again and give the numbers of those that no longer serve; raises as `promote` does."""
    _must_be_allowed(registry, version, order, fields)
    return registry.rollback(version, order.by, order.reason, order.at)


def _must_be_allowed(registry: Registry, version: str, order: Order, fields: Collection[str] | None) -> None:
    _must_be_said(order)
    registry.must_be_loadable(version, fields)


def _must_be_said(order: Order) -> None:
    if not order.reason.strip():
        raise RequestInvalid("the reason is empty; expected why the version is to serve. Write it.")
    for name, text, most in (("reason", order.reason, LONGEST_REASON), ("name", order.by, LONGEST_NAME)):
        if len(text) > most:
            raise RequestInvalid(f"the {name} has {len(text):,} characters; expected at most {most:,}. Shorten it.")
        if "\x00" in text:
            raise RequestInvalid(f"the {name} holds a NUL, which no store keeps; expected text. Write it again.")
