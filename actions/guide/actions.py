"""The thin rasa-sdk skin of the guide: where a department is."""

from __future__ import annotations

from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import EventType
from rasa_sdk.executor import CollectingDispatcher

from actions.guide.place import place
from actions.skin import read_turn
from knowledge.directory import Directory


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
            dispatcher.utter_message(json_message=place(self._directory, name, turn.language))
        return []
