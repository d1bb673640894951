"""The guide (智能导诊): what troubles the patient, at most two questions back, then up to three departments and on to
booking."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from actions.flow import Flow, Option, Payload, Reading, State, Turn, pick, say
from actions.guide.triage import Assessment, Guide
from actions.safety.persons import read_person
from knowledge.directory import Directory

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
        starts = state.get("requested_slot") is None and turn.intent == "complaint" and not turn.text.startswith("/")
        if not found.symptoms and not (asked and not turn.asks) and not (starts and self._says_more(turn)):
            return None
        if turn.text in known or len(known) >= 8:
            return None
        return Reading({"complaint": [*known, turn.text]})

    def _says_more(self, turn: Turn) -> bool:
        """Whether the opening sentence is a complaint in words we do not know, rather than the button of the guide."""
        return turn.confidence < 1.0 and len(turn.text) > 6


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
        if question is None or (turn.asks and turn.is_sure(*Flow.digressions)):
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
                Option("menu.human", command="/handoff"),
            ]
            return Reading(says=(say("guide.unsure", options=options, expects=self.slot),))
        first = found.departments[0]
        params = {"department": first.department, "reason": self._reason(first.because, turn.language)}
        options = [self._option(suggestion.department) for suggestion in found.departments]
        options.append(Option("menu.human", command="/handoff"))
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

    def _reason(self, symptoms: tuple[str, ...], language: str) -> str:
        names = []
        for symptom in symptoms[:3]:
            entry = self._guide.table.symptoms[symptom]
            words = entry.zh if language == "zh" else entry.en
            names += [word for word in words if not set(word) & set("{…}")][:1]
        return ("、" if language == "zh" else ", ").join(names)

    def read(self, state: State, turn: Turn, asked: bool) -> Reading | None:
        """A choice, a plain yes, or a department by name."""
        choice = turn.choice or {}
        if choice.get("slot") == self.slot:
            return self._go(str(choice["value"]))
        if not asked or turn.choice is not None:
            return None
        named = [match.department for match in self._directory.match_departments(turn.text)]
        if named and not turn.asks and self._directory.departments[named[0]].bookable:
            return self._go(named[0])
        if turn.is_sure("affirm", "book"):
            found = assess(self._guide, state).departments
            bookable = [one.department for one in found if self._directory.departments[one.department].bookable]
            return self._go(bookable[0]) if bookable else Reading(finished=True, follow="booking_form")
        if turn.is_sure("deny", "thanks", "goodbye"):
            return Reading(says=(say("guide.done"),), finished=True)
        return None

    def _go(self, department: str) -> Reading:
        return Reading({"department": department}, finished=True, follow="booking_form")


class GuideFlow(Flow):
    """From a complaint to a department."""

    name = "guide_form"

    def __init__(self, guide: Guide, directory: Directory) -> None:
        super().__init__((ComplaintQuestion(guide), FollowUpQuestion(guide), DepartmentChoice(guide, directory)))

    def leave(self, state: State, turn: Turn) -> Mapping[str, Any]:
        """Forget the complaint; a chosen department goes on to booking."""
        return {"complaint": None, "guide_answers": None, "trail": None, "misses": None}
