"""What every turn needs, whatever it is about: to load, to say, to open a ticket, to be stored once."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import structlog

from actions.errors import RecordsUnavailable
from actions.handoff.model import Ticket
from actions.safety.gate import Persons, Verdict
from bot.answering import Answering
from bot.house import House, Live
from bot.language import language_of
from bot.messages import Message, Reply, Safety, Turn
from bot.options import chosen
from bot.privacy import as_typed
from bot.speaker import Offered, Voice
from bot.store import Opened
from bot.watch import page

log = structlog.get_logger(__name__)

PERSONAL = frozenset({"patient_name", "patient_id", "patient_phone"})
"""Open questions whose answer says nothing about the language: "Li Ming", "E12345678"."""


@dataclass
class TurnWork:
    """What a turn has to hand, and how it says, stores and hands over."""

    house: House
    live: Live
    turn: Turn
    text: str
    """Normalised."""
    verdict: Verdict
    answering: Answering
    accepted: float
    """When it was accepted, on the clock of `Live.gave_up`."""
    epoch: int
    masked: str = ""
    """What the engine gets: normalised, with tokens."""
    written: str = ""
    """The same with the punctuation as it was typed, for the transcript."""
    messages: list[Message] = field(default_factory=list)
    lasting: list[Message] = field(default_factory=list)
    """What "say that again" asks for: the question, an answer, a warning; not the remark before them."""
    standing: bool = False
    """Whether the question that was open before this turn was left as it was."""
    offered: Offered = field(default_factory=Offered)
    language: str = "zh"
    status: str = "bot"

    @property
    def id(self) -> str:
        """Whose conversation."""
        return self.turn.conversation_id

    @property
    def overtaken(self) -> bool:
        """Whether an emergency came in after this turn was accepted."""
        return self.epoch != self.live.epoch

    async def _mask(self, expects: str | None) -> None:
        mask, typed = self.house.masker.mask_both, as_typed(self.turn.text)
        self.masked, self.written = await asyncio.to_thread(mask, self.id, self.text, typed, expects)

    async def _load(self) -> Opened:
        opened = await asyncio.to_thread(self.house.store.load, self.id)
        self.live.opened, self.status = opened, opened.status
        return opened

    def _language(self, opened: Opened) -> str:
        if chosen(self.text, opened.memory.options) or opened.memory.expects in PERSONAL:
            return opened.language
        return language_of(self.text) or self.turn.language or opened.language

    def _voice(self, opened: Opened) -> Voice:
        return Voice(self.id, self.language, opened.channel)

    def _say(self, message: Message, passing: bool = False) -> None:
        """Hand a message on, unless an emergency has overtaken this turn; one in passing is not said again."""
        if not self.overtaken:
            self.messages.append(message)
            self.answering.add(message)
            if not passing:
                self.lasting.append(message)

    async def _ticket(
        self,
        opened: Opened,
        reason: str,
        summary: Mapping[str, Any],
        priority: str = "normal",
        key: str = "handoff.waiting",
        say: bool = True,
    ) -> Ticket | None:
        """Open the conversation's ticket and tell its number; without records, say where people are."""
        voice, tickets = self._voice(opened), self.house.tickets
        try:
            ticket = await asyncio.to_thread(tickets.open, self.id, reason, summary, opened.kiosk, priority)
            ahead = await asyncio.to_thread(tickets.ahead, ticket)
            self.status = await asyncio.to_thread(self.house.store.ask_for_staff, self.id)
        except RecordsUnavailable:
            self._say(self.house.speaker.plain("fault.no_records", voice))
            return None
        self.house.hub.publish("staff", "queue", {"ticket": ticket.id, "priority": ticket.priority})
        if say:
            self._say(self.house.speaker.ticket(key, ticket, ahead, voice))
        return ticket

    async def _commit(self, opened: Opened) -> None:
        """Store the turn, then tell its readers that it is over."""
        if not self.masked:
            await self._mask(None)
        safety = Safety(self.verdict.level, self.verdict.rule)
        async with self.live.committing:
            overtaken = self.overtaken
            memory = (await asyncio.to_thread(self.house.store.load, self.id)).memory if overtaken else opened.memory
            if self.messages and not overtaken:
                memory.options, memory.question = self.offered.options, self.offered.question
                memory.expects, memory.asked = self.offered.expects, self.offered.asked
                if not self.standing:
                    memory.last = [message.to_json() for message in self.lasting or self.messages][-3:]
            memory.persons = (self.live.persons or Persons()).to_json()
            if self.verdict.level == "emergency":
                memory.danger, memory.danger_say = self.verdict.rule, str(self.verdict.say)
            self.live.question = memory.question
            said = Reply(0, self.language, self.status, safety, tuple(self.messages), overtaken)
            commit = self.house.store.commit
            reply = await asyncio.to_thread(commit, self.id, self.turn.message_id, self.written, said, memory)
        self.answering.finish(reply)
        if self.status in ("waiting", "human"):
            self._tell_staff(self.written, reply)

    def _tell_staff(self, masked: str, reply: Reply) -> None:
        """Who follows this conversation at the console hears what was said, now that it is stored."""
        for role, text in [("patient", masked), *(("assistant", message.text) for message in reply.messages)]:
            self.house.hub.publish(f"staff:{self.id}", "line", {"role": role, "text": text})

    async def _last_resort(self) -> None:
        """The turn failed in a way nobody foresaw: apologise, with a ticket where one can be stored."""
        voice = Voice(self.id, self.language, self.turn.channel)
        try:
            tickets, kiosk = self.house.tickets, self.live.opened.kiosk if self.live.opened else None
            alarm = self.verdict.level == "emergency"
            reason, priority = ("emergency", "red") if alarm else ("fault", "normal")
            summary = {"rule": self.verdict.rule} if alarm else {"partner": "partner.bot"}
            ticket = await asyncio.to_thread(tickets.open, self.id, reason, summary, kiosk, priority)
            if alarm and self.house.rescue.replies.pages(self.verdict.rule, self.turn.channel):
                await asyncio.to_thread(page, self.house, ticket.id, self.verdict.rule)
            ahead = await asyncio.to_thread(tickets.ahead, ticket)
            message = self.house.speaker.ticket("fault.apology", ticket, ahead, voice)
        except Exception:  # whatever is wrong, the patient learns where people are
            log.error("turn.no_ticket", conversation=self.id, exc_info=True)
            message = self.house.speaker.plain("fault.no_records", voice)
        safety = Safety(self.verdict.level, self.verdict.rule)
        messages = tuple(self.messages) if self.overtaken else (*self.messages, message)
        reply = Reply(0, self.language, self.status, safety, messages, self.overtaken)
        try:  # so that a repeat of this message id gets the apology too
            memory = (await asyncio.to_thread(self.house.store.load, self.id)).memory
            if self.verdict.level == "emergency":
                memory.danger, memory.danger_say = self.verdict.rule, str(self.verdict.say)
            reply = await asyncio.to_thread(
                self.house.store.commit, self.id, self.turn.message_id, self.written, reply, memory
            )
        except Exception:  # the records are away: the patient has the answer all the same
            log.error("turn.not_stored", conversation=self.id, exc_info=True)
        self.answering.finish(reply)
