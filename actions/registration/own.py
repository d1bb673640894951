"""Which appointment a patient speaks of: those of this conversation, else those of a name and number."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from actions.flow import Flow
from actions.records.vault import Vault
from actions.registration.booking import BOOK, appointment_params
from actions.registration.model import Appointment
from actions.registration.persons import NOTES, identity_of, token_reading, without_document
from actions.registration.service import Registration
from actions.registration.when import When, parse_when
from actions.turns import HUMAN, Question, Reading, State, Turn, pick, say
from knowledge.directory import Directory

OURS = ("department", "doctor", "when", "seen_offers", "hold", "held", "confirmed", "appointment", "current", "known")
AFTER_NONE = (BOOK, HUMAN)


class OwnAppointments:
    """The appointments that may be meant."""

    def __init__(self, registration: Registration, vault: Vault) -> None:
        self._registration = registration
        self._vault = vault

    def here(self, turn: Turn) -> list[Appointment]:
        """Made in this conversation, still ahead."""
        return [found for found in self._registration.of_conversation(turn.conversation) if found.status == "booked"]

    def of_person(self, state: State, turn: Turn) -> list[Appointment]:
        """Of the named person; name and number must both fit."""
        identity = identity_of(state, turn, self._vault)
        masked = self._vault.mask(turn.conversation, str(state["patient_name"]))
        return [
            found
            for found in self._registration.find(identity)
            if found.status == "booked" and found.patient_name == masked
        ]

    def named(self, turn: Turn, found: list[Appointment]) -> list[Appointment]:
        """Those of the person whose name was just said."""
        named = token_reading(turn, "NAME", "patient_name")
        masked = self._vault.mask(turn.conversation, str(named.updates["patient_name"])) if named else ""
        return [each for each in found if each.patient_name == masked]

    def meant(self, state: State, turn: Turn) -> list[Appointment]:
        """Those that this flow speaks of."""
        return self.here(turn) if state.get("known") == "conversation" else self.of_person(state, turn)


class PersonKnown:
    """Whether we must ask who the patient is."""

    slot = "known"

    def __init__(self, own: OwnAppointments) -> None:
        self._own = own

    def open(self, state: State) -> bool:
        """At the start of the flow."""
        return not state.get("known")

    def ask(self, state: State, turn: Turn) -> Reading:
        """Asks nothing: looks."""
        return Reading({"known": "conversation" if self._own.here(turn) else "ask"})

    def read(self, state: State, turn: Turn, asked: bool) -> Reading | None:
        """The name of somebody for whom nothing was made here: then that person's appointment is meant."""
        named = token_reading(turn, "NAME", "patient_name")
        if named is None or state.get("known") != "conversation" or self._own.named(turn, self._own.here(turn)):
            return None
        return Reading({**dict.fromkeys(OURS), "known": "ask", "patient_id": None, **named.updates}, whole=True)


class OnlyIfUnknown:
    """A person's question that stays closed while the conversation itself knows the appointment."""

    def __init__(self, question: Question) -> None:
        self._question = question
        self.slot = question.slot

    def open(self, state: State) -> bool:
        """Only when the conversation has no appointment."""
        return state.get("known") == "ask" and self._question.open(state)

    def ask(self, state: State, turn: Turn) -> Reading:
        """As the question does."""
        return self._question.ask(state, turn)

    def read(self, state: State, turn: Turn, asked: bool) -> Reading | None:
        """As the question does, unless the conversation knows the appointment."""
        return None if state.get("known") == "conversation" else self._question.read(state, turn, asked)


class AppointmentQuestion:
    """Which appointment is meant."""

    slot = "appointment"

    def __init__(
        self, own: OwnAppointments, directory: Directory | None, now: Callable[[], datetime] | None, none_key: str
    ) -> None:
        self._own = own
        self._directory = directory
        self._now = now
        self._none = none_key

    def open(self, state: State) -> bool:
        """Until one is chosen."""
        return not state.get("appointment")

    def ask(self, state: State, turn: Turn) -> Reading:
        """The only one is taken, or the only one of the department that was named; of several one is chosen."""
        found = self._own.meant(state, turn)
        if not found:
            forget = {"known": None, "patient_name": None, "patient_id": None}
            return Reading(forget, (say(self._none, options=AFTER_NONE),), finished=True)
        named = [found[0]] if len(found) == 1 else self._named(found, turn)
        if len(named) == 1:
            return Reading(chosen(named[0]))
        options = [
            pick(self.slot, appointment.id, "option.appointment", appointment_params(appointment))
            for appointment in found[:6]
        ]
        return Reading(says=(say("registration.which_appointment", {"count": len(found)}, options, expects=self.slot),))

    def read(self, state: State, turn: Turn, asked: bool) -> Reading | None:
        """A choice among them, or words that fit only one."""
        if not (wanted := turn.chose(self.slot)):
            return self._in_words(state, turn) if asked and turn.free else None
        found = next((each for each in self._own.meant(state, turn) if each.id == wanted), None)
        return Reading(chosen(found)) if found else None

    def _in_words(self, state: State, turn: Turn) -> Reading | None:
        mine = self._own.meant(state, turn)
        named = self._own.named(turn, mine) or self._named(mine, turn) or self._on_day(mine, turn)
        return Reading(chosen(named[0]), whole=True) if len(named) == 1 else None

    def _named(self, found: list[Appointment], turn: Turn) -> list[Appointment]:
        if self._directory is None:
            return []
        doctors = {match.doctor for match in self._directory.match_doctors(turn.text)}
        departments = {match.department for match in self._directory.match_departments(turn.text)}
        return [each for each in found if each.offer.doctor in doctors] or [
            each for each in found if each.offer.department in departments
        ]

    def _on_day(self, found: list[Appointment], turn: Turn) -> list[Appointment]:
        if self._now is None:
            return []
        when = parse_when(turn.text, self._now().date())
        day = when.day_from if isinstance(when, When) else None
        return [each for each in found if each.offer.day == day]


def chosen(appointment: Appointment) -> dict[str, Any]:
    """Slots that name the appointment at hand."""
    return {"appointment": appointment.id, "current": appointment_params(appointment)}


class AppointmentFlow(Flow):
    """What changing, cancelling and looking up share."""

    fixed = frozenset(OURS[:2]) | {"known", "appointment", "patient_name", "patient_id"}
    hints: Mapping[str, str] = {"patient_name": "registration.hint_name", "patient_id": "registration.hint_id"}
    notes = NOTES

    def __init__(self, registration: Registration, questions: tuple[Question, ...]) -> None:
        super().__init__(questions)
        self._registration = registration

    def before_controls(self, state: State, turn: Turn, asked: str) -> Reading | None:
        """Help for somebody without a document."""
        return without_document(turn, asked)

    def leave(self, state: State, turn: Turn) -> Mapping[str, Any]:
        """Forget the appointment at hand and free a place that was held."""
        if state.get("hold"):
            self._registration.release(str(state["hold"]))
        return {**dict.fromkeys(OURS), "trail": None, "misses": None}


class LastStep:
    """A step that asks nothing and ends the flow."""

    slot = "finished"

    def open(self, state: State) -> bool:
        """Always: it is where the flow ends."""
        return True

    def read(self, state: State, turn: Turn, asked: bool) -> Reading | None:
        """Nothing is asked, so nothing is read."""
        return None
