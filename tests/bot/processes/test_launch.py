"""The wrapper around one process, run for real with small programs."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from bot.processes.launch import Backoff

ROOT = Path(__file__).resolve().parents[3]


def eventually(true: Callable[[], object], within_s: float = 8.0) -> bool:
    deadline = time.monotonic() + within_s
    while time.monotonic() < deadline:
        if true():
            return True
        time.sleep(0.02)
    return False


class Wrapped:
    """A wrapper, its output in a file, and the processes it started."""

    def __init__(self, folder: Path, *arguments: str) -> None:
        self.log = folder / "log"
        with self.log.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "bot.processes.launch", "dummy", *arguments], cwd=ROOT, stdout=output
            )

    def text(self) -> str:
        return self.log.read_text()

    def family(self) -> list[psutil.Process]:
        return psutil.Process(self.process.pid).children(recursive=True)


Start = Callable[..., Wrapped]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    started: list[Wrapped] = []

    def begin(*arguments: str) -> Wrapped:
        started.append(Wrapped(tmp_path, *arguments))
        return started[-1]

    yield begin
    for wrapped in started:
        if wrapped.process.poll() is None:
            wrapped.process.terminate()
            wrapped.process.wait(10)


def alive(processes: list[psutil.Process]) -> list[psutil.Process]:
    return [process for process in processes if process.is_running() and process.status() != psutil.STATUS_ZOMBIE]


def gone(processes: list[psutil.Process]) -> bool:
    try:
        return not alive(processes)
    except psutil.NoSuchProcess:
        return False  # between the two looks; look again


TREE = ("--", "/bin/sh", "-c", "sleep 300 & sleep 301 & echo up; wait")


def test_stop_ends_the_whole_tree(start: Start) -> None:
    wrapped = start(*TREE)
    assert eventually(lambda: "up" in wrapped.text() and len(wrapped.family()) == 4)
    family = wrapped.family()
    wrapped.process.terminate()
    assert wrapped.process.wait(5) == 0
    assert eventually(lambda: gone(family))


def test_kill_9_of_the_wrapper_ends_the_whole_tree(start: Start) -> None:
    wrapped = start(*TREE)
    assert eventually(lambda: "up" in wrapped.text() and len(wrapped.family()) == 4)
    family = wrapped.family()
    wrapped.process.kill()
    assert eventually(lambda: gone(family))


def test_a_program_that_ignores_the_stop_is_killed_after_its_grace(start: Start) -> None:
    wrapped = start("--grace", "0.3", "--", "/bin/sh", "-c", "trap '' TERM; echo up; while :; do sleep 0.1; done")
    assert eventually(lambda: "up" in wrapped.text())
    family = wrapped.family()
    began = time.monotonic()
    wrapped.process.terminate()
    assert wrapped.process.wait(5) == 0
    assert 0.3 <= time.monotonic() - began < 3
    assert eventually(lambda: gone(family))


def test_a_killed_program_is_back_and_leaves_no_orphan(start: Start) -> None:
    wrapped = start(*TREE)
    assert eventually(lambda: "up" in wrapped.text() and len(wrapped.family()) == 4)
    family = wrapped.family()
    shell = next(
        process for process in family if process.ppid() == wrapped.process.pid and "up" in process.cmdline()[-1]
    )
    shell.kill()
    assert eventually(lambda: wrapped.text().count("up\n") == 2)
    assert gone([process for process in family if process.pid != shell.pid])
    assert "ended with status -9; starting again in 0.5 s" in wrapped.text()


def test_it_waits_for_files(start: Start, tmp_path: Path) -> None:
    wrapped = start("--file", str(tmp_path / "model"), "--", "/bin/echo", "served")
    assert eventually(lambda: f"waiting for {tmp_path / 'model'}" in wrapped.text())
    assert "served" not in wrapped.text()
    (tmp_path / "model").touch()
    assert eventually(lambda: "served" in wrapped.text())


def test_it_waits_for_partners(start: Start, tmp_path: Path, free_port: int) -> None:
    wrapped = start("--need", f"http://127.0.0.1:{free_port}/", "--", "/bin/echo", "served")
    assert eventually(lambda: "waiting for Probe" in wrapped.text())
    assert "served" not in wrapped.text()
    (tmp_path / "empty").mkdir()
    partner = subprocess.Popen(
        [sys.executable, "-m", "http.server", str(free_port), "--bind", "127.0.0.1", "-d", str(tmp_path / "empty")],
        stderr=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
    )
    try:
        assert eventually(lambda: "served" in wrapped.text())
    finally:
        partner.kill()
        partner.wait()


def test_a_command_that_does_not_exist_is_tried_on(start: Start) -> None:
    wrapped = start("--", "/nonexistent/program")
    assert eventually(lambda: wrapped.text().count("cannot be started") == 2)
    assert wrapped.process.poll() is None


def test_signals_reach_the_program(start: Start) -> None:
    wrapped = start("--", "/bin/sh", "-c", "trap 'echo reopened' USR1; echo up; while :; do sleep 0.05; done")
    assert eventually(lambda: "up" in wrapped.text())
    os.kill(wrapped.process.pid, signal.SIGUSR1)
    assert eventually(lambda: "reopened" in wrapped.text())


def test_pauses_grow_to_a_limit_and_start_over_after_a_long_life() -> None:
    backoff = Backoff(first_s=1, most_s=5, healthy_s=30)
    assert [backoff.pause(0) for _ in range(5)] == [1, 2, 4, 5, 5]
    assert [backoff.pause(31), backoff.pause(0)] == [1, 2]
