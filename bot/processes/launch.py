"""The wrapper around one process: `python -m bot.processes.launch NAME [--need URL] [--file PATH] -- COMMAND …`.

Started by supervisord for each program. It waits for what the program needs, starts it, and starts it again whenever
it ends, with growing pauses and without end, so that the supervisor never gives a program up. When it is told to
stop, or its supervisor dies, it ends the program and everything that the program started.

Its own lines in the log are JSON; with `--wrap-output` each line of the program becomes one too.

Imports little beside the standard library: one such wrapper lives beside every process.
"""

import argparse
import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

from bot.processes.lifelines import Sentinel, child_setup, die_with_parent
from bot.processes.readiness import Probe

STOP = frozenset({signal.SIGTERM, signal.SIGINT})
FORWARD = frozenset({signal.SIGHUP, signal.SIGUSR1, signal.SIGUSR2})
WATCHED = STOP | FORWARD | {signal.SIGCHLD}

POLL_S = 0.25
"""Seconds between two looks at a partner that is not ready."""
TELL_EVERY_S = 15.0
"""Seconds between two log lines about waiting."""

COLOUR = re.compile(r"\x1b\[[0-9;]*m")
"""What a terminal would show as colours."""
WORDS = re.compile(r"[^\W\d_]{3}")
"""A line without a word is decoration."""


@dataclass(frozen=True)
class Charge:
    """What a wrapper is told to keep running."""

    name: str
    """Names it in the log."""
    argv: tuple[str, ...]
    """The command."""
    needs: tuple[Probe, ...] = ()
    """Partners that must be ready before it starts."""
    files: tuple[Path, ...] = ()
    """Files that must exist before it starts."""
    grace_s: float = 5.0
    """Seconds it gets to end by itself when told to stop."""
    wraps_output: bool = False
    """Whether its lines are plain text that shall become JSON."""


@dataclass
class Backoff:
    """Pauses between two starts: short after a long life, growing while a program keeps failing."""

    first_s: float = 0.5
    """Pause after a program that had lived long enough."""
    most_s: float = 15.0
    """Longest pause."""
    healthy_s: float = 30.0
    """Seconds a program must have lived for the pause to start over."""
    _next_s: float = 0.0

    def pause(self, lived_s: float) -> float:
        """Seconds to wait before the next start."""
        pause = self.first_s if lived_s >= self.healthy_s or not self._next_s else self._next_s
        self._next_s = min(pause * 2, self.most_s)
        return pause


