"""What may stand in a log line: judged keys only, no words of an exception, no words of a library that quotes."""

from __future__ import annotations

import ast
import io
import json
import logging
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog

from bot.logs import PUBLIC_KEYS, keep_public, set_up_logs
from bot.rasa.logs import REQUEST, JsonFormatter
from bot.settings import ROOT

SECRET = "王小明 13800131234"


@pytest.fixture
def lines(monkeypatch: pytest.MonkeyPatch) -> Iterator[io.StringIO]:
    """What the process writes while it has the logs of `bot`."""
    written = io.StringIO()
    root, before = logging.getLogger(), (logging.getLogger().handlers[:], logging.getLogger().level)
    monkeypatch.setattr(sys, "stdout", written)
    set_up_logs("bot", "INFO")
    yield written
    root.handlers[:], level = before
    root.setLevel(level)
    logging.captureWarnings(False)
    structlog.reset_defaults()
    structlog.contextvars.clear_contextvars()


def read(written: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in written.getvalue().splitlines()]


def test_a_key_that_was_not_judged_is_dropped_and_named() -> None:
    event = keep_public(None, "info", {"event": "x", "text": SECRET, "name": SECRET, "conversation": "c"})
    assert event == {"event": "x", "conversation": "c", "keys": ["name", "text"]}


def test_our_lines_carry_process_request_and_level(lines: io.StringIO) -> None:
    structlog.contextvars.bind_contextvars(request="r1")
    structlog.get_logger("t").info("turn.done", conversation="c", text=SECRET)
    (line,) = read(lines)
    assert line["event"] == "turn.done"
    assert (line["process"], line["request"], line["level"], line["conversation"]) == ("bot", "r1", "info", "c")
    assert line["timestamp"].endswith("Z")
    assert SECRET not in lines.getvalue()


def test_an_exception_leaves_its_type_and_place_but_not_its_words(lines: io.StringIO) -> None:
    try:
        raise ValueError(SECRET)
    except ValueError:
        structlog.get_logger("t").error("turn.failed", exc_info=True)
        logging.getLogger("uvicorn.error").exception("Exception in ASGI application")
    ours, theirs = read(lines)
    for line in (ours, theirs):
        assert line["error"] == "ValueError"
        assert line["exception"][-1].startswith("test_logs.py:")
    assert theirs["event"] == "Exception in ASGI application"
    assert theirs["logger"] == "uvicorn.error"
    assert SECRET not in lines.getvalue()


def test_a_library_that_quotes_keeps_its_place_only(lines: io.StringIO) -> None:
    logging.getLogger("sqlalchemy.engine").warning("INSERT ... %s", SECRET)
    logging.getLogger("asyncio").warning("x" * 5000)
    quoting, long = read(lines)
    assert quoting["event"].startswith("test_logs.py:")
    assert len(long["event"]) == 300
    assert SECRET not in lines.getvalue()


def test_every_key_we_log_was_judged() -> None:
    """Walks the source: each keyword of a log call is public."""
    unjudged = []
    for folder in ("bot", "actions", "knowledge"):
        for path in (ROOT / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
                    continue
                target = node.func.value
                levels = ("debug", "info", "warning", "error", "exception", "critical")
                if not isinstance(target, ast.Name) or target.id != "log" or node.func.attr not in levels:
                    continue
                allowed = PUBLIC_KEYS | {"exc_info"}
                names = [keyword.arg for keyword in node.keywords if keyword.arg not in allowed]
                unjudged += [f"{path.relative_to(ROOT)}:{node.lineno} {name}" for name in names]
    assert unjudged == []


def record(logger: str, message: str, *args: Any, exc: BaseException | None = None) -> logging.LogRecord:
    info = (type(exc), exc, exc.__traceback__) if exc else None
    return logging.LogRecord(logger, logging.ERROR, str(Path("/x/processor.py")), 42, message, args, info)


def test_rasa_lines_keep_the_words_of_the_server_and_nobody_elses() -> None:
    shape = JsonFormatter()
    told = json.loads(shape.format(record("rasa.core.run", "Starting Rasa server on %s", "127.0.0.1")))
    assert told["event"] == "Starting Rasa server on 127.0.0.1"
    quiet = json.loads(shape.format(record("rasa.core.processor", "Received user message '%s'", SECRET)))
    assert quiet["event"] == "processor.py:42"
    assert set(quiet) == {"timestamp", "level", "process", "logger", "event"}


def test_rasa_exceptions_keep_no_words_and_the_request_is_named() -> None:
    REQUEST.set("r9")
    try:
        raise RuntimeError(SECRET)
    except RuntimeError as error:
        line = JsonFormatter().format(record("bot.rasa.channel", "turn failed", exc=error))
    body = json.loads(line)
    assert body["request"] == "r9"
    assert body["error"] == "RuntimeError"
    assert body["exception"][-1].startswith("test_logs.py:")
    assert SECRET not in line
