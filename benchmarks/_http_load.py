"""Plain HTTP load from one process: connections that are kept open, and next to no work per answer."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Measured:
    """What came of a load: milliseconds per answer, how long it lasted in seconds, and the statuses that came."""

    milliseconds: np.ndarray
    seconds: float
    statuses: frozenset[int]

    @property
    def a_second(self) -> float:
        return len(self.milliseconds) / self.seconds

    def quantile(self, share: float) -> float:
        return float(np.quantile(self.milliseconds, share))


def get(path: str, token: str | None = None, cookie: str | None = None) -> bytes:
    """A GET as it goes over the wire."""
    return _request("GET", path, token, b"", cookie)


def post(path: str, token: str, body: bytes) -> bytes:
    """A POST of JSON as it goes over the wire."""
    return _request("POST", path, token, body)


def _request(method: str, path: str, token: str | None, body: bytes, cookie: str | None = None) -> bytes:
    lines = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1"]
    lines += [f"Authorization: Bearer {token}"] if token else []
    lines += [f"Cookie: {cookie}"] if cookie else []
    lines += ["Content-Type: application/json", f"Content-Length: {len(body)}"] if body else []
    return "\r\n".join([*lines, "", ""]).encode() + body


def closed_loop(port: int, requests: Sequence[bytes], connections: int, seconds: float) -> Measured:
    """Each of some connections asks, waits for the answer and asks again."""
    return asyncio.run(_closed(port, requests, connections, seconds))


def open_loop(port: int, requests: Sequence[bytes], a_second: float, seconds: float) -> Measured:
    """A request every so often, whether the ones before are answered or not; late ones are counted from their time."""
    return asyncio.run(_open(port, requests, a_second, seconds))


async def _closed(port: int, requests: Sequence[bytes], connections: int, seconds: float) -> Measured:
    took: list[float] = []
    statuses: set[int] = set()
    begun = time.perf_counter()

    async def one(place: int) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        turn = place
        while time.perf_counter() - begun < seconds:
            sent = time.perf_counter()
            statuses.add(await _ask(reader, writer, requests[turn % len(requests)]))
            took.append(time.perf_counter() - sent)
            turn += connections
        writer.close()

    await asyncio.gather(*(one(place) for place in range(connections)))
    return Measured(np.array(took) * 1e3, time.perf_counter() - begun, frozenset(statuses))


async def _open(port: int, requests: Sequence[bytes], a_second: float, seconds: float) -> Measured:
    took: list[float] = []
    statuses: set[int] = set()
    idle: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []
    begun = time.perf_counter()

    async def one(turn: int) -> None:
        due = begun + turn / a_second
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
        pair = idle.pop() if idle else await asyncio.open_connection("127.0.0.1", port)
        statuses.add(await _ask(*pair, requests[turn % len(requests)]))
        took.append(time.perf_counter() - due)
        idle.append(pair)

    await asyncio.gather(*(one(turn) for turn in range(round(a_second * seconds))))
    for _, writer in idle:
        writer.close()
    return Measured(np.array(took) * 1e3, time.perf_counter() - begun, frozenset(statuses))


async def _ask(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, request: bytes) -> int:
    """Sends a request and reads its whole answer; gives the status."""
    writer.write(request)
    head = await reader.readuntil(b"\r\n\r\n")
    lower = head.lower()
    at = lower.find(b"content-length:")
    length = int(lower[at + 15 : lower.index(b"\r\n", at)]) if at >= 0 else 0
    if length:
        await reader.readexactly(length)
    return int(head[9:12])
