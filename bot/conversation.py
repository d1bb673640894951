"""`Conversation.respond`: the only door into the house.

    channel → Turn → respond → Messages → channel

Every turn is screened for danger on arrival, before any queue or limit. An emergency is answered at once and silences
what was still being said. Other turns of a conversation are taken one at a time in order of acceptance, each committed
once.
"""

from __future__ import annotations

import asyncio
import hmac
import secrets
from collections.abc import Callable
from dataclasses import replace

import structlog

from actions.errors import RecordsUnavailable
from actions.safety.gate import Persons, Verdict
from actions.safety.listening import Readings, hear_on, read_turn, weigh_turn
from bot.answering import Answering
from bot.errors import ConversationClosed
from bot.house import House, Live
from bot.limits import Rate, check_text
from bot.messages import Reply, Turn
from bot.order import Line, Place
from bot.privacy import normalise
from bot.store import Opened, token_hash
from bot.turn import Work
from knowledge.errors import EmbedderUnavailable

log = structlog.get_logger(__name__)

RECORDS_S = 0.5
"""Seconds for which a danger waits for what the records know of the conversation."""
LONG_CHARS = 1000
"""Readings of a turn that are longer than this together are screened in a thread."""


class Conversation:
    """One patient's conversation, alive in this process."""

    def __init__(self, house: House, conversation: str, line: Line, seconds: Callable[[], float]) -> None:
        self.id = conversation
        self._house = house
        self._line = line
        self._live = Live(seconds=seconds)
        self._token_hash = ""
        self._running: dict[str, Answering] = {}
        self._closed = False
        self._rate = Rate(house.settings.turns_per_minute, 60.0, seconds)
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def busy(self) -> bool:
        """Whether a turn is being answered, or somebody stands in line."""
        return bool(self._running) or self._line.busy

    def admitted(self, token: str, opened: Opened) -> None:
        """The records have let this token in."""
        self._token_hash, self._live.opened = token_hash(token), opened

    def admits(self, token: str) -> Opened | None:
        """The conversation as last read, when this token was let in before: for when the records cannot be asked."""
        known = bool(self._token_hash) and not self._closed
        return self._live.opened if known and hmac.compare_digest(self._token_hash, token_hash(token)) else None

    async def respond(self, turn: Turn, place: Place | None = None) -> Answering:
        """The answer to a turn, message by message.

        `place` is the turn's place in line, where it was taken on arrival. A repeated message id gets the same answer
        and has no second effect. While a human holds the conversation the words go to staff and the reply has no
        messages; an emergency is still answered. Raises `BadTurn`, `TooMany` or `ConversationClosed` for a turn that
        cannot be taken; a failing partner never raises: it becomes an apology with a human's ticket.
        """
        place = place or self._line.join()
        try:
            return await self._accept(turn, place)
        except BaseException:
            place.leave()
            raise

    async def _accept(self, turn: Turn, place: Place) -> Answering:
        if self._closed:
            raise ConversationClosed("This conversation has ended.")
        text = normalise(turn.text)
        verdict = await self._screen(turn, text)
        alarm = verdict.level == "emergency"
        if running := self._running.get(turn.message_id):
            if not alarm or running.text == text:
                place.leave()
                return running
            turn = _renamed(turn)
        answering = self._running[turn.message_id] = Answering(text)
        try:
            known = await self._answered(turn.message_id, alarm)
            if known and alarm and known.safety.level != "emergency":
                del self._running[turn.message_id]
                turn, known = _renamed(turn), None
                self._running[turn.message_id] = answering
            if known:
                answering.finish(known)
                del self._running[turn.message_id]
                place.leave()
                return answering
            if self._closed:
                raise ConversationClosed("This conversation has ended.")
            if verdict.level != "emergency":
                self._rate.take()
                check_text(text, self._house.settings.max_text_chars)
        except BaseException as error:
            del self._running[turn.message_id]
            answering.fail(error)
            raise
        self._begin(turn, text, verdict, answering, place)
        return answering

    def _begin(self, turn: Turn, text: str, verdict: Verdict, answering: Answering, place: Place) -> None:
        alarm = verdict.level == "emergency"
        if alarm:
            self._live.epoch += 1
            place.leave()
        live = self._live
        work = Work(self._house, live, turn, text, verdict, answering, live.seconds(), live.epoch)
        task = asyncio.create_task(self._alarm(work) if alarm else self._take(work, place))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _screen(self, turn: Turn, text: str) -> Verdict:
        live = self._live
        if live.persons is None:
            await self._remember()
        alternatives = turn.transcript.alternatives if turn.transcript else ()
        texts = [text, *(normalise(reading) for reading in alternatives)]
        readings = read_turn(self._house.gate, live.heard, live.question or None, texts)
        persons = live.persons or Persons()
        if sum(map(len, readings.rules)) > LONG_CHARS:  # 60,000 characters take 0.4 s: nobody else shall wait for them
            verdict = await asyncio.to_thread(self._house.gate.screen, readings.rules, persons)
        else:
            verdict = self._house.gate.screen(readings.rules, persons)
        if live.persons is not None:
            live.persons = verdict.persons
        return await self._weigh(readings, verdict)

    async def _weigh(self, readings: Readings, verdict: Verdict) -> Verdict:
        """The learned vote, off the event loop; where it fails, the rules have spoken."""
        gate, live = self._house.gate, self._live
        if gate.vote is not None and verdict.level != "emergency":
            try:
                verdict, live.heard = await asyncio.to_thread(weigh_turn, gate, live.heard, readings, verdict)
            except EmbedderUnavailable as error:
                log.error("safety.rules_alone", code=error.code, conversation=self.id)
            else:
                return verdict
        live.heard = hear_on(live.heard, readings, verdict)
        return verdict

    async def _remember(self) -> None:
        """What the records know of the persons spoken of; without records the turn is screened by itself."""
        try:
            opened = await asyncio.wait_for(asyncio.to_thread(self._house.store.load, self.id), RECORDS_S)
        except (RecordsUnavailable, TimeoutError):
            log.error("safety.no_memory", conversation=self.id)
            return
        if self._live.persons is None:
            self._live.opened = opened
            self._live.persons = Persons.from_json(opened.memory.persons)
            self._live.question = opened.memory.question

    async def _answered(self, message_id: str, alarm: bool) -> Reply | None:
        looking = asyncio.to_thread(self._house.store.answered, self.id, message_id)
        try:
            return await asyncio.wait_for(looking, RECORDS_S if alarm else None)
        except (RecordsUnavailable, TimeoutError):
            return None  # the turn will find that out itself, and say so; an alarm does not wait for it

    async def _alarm(self, work: Work) -> None:
        try:
            await work.alarm()
        finally:
            self._running.pop(work.turn.message_id, None)

    async def _take(self, work: Work, place: Place) -> None:
        try:
            await place.reached()
            await work.answer()
        finally:
            self._running.pop(work.turn.message_id, None)
            place.leave()

    def take(self) -> None:
        """Count one request that is no turn. Raises `ConversationClosed` or `TooMany`."""
        if self._closed:
            raise ConversationClosed("This conversation has ended.")
        self._rate.take()

    def close(self) -> None:
        """Let no further turn in and say nothing more."""
        self._closed = True
        self._live.epoch += 1

    async def ended(self) -> None:
        """Returns when the last turn is over."""
        await asyncio.gather(*self._tasks, return_exceptions=True)


def _renamed(turn: Turn) -> Turn:
    """An emergency under the id of another turn is a client's mistake, and no reason to stay silent."""
    return replace(turn, message_id=secrets.token_hex(12))