class Keeper:
    """Keeps one program running until it is told to stop. The signals in WATCHED must be blocked."""

    def __init__(self, charge: Charge, backoff: Backoff) -> None:
        self.charge = charge
        self.backoff = backoff
        self.child: subprocess.Popen[bytes] | None = None
        self.stopping = False

    def run(self) -> int:
        """Returns 0 once told to stop."""
        while self._wait_for_needs():
            began = time.monotonic()
            status = self._live()
            if self.stopping:
                break
            pause = self.backoff.pause(time.monotonic() - began)
            self._log(f"ended with status {status}; starting again in {pause:g} s")
            self._sleep(pause)
            if self.stopping:
                break
        self._log("stopped")
        return 0

    def _live(self) -> int | None:
        """One life of the program: start, wait, clear up. Its exit status, None where it could not start."""
        try:
            self.child = subprocess.Popen(
                self.charge.argv,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE if self.charge.wraps_output else None,
                stderr=subprocess.STDOUT if self.charge.wraps_output else None,
                preexec_fn=child_setup(signal.SIGKILL),
            )
        except (OSError, subprocess.SubprocessError) as error:
            self._log(f"cannot be started: {error}")
            return None
        if self.child.stdout is not None:
            threading.Thread(target=self._retell, args=(self.child.stdout,), daemon=True).start()
        sentinel = Sentinel(self.child.pid)
        self._log(f"started as process {self.child.pid}")
        try:
            while self.child.poll() is None and not self.stopping:
                self._next_signal(None)
            if self.stopping:
                self._end(self.child)
        finally:
            self._signal_group(self.child.pid, signal.SIGKILL)
            status = self.child.wait()
            self.child = None
            sentinel.dismiss()
        return status

    def _end(self, child: "subprocess.Popen[bytes]") -> None:
        """Ask the group to end and wait for the program, at most its grace."""
        self._signal_group(child.pid, signal.SIGTERM)
        deadline = time.monotonic() + self.charge.grace_s
        while child.poll() is None and time.monotonic() < deadline:
            self._next_signal(min(0.1, deadline - time.monotonic()))

    def _wait_for_needs(self) -> bool:
        """Wait for files and partners; False when told to stop meanwhile."""
        told = 0.0
        while not self.stopping:
            absent = [str(file) for file in self.charge.files if not file.exists()]
            absent += [repr(probe) for probe in self.charge.needs if not absent and not probe.ready()]
            if not absent:
                return True
            if not told or time.monotonic() - told >= TELL_EVERY_S:
                told = time.monotonic()
                self._log(f"waiting for {', '.join(absent)}")
            self._sleep(POLL_S)
        return False

    def _sleep(self, seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while not self.stopping and (left := deadline - time.monotonic()) > 0:
            self._next_signal(left)

    def _next_signal(self, timeout_s: float | None) -> None:
        """Wait for a signal and act on it; a timeout of None waits without end."""
        if timeout_s is None:
            number = signal.sigwait(WATCHED)
        else:
            info = signal.sigtimedwait(WATCHED, max(0.0, timeout_s))
            if info is None:
                return
            number = signal.Signals(info.si_signo)
        if number in STOP:
            self.stopping = True
        elif number in FORWARD and self.child is not None:
            os.kill(self.child.pid, number)

    @staticmethod
    def _signal_group(group: int, number: signal.Signals) -> None:
        try:
            os.killpg(group, number)
        except ProcessLookupError:
            return

    def _retell(self, output: IO[bytes]) -> None:
        """Every line of the program with words in it, as one of ours; ends with the program."""
        for line in output:
            text = COLOUR.sub("", line.decode(errors="replace")).strip()
            if WORDS.search(text):
                self._log(text, self.charge.name)

    def _log(self, text: str, logger: str = "yidao.launch") -> None:
        now = datetime.now(UTC).isoformat(timespec="milliseconds")
        line = {"timestamp": now, "level": "info", "process": self.charge.name, "logger": logger, "event": text}
        try:
            print(json.dumps(line, ensure_ascii=False), flush=True)
        except BrokenPipeError:
            # The supervisor that read our output is dead; stopping is all that is left to do.
            self.stopping = True


def orphaned() -> bool:
    """Whether the supervisor that started us died before we could ask to die with it."""
    if "SUPERVISOR_ENABLED" not in os.environ:
        return False
    try:
        return b"supervisord" not in Path(f"/proc/{os.getppid()}/cmdline").read_bytes()
    except OSError:
        return True


def parse(arguments: Sequence[str]) -> Charge:
    """The command line as a Charge."""
    parser = argparse.ArgumentParser(prog="python -m bot.processes.launch", description="Keep one command running.")
    parser.add_argument("name", help="names the command in the log")
    parser.add_argument("--need", action="append", default=[], help="URL that must answer 200 before each start")
    parser.add_argument("--file", action="append", default=[], type=Path, help="file that must exist before each start")
    parser.add_argument("--grace", type=float, default=Charge.grace_s, help="seconds to end by itself")
    parser.add_argument("--wrap-output", action="store_true", help="make each line that it writes a JSON line")
    parser.add_argument("command", nargs="+", help="the command, after --")
    told = parser.parse_args(arguments)
    needs = tuple(Probe(url) for url in told.need)
    return Charge(told.name, tuple(told.command), needs, tuple(told.file), told.grace, told.wrap_output)


def main(arguments: Sequence[str]) -> int:
    """Keep the command running; the exit status."""
    die_with_parent(signal.SIGTERM)
    signal.pthread_sigmask(signal.SIG_BLOCK, WATCHED)
    if orphaned():
        return 1
    return Keeper(parse(arguments), Backoff()).run()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
