"""Time as the hospital sees it: handed to whoever needs it, never read from the machine in the middle."""

import time
from datetime import date, datetime, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo


class Clock(Protocol):
    """Says what time it is at the hospital."""

    def now(self) -> datetime:
        """This moment, aware, in the hospital's zone."""
        ...

    def today(self) -> date:
        """The hospital's calendar day."""
        ...


class SystemClock:
    """The machine's clock in the hospital's zone."""

    def __init__(self, zone: str) -> None:
        self._zone = ZoneInfo(zone)

    def now(self) -> datetime:
        """This moment, aware, in the hospital's zone."""
        return datetime.now(self._zone)

    def today(self) -> date:
        """The hospital's calendar day."""
        return self.now().date()


class SimulatedClock:
    """A demonstration clock: starts at a chosen moment and then ticks in real time, so holds still expire.

    Processes of one demonstration agree when they get the same `began` (Unix seconds at which it was `start`);
    without it the clock starts when the object is made.
    """

    def __init__(self, start: datetime, zone: str, began: float | None = None) -> None:
        self._zone = ZoneInfo(zone)
        self._start = in_zone(start, self._zone)
        self._behind = 0.0 if began is None else time.time() - began
        self._made = time.monotonic()

    def now(self) -> datetime:
        """The simulated moment, aware, in the hospital's zone."""
        return self._start + timedelta(seconds=self._behind + time.monotonic() - self._made)

    def today(self) -> date:
        """The simulated calendar day."""
        return self.now().date()


class ManualClock:
    """A clock for tests that moves only when told."""

    def __init__(self, start: datetime, zone: str) -> None:
        self._now = in_zone(start, ZoneInfo(zone))

    def now(self) -> datetime:
        """The moment it was last moved to, aware."""
        return self._now

    def today(self) -> date:
        """The calendar day of that moment."""
        return self._now.date()

    def advance(self, **units: float) -> None:
        """Move on: `advance(minutes=3)`; the names are those of `timedelta`."""
        self._now += timedelta(**units)


def in_zone(moment: datetime, zone: ZoneInfo) -> datetime:
    """The moment in the zone; one without a zone is read as already local."""
    return moment.replace(tzinfo=zone) if moment.tzinfo is None else moment.astimezone(zone)


def clock_for(zone: str, fixed: datetime | None = None, began: float | None = None) -> Clock:
    """The clock the settings ask for: real time, or a demonstration that starts at `fixed`."""
    return SystemClock(zone) if fixed is None else SimulatedClock(fixed, zone, began)
