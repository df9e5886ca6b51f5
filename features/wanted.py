"""What a set of features asks of the engine: which aggregates of which streams, and whose lives they tell."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache, cached_property

import polars as pl

from features.aggregate import AGGREGATES, Aggregate, Stream
from features.catalogue import aggregates_of, feature_names, feature_of
from features.context import ENTITIES
from features.few import Steps, steps_of


@dataclass(frozen=True)
class Wanted:
    """Some features, in the catalogue's order with configured fields after it, and what they read.

    `numbers` and `categories` are their names by kind. `own` are the aggregates of a deal's own streams, `keys` those
    of them that say whose lives the row's context tells, `context` the others' streams by entity, in the order of
    ENTITIES. `plain` names the features that are an aggregate as it is, with its key; `worked_out` are the others'
    expressions (cast to Float64, named by feature) over `roots`.
    """

    names: tuple[str, ...]
    numbers: tuple[str, ...]
    categories: tuple[str, ...]
    own: Mapping[Stream, tuple[Aggregate, ...]]
    keys: Mapping[Stream, tuple[Aggregate, ...]]
    context: Mapping[str, Mapping[Stream, tuple[Aggregate, ...]]]
    plain: Mapping[str, str]
    worked_out: tuple[pl.Expr, ...]
    roots: tuple[str, ...]

    @cached_property
    def steps(self) -> Steps | None:
        """`worked_out` taken apart, for a few rows."""
        return steps_of(self.worked_out)

    @cached_property
    def worked_out_names(self) -> tuple[str, ...]:
        """The features of `worked_out`, in its order."""
        return tuple(name for name in self.names if name not in self.plain)

    @property
    def streams(self) -> list[Stream]:
        """Every stream that is read."""
        return [*self.own, *(stream for streams in self.context.values() for stream in streams)]


def wanted(names: Iterable[str] | None = None, fields: Iterable[str] = ()) -> Wanted:
    """What the features `names` ask for, all features by default, those of the configured `fields` among them.

    Raises KeyError for a name of no feature, or of a field that is not configured.
    """
    known = feature_names(fields)
    if names is None:
        return _wanted(known)
    chosen = frozenset(names)
    if unknown := sorted(chosen.difference(known)):
        raise KeyError(unknown[0])
    return _wanted(tuple(name for name in known if name in chosen))


@cache
def _wanted(names: tuple[str, ...]) -> Wanted:
    features = [feature_of(name) for name in names]
    read = {a.key: a for feature in features for a in aggregates_of(feature)}
    keys = _keys(read)
    streams = _by_stream([*keys.values(), *read.values()])
    plain = {f.name: f.expr.meta.output_name() for f in features if f.expr.meta.is_column()}
    others = [f for f in features if f.name not in plain]
    return Wanted(
        names=names,
        numbers=tuple(f.name for f in features if not f.categorical),
        categories=tuple(f.name for f in features if f.categorical),
        own={stream: found for stream, found in streams.items() if stream.entity == "deal"},
        keys={stream: found for stream, found in _by_stream(keys.values()).items() if stream.entity == "deal"},
        context={
            entity: found
            for entity in ENTITIES
            if (found := {stream: found for stream, found in streams.items() if stream.entity == entity})
        },
        plain=plain,
        worked_out=tuple(f.expr.cast(pl.String if f.categorical else pl.Float64).alias(f.name) for f in others),
        roots=tuple(dict.fromkeys(root for f in others for root in f.expr.meta.root_names())),
    )


def _keys(read: Mapping[str, Aggregate]) -> dict[str, Aggregate]:
    """The aggregates that name the entities whose streams are read, and those that these need in turn."""
    entities = {aggregate.stream.entity for aggregate in read.values()}
    keys: dict[str, Aggregate] = {}
    for entity in reversed(ENTITIES):
        if entity in entities:
            found = {root: AGGREGATES[root] for root in ENTITIES[entity].meta.root_names()}
            entities |= {aggregate.stream.entity for aggregate in found.values()}
            keys |= found
    return keys


def _by_stream(aggregates: Iterable[Aggregate]) -> dict[Stream, tuple[Aggregate, ...]]:
    found: dict[Stream, dict[str, Aggregate]] = {}
    for aggregate in aggregates:
        found.setdefault(aggregate.stream, {})[aggregate.key] = aggregate
    return {stream: tuple(by_key.values()) for stream, by_key in found.items()}
