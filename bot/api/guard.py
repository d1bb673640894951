"""What every request passes: a size limit, a request id, one log line, headers that keep a page's hands to itself,
and errors in
one shape."""

from __future__ import annotations

import asyncio
import json
import secrets
import time
from collections.abc import Mapping
from typing import Any

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from actions.errors import YidaoError
from bot.errors import FrontDoorError, TooMany

log = structlog.get_logger(__name__)

HEADERS = {
    b"content-security-policy": b"default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; "
    b"frame-ancestors 'none'; form-action 'self'",
    b"x-content-type-options": b"nosniff",
    b"referrer-policy": b"no-referrer",
    b"cross-origin-opener-policy": b"same-origin",
}

DRAINED_BYTES = 8_000_000
"""Of a body that is too large, at most this much is read before the connection is given up."""

BODY_S = 20.0
"""Seconds a body may take to arrive; a line that drips for longer is given up."""


class Guard:
    """The outermost layer of the HTTP application."""

    def __init__(self, app: ASGIApp, max_body_bytes: int) -> None:
        self._app = app
        self._max = max_body_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request = secrets.token_hex(6)
        structlog.contextvars.bind_contextvars(request=request)
        began = time.monotonic()
        status = 500

        async def send_on(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = [*message.get("headers", ()), (b"x-request-id", request.encode()), *HEADERS.items()]
                message = {**message, "headers": headers}
            await send(message)

        try:
            try:
                async with asyncio.timeout(BODY_S):
                    body = await self._body(scope, receive)
            except TimeoutError:
                await _refuse(send_on, 408, "body.too_slow", f"A body must arrive within {BODY_S:g} s.")
                return
            if body is None:
                await _refuse(send_on, 413, "body.too_large", f"A body may have at most {self._max} bytes.")
                return
            await self._app(scope, _replay(body, receive), send_on)
        finally:
            route = scope.get("route")
            path = getattr(route, "path", "?")
            took_ms = round((time.monotonic() - began) * 1000, 1)
            log.info("http.request", method=scope["method"], route=path, status=status, duration_ms=took_ms)

    async def _body(self, scope: Scope, receive: Receive) -> bytes | None:
        """The whole body, or None when it is too large; then read on for a while, so that the refusal arrives."""
        whole, more, fits, read = b"", scope["method"] not in ("GET", "HEAD"), True, 0
        while more and read < DRAINED_BYTES:
            message = await receive()
            if message["type"] == "http.disconnect":
                break
            chunk = message.get("body", b"")
            read += len(chunk)
            fits = fits and read <= self._max
            whole = whole + chunk if fits else b""
            more = message.get("more_body", False)
        return whole if fits else None


def _replay(body: bytes, receive: Receive) -> Receive:
    sent = False

    async def again() -> Message:
        nonlocal sent
        if sent:
            return await receive()
        sent = True
        return {"type": "http.request", "body": body, "more_body": False}

    return again


async def _refuse(send: Send, status: int, code: str, sentence: str) -> None:
    body = json.dumps({"error": {"code": code, "message": sentence}}).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def shape_errors(app: FastAPI) -> None:
    """Every error as {"error": {"code", "message"}}, without what was sent in it."""

    @app.exception_handler(FrontDoorError)
    async def _front(_: Request, error: FrontDoorError) -> JSONResponse:
        headers = {"retry-after": str(error.retry_after_s)} if isinstance(error, TooMany) else {}
        if error.exact_status == 401:
            headers["www-authenticate"] = "Bearer"
        return _error(error.exact_status, error.exact_code, error.sentence, headers)

    @app.exception_handler(YidaoError)
    async def _service(_: Request, error: YidaoError) -> JSONResponse:
        log.error("service.failed", code=error.code)
        return _error(503, error.code, error.sentence)

    @app.exception_handler(RequestValidationError)
    async def _body(_: Request, error: RequestValidationError) -> JSONResponse:
        problems = error.errors()
        if any(problem["type"] == "json_invalid" for problem in problems):
            return _error(400, "body.not_json", "The body is not valid JSON.")
        fields = ", ".join(
            sorted({".".join(str(part) for part in problem["loc"][1:]) or "body" for problem in problems})
        )
        return _error(422, "body.invalid", f"These fields do not fit: {fields[:200]}.")

    @app.exception_handler(HTTPException)
    async def _http(_: Request, error: HTTPException) -> JSONResponse:
        return _error(error.status_code, f"http.{error.status_code}", str(error.detail), error.headers)

    @app.exception_handler(Exception)
    async def _unexpected(_: Request, error: Exception) -> JSONResponse:
        log.error("http.failed", error=type(error).__name__, exc_info=True)
        return _error(500, "front.failed", "Something went wrong on our side. Please ask a member of staff.")


def _error(status: int, code: str, sentence: str, headers: Mapping[str, str] | None = None) -> JSONResponse:
    body: dict[str, Any] = {"error": {"code": code, "message": sentence}}
    return JSONResponse(body, status_code=status, headers=headers)
