"""The thin rasa-sdk skin over the flows: reads the tracker, calls the flow, says payloads, sets slots."""

from __future__ import annotations

import asyncio
from typing import Any

import structlog
from rasa_sdk import Action, Tracker
from rasa_sdk.events import ActiveLoop, EventType, FollowupAction, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.flow import Flow
from actions.turns import Outcome, Turn

log = structlog.get_logger(__name__)


def read_turn(tracker: Tracker) -> Turn:
    """The patient's latest turn; its words come from the channel's metadata, since a trusted command replaces the
    text."""
    latest = tracker.latest_message
    metadata = latest.get("metadata") or {}
    intent = latest.get("intent") or {}
    text = metadata.get("text") or latest.get("text") or ""
    return Turn(
        conversation=tracker.sender_id,
        channel=tracker.get_latest_input_channel() or "kiosk",
        language=metadata.get("language") or "zh",
        text=text,
        intent=intent.get("name") or "",
        confidence=float(intent.get("confidence") or 0.0),
        choice=metadata.get("choice"),
    )


def events_of(outcome: Outcome, form: str) -> list[EventType]:
    """Rasa events of an outcome.

    The bookkeeping slot `misses` is always set: Rasa takes an empty list for "nothing was understood" and rejects the
    form.
    """
    updates = {"misses": 0, **outcome.updates}
    events: list[EventType] = [SlotSet(name, value) for name, value in updates.items()]
    events.append(SlotSet("requested_slot", outcome.asked))
    if outcome.asked is None:
        events.append(ActiveLoop(None))
        if outcome.follow:
            events.append(FollowupAction(outcome.follow))
    return events


class FlowAction(Action):
    """`validate_<form>`: the form's whole turn in one call."""

    def __init__(self, flow: Flow) -> None:
        self._flow = flow

    def name(self) -> str:
        """The name Rasa calls."""
        return f"validate_{self._flow.name}"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[EventType]:
        """Advance the flow off the event loop, since it may wait for the database."""
        turn = read_turn(tracker)
        state = dict(tracker.slots)
        active = (tracker.active_loop or {}).get("name") if tracker.active_loop else None
        if active != self._flow.name:
            state["requested_slot"] = None
        outcome = await asyncio.to_thread(self._flow.advance, state, turn)
        for payload in outcome.says:
            dispatcher.utter_message(json_message=payload)
        log.info(
            "flow.turn", flow=self._flow.name, intent=turn.intent, asked=outcome.asked, updated=sorted(outcome.updates)
        )
        return events_of(outcome, self._flow.name)
