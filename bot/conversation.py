"""`Conversation.respond`: the only door into the house.

    channel → Turn → respond → Messages → channel

Every turn is screened for danger on arrival, before any queue or limit. An emergency is answered at once and silences
what was
still being said. Other turns of a conversation are taken one at a time in order of acceptance, each committed once.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import structlog

from actions.errors import RecordsUnavailable
from actions.handoff.tickets import Tickets
from actions.safety.gate import Gate, Persons, Verdict
from bot.answering import Answering
from bot.dialogue import DialogueEngine, EngineTurn
from bot.errors import ConversationClosed, FrontDoorError, PartnerDown
from bot.hub import Hub
from bot.language import language_of
from bot.limits import Rate, check_text
from bot.messages import Message, Reply, Safety, Turn
from bot.options import chosen
from bot.privacy import Masker, normalise
from bot.settings import BotSettings
from bot.speaker import Offered, Speaker, Voice
from bot.store import ConversationStore, Opened
from knowledge.chain import AnswerChain
from knowledge.errors import KnowledgeError

log = structlog.get_logger(__name__)

KEPT_QUERIES = 3
"""Open questions remembered for follow-ups."""


@dataclass(frozen=True)
class House:
    """Everything a conversation needs."""

    settings: BotSettings
    store: ConversationStore
    engine: DialogueEngine
    chain: AnswerChain
    gate: Gate
    masker: Masker
    speaker: Speaker
    tickets: Tickets
    hub: Hub


@dataclass
class _Taking:
    """A turn at work."""

    turn: Turn
    text: str
    """Normalised."""
    verdict: Verdict
    answering: Answering
    epoch: int
    masked: str = ""
    messages: list[Message] = field(default_factory=list)
    offered: Offered = field(default_factory=Offered)
    language: str = "zh"
    status: str = "bot"


class Conversation:
    """One patient's conversation, alive in this process."""

    def __init__(self, house: House, conversation: str, seconds: Any) -> None:
        self.id = conversation
        self._house = house
        self._order = asyncio.Lock()
        self._running: dict[str, Answering] = {}
        self._persons: Persons | None = None
        self._question = ""
        self._epoch = 0
        self._closed = False
        self._rate = Rate(house.settings.turns_per_minute, 60.0, seconds)
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def busy(self) -> bool:
        """Whether a turn is being answered."""
        return bool(self._running)

    async def respond(self, turn: Turn) -> Answering:
        """The answer to a turn, message by message.

        Raises `BadTurn` or `TooMany` for a turn that cannot be taken; a failing partner never raises: it becomes an
        apology with
        a human's ticket.
        """
        if running := self._running.get(turn.message_id):
            return running
        if self._closed:
            raise ConversationClosed("This conversation has ended.")
        text = normalise(turn.text)
        verdict = await self._screen(turn, text)
        if running := self._running.get(turn.message_id):
            return running
        answering = Answering()
        self._running[turn.message_id] = answering
        try:
            if known := await asyncio.to_thread(self._house.store.answered, self.id, turn.message_id):
                answering.finish(known)
                del self._running[turn.message_id]
                return answering
            if verdict.level != "emergency":
                self._rate.take()
                check_text(text, self._house.settings.max_text_chars)
        except (FrontDoorError, RecordsUnavailable) as error:
            del self._running[turn.message_id]
            answering.fail(error)
            raise
        if verdict.level == "emergency":
            self._epoch += 1
        taking = _Taking(turn, text, verdict, answering, self._epoch)
        work = self._alarm(taking) if verdict.level == "emergency" else self._take(taking)
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return answering

    async def _screen(self, turn: Turn, text: str) -> Verdict:
        if self._persons is None:
            opened = await asyncio.to_thread(self._house.store.load, self.id)
            self._persons = Persons.from_json(opened.memory.persons)
            self._question = opened.memory.question
        readings = [text, *(turn.transcript.alternatives if turn.transcript else ())]
        joined = [self._house.gate.join(self._question or None, reading) for reading in readings]
        verdict = self._house.gate.screen(list(dict.fromkeys([*joined, *readings])), self._persons)
        self._persons = verdict.persons
        return verdict

    async def _alarm(self, taking: _Taking) -> None:
        """An emergency: said at once, before anything that waits."""
        opened = await asyncio.to_thread(self._house.store.load, self.id)
        taking.language = self._language(taking, opened)
        voice = Voice(self.id, taking.language, opened.channel)
        payload = {
            "say": taking.verdict.say,
            "options": [
                {"say": "safety.option_clear", "command": "/danger_clear"},
                {"say": "menu.human", "command": "/handoff"},
            ],
        }
        self._say(taking, self._house.speaker.message(payload, voice, taking.offered, level="emergency"))
        log.warning("safety.emergency", conversation=self.id, rule=taking.verdict.rule, channel=opened.channel)
        try:
            await self._ticket(taking, opened, "emergency", {"rule": taking.verdict.rule}, "red", say=False)
            await self._commit(taking, opened)
        except RecordsUnavailable:
            log.error("safety.not_stored", conversation=self.id, rule=taking.verdict.rule)
            await self._last_resort(taking)

    async def _take(self, taking: _Taking) -> None:
        async with self._order:
            try:
                opened = await asyncio.to_thread(self._house.store.load, self.id)
                taking.status = opened.status
                taking.language = self._language(taking, opened)
                if opened.status == "human":
                    await self._to_staff(taking, opened)
                else:
                    await self._dialogue(taking, opened)
                await self._commit(taking, opened)
            except Exception as error:  # the edge of a turn: the patient hears an apology, the log the reason
                log.error("turn.failed", conversation=self.id, error=type(error).__name__, exc_info=True)
                await self._last_resort(taking)

    def _language(self, taking: _Taking, opened: Opened) -> str:
        if chosen(taking.text, opened.memory.options) or opened.memory.expects in (
            "patient_name",
            "patient_id",
            "patient_phone",
        ):
            return opened.language
        return language_of(taking.text) or taking.turn.language or opened.language

    def _say(self, taking: _Taking, message: Message) -> None:
        """Hand a message on, unless an emergency has overtaken this turn."""
        if taking.epoch == self._epoch:
            taking.messages.append(message)
            taking.answering.add(message)

    async def _to_staff(self, taking: _Taking, opened: Opened) -> None:
        taking.masked = await asyncio.to_thread(self._house.masker.mask, self.id, taking.text, opened.memory.expects)
        self._house.hub.publish(f"staff:{self.id}", "line", {"role": "patient", "text": taking.masked})

    async def _dialogue(self, taking: _Taking, opened: Opened) -> None:
        memory = opened.memory
        voice = Voice(self.id, taking.language, opened.channel)
        option = chosen(taking.text, memory.options) or {}
        expects = None if option else memory.expects
        taking.masked = await asyncio.to_thread(self._house.masker.mask, self.id, taking.text, expects)
        if taking.verdict.level == "urgent" and taking.verdict.say:
            self._say(taking, self._house.speaker.plain(taking.verdict.say, voice, level="urgent"))
        turn = EngineTurn(
            self.id, taking.masked, opened.channel, taking.language, option.get("command"), option.get("choice")
        )
        try:
            async with asyncio.timeout(self._house.settings.turn_deadline_s):
                async for payload in self._house.engine.run(turn):
                    await self._payload(taking, opened, payload)
        except (PartnerDown, TimeoutError, KnowledgeError) as error:
            partner = getattr(error, "exact_code", getattr(error, "code", "partner.slow"))
            log.error("partner.down", conversation=self.id, partner=partner)
            await self._ticket(taking, opened, "fault", {"partner": partner}, key="fault.apology")
        if not taking.messages and taking.epoch == self._epoch:
            log.error("turn.empty", conversation=self.id)
            await self._ticket(taking, opened, "fault", {"partner": "rasa"}, key="fault.apology")

    async def _payload(self, taking: _Taking, opened: Opened, payload: Mapping[str, Any]) -> None:
        voice = Voice(self.id, taking.language, opened.channel)
        if "say" in payload:
            self._say(taking, self._house.speaker.message(payload, voice, taking.offered))
        elif "answer" in payload:
            await self._answer(taking, opened, payload, voice)
        elif "handoff" in payload:
            await self._ticket(taking, opened, "asked", dict(payload["handoff"]))
        elif "switch_language" in payload:
            taking.language = switched(taking.text, opened.language)
            voice = Voice(self.id, taking.language, opened.channel)
            self._say(taking, self._house.speaker.plain("control.language", voice))
        elif "repeat" in payload:
            for body in opened.memory.last:
                self._say(taking, Message.from_json(body))
            taking.offered = Offered(list(opened.memory.options), opened.memory.expects, opened.memory.question)
            if not opened.memory.last:
                self._say(taking, self._house.speaker.plain("control.nothing_said", voice))
        else:
            log.error("payload.unknown", keys=sorted(payload))

    async def _answer(self, taking: _Taking, opened: Opened, payload: Mapping[str, Any], voice: Voice) -> None:
        query = taking.masked if payload["answer"] is True else str(payload["answer"])
        answer = await self._house.chain.answer(query, taking.language, opened.memory.queries)
        opened.memory.queries = [*opened.memory.queries, query][-KEPT_QUERIES:]
        if answer.refused and payload.get("otherwise"):
            fallback = {"say": payload["otherwise"], "menu": True}
            self._say(taking, self._house.speaker.message(fallback, voice, taking.offered))
            return
        self._say(taking, self._house.speaker.answer(answer, voice, taking.offered))
        if answer.degraded:
            await self._ticket(taking, opened, "fault", {"partner": "partner.chroma"}, key="fault.degraded")

    async def _ticket(
        self,
        taking: _Taking,
        opened: Opened,
        reason: str,
        summary: Mapping[str, Any],
        priority: str = "normal",
        key: str = "handoff.waiting",
        say: bool = True,
    ) -> None:
        """Open the conversation's ticket and tell its number; without records, say where people are."""
        voice = Voice(self.id, taking.language, opened.channel)
        try:
            ticket = await asyncio.to_thread(self._house.tickets.open, self.id, reason, summary, opened.kiosk, priority)
            ahead = await asyncio.to_thread(self._house.tickets.ahead, ticket)
            if opened.status == "bot":
                await asyncio.to_thread(self._house.store.set_status, self.id, "waiting")
                taking.status = "waiting"
        except RecordsUnavailable:
            self._say(taking, self._house.speaker.plain("fault.no_records", voice))
            return
        self._house.hub.publish("staff", "queue", {"ticket": ticket.id, "priority": ticket.priority})
        if say:
            self._say(taking, self._house.speaker.ticket(key, ticket, ahead, voice))

    async def _commit(self, taking: _Taking, opened: Opened) -> None:
        """Store the turn, then tell its readers that it is over."""
        overtaken = taking.epoch != self._epoch
        memory = (await asyncio.to_thread(self._house.store.load, self.id)).memory if overtaken else opened.memory
        if taking.messages and not overtaken:
            kept = taking.offered
            memory.options, memory.question = kept.options, kept.question
            memory.expects = kept.expects
            memory.last = [message.to_json() for message in taking.messages][-3:]
        memory.persons = (self._persons or Persons()).to_json()
        if taking.verdict.level == "emergency":
            memory.danger = taking.verdict.rule
        self._question = memory.question
        safety = Safety(taking.verdict.level, taking.verdict.rule)
        reply = Reply(0, taking.language, taking.status, safety, tuple(taking.messages))
        patient = taking.masked or await asyncio.to_thread(self._house.masker.mask, self.id, taking.text)
        commit = self._house.store.commit
        reply = await asyncio.to_thread(commit, self.id, taking.turn.message_id, patient, reply, memory)
        self._running.pop(taking.turn.message_id, None)
        taking.answering.finish(reply)

    async def _last_resort(self, taking: _Taking) -> None:
        """The turn failed in a way nobody foresaw: apologise, with a ticket where one can be stored."""
        voice = Voice(self.id, taking.language, taking.turn.channel)
        try:
            tickets = self._house.tickets
            ticket = await asyncio.to_thread(tickets.open, self.id, "fault", {"partner": "partner.bot"})
            ahead = await asyncio.to_thread(tickets.ahead, ticket)
            message = self._house.speaker.ticket("fault.apology", ticket, ahead, voice)
        except RecordsUnavailable:
            message = self._house.speaker.plain("fault.no_records", voice)
        self._running.pop(taking.turn.message_id, None)
        safety = Safety(taking.verdict.level, taking.verdict.rule)
        taking.answering.finish(Reply(0, taking.language, taking.status, safety, (*taking.messages, message)))

    async def close(self) -> None:
        """Let no further turn in and wait for those at work."""
        self._closed = True
        await asyncio.gather(*self._tasks, return_exceptions=True)


def switched(text: str, now: str) -> str:
    """The language the patient asks for, else the other one."""
    lowered = text.lower()
    if any(word in lowered for word in ("english", "英文", "英语")):
        return "en"
    if any(word in lowered for word in ("chinese", "mandarin", "中文", "汉语", "普通话", "国语")):
        return "zh"
    return "en" if now == "zh" else "zh"
