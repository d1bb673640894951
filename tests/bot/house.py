"""A small real house for the front door: SQLite, vault, gate, wording and speaker are real; Rasa and the library are
simulated."""

from __future__ import annotations

import asyncio
import random
import shutil
from collections.abc import AsyncGenerator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from actions.clock import ManualClock
from actions.handoff.model import Ticket
from actions.handoff.paging import Pages
from actions.handoff.tickets import Tickets
from actions.records.cipher import Cipher
from actions.records.database import Database, migrate
from actions.records.tables import TurnRow
from actions.records.vault import Vault
from actions.safety.gate import Gate, load_gate
from actions.safety.medicines import load_medication_questions
from actions.safety.place import load_replies
from bot.cards import Cards
from bot.desk import FrontDesk
from bot.dialogue import EngineTurn
from bot.errors import PartnerDown
from bot.forgetting import Forgetting
from bot.house import House, Rescue
from bot.hub import Hub
from bot.kiosk.places import load_kiosks
from bot.messages import Reply, Turn
from bot.privacy import Masker, Recogniser
from bot.settings import ROOT, BotSettings
from bot.speaker import Speaker
from bot.store import ConversationStore
from bot.wording import Wording
from knowledge.directory import Directory, load_directory
from knowledge.passages import Answer, Citation

SECRET = bytes(range(32))
START, ZONE = datetime(2026, 11, 24, 9, 0), "Asia/Shanghai"
HOSPITAL = ROOT / "knowledge" / "hospital"
EMERGENCY = {"zh": "我爸胸口压着疼，一身冷汗", "en": "my father has crushing chest pain and is sweating"}
MENU = ({"say": "control.menu", "menu": True},)


@dataclass
class SimulatedEngine:
    """Rasa as the front door sees it, with faults on demand."""

    answers: dict[str, Sequence[Mapping[str, Any]]] = field(default_factory=dict)
    """Text → payloads; everything else gets the menu."""
    turns: list[EngineTurn] = field(default_factory=list)
    """What it was asked."""
    hold: asyncio.Event | None = None
    """While unset, every turn hangs."""
    fault: str = ""
    """Code of the partner that fails."""
    away: bool = False
    """Whether it can forget."""
    forgotten: list[str] = field(default_factory=list)
    trace: list[str] = field(default_factory=list)
    """What happened in which order, shared with a recording gate."""

    async def run(self, turn: EngineTurn) -> AsyncGenerator[Mapping[str, Any], None]:
        self.turns.append(turn)
        self.trace.append(f"engine:{turn.text}")
        if self.hold is not None:
            await self.hold.wait()
        if self.fault:
            raise PartnerDown("simulated", code=self.fault)
        for payload in self.answers.get(turn.text, MENU):
            yield payload

    async def forget(self, conversation: str) -> None:
        if self.away:
            raise PartnerDown("simulated", code="partner.rasa")
        self.forgotten.append(conversation)

    async def ready(self) -> bool:
        return not self.away


@dataclass
class SimulatedLibrary:
    """The answer chain, without an index."""

    asked: list[tuple[str, str, tuple[str, ...]]] = field(default_factory=list)
    degraded: bool = False

    async def answer(self, query: str, language: str, context: Sequence[str] = ()) -> Answer:
        self.asked.append((query, language, tuple(context)))
        quote = Citation("停车", "topics/zh/parking.md", "停车场在门诊楼地下一层。", "2026-01-01")
        return Answer("停车场在门诊楼地下一层。", (quote,), False, (), False, self.degraded)


@dataclass(frozen=True)
class Tables:
    """What is slow to read and the same for every test."""

    directory: Directory
    gate: Gate
    recogniser: Recogniser
    migrated: Path


@dataclass(frozen=True)
class Front:
    """A front desk and everything behind it."""

    desk: FrontDesk
    house: House
    engine: SimulatedEngine
    library: SimulatedLibrary
    database: Database
    vault: Vault
    clock: ManualClock

    @property
    def store(self) -> ConversationStore:
        return self.house.store

    async def patient(self, language: str = "zh", channel: str = "kiosk") -> Patient:
        kiosk = "K01" if channel == "kiosk" else None
        welcome = await self.desk.open(channel, language, kiosk, "127.0.0.1")
        return Patient(self, welcome.conversation, welcome.token, language, channel)


@dataclass
class Patient:
    """Somebody in a conversation."""

    front: Front
    id: str
    token: str
    language: str
    channel: str
    said: int = 0

    async def begin(self, text: str, message_id: str | None = None) -> asyncio.Task[Reply]:
        """Say something without waiting for the answer."""
        self.said += 1
        turn = Turn(self.id, message_id or f"m{self.said}", self.channel, self.language, text)
        answering = await self.front.desk.conversation(self.id).respond(turn)
        return asyncio.create_task(answering.reply())

    async def say(self, text: str, message_id: str | None = None) -> Reply:
        return await asyncio.wait_for(await self.begin(text, message_id), 10)


@pytest.fixture(scope="session")
def tables(tmp_path_factory: pytest.TempPathFactory) -> Tables:
    directory = load_directory(HOSPITAL)
    migrated = tmp_path_factory.mktemp("records") / "migrated.sqlite3"
    migrate(f"sqlite:///{migrated}")
    return Tables(directory, load_gate(HOSPITAL), Recogniser.from_file(HOSPITAL / "surnames.txt", ["张伟"]), migrated)


@pytest.fixture
def front(tmp_path: Path, tables: Tables) -> Iterator[Front]:
    path = tmp_path / "records.sqlite3"
    shutil.copy(tables.migrated, path)
    made = make_front(f"sqlite:///{path}", tables)
    yield made
    made.database.close()


def make_front(url: str, tables: Tables, gate: Any = None, **settings: Any) -> Front:
    """A front desk over a migrated database."""
    database = Database(url)
    clock = ManualClock(START, ZONE)
    vault = Vault(database, Cipher(SECRET), clock, random.Random(7))
    wording = Wording.load(ROOT / "data" / "wording", tables.directory, vault.mask)
    engine, library = SimulatedEngine(), SimulatedLibrary()
    house = House(
        settings=BotSettings(**{"turn_deadline_s": 0.5, **settings}),
        store=ConversationStore(database, vault, clock),
        forgetting=Forgetting(database, vault, clock),
        engine=engine,
        chain=library,  # type: ignore[arg-type]  # simulated
        gate=gate or tables.gate,
        masker=Masker(tables.recogniser, vault.keep),
        speaker=Speaker.load(wording, Cards.load(ROOT / "data" / "cards.yml", wording), ROOT / "data" / "menu.yml"),
        tickets=Tickets(database, clock),
        hub=Hub(),
        rescue=Rescue(
            load_replies(HOSPITAL),
            Pages(database, clock),
            load_kiosks(HOSPITAL),
            load_medication_questions(HOSPITAL),
            tables.directory.hospital.phones["night_contact"],
        ),
    )
    return Front(FrontDesk(house), house, engine, library, database, vault, clock)


def turns(front: Front) -> list[TurnRow]:
    with front.database.read() as session:
        return list(session.scalars(select(TurnRow).order_by(TurnRow.number)))


def ticket_of(front: Front, patient: Patient) -> Ticket:
    found = front.house.tickets.of_conversation(patient.id)
    assert found is not None
    return found
