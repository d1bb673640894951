"""A failed custom action must reach the patient as an apology, never as silence.

Rasa logs an exception of a custom action and goes on without its messages. `watch_actions` makes `RemoteAction.run`
tell the
output channel first, and bounds the wait for the action server (Rasa's own bound is 5 minutes).
"""

from __future__ import annotations

import asyncio
import os
from typing import Any

import rasa.core.actions.action as rasa_action
from rasa.core.channels.channel import OutputChannel
from rasa.shared.core.events import Event
from rasa.shared.exceptions import RasaException

DEADLINE_S = float(os.environ.get("YIDAO_ACTIONS_DEADLINE_S", "5"))
"""Seconds an action may take before the turn counts as failed."""


def watch_actions() -> None:
    """Wrap `RemoteAction.run` once for this process."""
    original = rasa_action.RemoteAction.run
    if getattr(original, "watched", False):
        return

    async def run(self: Any, output_channel: OutputChannel, *args: Any, **kwargs: Any) -> list[Event]:
        try:
            return await asyncio.wait_for(original(self, output_channel, *args, **kwargs), DEADLINE_S)
        except rasa_action.ActionExecutionRejection:
            raise
        except Exception as error:  # noqa: BLE001  # whatever failed, an unfit answer too: the patient must hear of it
            report = getattr(output_channel, "report_fault", None)
            if report is not None:
                await report("actions", self.name())
            # Without its cause: a message from inside may quote what was sent.
            raise RasaException(f"Action '{self.name()}' failed: {type(error).__name__}.") from None

    run.watched = True  # type: ignore[attr-defined]
    rasa_action.RemoteAction.run = run
