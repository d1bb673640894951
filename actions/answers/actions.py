"""The thin rasa-sdk skin for everything that is no flow: open questions, fallbacks, the menu."""

from __future__ import annotations

from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import AllSlotsReset, EventType, FollowupAction
from rasa_sdk.executor import CollectingDispatcher

from actions.flow import ZERO
from actions.guide.triage import Guide
from actions.handoff.packet import packet
from actions.skin import read_turn
from actions.turns import say
from knowledge.directory import Directory

LISTEN = FollowupAction("action_listen")
"""Ends the turn where no rule does; without it Rasa predicts again and again until its circuit breaker."""


class ActionRoute(Action):
    """A sentence that no intent claims: a department or a day goes to booking, symptoms to the guide, the rest to the
    library."""

    def __init__(self, guide: Guide, directory: Directory) -> None:
        self._guide = guide
        self._directory = directory

    def name(self) -> str:
        """The name Rasa calls."""
        return "action_route"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[EventType]:
        """Hand on, or answer from the documents, or say honestly that it was not understood."""
        turn = read_turn(tracker)
        if ZERO.fullmatch(turn.text):
            dispatcher.utter_message(json_message={"handoff": packet(dict(tracker.slots), None)})
            return []
        if not turn.asks:
            named = self._directory.match_departments(turn.text) or self._directory.match_doctors(turn.text)
            if named or turn.is_sure("inform_when"):
                return [FollowupAction("booking_form")]
            if self._guide.assess([turn.text], None, None, None).symptoms:
                return [FollowupAction("guide_form")]
        if turn.is_sure("inform_person", "inform_choice"):
            dispatcher.utter_message(json_message={**say("control.nothing_open"), "menu": True})
            return []
        dispatcher.utter_message(json_message={"answer": turn.text, "otherwise": "control.not_understood"})
        return []


class ActionDefaultFallback(Action):
    """Rasa has no next step: say so once; nothing where something was said already."""

    def name(self) -> str:
        """The name Rasa calls."""
        return "action_default_fallback"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[EventType]:
        """A last word, unless this turn has had one."""
        for event in reversed(tracker.events):
            if event.get("event") == "user":
                break
            if event.get("event") == "bot":
                return [LISTEN]
        dispatcher.utter_message(json_message={**say("control.not_understood"), "menu": True})
        return [LISTEN]


class ActionRestartMenu(Action):
    """Start over: everything asked so far is forgotten."""

    def name(self) -> str:
        """The name Rasa calls."""
        return "action_restart_menu"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[EventType]:
        """Clear the slots and show the menu."""
        dispatcher.utter_message(json_message={**say("control.menu"), "menu": True})
        return [AllSlotsReset(), LISTEN]
