"""A patient who waits for a human."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True)
class Ticket:
    """One request for a human (转人工), open until staff close it."""

    id: str
    """Opaque id."""
    number: str
    """What the patient is told, for instance K4821."""
    conversation: str
    """The conversation it belongs to; empty for a staff call without one."""
    reason: str
    """asked, emergency, fault, staff_call, refused, followup."""
    summary: Mapping[str, Any]
    """The packet: what the patient wants, the open form and its filled slots (tokens), the rule that fired."""
    status: str
    """open, claimed or closed."""
    priority: str
    """normal or red."""
    kiosk: str | None
    """Which kiosk calls."""
    claimed_by: str | None
    """Name of the member of staff who took it."""
    created: datetime
    """When it was opened."""
    updated: datetime
    """When it last changed."""
