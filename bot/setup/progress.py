"""What the operator sees while setup works: one line for each step, with the seconds it has taken."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from bot.setup.faults import StepFailed

QUIET_S = 3.0
"""Seconds a step may take before its line appears."""
PLAIN_EVERY_S = 15.0
"""Seconds between two lines where the output is no terminal (a CI log)."""
TAIL_LINES = 25
"""Lines of a failed command's log that are shown."""


class Console:
    """Writes progress to a stream; on a terminal the line is redrawn every second."""

    def __init__(self, stream: TextIO, clock: Callable[[], float] = time.monotonic, tick_s: float = 1.0) -> None:
        self.stream = stream
        self.clock = clock
        self.tick_s = tick_s
        self.terminal = stream.isatty()

    def say(self, text: str) -> None:
        """One line of its own."""
        self.stream.write(text + "\n")
        self.stream.flush()

    @contextmanager
    def progress(self, title: str) -> Iterator[None]:
        """Show that `title` is being worked on, and how long it took once it is done."""
        began = self.clock()
        over = threading.Event()
        ticker = threading.Thread(target=self._tick, args=(title, began, over), daemon=True)
        ticker.start()
        try:
            yield
        except BaseException:
            self._end(over, ticker, f"✗ {title}: failed after {self.clock() - began:.0f} s")
            raise
        self._end(over, ticker, f"✓ {title}: {self.clock() - began:.1f} s")

    def _tick(self, title: str, began: float, over: threading.Event) -> None:
        shown = 0.0
        while not over.wait(self.tick_s):
            elapsed = self.clock() - began
            if elapsed < QUIET_S:
                continue
            if self.terminal:
                self.stream.write(f"\r… {title}: {elapsed:.0f} s\x1b[K")
                self.stream.flush()
            elif not shown or elapsed - shown >= PLAIN_EVERY_S:
                shown = elapsed
                self.say(f"… {title}: {elapsed:.0f} s")

    def _end(self, over: threading.Event, ticker: threading.Thread, line: str) -> None:
        over.set()
        ticker.join()
        self.say(f"\r{line}\x1b[K" if self.terminal else line)


def tail(log: Path, lines: int = TAIL_LINES) -> str:
    """The last lines of a log; empty where there is none."""
    try:
        return "\n".join(log.read_text(errors="replace").splitlines()[-lines:])
    except OSError:
        return ""


def run_logged(argv: Sequence[str], log: Path, cwd: Path, env: Mapping[str, str] | None = None) -> None:
    """Run a command, its output appended to `log`; raises StepFailed with the log's tail when it fails.

    The command gets a process group of its own, so that Ctrl-C here ends it and all it started.
    """
    with log.open("a") as output:
        output.write(f"$ {' '.join(argv)}\n")
        output.flush()
        try:
            child = subprocess.Popen(
                argv,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd=str(cwd),
                env={**os.environ, **(env or {})},
                start_new_session=True,
            )
        except OSError as error:
            raise StepFailed(f"{argv[0]} cannot be run: {error.strerror}.") from error
        try:
            status = child.wait()
        except BaseException:
            os.killpg(child.pid, signal.SIGTERM)
            child.wait()
            raise
    if status:
        raise StepFailed(f"`{' '.join(argv[:4])} …` ended with status {status}; its log is {log}.", tail(log))
