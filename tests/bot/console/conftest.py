"""A real small house for the console: SQLite, vault, store, tickets and hub; only the password hash is a cheap one."""

from __future__ import annotations

import random
import shutil
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio
import yaml
from argon2 import PasswordHasher
from fastapi import FastAPI

from actions.clock import ManualClock
from actions.handoff.model import Ticket
from actions.handoff.tickets import Tickets
from actions.records.cipher import Cipher
from actions.records.database import Database, migrate
from actions.records.vault import Vault
from bot.console.accounts import Accounts
from bot.console.assembly import Console, make_console
from bot.console.policy import load_policy
from bot.console.routes import console_router
from bot.hub import Hub
from bot.messages import Message, Reply
from bot.privacy import Masker, Recogniser
from bot.settings import ROOT
from bot.store import ConversationStore, Memory
from bot.wording import Wording
from knowledge.directory import load_directory

SECRET = bytes(range(32))
PASSWORD = "a calm grey heron"
START, ZONE = datetime(2026, 11, 24, 9, 0), "Asia/Shanghai"
PLACES = yaml.safe_load((ROOT / "knowledge" / "hospital" / "kiosks.yml").read_text(encoding="utf-8"))["kiosks"]
CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
"""Argon2id all the same, but quick; `test_accounts` checks the real parameters once."""


class HeardHub(Hub):
    """The hub, with a list of everything that was published."""

    def __init__(self) -> None:
        super().__init__()
        self.published: list[tuple[str, str, Any]] = []

    def publish(self, conversation: str, event: str, data: Any) -> None:
        self.published.append((conversation, event, data))
        super().publish(conversation, event, data)


@dataclass(frozen=True)
class House:
    database: Database
    clock: ManualClock
    vault: Vault
    store: ConversationStore
    tickets: Tickets
    hub: HeardHub
    accounts: Accounts
    console: Console
    app: FastAPI
    told: list[tuple[str, str]] = field(default_factory=list)
    """What the dialogue was asked to tell a patient: `resume` or `pass_on`, and the conversation."""

    def patient(self, *lines: str, language: str = "zh", kiosk: str | None = "K01") -> str:
        """A conversation in which a patient has said these lines (tokens already in them), each answered."""
        conversation, _ = self.store.open("kiosk", language, kiosk)
        for line in lines:
            self.says(conversation, line, language)
        return conversation

    def says(self, conversation: str, text: str, language: str = "zh") -> None:
        number = len(self.store.transcript(conversation))
        reply = Reply(0, language, "bot", messages=(Message("好的。", "好的。"),))
        self.store.commit(conversation, f"m{number}", text, reply, Memory())

    def ticket(self, conversation: str = "", reason: str = "asked", priority: str = "normal", **summary: Any) -> Ticket:
        if conversation:
            self.store.set_status(conversation, "waiting")
        return self.tickets.open(conversation, reason, summary, kiosk="K01", priority=priority)


@dataclass(frozen=True)
class Tables:
    """What is slow to read and the same for every test."""

    wording: Wording
    recogniser: Recogniser


@pytest.fixture(scope="session")
def tables(tmp_path_factory: pytest.TempPathFactory) -> Tables:
    folder = tmp_path_factory.mktemp("wording")
    shutil.copy(ROOT / "data" / "wording" / "console_page.yml", folder)
    directory = load_directory(ROOT / "knowledge" / "hospital")
    wording = Wording.load(folder, directory, lambda conversation, token: token)
    return Tables(wording, Recogniser.from_file(ROOT / "knowledge" / "hospital" / "surnames.txt"))


@pytest.fixture(scope="session")
def staffed_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database of the newest form with four accounts; every test works on a copy."""
    path = tmp_path_factory.mktemp("records") / "staffed.sqlite3"
    migrate(f"sqlite:///{path}")
    database = Database(f"sqlite:///{path}")
    accounts = Accounts(database, ManualClock(START, ZONE), load_policy(), CHEAP)
    for name, role in (("wang.min", "nurse"), ("li.na", "nurse"), ("zhao", "clerk"), ("admin", "admin")):
        accounts.create(name, PASSWORD, role)
    database.close()
    return path


@pytest.fixture
def house(tmp_path: Path, staffed_database: Path, tables: Tables) -> Iterator[House]:
    path = tmp_path / "records.sqlite3"
    shutil.copy(staffed_database, path)
    made = make_house(path, tables)
    yield made
    made.database.close()


def make_house(path: Path, tables: Tables, beat_s: float = 15.0) -> House:
    database = Database(f"sqlite:///{path}")
    clock = ManualClock(START, ZONE)
    vault = Vault(database, Cipher(SECRET), clock, random.Random(7))
    masker = Masker(tables.recogniser, vault.keep)
    store, tickets, hub = ConversationStore(database, vault, clock), Tickets(database, clock), HeardHub()
    accounts = Accounts(database, clock, load_policy(), CHEAP)
    told: list[tuple[str, str]] = []

    async def resume(conversation: str) -> None:
        told.append(("resume", conversation))

    async def pass_on(conversation: str) -> None:
        told.append(("pass_on", conversation))

    console = make_console(
        SECRET, database, clock, vault, store, tickets, hub, masker, tables.wording,
        accounts=accounts, places=PLACES, resume=resume, pass_on=pass_on, beat_s=beat_s,
    )  # fmt: skip
    app = FastAPI()
    app.include_router(console_router(console))
    return House(database, clock, vault, store, tickets, hub, accounts, console, app, told)


class Staff(httpx.AsyncClient):
    """A browser of a member of staff: keeps the cookie, sends the session's token with every change."""

    async def sign_in(self, name: str, password: str = PASSWORD) -> httpx.Response:
        answer = await self.post("/console/api/sign-in", json={"name": name, "password": password})
        if answer.status_code == 200:
            self.headers["x-csrf-token"] = answer.json()["csrf"]
        return answer


def browser_of(house: House, scheme: str = "http") -> Staff:
    return Staff(transport=httpx.ASGITransport(app=house.app), base_url=f"{scheme}://console.test")


@pytest_asyncio.fixture
async def nurse(house: House) -> AsyncIterator[Staff]:
    async with browser_of(house) as client:
        assert (await client.sign_in("wang.min")).status_code == 200
        yield client


@pytest_asyncio.fixture
async def other(house: House) -> AsyncIterator[Staff]:
    async with browser_of(house) as client:
        assert (await client.sign_in("li.na")).status_code == 200
        yield client


@pytest_asyncio.fixture
async def clerk(house: House) -> AsyncIterator[Staff]:
    async with browser_of(house) as client:
        assert (await client.sign_in("zhao")).status_code == 200
        yield client


@pytest_asyncio.fixture
async def admin(house: House) -> AsyncIterator[Staff]:
    async with browser_of(house) as client:
        assert (await client.sign_in("admin")).status_code == 200
        yield client


@pytest_asyncio.fixture
async def stranger(house: House) -> AsyncIterator[Staff]:
    async with browser_of(house) as client:
        yield client


def code_of(answer: httpx.Response) -> str:
    """The refusal's code; fails when the answer is not a refusal in the one shape."""
    body = answer.json()
    assert set(body) == {"error"}
    assert set(body["error"]) == {"code", "message"}
    assert body["error"]["message"]
    return str(body["error"]["code"])
