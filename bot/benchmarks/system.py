"""The whole system beside the one that serves patients: real processes, free ports, a state folder of its own."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import httpx
import psutil

from bot.benchmarks.faults import NotStarted
from bot.processes.faults import NotSetUp
from bot.processes.lifelines import child_setup
from bot.processes.ports import holder
from bot.processes.programs import actions_token
from bot.settings import ROOT, Settings
from bot.training import RASA_ENV, model_file

NAMES = ("bot", "rasa", "actions", "chroma")
"""The processes that listen."""
START_S = 180.0
"""Seconds a system may take to be ready."""
STOP_S = 30.0
"""Seconds it may take to stop."""
LOOK_EVERY_S = 0.05
"""Seconds between two looks whether it is ready: the error of a start's time."""
MOMENT = "2026-11-24T08:30:00+08:00"
"""The time of day at the demo hospital: a Tuesday morning, when every service is open."""


def free_port() -> int:
    """A port nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def answers(url: str) -> bool:
    """Whether the URL answers 200."""
    try:
        return httpx.get(url, timeout=5, trust_env=False).status_code == 200
    except httpx.HTTPError:
        return False


def tail(log: Path, characters: int = 2000) -> str:
    """The end of a log."""
    return log.read_text(errors="replace")[-characters:] if log.exists() else ""


@dataclass
class System:
    """Processes, ports and folders of one running system."""

    state: Path
    """Its folder."""
    ports: dict[str, int]
    """By process."""
    env: dict[str, str]
    """Environment of `yidao up`."""
    process: subprocess.Popen[bytes] | None = None
    """`yidao up` while it runs."""

    @classmethod
    def in_folder(cls, folder: Path, source: Settings, **settings: str) -> Self:
        """A system with a copy of the index that `source` has, empty otherwise. Raises NotSetUp without an index.

        `settings`: further environment variables, such as YIDAO_BOT__TURNS_PER_MINUTE.
        """
        for part, place in (
            ("chroma", source.path(source.state) / "chroma"),
            ("knowledge", source.knowledge.index_dir),
        ):
            if not place.is_dir():
                raise NotSetUp(f"{place} is missing: run `make setup`.")
            shutil.copytree(place, folder / part)
        ports = {name: free_port() for name in NAMES}
        env = {
            **{key: value for key, value in os.environ.items() if not key.startswith("YIDAO_")},
            "YIDAO_CONFIG": str(folder / "yidao.toml"),  # the defaults, whatever the house has set
            "YIDAO_STATE": str(folder),
            "YIDAO_BOT__PORT": str(ports["bot"]),
            "YIDAO_RASA__PORT": str(ports["rasa"]),
            "YIDAO_ACTIONS__PORT": str(ports["actions"]),
            "YIDAO_KNOWLEDGE__CHROMA_PORT": str(ports["chroma"]),
            "YIDAO_KNOWLEDGE__INDEX": str(folder / "knowledge"),
            "YIDAO_RECORDS__URL": f"sqlite:///{folder / 'yidao.sqlite3'}",
            "YIDAO_RASA__TRACKER_URL": f"sqlite:///{folder / 'tracker.sqlite3'}",
            "YIDAO_CLOCK__FIXED": MOMENT,
            "YIDAO_CLOCK__BEGAN": json.dumps(time.time()),
            **settings,
        }
        return cls(folder, ports, env)

    @property
    def url(self) -> str:
        """Address of `bot`."""
        return f"http://127.0.0.1:{self.ports['bot']}"

    def start(self) -> float:
        """Start and wait until it is ready; the seconds that took. Raises NotStarted."""
        began = time.monotonic()
        yidao = Path(sys.executable).with_name("yidao")
        with (self.state / "up.log").open("ab") as log:
            # Its own session, so that Ctrl-C here reaches us alone and we stop it in order.
            self.process = subprocess.Popen(
                [str(yidao), "up"],
                cwd=ROOT,
                env=self.env,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                preexec_fn=child_setup(signal.SIGTERM),
            )
        self.wait_ready()
        return time.monotonic() - began

    def wait_ready(self, timeout_s: float = START_S) -> None:
        """Wait until `/readyz` says that every partner is up. Raises NotStarted."""
        end = time.monotonic() + timeout_s
        while time.monotonic() < end:
            if self.process is None or self.process.poll() is not None:
                raise NotStarted(f"`yidao up` ended: {tail(self.state / 'up.log')}")
            if answers(f"{self.url}/readyz"):
                return
            time.sleep(LOOK_EVERY_S)
        told = tail(self.state / "up.log").strip().splitlines()[-1:] or ["nothing was said"]
        raise NotStarted(f"The system is not ready after {timeout_s:.0f} s: {told[0]}")

    def stop(self) -> None:
        """Stop it and wait until it is gone."""
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(STOP_S)

    def pids(self, name: str) -> list[int]:
        """The process that listens on the port of `name`; empty while there is none."""
        found = holder(self.ports[name])
        return [found.pid] if found else []

    def logs(self) -> str:
        """Everything that its processes logged."""
        return "\n".join(
            path.read_text(errors="replace") for path in sorted((self.state / "log").glob("*")) if path.is_file()
        )

    def rss_mb(self) -> dict[str, float]:
        """Resident memory in MB: each process, and under `supervision` all that watches over them."""
        if self.process is None:
            return {}
        root = psutil.Process(self.process.pid)
        every = {each.pid: each.memory_info().rss / 1e6 for each in (root, *root.children(recursive=True))}
        named = {name: sum(every.pop(pid, 0.0) for pid in self.pids(name)) for name in NAMES}
        return {name: round(size, 1) for name, size in {**named, "supervision": sum(every.values())}.items()}


@dataclass
class StockRasa:
    """A second Rasa: the same model, endpoints and action server, but the `rest` channel that Rasa brings."""

    url: str
    """Its address."""
    process: subprocess.Popen[bytes]
    """Its process."""

    def rss_mb(self) -> float:
        """Resident memory in MB."""
        return round(psutil.Process(self.process.pid).memory_info().rss / 1e6, 1)


@contextmanager
def stock_rasa(folder: Path, actions_port: int) -> Iterator[StockRasa]:
    """Have it for the time of the block, with its session state in `folder`. Raises NotStarted."""
    (folder / "credentials.yml").write_text("rest:\n")
    port, log_file = free_port(), folder / "rasa-rest.log"
    python = ROOT / ".venv-rasa" / "bin" / "python"
    command = [str(python), "-m", "rasa", "run", "--interface", "127.0.0.1", "--port", str(port)]
    command += ["--model", str(model_file(ROOT)), "--endpoints", "endpoints.yml"]
    command += ["--credentials", str(folder / "credentials.yml")]
    env = {
        **{key: value for key, value in os.environ.items() if not key.startswith("YIDAO_")},
        **RASA_ENV,
        "PYTHONPATH": str(ROOT),
        "OMP_NUM_THREADS": "1",
        "YIDAO_ACTIONS_URL": f"http://127.0.0.1:{actions_port}/webhook",
        "YIDAO_ACTIONS_TOKEN": actions_token(Settings(state=folder)),
        "YIDAO_TRACKER_DB": str(folder / "tracker-rest.sqlite3"),
    }
    with log_file.open("ab") as log:
        ends = child_setup(signal.SIGKILL)
        process = subprocess.Popen(command, cwd=ROOT, env=env, stdout=log, stderr=log, preexec_fn=ends)
        rasa = StockRasa(f"http://127.0.0.1:{port}", process)
        try:
            _await(rasa, log_file)
            yield rasa
        finally:
            process.kill()
            process.wait()


def _await(rasa: StockRasa, log: Path) -> None:
    end = time.monotonic() + START_S
    while not answers(f"{rasa.url}/webhooks/rest/"):
        if rasa.process.poll() is not None or time.monotonic() > end:
            raise NotStarted(f"Rasa with its own channel does not start: {tail(log)}")
        time.sleep(LOOK_EVERY_S)
