"""The front desk: opens conversations, finds the live ones, and lets them go."""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from weakref import WeakValueDictionary

import structlog

from actions.errors import RecordsUnavailable, YidaoError
from bot.conversation import Conversation
from bot.errors import PartnerDown
from bot.house import House
from bot.limits import Rate
from bot.messages import Message, Reply
from bot.order import Line, Place
from bot.speaker import Offered, Voice
from bot.store import Memory, Opened
from bot.unasked import handed_back, in_language, passed_on
from bot.watch import Watch

log = structlog.get_logger(__name__)

LIVE = 2000
"""Conversations kept in this process; older idle ones are loaded again from the records when they speak."""
FIRST_RETRY_S = 1.0
"""Seconds until Rasa is asked again to forget a session; doubled each time."""
SWEEP_S = 60.0
"""Seconds between two looks for abandoned conversations."""
LAST_RETRY_S = 30.0
"""Longest pause between two attempts."""


@dataclass(frozen=True)
class Welcome:
    """A new conversation."""

    conversation: str
    token: str
    messages: tuple[Message, ...]


class FrontDesk:
    """Every conversation of this process."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.watch = Watch(house)
        self._live: OrderedDict[str, Conversation] = OrderedDict()
        self._lines: WeakValueDictionary[str, Line] = WeakValueDictionary()
        self._openings: OrderedDict[str, Rate] = OrderedDict()
        self._to_forget = asyncio.Event()

    def join(self, conversation: str) -> Place:
        """A place in the line of a conversation, taken the moment a turn arrives and before anything is awaited."""
        return self._line(conversation).join()

    def _line(self, conversation: str) -> Line:
        line = self._lines.get(conversation)
        if line is None:
            line = self._lines[conversation] = Line()
        return line

    async def admit(self, conversation: str, token: str) -> Opened:
        """The conversation this token opens. Raises `UnknownConversation`, `NotAllowed` or `ConversationClosed`.

        While the records are away, a token that was let in before still opens it: an emergency must be heard.
        """
        try:
            opened = await asyncio.to_thread(self.house.store.check, conversation, token)
        except RecordsUnavailable:
            live = self._live.get(conversation)
            known = live.admits(token) if live is not None else None
            if known is None:
                raise
            return known
        self.conversation(conversation).admitted(token, opened)
        return opened

    def conversation(self, conversation: str) -> Conversation:
        """The live object of a conversation whose token was checked."""
        found = self._live.get(conversation)
        if found is None:
            line = self._line(conversation)
            found = self._live[conversation] = Conversation(self.house, conversation, line, time.monotonic)
        self._live.move_to_end(conversation)
        for name in list(self._live)[: max(0, len(self._live) - LIVE)]:
            if not self._live[name].busy:
                del self._live[name]
        return found

    async def open(self, channel: str, language: str, kiosk: str | None, address: str) -> Welcome:
        """A new conversation with its greeting. Raises `TooMany` for an address that opens too many."""
        rate = self._openings.setdefault(
            address, Rate(self.house.settings.conversations_per_minute, 60.0, time.monotonic)
        )
        self._openings.move_to_end(address)
        while len(self._openings) > LIVE:
            self._openings.popitem(last=False)
        rate.take()
        conversation, token = await asyncio.to_thread(self.house.store.open, channel, language, kiosk)
        offered = Offered()
        voice = Voice(conversation, language, channel)
        greeting = self.house.speaker.message({"say": "small_talk.welcome", "menu": True}, voice, offered)
        memory = Memory(options=offered.options, last=[greeting.to_json()], asked=offered.asked)
        await asyncio.to_thread(self.house.store.remember, conversation, memory)
        return Welcome(conversation, token, (greeting,))

    async def wipe(self, conversation: str) -> None:
        """Forget a patient: live state, records of the talk, vault and Rasa's session. Raises `RecordsUnavailable`.

        The records forget before this returns. Rasa does too, unless it is away or a turn is still at work; then that
        is a note in the records which `forget_sessions` works off, after a restart as well.
        """
        live = self._live.get(conversation)
        if live is not None:
            live.close()
        await self._wipe(conversation)
        self.house.hub.publish(conversation, "status", {"status": "closed"})
        if live is not None and live.busy:
            self._to_forget.set()
            return
        self._live.pop(conversation, None)
        if not await self._forget_session(conversation):
            self._to_forget.set()

    async def _wipe(self, conversation: str) -> None:
        """Wipe the records, and tell staff when the queue looks different now."""
        for ticket in await asyncio.to_thread(self.house.forgetting.wipe, conversation):
            self.house.hub.publish("staff", "queue", {"ticket": ticket.id, "priority": ticket.priority})

    async def _forget_session(self, conversation: str) -> bool:
        """Whether nothing of a wiped conversation is left anywhere."""
        live = self._live.pop(conversation, None)
        if live is not None:
            await live.ended()
            await self._wipe(conversation)  # what its last turn still wrote
        try:
            await self.house.engine.forget(conversation)
        except PartnerDown:
            log.warning("rasa.not_forgotten", conversation=conversation)
            return False
        await asyncio.to_thread(self.house.forgetting.done, conversation)
        return True

    async def forget_sessions(self) -> None:
        """Work off what is still to be forgotten, at the start and whenever there is more; runs until cancelled."""
        wait_s = FIRST_RETRY_S
        while True:
            self._to_forget.clear()
            try:
                left = [
                    name
                    for name in await asyncio.to_thread(self.house.forgetting.pending)
                    if not await self._forget_session(name)
                ]
            except RecordsUnavailable as error:
                log.error("forgetting.failed", code=error.code)
                left = [""]
            if left:
                await asyncio.sleep(wait_s)
                wait_s = min(wait_s * 2, LAST_RETRY_S)
            else:
                wait_s = FIRST_RETRY_S
                await self._to_forget.wait()

    async def forget_abandoned(self) -> None:
        """Forget the patients of kiosks whose page died before it could say so; runs until cancelled."""
        while True:
            try:
                idle_s = self.house.settings.abandoned_after_s
                for name in await asyncio.to_thread(self.house.forgetting.abandoned, "kiosk", idle_s):
                    await self.wipe(name)
            except RecordsUnavailable as error:
                log.error("forgetting.failed", code=error.code)
            await asyncio.sleep(SWEEP_S)

    async def speak(self, conversation: str, language: str, place: Place) -> Reply:
        """Go on in another language: the open question again, in order with the turns. Raises `TooMany`."""
        self.conversation(conversation).take()
        try:
            await place.reached()
            return await in_language(self.house, conversation, language)
        finally:
            place.leave()

    async def hand_back(self, conversation: str) -> None:
        """Staff have given the patient back: say so, and go on where the talk was left."""
        await self._unasked(conversation, handed_back)

    async def pass_on(self, conversation: str) -> None:
        """A member of staff leaves the patient to a colleague: say so."""
        await self._unasked(conversation, passed_on)

    async def _unasked(self, conversation: str, speak: Callable[[House, str], Awaitable[None]]) -> None:
        place = self.join(conversation)
        try:
            await place.reached()
            await speak(self.house, conversation)
        except YidaoError as error:  # what staff did is done all the same
            log.error("unasked.not_said", conversation=conversation, code=error.code)
        finally:
            place.leave()

    async def call_staff(self, kiosk: str, conversation: str | None) -> str:
        """The red button of a kiosk; the number of its ticket. Raises `RecordsUnavailable`."""
        tickets = self.house.tickets
        ticket = await asyncio.to_thread(tickets.open, conversation or "", "staff_call", {}, kiosk, "normal")
        if conversation:
            status = await asyncio.to_thread(self.house.store.ask_for_staff, conversation)
            self.house.hub.publish(conversation, "status", {"status": status})
        self.house.hub.publish("staff", "queue", {"ticket": ticket.id, "priority": ticket.priority})
        log.info("staff.called", kiosk=kiosk, ticket=ticket.id)
        return ticket.number
