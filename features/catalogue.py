"""FEATURES: the one ordered list of all declarations, and the fields a company adds; their hash is the version."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from functools import cache

from features import account, calendar, commitment, context, engagement, momentum, people, rep, value
from features.aggregate import AGGREGATES, Aggregate, last
from features.feature import Feature
from features.streams import changes, field

MODULES = (momentum, commitment, value, engagement, people, account, rep, calendar)
FEATURES: dict[str, Feature] = {declared.name: declared for module in MODULES for declared in module.FEATURES}
OF_FIELD = "field_"
"""How the name of a feature begins that a company's settings add, followed by the field it reads."""


def feature_names(fields: Iterable[str] = ()) -> tuple[str, ...]:
    """Every feature in order: the catalogue's, then those of the configured `fields` of deals."""
    return (*FEATURES, *(OF_FIELD + name for name in fields))


def feature_of(name: str) -> Feature:
    """The feature of that name, of the catalogue or of a configured field; raises KeyError for a name of none.

    >>> feature_of("field_market").sentence("Automotive")
    'market: Automotive'
    """
    return FEATURES[name] if not of_field(name) else _field_feature(name.removeprefix(OF_FIELD))


def is_feature(name: str) -> bool:
    """Whether a feature of that name can be: of the catalogue, or of a field that settings may name."""
    return name in FEATURES or of_field(name)


def of_field(name: str) -> bool:
    """Whether the name is that of a configured field's feature."""
    return name.startswith(OF_FIELD) and len(name) > len(OF_FIELD)


@cache
def _field_feature(name: str) -> Feature:
    """The last known value of a field that the product does not know, as the company writes both."""
    before, after = (" " if end.isascii() else "" for end in (name[0], name[-1]))
    return Feature(
        name=OF_FIELD + name,
        expr=last(changes, "new", field == name),
        unit="category",
        group="account",
        en=name,
        zh=name,
        reason_en=f"{name}: {{value}}",
        reason_zh=f"{name}{after}为“{{value}}”",
        none_en=f"No {name} on record",
        none_zh=f"没有{before}{name}{after}的记录",
        categorical=True,
        own_words=True,
    )


def aggregates_of(feature: Feature) -> list[Aggregate]:
    """The aggregates a feature reads."""
    return [AGGREGATES[name] for name in dict.fromkeys(feature.expr.meta.root_names()) if name in AGGREGATES]


def feature_version(fields: Iterable[str] = ()) -> str:
    """Twelve hex digits that change when any feature is declared otherwise, renamed, added, removed or moved, and when
    what a context stream tells of other deals is.

    `fields` are the configured ones, which are features too.
    """
    features = [feature_of(name) for name in feature_names(fields)]
    declared = [f"{f.name}|{f.unit}|{f.categorical}|{f.expr}" for f in features]
    text = "\n".join((*declared, context.declaration()))
    return hashlib.blake2b(text.encode(), digest_size=6).hexdigest()
