"""What a ticket shall carry of the talk so far."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

PACKET = (
    "complaint", "department", "doctor", "when", "held", "current", "patient_name", "patient_id", "patient_phone",
)  # fmt: skip
"""Slots that a member of staff wants to see; personal ones are tokens that the console reveals to who is signed in."""


def packet(slots: Mapping[str, Any], flow: str | None) -> dict[str, Any]:
    """What is known so far: the open form and its filled slots."""
    return {"flow": flow, "slots": {name: slots[name] for name in PACKET if slots.get(name)}}
