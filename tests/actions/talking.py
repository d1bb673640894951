"""Somebody who talks to a real flow: the hospital's own tables, a database in a file, no Rasa."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from actions.flow import Flow
from actions.records.vault import Vault
from actions.registration.identity import check_character
from actions.turns import Outcome, Payload, Turn


def id_card(born: str, serial: str) -> str:
    """An invented identity card number whose check character is right; `born` is YYYYMMDD."""
    number = f"110105{born}{serial}"
    return number + check_character(number)


@dataclass
class Talker:
    """Keeps the slots as Rasa would."""

    flow: Flow
    vault: Vault
    conversation: str
    language: str = "zh"
    state: dict[str, Any] = field(default_factory=dict)
    last: Outcome = field(default_factory=lambda: Outcome({}, (), None))

    def say(self, text: str, intent: str = "", confidence: float = 0.9, choice: Any = None) -> list[str]:
        """One turn; the keys of what was said."""
        turn = Turn(self.conversation, "kiosk", self.language, text, intent, confidence if intent else 0.0, choice)
        self.last = self.flow.advance(self.state, turn)
        self.state |= {"misses": 0, **self.last.updates, "requested_slot": self.last.asked}
        return [str(payload.get("say") or next(iter(payload))) for payload in self.last.says]

    def tell(self, kind: str, value: str) -> list[str]:
        """A personal value, as a token of the vault."""
        return self.say(self.vault.keep(self.conversation, kind, value), "inform_person")

    def press(self, say: str, number: int = 0) -> list[str]:
        """The option with this message key; the `number`th of them."""
        found = [option for option in self.options if option["say"] == say]
        return self.say("…", choice=found[number]["choice"])

    @property
    def question(self) -> Payload:
        """What was said last."""
        return self.last.says[-1]

    @property
    def options(self) -> list[dict[str, Any]]:
        """The options beside what was said last."""
        return list(self.question.get("options") or ())

    def offers(self, say: str) -> list[dict[str, Any]]:
        """Parameters of the options with this key."""
        return [option["params"] for option in self.options if option["say"] == say]
