"""The thin rasa-sdk skin of registration: when a doctor sees patients."""

from __future__ import annotations

from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import EventType
from rasa_sdk.executor import CollectingDispatcher

from actions.clock import Clock
from actions.registration.model import SlotOffer, SlotQuery
from actions.registration.service import Registration
from actions.registration.times import offer_params
from actions.registration.when import Ambiguous, parse_when
from actions.skin import read_turn
from actions.turns import Option, Payload, Turn, say
from knowledge.directory import Directory


class ActionDoctorSchedule(Action):
    """When a doctor, or the doctors of a department, see patients."""

    def __init__(self, registration: Registration, directory: Directory, clock: Clock) -> None:
        self._registration = registration
        self._directory = directory
        self._clock = clock

    def name(self) -> str:
        """The name Rasa calls."""
        return "action_doctor_schedule"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[EventType]:
        """The next free times; a question without a doctor or department goes to the documents."""
        turn = read_turn(tracker)
        payload = self._answer(turn)
        dispatcher.utter_message(json_message=payload or {"answer": turn.text})
        return []

    def _answer(self, turn: Turn) -> Payload | None:
        departments = list(dict.fromkeys(match.department for match in self._directory.match_departments(turn.text)))
        doctors = list(dict.fromkeys(match.doctor for match in self._directory.match_doctors(turn.text)))
        if len(doctors) > 1 and departments:
            doctors = [name for name in doctors if self._directory.doctors[name].department in departments] or doctors
        if not doctors and not departments:
            return None
        now = self._clock.now()
        when = parse_when(turn.text, now.date(), now.timetz().replace(tzinfo=None))
        day_from = when.day_from if when is not None and not isinstance(when, Ambiguous) else None
        day_to = when.day_to if when is not None and not isinstance(when, Ambiguous) else None
        offers: list[SlotOffer] = []
        queries = [SlotQuery(doctor=doctor, day_from=day_from, day_to=day_to) for doctor in doctors[:3]]
        if not queries:
            queries = [SlotQuery(department=departments[0], day_from=day_from, day_to=day_to)]
        for query in queries:
            offers += self._registration.search(query, limit=4)
        if not offers:
            return say(
                "registration.nobody_then",
                {"department": departments[0] if departments else ""},
                (Option("menu.book", command="/book"),),
            )
        offers.sort(key=lambda offer: (offer.day, offer.start))
        options = [
            Option("option.slot", offer_params(offer), {"slot": "hold", "value": offer.slot_id}, "/book")
            for offer in offers[:4]
        ]
        who = {"doctor": offers[0].doctor, "department": offers[0].department}
        key = (
            "registration.doctor_times"
            if len({offer.doctor for offer in offers}) == 1
            else "registration.department_times"
        )
        return say(key, who, options)
