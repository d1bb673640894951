"""`/api/v1`: conversations over HTTP, for the kiosk page and for the voice and WeChat services."""

from __future__ import annotations

import asyncio
import hmac
import json
import secrets
from collections.abc import AsyncIterator
from typing import Annotated, Any

import structlog
from fastapi import APIRouter, Depends, Header, Request, Response
from fastapi.responses import JSONResponse, StreamingResponse

from bot.answering import Answering
from bot.api.bodies import OpenBody, StaffCallBody, TurnBody
from bot.desk import FrontDesk
from bot.errors import FrontDoorError, NotAllowed, UnknownConversation
from bot.messages import Reply, Transcript, Turn
from bot.settings import BotSettings

log = structlog.get_logger(__name__)

SSE = {"cache-control": "no-store", "x-accel-buffering": "no"}


def bearer(authorization: Annotated[str | None, Header()] = None) -> str | None:
    """The bearer token of a request."""
    scheme, _, token = (authorization or "").partition(" ")
    return token.strip() or None if scheme.lower() == "bearer" else None


Token = Annotated[str | None, Depends(bearer)]


def conversation_router(desk: FrontDesk, settings: BotSettings) -> APIRouter:
    """The routes of the public contract."""
    routes = APIRouter(prefix="/api/v1")
    store = desk.house.store

    async def known(conversation: str, token: str | None) -> None:
        if token is None:
            raise NotAllowed("A bearer token is needed.", code="auth.no_token")
        await asyncio.to_thread(store.check, conversation, token)

    @routes.post("/conversations", status_code=201)
    async def open_conversation(body: OpenBody, request: Request, token: Token) -> dict[str, Any]:
        may_open(body.channel, token, settings)
        address = request.client.host if request.client else "unknown"
        welcome = await desk.open(body.channel, body.language, body.kiosk, address)
        return {
            "conversation_id": welcome.conversation,
            "token": welcome.token,
            "messages": [message.to_json() for message in welcome.messages],
        }

    @routes.post("/conversations/{conversation}/messages")
    async def take_turn(conversation: str, body: TurnBody, request: Request, token: Token) -> Response:
        await known(conversation, token)
        opened = await asyncio.to_thread(store.load, conversation)
        heard = body.transcript
        turn = Turn(
            conversation_id=conversation,
            message_id=body.message_id or secrets.token_hex(12),
            channel=opened.channel,
            language=body.language,
            text=body.text,
            transcript=Transcript(heard.confidence, tuple(heard.alternatives)) if heard else None,
        )
        answering = await desk.conversation(conversation).respond(turn)
        return await answer(conversation, answering, request)

    @routes.get("/conversations/{conversation}/events")
    async def events(conversation: str, token: Token) -> StreamingResponse:
        await known(conversation, token)
        return StreamingResponse(_listen(desk, conversation), media_type="text/event-stream", headers=SSE)

    @routes.delete("/conversations/{conversation}", status_code=204)
    async def wipe(conversation: str, token: Token) -> Response:
        await known(conversation, token)
        await desk.wipe(conversation)
        return Response(status_code=204)

    @routes.post("/kiosk/{kiosk}/staff-call", status_code=201)
    async def staff_call(kiosk: str, body: StaffCallBody, token: Token) -> dict[str, str]:
        if body.conversation_id:
            await known(body.conversation_id, token)
        return {"ticket": await desk.call_staff(kiosk[:64], body.conversation_id)}

    return routes


def may_open(channel: str, token: str | None, settings: BotSettings) -> None:
    """Phone and WeChat need the service token; a kiosk a device token where the settings ask for one. Raises
    NotAllowed."""
    wanted = settings.device_token if channel == "kiosk" else settings.service_token
    if wanted is None:
        if channel == "kiosk":
            return
        raise NotAllowed(
            "This channel is not set up: it needs bot.service_token.", code="auth.no_service_token", status=403
        )
    if not token or not hmac.compare_digest(token, wanted.get_secret_value()):
        raise NotAllowed("The token does not open this channel.", code="auth.wrong_token", status=403)


async def answer(conversation: str, answering: Answering, request: Request) -> Response:
    """The reply as one JSON body, or message by message where the client accepts an event stream."""
    if "text/event-stream" in request.headers.get("accept", ""):
        return StreamingResponse(_stream(conversation, answering), media_type="text/event-stream", headers=SSE)
    reply = await answering.reply()
    return JSONResponse(whole(conversation, reply))


def whole(conversation: str, reply: Reply) -> dict[str, Any]:
    """The JSON form of the contract."""
    return {"conversation_id": conversation, **reply.to_json()}


async def _stream(conversation: str, answering: Answering) -> AsyncIterator[str]:
    try:
        async for message in answering:
            yield event("message", message.to_json())
        body = whole(conversation, await answering.reply())
        del body["messages"]
        yield event("done", body)
    except FrontDoorError as error:
        yield event("error", {"error": {"code": error.exact_code, "message": error.sentence}})


async def _listen(desk: FrontDesk, conversation: str) -> AsyncIterator[str]:
    try:
        status = (await asyncio.to_thread(desk.house.store.load, conversation)).status
    except UnknownConversation:
        return
    yield event("status", {"status": status})
    async for item in desk.house.hub.listen(conversation):
        yield event(item["event"], item["data"]) if item else ": beat\n\n"
        if item and item["event"] == "status" and item["data"].get("status") == "closed":
            return


def event(name: str, data: Any) -> str:
    """One server-sent event."""
    return f"event: {name}\ndata: {json.dumps(data, ensure_ascii=False)}\n\n"
