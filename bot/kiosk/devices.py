"""The devices of a kiosk as seams: ID-card reader, code scanner, slip printer; each with a simulator.

A hospital connects its own hardware by a class of the same three methods. The simulators read what a demonstrator put
into a file, and misbehave on demand (`wrong_card`, `no_paper`).
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, Protocol

import structlog
import yaml
from pydantic import BaseModel, ConfigDict, TypeAdapter

from bot.errors import DeviceFault

log = structlog.get_logger(__name__)


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


class BrokenDevices:
    """Devices that nobody has connected yet."""

    def read(self, kiosk: str) -> CardRead:
        """Out of order."""
        raise DeviceFault("The card reader is out of order.", code="device.unavailable")

    def scan(self, kiosk: str) -> str:
        """Out of order."""
        raise DeviceFault("The scanner is out of order.", code="device.unavailable")

    def print(self, kiosk: str, lines: tuple[str, ...]) -> None:
        """Out of order."""
        raise DeviceFault("The printer is out of order.", code="device.unavailable")


class _SimulatedKiosk(BaseModel):
    """What a demonstrator put on the devices of one kiosk."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    card: CardRead | Literal["no_card", "wrong_card", "unavailable"] = "no_card"
    """The card on the reader, or what is wrong there."""
    code: str = ""
    """What is held before the scanner; empty for nothing."""
    no_paper: bool = False
    """Whether the printer is out of paper."""


@dataclass(frozen=True)
class SimulatedDevices:
    """All three devices of every kiosk, simulated by a file that is read at each use; without it they are empty.

    K01:
      card: {name: 测试甲, id_number: "…"}     # or wrong_card, no_card, unavailable
      code: "YIDAO:A1234"
      no_paper: true
    """

    file: Path
    """`<state>/simulated_devices.yml`."""
    printed: deque[tuple[str, tuple[str, ...]]] = field(default_factory=lambda: deque(maxlen=100))
    """The last slips; all of them stand in `simulated_slips.txt` beside the file."""

    def _kiosk(self, kiosk: str) -> _SimulatedKiosk:
        try:
            body = yaml.safe_load(self.file.read_text(encoding="utf-8")) or {}
            return TypeAdapter(dict[str, _SimulatedKiosk]).validate_python(body).get(kiosk, _SimulatedKiosk())
        except FileNotFoundError:
            return _SimulatedKiosk()
        except (OSError, ValueError, yaml.YAMLError) as error:
            log.error("device.simulation_invalid", path=self.file.name, error=type(error).__name__)
            raise DeviceFault("The simulated devices cannot be read.", code="device.unavailable") from error

    def read(self, kiosk: str) -> CardRead:
        """The simulated card."""
        card = self._kiosk(kiosk).card
        if card == "no_card":
            raise DeviceFault("There is no card on the reader.", code="device.no_card")
        if isinstance(card, str):
            raise DeviceFault("This card cannot be read.", code=f"device.{card}")
        return card

    def scan(self, kiosk: str) -> str:
        """The simulated code."""
        code = self._kiosk(kiosk).code
        if not code:
            raise DeviceFault("There is no code before the scanner.", code="device.no_code")
        return code

    def print(self, kiosk: str, lines: tuple[str, ...]) -> None:
        """Keep the slip."""
        if self._kiosk(kiosk).no_paper:
            raise DeviceFault("The printer is out of paper.", code="device.no_paper")
        self.printed.append((kiosk, lines))
        with self.file.with_name("simulated_slips.txt").open("a", encoding="utf-8") as slips:
            slips.write("\n".join((f"── {kiosk} ──", *lines, "")) + "\n")
