"""Changing, cancelling and looking up appointments (改签、退号、查询)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from actions.flow import Flow, Option, Payload, Reading, State, Turn, pick, say
from actions.guide.triage import Guide
from actions.records.vault import Vault
from actions.registration.booking import AFTER_BOOKING, appointment_params, confirm_params, identity_of
from actions.registration.errors import RegistrationError, SlotTaken, TooLate
from actions.registration.model import Appointment
from actions.registration.questions import (
    ConfirmQuestion,
    DepartmentQuestion,
    IdQuestion,
    NameQuestion,
    OfferQuestion,
    WhenQuestion,
)
from actions.registration.service import Registration
from knowledge.directory import Directory

OURS = ("department", "doctor", "when", "seen_offers", "hold", "held", "confirmed", "appointment", "current", "known")


class OwnAppointments:
    """Opens the person's questions only when this conversation has no appointment of its own."""

    def __init__(self, registration: Registration, vault: Vault) -> None:
        self._registration = registration
        self._vault = vault

    def known(self, turn: Turn) -> list[Appointment]:
        """Appointments made in this conversation that are still ahead."""
        return [found for found in self._registration.of_conversation(turn.conversation) if found.status == "booked"]

    def of_person(self, state: State, turn: Turn) -> list[Appointment]:
        """Appointments of the named person; name and number must both fit."""
        identity = identity_of(state, turn, self._vault)
        masked = self._vault.mask(turn.conversation, str(state["patient_name"]))
        return [
            found
            for found in self._registration.find(identity)
            if found.status == "booked" and found.patient_name == masked
        ]


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
        here = self._own.known(turn)
        return Reading({"known": "conversation" if here else "ask"})

    def read(self, state: State, turn: Turn, asked: bool) -> Reading | None:
        """Nothing is asked, so nothing is read."""
        return None


class OnlyIfUnknown:
    """A person's question that stays closed while the conversation itself knows the appointment."""

    def __init__(self, question: Any) -> None:
        self._question = question
        self.slot = question.slot

    def open(self, state: State) -> bool:
        """Only when the conversation has no appointment."""
        return state.get("known") == "ask" and bool(self._question.open(state))

    def ask(self, state: State, turn: Turn) -> Reading:
        """As the question does."""
        reading: Reading = self._question.ask(state, turn)
        return reading

    def read(self, state: State, turn: Turn, asked: bool) -> Reading | None:
        """As the question does."""
        reading: Reading | None = self._question.read(state, turn, asked)
        return reading


class AppointmentQuestion:
    """Which appointment is meant."""

    slot = "appointment"

    def __init__(self, own: OwnAppointments, none_key: str) -> None:
        self._own = own
        self._none = none_key

    def open(self, state: State) -> bool:
        """Until one is chosen."""
        return not state.get("appointment")

    def ask(self, state: State, turn: Turn) -> Reading:
        """The only one is taken; of several one is chosen."""
        found = self._own.known(turn) if state.get("known") == "conversation" else self._own.of_person(state, turn)
        if not found:
            return Reading({"known": None, "patient_id": None}, (say(self._none, options=AFTER_NONE),), finished=True)
        if len(found) == 1:
            return Reading(chosen(found[0]))
        options = [
            pick(self.slot, appointment.id, "option.appointment", appointment_params(appointment))
            for appointment in found[:6]
        ]
        return Reading(says=(say("registration.which_appointment", {"count": len(found)}, options, expects=self.slot),))

    def read(self, state: State, turn: Turn, asked: bool) -> Reading | None:
        """A choice among them."""
        choice = turn.choice or {}
        if choice.get("slot") != self.slot:
            return None
        mine = self._own.known(turn) if state.get("known") == "conversation" else self._own.of_person(state, turn)
        found = next((appointment for appointment in mine if appointment.id == choice["value"]), None)
        return Reading(chosen(found)) if found else None


def chosen(appointment: Appointment) -> dict[str, Any]:
    """Slots that name the appointment at hand."""
    return {"appointment": appointment.id, "current": appointment_params(appointment)}


