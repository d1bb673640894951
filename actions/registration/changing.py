"""Another time for an appointment (改签)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from actions.guide.triage import Guide
from actions.records.vault import Vault
from actions.registration.booking import AFTER_BOOKING, appointment_params, confirm_params, let_go, moves, where_is
from actions.registration.confirming import REDO_DOCTOR, REDO_TIME, ConfirmQuestion
from actions.registration.departments import DepartmentQuestion
from actions.registration.errors import AlreadyBooked, HoldExpired, HoldUnknown, RegistrationError, SlotTaken, TooLate
from actions.registration.offers import OfferQuestion
from actions.registration.own import (
    AFTER_NONE,
    OURS,
    AppointmentFlow,
    AppointmentQuestion,
    LastStep,
    OnlyIfUnknown,
    OwnAppointments,
    PersonKnown,
)
from actions.registration.persons import IdQuestion, NameQuestion
from actions.registration.service import Registration
from actions.registration.times import WhenQuestion
from actions.turns import HUMAN, Option, Payload, Reading, State, Turn, pick, say
from knowledge.directory import Directory


class ChangeFlow(AppointmentFlow):
    """Another time for an appointment."""

    name = "change_form"
    digressions = frozenset({"ask_hospital", "ask_department_location"})

    def __init__(
        self, registration: Registration, directory: Directory, guide: Guide, vault: Vault, now: Callable[[], datetime]
    ) -> None:
        own = OwnAppointments(registration, vault)
        self._directory = directory
        redo = (REDO_TIME, REDO_DOCTOR)
        super().__init__(
            registration,
            (
                PersonKnown(own),
                OnlyIfUnknown(NameQuestion("registration.ask_whose")),
                OnlyIfUnknown(IdQuestion(vault)),
                AppointmentQuestion(own, directory, now, "registration.none_to_change"),
                SameDepartment(DepartmentQuestion(directory, guide)),
                NewTime(registration, now),
                OfferQuestion(registration, now),
                ConfirmQuestion(
                    "registration.confirm_change", "option.change", "confirm_change", change_params, redo, other_fee
                ),
                ChangeStep(registration),
            ),
        )

    def aside(self, state: State, turn: Turn) -> tuple[Payload, ...]:
        """Where a department is."""
        return where_is(self._directory, turn)

    def changed(self, state: State, updates: Mapping[str, Any]) -> Mapping[str, Any]:
        """A new day lets go of the place; any change needs a new yes."""
        cleared = let_go(self._registration, state, updates)
        if moves(state, updates, *OURS[:6]):
            cleared["confirmed"] = None
        return cleared


class SameDepartment:
    """The department and doctor of the appointment, unless the patient names another once it is clear which one."""

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
        """Another doctor or department; at the start a name only says which appointment is meant."""
        if not state.get("department") or (turn.choice is not None and turn.choice.get("slot") == "appointment"):
            return None
        reading = self._question.read(state, turn, False)
        return None if reading is not None and reading.follow else reading


class NewTime(WhenQuestion):
    """The new day; while the patient says which appointment is meant, a day belongs to the old one."""

    def read(self, state: State, turn: Turn, asked: bool) -> Reading | None:
        """As in a booking."""
        return None if state.get("requested_slot") == "appointment" else super().read(state, turn, asked)


def change_params(state: State) -> dict[str, Any]:
    """The new time beside the old one."""
    current = state.get("current") or {}
    return {
        **confirm_params(state),
        "name": current.get("name"),
        "number": current.get("number"),
        "old_day": current.get("day"),
        "old_start": current.get("start"),
        "old_kind": current.get("kind"),
        "old_fee": current.get("fee"),
    }


def other_fee(state: State) -> tuple[Payload, ...]:
    """Said before the yes: the new place costs more, or less, than the old one."""
    params = change_params(state)
    difference = int(params["fee"]) - int(params["old_fee"])
    key = "registration.change_dearer" if difference > 0 else "registration.change_cheaper"
    return (say(key, {**params, "difference": abs(difference)}),) if difference else ()


class ChangeStep(LastStep):
    """Swaps the places."""

    def __init__(self, registration: Registration) -> None:
        self._registration = registration

    def ask(self, state: State, turn: Turn) -> Reading:
        """Swap, or say why not; the old appointment stands until the new one is stored."""
        try:
            appointment = self._registration.change(str(state["appointment"]), str(state["hold"]), "patient")
        except TooLate as error:
            too_late = say("registration.too_late", {"hours": error.hours}, (HUMAN,))
            return Reading(says=(too_late,), finished=True)
        except AlreadyBooked as error:
            options = (pick("when_again", True, "option.other_day"), Option("option.keep_it", command="/stop"))
            ask = say("registration.already_booked", appointment_params(error.existing), options, expects="when")
            return Reading({"hold": None, "held": None, "confirmed": None, "when": None}, (ask,))
        except (SlotTaken, HoldExpired, HoldUnknown):
            return Reading({"hold": None, "held": None, "confirmed": None}, (say("registration.just_taken"),))
        except RegistrationError:
            return Reading(says=(say("registration.refused", options=AFTER_NONE),), finished=True)
        params = {**appointment_params(appointment), "old_number": (state.get("current") or {}).get("number")}
        card: Payload = {"kind": "appointment", "params": params}
        return Reading(says=(say("registration.changed", params, AFTER_BOOKING, card),), finished=True)
