"""First come, first served: the turns of one conversation, in order of acceptance."""

from __future__ import annotations

import asyncio


class Line:
    """Places in a line. A place is reached when everyone who came before has left."""

    def __init__(self) -> None:
        self._last: asyncio.Future[None] | None = None
        self._standing = 0

    @property
    def busy(self) -> bool:
        """Whether anyone stands in it."""
        return self._standing > 0

    def join(self) -> Place:
        """A place at the end, taken at once: nobody who joins later is served before."""
        before, gone = self._last, asyncio.get_running_loop().create_future()
        self._last = gone
        self._standing += 1
        return Place(self, before, gone)

    def _left(self) -> None:
        self._standing -= 1


class Place:
    """One place in a line; leave it exactly when it is not needed any more."""

    def __init__(self, line: Line, before: asyncio.Future[None] | None, gone: asyncio.Future[None]) -> None:
        self._line = line
        self._before = before
        self._gone = gone
        self._left = False

    async def reached(self) -> None:
        """Returns when everyone who came before has left."""
        if self._before is not None:
            await asyncio.shield(self._before)

    def leave(self) -> None:
        """Give the place up, reached or not; those behind still wait for those before. Twice is harmless."""
        if self._left:
            return
        self._left = True
        self._line._left()
        if self._before is None or self._before.done():
            self._open()
        else:
            self._before.add_done_callback(lambda _: self._open())

    def _open(self) -> None:
        if not self._gone.done():
            self._gone.set_result(None)
