"""A list that is asked for again, by whoever sees the same, is given from memory, hashed and compressed once."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterator
from typing import Any

from fastapi import Request
from fastapi.dependencies.models import Dependant
from fastapi.responses import Response
from fastapi.routing import APIRoute

from serving.access import ApiRule, Caller
from serving.conditional import Kept
from serving.live import Live
from serving.standing import Standing

Handler = Callable[[Request], Coroutine[Any, Any, Response]]


class RememberedRoute(APIRoute):
    """A GET whose answer follows from the standing, what its caller sees and its address, and from nothing else.

    Who calls is asked each time. An answer is kept with the standing's shelf, and so goes when a deal changes.
    """

    def get_route_handler(self) -> Handler:
        """FastAPI's own handler, behind the memory."""
        work_out = super().get_route_handler()
        rule = next(_rules(self.dependant))

        async def handle(request: Request) -> Response:
            caller = await rule(request)
            live: Live = request.app.state.live
            standing = live.at_hand
            if standing is None or "shelf" not in vars(standing):
                return await work_out(request)
            return await self._answered(request, caller, standing, work_out)

        return handle

    async def _answered(self, request: Request, caller: Caller, standing: Standing, work_out: Handler) -> Response:
        shelf, key = standing.shelf, (request.scope["path"], request.scope["query_string"], caller.sight.mark)
        kept = shelf.kept(key)
        if kept is None:
            answer = await work_out(request)
            if answer.status_code != 200:
                return answer
            kept = Kept(bytes(answer.body), str(answer.media_type))
            if "search" not in request.query_params:
                # What people type is seldom typed twice.
                shelf.keep(key, kept)
        return await kept.response(request.headers)


def _rules(dependant: Dependant) -> Iterator[ApiRule]:
    for inner in dependant.dependencies:
        if isinstance(inner.call, ApiRule):
            yield inner.call
