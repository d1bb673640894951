"""The questions that booking, changing, cancelling and looking up share."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from actions.errors import YidaoError
from actions.flow import Option, Payload, Reading, State, Turn, pick, say
from actions.guide.triage import Guide
from actions.records.vault import Vault
from actions.registration.errors import SlotTaken
from actions.registration.identity import check_id_card, check_passport, check_phone
from actions.registration.model import SlotOffer, SlotQuery
from actions.registration.service import Registration
from actions.registration.when import Ambiguous, When, parse_when
from knowledge.directory import Directory

TOKEN = re.compile(r"\[(NAME|ID|PHONE)_[a-z0-9]{4}\]")
REJECTED = re.compile(
    r"(不是|不要|不挂|别挂|不看|\bnot\b|\bdon't want\b|\binstead of\b)[^，,。.;；]{0,6}$", re.IGNORECASE
)
COMMON_DEPARTMENTS = (
    "general_practice",
    "cardiology",
    "gastroenterology",
    "orthopaedics",
    "ophthalmology",
    "paediatrics",
)


def share(found: str, text: str) -> float:
    """How much of `text` the finding covers, 0 to 1."""
    return min(1.0, len(found.strip()) / max(1, len(text.strip())))


class DepartmentQuestion:
    """Which department or doctor; a complaint instead of a name is put to the guide."""

    slot = "department"

    def __init__(self, directory: Directory, guide: Guide) -> None:
        self._directory = directory
        self._guide = guide

    def open(self, state: State) -> bool:
        """Until a department is known (a doctor brings one)."""
        return not state.get("department")

    def ask(self, state: State, turn: Turn) -> Reading:
        """Offer the most visited departments and the guide."""
        options = [pick("department", name, "option.department", {"department": name}) for name in COMMON_DEPARTMENTS]
        options.append(Option("registration.option_unsure", command="/complaint"))
        return Reading(says=(say("registration.ask_department", options=options, expects=self.slot),))

    def read(self, state: State, turn: Turn, asked: bool) -> Reading | None:
        """A department, a doctor, or symptoms that lead to one."""
        if turn.choice is not None:
            return self._chosen(turn.choice)
        return self._doctor(state, turn) or self._named(turn) or (self._by_complaint(turn) if asked else None)

    def _chosen(self, choice: Mapping[str, Any]) -> Reading | None:
        if choice.get("slot") == "department":
            return Reading(self._department(str(choice["value"])))
        if choice.get("slot") == "doctor":
            doctor = self._directory.doctors[str(choice["value"])]
            return Reading({"doctor": doctor.id, "department": doctor.department})
        return None

    def _department(self, name: str) -> dict[str, Any]:
        return {"department": name, "doctor": None}

    def _doctor(self, state: State, turn: Turn) -> Reading | None:
        matches = self._directory.match_doctors(turn.text)
        here = [
            match for match in matches if self._directory.doctors[match.doctor].department == state.get("department")
        ]
        named = {match.doctor: match for match in (here or matches)}
        mentioned = {match.department for match in self._directory.match_departments(turn.text)}
        if mentioned:
            named = {
                key: found for key, found in named.items() if self._directory.doctors[key].department in mentioned
            } or named
        if not named:
            return None
        span = next(iter(named.values()))
        covered = share(turn.text[span.start : span.end], turn.text)
        if len(named) == 1:
            doctor = self._directory.doctors[next(iter(named))]
            return Reading({"doctor": doctor.id, "department": doctor.department}, covered=covered)
        options = [
            pick(
                "doctor",
                key,
                "option.doctor_of",
                {"doctor": key, "department": self._directory.doctors[key].department},
            )
            for key in list(named)[:6]
        ]
        return Reading(says=(say("registration.which_doctor", options=options, expects=self.slot),), covered=covered)

    def _named(self, turn: Turn) -> Reading | None:
        matches = [
            match
            for match in self._directory.match_departments(turn.text)
            if not REJECTED.search(turn.text[: match.start])
        ]
        if not matches:
            return None
        last = max(match.start for match in matches)
        candidates = list(dict.fromkeys(match.department for match in matches if match.start == last))
        covered = share(matches[-1].alias, turn.text)
        if len(candidates) == 1:
            return Reading(self._department(candidates[0]), covered=covered)
        options = [pick("department", name, "option.department", {"department": name}) for name in candidates[:4]]
        return Reading(
            says=(say("registration.which_department", options=options, expects=self.slot),), covered=covered
        )

    def _by_complaint(self, turn: Turn) -> Reading | None:
        assessment = self._guide.assess([turn.text], None, None, None)
        if assessment.abstained or not assessment.departments or turn.is_sure("ask_hospital", "out_of_scope"):
            return None
        options = [
            pick("department", suggestion.department, "option.department", {"department": suggestion.department})
            for suggestion in assessment.departments
        ]
        return Reading(says=(say("registration.complaint_leads_to", options=options, expects=self.slot),))


class WhenQuestion:
    """Which day, half of the day or time."""

    slot = "when"

    def __init__(self, registration: Registration, today: Any) -> None:
        self._registration = registration
        self._now = today

    def open(self, state: State) -> bool:
        """Until a day or "the earliest" is known."""
        return not state.get("when")

    def ask(self, state: State, turn: Turn) -> Reading:
        """Offer the next days that have places, and the earliest."""
        days = self._registration.days_with_slots(query_of(state))
        if not days:
            return Reading(
                says=(say("registration.full", {"department": state["department"]}, _others(state)),), finished=True
            )
        options = [pick("when", {"day_from": None}, "option.earliest")]
        options += [
            pick(
                "when", {"day_from": day.isoformat(), "day_to": day.isoformat()}, "option.day", {"day": day.isoformat()}
            )
            for day in days[:4]
        ]
        who = {"department": state["department"], "doctor": state.get("doctor") or ""}
        key = "registration.ask_when_doctor" if state.get("doctor") else "registration.ask_when"
        return Reading(says=(say(key, who, options, expects=self.slot),))

    def read(self, state: State, turn: Turn, asked: bool) -> Reading | None:
        """A day expression in either language."""
        if turn.choice is not None:
            return Reading({"when": dict(turn.choice["value"])}) if turn.choice.get("slot") == "when" else None
        now = self._now()
        found = parse_when(TOKEN.sub("", turn.text), now.date(), now.timetz().replace(tzinfo=None))
        if found is None:
            return None
        if isinstance(found, Ambiguous):
            return Reading(says=(say("registration.which_time", expects=self.slot),)) if asked else None
        if found.past:
            return Reading(says=(say("registration.past_day"),))
        return Reading({"when": when_value(found, state.get("when"))}, covered=share(found.span, turn.text))


def when_value(found: When, known: Mapping[str, Any] | None) -> dict[str, Any]:
    """A When as a slot value (ISO strings); a bare half-day or time keeps the day that is known already."""
    value: dict[str, Any] = {
        "day_from": found.day_from.isoformat() if found.day_from else None,
        "day_to": found.day_to.isoformat() if found.day_to else None,
        "half_day": found.half_day,
        "from_time": found.from_time.isoformat() if found.from_time else None,
        "to_time": found.to_time.isoformat() if found.to_time else None,
    }
    if value["day_from"] is None and known and known.get("day_from") and (found.half_day or found.from_time):
        value |= {"day_from": known["day_from"], "day_to": known.get("day_to")}
    return value


def query_of(state: State) -> SlotQuery:
    """The search that the slots so far ask for."""
    when = state.get("when") or {}
    return SlotQuery(
        department=state.get("department"),
        doctor=state.get("doctor"),
        kind=None,
        day_from=_day(when.get("day_from")),
        day_to=_day(when.get("day_to")),
        half_day=when.get("half_day"),
        from_time=_clock(when.get("from_time")),
        to_time=_clock(when.get("to_time")),
    )


def _day(value: str | None) -> date | None:
    return date.fromisoformat(value) if value else None


def _clock(value: str | None) -> Any:
    from datetime import time

    return time.fromisoformat(value) if value else None


def _others(state: State) -> list[Option]:
    return [Option("menu.human", command="/handoff")]


def offer_params(offer: SlotOffer) -> dict[str, Any]:
    """Everything a sentence may say about a place in the schedule."""
    return {
        "department": offer.department,
        "doctor": offer.doctor,
        "kind": offer.kind,
        "day": offer.day.isoformat(),
        "half_day": offer.half_day,
        "start": offer.start.isoformat(),
        "end": offer.end.isoformat(),
        "room": offer.room,
        "fee": offer.fee_minor,
    }


class OfferQuestion:
    """Which of the free places; taking one holds it."""

    slot = "hold"

    def __init__(self, registration: Registration) -> None:
        self._registration = registration

    def open(self, state: State) -> bool:
        """Until a place is held."""
        return not state.get("hold")

    def ask(self, state: State, turn: Turn) -> Reading:
        """The best three; when the wish is full, the nearest alternatives and why."""
        query = query_of(state)
        seen = set(state.get("seen_offers") or ())
        offers = [
            offer for offer in self._registration.search(query, limit=3 + len(seen)) if offer.slot_id not in seen
        ][:3]
        if offers:
            return self._offer("registration.offer", offers, state)
        if seen:
            return Reading({"seen_offers": None}, (say("registration.no_more"),))
        wider = SlotQuery(query.department, query.doctor, None, None, None, None, None, None)
        offers = self._registration.search(wider, limit=3)
        if not offers and query.doctor:
            offers = self._registration.search(
                SlotQuery(query.department, None, None, query.day_from, query.day_to, None, None, None), limit=3
            )
        if not offers:
            return Reading(
                says=(say("registration.full", {"department": state["department"]}, _others(state)),), finished=True
            )
        return self._offer("registration.offer_instead", offers, state)

    def _offer(self, key: str, offers: Sequence[SlotOffer], state: State) -> Reading:
        options = [pick("hold", offer.slot_id, "option.slot", offer_params(offer)) for offer in offers]
        options.append(pick("more_offers", [offer.slot_id for offer in offers], "option.more"))
        options.append(pick("when_again", True, "option.other_day"))
        params = {"department": state["department"], "count": len(offers)}
        return Reading(says=(say(key, params, options, expects=self.slot),))

    def read(self, state: State, turn: Turn, asked: bool) -> Reading | None:
        """A choice among what was offered."""
        choice = turn.choice or {}
        match choice.get("slot"):
            case "hold":
                return self._take(str(choice["value"]), turn)
            case "more_offers":
                return Reading({"seen_offers": [*(state.get("seen_offers") or ()), *choice["value"]]})
            case "when_again":
                return Reading({"when": None})
        return None

    def _take(self, slot_id: str, turn: Turn) -> Reading:
        try:
            hold = self._registration.hold(slot_id, turn.conversation)
        except SlotTaken:
            return Reading({"hold": None}, (say("registration.just_taken"),))
        offer = hold.offer
        when = {"day_from": offer.day.isoformat(), "day_to": offer.day.isoformat()}
        wish = {"department": offer.department, "doctor": offer.doctor, "when": when}
        return Reading({**wish, "hold": hold.id, "held": offer_params(offer)})


class NameQuestion:
    """The patient's name; it arrives as a token."""

    slot = "patient_name"

    def open(self, state: State) -> bool:
        """Until a name is known."""
        return not state.get("patient_name")

    def ask(self, state: State, turn: Turn) -> Reading:
        """Ask for the name; at a kiosk the card may be read instead."""
        return Reading(says=(say("registration.ask_name", expects=self.slot),))

    def read(self, state: State, turn: Turn, asked: bool) -> Reading | None:
        """The name's token."""
        return token_reading(turn, "NAME", self.slot)


