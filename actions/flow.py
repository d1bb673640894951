"""How every form of the assistant talks: one turn in, slot updates and payloads out.

A `Flow` is an ordered list of questions. The open question reads the turn first; then controls ("cancel", "go back",
"a human"),
then every other question's reader (a correction: "不对，改成周五"), then digressions ("停车在哪？": answered, and the
form stays
open), and at last a miss. The order of these judgements is what lets "周末停车收费吗" be a question and "周末" an
answer.

Nothing here knows Rasa: `actions.skin` turns an `Outcome` into Rasa events.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

Payload = dict[str, Any]
"""A message key with parameters, options and a card, or `{"answer": text}`, or `{"handoff": …}`."""

State = Mapping[str, Any]
"""Slot values by name."""

CONTROLS = frozenset({"handoff", "stop", "go_back", "repeat", "start_over", "help", "switch_language"})
SURE = 0.5
"""Least confidence at which an intent is taken for a control or a digression."""
COVERING = 0.5
"""Share of a question-like text that a finding must cover to count as an answer rather than a passing mention."""
MISSES_BEFORE_HUMAN = 2
"""Failed understandings in a row after which a human is offered."""

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

    def is_sure(self, *intents: str) -> bool:
        """Whether the intent is one of these, with enough confidence."""
        return self.intent in intents and self.confidence >= SURE


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


@dataclass(frozen=True)
class Reading:
    """What a question's reader found in a turn."""

    updates: Mapping[str, Any] = field(default_factory=dict)
    """Slots to set."""
    says: tuple[Payload, ...] = ()
    """What to say about it, such as which digit is wrong; a last payload with `expects` is itself the next question."""
    covered: float = 1.0
    """Share of the text that the finding covers, 0 to 1."""
    finished: bool = False
    """The flow ends here."""
    follow: str | None = None
    """Form or action to go on with."""


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


class Flow:
    """A form: its questions, in order, and how it reacts to everything that is no answer."""

    name: str
    """The Rasa form."""
    digressions: frozenset[str] = frozenset(
        {"ask_hospital", "ask_department_location", "doctor_schedule", "report_question", "medication_question"}
    )
    switches: Mapping[str, str] = {
        "book": "booking_form",
        "change_appointment": "change_form",
        "cancel_appointment": "cancel_form",
        "my_appointments": "lookup_form",
        "complaint": "guide_form",
    }
    """Intents that leave this flow for another one."""

    def __init__(self, questions: Sequence[Question]) -> None:
        self.questions = tuple(questions)

    def leave(self, state: State, turn: Turn) -> Mapping[str, Any]:
        """Slots to clear when the flow ends, for whatever reason; releases what it held."""
        return {}

    def changed(self, state: State, updates: Mapping[str, Any]) -> Mapping[str, Any]:
        """Slots that no longer hold once `updates` are made."""
        return {}

    def advance(self, state: State, turn: Turn) -> Outcome:
        """One turn of the patient; at activation no question is open yet."""
        asked = state.get("requested_slot")
        reading = self._by_choice(state, turn) if turn.choice else None
        if reading is None and asked:
            reading = self._control(state, turn, asked)
        if reading is None:
            reading = self._answers(state, turn, asked)
        if reading is None and asked:
            reading = self._elsewhere(state, turn)
        if reading is None:
            reading = self._missed(state, turn) if asked else Reading()
        return self._conclude(state, turn, reading)

    def _by_choice(self, state: State, turn: Turn) -> Reading | None:
        for question in self.questions:
            reading = question.read(state, turn, asked=question.slot == (turn.choice or {}).get("slot"))
            if reading is not None:
                return reading
        return None

    def _control(self, state: State, turn: Turn, asked: str) -> Reading | None:
        if not turn.is_sure(*CONTROLS):
            return None
        match turn.intent:
            case "stop":
                return Reading(says=(say("control.stopped"),), finished=True)
            case "start_over":
                return Reading(says=(say("control.restarted"),), finished=True, follow="action_restart_menu")
            case "handoff":
                return Reading(says=({"handoff": {"reason": "asked", "flow": self.name}},))
            case "help":
                return Reading(says=(say("control.help"),))
            case "switch_language":
                return Reading(says=({"switch_language": True},))
            case "go_back":
                return self._back(state, asked)
        return Reading()

    def _back(self, state: State, asked: str) -> Reading:
        trail = [slot for slot in state.get("trail") or [] if slot != asked]
        if not trail:
            return Reading(says=(say("control.at_start"),))
        return Reading(updates={trail[-1]: None, "trail": trail[:-1]}, says=(say("control.back"),))

    def _answers(self, state: State, turn: Turn, asked: str | None) -> Reading | None:
        """The open question's answer with whatever else the sentence brings; None when it brings nothing."""
        found: dict[str, Any] = {}
        says: list[Payload] = []
        covered = 0.0
        ordered = sorted(self.questions, key=lambda question: question.slot != asked)
        for question in ordered:
            reading = question.read({**state, **found}, turn, asked=question.slot == asked)
            if reading is None:
                continue
            if reading.finished:
                return reading
            found |= dict(reading.updates)
            says += reading.says
            covered += reading.covered
        if not found and not says:
            return None
        if asked and turn.asks and covered < COVERING and turn.is_sure(*self.digressions):
            return None
        return Reading(updates={**found, "misses": 0}, says=tuple(says))

    def _elsewhere(self, state: State, turn: Turn) -> Reading | None:
        form = self.switches.get(turn.intent)
        if form and form != self.name and turn.is_sure(turn.intent):
            return Reading(finished=True, follow=form)
        if turn.is_sure(*self.digressions) or (turn.asks and turn.intent != "out_of_scope"):
            return Reading(says=({"answer": turn.text}, say("control.back_to_it")))
        return None

    def _missed(self, state: State, turn: Turn) -> Reading:
        misses = int(state.get("misses") or 0) + 1
        key = "control.not_understood" if misses < MISSES_BEFORE_HUMAN else "control.not_understood_again"
        options = [Option("menu.human", command="/handoff")] if misses >= MISSES_BEFORE_HUMAN else []
        return Reading(updates={"misses": misses}, says=(say(key, options=options),))

    def _conclude(self, state: State, turn: Turn, reading: Reading) -> Outcome:
        updates = {**self.changed(state, reading.updates), **reading.updates}
        now = {**state, **updates}
        if reading.finished:
            return Outcome({**updates, **self.leave(now, turn)}, reading.says, None, reading.follow)
        says = list(reading.says)
        if says and (expected := says[-1].get("expects")):
            return Outcome(updates, tuple(says), expected)
        while question := next((question for question in self.questions if question.open(now)), None):
            asking = question.ask(now, turn)
            updates |= dict(asking.updates)
            now |= dict(asking.updates)
            says += asking.says
            if asking.finished:
                return Outcome({**updates, **self.leave(now, turn)}, tuple(says), None, asking.follow)
            if question.open(now) and not asking.says and not asking.updates:
                raise AssertionError(f"{self.name}: question {question.slot} neither asks nor answers itself")
            if question.open(now) and asking.says:
                trail = [slot for slot in now.get("trail") or [] if slot != question.slot]
                return Outcome({**updates, "trail": [*trail, question.slot]}, tuple(says), question.slot)
        return Outcome({**updates, **self.leave(now, turn)}, tuple(says), None)
