"""One turn of a conversation at work: an alarm, words for staff, or a turn of the dialogue, committed once."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from typing import Any

import structlog

from actions.errors import RecordsUnavailable
from actions.safety.gate import Persons, Verdict
from bot.answering import Answering
from bot.dialogue import EngineTurn
from bot.errors import ConversationClosed, PartnerDown
from bot.house import House, Live
from bot.language import language_of, switched
from bot.messages import Button, Message, Reply, Safety, Turn
from bot.options import chosen
from bot.privacy import as_typed
from bot.speaker import DOCTOR_ONLY, Offered, Voice
from bot.store import Opened
from knowledge.errors import KnowledgeError

log = structlog.get_logger(__name__)

KEPT_QUERIES = 3
"""Open questions remembered for follow-ups."""
PERSONAL = frozenset({"patient_name", "patient_id", "patient_phone"})
"""Open questions whose answer says nothing about the language: "Li Ming", "E12345678"."""
HUMAN = {"say": "menu.human", "command": "/handoff"}
CLEAR = {"say": "safety.option_clear", "command": "/danger_clear"}
"""What is offered with an alarm."""
REMARK = re.compile(r"(control|small_talk)\.|registration\.hint_")
"""What is said in passing before the question: "All right, back one step"."""
ALL_CLEAR = frozenset({"control.danger_clear", "control.danger_over"})
"""What answers "I am not in danger"."""
STAYS = "safety.self_harm"
"""With an alarm of these nobody is asked to say that all is well: a human takes over (12356)."""


@dataclass
class Work:
    """A turn at work."""

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

    async def alarm(self) -> None:
        """An emergency: said at once, before anything that waits and before the records are asked."""
        known = self.live.opened
        self.language = language_of(self.text) or self.turn.language or (known.language if known else "zh")
        voice = Voice(self.id, self.language, self.turn.channel)
        stays = str(self.verdict.say).startswith(STAYS)
        payload = {"say": self.verdict.say, "options": [HUMAN] if stays else [CLEAR, HUMAN]}
        log.warning("safety.emergency", conversation=self.id, rule=self.verdict.rule, channel=self.turn.channel)
        try:
            self._say(self.house.speaker.message(payload, voice, self.offered, level="emergency"))
            opened = await self._load()
            await self._ticket(opened, "emergency", {"rule": self.verdict.rule}, "red", say=False)
            await self._commit(opened)
        except Exception:  # the alarm was said; what could not be stored is told to the operator and to the patient
            log.error("safety.not_stored", conversation=self.id, rule=self.verdict.rule, exc_info=True)
            await self._last_resort()

    async def answer(self) -> None:
        """Any other turn, in its order."""
        try:
            opened = await self._load()
            if opened.status == "closed":
                self.answering.fail(ConversationClosed("This conversation has ended."))
                return
            self.language = self._language(opened)
            if opened.status == "human":
                await self._mask(opened.memory.expects)
            else:
                await self._dialogue(opened)
            await self._commit(opened)
        except Exception as error:  # the edge of a turn: the patient hears an apology, the log the reason
            log.error("turn.failed", conversation=self.id, code=getattr(error, "code", "unforeseen"), exc_info=True)
            await self._last_resort()

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

    async def _dialogue(self, opened: Opened) -> None:
        option = chosen(self.text, opened.memory.options) or {}
        expects = None if option else opened.memory.expects
        await self._mask(expects)
        if self.verdict.level == "urgent" and self.verdict.say:
            self._say(self.house.speaker.plain(self.verdict.say, self._voice(opened), level="urgent"))
        turn = EngineTurn(
            conversation=self.id,
            message_id=self.turn.message_id,
            text=self.masked,
            channel=opened.channel,
            language=self.language,
            command=option.get("command"),
            choice=option.get("choice"),
        )
        try:
            await self._run(opened, turn)
        except (PartnerDown, TimeoutError, KnowledgeError) as error:
            partner = getattr(error, "exact_code", getattr(error, "code", "partner.slow"))
            log.error("partner.down", conversation=self.id, partner=partner)
            await self._ticket(opened, "fault", {"partner": partner}, key="fault.apology")
        if not self.messages and not self.overtaken:
            log.error("turn.empty", conversation=self.id)
            await self._ticket(opened, "fault", {"partner": "partner.rasa"}, key="fault.apology")

    async def _run(self, opened: Opened, turn: EngineTurn) -> None:
        """The engine's payloads, within the deadline. Raises `PartnerDown`, `TimeoutError` or `KnowledgeError`."""
        if self.accepted < self.live.gave_up:
            raise PartnerDown("A partner was given up while this turn waited.", code="partner.slow")
        try:
            async with (
                asyncio.timeout(self.house.settings.turn_deadline_s),
                aclosing(self.house.engine.run(turn)) as payloads,
            ):
                async for payload in payloads:
                    await self._payload(opened, payload)
        except TimeoutError:
            self.live.gave_up = self.live.seconds()
            raise

    async def _payload(self, opened: Opened, payload: Mapping[str, Any]) -> None:
        if payload.get("say") in ALL_CLEAR:
            payload = self._cleared(opened, payload)
        if payload.get("stands"):
            titles = [str(option["title"]) for option in opened.memory.options]
            said = self.house.speaker.plain(payload["say"], self._voice(opened))
            self._stand(opened, replace(said, buttons=tuple(Button(title, title) for title in titles)))
        elif "say" in payload:
            message = self.house.speaker.message(payload, self._voice(opened), self.offered)
            self._say(message, passing=not payload.get("expects") and REMARK.match(payload["say"]) is not None)
        elif "answer" in payload:
            await self._look_up(opened, payload)
        elif "handoff" in payload:
            await self._ticket(opened, "asked", dict(payload["handoff"]))
        elif "switch_language" in payload:
            self.language = switched(self.text, opened.language)
            self._say(self.house.speaker.plain("control.language", self._voice(opened)))
        elif "repeat" in payload and opened.memory.last:
            self._stand(opened, *map(Message.from_json, opened.memory.last))
        elif "repeat" in payload:
            self._say(self.house.speaker.plain("control.nothing_said", self._voice(opened)))
        else:
            log.error("payload.unknown", keys=sorted(payload))

    def _stand(self, opened: Opened, *messages: Message) -> None:
        """Say something after which the open question stands as it was, options included."""
        memory = opened.memory
        self.offered = Offered(list(memory.options), memory.expects, memory.question, memory.asked)
        self.standing = True
        for message in messages:
            self._say(message)

    def _cleared(self, opened: Opened, payload: Mapping[str, Any]) -> Mapping[str, Any]:
        """The all-clear ends an alarm; where none is open, words that were taken for one end nothing."""
        if opened.memory.danger is None:
            return {**payload, "say": "control.no_danger_open"}
        opened.memory.danger = None
        return payload

    async def _look_up(self, opened: Opened, payload: Mapping[str, Any]) -> None:
        """An open question: the library answers."""
        query = self.masked if payload["answer"] is True else str(payload["answer"])
        answer = await self.house.chain.answer(query, self.language, opened.memory.queries)
        opened.memory.queries = [*opened.memory.queries, query][-KEPT_QUERIES:]
        voice = self._voice(opened)
        if answer.refused and payload.get("otherwise") and answer.say != DOCTOR_ONLY:
            fallback = {"say": payload["otherwise"], "menu": True}
            self._say(self.house.speaker.message(fallback, voice, self.offered))
            return
        self._say(self.house.speaker.answer(answer, voice, self.offered))
        if answer.degraded:
            await self._ticket(opened, "fault", {"partner": "partner.chroma"}, key="fault.degraded")

    async def _ticket(
        self,
        opened: Opened,
        reason: str,
        summary: Mapping[str, Any],
        priority: str = "normal",
        key: str = "handoff.waiting",
        say: bool = True,
    ) -> None:
        """Open the conversation's ticket and tell its number; without records, say where people are."""
        voice, tickets = self._voice(opened), self.house.tickets
        try:
            ticket = await asyncio.to_thread(tickets.open, self.id, reason, summary, opened.kiosk, priority)
            ahead = await asyncio.to_thread(tickets.ahead, ticket)
            self.status = await asyncio.to_thread(self.house.store.ask_for_staff, self.id)
        except RecordsUnavailable:
            self._say(self.house.speaker.plain("fault.no_records", voice))
            return
        self.house.hub.publish("staff", "queue", {"ticket": ticket.id, "priority": ticket.priority})
        if say:
            self._say(self.house.speaker.ticket(key, ticket, ahead, voice))

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
                memory.danger = self.verdict.rule
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
            tickets = self.house.tickets
            ticket = await asyncio.to_thread(tickets.open, self.id, "fault", {"partner": "partner.bot"})
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
            reply = await asyncio.to_thread(
                self.house.store.commit, self.id, self.turn.message_id, self.written, reply, memory
            )
        except Exception:  # the records are away: the patient has the answer all the same
            log.error("turn.not_stored", conversation=self.id, exc_info=True)
        self.answering.finish(reply)
