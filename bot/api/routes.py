"""`/api/v1`: conversations over HTTP, for the kiosk page and for the voice and WeChat services."""

from __future__ import annotations

import hmac
import re
import secrets
from collections.abc import AsyncGenerator, AsyncIterator, Collection
from contextlib import aclosing
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Request, Response
from fastapi.responses import JSONResponse, StreamingResponse

from bot.answering import Answering
from bot.api.bodies import LanguageBody, OpenBody, StaffCallBody, TurnBody
from bot.api.events import HEADERS, event, last_event, patient_events
from bot.desk import FrontDesk
from bot.errors import FrontDoorError, NotAllowed, TooMany, UnknownKiosk
from bot.messages import Reply, Transcript, Turn
from bot.secrets import kiosk_token
from bot.settings import BotSettings
from bot.store import Opened

MOST_STREAMS = 5
"""Event streams of one conversation at a time: a page, its reconnections, and some room."""


def bearer(authorization: str | None) -> str | None:
    """The bearer token in an Authorization header."""
    scheme, _, token = (authorization or "").partition(" ")
    return token.strip() or None if scheme.lower() == "bearer" else None


async def _token(authorization: Annotated[str | None, Header()] = None) -> str | None:
    return bearer(authorization)  # a coroutine: a plain function would go through a thread, and turns overtake there


Token = Annotated[str | None, Depends(_token)]


def conversation_router(desk: FrontDesk, settings: BotSettings, kiosks: Collection[str] = ()) -> APIRouter:
    """The routes of the public contract. With `kiosks`, no other kiosk can open a conversation: help would be sent to
    a place where nobody stands."""
    routes = APIRouter(prefix="/api/v1")

    @routes.post("/conversations", status_code=201)
    async def open_conversation(body: OpenBody, request: Request, token: Token) -> dict[str, Any]:
        may_open(body, token, settings)
        if kiosks and body.kiosk is not None and body.kiosk not in kiosks:
            raise UnknownKiosk("There is no such kiosk.")
        address = request.client.host if request.client else "unknown"
        welcome = await desk.open(body.channel, body.language, body.kiosk, address)
        return {
            "conversation_id": welcome.conversation,
            "token": welcome.token,
            "messages": [message.to_json() for message in welcome.messages],
        }

    @routes.post("/conversations/{conversation}/messages")
    async def take_turn(conversation: str, body: TurnBody, request: Request, token: Token) -> Response:
        place = desk.join(conversation)
        try:
            opened = await admitted(desk, conversation, token)
            turn = _turn(opened, body)
            answering = await desk.conversation(conversation).respond(turn, place)
        except BaseException:
            place.leave()
            raise
        return await answer(conversation, answering, request)

    @routes.post("/conversations/{conversation}/language")
    async def speak(conversation: str, body: LanguageBody, token: Token) -> dict[str, Any]:
        place = desk.join(conversation)
        try:
            await admitted(desk, conversation, token)
            return whole(conversation, await desk.speak(conversation, body.language, place))
        finally:
            place.leave()

    @routes.get("/conversations/{conversation}/events")
    async def events(
        conversation: str, token: Token, last_event_id: Annotated[str | None, Header()] = None
    ) -> StreamingResponse:
        await admitted(desk, conversation, token)
        if desk.house.hub.listeners(conversation) >= MOST_STREAMS:
            raise TooMany("Too many pages listen to this conversation.", code="events.too_many")
        heard = patient_events(desk.house.hub, desk.house.store, conversation, last_event(last_event_id))
        return StreamingResponse(_watched(desk, conversation, heard), media_type="text/event-stream", headers=HEADERS)

    @routes.delete("/conversations/{conversation}", status_code=204)
    async def wipe(conversation: str, token: Token) -> Response:
        await admitted(desk, conversation, token)
        await desk.wipe(conversation)
        return Response(status_code=204)

    @routes.post("/kiosk/{kiosk}/staff-call", status_code=201)
    async def staff_call(kiosk: str, body: StaffCallBody, token: Token) -> dict[str, str]:
        if body.conversation_id:
            await admitted(desk, body.conversation_id, token)
        return {"ticket": await desk.call_staff(kiosk_name(kiosk, kiosks), body.conversation_id)}

    return routes


async def admitted(desk: FrontDesk, conversation: str, token: str | None) -> Opened:
    """The conversation of this token. Raises `NotAllowed`, `UnknownConversation` or `ConversationClosed`."""
    if token is None:
        raise NotAllowed("A bearer token is needed.", code="auth.no_token")
    return await desk.admit(conversation, token)


def _turn(opened: Opened, body: TurnBody) -> Turn:
    heard = body.transcript
    return Turn(
        conversation_id=opened.id,
        message_id=body.message_id or secrets.token_hex(12),
        channel=opened.channel,
        language=body.language,
        text=body.text,
        transcript=Transcript(heard.confidence, tuple(heard.alternatives)) if heard else None,
    )


def kiosk_name(kiosk: str, kiosks: Collection[str]) -> str:
    """The kiosk's name, or `unknown` for all that stand nowhere: a call for staff is never refused for its spelling,
    and calls of invented kiosks are one ticket."""
    named = re.sub(r"[^A-Za-z0-9_.:-]", "", kiosk)
    return named if named in kiosks else "unknown"


def may_open(body: OpenBody, token: str | None, settings: BotSettings) -> None:
    """Phone and WeChat need the service token; a kiosk its own token where there is a device secret. Raises
    NotAllowed."""
    if body.channel == "kiosk":
        if settings.device_secret is None:
            return
        wanted = kiosk_token(settings.device_secret, body.kiosk or "")
    elif settings.service_token is None:
        raise NotAllowed(
            "This channel is not set up: it needs bot.service_token.", code="auth.no_service_token", status=403
        )
    else:
        wanted = settings.service_token.get_secret_value()
    if not token or not hmac.compare_digest(token.encode(), wanted.encode()):
        raise NotAllowed("The token does not open this channel.", code="auth.wrong_token", status=403)


async def answer(conversation: str, answering: Answering, request: Request) -> Response:
    """The reply as one JSON body, or message by message where the client accepts an event stream."""
    if "text/event-stream" in request.headers.get("accept", ""):
        return StreamingResponse(_stream(conversation, answering), media_type="text/event-stream", headers=HEADERS)
    reply = await answering.reply()
    return JSONResponse(whole(conversation, reply))


def whole(conversation: str, reply: Reply) -> dict[str, Any]:
    """The JSON form of the contract."""
    return {"conversation_id": conversation, **reply.to_json()}


async def _watched(desk: FrontDesk, conversation: str, heard: AsyncGenerator[str, None]) -> AsyncIterator[str]:
    """The events; when they end, the watch learns that a page or a line is gone."""
    try:
        async with aclosing(heard) as events:
            async for each in events:
                yield each
    finally:
        desk.watch.dropped(conversation)


async def _stream(conversation: str, answering: Answering) -> AsyncIterator[str]:
    try:
        async for message in answering:
            yield event("message", message.to_json())
        body = whole(conversation, await answering.reply())
        del body["messages"]
        yield event("done", body)
    except FrontDoorError as error:
        yield event("error", {"error": {"code": error.exact_code, "message": error.sentence}})