AFTER_NONE = (Option("menu.book", command="/book"), Option("menu.human", command="/handoff"))


class AppointmentFlow(Flow):
    """What changing and cancelling share."""

    def __init__(self, registration: Registration, questions: tuple[Any, ...]) -> None:
        super().__init__(questions)
        self._registration = registration

    def leave(self, state: State, turn: Turn) -> Mapping[str, Any]:
        """Forget the appointment at hand and free a place that was held."""
        if state.get("hold"):
            self._registration.release(str(state["hold"]))
        return {**dict.fromkeys(OURS), "trail": None, "misses": None}


class ChangeFlow(AppointmentFlow):
    """Another time for an appointment."""

    name = "change_form"

    def __init__(
        self, registration: Registration, directory: Directory, guide: Guide, vault: Vault, now: Callable[[], datetime]
    ) -> None:
        own = OwnAppointments(registration, vault)
        super().__init__(
            registration,
            (
                PersonKnown(own),
                OnlyIfUnknown(NameQuestion()),
                OnlyIfUnknown(IdQuestion(vault)),
                AppointmentQuestion(own, "registration.none_to_change"),
                SameDepartment(DepartmentQuestion(directory, guide)),
                WhenQuestion(registration, now),
                OfferQuestion(registration),
                ConfirmQuestion("registration.confirm_change", "option.change", change_params, "confirm_change"),
                ChangeStep(registration),
            ),
        )

    def changed(self, state: State, updates: Mapping[str, Any]) -> Mapping[str, Any]:
        """A new day lets go of the place; any change needs a new yes."""
        cleared: dict[str, Any] = {}
        for slot in ("department", "doctor", "when"):
            if slot in updates and state.get(slot) and updates[slot] != state.get(slot):
                cleared |= {"hold": None, "held": None, "seen_offers": None, "confirmed": None}
        if cleared and state.get("hold"):
            self._registration.release(str(state["hold"]))
        return cleared


class SameDepartment:
    """The department and doctor of the appointment, unless the patient names another doctor."""

    slot = "department"

    def __init__(self, question: DepartmentQuestion) -> None:
        self._question = question

    def open(self, state: State) -> bool:
        """Until it is copied from the appointment."""
        return not state.get("department")

    def ask(self, state: State, turn: Turn) -> Reading:
        """Asks nothing: copies."""
        current = state["current"]
        return Reading({"department": current["department"], "doctor": current["doctor"]})

    def read(self, state: State, turn: Turn, asked: bool) -> Reading | None:
        """Another doctor of any department; a bare department name changes nothing."""
        if turn.choice is not None and turn.choice.get("slot") != "doctor":
            return None
        reading = self._question.read(state, turn, False)
        return reading if reading is not None and reading.updates.get("doctor") else None


def change_params(state: State) -> dict[str, Any]:
    """The new time beside the old one."""
    current = state.get("current") or {}
    return {
        **confirm_params(state),
        "name": current.get("name"),
        "number": current.get("number"),
        "old_day": current.get("day"),
        "old_start": current.get("start"),
    }


class LastStep:
    """A step that asks nothing and ends the flow."""

    slot = "finished"

    def open(self, state: State) -> bool:
        """Always: it is where the flow ends."""
        return True

    def read(self, state: State, turn: Turn, asked: bool) -> Reading | None:
        """Nothing is asked, so nothing is read."""
        return None


class ChangeStep(LastStep):
    """Swaps the places."""

    def __init__(self, registration: Registration) -> None:
        self._registration = registration

    def ask(self, state: State, turn: Turn) -> Reading:
        """Swap, or say why not; the old appointment stands until the new one is stored."""
        try:
            appointment = self._registration.change(str(state["appointment"]), str(state["hold"]), "patient")
        except TooLate:
            return Reading(says=(say("registration.too_late", options=AFTER_NONE),), finished=True)
        except SlotTaken:
            return Reading({"hold": None, "held": None, "confirmed": None}, (say("registration.just_taken"),))
        except RegistrationError as error:
            return Reading(says=(say("registration.refused", {"code": error.code}, AFTER_NONE),), finished=True)
        params = appointment_params(appointment)
        card: Payload = {"kind": "appointment", "params": params}
        return Reading({"hold": None}, (say("registration.changed", params, AFTER_BOOKING, card),), finished=True)


