"""How every form of the assistant talks: one turn in, slot updates and payloads out.

A `Flow` is an ordered list of questions. A turn is judged in this order: the option that was taken; what this flow
wants to hear first; a pause; controls ("cancel", "go back", "a human"); the open question's answer with whatever else
the sentence brings, corrections included ("不对，改成周五"); another service; an aside ("停车在哪？": answered, while
the form stays open); at last a miss. This order is what lets "周末停车收费吗" be a question and "周末" an answer.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from actions.handoff.packet import packet
from actions.pausing import is_pause, opens_with_pause
from actions.turns import HUMAN, NEW_WISH, TOKEN, Outcome, Payload, Question, Reading, State, Turn, say, with_option

CONTROLS = frozenset({"handoff", "stop", "goodbye", "go_back", "repeat", "start_over", "help", "switch_language"})
GIVES_WAY = frozenset({"stop", "goodbye", "go_back", "start_over"})
"""Controls that give way to a new wish in the same sentence: "算了，还是周五吧"."""
GIVES_UP = frozenset({"stop", "goodbye"})
"""What the intent makes of a pause."""
GOES_ON = re.compile(
    r"继续|接着(办|挂|约|填|来)|还是(要|想)?(挂号?|预约|约|办)(了|吧|好了)?\W*$|"
    r"\b(go on|carry on|continue|keep going)\b",
    re.IGNORECASE,
)
"""The opposite of giving up, whatever the intent makes of it."""
NEGATED = re.compile(r"不|别|算了|\b(not|don'?t|no|stop)\b", re.IGNORECASE)
"""With these it is giving up: "不继续了"."""
ZERO = re.compile(r"\W*[0零〇]\W*")
"""The operator's key, at any moment."""
COVERING = 0.5
"""Share of a question-like text that a finding must cover to count as an answer rather than a passing mention."""
MISSES_BEFORE_HUMAN = 2
"""Failed understandings in a row after which a human is offered."""
ASIDES: Mapping[str, str] = {
    "greet": "small_talk.hello",
    "thanks": "small_talk.thanks",
    "bot_identity": "small_talk.identity",
    "abuse": "small_talk.abuse",
    "elder_mode": "control.elder_mode",
    "danger_clear": "control.danger_over",
    "report_question": "later.report",
    "medication_question": "later.medication",
    "history_start": "later.history_aside",
    "followup": "later.followup",
    "health_plan": "later.health_aside",
}
"""What is said in passing to intents that are no business of an open form."""


