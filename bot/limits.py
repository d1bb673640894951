"""What a turn may be, and how many of them."""

from __future__ import annotations

import math
import unicodedata
from collections import deque
from collections.abc import Callable

from bot.errors import BadTurn, TooMany


def check_text(text: str, max_chars: int) -> None:
    """Raises `BadTurn` for a blank, a wordless or an over-long text (`text` is normalised already)."""
    if not text:
        raise BadTurn("Please say or type something.", code="turn.blank")
    if len(text) > max_chars:
        raise BadTurn(f"Please say it in at most {max_chars} characters.", code="turn.too_long", status=413)
    if not any(unicodedata.category(character)[0] in "LN" for character in text):
        raise BadTurn("Please use words or numbers.", code="turn.wordless")


class Rate:
    """At most `limit` events in any `window_s` seconds."""

    def __init__(self, limit: int, window_s: float, seconds: Callable[[], float]) -> None:
        self._limit = limit
        self._window_s = window_s
        self._seconds = seconds
        self._events: deque[float] = deque()

    def take(self) -> None:
        """Count one event. Raises `TooMany`, which counts nothing and says after how many seconds there is room."""
        now = self._seconds()
        while self._events and self._events[0] <= now - self._window_s:
            self._events.popleft()
        if len(self._events) >= self._limit:
            wait_s = max(1, math.ceil(self._events[0] + self._window_s - now))
            raise TooMany("Too many messages at once. Please wait a moment.", retry_after_s=wait_s)
        self._events.append(now)