class IdQuestion:
    """The patient's identity number (real-name registration)."""

    slot = "patient_id"

    def __init__(self, vault: Vault) -> None:
        self._vault = vault

    def open(self, state: State) -> bool:
        """Until a valid number is known."""
        return not state.get("patient_id")

    def ask(self, state: State, turn: Turn) -> Reading:
        """Ask for the number."""
        return Reading(says=(say("registration.ask_id", expects=self.slot),))

    def read(self, state: State, turn: Turn, asked: bool) -> Reading | None:
        """The number's token, checked."""
        reading = token_reading(turn, "ID", self.slot)
        if reading is None:
            return None
        value = self._vault.reveal(turn.conversation, str(reading.updates[self.slot]))
        try:
            check_passport(value) if not value[:6].isdigit() else check_id_card(value)
        except YidaoError:
            return Reading(says=(say("registration.wrong_id"),))
        return reading


class PhoneQuestion:
    """A phone number for reminders; may be skipped."""

    slot = "patient_phone"

    def __init__(self, vault: Vault) -> None:
        self._vault = vault

    def open(self, state: State) -> bool:
        """Until it is known or skipped."""
        return not state.get("patient_phone")

    def ask(self, state: State, turn: Turn) -> Reading:
        """Ask for it, with a way to go without."""
        options = [pick(self.slot, "none", "option.no_phone")]
        return Reading(says=(say("registration.ask_phone", options=options, expects=self.slot),))

    def read(self, state: State, turn: Turn, asked: bool) -> Reading | None:
        """The number's token, checked; or "I have none"."""
        if turn.choice is not None:
            return Reading({self.slot: "none"}) if turn.choice.get("slot") == self.slot else None
        reading = token_reading(turn, "PHONE", self.slot)
        if reading is None:
            return Reading({self.slot: "none"}) if asked and turn.is_sure("deny") else None
        try:
            check_phone(self._vault.reveal(turn.conversation, str(reading.updates[self.slot])))
        except YidaoError:
            return Reading(says=(say("registration.wrong_phone"),))
        return reading


