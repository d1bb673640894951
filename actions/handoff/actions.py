"""The thin rasa-sdk skin of the handoff: what a ticket shall carry."""

from __future__ import annotations

from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import EventType
from rasa_sdk.executor import CollectingDispatcher

from actions.handoff.packet import packet


class ActionHandoff(Action):
    """A human, please."""

    def name(self) -> str:
        """The name Rasa calls."""
        return "action_handoff"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[EventType]:
        """Ask `bot` for a ticket with the packet."""
        flow = (tracker.active_loop or {}).get("name") if tracker.active_loop else None
        dispatcher.utter_message(json_message={"handoff": packet(dict(tracker.slots), flow)})
        return []
