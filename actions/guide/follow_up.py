"""The guide's questions: what troubles the patient, then the one that tells most; and what was told so far."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from actions.flow import CONTROLS
from actions.guide.answers import PARTLY, UNKNOWN, YES, Answer, Said, meaning
from actions.guide.case import AGES
from actions.guide.symptoms import QuestionEntry
from actions.guide.triage import Assessment, Guide
from actions.safety.persons import read_person
from actions.turns import Reading, State, Turn, pick, say

MOST_SENTENCES = 8
"""Sentences of a complaint kept at most."""
OTHER_BUSINESS = frozenset(
    {"book", "change_appointment", "cancel_appointment", "my_appointments", "ask_hospital", "ask_department_location"}
    | {"doctor_schedule", "out_of_scope", "greet", "thanks", "bot_identity", "abuse", *CONTROLS}
)
"""Intents that are no answer to a question of the guide, where the words hold no symptom."""
DONT_KNOW = re.compile(
    r"不知道|不清楚|不晓得|说不(清|准|上)|记不(清|得)|挂(什么|哪个|啥)科|看(什么|哪个|啥)科|该|应该|我|想|要|"
    r"\b(which department|not sure|don'?t know|do not know|no idea|i|am|i'm|should|see|need)\b",
    re.IGNORECASE,
)
"""What is said of not knowing the department; the rest may be a complaint."""
NO_INJURY = re.compile(
    r"没有?(受伤|受过伤|摔|扭|撞|磕|碰)|\bno (injury|fall|accident)\b|\bdidn'?t (fall|hurt)\b", re.IGNORECASE
)
"""Said of a complaint that has been told: no injury came before it."""
CONTENT = 4
"""Letters that must be left without these words for a sentence to be a complaint we do not understand."""
WORDS = re.compile(r"\w")


def told(state: State) -> list[Said]:
    """Everything told so far in the order in which it was told."""
    sentences: list[str] = list(state.get("complaint") or ())
    answers: Mapping[str, Mapping[str, Any]] = state.get("guide_answers") or {}
    said: list[Said] = []
    for place in range(len(sentences) + 1):
        said += sentences[place - 1 : place] if place else []
        said += [
            Answer(question, str(one.get("value", "")), str(one.get("text", "")))
            for question, one in answers.items()
            if min(int(one.get("after", 0)), len(sentences)) == place
        ]
    return said


def assess(guide: Guide, state: State, urgency: str | None = None) -> Assessment:
    """What the guide makes of the complaint and the answers so far."""
    asked = (ComplaintQuestion.slot, *(state.get("guide_answers") or ()))
    return guide.assess(told(state), asked=asked, urgency=urgency)


def question_of(guide: Guide, state: State) -> QuestionEntry | None:
    """The question to ask back now, None when there is none."""
    if not state.get("complaint"):
        return None
    name = assess(guide, state).question
    return guide.table.questions[name] if name is not None and name != ComplaintQuestion.slot else None


class ComplaintQuestion:
    """What troubles the patient."""

    slot = "complaint"

    def __init__(self, guide: Guide) -> None:
        self._guide = guide

    def open(self, state: State) -> bool:
        """Until something was said."""
        return not state.get("complaint")

    def ask(self, state: State, turn: Turn) -> Reading:
        """Ask in plain words."""
        return Reading(says=(say("guide.ask_complaint", expects=self.slot),))

    def read(self, state: State, turn: Turn, asked: bool) -> Reading | None:
        """Any sentence with a symptom; as the answer to the open question, any sentence at all."""
        if turn.choice is not None:
            return None
        known = [*(state.get("complaint") or ())]
        denies = bool(known) and NO_INJURY.search(turn.text) is not None
        speaks = bool(self._guide.symptoms_in(turn.text)) or denies
        if not speaks and not self._in_words_unknown(state, turn, asked):
            return None
        if turn.text in known or len(known) >= MOST_SENTENCES:
            return None
        return Reading({"complaint": [*known, turn.text]})

    def _in_words_unknown(self, state: State, turn: Turn, asked: bool) -> bool:
        """Whether it is a complaint in words we do not know, rather than a button or something else."""
        if asked:
            return not turn.asks and not turn.is_sure(*OTHER_BUSINESS) and WORDS.search(turn.text) is not None
        starts = state.get("requested_slot") is None and turn.intent == "complaint" and turn.confidence < 1.0
        return starts and len(DONT_KNOW.sub("", turn.text).strip(" ，。,.?？的")) >= CONTENT


class FollowUpQuestion:
    """The most useful question back."""

    slot = "guide_answers"

    def __init__(self, guide: Guide) -> None:
        self._guide = guide

    def open(self, state: State) -> bool:
        """While there is something worth asking, and not too much was asked."""
        return question_of(self._guide, state) is not None

    def ask(self, state: State, turn: Turn) -> Reading:
        """Ask, with answers to tap; before the first one, say what it is for."""
        question = question_of(self._guide, state)
        assert question is not None  # `open` has just said so
        names = [(option.id, f"guide.answer_{question.id}_{option.id}") for option in question.options]
        if question.kind == "yes_no":
            names = [(YES, "guide.answer_yes"), ("no", "guide.answer_no"), (UNKNOWN, "guide.answer_unknown")]
        elif question.kind == "choice":
            names += [("no", "guide.answer_none"), (UNKNOWN, "guide.answer_unknown")]
        options = [pick(self.slot, {question.id: value}, key) for value, key in names]
        asking = say(f"guide.ask_{question.id}", options=options, expects=self.slot)
        first = not state.get("guide_answers") and self.slot not in (state.get("trail") or ())
        return Reading(says=(say(f"guide.why_{question.id}"), asking) if first else (asking,))

    def read(self, state: State, turn: Turn, asked: bool) -> Reading | None:
        """A tapped answer, or words; "I do not know" is an answer too."""
        if turn.choice is not None:
            if turn.choice.get("slot") != self.slot:
                return None
            ((name, value),) = dict(turn.choice["value"]).items()
            return self._answered(state, str(name), str(value), "")
        question = question_of(self._guide, state) if asked else None
        if question is None:
            return None
        if WORDS.search(turn.text) is None:
            # An empty answer is asked for once more, then taken for "I do not know".
            return (
                self._answered(state, question.id, UNKNOWN, "") if turn.asks or int(state.get("misses") or 0) else None
            )
        speaks = bool(self._guide.symptoms_in(turn.text))
        # What else there is, may be told in any words; "how many" in them makes no question of it. And whoever says a
        # second time what looks like a question ("多久都行") has answered in their own words.
        asks = turn.asks and question.unknown not in {"more", "also"} and not int(state.get("misses") or 0)
        if not speaks and (asks or turn.is_sure(*OTHER_BUSINESS)):
            return None
        return self._answered(state, question.id, self._value(question, turn, speaks), turn.text)

    def _answered(self, state: State, question: str, value: str, text: str) -> Reading:
        after = len(state.get("complaint") or ())
        answers = dict(state.get("guide_answers") or {})
        return Reading({self.slot: {**answers, question: {"value": value, "text": text, "after": after}}}, whole=True)

    def _value(self, question: QuestionEntry, turn: Turn, speaks: bool) -> str:
        value = meaning(turn.text, question)
        if question.unknown == "age":
            return value if read_person([turn.text]).age is not None or value == UNKNOWN else _age_group(turn)
        if value in {"", PARTLY} and not speaks and turn.is_sure("affirm", "deny"):
            return YES if turn.is_sure("affirm") else "no"
        if question.unknown == "pregnant" and value == YES and speaks and read_person([turn.text]).pregnant is not True:
            return ""  # "有一点恶心" is no yes to being pregnant
        # Another complaint instead of an answer is no half yes to the question.
        return "" if value == PARTLY and speaks else value


def _age_group(turn: Turn) -> str:
    """The age group that a word for it names."""
    words = {"child": ("孩", "小", "child", "kid"), "elder": ("老", "elder", "old"), "adult": ("大人", "成", "adult")}
    return next((group for group in AGES if any(word in turn.text.lower() for word in words[group])), UNKNOWN)
