"""The whole system for tests: the real processes under their supervisor, on free ports, with a state folder of its
own."""

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
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest
from sqlalchemy import Engine, create_engine, text

ROOT = Path(__file__).resolve().parent.parent
START_S = 180.0
MOMENT = "2026-11-24T08:30:00+08:00"
"""When the tests take place: a Tuesday morning at the demo hospital."""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Reply:
    """An answered turn."""

    status: int
    body: dict[str, Any]

    @property
    def texts(self) -> list[str]:
        return [message["text"] for message in self.body.get("messages", [])]

    @property
    def text(self) -> str:
        return "\n".join(self.texts)

    @property
    def buttons(self) -> list[dict[str, str]]:
        return [button for message in self.body.get("messages", []) for button in message["buttons"]]

    @property
    def cards(self) -> list[dict[str, Any]]:
        return [message["card"] for message in self.body.get("messages", []) if message["card"]]

    @property
    def citations(self) -> list[dict[str, str]]:
        return [citation for message in self.body.get("messages", []) for citation in message["citations"]]


@dataclass
class Talk:
    """One conversation over the API."""

    client: httpx.Client
    id: str
    token: str
    language: str
    last: Reply | None = None
    trace: list[str] = field(default_factory=list)

    def say(self, words: str, **more: Any) -> Reply:
        body = {"text": words, "language": self.language, **more}
        answer = self.client.post(f"/api/v1/conversations/{self.id}/messages", json=body, headers=self.headers)
        self.last = Reply(answer.status_code, answer.json())
        self.trace += [f"> {words}", *(f"< {line}" for line in self.last.texts)]
        self.trace += [f"  [{button['title']}]" for button in self.last.buttons]
        return self.last

    def press(self, which: int | str) -> Reply:
        assert self.last is not None, "nothing was said yet"
        buttons = self.last.buttons
        if isinstance(which, int):
            return self.say(buttons[which]["payload"])
        found = next((button for button in buttons if which in button["title"]), None)
        assert found is not None, f"no button {which!r} among {[button['title'] for button in buttons]}"
        return self.say(found["payload"])

    def card(self) -> Reply:
        answer = self.client.post(f"/api/v1/conversations/{self.id}/card", headers=self.headers)
        self.last = Reply(answer.status_code, answer.json())
        return self.last

    def wipe(self) -> int:
        return self.client.delete(f"/api/v1/conversations/{self.id}", headers=self.headers).status_code

    @property
    def headers(self) -> dict[str, str]:
        return {"authorization": f"Bearer {self.token}"}


@dataclass
class System:
    """Processes, ports and folders of one running system."""

    state: Path
    ports: dict[str, int]
    env: dict[str, str]
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.ports['bot']}"

    def start(self) -> None:
        log = (self.state / "up.log").open("ab")
        yidao = Path(sys.executable).with_name("yidao")
        self.process = subprocess.Popen([str(yidao), "up"], cwd=ROOT, env=self.env, stdout=log, stderr=log)
        self.wait_ready()

    def wait_ready(self, timeout_s: float = START_S) -> None:
        end = time.monotonic() + timeout_s
        while time.monotonic() < end:
            assert self.process is not None
            assert self.process.poll() is None, (self.state / "up.log").read_text()[-2000:]
            try:
                if httpx.get(f"{self.url}/readyz", timeout=5, trust_env=False).status_code == 200:
                    return
            except httpx.HTTPError:
                pass
            time.sleep(0.3)
        raise AssertionError(f"not ready after {timeout_s} s: {self.logs()[-3000:]}")

    def stop(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(30)

    def pids(self, name: str) -> list[int]:
        """The process that listens on the port of `name`."""
        port = self.ports[name]
        return [
            connection.pid
            for connection in psutil.net_connections("tcp")
            if connection.status == psutil.CONN_LISTEN and connection.laddr.port == port and connection.pid
        ]

    def kill(self, name: str, sign: int = signal.SIGKILL) -> None:
        for pid in self.pids(name):
            os.kill(pid, sign)

    def client(self) -> httpx.Client:
        return httpx.Client(base_url=self.url, timeout=60, trust_env=False)

    def talk(self, language: str = "zh", kiosk: str = "K01") -> Talk:
        client = self.client()
        body = {"channel": "kiosk", "language": language, "kiosk": kiosk}
        opened = client.post("/api/v1/conversations", json=body)
        assert opened.status_code == 201, opened.text
        answer = opened.json()
        talk = Talk(client, answer["conversation_id"], answer["token"], language)
        talk.last = Reply(201, answer)
        return talk

    def database(self) -> Engine:
        return create_engine(self.env["YIDAO_RECORDS__URL"])

    def rows(self, query: str, **values: Any) -> list[dict[str, Any]]:
        engine = self.database()
        with engine.connect() as connection:
            found = [dict(row) for row in connection.execute(text(query), values).mappings()]
        engine.dispose()
        return found

    def logs(self) -> str:
        return "\n".join(
            path.read_text(errors="replace") for path in sorted((self.state / "log").glob("*")) if path.is_file()
        )


def make_system(folder: Path, **settings: str) -> System:
    """A system in `folder`, with the index that setup built."""
    names = ("bot", "rasa", "actions", "chroma")
    ports = {name: free_port() for name in names}
    for part in ("chroma", "knowledge"):
        source = ROOT / "var" / part
        assert source.is_dir(), f"{source} is missing: run `make setup`"
        shutil.copytree(source, folder / part)
    env = {
        **{key: value for key, value in os.environ.items() if not key.startswith("YIDAO_")},
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
    return System(folder, ports, env)


@pytest.fixture(scope="session")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """One running system for the whole session."""
    running = make_system(tmp_path_factory.mktemp("system"))
    try:
        running.start()
        yield running
    finally:
        running.stop()
