"""Booking an appointment (预约挂号): department, day, place, person, read back, book."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any

from actions.flow import Flow, Option, Payload, Reading, State, Turn, say
from actions.guide.triage import Guide
from actions.records.vault import Vault
from actions.registration.errors import AlreadyBooked, RegistrationError, SlotTaken
from actions.registration.identity import check_id_card
from actions.registration.model import Appointment, Identity
from actions.registration.questions import (
    ConfirmQuestion,
    DepartmentQuestion,
    IdQuestion,
    NameQuestion,
    OfferQuestion,
    PhoneQuestion,
    WhenQuestion,
    offer_params,
)
from actions.registration.service import Registration
from knowledge.directory import Directory

WISH = ("department", "doctor", "when", "seen_offers", "hold", "held", "confirmed")
"""Slots that describe one wish; the person stays for the next one."""


class BookingFlow(Flow):
    """One appointment from the wish to the number in hand."""

    name = "booking_form"

    def __init__(
        self,
        registration: Registration,
        directory: Directory,
        guide: Guide,
        vault: Vault,
        now: Callable[[], datetime],
    ) -> None:
        super().__init__(
            (
                DepartmentQuestion(directory, guide),
                WhenQuestion(registration, now),
                OfferQuestion(registration),
                NameQuestion(),
                IdQuestion(vault),
                PhoneQuestion(vault),
                ConfirmQuestion("registration.confirm", "option.book", confirm_params),
                BookStep(registration, directory, vault, now),
            )
        )
        self._registration = registration

    def changed(self, state: State, updates: Mapping[str, Any]) -> Mapping[str, Any]:
        """A new department or day lets go of the place; any change needs a new yes."""
        cleared: dict[str, Any] = {}
        if _moves(state, updates, "department", "doctor", "when"):
            cleared |= {"hold": None, "held": None, "seen_offers": None}
            if state.get("hold") and "hold" not in updates:
                self._registration.release(str(state["hold"]))
        if _moves(state, updates, *WISH[:-1], "patient_name", "patient_id", "patient_phone"):
            cleared["confirmed"] = None
        if "patient_name" in updates and updates["patient_name"] is None:
            cleared |= {"patient_id": None, "patient_phone": None}
        return cleared

    def leave(self, state: State, turn: Turn) -> Mapping[str, Any]:
        """Forget the wish and free a place that was held but not booked."""
        if state.get("hold"):
            self._registration.release(str(state["hold"]))
        return {**dict.fromkeys(WISH), "trail": None, "misses": None}


def _moves(state: State, updates: Mapping[str, Any], *slots: str) -> bool:
    return any(slot in updates and updates[slot] != state.get(slot) and state.get(slot) for slot in slots)


def confirm_params(state: State) -> dict[str, Any]:
    """Everything that is read back before a booking."""
    phone = state.get("patient_phone")
    return {
        **(state.get("held") or {}),
        "name": state.get("patient_name"),
        "identity": state.get("patient_id"),
        "phone": "" if phone in (None, "none") else phone,
    }


class BookStep:
    """The last step: asks nothing, books."""

    slot = "booked"

    def __init__(
        self, registration: Registration, directory: Directory, vault: Vault, now: Callable[[], datetime]
    ) -> None:
        self._registration = registration
        self._directory = directory
        self._vault = vault
        self._now = now

    def open(self, state: State) -> bool:
        """Always: it is where the flow ends."""
        return True

    def read(self, state: State, turn: Turn, asked: bool) -> Reading | None:
        """Nothing is asked, so nothing is read."""
        return None

    def ask(self, state: State, turn: Turn) -> Reading:
        """Book what was confirmed, or say why not and ask again for what must change."""
        identity = identity_of(state, turn, self._vault)
        if unfit := self._unfit(state, identity):
            return Reading({"department": None, "when": None, "hold": None, "confirmed": None}, (unfit,))
        try:
            appointment = self._registration.book(str(state["hold"]), identity, turn.channel)
        except AlreadyBooked as error:
            existing = appointment_params(error.existing)
            return Reading(says=(say("registration.already_booked", existing, AFTER_BOOKING),), finished=True)
        except SlotTaken:
            return Reading({"hold": None, "held": None, "confirmed": None}, (say("registration.just_taken"),))
        except RegistrationError as error:
            return Reading(says=(say("registration.refused", {"code": error.code}, AFTER_BOOKING),), finished=True)
        return Reading({"hold": None}, booked(appointment), finished=True)

    def _unfit(self, state: State, identity: Identity) -> Payload | None:
        department = self._directory.departments[str(state["department"])]
        if not identity.id_number or not identity.id_number[:6].isdigit():
            return None
        age = years(check_id_card(identity.id_number).birth_date, self._now().date())
        too_young = department.min_age is not None and age < department.min_age
        too_old = department.max_age is not None and age > department.max_age
        if too_young or too_old:
            return say("registration.wrong_age", {"department": department.id, "age": age})
        return None


def years(born: date, today: date) -> int:
    """Full years of age."""
    return today.year - born.year - ((today.month, today.day) < (born.month, born.day))


def identity_of(state: State, turn: Turn, vault: Vault) -> Identity:
    """The person behind the tokens."""

    def value(slot: str) -> str | None:
        token = state.get(slot)
        return vault.reveal(turn.conversation, token) if token and token != "none" else None

    return Identity(name=value("patient_name") or "", id_number=value("patient_id"), phone=value("patient_phone"))


def appointment_params(appointment: Appointment) -> dict[str, Any]:
    """Everything a sentence may say about an appointment."""
    return {
        **offer_params(appointment.offer),
        "number": appointment.number,
        "appointment": appointment.id,
        "name": appointment.patient_name,
        "status": appointment.status,
    }


AFTER_BOOKING = (
    Option("menu.my_appointments", command="/my_appointments"),
    Option("menu.ask", command="/help"),
    Option("menu.human", command="/handoff"),
)


def booked(appointment: Appointment) -> tuple[Payload, ...]:
    """The good news, with the slip."""
    params = appointment_params(appointment)
    card: Payload = {"kind": "appointment", "params": params}
    return (say("registration.booked", params, AFTER_BOOKING, card),)
