"""The whole system for tests: the real processes under their supervisor, on free ports, with a state folder of its
own."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import Engine, create_engine, text

from bot.benchmarks.system import System as OwnSystem
from bot.settings import Settings


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
class System(OwnSystem):
    """A running system that tests talk to, look into and hurt."""

    def kill(self, name: str, sign: int = signal.SIGKILL) -> None:
        found = self.pids(name)
        assert found, f"{name} does not listen"
        for pid in found:
            os.kill(pid, sign)

    @contextmanager
    def paused(self, name: str) -> Iterator[None]:
        """While the block lasts `name` stands still: it takes connections and never answers, as one 60 s late would."""
        pids = self.pids(name)
        assert pids, f"{name} does not listen"
        for pid in pids:
            os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            for pid in pids:
                os.kill(pid, signal.SIGCONT)

    def partners(self) -> dict[str, str]:
        """What /readyz says of each partner."""
        answer = httpx.get(f"{self.url}/readyz", timeout=10, trust_env=False)
        found: dict[str, str] = answer.json()["partners"]
        assert answer.status_code == (200 if set(found.values()) == {"up"} else 503)
        return found

    def tracker(self, sender: str) -> list[dict[str, Any]]:
        """Rasa's events of a conversation."""
        with closing(sqlite3.connect(f"file:{self.state / 'tracker.sqlite3'}?mode=ro", uri=True)) as connection:
            query = "SELECT data FROM events WHERE sender_id = ? ORDER BY id"
            return [json.loads(data) for (data,) in connection.execute(query, (sender,))]

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


def until(true: Callable[[], bool], what: str, timeout_s: float = 60.0) -> None:
    """Wait for something that happens in another process."""
    end = time.monotonic() + timeout_s
    while not true():
        assert time.monotonic() < end, f"{what}: not within {timeout_s} s"
        time.sleep(0.2)


def make_system(folder: Path, **settings: str) -> System:
    """A system in `folder`, with the index that setup built."""
    return System.in_folder(folder, Settings(), **settings)


@pytest.fixture(scope="session")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """One running system for the whole session."""
    running = make_system(tmp_path_factory.mktemp("system"))
    try:
        running.start()
        yield running
    finally:
        running.stop()
