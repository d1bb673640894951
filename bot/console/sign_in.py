"""Signing in and out over HTTP."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any

import structlog
from fastapi import Request, Response
from fastapi.responses import JSONResponse

from bot.console.assembly import Console
from bot.console.bodies import SignInBody, read_body
from bot.console.door import Door, Visitor, own_site
from bot.console.errors import NotSignedIn
from bot.console.sessions import COOKIE

log = structlog.get_logger(__name__)


class SignIn:
    """Signing in and out."""

    def __init__(self, console: Console, door: Door) -> None:
        self._console = console
        self._door = door

    async def sign_in(self, request: Request) -> Response:
        """Open a session; an older one of the same browser ends."""
        own_site(request)
        body = await read_body(request, SignInBody)
        async with self._console.checking:
            account = await asyncio.to_thread(self._console.accounts.sign_in, body.name, body.password)
        sessions = self._console.sessions
        with contextlib.suppress(NotSignedIn):  # nobody is signed in here yet: the usual case
            sessions.close((await asyncio.to_thread(sessions.find, request.cookies.get(COOKIE)))[0])
        signed_in = sessions.open(account)
        log.info("console.signed_in", user=account.name)
        response = JSONResponse(self._me(Visitor(signed_in, account)))
        secure = request.url.scheme == "https"
        cookie = sessions.cookie(signed_in)
        response.set_cookie(COOKIE, cookie, path="/console", secure=secure, httponly=True, samesite="strict")
        return response

    async def sign_out(self, request: Request) -> Response:
        """End the session here and in the browser."""
        visitor = await self._door.enter(request, "read")
        self._console.sessions.close(visitor.signed_in)
        await asyncio.to_thread(self._console.accounts.signed_out, visitor.account.name)
        response = JSONResponse({"signed_out": True})
        response.delete_cookie(COOKIE, path="/console", httponly=True, samesite="strict")
        return response

    async def me(self, request: Request) -> Response:
        """Who is signed in; counts as something done, so the page asks only while somebody sits there."""
        return JSONResponse(self._me(await self._door.enter(request, "read")))

    def _me(self, visitor: Visitor) -> dict[str, Any]:
        account, policy = visitor.account, self._console.policy
        return {
            "name": account.name,
            "role": account.role,
            "may": sorted(policy.roles[account.role].may),
            "csrf": self._console.sessions.csrf(visitor.signed_in),
            "idle_s": self._console.sessions.idle_s,
            "reply_max_chars": policy.reply.max_chars,
            "password_min_chars": policy.sign_in.password_min_chars,
        }
