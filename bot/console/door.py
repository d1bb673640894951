"""The edge of the console: who is asking, may they, and every refusal in one shape."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass
from typing import Any

import structlog
from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.routing import APIRoute

from actions.errors import RecordsUnavailable, YidaoError
from actions.handoff.errors import TicketClosed, TicketTaken, UnknownTicket
from bot.console.accounts import Account
from bot.console.assembly import Console
from bot.console.errors import CsrfRefused, NotYourRole
from bot.console.policy import Capability
from bot.console.sessions import COOKIE, SignedIn
from bot.errors import FrontDoorError

log = structlog.get_logger(__name__)

SECURITY_HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}
"""Sent with every answer of the console."""
STATUS: Mapping[type[YidaoError], int] = {
    UnknownTicket: 404,
    TicketTaken: 409,
    TicketClosed: 410,
    RecordsUnavailable: 503,
}
"""HTTP status of errors that do not carry their own."""
SAFE = frozenset({"GET", "HEAD"})
OWN_SITE = (None, "same-origin", "none")
"""`Sec-Fetch-Site` of requests from our own page, or of a client that is no browser."""


class ConsoleRoute(APIRoute):
    """A route whose refusals are `{"error": {"code", "message"}}`, wherever the router is mounted."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """FastAPI's handler with our errors around it."""
        handle = super().get_route_handler()

        async def guarded(request: Request) -> Response:
            try:
                response = await handle(request)
            except RequestValidationError:
                response = refusal("console.bad_request", "The address does not fit.", 400)
            except FrontDoorError as error:
                response = refusal(error.exact_code, error.sentence, error.exact_status)
            except YidaoError as error:
                status = STATUS.get(type(error), 500)
                if status >= 500:
                    log.error("console.failed", code=error.code, route=self.path)
                response = refusal(error.code, error.sentence, status)
            response.headers.update(SECURITY_HEADERS)
            return response

        return guarded


def refusal(code: str, message: str, status: int) -> JSONResponse:
    """An error as the page gets it."""
    return JSONResponse({"error": {"code": code, "message": message}}, status)


@dataclass(frozen=True)
class Visitor:
    """Who is asking."""

    signed_in: SignedIn
    account: Account


class Door:
    """Lets a request in, or not."""

    def __init__(self, console: Console) -> None:
        self.console = console

    async def enter(self, request: Request, capability: Capability, touch: bool = True) -> Visitor:
        """Who is asking, when they may. Raises `NotSignedIn`, `CsrfRefused` or `NotYourRole`."""
        changes = request.method not in SAFE
        if changes:
            own_site(request)
        cookie = request.cookies.get(COOKIE)
        signed_in, account = await asyncio.to_thread(self.console.sessions.find, cookie, touch)
        if changes:
            self.console.sessions.check_csrf(signed_in, request.headers.get("x-csrf-token"))
        if not self.console.accounts.may(account, capability):
            raise NotYourRole("Your role does not cover this.")
        return Visitor(signed_in, account)


def own_site(request: Request) -> None:
    """Raises `CsrfRefused` when the browser says that another site sends this."""
    if request.headers.get("sec-fetch-site") not in OWN_SITE:
        raise CsrfRefused("The request comes from another site.")
