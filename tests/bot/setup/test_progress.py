import io
import itertools
import sys
import time
from pathlib import Path

import pytest

from bot.setup.faults import StepFailed
from bot.setup.progress import Console, run_logged


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_long_work_shows_a_line_with_its_seconds() -> None:
    seconds = itertools.count(0, 2)
    stream = Terminal()
    with Console(stream, lambda: float(next(seconds)), tick_s=0.005).progress("training"):
        time.sleep(0.1)
    assert "\r… training: 4 s" in stream.getvalue()
    assert "✓ training" in stream.getvalue()


def test_short_work_shows_only_its_end() -> None:
    stream = Terminal()
    with Console(stream, lambda: 0.0, tick_s=0.005).progress("training"):
        time.sleep(0.05)
    assert "…" not in stream.getvalue()
    assert "✓ training: 0.0 s" in stream.getvalue()


def test_a_log_that_is_no_terminal_gets_few_lines() -> None:
    seconds = itertools.count(0)
    stream = io.StringIO()
    with Console(stream, lambda: float(next(seconds)), tick_s=0.002).progress("training"):
        time.sleep(0.2)
    lines = stream.getvalue().splitlines()
    assert lines[0] == "… training: 3 s"
    assert lines[1] == "… training: 18 s"
    assert "\r" not in stream.getvalue()


def test_a_failed_command_tells_its_last_lines(tmp_path: Path) -> None:
    log = tmp_path / "x.log"
    with pytest.raises(StepFailed, match="status 3") as caught:
        run_logged([sys.executable, "-c", "print('the reason'); raise SystemExit(3)"], log, tmp_path)
    assert "the reason" in caught.value.tail
    assert str(log) in str(caught.value)


def test_a_command_that_does_not_exist_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(StepFailed, match="/nonexistent/tool cannot be run"):
        run_logged(["/nonexistent/tool"], tmp_path / "x.log", tmp_path)
