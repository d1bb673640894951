"""The guide (智能导诊): what troubles the patient, at most two questions back, then up to three departments and on to
booking."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from actions.flow import CONTROLS, Flow
from actions.guide.place import place
from actions.guide.quoting import quotes
from actions.guide.triage import Assessment, Guide
from actions.safety.persons import read_person
from actions.turns import HUMAN, Option, Payload, Reading, State, Turn, pick, say
from knowledge.directory import Directory

MOST_SENTENCES = 8
"""Sentences of a complaint kept at most."""
MOST_QUESTIONS = 2
"""Questions asked back at most."""
AGES = {"child": 8.0, "adult": 40.0, "elder": 70.0}
"""A typical age for each tapped age group, in years."""
ANSWERS: Mapping[str, tuple[str, ...]] = {
    "age_group": ("child", "adult", "elder"),
    "pregnancy": ("yes", "no"),
    "injury": ("yes", "no"),
    "duration": ("days", "weeks", "months"),
}
"""Tappable answers of each question; their titles are guide.answer_<question>_<answer>."""
SPOKEN = {
    ("injury", "no"): "没有受伤",
    ("injury", "yes"): "摔伤",
    ("duration", "days"): "几天",
    ("duration", "weeks"): "几周",
    ("duration", "months"): "几个月",
}
"""What a tapped answer means in words that the guide reads."""
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
LASTS = re.compile(
    r"\W*(已经|大概|差不多|有|快|都|好|这样)*[\d一二两三四五六七八九十半几好多]+(个?半?多?(天|周|星期|礼拜|年)|个半?多?月)多?(了|吧|左右)?\W*|"
    r"\W*(for |about |since |it'?s been |maybe )*(\d+|an?|one|two|three|four|five|six|several|a few|a couple of|many) "
    r"(day|week|month|year)s?( now| already| or so)?\W*",
    re.IGNORECASE,
)
"""How long it has been so: no day for a visit, although the intent may take it for one."""
CONTENT = 4
"""Letters that must be left without these words for a sentence to be a complaint we do not understand."""


def assess(guide: Guide, state: State) -> Assessment:
    """What the guide makes of the complaint and the answers so far."""
    answers: Mapping[str, str] = state.get("guide_answers") or {}
    texts = [*(state.get("complaint") or ()), *(answer for answer in answers.values() if answer not in ("", "skip"))]
    age = AGES.get(answers.get("age_group", ""))
    pregnant = {"yes": True, "no": False}.get(answers.get("pregnancy", ""))
    spoken = [SPOKEN.get((question, answer), answer) for question, answer in answers.items()]
    return guide.assess([*texts, *spoken], age, None, pregnant)


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
        found = self._guide.assess([turn.text], None, None, None)
        known = [*(state.get("complaint") or ())]
        denies = bool(known) and NO_INJURY.search(turn.text) is not None
        if not found.symptoms and not denies and not self._in_words_unknown(state, turn, asked):
            return None
        if turn.text in known or len(known) >= MOST_SENTENCES:
            return None
        return Reading({"complaint": [*known, turn.text]})

    def _in_words_unknown(self, state: State, turn: Turn, asked: bool) -> bool:
        """Whether it is a complaint in words we do not know, rather than a button or something else."""
        if asked:
            return not turn.asks and not turn.is_sure(*OTHER_BUSINESS)
        starts = state.get("requested_slot") is None and turn.intent == "complaint" and turn.confidence < 1.0
        return starts and len(DONT_KNOW.sub("", turn.text).strip(" ，。,.?？的")) >= CONTENT


class FollowUpQuestion:
    """The most useful question back."""

    slot = "guide_answers"

    def __init__(self, guide: Guide) -> None:
        self._guide = guide

    def open(self, state: State) -> bool:
        """While there is something worth asking, and not too much was asked."""
        return self._next(state) is not None

    def _next(self, state: State) -> str | None:
        answers = state.get("guide_answers") or {}
        if len(answers) >= MOST_QUESTIONS or not state.get("complaint"):
            return None
        question = assess(self._guide, state).question
        return question if question in ANSWERS and question not in answers else None

    def ask(self, state: State, turn: Turn) -> Reading:
        """Ask, with answers to tap."""
        question = str(self._next(state))
        options = [
            pick(self.slot, {question: answer}, f"guide.answer_{question}_{answer}") for answer in ANSWERS[question]
        ]
        return Reading(says=(say(f"guide.ask_{question}", options=options, expects=self.slot),))

    def read(self, state: State, turn: Turn, asked: bool) -> Reading | None:
        """A tapped answer, or words; "I do not know" is an answer too."""
        answers = dict(state.get("guide_answers") or {})
        if turn.choice is not None:
            return (
                Reading({self.slot: answers | dict(turn.choice["value"])})
                if turn.choice.get("slot") == self.slot
                else None
            )
        question = self._next(state) if asked else None
        if question is None or turn.asks or turn.is_sure(*OTHER_BUSINESS):
            return None
        return Reading({self.slot: answers | {question: self._words(question, turn)}})

    def _words(self, question: str, turn: Turn) -> str:
        if question == "age_group":
            age = read_person([turn.text]).age
            return turn.text if age is not None else ("skip" if turn.is_sure("deny") else turn.text)
        if question in ("pregnancy", "injury"):
            if turn.is_sure("affirm"):
                return "yes"
            if turn.is_sure("deny"):
                return "no"
        return turn.text


class DepartmentChoice:
    """The departments that fit, and straight on to booking one."""

    slot = "guide_choice"

    def __init__(self, guide: Guide, directory: Directory) -> None:
        self._guide = guide
        self._directory = directory

    def open(self, state: State) -> bool:
        """Until one was chosen."""
        return not state.get("guide_choice")

    def ask(self, state: State, turn: Turn) -> Reading:
        """Say which departments fit and why; abstain to the guide desk when that is not clear."""
        found = assess(self._guide, state)
        if found.abstained or not found.departments:
            options = [
                pick(self.slot, "general_practice", "option.book_department", {"department": "general_practice"}),
                HUMAN,
            ]
            return Reading(says=(say("guide.unsure", options=options, expects=self.slot),))
        first = found.departments[0]
        params = {"department": first.department, "reason": self._reason(first.because, state, turn.language)}
        options = [self._option(suggestion.department) for suggestion in found.departments]
        options.append(HUMAN)
        key = "guide.result" if self._directory.departments[first.department].bookable else "guide.result_walk_in"
        key = key if params["reason"] else f"{key}_plain"
        return Reading(says=(say(key, params, options, self._card(first.department, turn), expects=self.slot),))

    def _option(self, department: str) -> Option:
        if self._directory.departments[department].bookable:
            return pick(self.slot, department, "option.book_department", {"department": department})
        return Option("option.where_department", {"department": department}, command="/ask_department_location")

    def _card(self, department: str, turn: Turn) -> Payload:
        found = self._directory.departments[department]
        building = self._directory.hospital.buildings[found.building].name
        place = f"{building.in_language('zh' if turn.language == 'zh' else 'en')}"
        floor = f"{found.floor}楼" if turn.language == "zh" else f"{found.floor}F"
        route = found.route.in_language("zh" if turn.language == "zh" else "en")
        return {
            "kind": "route",
            "params": {"department": department, "place": f"{place} {floor} {found.desk}", "route": route},
        }

    def _reason(self, symptoms: tuple[str, ...], state: State, language: str) -> str:
        """What speaks for it, as the patient said it."""
        answers: Mapping[str, str] = state.get("guide_answers") or {}
        typed = [words for question, words in answers.items() if words not in (*ANSWERS[question], "", "skip")]
        said = quotes(self._guide.table, [*(state.get("complaint") or ()), *typed], symptoms)
        return ("、" if language == "zh" else ", ").join(said)

    def read(self, state: State, turn: Turn, asked: bool) -> Reading | None:
        """A choice, a plain yes, or a department by name."""
        choice = turn.choice or {}
        if choice.get("slot") == self.slot:
            return self._go(str(choice["value"]), state)
        if not asked or turn.choice is not None:
            return None
        named = [match.department for match in self._directory.match_departments(turn.text)]
        if named and not turn.asks and self._directory.departments[named[0]].bookable:
            return self._go(named[0], state)
        if LASTS.fullmatch(turn.text):
            return Reading({"guide_answers": {**(state.get("guide_answers") or {}), "duration": turn.text}})
        if turn.is_sure("affirm", "book", "inform_when"):
            found = assess(self._guide, state)
            offered = [one.department for one in found.departments] if not found.abstained else ["general_practice"]
            bookable = [name for name in offered if self._directory.departments[name].bookable]
            return self._go(bookable[0], state) if bookable else Reading(says=_goodbye(), finished=True)
        if turn.is_sure("deny", "thanks", "goodbye"):
            return Reading(says=_goodbye(), finished=True)
        return None

    def _go(self, department: str, state: State) -> Reading:
        kept = {"department": department, "when": state.get("when"), "complaint": state.get("complaint")}
        return Reading(kept, finished=True, follow="booking_form")


def _goodbye() -> tuple[Payload, ...]:
    return ({**say("guide.done"), "menu": True},)


class GuideFlow(Flow):
    """From a complaint to a department."""

    name = "guide_form"

    def __init__(self, guide: Guide, directory: Directory) -> None:
        self._directory = directory
        super().__init__((ComplaintQuestion(guide), FollowUpQuestion(guide), DepartmentChoice(guide, directory)))

    def aside(self, state: State, turn: Turn) -> tuple[Payload, ...]:
        """Where a department is."""
        names = [match.department for match in self._directory.match_departments(turn.text)]
        asks = turn.intent == "ask_department_location"
        return (place(self._directory, names[0], turn.language, False),) if asks and names else ()

    def leave(self, state: State, turn: Turn) -> Mapping[str, Any]:
        """Forget the complaint; a chosen department goes on to booking with it."""
        return {"complaint": None, "guide_answers": None, "when": None, "trail": None, "misses": None}
