"""The address of a tracking server: whether anything listens there, and how it is told to people."""

from __future__ import annotations

import socket
from urllib.parse import urlsplit

SECONDS_TO_ANSWER = 5.0


def must_listen(uri: str) -> None:
    """Raise `OSError` where nothing listens at the host and port of a server's address."""
    parts = urlsplit(uri)
    if parts.scheme in ("http", "https") and parts.hostname:
        port = parts.port or (443 if parts.scheme == "https" else 80)
        socket.create_connection((parts.hostname, port), SECONDS_TO_ANSWER).close()


def without_password(uri: str) -> str:
    """
    >>> without_password("https://ann:secret@models.example.com/x")
    'https://ann:***@models.example.com/x'
    """
    password = urlsplit(uri).password
    return uri.replace(f":{password}@", ":***@", 1) if password else uri
