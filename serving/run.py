"""Starts the server, in one process or several; a port that is taken is said in one line."""

from __future__ import annotations

import functools
import gc
import os
import socket
import sys
import tempfile
from collections.abc import MutableMapping
from dataclasses import replace

import uvicorn
from fastapi import FastAPI
from uvicorn.supervisors import Multiprocess

from history.errors import PortTaken
from serving.app import create_app
from serving.logs import log_as_json
from serving.metrics import SHARED_FOLDER
from serving.settings import ServingSettings
from serving.store import open_tables

STOP_SECONDS = 10
SWITCH_SECONDS = 0.001
HANGING_SECONDS = 600
"""A worker that takes in a large import may not answer its parent for long; it is not hanging."""


def serve(settings: ServingSettings, workers: int = 1) -> None:
    """Serves the workspace until it is stopped; raises `PortTaken` when the address cannot be listened on.

    What is being answered when the stop comes is answered, for at most `STOP_SECONDS`. A worker that dies is replaced.
    """
    listener = listen(settings.host, settings.port)
    try:
        if workers == 1:
            uvicorn.Server(_config(settings)).run(sockets=[listener])
        else:
            _serve_together(settings, workers, listener)
    finally:
        listener.close()


def _serve_together(settings: ServingSettings, workers: int, listener: socket.socket) -> None:
    from history.workspace import open_workspace

    # Before there are several: one process makes the tables where there are none, and errors are said once.
    open_tables(open_workspace(settings.workspace, settings.database_url).store_url).dispose()
    with tempfile.TemporaryDirectory(prefix="dealcast-metrics-") as folder:
        os.environ[SHARED_FOLDER] = folder
        share_processors(os.environ, workers)
        try:
            listener.listen(2048)
            Multiprocess(_config(settings, workers), [listener]).run()
        finally:
            del os.environ[SHARED_FOLDER]


def share_processors(environ: MutableMapping[str, str], workers: int) -> None:
    """Lets workers that are started with `environ` use together as many threads as there are processors.

    Each would else use them all at once, and all would wait for each other. What is set already stands.

    >>> environ = {"OMP_NUM_THREADS": "4"}
    >>> share_processors(environ, 1000)
    >>> environ
    {'OMP_NUM_THREADS': '4', 'POLARS_MAX_THREADS': '1'}
    """
    each = max(1, (os.cpu_count() or 1) // workers)
    for name in ("POLARS_MAX_THREADS", "OMP_NUM_THREADS"):
        environ.setdefault(name, str(each))


def _config(settings: ServingSettings, workers: int = 1) -> uvicorn.Config:
    return uvicorn.Config(
        functools.partial(make_app, settings),
        factory=True,
        workers=workers,
        log_config=None,
        access_log=False,
        timeout_graceful_shutdown=STOP_SECONDS,
        timeout_worker_healthcheck=HANGING_SECONDS,
        server_header=False,
    )


def make_app(settings: ServingSettings) -> FastAPI:
    """The app of one process, with its log as JSON lines."""
    log_as_json()
    # What is worked out in the background gives way to requests sooner than Python's 5 ms.
    sys.setswitchinterval(SWITCH_SECONDS)
    app = create_app(replace(settings, warm=True))
    # Modules stay; to look through them for garbage again and again would make requests wait.
    gc.collect()
    gc.freeze()
    return app


def listen(host: str, port: int) -> socket.socket:
    """A socket on `host` and `port`, bound; raises `PortTaken`.

    An answer goes out in two parts, its head and its body. Left to itself the system holds back the second until the
    caller acknowledges the first, which callers put off for 40 ms; so it is told not to wait. The protocol is named,
    without which asyncio would not tell it either.
    """
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        listener.bind((host, port))
    except OSError as error:
        reason = error.strerror or "not possible"
        raise PortTaken(
            f"cannot listen on {host}:{port} ({reason.lower()}); expected a free port of this machine. "
            "Stop the other program or give another --port."
        ) from error
    return listener
