"""Logs as JSON lines with a request id; no personal data, since nothing a patient said is ever handed to a logger."""

from __future__ import annotations

import logging
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

PUBLIC_KEYS = frozenset(
    {
        "action", "asked", "channel", "code", "conversation", "count", "device", "duration_ms", "error",
        "event", "exc_info", "exception", "flow", "host", "intent", "keys", "kiosk", "language", "level",
        "logger", "method", "partner", "path", "port", "process", "request", "route", "rule", "seconds",
        "status", "ticket", "timestamp", "updated", "user", "version",
    }
)  # fmt: skip
"""Every key a log line may have; a key that is not listed is dropped, so a new one must be judged first."""


def keep_public(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Drop whatever was not judged free of personal data."""
    dropped = [key for key in event if key not in PUBLIC_KEYS]
    for key in dropped:
        del event[key]
    if dropped:
        event["keys"] = sorted(dropped)
    return event


def set_up_logs(process: str, level: str) -> None:
    """JSON lines on standard output for our own loggers and for those of libraries."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        keep_public,
    ]
    structlog.configure(
        processors=[*shared, structlog.processors.JSONRenderer(ensure_ascii=False)],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level]),
        cache_logger_on_first_use=True,
    )
    structlog.contextvars.bind_contextvars(process=process)
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared,
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
    )
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(formatter)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel("WARNING")
