"""The one channel of our Rasa: a private HTTP endpoint that `bot` calls for every turn and that streams what Rasa says.

    POST /webhooks/yidao/turns  {"sender", "text", "channel", "language", "command"?, "choice"?}
      → 200 application/x-ndjson, a line for each payload: {"payload": {...}}, {"fault": {...}}, last {"done": {...}}
    DELETE /webhooks/yidao/conversations/<sender> → 204, the session state is gone

Rasa's own `rest` channel is not used: it names every channel "rest", turns a failure into an empty 200, lets a user
send
`/intent`, and shares one conversation among all who send no name.
"""

from __future__ import annotations

import asyncio
import hmac
import json
import logging
from collections.abc import Awaitable, Callable
from typing import Any

from rasa.core.channels.channel import InputChannel, OutputChannel, UserMessage
from rasa.core.tracker_store import SQLTrackerStore
from sanic import Blueprint, response
from sanic.request import Request
from sanic.response import HTTPResponse

from bot.rasa.faults import watch_actions

logger = logging.getLogger(__name__)

CHANNELS = frozenset({"kiosk", "phone", "wechat"})
MAX_CHARS = 1000
"""Longest text that reaches the NLU pipeline, in characters (9,000 characters held the event loop for 5 s)."""


class PayloadOutput(OutputChannel):
    """Collects what Rasa says as payloads, under the name of the channel the patient really uses."""

    def __init__(self, channel: str) -> None:
        self._channel = channel
        self.lines: asyncio.Queue[dict[str, Any] | None] = asyncio.Queue()

    def name(self) -> str:  # type: ignore[override]  # a classmethod in Rasa, called on the instance everywhere
        """The patient's channel."""
        return self._channel

    async def send_custom_json(self, recipient_id: str, json_message: dict[str, Any], **_: Any) -> None:
        """Queue one payload."""
        await self.lines.put({"payload": json_message})

    async def send_text_message(self, recipient_id: str, text: str, **_: Any) -> None:
        """Sentences belong to the wording table, so one that arrives from inside Rasa is a mistake of ours."""
        logger.error("Rasa uttered a sentence instead of a payload")
        await self.report_fault("rasa", "text")

    async def report_fault(self, partner: str, what: str) -> None:
        """Tell `bot` that `partner` failed at `what` in this turn."""
        await self.lines.put({"fault": {"partner": partner, "what": what}})


class YidaoInput(InputChannel):
    """The HTTP endpoint."""

    @classmethod
    def name(cls) -> str:
        """The name in credentials.yml and in the URL."""
        return "yidao"

    @classmethod
    def from_credentials(cls, credentials: dict[str, Any] | None) -> YidaoInput:
        """Needs `token`; without one nobody could be told from `bot`."""
        token = (credentials or {}).get("token")
        if not token:
            raise ValueError("credentials.yml: bot.rasa.channel.YidaoInput needs a token")
        return cls(token)

    def __init__(self, token: str) -> None:
        self._token = token
        watch_actions()

    def _known(self, request: Request) -> bool:
        return hmac.compare_digest(request.headers.get("x-yidao-token", ""), self._token)

    def blueprint(self, on_new_message: Callable[[UserMessage], Awaitable[Any]]) -> Blueprint:
        """The routes below /webhooks/yidao."""
        routes = Blueprint("yidao_webhook", __name__)

        @routes.route("/", methods=["GET"])
        async def health(_: Request) -> HTTPResponse:
            return response.json({"status": "ok"})

        @routes.route("/turns", methods=["POST"])
        async def turn(request: Request) -> HTTPResponse | None:
            if not self._known(request):
                return response.json({"error": {"code": "rasa.unauthorized"}}, status=401)
            message, output = read_turn(request.json)
            if message is None:
                return response.json({"error": {"code": "rasa.bad_turn"}}, status=400)
            reply = await request.respond(content_type="application/x-ndjson")
            await stream_turn(on_new_message, message, output, reply.send)
            await reply.eof()
            return None

        @routes.route("/conversations/<sender:str>", methods=["DELETE"])
        async def forget(request: Request, sender: str) -> HTTPResponse:
            if not self._known(request):
                return response.json({"error": {"code": "rasa.unauthorized"}}, status=401)
            erase_session(request.app.ctx.agent.tracker_store, sender)
            return response.empty()

        return routes


def read_turn(body: Any) -> tuple[UserMessage | None, PayloadOutput]:
    """The message of a request body, or None where the body does not fit."""
    fields: dict[str, Any] = body if isinstance(body, dict) else {}
    sender, text, channel = fields.get("sender"), fields.get("text"), fields.get("channel")
    output = PayloadOutput(channel if channel in CHANNELS else "kiosk")
    if not (isinstance(sender, str) and sender and isinstance(text, str) and text and channel in CHANNELS):
        return None, output
    command = fields.get("command")
    trusted = isinstance(command, str) and command.startswith("/")
    spoken = command if trusted else text.lstrip("/ ")[:MAX_CHARS] or "…"
    metadata = {"language": fields.get("language"), "choice": fields.get("choice"), "text": text[:MAX_CHARS]}
    return UserMessage(spoken, output, sender, input_channel=channel, metadata=metadata), output


async def stream_turn(
    on_new_message: Callable[[UserMessage], Awaitable[Any]],
    message: UserMessage,
    output: PayloadOutput,
    send: Callable[[str], Awaitable[None]],
) -> None:
    """Run one turn and send each line as soon as Rasa says it."""

    async def run() -> None:
        try:
            await on_new_message(message)
        except Exception:  # the edge of the process: whatever failed inside Rasa becomes one honest line
            logger.exception("turn failed")
            await output.report_fault("rasa", "turn")
        finally:
            await output.lines.put(None)

    task = asyncio.ensure_future(run())
    count = 0
    try:
        while True:
            line = await output.lines.get()
            if line is None:
                break
            count += 1
            await send(json.dumps(line, ensure_ascii=False) + "\n")
        await send(json.dumps({"done": {"lines": count}}) + "\n")
    finally:
        await asyncio.shield(task)


def erase_session(store: Any, sender: str) -> None:
    """Delete every event of `sender` from the SQL tracker store (Rasa offers no such call)."""
    inner: list[Any] = [store]
    while inner and not isinstance(inner[-1], SQLTrackerStore):
        below = getattr(inner[-1], "_tracker_store", None)
        if below is None:
            raise TypeError("the tracker store is no SQLTrackerStore")
        inner.append(below)
    sql = inner[-1]
    with sql.session_scope() as session:
        session.query(sql.SQLEvent).filter_by(sender_id=sender).delete()
        session.commit()
