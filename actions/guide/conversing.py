"""One whole talk of the guide with a simulated patient, in-process and without Rasa: the flow's own turns.

For evaluation only.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from actions.guide.flow import GuideFlow
from actions.guide.follow_up import question_of
from actions.guide.simulated_patient import SimulatedPatient
from actions.turns import Payload, Turn

MOST_TURNS = 12
"""Turns after which a talk counts as one without an end."""


class EndlessTalk(AssertionError):
    """The guide neither came to a result nor ended; a fault of the guide."""


@dataclass(frozen=True, slots=True)
class Talk:
    """What came of it."""

    departments: tuple[str, ...]
    """Ids of the departments offered, best first; empty where the guide abstained."""
    abstained: bool
    asked: tuple[str, ...]
    """Ids of the questions asked, in order."""
    said: tuple[str, ...]
    """What the simulated patient said, taps in brackets."""


def converse(flow: GuideFlow, patient: SimulatedPatient) -> Talk:
    """Talk until the guide names departments or gives up. Raises EndlessTalk when it does neither."""
    state: dict[str, Any] = {}
    asked: list[str] = []
    said = [patient.opening]
    turn = Turn("simulated", "kiosk", patient.language, patient.opening, "complaint", 0.9)
    for _ in range(MOST_TURNS):
        outcome = flow.advance(state, turn)
        state = {**state, "misses": 0, **outcome.updates, "requested_slot": outcome.asked}
        if outcome.asked != "guide_answers":
            departments = _offered(outcome.says)
            return Talk(departments, not departments, tuple(asked), tuple(said))
        question = question_of(flow.guide, state)
        if question is None:
            break
        asked.append(question.id)
        spoken = patient.answer(question)
        choice = {"slot": "guide_answers", "value": {question.id: spoken.taps}} if spoken.taps else None
        said.append(f"[{spoken.taps}]" if spoken.taps else spoken.text)
        turn = Turn("simulated", "kiosk", patient.language, spoken.text, choice=choice)
    raise EndlessTalk(f"no result after {said}")


def _offered(says: Sequence[Payload]) -> tuple[str, ...]:
    """Departments of a result, best first."""
    for payload in says:
        if str(payload.get("say", "")).startswith("guide.result"):
            options = [option["params"].get("department") for option in payload.get("options", ())]
            return tuple(dict.fromkeys([str(one) for one in (payload["params"]["department"], *options) if one]))
    return ()
