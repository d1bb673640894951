"""The two sides of the benchmark `api`: our API, and Rasa's own REST channel."""

from __future__ import annotations

from typing import Any, Protocol
from uuid import uuid4

import httpx

from bot.benchmarks.faults import WrongReply
from bot.benchmarks.script import Line

TIMEOUT_S = 60.0
"""Seconds until a turn counts as never answered."""


class Talk(Protocol):
    """One conversation."""

    async def say(self, line: Line) -> None:
        """One turn, answered to its end. Raises WrongReply where the answer is not the script's."""
        ...


class Side(Protocol):
    """Whom one can talk to."""

    async def open(self) -> Talk:
        """A new conversation."""
        ...


def client(url: str) -> httpx.AsyncClient:
    """Connections that are kept open, as a kiosk page keeps its own."""
    limits = httpx.Limits(max_connections=64, max_keepalive_connections=64)
    return httpx.AsyncClient(base_url=url, timeout=TIMEOUT_S, limits=limits, trust_env=False)


class Api:
    """Our API, as a kiosk page uses it."""

    def __init__(self, http: httpx.AsyncClient) -> None:
        self._http = http

    async def open(self) -> Talk:
        """A new conversation of the kiosk channel."""
        answer = await self._http.post("/api/v1/conversations", json={"channel": "kiosk", "language": "zh"})
        if answer.status_code != 201:
            raise WrongReply(f"No conversation was opened: {answer.text[:200]}")
        return _ApiTalk(self._http, answer.json())


class _ApiTalk:
    def __init__(self, http: httpx.AsyncClient, opened: dict[str, Any]) -> None:
        self._http = http
        self._path = f"/api/v1/conversations/{opened['conversation_id']}/messages"
        self._headers = {"authorization": f"Bearer {opened['token']}"}

    async def say(self, line: Line) -> None:
        """A turn whose answer holds a message and needed no human, so that it is no apology."""
        answer = await self._http.post(self._path, json={"text": line.text}, headers=self._headers)
        body = answer.json()
        if answer.status_code != 200 or body["status"] != "bot" or not body["messages"]:
            raise WrongReply(f"The API answered {line.text!r} with {answer.status_code}: {answer.text[:300]}")
        if line.kind == "question" and not any(message["citations"] for message in body["messages"]):
            raise WrongReply(f"The library did not answer {line.text!r}: {answer.text[:300]}")


class RestRasa:
    """Rasa's REST channel; the metadata is what our channel sends, so that the actions do the same work."""

    def __init__(self, http: httpx.AsyncClient) -> None:
        self._http = http

    async def open(self) -> Talk:
        """A new sender."""
        return _RestTalk(self._http, uuid4().hex)


class _RestTalk:
    def __init__(self, http: httpx.AsyncClient, sender: str) -> None:
        self._http = http
        self._sender = sender

    async def say(self, line: Line) -> None:
        """A turn answered with the message keys of the script."""
        metadata = {"language": "zh", "choice": None, "text": line.text}
        body = {"sender": self._sender, "message": line.text, "metadata": metadata}
        answer = await self._http.post("/webhooks/rest/webhook", json=body)
        payloads = [message.get("custom", {}) for message in answer.json()] if answer.status_code == 200 else []
        said = tuple(payload.get("say") or next(iter(payload), "") for payload in payloads)
        if said != line.says:
            raise WrongReply(f"Rasa answered {line.text!r} with {said}, not with {line.says}.")
