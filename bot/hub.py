"""Who is listening to a conversation: what staff say or the system offers later reaches the open page at once."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from typing import Any

QUEUE_EVENTS = 100
"""Events kept for a slow listener; the oldest is dropped then (it stays in the transcript)."""


class Hub:
    """Publishes events to the listeners of a conversation in this process."""

    def __init__(self) -> None:
        self._listeners: defaultdict[str, set[asyncio.Queue[dict[str, Any]]]] = defaultdict(set)

    def publish(self, conversation: str, event: str, data: Any) -> None:
        """To everyone who listens now."""
        for queue in tuple(self._listeners.get(conversation, ())):
            if queue.full():
                queue.get_nowait()
            queue.put_nowait({"event": event, "data": data})

    def listeners(self, conversation: str) -> int:
        """How many listen to it now."""
        return len(self._listeners.get(conversation, ()))

    @contextmanager
    def listening(self, conversation: str) -> Iterator[asyncio.Queue[dict[str, Any]]]:
        """A queue that hears everything published while the block lasts."""
        queue: asyncio.Queue[dict[str, Any]] = asyncio.Queue(QUEUE_EVENTS)
        self._listeners[conversation].add(queue)
        try:
            yield queue
        finally:
            self._listeners[conversation].discard(queue)
            if not self._listeners[conversation]:
                del self._listeners[conversation]

    async def listen(self, conversation: str, beat_s: float = 15.0) -> AsyncIterator[dict[str, Any]]:
        """Events as they come; an empty one every `beat_s` seconds keeps the line open."""
        with self.listening(conversation) as queue:
            while True:
                try:
                    yield await asyncio.wait_for(queue.get(), beat_s)
                except TimeoutError:
                    yield {}
