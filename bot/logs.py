"""Logs as JSON lines with a request id; no personal data, since nothing a patient said is ever handed to a logger."""

from __future__ import annotations

import logging
import sys
import traceback
from collections.abc import MutableMapping
from pathlib import Path
from types import TracebackType
from typing import Any

import structlog

PUBLIC_KEYS = frozenset(
    {
        "action", "asked", "channel", "code", "conversation", "count", "device", "duration_ms", "error",
        "event", "exception", "flow", "host", "intent", "keys", "kiosk", "language", "level",
        "logger", "method", "partner", "path", "port", "process", "request", "route", "rule", "seconds",
        "status", "ticket", "timestamp", "updated", "user", "version",
    }
)  # fmt: skip
"""Every key a log line may have; a key that is not listed is dropped, so a new one must be judged first."""
INSIDE = frozenset({"_record", "_from_structlog"})
"""Keys by which structlog and logging hand a record on; they are taken out before it is written."""
MOST_FRAMES = 12
"""Innermost places of an exception that are kept."""
MOST_CHARS = 300
"""Longest message of a library that is kept, in characters."""
QUIET = ("sqlalchemy", "chromadb", "httpx", "langchain", "rasa_sdk", "sanic.error")
"""Libraries that quote what they were given: of their lines only the place is kept."""


def keep_public(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Drop whatever was not judged free of personal data."""
    dropped = [key for key in event if key not in PUBLIC_KEYS | INSIDE]
    for key in dropped:
        del event[key]
    if dropped:
        event["keys"] = sorted(dropped)
    return event


def places(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Of an exception its type and where it came through: its words may quote a patient."""
    found = event.pop("exc_info", None)
    if not found:
        return event
    error = found if isinstance(found, BaseException) else (found if isinstance(found, tuple) else sys.exc_info())[1]
    if error is not None:
        event["error"] = type(error).__name__
        event["exception"] = _frames(error.__traceback__)
    return event


def _frames(trace: TracebackType | None) -> list[str]:
    frames = traceback.extract_tb(trace)[-MOST_FRAMES:]
    return [f"{Path(frame.filename).name}:{frame.lineno} {frame.name}" for frame in frames]


def of_library(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """A line of a library: short, and without its words where it is known to quote."""
    record = event.get("_record")
    if isinstance(record, logging.LogRecord):
        event["logger"] = record.name
        if record.name.startswith(QUIET):
            event["event"] = f"{Path(record.pathname).name}:{record.lineno}"
        else:
            event["event"] = str(event["event"])[:MOST_CHARS]
    return event


def set_up_logs(process: str, level: str) -> None:
    """JSON lines on standard output for our own loggers and for those of libraries."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        places,
    ]
    render = structlog.processors.JSONRenderer(ensure_ascii=False)
    structlog.configure(
        processors=[*shared, keep_public, render],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level]),
        logger_factory=structlog.PrintLoggerFactory(sys.stdout),
        cache_logger_on_first_use=True,
    )
    structlog.contextvars.bind_contextvars(process=process)
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[*shared, of_library, keep_public],
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, render],
    )
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(formatter)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel("WARNING")
    logging.captureWarnings(True)
