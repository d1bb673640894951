"""Giving an appointment back, and looking up what one has (退号、查询)."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime

from actions.records.vault import Vault
from actions.registration.booking import CANCEL, CHANGE, appointment_params
from actions.registration.confirming import YES
from actions.registration.errors import RegistrationError, TooLate
from actions.registration.own import (
    AFTER_NONE,
    AppointmentFlow,
    AppointmentQuestion,
    LastStep,
    OnlyIfUnknown,
    OwnAppointments,
    PersonKnown,
)
from actions.registration.persons import IdQuestion, NameQuestion
from actions.registration.service import Registration
from actions.turns import HUMAN, TOKEN, Payload, Reading, State, Turn, pick, say
from knowledge.directory import Directory

EITHER = re.compile(r"^\W*(取消|cancel( it)?)\W*$", re.IGNORECASE)
"""To "shall I cancel it?" this may be a yes or a no."""
GIVE_BACK = re.compile(r"^\W*(确认|我要|要)?(退|退号|退掉|退了|取消预约)(吧|掉|了)?\W*$", re.IGNORECASE)
KEEP = re.compile(r"不退|别退|不取消|别取消|保留|留着|\b(keep|don'?t cancel|do not cancel)\b", re.IGNORECASE)


class CancelFlow(AppointmentFlow):
    """An appointment given back."""

    name = "cancel_form"

    def __init__(
        self,
        registration: Registration,
        vault: Vault,
        directory: Directory | None = None,
        now: Callable[[], datetime] | None = None,
    ) -> None:
        own = OwnAppointments(registration, vault)
        self._confirm = KeepOrCancel()
        super().__init__(
            registration,
            (
                PersonKnown(own),
                OnlyIfUnknown(NameQuestion("registration.ask_whose")),
                OnlyIfUnknown(IdQuestion(vault)),
                AppointmentQuestion(own, directory, now, "registration.none_to_cancel"),
                self._confirm,
                CancelStep(registration),
            ),
        )

    def before_controls(self, state: State, turn: Turn, asked: str) -> Reading | None:
        """ "Never mind" at the last question keeps the appointment."""
        last = self._confirm.read(state, turn, True) if asked == self._confirm.slot else None
        return last or super().before_controls(state, turn, asked)


class KeepOrCancel:
    """A clear yes to cancelling; a no keeps the appointment and ends the flow."""

    slot = "confirmed"

    def open(self, state: State) -> bool:
        """Until the patient said yes."""
        return not state.get("confirmed")

    def ask(self, state: State, turn: Turn) -> Reading:
        """Read back and ask."""
        return self._ask("registration.confirm_cancel", state)

    def _ask(self, key: str, state: State) -> Reading:
        options = [pick(self.slot, "yes", "option.cancel"), pick(self.slot, "no", "option.keep")]
        return Reading(says=(say(key, state.get("current"), options, expects=self.slot),))

    def read(self, state: State, turn: Turn, asked: bool) -> Reading | None:
        """Yes, or keep it."""
        answer = turn.chose(self.slot)
        free = asked and turn.free
        if free and EITHER.match(turn.text):
            return self._ask("registration.cancel_or_keep", state)
        if answer == "no" or (free and (KEEP.search(turn.text) or turn.is_sure("deny", "stop", "goodbye"))):
            return Reading(says=({**say("registration.kept", state.get("current")), "menu": True},), finished=True)
        said = YES.match(turn.text) or GIVE_BACK.match(turn.text) or turn.is_sure("affirm", "cancel_appointment")
        return Reading({self.slot: "yes"}) if answer == "yes" or (free and said) else None


class CancelStep(LastStep):
    """Gives the place back."""

    def __init__(self, registration: Registration) -> None:
        self._registration = registration

    def ask(self, state: State, turn: Turn) -> Reading:
        """Cancel, or say why not."""
        try:
            appointment = self._registration.cancel(str(state["appointment"]), "patient")
        except TooLate as error:
            too_late = say("registration.too_late", {"hours": error.hours}, (HUMAN,))
            return Reading(says=(too_late,), finished=True)
        except RegistrationError:
            return Reading(says=(say("registration.refused", options=AFTER_NONE),), finished=True)
        done = say("registration.cancelled", appointment_params(appointment), AFTER_NONE)
        return Reading(says=(done,), finished=True)


class LookupFlow(AppointmentFlow):
    """Which appointments a person has."""

    name = "lookup_form"

    def __init__(self, registration: Registration, vault: Vault) -> None:
        own = OwnAppointments(registration, vault)
        super().__init__(
            registration,
            (
                PersonKnown(own),
                OnlyIfUnknown(NameQuestion("registration.ask_whose")),
                OnlyIfUnknown(IdQuestion(vault)),
                ListStep(own),
            ),
        )


class ListStep(LastStep):
    """Says them."""

    def __init__(self, own: OwnAppointments) -> None:
        self._own = own

    def ask(self, state: State, turn: Turn) -> Reading:
        """One line and card for each appointment ahead."""
        found = self._own.meant(state, turn)
        told_now = {"patient_name", "patient_id"} & set(state.get("trail") or ()) or TOKEN.search(turn.text)
        if not found and not told_now:
            # the person was told earlier in this talk and is right: nothing is wrong with name and number
            who = {"patient_name": state.get("patient_name")}
            return Reading(says=(say("registration.none_left", who, AFTER_NONE),), finished=True)
        if not found:
            forget = {"patient_name": None, "patient_id": None}
            return Reading(forget, (say("registration.none_found", options=AFTER_NONE),), finished=True)
        lines: list[Payload] = [say("registration.yours", {"count": len(found)})]
        for appointment in found[:6]:
            params = appointment_params(appointment)
            lines.append(say("registration.your_line", params, card={"kind": "appointment", "params": params}))
        lines[-1]["options"] = [option.payload() for option in (CHANGE, CANCEL, HUMAN)]
        return Reading(says=tuple(lines), finished=True)
