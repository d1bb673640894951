"""One turn of a conversation at work: an alarm, words for staff, or a turn of the dialogue, committed once."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterable, Mapping
from contextlib import aclosing
from dataclasses import dataclass, replace
from typing import Any

import structlog

from bot.alarm import CLEAR, Alarm, Said, minor
from bot.dialogue import EngineTurn
from bot.errors import ConversationClosed, PartnerDown
from bot.language import language_of, switched
from bot.messages import Button, Message
from bot.options import chosen
from bot.speaker import DOCTOR_ONLY, HUMAN, Offered, Voice
from bot.store import Opened
from bot.watch import page
from bot.work import TurnWork
from knowledge.errors import KnowledgeError

log = structlog.get_logger(__name__)

KEPT_QUERIES = 3
"""Open questions remembered for follow-ups."""
REMARK = re.compile(r"(control|small_talk)\.|registration\.hint_")
"""What is said in passing before the question: "All right, back one step"."""
ALL_CLEAR = frozenset({"control.danger_clear", "control.danger_over"})
"""What answers "I am not in danger"."""


@dataclass
class Work(TurnWork):
    """A turn at work."""

    cleared: bool = False
    """Whether this turn ended an alarm."""

    async def alarm(self) -> None:
        """An emergency: said at once, before anything that waits and before the records are asked."""
        known = self.live.opened
        self.language = language_of(self.text) or self.turn.language or (known.language if known else "zh")
        kiosk = known.kiosk if known else None
        alarm = Alarm(self.house.rescue, self.verdict.rule, str(self.verdict.say), self.turn.channel, kiosk)
        log.warning("safety.emergency", conversation=self.id, rule=self.verdict.rule, channel=self.turn.channel)
        try:
            self._speak(alarm.at_once(self.verdict, self.language))
            opened = await self._load()
            summary = {"rule": self.verdict.rule, **({"minor": True} if minor(self.verdict) else {})}
            ticket = await self._ticket(opened, "emergency", summary, "red", say=False)
            if ticket and self.house.rescue.replies.pages(self.verdict.rule, self.turn.channel):
                await asyncio.to_thread(page, self.house, ticket.id, self.verdict.rule)
            await asyncio.to_thread(self.house.rescue.pages.heard, self.id)
            await self._commit(opened)
        except Exception:  # the alarm was said; what could not be stored is told to the operator and to the patient
            log.error("safety.not_stored", conversation=self.id, rule=self.verdict.rule, exc_info=True)
            await self._last_resort()

    def _speak(self, payloads: Iterable[Said]) -> None:
        voice = Voice(self.id, self.language, self.turn.channel)
        for payload, level in payloads:
            self._say(self.house.speaker.message(payload, voice, self.offered, level=level))

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

    async def _dialogue(self, opened: Opened) -> None:
        option = chosen(self.text, opened.memory.options) or {}
        expects = None if option else opened.memory.expects
        await self._mask(expects)
        cleared = False
        if opened.memory.danger is not None:
            cleared = await self._ends(opened, option)
            if not cleared:
                return
        if self.verdict.level == "urgent" and self.verdict.say:
            self._say(self.house.speaker.plain(self.verdict.say, self._voice(opened), level="urgent"))
        turn = EngineTurn(
            conversation=self.id,
            message_id=self.turn.message_id,
            text=self.masked,
            channel=opened.channel,
            language=self.language,
            command=CLEAR["command"] if cleared else option.get("command"),
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

    async def _ends(self, opened: Opened, option: Mapping[str, Any]) -> bool:
        """Whether this turn ends the alarm that stands; if not, the alarm is said again and a human is offered."""
        memory, replies = opened.memory, self.house.rescue.replies
        alarm = Alarm(self.house.rescue, memory.danger, memory.danger_say, opened.channel, opened.kiosk)
        await asyncio.to_thread(self.house.rescue.pages.heard, self.id)
        if self.overtaken:  # a new alarm stands: what was said before it ends nothing
            return False
        command = option.get("command")
        if not alarm.by_staff and (command == CLEAR["command"] or replies.clears(self.text)):
            memory.danger, memory.danger_say, self.cleared = None, "", True
            await asyncio.to_thread(self.house.rescue.pages.cleared, self.id)
            return True
        if command == HUMAN["command"] or replies.asks_human(self.text):
            await self._ticket(opened, "asked", {})
        self._speak(alarm.again())
        return False

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
            payload = self._cleared(payload)
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

    def _cleared(self, payload: Mapping[str, Any]) -> Mapping[str, Any]:
        """The all-clear ends an alarm; where none is open, words that were taken for one end nothing."""
        return payload if self.cleared else {**payload, "say": "control.no_danger_open"}

    async def _look_up(self, opened: Opened, payload: Mapping[str, Any]) -> None:
        """An open question: the library answers."""
        query = self.masked if payload["answer"] is True else str(payload["answer"])
        if self.house.rescue.medication.asks_pharmacist(query):  # never from a document, whatever the engine made of it
            self._say(
                self.house.speaker.message(
                    {"say": "later.medication", "human": True}, self._voice(opened), self.offered
                )
            )
            return
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
