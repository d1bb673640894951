"""Which of the free places; taking one holds it."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from actions.registration.departments import ANY_DOCTOR
from actions.registration.errors import SlotTaken, SlotUnknown
from actions.registration.model import SlotOffer, SlotQuery
from actions.registration.service import Registration
from actions.registration.times import ANY_TIME, offer_params, query_of
from actions.turns import HUMAN, Payload, Reading, State, Turn, pick, say

SHOWN = 3
"""Places offered at once: as many as one can keep in mind."""
MANY = 100
"""More places than a doctor has in the days that are shown."""
LATER, EARLIER = 2, 1
"""Of the places around a wish that cannot be met: how many after it and before it."""
MORE = re.compile(
    r"还有(吗|没有|别的|其他|其它)|别的(号|时间|时段)?(呢|吗)?$|其他(号|时间|时段)|换一批|\b(show )?more\b|"
    r"\bother (times?|options?|places?)\b|\banything else\b",
    re.IGNORECASE,
)
OTHER_DAY = re.compile(
    r"换(一天|个日子|个?时间)|改天|别的(日子|天)|都不(行|合适|方便)|\b(another|a different) (day|time|date)\b|"
    r"\bnone of (them|these)\b",
    re.IGNORECASE,
)
FIRST = re.compile(r"第一个|头一个|前面那个|\bfirst one\b", re.IGNORECASE)


class OfferQuestion:
    """Which of the free places; taking one holds it."""

    slot = "hold"

    def __init__(self, registration: Registration, now: Callable[[], datetime], person_follows: bool = False) -> None:
        """`person_follows`: the person is asked for next, rather than all read back."""
        self._registration = registration
        self._now = now
        self._person_follows = person_follows

    def open(self, state: State) -> bool:
        """Until a place is held."""
        return not state.get("hold")

    def ask(self, state: State, turn: Turn) -> Reading:
        """The best three; when the wish cannot be met, the nearest around it and why."""
        offers = self._fitting(state)
        if offers:
            key = "registration.offer" if len(offers) > 1 else "registration.offer_one"
            return self._offer(key, offers, state)
        if state.get("seen_offers"):
            return Reading({"seen_offers": None}, (say("registration.no_more"),))
        offers = self._around(query_of(state))
        if not offers:
            who = {"department": state["department"]}
            return Reading(says=({**say("registration.full", who, (HUMAN,)), "menu": True},), finished=True)
        return self._offer(self._why_instead(state), offers, state)

    def _fitting(self, state: State) -> list[SlotOffer]:
        seen = set(state.get("seen_offers") or ())
        found = self._registration.search(query_of(state), limit=SHOWN + len(seen))
        return [offer for offer in found if offer.slot_id not in seen][:SHOWN]

    def _around(self, wish: SlotQuery) -> list[SlotOffer]:
        """The nearest places to a wish that cannot be met: of the same doctor or kind, then of the whole department."""
        for query in dict.fromkeys((wish, replace(wish, doctor=None, kind=None))):
            found = self._near(query)
            if wish.doctor and query.doctor and wish.day_from:
                found = found[:2] + self._registration.search(replace(wish, doctor=None), limit=2)
            if found:
                return sorted(dict.fromkeys(found), key=lambda offer: (offer.day, offer.start))[: SHOWN + 1]
        return []

    def _near(self, wish: SlotQuery) -> list[SlotOffer]:
        anytime = replace(wish, day_from=None, day_to=None, half_day=None, from_time=None, to_time=None)
        if wish.day_from is None:
            return self._registration.search(anytime, limit=SHOWN)
        that_day = self._registration.search(replace(anytime, day_from=wish.day_from, day_to=wish.day_to), limit=SHOWN)
        if that_day:
            return that_day
        after = self._registration.search(replace(anytime, day_from=wish.day_from), limit=LATER)
        days = [day for day in self._registration.days_with_slots(anytime) if day < wish.day_from]
        if not days:
            return after
        return [*self._registration.search(replace(anytime, day_from=days[-1], day_to=days[-1]), limit=EARLIER), *after]

    def _offer(self, key: str, offers: Sequence[SlotOffer], state: State) -> Reading:
        options = [pick("hold", offer.slot_id, "option.slot", offer_params(offer)) for offer in offers]
        options.append(pick("more_offers", [offer.slot_id for offer in offers], "option.more"))
        options.append(pick("when_again", True, "option.other_day"))
        when = state.get("when") or {}
        params = {
            **offer_params(offers[0]),
            "last": offers[-1].day.isoformat(),
            "department": state["department"],
            "asked_doctor": state.get("doctor") or "",
            "asked_day": when.get("day_from") or "",
        }
        return Reading(says=(say(key, params, options, expects=self.slot),))

    def read(self, state: State, turn: Turn, asked: bool) -> Reading | None:
        """A choice among what was offered; "any of them" takes the first, a plain yes only where there is no other."""
        if turn.choice is None:
            return self._in_words(state, turn) if asked else None
        if slot_id := turn.chose("hold"):
            return self._take(str(slot_id), state, turn)
        if seen := turn.chose("more_offers"):
            return self._more(state, seen)
        if turn.chose("when_again"):
            return Reading({"when": None})
        return None

    def _more(self, state: State, seen: Sequence[str]) -> Reading:
        return Reading({"seen_offers": [*(state.get("seen_offers") or ()), *seen]}, whole=True)

    def _in_words(self, state: State, turn: Turn) -> Reading | None:
        leaves_it = ANY_TIME.search(turn.text) or FIRST.search(turn.text)
        if OTHER_DAY.search(turn.text) or (turn.is_sure("deny") and not leaves_it):
            return Reading({"when": None}, covered=0.0)
        offers = self._fitting(state) or self._around(query_of(state))
        if ANY_DOCTOR.search(turn.text) and not state.get("doctor") and offers:
            return self._other_doctor(state, offers)
        if MORE.search(turn.text):
            return self._more(state, [offer.slot_id for offer in offers])
        if not offers or not (leaves_it or turn.is_sure("affirm")):
            return None
        if len(offers) > 1 and not leaves_it:
            return replace(self._offer("registration.which_place", offers, state), covered=0.0)
        taken = self._take(offers[0].slot_id, state, turn)
        ours = len(offers) > 1 and taken.updates.get("hold") and not FIRST.search(turn.text)
        first = (say("registration.took_first"),) if ours else ()
        return replace(taken, says=(*first, *taken.says), whole=True)

    def _other_doctor(self, state: State, offers: Sequence[SlotOffer]) -> Reading:
        """The days of these places at any hour, without their doctors."""
        first, last = min(offer.day for offer in offers), max(offer.day for offer in offers)
        seen: list[str] = []
        for doctor in dict.fromkeys(offer.doctor for offer in offers):
            theirs = SlotQuery(department=state["department"], doctor=doctor, day_from=first, day_to=last)
            seen += [offer.slot_id for offer in self._registration.search(theirs, limit=MANY, spread=False)]
        days = {"day_from": first.isoformat(), "day_to": last.isoformat()}
        return Reading({"when": days, "seen_offers": seen}, whole=True)

    def _take(self, slot_id: str, state: State, turn: Turn) -> Reading:
        try:
            hold = self._registration.hold(slot_id, turn.conversation)
        except (SlotTaken, SlotUnknown):
            return Reading({"hold": None}, (say("registration.just_taken"),))
        offer = hold.offer
        minutes = max(1, round((hold.expires_at - self._now()).total_seconds() / 60))
        when: dict[str, Any] = {"day_from": offer.day.isoformat(), "day_to": offer.day.isoformat()}
        held = {**offer_params(offer), "minutes": minutes}
        # A doctor who only came with the place is no wish: for another day all doctors are open again.
        doctor = state.get("doctor") if state.get("doctor") == offer.doctor else None
        updates = {"department": offer.department, "doctor": doctor, "when": when, "hold": hold.id, "held": held}
        return Reading(updates, self._named(held, state))

    def _named(self, held: dict[str, Any], state: State) -> tuple[Payload, ...]:
        """Which place is kept, unless the next question says it: that for the name does, and the last one."""
        silent = state.get("patient_name") and not (state.get("patient_id") and state.get("patient_phone"))
        return (say("registration.place_kept", held),) if self._person_follows and silent else ()

    def _why_instead(self, state: State) -> str:
        when = state.get("when") or {}
        if when.get("day_from") and not self._registration.days_with_slots(_from_day_on(query_of(state))):
            return "registration.offer_instead_too_far"
        if state.get("doctor") and when.get("day_from"):
            return "registration.offer_instead_doctor"
        one_day = when.get("day_from") and when.get("day_from") == when.get("day_to")
        whole_day = not (when.get("half_day") or when.get("from_time") or when.get("kind"))
        return "registration.offer_instead_day" if one_day and whole_day else "registration.offer_instead"


def _from_day_on(wish: SlotQuery) -> SlotQuery:
    return SlotQuery(department=wish.department, day_from=wish.day_from)
