"""Booking an appointment (预约挂号): department, day, place, person, read back, book."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime, time
from typing import Any

from actions.flow import Flow
from actions.guide.place import place
from actions.guide.triage import Guide
from actions.records.vault import Vault
from actions.registration.confirming import (
    REDO_DEPARTMENT,
    REDO_DOCTOR,
    REDO_PERSON,
    REDO_TIME,
    STOP,
    ConfirmQuestion,
)
from actions.registration.departments import DepartmentQuestion
from actions.registration.errors import (
    AlreadyBooked,
    HoldExpired,
    HoldUnknown,
    IdentityMismatch,
    RegistrationError,
    SlotTaken,
    TooMany,
)
from actions.registration.model import Appointment
from actions.registration.offers import OfferQuestion
from actions.registration.persons import (
    NOTES,
    IdQuestion,
    NameQuestion,
    PhoneQuestion,
    identity_of,
    without_document,
)
from actions.registration.service import Registration
from actions.registration.suiting import AGAIN, Suits
from actions.registration.times import WhenQuestion, offer_params
from actions.turns import HUMAN, Option, Payload, Reading, State, Turn, pick, say
from knowledge.directory import Directory

WISH = ("department", "doctor", "when", "seen_offers", "hold", "held", "confirmed")
"""Slots that describe one wish; the person stays for the next one."""
PERSON = ("patient_name", "patient_id", "patient_phone")
BOOK = Option("menu.book", command="/book")
CHANGE = Option("menu.change", command="/change_appointment")
CANCEL = Option("menu.cancel", command="/cancel_appointment")
REDO = (REDO_TIME, REDO_DOCTOR, REDO_DEPARTMENT, REDO_PERSON)
BARE_CHANGE = re.compile(
    r"^\W*(我?(要|想)?(改|换)(一下|一改|改)?|修改|我要修改)(吧|行吗|可以吗)?\W*$|^\W*change( something| it)?\W*$",
    re.IGNORECASE,
)
"""A change is wished, but not which."""
AFTER_BOOKING = (Option("menu.my_appointments", command="/my_appointments"), CHANGE, CANCEL, HUMAN)


class BookingFlow(Flow):
    """One appointment from the wish to the number in hand."""

    name = "booking_form"
    digressions = frozenset({"ask_hospital", "ask_department_location"})
    hints: Mapping[str, str] = {
        "patient_name": "registration.hint_name",
        "patient_id": "registration.hint_id",
        "patient_phone": "registration.hint_phone",
        "when": "registration.hint_when",
    }

    notes = NOTES

    def __init__(
        self,
        registration: Registration,
        directory: Directory,
        guide: Guide,
        vault: Vault,
        now: Callable[[], datetime],
    ) -> None:
        self._registration = registration
        self._directory = directory
        self._guide = guide
        self._suits = Suits(directory, vault, now)
        self._phone = PhoneQuestion(vault)
        super().__init__(
            (
                DepartmentQuestion(directory, guide),
                WhenQuestion(registration, now),
                OfferQuestion(registration, now, person_follows=True),
                NameQuestion("registration.ask_name"),
                IdQuestion(vault, self._suits),
                self._phone,
                ConfirmQuestion("registration.confirm", "option.book", "confirm", confirm_params, REDO, self._warn),
                BookStep(registration, vault, self._suits),
            )
        )

    def _warn(self, state: State) -> tuple[Payload, ...]:
        """Said before the yes: a visit so near cannot be given back."""
        held = state.get("held") or {}
        hours = self._registration.final_within(date.fromisoformat(held["day"]), time.fromisoformat(held["start"]))
        return () if hours is None else (say("registration.confirm_final", {"hours": hours}),)

    def before_controls(self, state: State, turn: Turn, asked: str) -> Reading | None:
        """ "No" to the phone is no "stop"; "cancel" is one while nothing is booked."""
        if helped := without_document(turn, asked):
            return helped
        if asked == "patient_phone" and self._phone.declined(turn) and not turn.is_sure("handoff"):
            return Reading({"patient_phone": "none"})
        if turn.is_sure("cancel_appointment") and not self._has_any(turn):
            stopped = say("control.stopped_cancel", options=(CANCEL, BOOK, HUMAN))
            return Reading(says=(stopped,), finished=True)
        changes = turn.is_sure("change_appointment") and not self._has_any(turn)
        if state.get("department") and (changes or BARE_CHANGE.match(turn.text)):
            if self._answers(state, turn, asked):
                return None
            return Reading(says=(say("registration.what_is_wrong", options=(*REDO, STOP), expects=asked),))
        if turn.is_sure("complaint") and state.get("department"):
            return self._noted(state, turn, asked)
        return None

    def _has_any(self, turn: Turn) -> bool:
        """Whether this conversation has booked something already, which may then be meant."""
        return bool(self._registration.of_conversation(turn.conversation))

    def _noted(self, state: State, turn: Turn, asked: str) -> Reading | None:
        """Symptoms told while a place is being chosen: no reason to lose it, but another department is named."""
        found = self._guide.assess([turn.text], None, None, None)
        fitting = [suggestion.department for suggestion in found.departments]
        if self._answers(state, turn, asked):
            return None
        if not found.symptoms:
            return self._missed(state, turn, asked)
        if found.abstained or not fitting or state["department"] in fitting:
            return Reading(says=(say("registration.complaint_noted"),))
        return Reading(says=(say("registration.complaint_elsewhere", {"department": fitting[0]}),))

    def aside(self, state: State, turn: Turn) -> tuple[Payload, ...]:
        """Where a department is."""
        return where_is(self._directory, turn)

    def changed(self, state: State, updates: Mapping[str, Any]) -> Mapping[str, Any]:
        """A new department or day lets go of the place; any change needs a new yes."""
        cleared = let_go(self._registration, state, updates)
        if moves(state, updates, *WISH[:-1], *PERSON):
            cleared["confirmed"] = None
        if "patient_name" in updates and updates["patient_name"] is None:
            cleared |= {"patient_id": None, "patient_phone": None}
        return cleared

    def leave(self, state: State, turn: Turn) -> Mapping[str, Any]:
        """Forget the wish and free a place that was held but not booked."""
        if state.get("hold"):
            self._registration.release(str(state["hold"]))
        return {**dict.fromkeys(WISH), "complaint": None, "trail": None, "misses": None}


def moves(state: State, updates: Mapping[str, Any], *slots: str) -> bool:
    """Whether one of these slots had a value and gets another."""
    return any(slot in updates and updates[slot] != state.get(slot) and state.get(slot) for slot in slots)


def let_go(registration: Registration, state: State, updates: Mapping[str, Any]) -> dict[str, Any]:
    """What falls with a new department, doctor, day or place: the place that was kept is given back."""
    if not moves(state, updates, "department", "doctor", "when", "hold") and not _names_doctor(state, updates):
        return {}
    if state.get("hold") and updates.get("hold") != state["hold"]:
        registration.release(str(state["hold"]))
    return {"hold": None, "held": None, "seen_offers": None}


def _names_doctor(state: State, updates: Mapping[str, Any]) -> bool:
    """Whether a doctor is named who is not the one of the place that is kept."""
    held = state.get("held") or {}
    return bool(updates.get("doctor") and held and "hold" not in updates and updates["doctor"] != held.get("doctor"))


def where_is(directory: Directory, turn: Turn) -> tuple[Payload, ...]:
    """The place of a department that was asked for in passing."""
    if turn.intent != "ask_department_location":
        return ()
    names = dict.fromkeys(match.department for match in directory.match_departments(turn.text))
    return tuple(place(directory, name, turn.language, False) for name in list(names)[:1])


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

    def __init__(self, registration: Registration, vault: Vault, suits: Suits) -> None:
        self._registration = registration
        self._vault = vault
        self._suits = suits

    def open(self, state: State) -> bool:
        """Always: it is where the flow ends."""
        return True

    def read(self, state: State, turn: Turn, asked: bool) -> Reading | None:
        """Nothing is asked, so nothing is read."""
        return None

    def ask(self, state: State, turn: Turn) -> Reading:
        """Book what was confirmed, or say why not and ask again for what must change."""
        if unfit := self._suits(state, turn):
            return unfit
        identity = identity_of(state, turn, self._vault)
        try:
            appointment = self._registration.book(str(state["hold"]), identity, turn.channel)
        except AlreadyBooked as error:
            options = (pick("when_again", True, "option.other_day"), CHANGE, STOP)
            existing = appointment_params(error.existing)
            ask = say("registration.already_booked", existing, options, expects="when")
            return Reading({**AGAIN, "when": None}, (ask,))
        except TooMany as error:
            options = (Option("menu.my_appointments", command="/my_appointments"), CANCEL, HUMAN)
            return Reading(says=(say("registration.too_many", {"count": len(error.existing)}, options),), finished=True)
        except IdentityMismatch:
            other = {**dict.fromkeys(PERSON), "confirmed": None}
            return Reading(other, (say("registration.identity_mismatch", options=(HUMAN,), expects="patient_name"),))
        except (SlotTaken, HoldExpired, HoldUnknown):
            return Reading(AGAIN, (say("registration.just_taken"),))
        except RegistrationError:
            return Reading(says=(say("registration.refused", options=(BOOK, HUMAN)),), finished=True)
        return Reading(says=booked(appointment), finished=True)


def appointment_params(appointment: Appointment) -> dict[str, Any]:
    """Everything a sentence may say about an appointment."""
    return {
        **offer_params(appointment.offer),
        "number": appointment.number,
        "appointment": appointment.id,
        "name": appointment.patient_name,
        "status": appointment.status,
    }


def booked(appointment: Appointment) -> tuple[Payload, ...]:
    """The good news, with the slip."""
    params = appointment_params(appointment)
    card: Payload = {"kind": "appointment", "params": params}
    return (say("registration.booked", params, AFTER_BOOKING, card),)
