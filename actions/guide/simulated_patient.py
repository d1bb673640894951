"""A simulated patient: opens with a complaint and answers the guide's questions from written facts.

For evaluation only.

It answers what it was asked: a fact that names one of the question's complaints (by the lexicon), its age, sex,
pregnancy or how long; else "no", or "I don't know" where that is its habit.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from actions.guide.ages import years
from actions.guide.answers import is_no
from actions.guide.case import longest
from actions.guide.symptoms import QuestionEntry, SymptomTable
from actions.safety.text import normalise

_WORDS: Mapping[str, Mapping[str, str]] = {
    "zh": {
        "yes": "有的",
        "no": "没有",
        "unknown": "不知道",
        "unsure": "说不清",
        "vague": "好像有一点",
        "changed": "没有……哦不对，有的",
        "age": "{years:g}岁",
    },
    "en": {
        "yes": "yes",
        "no": "no",
        "unknown": "I don't know",
        "unsure": "hard to say",
        "vague": "a little, maybe",
        "changed": "no... wait, yes",
        "age": "{years:g} years old",
    },
}


TOLD_UNASKED = {"": 1, "chatty": 2}
"""Facts told when asked what else there is, by habit."""


@dataclass(frozen=True, slots=True)
class Spoken:
    """What the simulated patient says, or the answer that it taps."""

    text: str = ""
    taps: str | None = None
    """Id of the tapped answer."""


@dataclass(frozen=True, slots=True)
class SimulatedPatient:
    """One written patient."""

    language: str
    opening: str
    facts: Mapping[str, bool | str]
    """What it knows, by a name in words: true, false, or said in its own words."""
    table: SymptomTable
    age: float | None = None
    sex: str | None = None
    pregnant: bool | str | None = None
    """Whether it is pregnant; words tell how far."""
    duration: str = ""
    habit: str = "short"

    @classmethod
    def from_row(cls, row: Mapping[str, Any], table: SymptomTable) -> SimulatedPatient:
        """The patient of a row of the suite `guide_dialogue`. Raises KeyError for one without opening or facts."""
        patient = row["patient"]
        return cls(
            language="zh" if row.get("lang", "zh") == "zh" else "en",
            opening=str(patient["opening"]),
            facts=dict(patient["facts"]),
            table=table,
            age=years(patient.get("age")),
            sex=patient.get("sex"),
            pregnant=patient.get("pregnant"),
            duration=str(patient.get("duration") or ""),
            habit=str(patient.get("habit_of_answer") or "short"),
        )

    def answer(self, question: QuestionEntry) -> Spoken:
        """What it says to a question."""
        if question.kind == "fact":
            return self._fact(question)
        return self._choice(question) if question.kind == "choice" else self._yes_no(question)

    def _fact(self, question: QuestionEntry) -> Spoken:
        if question.unknown == "age" and self.age is not None:
            return Spoken(self._say("age").format(years=round(self.age, 2)))
        if question.unknown == "pregnant":
            return Spoken(
                self.pregnant if isinstance(self.pregnant, str) else self._say("yes" if self.pregnant else "no")
            )
        if question.unknown == "patient":
            return Spoken(taps=self._who())
        if question.unknown == "more":
            return self._more()
        if question.unknown == "duration" and self.duration:
            return Spoken(self.duration)
        return Spoken(self._say("unknown"))

    def _more(self) -> Spoken:
        """What else there is: as many facts as its habit tells of its own accord, the first written first."""
        if self.habit == "does_not_know":
            return Spoken(self._say("unknown"))
        there = [
            name if value is True else f"{name}，{value}"
            for name, value in self.facts.items()
            if value is True or (isinstance(value, str) and not is_no(value))
        ]
        most = TOLD_UNASKED["chatty" if self.habit == "chatty" else ""]
        return Spoken("，".join(there[:most]) or self._say("no"))

    def _who(self) -> str:
        if self.age is not None and self.age < self.table.child_below:
            return "child"
        if self.pregnant:
            return "pregnant"
        return "man" if self.sex == "male" else "woman"

    def _yes_no(self, question: QuestionEntry) -> Spoken:
        values = [value for name, value in self.facts.items() if self._names(name) & set(question.about)]
        told = next((value for value in values if isinstance(value, str)), None)
        if told is not None:
            return Spoken(told)
        if True in values:
            return Spoken(self._yes())
        return Spoken(self._say("no" if values or self.habit != "does_not_know" else "unknown"))

    def _choice(self, question: QuestionEntry) -> Spoken:
        for name, value in self.facts.items():
            named = self._names(name)
            fitting = [option for option in question.options if named & set(option.about)]
            if value is not False and fitting:
                return Spoken(f"{name}，{value}") if isinstance(value, str) else Spoken(taps=fitting[0].id)
        return Spoken(self._say("unsure" if self.habit != "does_not_know" else "unknown"))

    def _yes(self) -> str:
        if self.habit == "chatty" and self.duration:
            return f"{self._say('yes')}，{self.duration}"
        return self._say({"vague": "vague", "contradicting": "changed"}.get(self.habit, "yes"))

    def _say(self, what: str) -> str:
        return _WORDS[self.language][what]

    def _names(self, words: str) -> set[str]:
        """Complaints that the name of a fact names."""
        scan = self.table.vocabulary.lexicon.scan(normalise(words))
        return {mention.concept for mention in longest(scan.mentions)}
