"""Everything read back, and a clear yes."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

from actions.turns import Option, Payload, Reading, State, Turn, pick, say

YES = re.compile(
    r"^(对|是|好|行|可以|没错|确认|确定)(的|了|啊|呀|嘞|吧)?[。.!！]?$|^(yes|yep|ok|okay|sure|correct)\b[.! ]*$", re.I
)
REDO_TIME = pick("redo", "when", "option.redo_when")
REDO_DOCTOR = pick("redo", "doctor", "option.redo_doctor")
REDO_DEPARTMENT = pick("redo", "department", "option.redo_department")
REDO_PERSON = pick("redo", "patient_name", "option.redo_person")
STOP = Option("option.stop", command="/stop")


class ConfirmQuestion:
    """Everything read back, and a clear yes."""

    slot = "confirmed"

    def __init__(
        self,
        key: str,
        yes: str,
        card: str,
        params: Callable[[State], dict[str, Any]],
        redo: Sequence[Option],
        warn: Callable[[State], tuple[Payload, ...]] = lambda _: (),
    ) -> None:
        self._key = key
        self._yes = yes
        self._card = card
        self._params = params
        self._redo = (*redo, STOP)
        self._warn = warn

    def open(self, state: State) -> bool:
        """Until the patient said yes."""
        return not state.get("confirmed")

    def ask(self, state: State, turn: Turn) -> Reading:
        """Read back and ask."""
        options = [pick(self.slot, "yes", self._yes), pick(self.slot, "no", "option.wrong")]
        params = self._params(state)
        card: Payload = {"kind": self._card, "params": params}
        return Reading(says=(*self._warn(state), say(self._key, params, options, card, expects=self.slot)))

    def read(self, state: State, turn: Turn, asked: bool) -> Reading | None:
        """Yes, or what is wrong."""
        answer = turn.chose(self.slot)
        plain = asked and turn.free
        if answer == "yes" or (plain and (turn.is_sure("affirm") or YES.match(turn.text.strip()))):
            return Reading({self.slot: "yes"}, covered=0.5)
        if answer == "no" or (plain and turn.is_sure("deny", "correct")):
            ask = say("registration.what_is_wrong", options=self._redo, expects=self.slot)
            return Reading(says=(ask,), covered=0.0)
        if (slot := turn.chose("redo")) and slot != "doctor":
            return Reading({str(slot): None})
        return None
