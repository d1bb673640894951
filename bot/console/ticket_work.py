"""The queue and the talk over HTTP."""

from __future__ import annotations

import asyncio
import re
import secrets
from typing import Annotated

import structlog
from fastapi import Query, Request, Response
from fastapi.responses import JSONResponse, StreamingResponse

from actions.handoff.errors import UnknownTicket
from bot.console.accounts import Account
from bot.console.assembly import Console
from bot.console.bodies import ReplyBody, TicketsBody, read_body
from bot.console.desk import Done
from bot.console.door import Door
from bot.console.errors import NotSignedIn
from bot.console.events import Following, staff_events
from bot.console.sessions import COOKIE

log = structlog.get_logger(__name__)

LineId = Annotated[int, Query(ge=0, lt=2**63)]
TICKET_ID = re.compile(r"[0-9a-f]{1,32}")
"""What a ticket's id looks like; anything else is not even looked for."""


class TicketWork:
    """The queue and the talk."""

    def __init__(self, console: Console, door: Door) -> None:
        self._console = console
        self._desk = console.desk
        self._door = door

    async def queue(self, request: Request) -> Response:
        """Open tickets; asked again and again by the page, so it does not keep a session awake."""
        visitor = await self._door.enter(request, "read", touch=False)
        return JSONResponse({"tickets": await asyncio.to_thread(self._desk.queue, visitor.account)})

    async def packet(self, request: Request, ticket_id: str) -> Response:
        """One ticket with everything said so far."""
        visitor = await self._door.enter(request, "read")
        return JSONResponse(await asyncio.to_thread(self._desk.packet, known(ticket_id), visitor.account))

    async def lines(
        self, request: Request, ticket_id: str, after: Annotated[int, Query(ge=0, lt=2**63)] = 0
    ) -> Response:
        """Lines after a line."""
        visitor = await self._door.enter(request, "read", touch=False)
        lines = await asyncio.to_thread(self._desk.lines, known(ticket_id), after, visitor.account)
        return JSONResponse({"lines": lines})

    async def claim(self, request: Request, ticket_id: str) -> Response:
        """Take the patient."""
        visitor = await self._door.enter(request, "claim")
        done = await asyncio.to_thread(self._desk.claim, known(ticket_id), visitor.account)
        return self._tell(done, "claim", ticket_id, visitor.account)

    async def send(self, request: Request, ticket_id: str) -> Response:
        """A line to the patient."""
        visitor = await self._door.enter(request, "claim")
        body = await read_body(request, ReplyBody)
        message_id = body.message_id or secrets.token_urlsafe(12)
        done = await asyncio.to_thread(self._desk.send, known(ticket_id), visitor.account, body.text, message_id)
        return self._tell(done, "reply", ticket_id, visitor.account)

    async def hand_back(self, request: Request, ticket_id: str) -> Response:
        """Give the patient back to the assistant, who says so and goes on."""
        visitor = await self._door.enter(request, "claim")
        done = await asyncio.to_thread(self._desk.hand_back, known(ticket_id), visitor.account)
        response = self._tell(done, "hand_back", ticket_id, visitor.account)
        if done.patient:
            await self._console.resume(done.patient)
        return response

    async def put_back(self, request: Request, ticket_id: str) -> Response:
        """Let the patient wait for a colleague."""
        visitor = await self._door.enter(request, "claim")
        done = await asyncio.to_thread(self._desk.put_back, known(ticket_id), visitor.account)
        response = self._tell(done, "put_back", ticket_id, visitor.account)
        if done.patient:
            await self._console.pass_on(done.patient)
        return response

    async def close_departed(self, request: Request) -> Response:
        """Close the tickets of patients who have left, of those that the page shows."""
        visitor = await self._door.enter(request, "claim")
        body = await read_body(request, TicketsBody)
        done = await asyncio.to_thread(self._desk.close_departed, body.tickets, visitor.account)
        return self._tell(done, "close_departed", ",".join(done.body["closed"]), visitor.account)

    async def take_over(self, request: Request, ticket_id: str) -> Response:
        """Take the patient from a colleague."""
        visitor = await self._door.enter(request, "claim")
        done = await asyncio.to_thread(self._desk.take_over, known(ticket_id), visitor.account)
        return self._tell(done, "take_over", ticket_id, visitor.account)

    async def events(self, request: Request, ticket: str | None = None) -> Response:
        """What happens from now on, as server-sent events; `ticket` is the one that is open on the page."""
        visitor = await self._door.enter(request, "read", touch=False)
        opened = known(ticket) if ticket else None
        followed = await asyncio.to_thread(self._desk.follow, opened, visitor.account)
        cookie = request.cookies.get(COOKIE)

        async def signed_in() -> bool:
            try:
                await asyncio.to_thread(self._console.sessions.find, cookie, False)
            except NotSignedIn:
                return False
            return True

        reveal = self._desk.vault.reveal_all
        stream = staff_events(
            self._console.hub,
            Following(followed, opened, visitor.account.role),
            reveal,
            signed_in,
            self._console.beat_s,
        )
        return StreamingResponse(stream, media_type="text/event-stream", headers={"X-Accel-Buffering": "no"})

    def _tell(self, done: Done, action: str, ticket_id: str, account: Account) -> Response:
        for notice in done.notices:
            self._console.hub.publish(notice.listeners, notice.event, notice.data)
        log.info("console.done", action=action, ticket=ticket_id, user=account.name)
        return JSONResponse(done.body)


def known(ticket_id: str) -> str:
    """The id, when it can be one. Raises `UnknownTicket`."""
    if not TICKET_ID.fullmatch(ticket_id):
        raise UnknownTicket("There is no such ticket.")
    return ticket_id
