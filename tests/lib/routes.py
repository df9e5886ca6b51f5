"""Walks the routes of the app, those of included routers too, with the access rule of each."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from fastapi.routing import APIRoute

from serving.access import PUBLIC, RULES, ApiRule, PageRule


def every_route(routes: Iterable[Any]) -> Iterator[Any]:
    """The routes of an app, those of included routers among them."""
    for route in routes:
        inner = getattr(route, "original_router", None)
        if inner is not None:
            yield from every_route(inner.routes)
        else:
            yield route


def rules_of(dependant: Any) -> set[ApiRule | PageRule]:
    """The access rules that a route depends on."""
    found = {dependant.call} & RULES if isinstance(dependant.call, ApiRule | PageRule) else set()
    for inner in dependant.dependencies:
        found |= rules_of(inner)
    return found


@dataclass(frozen=True)
class Closed:
    """A route that is not public: how it is asked, its rule, and the names of its query parameters."""

    method: str
    path: str
    rule: ApiRule | PageRule
    parameters: frozenset[str]


def closed_routes(app: Any) -> list[Closed]:
    """Every route that is not public."""
    found = []
    for route in every_route(app.routes):
        if route.path in PUBLIC:
            continue
        assert isinstance(route, APIRoute), route.path
        (rule,) = rules_of(route.dependant)
        names = frozenset(parameters_of(route.dependant))
        found += [Closed(method, route.path, rule, names) for method in sorted(route.methods - {"HEAD"})]
    return found


def parameters_of(dependant: Any) -> Iterator[str]:
    """The names of the query parameters of a route and of what it depends on."""
    yield from (field.alias for field in dependant.query_params)
    for inner in dependant.dependencies:
        yield from parameters_of(inner)
