"""A real MLflow tracking server in a process of its own, which a test may kill and start again where it was."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

STARTS_WITHIN_SECONDS = 240
QUIET = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "DO_NOT_TRACK": "true",
    # The server's own background jobs are another process, which takes longer to start than the server.
    "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
}


def free_port() -> int:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return int(listening.getsockname()[1])


@dataclass
class TrackingServer:
    """`mlflow server` on 127.0.0.1 over the SQLite database `mlflow.db` in `folder`, which also holds the artifacts."""

    folder: Path
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None

    @property
    def uri(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Returns once it answers; fails with its log when it ends before."""
        self.folder.mkdir(parents=True, exist_ok=True)
        stored = ["--backend-store-uri", f"sqlite:///{self.folder / 'mlflow.db'}"]
        files = ["--artifacts-destination", str(self.folder / "artifacts")]
        heard = ["--host", "127.0.0.1", "--port", str(self.port), "--workers", "1"]
        command = [sys.executable, "-m", "mlflow", "server", *stored, *files, *heard]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                command,
                stdout=log,
                stderr=log,
                cwd=self.folder,
                start_new_session=True,
                env={**os.environ, **QUIET},
            )
        self._wait()

    @property
    def log(self) -> Path:
        return self.folder / "server.log"

    def _wait(self) -> None:
        ends = time.monotonic() + STARTS_WITHIN_SECONDS
        while time.monotonic() < ends:
            assert self.process is not None
            assert self.process.poll() is None, self.log.read_text()
            try:
                with urllib.request.urlopen(f"{self.uri}/health", timeout=2):
                    return
            except OSError:
                time.sleep(0.1)
        raise AssertionError(f"no answer in {STARTS_WITHIN_SECONDS} s: {self.log.read_text()}")

    def kill(self) -> None:
        """Ends it and its workers at once, as a power cut would."""
        if self.process is not None and self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()


@contextmanager
def tracking_server(folder: Path) -> Iterator[TrackingServer]:
    """A server that answers; killed at the end."""
    server = TrackingServer(folder)
    try:
        server.start()
        yield server
    finally:
        server.kill()
