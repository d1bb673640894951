"""Which department or doctor: the first question of a booking."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from actions.guide.triage import Guide
from actions.turns import Option, Reading, State, Turn, pick, say, share
from knowledge.directory import Directory

REJECTED = re.compile(
    r"(不是|不要|不想要|不挂|别挂|不看|不想看|不找|\b(not|don't want|instead of|no longer)\b)[^，,。;；]{0,8}$",
    re.IGNORECASE,
)
"""Words that refuse what follows them: "不要张医生", "not Dr Zhang"."""
UNSURE = re.compile(
    r"我?(也|又|还)?(不知道|不清楚|不晓得|不懂|搞不清|弄不清)(该|应该|要|得)?(挂|看)?(什么|哪个|哪一个|啥|哪)?科?(室|好)?|"
    r"\b(i'?m )?not sure\b|\b(i )?(don'?t|do not) know\b|\bno idea\b|\bwhich department\b",
    re.IGNORECASE,
)
"""The patient cannot name a department."""
ANY_DOCTOR = re.compile(
    r"(哪个|哪位|随便哪个|随便哪位|什么)(医生|大夫)都(行|可以|好)|不挑医生|(换|改)(一?个|一?位)?(别的|其他|另外的)?(医生|大夫)$|"
    r"(别的|其他|其它)(医生|大夫)|\b(any|another|a different|other) doctors?\b",
    re.IGNORECASE,
)
"""Another doctor, whoever it is."""
NAMED_DOCTOR = re.compile(
    r"(?:挂|找|看|约|要|是|的|^)(?P<zh>[\u4e00-\u9fff]{1,3})(?:医生|大夫|主任|教授)|\b(?i:dr|doctor|prof)\.?\s+(?P<en>[A-Z][a-z]+)"
)
NO_NAME = re.compile(r"[个位名的什么哪看找挂约想要女男老科内外中西好家这那别他它她其好些生熟专副主任另]")
"""Signs that make the characters before 医生 no name: 找个医生, 女医生, 心内科医生."""
COMMON = (
    "general_practice",
    "cardiology",
    "gastroenterology",
    "orthopaedics",
    "ophthalmology",
    "paediatrics",
)
"""Departments on the buttons of the open question."""


class DepartmentQuestion:
    """Which department or doctor; a complaint instead of a name goes to the guide."""

    slot = "department"

    def __init__(self, directory: Directory, guide: Guide) -> None:
        self._directory = directory
        self._guide = guide

    def open(self, state: State) -> bool:
        """Until a department is known (a doctor brings one)."""
        return not state.get("department")

    def ask(self, state: State, turn: Turn) -> Reading:
        """Offer the most visited departments and the guide."""
        options = [pick("department", name, "option.department", {"department": name}) for name in COMMON]
        options.append(Option("registration.option_unsure", command="/complaint"))
        return Reading(says=(say("registration.ask_department", options=options, expects=self.slot),))

    def read(self, state: State, turn: Turn, asked: bool) -> Reading | None:
        """A department, a doctor, or symptoms that lead to one."""
        if turn.choice is not None:
            return self._chosen(turn)
        named = self._doctor(state, turn) or self._named(state, turn)
        if named is not None:
            return named
        if state.get("doctor") and ANY_DOCTOR.search(turn.text):
            return Reading({"doctor": None}, covered=0.5)
        opening = state.get("requested_slot") is None and not state.get("department")
        return self._to_guide(state, turn, asked) if asked or opening else None

    def _chosen(self, turn: Turn) -> Reading | None:
        if name := turn.chose("department"):
            return Reading({"department": str(name), "doctor": None})
        if doctor := turn.chose("doctor"):
            return Reading({"doctor": str(doctor), "department": self._directory.doctors[str(doctor)].department})
        if turn.chose("redo") == "doctor":
            return Reading({"doctor": None, "hold": None})
        return None

    def _doctor(self, state: State, turn: Turn) -> Reading | None:
        matches = self._directory.match_doctors(turn.text)
        wanted = [match for match in matches if not REJECTED.search(turn.text[: match.start])]
        if not wanted:
            refused = {match.doctor for match in matches}
            gone = refused & {state.get("doctor"), (state.get("held") or {}).get("doctor")}
            return Reading({"doctor": None, "hold": None}, covered=0.5) if gone else self._unknown_doctor(turn, matches)
        last = max(match.start for match in wanted)
        if self._within_longer_name(turn.text, last):
            return self._unknown_doctor(turn, [])
        names = self._narrowed([match.doctor for match in wanted if match.start == last], state, turn)
        covered = share(turn.text[last : wanted[-1].end], turn.text)
        if len(names) == 1:
            doctor = self._directory.doctors[names[0]]
            return Reading({"doctor": doctor.id, "department": doctor.department}, covered=covered)
        options = [
            pick("doctor", name, "option.doctor_of", {"doctor": name, "department": self._home(name)})
            for name in names[:6]
        ]
        return Reading(says=(say("registration.which_doctor", options=options, expects=self.slot),), covered=covered)

    def _within_longer_name(self, text: str, start: int) -> bool:
        """Whether a surname found at `start` is the end of a longer name that nobody here has: 钱学林医生."""
        found = NAMED_DOCTOR.search(text)
        if found is None or not found["zh"] or NO_NAME.search(found["zh"]):
            return False
        return found.start("zh") < start < found.end("zh")

    def _narrowed(self, names: list[str], state: State, turn: Turn) -> list[str]:
        """Of doctors who share a name, those of the department that was said, or of the one at hand."""
        said = {match.department for match in self._directory.match_departments(turn.text)}
        for places in (said, {state.get("department")}):
            here = [name for name in dict.fromkeys(names) if self._home(name) in places]
            if here:
                return here
        return list(dict.fromkeys(names))

    def _home(self, doctor: str) -> str:
        return self._directory.doctors[doctor].department

    def _unknown_doctor(self, turn: Turn, matches: list[Any]) -> Reading | None:
        found = NAMED_DOCTOR.search(turn.text)
        if matches or found is None or (found["zh"] and NO_NAME.search(found["zh"])):
            return None
        said = self._named({}, turn)
        updates: Mapping[str, Any] = said.updates if said else {}
        return Reading(updates, (say("registration.unknown_doctor"),), covered=0.5)

    def _named(self, state: State, turn: Turn) -> Reading | None:
        matches = [
            match
            for match in self._directory.match_departments(turn.text)
            if not REJECTED.search(turn.text[: match.start])
        ]
        if not matches:
            return None
        last = max(match.start for match in matches)
        candidates = list(dict.fromkeys(match.department for match in matches if match.start == last))
        covered = share(turn.text[last : matches[-1].end], turn.text)
        if state.get("department") in candidates:
            any_doctor = {"doctor": None} if ANY_DOCTOR.search(turn.text) else {}
            return Reading({"department": state["department"], **any_doctor}, covered=covered)
        if len(candidates) == 1:
            return self._open_to_all(candidates[0], covered)
        options = [pick("department", name, "option.department", {"department": name}) for name in candidates[:8]]
        return Reading(
            says=(say("registration.which_department", options=options, expects=self.slot),), covered=covered
        )

    def _open_to_all(self, name: str, covered: float) -> Reading:
        if self._directory.departments[name].bookable:
            return Reading({"department": name, "doctor": None}, covered=covered)
        option = Option("option.where_department", {"department": name}, command="/ask_department_location")
        return Reading(says=(say("registration.walk_in", {"department": name}, (option,), expects=self.slot),))

    def _to_guide(self, state: State, turn: Turn, asked: bool) -> Reading | None:
        """On to the guide when the words tell symptoms, or that the patient does not know."""
        if turn.is_sure("ask_hospital", "out_of_scope", "handoff"):
            return None
        found = self._guide.assess([turn.text], None, None, None)
        if found.symptoms or (UNSURE.search(turn.text) and (asked or turn.is_sure("book", "complaint"))):
            return Reading({"when": state.get("when")}, finished=True, follow="guide_form")
        return None
