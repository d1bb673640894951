"""The guide (智能导诊): what troubles the patient, at most four questions back, then up to three departments and on to
booking."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from actions.flow import Flow
from actions.guide.follow_up import ComplaintQuestion, FollowUpQuestion, assess, question_of, told
from actions.guide.place import place
from actions.guide.quoting import quotes
from actions.guide.triage import Assessment, Guide
from actions.turns import HUMAN, Option, Payload, Reading, State, Turn, pick, say
from knowledge.directory import Directory

Disposition = Callable[[State], str | None]
"""How urgent it is: emergency, today, routine or self_care; None where nobody judges it."""
LASTS = re.compile(
    r"\W*(已经|大概|差不多|有|快|都|好|这样)*[\d一二两三四五六七八九十半几好多]+(个?半?多?(天|周|星期|礼拜|年)|个半?多?月)多?(了|吧|左右)?\W*|"
    r"\W*(for |about |since |it'?s been |maybe )*(\d+|an?|one|two|three|four|five|six|several|a few|a couple of|many) "
    r"(day|week|month|year)s?( now| already| or so)?\W*",
    re.IGNORECASE,
)
"""How long it has been so: no day for a visit, although the intent may take it for one."""
DISPOSITIONS = ("today", "routine", "self_care")
"""Those that the result names; an emergency is the gate's business."""
WHY = re.compile(
    r"为(什么|啥)(要|会|还)?(问|知道)|问(这|那)(个|些)?(干|做|有|是)|有(什么|啥)关系|"
    r"\bwhy (do|are|would|should|did) (you|i)\b|\bwhy (is )?that\b",
    re.IGNORECASE,
)
"""Asks why the guide asks."""


class DepartmentChoice:
    """The departments that fit, and straight on to booking one."""

    slot = "guide_choice"

    def __init__(self, guide: Guide, directory: Directory, disposition: Disposition) -> None:
        self._guide = guide
        self._directory = directory
        self._disposition = disposition

    def open(self, state: State) -> bool:
        """Until one was chosen."""
        return not state.get("guide_choice")

    def ask(self, state: State, turn: Turn) -> Reading:
        """Say which departments fit and why; abstain to the guide desk when that is not clear."""
        urgency = self._disposition(state)
        found = assess(self._guide, state, urgency)
        if found.abstained or not found.departments:
            options = [
                pick(self.slot, "general_practice", "option.book_department", {"department": "general_practice"}),
                HUMAN,
            ]
            return Reading(says=(say("guide.unsure", options=options, expects=self.slot),))
        first = found.departments[0]
        options = [self._option(suggestion.department) for suggestion in found.departments]
        options.append(HUMAN)
        if self._was_said(state, turn):
            again = say("guide.result_again", {"department": first.department}, options, expects=self.slot)
            return Reading(says=(again,))
        params = {"department": first.department, "reason": self._reason(found, state, turn.language)}
        key = "guide.result" if self._directory.departments[first.department].bookable else "guide.result_walk_in"
        key = key if params["reason"] else f"{key}_plain"
        result = say(key, params, options, self._card(first.department, turn), expects=self.slot)
        before = self._notes(found, urgency)
        return Reading(says=(*before, result))

    def _notes(self, found: Assessment, urgency: str | None) -> tuple[Payload, ...]:
        """How soon, and what the house asks of such a patient first."""
        soon = (say(f"guide.disposition_{urgency}"),) if urgency in DISPOSITIONS else ()
        noted = {rule.id for rule in self._guide.table.rules if rule.note}
        return (*soon, say(f"guide.note_{found.rule}")) if found.rule in noted else soon

    def _was_said(self, state: State, turn: Turn) -> bool:
        """Whether the result stands and the patient only asked something in passing."""
        heard = self.slot in (state.get("trail") or ()) and state.get("requested_slot") == self.slot
        return heard and turn.choice is None and not self._guide.symptoms_in(turn.text)

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

    def _reason(self, found: Assessment, state: State, language: str) -> str:
        """What speaks for it, as the patient said it; a complaint that was only said yes to is no quotation."""
        said = [one if isinstance(one, str) else one.text for one in told(state)]
        return ("、" if language == "zh" else ", ").join(quotes(self._guide.table, said, found.departments[0].because))

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
            answer = {"value": "", "text": turn.text, "after": len(state.get("complaint") or ())}
            return Reading({"guide_answers": {**(state.get("guide_answers") or {}), "duration": answer}})
        if turn.is_sure("affirm", "book", "inform_when"):
            found = assess(self._guide, state, self._disposition(state))
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


def _unjudged(state: State) -> str | None:
    """Nobody judges how urgent it is."""
    return None


class GuideFlow(Flow):
    """From a complaint to a department."""

    name = "guide_form"

    def __init__(self, guide: Guide, directory: Directory, disposition: Disposition = _unjudged) -> None:
        self.guide = guide
        self._directory = directory
        super().__init__(
            (ComplaintQuestion(guide), FollowUpQuestion(guide), DepartmentChoice(guide, directory, disposition))
        )

    def before_controls(self, state: State, turn: Turn, asked: str) -> Reading | None:
        """Why the guide asks what it asks."""
        question = question_of(self.guide, state) if asked == FollowUpQuestion.slot else None
        if question is None or WHY.search(turn.text) is None:
            return None
        return Reading(says=(say(f"guide.why_{question.id}"),))

    def aside(self, state: State, turn: Turn) -> tuple[Payload, ...]:
        """Where a department is."""
        names = [match.department for match in self._directory.match_departments(turn.text)]
        asks = turn.intent == "ask_department_location"
        return (place(self._directory, names[0], turn.language, False),) if asks and names else ()

    def leave(self, state: State, turn: Turn) -> Mapping[str, Any]:
        """Forget the complaint; a chosen department goes on to booking with it."""
        return {"complaint": None, "guide_answers": None, "when": None, "trail": None, "misses": None}
