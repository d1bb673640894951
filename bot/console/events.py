"""What the console's page hears while it is open: server-sent events from the hub.

ready        the listeners stand; read the queue now
queue        the queue has changed
page         staff are called to a patient in danger; only for the roles that are called
line         a new line; `text` only for the ticket that is open on the page, since the others are not being read
signed_out   the session has ended, and with it this stream
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from bot.hub import Hub

BEAT_S = 15.0
"""Seconds between signs of life; also how soon an ended session is noticed."""


@dataclass(frozen=True)
class Following:
    """What one open page listens to."""

    tickets: Mapping[str, str]
    """Conversation → ticket whose lines are heard."""
    opened: str | None
    """The ticket that is open on the page."""
    role: str = ""
    """Of who looks at the page."""


async def staff_events(
    hub: Hub,
    following: Following,
    reveal: Callable[[str, str], str],
    signed_in: Callable[[], Awaitable[bool]],
    beat_s: float = BEAT_S,
) -> AsyncIterator[str]:
    """The stream as text. `reveal` puts values in the place of tokens (conversation, text); `signed_in` is asked before
    anything is sent."""
    heard: asyncio.Queue[tuple[str, dict[str, Any]]] = asyncio.Queue()

    async def listen(name: str, conversation: str) -> None:
        async for event in hub.listen(name, beat_s):
            await heard.put((conversation, event))

    pumps = [asyncio.create_task(listen("staff", ""))]
    pumps += [asyncio.create_task(listen(f"staff:{name}", name)) for name in following.tickets]
    try:
        await asyncio.sleep(0)  # let every pump reach the hub before the page is told that they do
        yield _event("ready", {})
        while True:
            conversation, event = await heard.get()
            if not await signed_in():
                yield _event("signed_out", {})
                return
            if not event:
                yield ": beat\n\n" if not conversation else ""
            elif event["event"] == "page" and following.role not in event["data"]["roles"]:
                continue
            elif not conversation:
                yield _event(event["event"], event["data"])
            else:
                yield _event("line", await _line(following, conversation, event["data"], reveal))
    finally:
        for pump in pumps:
            pump.cancel()
        await asyncio.gather(*pumps, return_exceptions=True)


async def _line(
    following: Following, conversation: str, data: Mapping[str, Any], reveal: Callable[[str, str], str]
) -> dict[str, Any]:
    ticket = following.tickets[conversation]
    if ticket != following.opened:
        return {"ticket": ticket, "role": data["role"]}
    text = await asyncio.to_thread(reveal, conversation, data["text"])
    return {"ticket": ticket, "role": data["role"], "text": text}


def _event(name: str, data: Mapping[str, Any]) -> str:
    return f"event: {name}\ndata: {json.dumps(data, ensure_ascii=False)}\n\n"
