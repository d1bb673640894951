"""When: the day, half of the day or hour a patient wishes, and the search that this makes."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime, time
from typing import Any

from actions.registration.model import SlotOffer, SlotQuery
from actions.registration.service import Registration
from actions.registration.when import Ambiguous, When, parse_when
from actions.turns import HUMAN, TOKEN, Option, Reading, State, Turn, pick, say, share

KINDS: Mapping[str, re.Pattern[str]] = {
    "special": re.compile(r"特需|\bspecial[- ]service\b", re.IGNORECASE),
    "expert": re.compile(r"专家(号|门诊)|\bexpert clinic\b|\ban expert\b", re.IGNORECASE),
    "general": re.compile(r"普通(号|门诊)|便宜(的|点|一点)|\bgeneral clinic\b|\bcheap(er|est)?\b", re.IGNORECASE),
}
"""How patients name the kinds of registration (ids of fees.yml)."""
ANY_TIME = re.compile(
    r"(随便|都行|都可以|都好|都成|无所谓|任意|[你您](定|选|挑|安排|看着办)|听[你您]的|越(早|快)越好|最(早|快)的?|"
    r"\b(any ?time|any day|whenever|no (real |particular )?preference|earliest|soonest|as soon as possible|"
    r"any(thing| one| of (them|these|those))?( is| are| will be| would be|['’]s|['’]ll be)? "
    r"(fine|ok|okay|good|alright|do)|"
    r"whichever(?! (doctor|time|day|is cheap|one is cheap|costs))|(does not|doesn['’]?t) matter|up to you|all the same|"
    r"(do not|don['’]?t) (mind|care)|you (choose|pick|decide)|either (one|is (fine|ok|okay))|"
    r"any of (them|these|those))\b)",
    re.IGNORECASE,
)
"""The patient leaves the time to us."""
WISHES_VISIT = re.compile(r"挂|约|号|来看|看病|过来|\b(appointment|book|see|come|visit)\b", re.IGNORECASE)
"""Words that make a day in a complaint the day of the visit, not the day it began."""
MEANT = 0.4
"""Share of the text that a day in the past must cover to be taken for the day of a visit."""
EARLIEST: Mapping[str, Any] = {"day_from": None}


class WhenQuestion:
    """Which day, half of the day or time."""

    slot = "when"

    def __init__(self, registration: Registration, now: Callable[[], datetime]) -> None:
        self._registration = registration
        self._now = now

    def open(self, state: State) -> bool:
        """Until a day or "the earliest" is known; a kind alone is no time."""
        return not set(state.get("when") or ()) - {"kind"}

    def ask(self, state: State, turn: Turn) -> Reading:
        """Offer the next days that have places, and the earliest."""
        days = self._registration.days_with_slots(query_of(state))
        who = {"department": state["department"], "doctor": state.get("doctor") or ""}
        if not days and state.get("doctor"):
            return Reading({"doctor": None}, (say("registration.doctor_full", who),))
        if not days and state.get("when"):
            return Reading({"when": None}, (say("registration.kind_full"),))
        if not days:
            return Reading(says=({**say("registration.full", who, (HUMAN,)), "menu": True},), finished=True)
        options = [pick("when", dict(EARLIEST), "option.earliest"), *(day_option(day) for day in days[:4])]
        who["kind"] = (state.get("when") or {}).get("kind") or ""
        asked_of = "_doctor" if who["doctor"] else "_kind" if who["kind"] else ""
        return Reading(says=(say(f"registration.ask_when{asked_of}", who, options, expects=self.slot),))

    def read(self, state: State, turn: Turn, asked: bool) -> Reading | None:
        """A day expression in either language, or a kind of registration."""
        known = state.get("when") or {}
        if turn.choice is not None:
            chosen = turn.chose(self.slot)
            kept = {"kind": known["kind"]} if known.get("kind") else {}
            return Reading({"when": {**kept, **chosen}}) if chosen else None
        text = TOKEN.sub("", turn.text)
        if turn.is_sure("complaint") and not (WISHES_VISIT.search(text) or ANY_TIME.search(text)):
            return None  # "这两天膝盖疼" says when it began
        kind = next((name for name, words in KINDS.items() if words.search(text)), None)
        reading = self._time(text, {**known, "kind": kind} if kind else known, asked)
        if reading is None and kind and not turn.is_sure("ask_hospital"):
            return Reading({"when": {**known, "kind": kind}}, covered=0.5)
        if reading is None and state.get("requested_slot") is None and not known:
            return self._along_with_complaint(state)
        return reading

    def _time(self, text: str, known: Mapping[str, Any], asked: bool) -> Reading | None:
        now = self._now()
        found = parse_when(text, now.date(), now.timetz().replace(tzinfo=None))
        if found is None:
            return Reading({"when": {**known, **EARLIEST}}) if asked and ANY_TIME.search(text) else None
        if isinstance(found, Ambiguous):
            options = [when_option(each, when_value(each, known)) for each in found.options[:4]]
            ask = say("registration.which_time", options=options, expects=self.slot)
            return Reading(says=(ask,), covered=share(found.span, text))
        if found.past and share(found.span, text) < MEANT and not WISHES_VISIT.search(text):
            return None  # "I fell last week and my wrist hurts" asks for no day
        if found.past:
            return Reading(says=(say("registration.past_day"),), covered=share(found.span, text))
        return Reading({"when": when_value(found, known)}, covered=share(found.span, text))

    def _along_with_complaint(self, state: State) -> Reading | None:
        """The day that was said together with the complaint, before the guide named the department."""
        now = self._now()
        for text in state.get("complaint") or ():
            found = parse_when(text, now.date(), now.timetz().replace(tzinfo=None))
            if isinstance(found, When) and not found.past and WISHES_VISIT.search(text):
                return Reading({"when": when_value(found, None)})
        return None


def day_option(day: date) -> Option:
    """A day to tap."""
    return pick(
        "when", {"day_from": day.isoformat(), "day_to": day.isoformat()}, "option.day", {"day": day.isoformat()}
    )


def when_option(found: When, value: Mapping[str, Any]) -> Option:
    """One of two meanings to tap."""
    params = {
        "day": value.get("day_from") or "",
        "half_day": found.half_day or "",
        "start": found.from_time.isoformat() if found.from_time else "",
    }
    key = "option.clock" if found.from_time else "option.half_day" if found.half_day else "option.day"
    return pick("when", value, key, params)


def when_value(found: When, known: Mapping[str, Any] | None) -> dict[str, Any]:
    """A When as a slot value (ISO strings); a bare half-day or time keeps the day that is known already."""
    known = known or {}
    value: dict[str, Any] = {
        "day_from": found.day_from.isoformat() if found.day_from else None,
        "day_to": found.day_to.isoformat() if found.day_to else None,
        "half_day": found.half_day,
        "from_time": found.from_time.isoformat() if found.from_time else None,
        "to_time": found.to_time.isoformat() if found.to_time else None,
    }
    if known.get("kind"):
        value["kind"] = known["kind"]
    if value["day_from"] is None and known.get("day_from") and (found.half_day or found.from_time):
        value |= {"day_from": known["day_from"], "day_to": known.get("day_to")}
    return value


def query_of(state: State) -> SlotQuery:
    """The search that the slots so far ask for."""
    when = state.get("when") or {}
    return SlotQuery(
        department=state.get("department"),
        doctor=state.get("doctor"),
        kind=when.get("kind"),
        day_from=_day(when.get("day_from")),
        day_to=_day(when.get("day_to")),
        half_day=when.get("half_day"),
        from_time=_clock(when.get("from_time")),
        to_time=_clock(when.get("to_time")),
    )


def _day(value: str | None) -> date | None:
    return date.fromisoformat(value) if value else None


def _clock(value: str | None) -> time | None:
    return time.fromisoformat(value) if value else None


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
