"""The devices of a kiosk as seams: ID-card reader, code scanner, slip printer; each with a simulator.

A hospital connects its own hardware by a class of the same three methods. The simulators read what a demonstrator put
on them and
misbehave on demand (`wrong_card`, `no_paper`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

from bot.errors import DeviceFault


@dataclass(frozen=True)
class CardRead:
    """What an ID card says."""

    name: str
    id_number: str


class CardReader(Protocol):
    """Reads the identity card that lies on it."""

    def read(self, kiosk: str) -> CardRead:
        """The card. Raises `DeviceFault` device.no_card, device.wrong_card or device.unavailable."""
        ...


class CodeScanner(Protocol):
    """Scans a code that is held before it."""

    def scan(self, kiosk: str) -> str:
        """The code's text. Raises `DeviceFault` device.no_code or device.unavailable."""
        ...


class SlipPrinter(Protocol):
    """Prints a slip."""

    def print(self, kiosk: str, lines: tuple[str, ...]) -> None:
        """Print the lines. Raises `DeviceFault` device.no_paper or device.unavailable."""
        ...


@dataclass
class SimulatedDevices:
    """All three devices of every kiosk, simulated."""

    cards: dict[str, CardRead | str] = field(default_factory=dict)
    """What lies on the reader of a kiosk: a card, or the name of a fault."""
    codes: dict[str, str] = field(default_factory=dict)
    """What is held before the scanner."""
    out_of_paper: set[str] = field(default_factory=set)
    """Kiosks without paper."""
    printed: list[tuple[str, tuple[str, ...]]] = field(default_factory=list)
    """Slips so far."""

    def read(self, kiosk: str) -> CardRead:
        """The simulated card."""
        found = self.cards.get(kiosk)
        if found is None:
            raise DeviceFault("There is no card on the reader.", code="device.no_card")
        if isinstance(found, str):
            raise DeviceFault("This card cannot be read.", code=f"device.{found}")
        return found

    def scan(self, kiosk: str) -> str:
        """The simulated code."""
        if kiosk not in self.codes:
            raise DeviceFault("There is no code before the scanner.", code="device.no_code")
        return self.codes[kiosk]

    def print(self, kiosk: str, lines: tuple[str, ...]) -> None:
        """Keep the slip."""
        if kiosk in self.out_of_paper:
            raise DeviceFault("The printer is out of paper.", code="device.no_paper")
        self.printed.append((kiosk, lines))
