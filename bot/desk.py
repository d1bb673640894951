"""The front desk: opens conversations, finds the live ones, and lets them go."""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from dataclasses import dataclass

import structlog

from bot.conversation import Conversation, House
from bot.errors import PartnerDown
from bot.limits import Rate
from bot.messages import Message
from bot.speaker import Offered, Voice
from bot.store import Memory

log = structlog.get_logger(__name__)

LIVE = 2000
"""Conversations kept in this process; older idle ones are loaded again from the records when they speak."""


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
        self._live: OrderedDict[str, Conversation] = OrderedDict()
        self._openings: OrderedDict[str, Rate] = OrderedDict()
        self._forgetting: set[asyncio.Task[None]] = set()

    def conversation(self, conversation: str) -> Conversation:
        """The live object of a conversation whose token was checked."""
        found = self._live.get(conversation)
        if found is None:
            found = self._live[conversation] = Conversation(self.house, conversation, time.monotonic)
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
        memory = Memory(options=offered.options, last=[greeting.to_json()])
        await asyncio.to_thread(self.house.store.remember, conversation, memory)
        return Welcome(conversation, token, (greeting,))

    async def wipe(self, conversation: str) -> None:
        """Forget a patient: live state, records of the talk, vault and Rasa's session.

        When Rasa is away its part is tried again in the background until it is done.
        """
        live = self._live.pop(conversation, None)
        if live is not None:
            await live.close()
        await asyncio.to_thread(self.house.store.wipe, conversation)
        self.house.hub.publish(conversation, "status", {"status": "closed"})
        try:
            await self.house.engine.forget(conversation)
        except PartnerDown:
            task = asyncio.create_task(self._forget_later(conversation))
            self._forgetting.add(task)
            task.add_done_callback(self._forgetting.discard)

    async def _forget_later(self, conversation: str) -> None:
        wait_s = 1.0
        while True:
            await asyncio.sleep(wait_s)
            wait_s = min(wait_s * 2, 60.0)
            try:
                await self.house.engine.forget(conversation)
            except PartnerDown:
                continue
            return

    async def call_staff(self, kiosk: str, conversation: str | None) -> str:
        """The red button of a kiosk; the number of its ticket. Raises `RecordsUnavailable`."""
        tickets = self.house.tickets
        ticket = await asyncio.to_thread(tickets.open, conversation or "", "staff_call", {}, kiosk, "normal")
        if conversation:
            await asyncio.to_thread(self.house.store.set_status, conversation, "waiting")
        self.house.hub.publish("staff", "queue", {"ticket": ticket.id, "priority": ticket.priority})
        log.info("staff.called", kiosk=kiosk, ticket=ticket.id)
        return ticket.number
