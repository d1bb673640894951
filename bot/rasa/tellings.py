"""What the channel remembers of turns, so that one asked for twice runs once."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from typing import Any

KEPT_TURNS = 2000
"""Turns whose payloads are remembered: `bot` asks again only after it was killed in the middle of one."""
KEPT_FORGOTTEN = 10_000
"""Forgotten senders that are remembered: a turn that was on its way meanwhile must not bring the session back."""


class Telling:
    """What one turn says, line by line, for whoever asks for it, the first time or again."""

    def __init__(self) -> None:
        self.lines: list[dict[str, Any]] = []
        self.ended = False
        self._more = asyncio.Event()

    def add(self, line: dict[str, Any]) -> None:
        """One more line."""
        self.lines.append(line)
        self._wake()

    def end(self) -> None:
        """Nothing more will be said."""
        self.ended = True
        self._wake()

    @property
    def failed(self) -> bool:
        """Whether it ended with a fault: such a turn may be run again."""
        return self.ended and any("fault" in line for line in self.lines)

    def _wake(self) -> None:
        self._more.set()
        self._more = asyncio.Event()

    async def line(self, number: int) -> dict[str, Any] | None:
        """The line of this number, once it was said; None when there are no more."""
        while number >= len(self.lines):
            if self.ended:
                return None
            await self._more.wait()
        return self.lines[number]


class Tellings:
    """The turns of the last while, by sender and message id."""

    def __init__(self) -> None:
        self._turns: OrderedDict[tuple[str, str], Telling] = OrderedDict()
        self._forgotten: OrderedDict[str, None] = OrderedDict()

    def known(self, sender: str, message_id: str) -> Telling | None:
        """The turn that was asked for before, unless it failed."""
        found = self._turns.get((sender, message_id))
        return None if found is None or found.failed else found

    def begin(self, sender: str, message_id: str, telling: Telling) -> None:
        """Remember a turn that starts now."""
        self._turns[sender, message_id] = telling
        self._turns.move_to_end((sender, message_id))
        while len(self._turns) > KEPT_TURNS:
            self._turns.popitem(last=False)

    def forget(self, sender: str) -> None:
        """Drop what a sender was told, and take no turn of this sender any more."""
        for key in [key for key in self._turns if key[0] == sender]:
            del self._turns[key]
        self._forgotten[sender] = None
        while len(self._forgotten) > KEPT_FORGOTTEN:
            self._forgotten.popitem(last=False)

    def is_forgotten(self, sender: str) -> bool:
        """Whether this sender has left."""
        return sender in self._forgotten
