"""After an alarm: staff are called, called again when nobody comes, and silence is noticed.

Everything that is due is read from the records, so a restart of this process loses no page and no silence.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine
from datetime import datetime
from functools import partial
from typing import Any

import structlog

from actions.handoff.model import Ticket
from actions.handoff.paging import FIRST
from bot.house import House
from bot.messages import Message
from bot.speaker import Voice
from bot.unasked import said_unasked

log = structlog.get_logger(__name__)

SWEEP_S = 1.0
"""Seconds between two looks for what is due."""


def page(house: House, ticket_id: str, rule: str | None) -> None:
    """Call the first circle to a patient. Raises `RecordsUnavailable`."""
    roles = house.rescue.replies.paging.first.roles
    _tell(house, house.rescue.pages.page(ticket_id, rule, FIRST, roles))


def _tell(house: House, ticket: Ticket) -> None:
    last = ticket.summary["pages"][-1]
    place = house.rescue.places.get(ticket.kiosk or "")
    house.hub.publish("staff", "page", {"ticket": ticket.id, "place": dict(place) if place else None, **last})


class Watch:
    """Looks for what is due after alarms."""

    def __init__(self, house: House, seconds: Callable[[], float] = time.monotonic) -> None:
        self._house = house
        self._seconds = seconds
        self._dropped: dict[str, float] = {}

    def dropped(self, conversation: str) -> None:
        """A page or a line of this conversation broke off; it may come back within the grace."""
        self._dropped.setdefault(conversation, self._seconds())

    async def run(self) -> None:
        """Look again and again; runs until cancelled."""
        while True:
            await self.sweep()
            await asyncio.sleep(SWEEP_S)

    async def sweep(self) -> None:
        """Page again what nobody has taken, and mark who is not heard any more. What fails is looked at again."""
        for part in (self._page_again, self._notice_drops, self._notice_silence):
            await self._guarded(part())

    async def _guarded(self, work: Coroutine[Any, Any, None]) -> None:
        """One fault, of whatever kind, must not end the watch over everybody else."""
        try:
            await work
        except Exception as error:
            log.error("watch.failed", code=getattr(error, "code", "unforeseen"), exc_info=True)

    async def _notice_silence(self) -> None:
        settings, pages = self._house.settings, self._house.rescue.pages
        for conversation, rule, kiosk, last in await asyncio.to_thread(pages.unheard, settings.silent_after_s):
            await self._guarded(self._silent(conversation, rule, kiosk, last))

    async def _page_again(self) -> None:
        house, after_s = self._house, self._house.settings.page_again_after_s
        pages, roles = house.rescue.pages, house.rescue.replies.paging.wider.roles
        for due in await asyncio.to_thread(pages.due, after_s):
            ticket = await asyncio.to_thread(pages.widen, due.id, after_s, roles)
            if ticket is None:
                continue
            log.warning("safety.page_again", ticket=ticket.id, kiosk=ticket.kiosk)
            _tell(house, ticket)
            house.hub.publish("staff", "queue", {"ticket": ticket.id, "priority": ticket.priority})
            if ticket.conversation:
                await self._guarded(said_unasked(house, ticket.conversation, partial(self._again, ticket)))

    def _again(self, ticket: Ticket, voice: Voice) -> Message:
        house = self._house
        place = house.rescue.places.get(ticket.kiosk or "")
        quiet = place is None or house.rescue.replies.of(ticket.summary["pages"][-1]["rule"]).discreet
        if quiet:
            return house.speaker.plain("safety.paged_again_quiet", voice)
        params = {"place": place[voice.language]} if place else {}
        return house.speaker.plain("safety.paged_again", voice, params, level="emergency")

    async def _notice_drops(self) -> None:
        now, grace_s = self._seconds(), self._house.settings.line_grace_s
        for conversation, since in list(self._dropped.items()):
            if self._house.hub.listeners(conversation):
                del self._dropped[conversation]
            elif now - since >= grace_s:
                del self._dropped[conversation]  # should the records be away, the time without a turn tells it later
                opened = await asyncio.to_thread(self._house.store.load, conversation)
                if opened.memory.danger is not None:
                    await self._silent(conversation, opened.memory.danger, opened.kiosk, self._house.rescue.pages.now())

    async def _silent(self, conversation: str, rule: str, kiosk: str | None, since: datetime) -> None:
        """The red ticket stays or is opened, and says since when nothing is heard."""
        house = self._house
        ticket = await asyncio.to_thread(
            house.tickets.open, conversation, "emergency", {"rule": rule}, kiosk, "red"
        )  # none is opened where one stands
        await asyncio.to_thread(house.store.ask_for_staff, conversation)
        if await asyncio.to_thread(house.rescue.pages.silent, conversation, since):
            log.warning("safety.silent", conversation=conversation, ticket=ticket.id)
            house.hub.publish("staff", "queue", {"ticket": ticket.id, "priority": ticket.priority})
