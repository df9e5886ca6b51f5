"""A parameter or field of a form that a route does not know is refused: a misspelt filter must not list everything."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Sequence

from fastapi import Request
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from starlette.datastructures import FormData

from history.errors import RequestInvalid
from serving.asking import ParameterInvalid


async def known_parameters(request: Request) -> None:
    """Raises `ParameterInvalid` for a query parameter that the route does not take, or takes once and got twice."""
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
            told = f"the parameter {name[:80]!r} is not known here; expected {expected}.{hint}"
            raise ParameterInvalid(told, name, expected=taken)
        if given.count(name) > 1:
            told = f"the parameter {name[:80]!r} is given {given.count(name)} times; give it once."
            raise ParameterInvalid(told, name, request.query_params.getlist(name)[-1])


async def known_fields(request: Request) -> None:
    """Raises `RequestInvalid` for a field of a form that the route does not take, or takes once and got twice."""
    route = request.scope.get("route")
    taken = ["csrf", *(field.alias for field in route.dependant.body_params)] if isinstance(route, APIRoute) else []
    refuse_unknown(await request.form(), taken)


def refuse_unknown(sent: FormData, taken: Sequence[str]) -> None:
    """Raises `RequestInvalid` for a field that is not among those `taken`, or is given twice."""
    given = [name for name, _ in sent.multi_items()]
    for name in given:
        if name not in taken:
            raise RequestInvalid(f"the field {name[:80]!r} is not known here; expected one of {', '.join(taken)}.")
        if given.count(name) > 1:
            raise RequestInvalid(f"the field {name[:80]!r} is given {given.count(name)} times; give it once.")


def _of(dependant: Dependant) -> Iterator[str]:
    """The query parameters of a route and of what it depends on."""
    yield from (field.alias for field in dependant.query_params)
    for inner in dependant.dependencies:
        yield from _of(inner)
