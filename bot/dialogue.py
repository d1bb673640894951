"""The dialogue engine's seam: what `bot` asks of Rasa, and nothing more."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import httpx
import structlog

from bot.errors import PartnerDown

FORGET_S = 3.0
"""Seconds to wait until Rasa has forgotten a session; later it is asked again."""


@dataclass(frozen=True)
class EngineTurn:
    """A turn as the engine sees it: screened, in order, with tokens for personal data."""

    conversation: str
    message_id: str
    """The patient's message: the engine runs it once, and says the same again when it is asked again."""
    text: str
    channel: str
    language: str
    command: str | None = None
    """A trusted `/intent{…}` of a button."""
    choice: Mapping[str, Any] | None = None
    """The option taken."""


class DialogueEngine(Protocol):
    """Intent, flow and forms."""

    def run(self, turn: EngineTurn) -> AsyncGenerator[Mapping[str, Any], None]:
        """Payloads as they are said. Raises `PartnerDown` when the engine or its action server fails."""
        ...

    async def forget(self, conversation: str) -> None:
        """Delete the session state of a conversation. Raises `PartnerDown`."""
        ...

    async def ready(self) -> bool:
        """Whether it would answer now."""
        ...


class RasaEngine:
    """Rasa over its private channel (bot/rasa/channel.py)."""

    def __init__(self, url: str, token: str, deadline_s: float) -> None:
        self._deadline_s = deadline_s
        self._client = httpx.AsyncClient(
            base_url=url,
            headers={"x-yidao-token": token},
            timeout=httpx.Timeout(deadline_s, connect=1.0),
            limits=httpx.Limits(max_connections=200, max_keepalive_connections=50),
            trust_env=False,
        )

    async def run(self, turn: EngineTurn) -> AsyncGenerator[Mapping[str, Any], None]:
        """Payloads as Rasa streams them."""
        body = {
            "sender": turn.conversation,
            "message_id": turn.message_id,
            "request": structlog.contextvars.get_contextvars().get("request"),
            "text": turn.text,
            "channel": turn.channel,
            "language": turn.language,
            "command": turn.command,
            "choice": dict(turn.choice) if turn.choice else None,
        }
        finished = False
        try:
            async with self._client.stream("POST", "/webhooks/yidao/turns", json=body) as response:
                if response.status_code != 200:
                    raise PartnerDown("Rasa refused the turn.", code="partner.rasa")
                async for line in response.aiter_lines():
                    if not line:
                        continue
                    part = json.loads(line)
                    if "fault" in part:
                        raise PartnerDown(
                            f"{part['fault']['partner']} failed.", code=f"partner.{part['fault']['partner']}"
                        )
                    if "done" in part:
                        finished = True
                        break
                    yield part["payload"]
        except (httpx.HTTPError, json.JSONDecodeError) as error:
            raise PartnerDown("Rasa did not answer.", code="partner.rasa") from error
        if not finished:
            raise PartnerDown("Rasa broke off.", code="partner.rasa")

    async def forget(self, conversation: str) -> None:
        """Delete the tracker of a conversation."""
        try:
            response = await self._client.delete(f"/webhooks/yidao/conversations/{conversation}", timeout=FORGET_S)
        except httpx.HTTPError as error:
            raise PartnerDown("Rasa did not answer.", code="partner.rasa") from error
        if response.status_code != 204:
            raise PartnerDown("Rasa could not forget.", code="partner.rasa")

    async def ready(self) -> bool:
        """Whether the channel answers."""
        try:
            return (await self._client.get("/webhooks/yidao/", timeout=1.0)).status_code == 200
        except httpx.HTTPError:
            return False

    async def close(self) -> None:
        """Close every connection."""
        await self._client.aclose()
