"""Server-sent events: how one looks, and what a patient's open page hears between its turns."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator
from typing import Any

from actions.errors import RecordsUnavailable
from bot.errors import UnknownConversation
from bot.hub import Hub
from bot.store import ConversationStore

BEAT_S = 15.0
"""Seconds between signs of life; also how soon it is noticed what another process did."""
HEADERS = {"cache-control": "no-store", "x-accel-buffering": "no"}


def event(name: str, data: Any, number: int | None = None) -> str:
    """One server-sent event; `number` becomes its id, which a client sends back as Last-Event-ID."""
    head = f"id: {number}\n" if number is not None else ""
    return f"{head}event: {name}\ndata: {json.dumps(data, ensure_ascii=False)}\n\n"


def last_event(header: str | None) -> int:
    """The last line a client has seen; 0 when it has seen none, or sends nonsense."""
    return int(header) if header and header.isascii() and header.isdigit() and len(header) < 19 else 0


async def patient_events(
    hub: Hub, store: ConversationStore, conversation: str, after: int, beat_s: float = BEAT_S
) -> AsyncGenerator[str, None]:
    """`status` now and at every change, `message` for each line of staff, offers and reminders; ends with the talk.

    Lines of staff are read from the records, so those written while nobody listened come first, each with an id.
    """
    with hub.listening(conversation) as heard:  # before the records are read: nothing falls in between
        while True:
            status = await _status(store, conversation)
            if status is not None:
                yield event("status", {"status": status})
                break
            await asyncio.sleep(beat_s)
        while status != "closed":
            for number, message in await _staff_lines(store, conversation, after):
                after = number
                yield event("message", message.to_json(), number)
            try:
                item = await asyncio.wait_for(heard.get(), beat_s)
            except TimeoutError:
                yield ": beat\n\n"
                now = await _status(store, conversation) or status
                if now != status:
                    status = now
                    yield event("status", {"status": status})
                continue
            if item["event"] == "status":
                status = item["data"]["status"]
            if item["event"] != "message" or item["data"].get("from") != "staff":
                yield event(item["event"], item["data"])


async def _status(store: ConversationStore, conversation: str) -> str | None:
    """Who holds the conversation; None while the records cannot be asked."""
    try:
        return (await asyncio.to_thread(store.load, conversation)).status
    except UnknownConversation:
        return "closed"
    except RecordsUnavailable:
        return None


async def _staff_lines(store: ConversationStore, conversation: str, after: int) -> list[tuple[int, Any]]:
    try:
        return await asyncio.to_thread(store.staff_lines, conversation, after)
    except RecordsUnavailable:
        return []  # read again at the next beat