class CancelFlow(AppointmentFlow):
    """An appointment given back."""

    name = "cancel_form"

    def __init__(self, registration: Registration, vault: Vault) -> None:
        own = OwnAppointments(registration, vault)
        super().__init__(
            registration,
            (
                PersonKnown(own),
                OnlyIfUnknown(NameQuestion()),
                OnlyIfUnknown(IdQuestion(vault)),
                AppointmentQuestion(own, "registration.none_to_cancel"),
                KeepOrCancel(),
                CancelStep(registration),
            ),
        )


class KeepOrCancel(ConfirmQuestion):
    """A clear yes to cancelling; a no keeps the appointment and ends the flow."""

    def __init__(self) -> None:
        super().__init__("registration.confirm_cancel", "option.cancel", lambda state: dict(state.get("current") or {}))

    def ask(self, state: State, turn: Turn) -> Reading:
        """Read back and ask."""
        options = [pick(self.slot, "yes", "option.cancel"), pick(self.slot, "no", "option.keep")]
        params = dict(state.get("current") or {})
        return Reading(says=(say("registration.confirm_cancel", params, options, expects=self.slot),))

    def read(self, state: State, turn: Turn, asked: bool) -> Reading | None:
        """Yes, or keep it."""
        choice = turn.choice or {}
        value = choice.get("value") if choice.get("slot") == self.slot else None
        free = asked and turn.choice is None
        if value == "yes" or (free and turn.is_sure("affirm", "cancel_appointment")):
            return Reading({self.slot: "yes"})
        if value == "no" or (free and turn.is_sure("deny", "stop")):
            return Reading(says=(say("registration.kept", dict(state.get("current") or {})),), finished=True)
        return None


class CancelStep(LastStep):
    """Gives the place back."""

    def __init__(self, registration: Registration) -> None:
        self._registration = registration

    def ask(self, state: State, turn: Turn) -> Reading:
        """Cancel, or say why not."""
        try:
            appointment = self._registration.cancel(str(state["appointment"]), "patient")
        except TooLate:
            return Reading(says=(say("registration.too_late", options=AFTER_NONE),), finished=True)
        except RegistrationError as error:
            return Reading(says=(say("registration.refused", {"code": error.code}, AFTER_NONE),), finished=True)
        return Reading(
            says=(say("registration.cancelled", appointment_params(appointment), AFTER_NONE),), finished=True
        )


class LookupFlow(AppointmentFlow):
    """Which appointments a person has."""

    name = "lookup_form"

    def __init__(self, registration: Registration, vault: Vault) -> None:
        own = OwnAppointments(registration, vault)
        super().__init__(
            registration,
            (PersonKnown(own), OnlyIfUnknown(NameQuestion()), OnlyIfUnknown(IdQuestion(vault)), ListStep(own)),
        )


class ListStep(LastStep):
    """Says them."""

    def __init__(self, own: OwnAppointments) -> None:
        self._own = own

    def ask(self, state: State, turn: Turn) -> Reading:
        """One line and card for each appointment ahead."""
        found = self._own.known(turn) if state.get("known") == "conversation" else self._own.of_person(state, turn)
        if not found:
            return Reading({"patient_id": None}, (say("registration.none_found", options=AFTER_NONE),), finished=True)
        lines: list[Payload] = [say("registration.yours", {"count": len(found)})]
        for appointment in found[:6]:
            params = appointment_params(appointment)
            lines.append(say("registration.your_line", params, card={"kind": "appointment", "params": params}))
        lines[-1]["options"] = [option.payload() for option in AFTER_LOOKUP]
        return Reading(says=tuple(lines), finished=True)


AFTER_LOOKUP = (
    Option("menu.change", command="/change_appointment"),
    Option("menu.cancel", command="/cancel_appointment"),
    Option("menu.human", command="/handoff"),
)