class Flow:
    """A form: its questions, in order, and how it reacts to everything that is no answer."""

    name: str
    """The Rasa form."""
    digressions: frozenset[str] = frozenset({"ask_hospital", "ask_department_location", "doctor_schedule"})
    """Intents that the library answers while the form stays open."""
    switches: Mapping[str, str] = {
        "book": "booking_form",
        "change_appointment": "change_form",
        "cancel_appointment": "cancel_form",
        "my_appointments": "lookup_form",
        "complaint": "guide_form",
    }
    """Intents that leave this flow for another one."""
    hints: Mapping[str, str] = {}
    """Message key of a first miss by the slot that was asked, where there is a better one than the general."""
    fixed: frozenset[str] = frozenset()
    """Slots that going back never empties unless their question was asked."""
    notes: Mapping[str, str] = {}
    """Message key that acknowledges a slot's answer which came while something else was asked."""

    def __init__(self, questions: Sequence[Question]) -> None:
        self.questions = tuple(questions)

    def leave(self, state: State, turn: Turn) -> Mapping[str, Any]:
        """Slots to clear when the flow ends, for whatever reason; releases what it held."""
        return {}

    def changed(self, state: State, updates: Mapping[str, Any]) -> Mapping[str, Any]:
        """Slots that no longer hold once `updates` are made; a `confirmed` in it outweighs a yes in `updates`."""
        return {}

    def before_controls(self, state: State, turn: Turn, asked: str) -> Reading | None:
        """What this flow takes differently from the rest, such as "取消" where nothing is booked yet."""
        return None

    def aside(self, state: State, turn: Turn) -> tuple[Payload, ...]:
        """This flow's own answer to something said in passing; nothing where the library shall answer."""
        return ()

    def advance(self, state: State, turn: Turn) -> Outcome:
        """One turn of the patient; at activation no question is open yet."""
        asked = state.get("requested_slot")
        reading = self._by_choice(state, turn) if turn.choice else None
        if reading is None and asked and turn.free:
            reading = self._pause(state, turn, asked)
            reading = reading or self.before_controls(state, turn, asked) or self._control(state, turn, asked)
        if reading is None:
            reading = self._answers(state, turn, asked)
        if reading is None and asked:
            reading = self._elsewhere(state, turn)
        if reading is None:
            reading = self._missed(state, turn, asked) if asked else Reading()
        return self._conclude(state, turn, asked, reading)

    def _by_choice(self, state: State, turn: Turn) -> Reading | None:
        for question in self.questions:
            reading = question.read(state, turn, asked=question.slot == (turn.choice or {}).get("slot"))
            if reading is not None:
                return reading
        return None

    def _pause(self, state: State, turn: Turn, asked: str) -> Reading | None:
        """ "Wait a moment" leaves everything as it stands; the intent often takes it for giving up."""
        paused = Reading(says=({**say("control.no_hurry"), "stands": True},), stands=True)
        if is_pause(turn.text):
            return paused
        other = turn.is_sure(*CONTROLS - GIVES_UP, *self.switches, *self.digressions)
        if other or turn.asks or TOKEN.search(turn.text) or NEW_WISH.search(turn.text):
            return None
        return self._answers(state, turn, asked) or paused if opens_with_pause(turn.text) else None

    def _control(self, state: State, turn: Turn, asked: str) -> Reading | None:
        intent = "handoff" if ZERO.fullmatch(turn.text) else turn.intent if turn.is_sure(*CONTROLS) else ""
        if not intent or TOKEN.search(turn.text):
            return None
        if intent in GIVES_WAY and NEW_WISH.search(turn.text) and self._answers(state, turn, asked):
            return None
        if intent in GIVES_UP and GOES_ON.search(turn.text) and not NEGATED.search(turn.text):
            return Reading(says=(say("control.back_to_it"),))
        match intent:
            case "stop" | "goodbye":
                return Reading(says=({**say("control.stopped"), "menu": True},), finished=True)
            case "start_over":
                return Reading(says=(say("control.restarted"),), finished=True, follow="action_restart_menu")
            case "handoff":
                return Reading(says=({"handoff": {"reason": "asked", **packet(state, self.name)}},))
            case "help":
                return Reading(says=(say("control.help"),))
            case "switch_language":
                return Reading(says=({"switch_language": True},))
            case "repeat":
                return Reading(says=({"repeat": True},), stands=True)
        return self._back(state, asked)

    def _back(self, state: State, asked: str) -> Reading:
        """To the question before the open one that has an answer."""
        trail = [slot for slot in state.get("trail") or [] if slot != asked]
        slots = [question.slot for question in self.questions]
        before = slots[: slots.index(asked)] if asked in slots else []
        answered = [slot for slot in before if state.get(slot) and (slot in trail or slot not in self.fixed)]
        if not answered:
            return Reading(says=(say("control.at_start"),))
        kept = [slot for slot in trail if slot in before and slot != answered[-1]]
        return Reading(updates={answered[-1]: None, "trail": kept}, says=(say("control.back"),))

    def _answers(self, state: State, turn: Turn, asked: str | None) -> Reading | None:
        """The open question's answer with whatever else the sentence brings; None when it brings nothing."""
        found: dict[str, Any] = {}
        readings: list[Reading] = []
        for question in sorted(self.questions, key=lambda question: question.slot != asked):
            reading = question.read({**state, **found}, turn, asked=question.slot == asked)
            if reading is not None:
                found |= dict(reading.updates)
                readings.append(reading)
                if reading.whole:
                    break
        readings = [reading for reading in readings if reading.covered > 0] or readings
        if not readings:
            return None
        found = {name: value for reading in readings for name, value in reading.updates.items()}
        covered = sum(reading.covered for reading in readings)
        if asked and turn.asks and turn.intent in self.digressions:
            where = asked != "department" and turn.is_sure("ask_department_location")
            if covered < COVERING or where:
                return None
        ends = next((reading for reading in readings if reading.finished), None)
        says = _one_question([*self._told(asked, found), *(said for one in readings for said in one.says)])
        follow = ends.follow if ends else None
        return Reading({"misses": 0, **found}, says, finished=ends is not None, follow=follow)

    def _told(self, asked: str | None, found: Mapping[str, Any]) -> list[Payload]:
        """What was told out of turn is acknowledged, since the same question follows once more."""
        if not asked or asked == "confirmed" or found.get(asked):
            return []
        told = [slot for slot in self.notes if found.get(slot) and found[slot] != "none"]
        return [say(self.notes[slot], {slot: found[slot]}) for slot in told]

    def _elsewhere(self, state: State, turn: Turn) -> Reading | None:
        form = self.switches.get(turn.intent)
        if form and form != self.name and turn.is_sure(turn.intent):
            return Reading(finished=True, follow=form)
        named = TOKEN.search(turn.text)  # a name is no complaint, whatever its letters remind the model of
        if turn.is_sure("out_of_scope") and not named:
            misses = int(state.get("misses") or 0) + 1
            return Reading({"misses": misses}, (say("control.not_ours"),))
        if turn.is_sure(*ASIDES) and not named:
            return Reading(says=(say(ASIDES[turn.intent]),))
        if turn.intent in self.digressions or turn.asks:
            return Reading(says=(*(self.aside(state, turn) or ({"answer": turn.text},)), say("control.back_to_it")))
        return None

    def _missed(self, state: State, turn: Turn, asked: str) -> Reading:
        misses = int(state.get("misses") or 0) + 1
        first = self.hints.get(asked, "control.not_understood")
        key = first if misses < MISSES_BEFORE_HUMAN else "control.not_understood_again"
        return Reading(updates={"misses": misses}, says=(say(key),))

    def _conclude(self, state: State, turn: Turn, asked: str | None, reading: Reading) -> Outcome:
        updates = self._settled(state, reading.updates)
        now = {**state, **updates}
        if reading.finished:
            return self._ended(now, turn, updates, reading.says, reading)
        says = list(reading.says)
        if reading.stands:
            return Outcome(updates, tuple(says), asked)
        if says and (expected := says[-1].get("expects")):
            return Outcome(updates, _with_human(says, now), expected)
        while question := next((question for question in self.questions if question.open(now)), None):
            asking = question.ask(now, turn)
            settled = self._settled(now, asking.updates)
            updates |= settled
            now |= settled
            says += asking.says
            if asking.finished:
                return self._ended(now, turn, updates, tuple(says), asking)
            if asking.says and (expected := asking.says[-1].get("expects")):
                trail = [slot for slot in now.get("trail") or [] if slot != question.slot]
                return Outcome({**updates, "trail": [*trail, question.slot]}, _with_human(says, now), expected)
            if question.open(now) and not settled:
                raise AssertionError(f"{self.name}: question {question.slot} neither asks nor answers itself")
        return self._ended(now, turn, updates, tuple(says), Reading())

    def _settled(self, state: State, updates: Mapping[str, Any]) -> dict[str, Any]:
        void = self.changed(state, updates)
        settled = {**void, **updates}
        return settled | {"confirmed": None} if "confirmed" in void else settled

    def _ended(
        self, now: State, turn: Turn, updates: Mapping[str, Any], says: tuple[Payload, ...], last: Reading
    ) -> Outcome:
        kept = last.updates if last.follow else {}
        return Outcome({**updates, **self.leave(now, turn), **kept}, says, None, last.follow)


def _one_question(says: Sequence[Payload]) -> tuple[Payload, ...]:
    """Remarks first; of several questions only the first, at the end."""
    questions = [payload for payload in says if payload.get("expects")]
    return (*(payload for payload in says if not payload.get("expects")), *questions[:1])


def _with_human(says: Sequence[Payload], state: State) -> tuple[Payload, ...]:
    """What is said, with the way to a human beside the question after two misses."""
    if int(state.get("misses") or 0) < MISSES_BEFORE_HUMAN:
        return tuple(says)
    return (*says[:-1], with_option(says[-1], HUMAN))
