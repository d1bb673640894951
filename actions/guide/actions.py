"""The thin rasa-sdk skin of the guide: where a department is."""

from __future__ import annotations

from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import EventType
from rasa_sdk.executor import CollectingDispatcher

from actions.flow import Option, say
from actions.skin import read_turn
from knowledge.directory import Department, Directory, Language


class ActionDepartmentPlace(Action):
    """Where is a department, and how do I get there."""

    def __init__(self, directory: Directory) -> None:
        self._directory = directory

    def name(self) -> str:
        """The name Rasa calls."""
        return "action_department_place"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[EventType]:
        """Place and route from the hospital's tables; without a department in the sentence, the documents are asked."""
        turn = read_turn(tracker)
        names = dict.fromkeys(match.department for match in self._directory.match_departments(turn.text))
        if not names:
            dispatcher.utter_message(json_message={"answer": turn.text})
            return []
        for name in list(names)[:3]:
            dispatcher.utter_message(json_message=self._place(self._directory.departments[name], turn.language))
        return []

    def _place(self, department: Department, language: str) -> dict[str, Any]:
        building = self._directory.hospital.buildings[department.building].name
        spoken: Language = "zh" if language == "zh" else "en"
        params = {
            "department": department.id,
            "building": building.in_language(spoken),
            "floor": str(department.floor),
            "desk": department.desk,
            "place": f"{building.in_language(spoken)} {department.desk}",
            "route": department.route.in_language(spoken),
        }
        options = []
        if department.bookable:
            command = f'/book{{"department": "{department.id}"}}'
            options.append(Option("option.book_department", {"department": department.id}, command=command))
        return say("guide.place", params, options, {"kind": "route", "params": params})
