"""Starts the server; a port that is taken is said in one line."""

from __future__ import annotations

import socket

import uvicorn

from history.errors import PortTaken
from serving.app import create_app
from serving.settings import ServingSettings


def serve(settings: ServingSettings) -> None:
    """Serves the workspace until it is stopped; raises `PortTaken` when the address cannot be listened on."""
    app = create_app(settings)
    listener = listen(settings.host, settings.port)
    app.state.live.standing()
    config = uvicorn.Config(app, log_level="warning", access_log=False, timeout_graceful_shutdown=10)
    try:
        uvicorn.Server(config).run(sockets=[listener])
    finally:
        listener.close()


def listen(host: str, port: int) -> socket.socket:
    """A socket on `host` and `port`, bound; raises `PortTaken`."""
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        listener = socket.socket(family, socket.SOCK_STREAM)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
    except OSError as error:
        reason = error.strerror or "not possible"
        raise PortTaken(
            f"cannot listen on {host}:{port} ({reason.lower()}); expected a free port of this machine. "
            "Stop the other program or give another --port."
        ) from error
    return listener
