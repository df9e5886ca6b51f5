"""Around every request: an id, a line in the log, a count, and a line in the audit log of who did what."""

from __future__ import annotations

import logging
import re
import secrets
import time
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from serving.logs import REQUEST_ID
from serving.metrics import Metrics
from serving.people import audit
from serving.people.audit import AuditLog, Line
from serving.tokens import utc_now

LOG = logging.getLogger("dealcast.requests")
ID_HEADER = "X-Request-Id"
USABLE_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")
SAFE = ("GET", "HEAD", "OPTIONS")
UNWATCHED = ("/healthz", "/readyz", "/metrics", "/static/")
"""What machines call all the time and what shows nothing; counted, neither logged nor audited while it goes well."""
NOTED_REFUSALS = (400, 401, 403, 404, 405, 413, 415, 422, 429)
"""Noted even where nobody knows who it was: a body that cannot be read is refused before its sender is looked up, and a
path that leads nowhere, such as one to a file of the machine, before anybody is."""

DEED_WORDS = {
    "read": audit.SAW,
    "metrics": audit.SAW,
    "export": audit.EXPORTED,
    "promote": audit.PROMOTED,
    "people": audit.MANAGED,
}


class Observed:
    """The outermost middleware: sees every answer, those of other middleware too."""

    def __init__(self, app: ASGIApp, metrics: Metrics, audit_log: AuditLog) -> None:
        self.app = app
        self.metrics = metrics
        self.audit_log = audit_log

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        given = Headers(scope=scope).get(ID_HEADER, "")
        request_id = given if USABLE_ID.fullmatch(given) else secrets.token_hex(8)
        # A worker's scope shares one dictionary of state with the whole app; what a request notes is its own.
        scope["state"] = dict(scope.get("state") or {})
        mark, started, status = REQUEST_ID.set(request_id), time.perf_counter(), 500

        async def send_watched(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)[ID_HEADER] = request_id
                await self._audited(scope, status, request_id)
            await send(message)

        try:
            await self.app(scope, receive, send_watched)
        finally:
            self._noted(scope, status, time.perf_counter() - started)
            REQUEST_ID.reset(mark)

    async def _audited(self, scope: Scope, status: int, request_id: str) -> None:
        line = audit_line(scope, status, request_id)
        if line is None:
            return
        if line.deed in audit.CAN_WAIT:
            self.audit_log.add(line)
        elif not await run_in_threadpool(self.audit_log.add, line):
            LOG.error("a line of the audit log is late")

    def _noted(self, scope: Scope, status: int, seconds: float) -> None:
        route = route_of(scope)
        self.metrics.answered(_method(scope), route, status, seconds)
        if status < 500 and scope["path"].startswith(UNWATCHED):
            return
        facts = {"method": _method(scope), "route": route, "status": status, "milliseconds": round(1000 * seconds, 1)}
        LOG.info("answered", extra={"facts": facts})


def audit_line(scope: Scope, status: int, request_id: str) -> Line | None:
    """What the audit log says of a request; None for one that shows and changes nothing.

    A route may say more than its method and path do: `request.state.audited`, a word of `audit.DONE`, and
    `request.state.audited_what`; sign-in does, who has no caller to be noted by its rule.
    """
    state: dict[str, Any] = scope["state"]
    caller = state.get("caller")
    deed = _deed(scope, status, state)
    if deed is None:
        return None
    who = state.get("audited_who") or (caller.name if caller else audit.NOBODY)
    role = caller.sight.role if caller else audit.NOBODY
    what = state.get("audited_what") or f"{_method(scope)} {scope['path']}"
    client = scope.get("client")
    return Line(utc_now(), who, role, deed, what, status, client[0] if client else audit.NOBODY, request_id)


def _deed(scope: Scope, status: int, state: dict[str, Any]) -> str | None:
    if said := state.get("audited"):
        return str(said)
    if scope["path"].startswith(UNWATCHED) and status < 400:
        return None
    if status in NOTED_REFUSALS or (status >= 400 and state.get("caller")):
        return audit.REFUSED
    if state.get("caller") is None or status >= 400:
        return None
    needed = state.get("deed", "read")
    changes = _method(scope) not in SAFE and needed not in ("read", "export")
    if changes:
        return DEED_WORDS.get(needed, audit.CHANGED)
    return audit.EXPORTED if needed == "export" else audit.SAW


def route_of(scope: Scope) -> str:
    """The route's pattern, such as `/v1/deals/{deal_id}`; "-" where nothing answers to the path."""
    path = getattr(scope.get("route"), "path", None)
    return str(path) if path else "-"


def _method(scope: Scope) -> str:
    """The method, where it is one that exists: anything may be sent, and what is counted must stay small."""
    method = scope["method"]
    return method if method in (*SAFE, "POST", "PUT", "PATCH", "DELETE") else "OTHER"
