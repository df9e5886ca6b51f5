"""What was sent before need not be sent again, nor at full length: ETags of what the API gives, gzip where it pays."""

from __future__ import annotations

import gzip
import hashlib
from dataclasses import dataclass
from functools import cached_property

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

WORTH_GZIP_BYTES = 2_000
IN_THREAD_BYTES = 200_000
LEVEL = 4
TEXTS = ("application/json", "text/html", "text/csv")


class Conditional:
    """Answers `If-None-Match` of the API's GETs with 304 where nothing changed, and compresses longer texts.

    The tag is of the answer's content (weak: the same for either encoding), so that it holds across processes and
    restarts; the answer may be kept by the caller alone and must be asked for again.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "GET" or scope["path"].startswith("/static/"):
            await self.app(scope, receive, send)
            return
        start: Message = {}
        parts: list[bytes] = []

        async def hold(message: Message) -> None:
            if message["type"] == "http.response.start":
                start.update(message)
                return
            parts.append(message.get("body", b""))
            if not message.get("more_body", False):
                body = await _finished(scope, start, b"".join(parts))
                await send(start)
                await send({"type": "http.response.body", "body": body})

        await self.app(scope, receive, hold)


async def _finished(scope: Scope, start: Message, body: bytes) -> bytes:
    """The body as it is sent; the headers of `start` are set to fit."""
    asked, headers = Headers(scope=scope), MutableHeaders(raw=start["headers"])
    if start["status"] == 200 and scope["path"].startswith("/v1/"):
        tag = headers.get("ETag") or tag_of(body)
        headers["ETag"] = tag
        headers["Cache-Control"] = "private, no-cache"
        headers.add_vary_header("Authorization")
        if matches(asked.get("if-none-match", ""), tag):
            start["status"] = 304
            for name in ("content-length", "content-type", "content-disposition", "content-encoding"):
                if name in headers:
                    del headers[name]
            return b""
    if len(body) >= WORTH_GZIP_BYTES and headers.get("content-type", "").startswith(TEXTS):
        headers.add_vary_header("Accept-Encoding")
        if takes_gzip(asked.get("accept-encoding", "")) and "content-encoding" not in headers:
            body = await (run_in_threadpool(_short, body) if len(body) > IN_THREAD_BYTES else _short_now(body))
            headers["Content-Encoding"] = "gzip"
    headers["Content-Length"] = str(len(body))
    return body


@dataclass(frozen=True)
class Kept:
    """An answer that is given again and again: tagged and compressed once."""

    body: bytes
    media_type: str

    @cached_property
    def tag(self) -> str:
        return tag_of(self.body)

    @cached_property
    def short(self) -> bytes:
        return _short(self.body)

    async def response(self, asked: Headers) -> Response:
        """As the caller takes it; `Conditional` leaves tag and encoding as they are."""
        headers = {"ETag": self.tag}
        if len(self.body) < WORTH_GZIP_BYTES or not takes_gzip(asked.get("accept-encoding", "")):
            return Response(self.body, media_type=self.media_type, headers=headers)
        headers |= {"Content-Encoding": "gzip", "Vary": "Accept-Encoding"}
        if "short" not in vars(self) and len(self.body) > IN_THREAD_BYTES:
            await run_in_threadpool(lambda: self.short)
        return Response(self.short, media_type=self.media_type, headers=headers)


def tag_of(body: bytes) -> str:
    """The weak tag of an answer's content."""
    return f'W/"{hashlib.blake2b(body, digest_size=12).hexdigest()}"'


def _short(body: bytes) -> bytes:
    return gzip.compress(body, LEVEL, mtime=0)


async def _short_now(body: bytes) -> bytes:
    return _short(body)


def matches(asked: str, tag: str) -> bool:
    """Whether one of the tags of an `If-None-Match` is `tag`; weak and strong ones compare alike.

    >>> matches('"a", W/"b"', 'W/"b"'), matches("*", 'W/"b"'), matches("", 'W/"b"')
    (True, True, False)
    """
    tags = [one.strip().removeprefix("W/") for one in asked.split(",")]
    return tag.removeprefix("W/") in tags or tags == ["*"]


def takes_gzip(asked: str) -> bool:
    """Whether an `Accept-Encoding` takes gzip.

    >>> takes_gzip("br, gzip;q=0.5"), takes_gzip("gzip;q=0"), takes_gzip("identity")
    (True, False, False)
    """
    for one in asked.lower().split(","):
        name, _, weight = one.partition(";")
        if name.strip() in ("gzip", "*"):
            return weight.replace(" ", "") not in ("q=0", "q=0.0", "q=0.00", "q=0.000")
    return False
