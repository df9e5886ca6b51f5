"""Logs as JSON, a line each, without personal data: routes instead of paths, errors without what they quote."""

from __future__ import annotations

import datetime as dt
import json
import logging
import os
import sys
import traceback
from contextvars import ContextVar
from types import TracebackType

REQUEST_ID: ContextVar[str] = ContextVar("request_id", default="-")
"""The request that is being answered."""

OURS = "dealcast"


class JsonLines(logging.Formatter):
    """One JSON object a line. Of an error its kind and where it was raised: its message may quote a name or a deal."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, object] = {
            "at": dt.datetime.fromtimestamp(record.created, dt.UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "says": record.getMessage(),
            "request_id": REQUEST_ID.get(),
            "process": os.getpid(),
        }
        line.update(getattr(record, "facts", {}))
        if record.exc_info and record.exc_info[0] is not None:
            line["error"] = record.exc_info[0].__name__
            line["raised_in"] = places(record.exc_info[2])
        return json.dumps(line, ensure_ascii=False)


def places(trace: TracebackType | None) -> list[str]:
    """The innermost places of a traceback, the last one last: file, line and function."""
    frames = traceback.extract_tb(trace)[-6:]
    return [f"{'/'.join(frame.filename.split('/')[-2:])}:{frame.lineno} {frame.name}" for frame in frames]


def log_as_json() -> None:
    """Sends the service's own log, and the server's warnings, to standard error as JSON lines."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    for name, level in ((OURS, logging.INFO), ("uvicorn", logging.WARNING)):
        logger = logging.getLogger(name)
        logger.handlers, logger.propagate = [handler], False
        logger.setLevel(level)
