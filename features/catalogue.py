"""FEATURES: the one ordered list of all declarations; its hash is the feature version."""

from __future__ import annotations

import hashlib

from features import account, calendar, commitment, engagement, momentum, people, rep, value
from features.aggregate import AGGREGATES, Aggregate
from features.feature import Feature

MODULES = (momentum, commitment, value, engagement, people, account, rep, calendar)
FEATURES: dict[str, Feature] = {declared.name: declared for module in MODULES for declared in module.FEATURES}


def aggregates_of(feature: Feature) -> list[Aggregate]:
    """The aggregates a feature reads."""
    return [AGGREGATES[name] for name in dict.fromkeys(feature.expr.meta.root_names()) if name in AGGREGATES]


def feature_version() -> str:
    """Twelve hex digits that change when any feature is declared otherwise, renamed, added, removed or moved."""
    text = "\n".join(f"{f.name}|{f.unit}|{f.categorical}|{f.expr}" for f in FEATURES.values())
    return hashlib.blake2b(text.encode(), digest_size=6).hexdigest()
