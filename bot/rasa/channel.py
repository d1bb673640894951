"""The one channel of our Rasa: a private HTTP endpoint that `bot` calls for every turn and that streams what Rasa says.

    POST /webhooks/yidao/turns
      {"sender", "message_id", "text", "channel", "language", "command"?, "choice"?, "request"?}
      → 200 application/x-ndjson, a line for each payload: {"payload": {...}}, {"fault": {...}}, last {"done": {...}}
      The same message id again runs nothing again: it says the same lines.
    DELETE /webhooks/yidao/conversations/<sender> → 204, the session state is gone, and later turns of it are refused

Rasa's own `rest` channel is not used: it names every channel "rest", turns a failure into an empty 200, lets a user
send `/intent`, and shares one conversation among all who send no name.
"""

from __future__ import annotations

import asyncio
import hmac
import json
import logging
import re
from collections.abc import Awaitable, Callable
from typing import Any

from rasa.core.channels.channel import InputChannel, OutputChannel, UserMessage
from sanic import Blueprint, response
from sanic.request import Request
from sanic.response import HTTPResponse

from bot.rasa.faults import watch_actions
from bot.rasa.logs import REQUEST
from bot.rasa.sessions import erase_session
from bot.rasa.tellings import Telling, Tellings

logger = logging.getLogger(__name__)

CHANNELS = frozenset({"kiosk", "phone", "wechat"})
MAX_CHARS = 1000
"""Longest text that reaches the NLU pipeline, in characters (9,000 characters held the event loop for 5 s)."""
LEADING = re.compile(r"^[\s/]+")
"""What would make a command of a text; Rasa strips every kind of blank before it looks for the slash."""

Handler = Callable[[UserMessage], Awaitable[Any]]


class PayloadOutput(OutputChannel):
    """Collects what Rasa says as payloads, under the name of the channel the patient really uses."""

    def __init__(self, channel: str) -> None:
        self._channel = channel
        self.telling = Telling()

    def name(self) -> str:  # type: ignore[override]  # a classmethod in Rasa, called on the instance everywhere
        """The patient's channel."""
        return self._channel

    async def send_custom_json(self, recipient_id: str, json_message: dict[str, Any], **_: Any) -> None:
        """One payload."""
        self.telling.add({"payload": json_message})

    async def send_text_message(self, recipient_id: str, text: str, **_: Any) -> None:
        """Sentences belong to the wording table, so one that arrives from inside Rasa is a mistake of ours."""
        logger.error("Rasa uttered a sentence instead of a payload")
        await self.report_fault("rasa", "text")

    async def report_fault(self, partner: str, what: str) -> None:
        """Tell `bot` that `partner` failed at `what` in this turn."""
        self.telling.add({"fault": {"partner": partner, "what": what}})


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
        self._tellings = Tellings()
        self._running: set[asyncio.Task[None]] = set()
        watch_actions()

    def _refused(self, request: Request) -> HTTPResponse | None:
        if hmac.compare_digest(request.headers.get("x-yidao-token", "").encode(), self._token.encode()):
            return None
        return response.json({"error": {"code": "rasa.unauthorized"}}, status=401)

    def blueprint(self, on_new_message: Handler) -> Blueprint:
        """The routes below /webhooks/yidao."""
        routes = Blueprint("yidao_webhook", __name__)

        @routes.route("/", methods=["GET"])
        async def health(_: Request) -> HTTPResponse:
            return response.json({"status": "ok"})

        @routes.route("/turns", methods=["POST"])
        async def turn(request: Request) -> HTTPResponse | None:
            if refused := self._refused(request):
                return refused
            message, output = read_turn(request.json)
            if message is None:
                return response.json({"error": {"code": "rasa.bad_turn"}}, status=400)
            if self._tellings.is_forgotten(message.sender_id):
                return response.json({"error": {"code": "rasa.forgotten"}}, status=410)
            telling = self._telling(on_new_message, message, output)
            reply = await request.respond(content_type="application/x-ndjson")
            await tell(telling, reply.send)
            await reply.eof()
            return None

        @routes.route("/conversations/<sender:str>", methods=["DELETE"])
        async def forget(request: Request, sender: str) -> HTTPResponse:
            if refused := self._refused(request):
                return refused
            self._tellings.forget(sender)
            agent = request.app.ctx.agent
            async with agent.lock_store.lock(sender):  # after the turns that are still at work
                erase_session(agent.tracker_store, sender)
            return response.empty()

        return routes

    def _telling(self, on_new_message: Handler, message: UserMessage, output: PayloadOutput) -> Telling:
        """The turn that was begun for this message before, or else begins now; it runs on when `bot` goes away."""
        known = self._tellings.known(message.sender_id, message.message_id)
        if known is not None:
            return known
        self._tellings.begin(message.sender_id, message.message_id, output.telling)
        task = asyncio.ensure_future(run_turn(on_new_message, message, output))
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        return output.telling


def read_turn(body: Any) -> tuple[UserMessage | None, PayloadOutput]:
    """The message of a request body, or None where the body does not fit."""
    fields: dict[str, Any] = body if isinstance(body, dict) else {}
    sender, text, channel = fields.get("sender"), fields.get("text"), fields.get("channel")
    message_id = fields.get("message_id")
    output = PayloadOutput(channel if channel in CHANNELS else "kiosk")
    named = all(isinstance(name, str) and name for name in (sender, message_id, text))
    if not named or channel not in CHANNELS:
        return None, output
    command = fields.get("command")
    trusted = isinstance(command, str) and command.startswith("/")
    spoken = command if trusted else LEADING.sub("", text)[:MAX_CHARS] or "…"
    metadata = {
        "language": fields.get("language"),
        "choice": fields.get("choice"),
        "text": text[:MAX_CHARS],
        "request": fields.get("request"),
    }
    message = UserMessage(spoken, output, sender, input_channel=channel, message_id=str(message_id), metadata=metadata)
    return message, output


async def run_turn(on_new_message: Handler, message: UserMessage, output: PayloadOutput) -> None:
    """Run one turn to its end, whoever listens."""
    REQUEST.set((message.metadata or {}).get("request") or "")
    try:
        await on_new_message(message)
    except Exception:  # the edge of the process: whatever failed inside Rasa becomes one honest line
        logger.exception("turn failed")
        await output.report_fault("rasa", "turn")
    finally:
        output.telling.end()


async def tell(telling: Telling, send: Callable[[str], Awaitable[None]]) -> None:
    """Send each line of a turn as soon as it is said."""
    number = 0
    while (line := await telling.line(number)) is not None:
        number += 1
        await send(json.dumps(line, ensure_ascii=False) + "\n")
    await send(json.dumps({"done": {"lines": number}}) + "\n")
