"""What goes into a flow and what comes out of it: the patient's turn, readings of it, options and payloads.

Nothing here knows Rasa: `actions.skin` makes a `Turn` of a tracker and events of an `Outcome`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

Payload = dict[str, Any]
"""A message key with parameters, options and a card, or `{"answer": text}`, or `{"handoff": …}`."""

State = Mapping[str, Any]
"""Slot values by name."""

SURE = 0.5
"""Least confidence at which an intent is taken for a control or a digression."""

TOKEN = re.compile(r"\[(NAME|ID|PHONE|CONTACT|PLATE|ADDRESS)_[a-z0-9]{4}\]")
"""A personal value, as it travels."""

NEW_WISH = re.compile(
    r"改|换|还是|而是|那就(?!算|不|这样|先?这么)|\b(rather|instead|change|make it|actually|(?:how|what) about|then)\b",
    re.IGNORECASE,
)
"""Words that open another wish."""

QUESTION_MARKS = re.compile(
    r"[?？]|吗|呢$|怎么|怎样|如何|哪里|在哪|哪儿|几点|几楼|多少|多久|什么|能不能|可不可以|为什么|"
    r"\b(what|where|how|when|which|why|who|is there|are there|do you|does|can i|could i|may i)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Turn:
    """What the patient said, as the flows see it."""

    conversation: str
    """Conversation id, also Rasa's sender."""
    channel: str
    """kiosk, phone or wechat."""
    language: str
    """zh or en."""
    text: str
    """The words, with personal data as tokens."""
    intent: str = ""
    """The most likely intent."""
    confidence: float = 0.0
    """Its probability, 0 to 1."""
    choice: Mapping[str, Any] | None = None
    """The option taken: {"slot", "value"}; only ever one that was offered."""

    @property
    def asks(self) -> bool:
        """Whether the words look like a question."""
        return bool(QUESTION_MARKS.search(self.text))

    @property
    def free(self) -> bool:
        """Whether it is in the patient's own words rather than an option that was taken."""
        return self.choice is None

    def is_sure(self, *intents: str) -> bool:
        """Whether the intent is one of these, with enough confidence."""
        return self.intent in intents and self.confidence >= SURE

    def chose(self, slot: str) -> Any:
        """The value taken for `slot`, or None."""
        return self.choice["value"] if self.choice is not None and self.choice.get("slot") == slot else None


@dataclass(frozen=True)
class Option:
    """One button, numbered choice or key."""

    say: str
    """Message key of its title."""
    params: Mapping[str, Any] = field(default_factory=dict)
    """Parameters of the title."""
    choice: Mapping[str, Any] | None = None
    """What it answers: {"slot", "value"}."""
    command: str | None = None
    """Or what it starts: a trusted `/intent{…}`."""

    def payload(self) -> Payload:
        """As it travels to `bot`."""
        body: Payload = {"say": self.say, "params": dict(self.params)}
        if self.choice is not None:
            body["choice"] = dict(self.choice)
        if self.command is not None:
            body["command"] = self.command
        return body


HUMAN = Option("menu.human", command="/handoff")
"""The way to a member of staff."""


def say(
    key: str,
    params: Mapping[str, Any] | None = None,
    options: Iterable[Option] = (),
    card: Payload | None = None,
    expects: str | None = None,
) -> Payload:
    """A payload that says `key`; `expects` names the slot whose answer comes next."""
    body: Payload = {"say": key, "params": dict(params or {})}
    if titles := [option.payload() for option in options]:
        body["options"] = titles
    if card is not None:
        body["card"] = card
    if expects is not None:
        body["expects"] = expects
    return body


def pick(slot: str, value: Any, key: str, params: Mapping[str, Any] | None = None) -> Option:
    """An option that answers `slot` with `value`."""
    return Option(key, params or {}, choice={"slot": slot, "value": value})


def with_option(payload: Payload, option: Option) -> Payload:
    """The payload with one more option, unless it has it already."""
    options = payload.get("options") or []
    if any(known["say"] == option.say for known in options):
        return payload
    return {**payload, "options": [*options, option.payload()]}


def share(found: str, text: str) -> float:
    """How much of `text` the finding covers, 0 to 1."""
    return min(1.0, len(found.strip()) / max(1, len(text.strip())))


@dataclass(frozen=True)
class Reading:
    """What was found in a turn, or what asking a question came to."""

    updates: Mapping[str, Any] = field(default_factory=dict)
    """Slots to set."""
    says: tuple[Payload, ...] = ()
    """What to say about it, such as which digit is wrong; one with `expects` is itself the next question."""
    covered: float = 1.0
    """Share of the text that the finding covers, 0 to 1; 0 counts only where no other question found anything."""
    whole: bool = False
    """The turn holds nothing else; other questions do not read it."""
    finished: bool = False
    """The flow ends here."""
    follow: str | None = None
    """Form or action to go on with; what `updates` names then outlives the flow."""
    stands: bool = False
    """The open question stays open as it was asked; it is not asked again."""


class Question(Protocol):
    """One thing a flow must learn."""

    slot: str

    def open(self, state: State) -> bool:
        """Whether it still has to be asked."""

    def ask(self, state: State, turn: Turn) -> Reading:
        """The question in words; may also find that there is nothing left to ask."""

    def read(self, state: State, turn: Turn, asked: bool) -> Reading | None:
        """The answer in this turn, or None; `asked` when this question is the open one."""


@dataclass(frozen=True)
class Outcome:
    """What a turn changed and what to say."""

    updates: Mapping[str, Any]
    says: tuple[Payload, ...]
    asked: str | None
    """Slot asked for now, or None when the flow is done."""
    follow: str | None = None
