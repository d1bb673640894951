"""What every conversation of this process shares, and what one of them knows while it is alive."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from actions.handoff.paging import Pages
from actions.handoff.tickets import Tickets
from actions.safety.gate import Gate, Persons
from actions.safety.listening import Heard
from actions.safety.medicines import MedicationQuestions
from actions.safety.place import EmergencyReplies
from bot.dialogue import DialogueEngine
from bot.forgetting import Forgetting
from bot.hub import Hub
from bot.privacy import Masker
from bot.settings import BotSettings
from bot.speaker import Speaker
from bot.store import ConversationStore, Opened
from knowledge.chain import AnswerChain


@dataclass(frozen=True)
class Rescue:
    """What an alarm needs beside its words."""

    replies: EmergencyReplies
    pages: Pages
    places: Mapping[str, Mapping[str, str]]
    """Where each kiosk stands, in both languages."""
    medication: MedicationQuestions
    """What only a pharmacist answers."""
    night_contact: str
    """Telephone of the hospital that is answered at every hour."""


@dataclass(frozen=True)
class House:
    """Everything a conversation needs."""

    settings: BotSettings
    store: ConversationStore
    forgetting: Forgetting
    engine: DialogueEngine
    chain: AnswerChain
    gate: Gate
    masker: Masker
    speaker: Speaker
    tickets: Tickets
    hub: Hub
    rescue: Rescue


@dataclass
class Live:
    """What a conversation knows in this process, beside its records."""

    opened: Opened | None = None
    """As it was last read."""
    persons: Persons | None = None
    """What the safety gate knows about each person spoken of; None until it was read from the records."""
    question: str = ""
    """Message key of the open question."""
    heard: Heard = field(default_factory=Heard)
    """What the safety gate still has in its ear."""
    epoch: int = 0
    """Counts emergencies: a turn of an earlier epoch says nothing any more."""
    seconds: Callable[[], float] = time.monotonic
    """The clock of `gave_up` and `Work.accepted`."""
    gave_up: float = float("-inf")
    """When a partner was last given up after the whole deadline; turns that waited behind do not wait again."""
    committing: asyncio.Lock = field(default_factory=asyncio.Lock)
    """Held while a turn is stored, so that an alarm and the turn it overtook do not store over each other."""
