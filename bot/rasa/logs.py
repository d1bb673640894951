"""Rasa's log as JSON lines like those of every other process, without anything that a message could hold.

Rasa and its libraries put texts, slots and answers of others into their log messages. A line keeps the message only
where the logger is known to say nothing of the kind; of an exception it keeps the type and the places, never the words.
"""

from __future__ import annotations

import json
import logging
import sys
import traceback
from contextvars import ContextVar
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

REQUEST: ContextVar[str] = ContextVar("request", default="")
"""The request of `bot` that a turn belongs to."""

TOLD = ("bot.rasa", "rasa.server", "rasa.core.run", "rasa.model", "root", "sanic.root")
"""Loggers whose messages are about the server or are written by us."""
MOST_CHARS = 300
"""Longest message that is kept, in characters."""
MOST_FRAMES = 12
"""Innermost places of an exception that are kept."""


def set_up_logs(_: int | None = None) -> None:
    """Every logger of the process writes JSON lines to standard output; takes the place of Rasa's coloured ones."""
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(JsonFormatter())
    handler.addFilter(lambda record: record.levelno >= logging.WARNING or record.name.startswith(TOLD))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel("INFO")
    logging.captureWarnings(True)
    logging.getLogger("py.warnings").setLevel("ERROR")  # of old libraries, which nobody here can act on


class JsonFormatter(logging.Formatter):
    """One JSON object a line."""

    def format(self, record: logging.LogRecord) -> str:
        """The line of a record."""
        line: dict[str, Any] = {
            "timestamp": datetime.fromtimestamp(record.created, timezone.utc).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "process": "rasa",
            "logger": record.name,
            "event": self._event(record),
        }
        if request := REQUEST.get():
            line["request"] = request
        if record.exc_info and record.exc_info[1] is not None:
            line["error"] = type(record.exc_info[1]).__name__
            line["exception"] = places(record.exc_info[1])
        return json.dumps(line, ensure_ascii=False)

    @staticmethod
    def _event(record: logging.LogRecord) -> str:
        if record.name.startswith(TOLD):
            return record.getMessage()[:MOST_CHARS]
        return f"{Path(record.pathname).name}:{record.lineno}"


def places(error: BaseException) -> list[str]:
    """Where an exception came through, outermost first."""
    frames = traceback.extract_tb(error.__traceback__)[-MOST_FRAMES:]
    return [f"{Path(frame.filename).name}:{frame.lineno} {frame.name}" for frame in frames]
