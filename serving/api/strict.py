"""A parameter that a route does not know is refused: a filter that is misspelt must not silently list everything."""

from __future__ import annotations

import difflib
from collections.abc import Iterator

from fastapi import Request
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute

from history.errors import RequestInvalid


async def known_parameters(request: Request) -> None:
    """Raises `RequestInvalid` for a query parameter that the route does not take, or takes once and got twice."""
    route = request.scope.get("route")
    if not request.query_params or not isinstance(route, APIRoute):
        return
    taken = list(dict.fromkeys(_of(route.dependant)))
    given = [name for name, _ in request.query_params.multi_items()]
    for name in given:
        if name not in taken:
            close = difflib.get_close_matches(name, taken, n=1)
            hint = f" Is {close[0]} meant?" if close else ""
            expected = f"one of {', '.join(taken)}" if taken else "none"
            raise RequestInvalid(f"the parameter {name[:80]!r} is not known here; expected {expected}.{hint}")
        if given.count(name) > 1:
            raise RequestInvalid(f"the parameter {name[:80]!r} is given {given.count(name)} times; give it once.")


def _of(dependant: Dependant) -> Iterator[str]:
    """The query parameters of a route and of what it depends on."""
    yield from (field.alias for field in dependant.query_params)
    for inner in dependant.dependencies:
        yield from _of(inner)
