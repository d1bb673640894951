"""`yidao up`: check that we can start, then run everything in the foreground."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from bot.processes.faults import AlreadyRunning, NotSetUp, ProcessFault
from bot.processes.lifelines import child_setup
from bot.processes.ports import require_free
from bot.processes.programs import Program, address, listeners, programs
from bot.processes.supervisor import Entry, Plan, running_supervisor, supervise
from bot.secrets import load_secret
from bot.settings import ROOT, Settings


def plan(settings: Settings) -> Plan:
    """The four processes under one supervisor."""
    return Plan(
        entries=tuple(_entry(program) for program in programs(settings).values()),
        root=ROOT,
        state=settings.path(settings.state),
        url=address(settings),
        stop_grace_s=settings.processes.stop_grace_s,
        start_deadline_s=settings.processes.start_deadline_s,
        log_bytes=settings.processes.log_bytes,
        log_backups=settings.processes.log_backups,
    )


def _entry(program: Program) -> Entry:
    return Entry(
        name=program.name,
        command=(sys.executable, "-m", "bot.processes.serve", program.name),
        probe=program.probe,
        needs=tuple(probe.url for probe in program.needs),
        files=program.files,
        plain_log=program.plain_log,
    )


def check(settings: Settings, made: Plan) -> None:
    """Raise AlreadyRunning, NotSetUp or BusyPort where a start would fail."""
    running = running_supervisor(made)
    if running:
        raise AlreadyRunning(f"Yidao already runs (process {running.pid}, {made.url}): stop it first.")
    wanted: list[Path] = [ROOT / ".venv-rasa" / "bin" / "python"]
    wanted += [file for entry in made.entries for file in entry.files]
    for file in wanted:
        if not file.exists():
            raise NotSetUp(f"{file} is missing: run `make setup`.")
    require_free(listeners(settings))


def up(settings: Settings, say: Callable[[str], None]) -> int:
    """Start everything, say when it is ready, stay until told to stop; the exit status. Raises ProcessFault."""
    os.umask(0o077)  # logs, sessions and keys are for this account only
    made = plan(settings)
    check(settings, made)
    load_secret(settings)  # made now, so that the processes do not race to make it
    return supervise(made, say)


@contextmanager
def chroma_running(settings: Settings) -> Iterator[None]:
    """Have a Chroma server for the time of the block: the running one, else one of our own. Raises ProcessFault."""
    program = programs(settings)["chroma"]
    if program.probe and program.probe.ready():
        yield
        return
    require_free([listener for listener in listeners(settings) if listener[0] == "knowledge.chroma_port"])
    log = settings.path(settings.state) / "log" / "chroma.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "bot.processes.serve", "chroma"],
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            preexec_fn=child_setup(signal.SIGTERM),
        )
        try:
            _await_chroma(program, process, settings.processes.start_deadline_s, log)
            yield
        finally:
            process.terminate()
            try:
                process.wait(settings.processes.stop_grace_s)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _await_chroma(program: Program, process: "subprocess.Popen[bytes]", deadline_s: float, log: Path) -> None:
    deadline = time.monotonic() + deadline_s
    while not (program.probe and program.probe.ready()):
        if process.poll() is not None or time.monotonic() > deadline:
            raise ProcessFault(f"The Chroma server does not start; its log is {log}.")
        time.sleep(0.1)