def token_reading(turn: Turn, kind: str, slot: str) -> Reading | None:
    """The last token of `kind` in the turn."""
    found = [match.group() for match in TOKEN.finditer(turn.text) if match.group(1) == kind]
    return Reading({slot: found[-1]}, covered=share(found[-1], turn.text)) if found else None


class ConfirmQuestion:
    """Everything read back, and a clear yes."""

    slot = "confirmed"

    def __init__(self, key: str, yes: str, params: Any, card: str = "confirm") -> None:
        self._key = key
        self._card = card
        self._yes = yes
        self._params = params

    def open(self, state: State) -> bool:
        """Until the patient said yes."""
        return not state.get("confirmed")

    def ask(self, state: State, turn: Turn) -> Reading:
        """Read back and ask."""
        options = [pick(self.slot, "yes", self._yes), pick(self.slot, "no", "option.wrong")]
        card: Payload = {"kind": self._card, "params": self._params(state)}
        return Reading(says=(say(self._key, self._params(state), options, card, expects=self.slot),))

    def read(self, state: State, turn: Turn, asked: bool) -> Reading | None:
        """Yes, or what is wrong."""
        value = (turn.choice or {}).get("value") if (turn.choice or {}).get("slot") == self.slot else None
        if value == "yes" or (asked and turn.choice is None and turn.is_sure("affirm")):
            return Reading({self.slot: "yes"})
        if value == "no" or (asked and turn.choice is None and turn.is_sure("deny")):
            return Reading(says=(say("registration.what_is_wrong", options=WHAT_IS_WRONG, expects=self.slot),))
        if (turn.choice or {}).get("slot") == "redo":
            slot = str((turn.choice or {})["value"])
            return Reading({slot: None})
        return None


WHAT_IS_WRONG = (
    pick("redo", "when", "option.redo_when"),
    pick("redo", "department", "option.redo_department"),
    pick("redo", "patient_name", "option.redo_person"),
    Option("option.stop", command="/stop"),
)
