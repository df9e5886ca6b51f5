"""How large a request may be, and how many a caller may send: the rest of a larger body is not read."""

from __future__ import annotations

import hashlib
import math
import time
from dataclasses import dataclass

from limits import RateLimitItemPerMinute
from limits.errors import ConfigurationError
from limits.storage import Storage, storage_from_string
from limits.strategies import SlidingWindowCounterRateLimiter
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from history.errors import ConfigInvalid
from serving.problems import too_large, too_many

FREE = ("/healthz", "/readyz", "/static/")


class BodyLimit:
    """Refuses bodies of more than `most_bytes` with 413, by the length they announce or the length they have."""

    def __init__(self, app: ASGIApp, most_bytes: int) -> None:
        self.app = app
        self.most_bytes = most_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        announced = Headers(scope=scope).get("content-length", "0")
        if announced.isdigit() and int(announced) > self.most_bytes:
            await too_large(self.most_bytes)(scope, receive, send)
            return
        read = 0

        async def receive_counted() -> Message:
            nonlocal read
            message = await receive()
            read += len(message.get("body", b""))
            if read > self.most_bytes:
                raise HTTPException(413)
            return message

        await self.app(scope, receive_counted, send)


@dataclass(frozen=True)
class Pace:
    """How many requests a caller may send in a minute, and how many an address may be refused; 0: any number."""

    requests_a_minute: int
    failures_a_minute: int
    storage: str = "memory://"


class RateLimit:
    """Answers 429 to a caller who sends too much, and to an address from which too much is refused.

    Counts by token or session where one is sent, else by address, in the memory of this process unless `storage` of
    `limits` names a server that several processes share.
    """

    def __init__(self, app: ASGIApp, pace: Pace) -> None:
        self.app = app
        self.requests = RateLimitItemPerMinute(pace.requests_a_minute) if pace.requests_a_minute else None
        self.failures = RateLimitItemPerMinute(pace.failures_a_minute) if pace.failures_a_minute else None
        self.counter = SlidingWindowCounterRateLimiter(_storage(pace.storage))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"].startswith(FREE):
            await self.app(scope, receive, send)
            return
        address = scope["client"][0] if scope.get("client") else "-"
        full = self._full(caller_key(scope) or address, address)
        if full is not None:
            await too_many(full)(scope, receive, send)
            return

        async def send_counted(message: Message) -> None:
            refused = message["type"] == "http.response.start" and message["status"] in (401, 403)
            if refused and self.failures is not None:
                self.counter.hit(self.failures, "failures", address)
            await send(message)

        await self.app(scope, receive, send_counted)

    def _full(self, caller: str, address: str) -> int | None:
        """Seconds to wait, where a window is full."""
        if self.failures is not None and not self.counter.test(self.failures, "failures", address):
            return self._wait(self.failures, "failures", address)
        if self.requests is not None and not self.counter.hit(self.requests, "requests", caller):
            return self._wait(self.requests, "requests", caller)
        return None

    def _wait(self, item: RateLimitItemPerMinute, *key: str) -> int:
        return max(1, math.ceil(self.counter.get_window_stats(item, *key).reset_time - time.time()))


def caller_key(scope: Scope) -> str | None:
    """The token or session that a request carries, as a hash; None where it carries none."""
    headers = Headers(scope=scope)
    sent = headers.get("authorization") or headers.get("cookie")
    return hashlib.sha256(sent.encode("utf-8", "replace")).hexdigest()[:32] if sent else None


def _storage(address: str) -> Storage:
    try:
        found = storage_from_string(address)
    except ConfigurationError as error:
        raise ConfigInvalid(
            f"DEALCAST_LIMITS_STORAGE is {address!r}, which cannot be used ({error}); expected memory:// or a server "
            "that the limits library knows, such as redis://HOST:6379 with its package installed."
        ) from error
    assert isinstance(found, Storage), "the addresses of asynchronous storages begin with async+"
    return found
