"""Runs the service as a process of its own, as an operator would, and stops or kills it."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
ENOUGH_IN_A_ROW = 20
"""Answers from a warm worker after which all are thought to be warm."""


@dataclass
class ServerProcess:
    """A running service: its process, its address, and where it logs."""

    process: subprocess.Popen[bytes]
    address: str
    log: Path

    def get(self, path: str, token: str | None = None) -> tuple[int, Any]:
        """Status and JSON, or text, of an answer."""
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        return self.ask(urllib.request.Request(self.address + path, headers=headers))

    def post(self, path: str, token: str, body: object) -> tuple[int, Any]:
        """Status and JSON of the answer to a JSON body."""
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        return self.ask(urllib.request.Request(self.address + path, json.dumps(body).encode(), headers))

    def ask(self, request: urllib.request.Request) -> tuple[int, Any]:
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return answer.status, read(answer)
        except urllib.error.HTTPError as error:
            return error.code, read(error)

    def wait_until_ready(self, seconds: float = 120) -> None:
        """Returns when /readyz says so; fails with the log when the process ends before."""
        ends = time.monotonic() + seconds
        while time.monotonic() < ends:
            assert self.process.poll() is None, self.log.read_text()
            try:
                if self.get("/readyz")[0] == 200:
                    return
            except OSError:
                pass
            time.sleep(0.1)
        raise AssertionError(f"not ready in {seconds} s: {self.log.read_text()}")

    def lines(self) -> list[dict[str, Any]]:
        """The log, line by line."""
        return [json.loads(line) for line in self.log.read_text().splitlines() if line.startswith("{")]


def wait_until_warm(address: str, seconds: float = 1_800) -> None:
    """Returns when what is worked out ahead is there, in every worker as far as chance shows it."""
    ends, in_a_row = time.monotonic() + seconds, 0
    while in_a_row < ENOUGH_IN_A_ROW:
        if time.monotonic() > ends:
            raise SystemExit(f"the service at {address} was not warm within {seconds:,.0f} s; nothing was measured.")
        with urllib.request.urlopen(f"{address}/readyz", timeout=60) as answer:
            in_a_row = in_a_row + 1 if read(answer)["warm"] else 0
        time.sleep(0.0 if in_a_row else 1.0)


def read(answer: Any) -> Any:
    """The body: JSON where it is that, else text."""
    text = answer.read().decode()
    return json.loads(text) if "json" in answer.headers.get("content-type", "") else text


@contextmanager
def serving(workspace: Path, folder: Path, *options: str, **environment: str) -> Iterator[ServerProcess]:
    """`dealcast serve` on a free port, ready; ended by SIGTERM."""
    server = started(workspace, folder, *options, **environment)
    try:
        server.wait_until_ready()
        yield server
    finally:
        stop(server)


def started(workspace: Path, folder: Path, *options: str, **environment: str) -> ServerProcess:
    """`dealcast serve`, just started; it logs to a file in `folder`."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "cli", "--workspace", str(workspace), "serve", "--port", str(port), *options]
    log = folder / f"serve-{port}.log"
    with log.open("wb") as file:
        process = subprocess.Popen(
            command, cwd=ROOT, env={**os.environ, **environment}, stdout=file, stderr=file, start_new_session=True
        )
    return ServerProcess(process, f"http://127.0.0.1:{port}", log)


def stop(server: ServerProcess) -> int:
    """Tells the service to end; its exit code. Kills it when that does not help."""
    if server.process.poll() is None:
        server.process.send_signal(signal.SIGTERM)
    try:
        return server.process.wait(30)
    except subprocess.TimeoutExpired:
        kill(server)
        raise


def kill(server: ServerProcess) -> None:
    """Ends the service and its workers as a power cut would."""
    os.killpg(server.process.pid, signal.SIGKILL)
    server.process.wait(30)
