"""A turn that is being answered: its messages as they come, for one or more readers."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from bot.messages import Message, Reply


class Answering:
    """An asynchronous iterator of messages, and the whole reply at the end.

    The turn runs on when a reader goes away: it is committed once, whoever listens.
    """

    def __init__(self, text: str = "") -> None:
        self.text = text
        """What was said, normalised."""
        self._messages: list[Message] = []
        self._changed = asyncio.Event()
        self._reply: Reply | None = None
        self._error: BaseException | None = None

    @classmethod
    def finished(cls, reply: Reply) -> Answering:
        """A reply that is known already."""
        answering = cls()
        answering.finish(reply)
        return answering

    def add(self, message: Message) -> None:
        """One more message."""
        self._messages.append(message)
        self._wake()

    def finish(self, reply: Reply) -> None:
        """The end: `reply` holds all messages, those added before included."""
        self._messages = list(reply.messages)
        self._reply = reply
        self._wake()

    def fail(self, error: BaseException) -> None:
        """The end by an error that readers shall see."""
        self._error = error
        self._wake()

    def _wake(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()

    async def __aiter__(self) -> AsyncIterator[Message]:
        """Messages from the first one on."""
        seen = 0
        while True:
            changed = self._changed
            while seen < len(self._messages):
                seen += 1
                yield self._messages[seen - 1]
            if self._error is not None:
                raise self._error
            if self._reply is not None:
                return
            await changed.wait()

    async def reply(self) -> Reply:
        """The whole reply, once there is one."""
        while self._reply is None:
            if self._error is not None:
                raise self._error
            await self._changed.wait()
        return self._reply
