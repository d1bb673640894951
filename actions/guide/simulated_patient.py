"""A simulated patient: opens with a complaint and answers the guide's questions from written facts.

For evaluation only.

It answers what it was asked: a fact that names one of the question's complaints (by the lexicon, else by the meaning of
the fact's and the question's words), its age, sex, pregnancy or how long; else "no", or "I don't know" where that is
its habit.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from actions.guide.ages import years
from actions.guide.answers import is_no
from actions.guide.case import longest
from actions.guide.symptoms import QuestionEntry, SymptomTable
from actions.safety.text import normalise
from knowledge.embedder import QueryEmbedder, Vector

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


NEAR: Mapping[str, float] = {"zh": 0.92, "en": 0.885}
"""Likeness (cosine) from which a fact is an answer to a question, by language: on the development half most
pairs above it are about the same thing."""


@dataclass(slots=True)
class Meanings:
    """How near the words of a fact are to a question's or an answer's."""

    embedder: QueryEmbedder
    wording: Mapping[str, Mapping[str, str]]
    """Text by key and language."""
    _known: dict[str, Vector] = field(init=False, default_factory=dict)

    def likeness(self, fact: str, value: bool | str, words: str) -> float:
        """Cosine of the nearer of a fact's name alone and with what is said of it."""
        forms = [fact, f"{fact}，{value}"] if isinstance(value, str) else [fact]
        return max(float(self._vector(form) @ self._vector(words)) for form in forms)

    def words(self, key: str, language: str) -> str:
        """The wording of a key; empty where there is none."""
        return self.wording.get(key, {}).get(language, "")

    def _vector(self, text: str) -> Vector:
        if text not in self._known:
            self._known[text] = self.embedder.query(text)
        return self._known[text]


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
    meanings: Meanings | None = None
    """Without it, facts answer by the lexicon alone."""

    @classmethod
    def from_row(
        cls, row: Mapping[str, Any], table: SymptomTable, meanings: Meanings | None = None
    ) -> SimulatedPatient:
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
            meanings=meanings,
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
        if question.unknown in {"more", "also"}:
            return self._more(again=question.unknown == "also")
        if question.unknown == "duration" and self.duration:
            return Spoken(self.duration)
        return Spoken(self._say("unknown"))

    def _more(self, again: bool) -> Spoken:
        """What else there is: as many facts as its habit tells of its own accord, in the order written."""
        if self.habit == "does_not_know":
            return Spoken(self._say("unknown"))
        there = [
            name if value is True else f"{name}，{value}"
            for name, value in self.facts.items()
            if value is True or (isinstance(value, str) and not is_no(value))
        ]
        most = TOLD_UNASKED["chatty" if self.habit == "chatty" else ""]
        told = there[most : 2 * most] if again else there[:most]
        return Spoken("，".join(told) or self._say("no"))

    def _who(self) -> str:
        if self.age is not None and self.age < self.table.child_below:
            return "child"
        if self.pregnant:
            return "pregnant"
        return "man" if self.sex == "male" else "woman"

    def _yes_no(self, question: QuestionEntry) -> Spoken:
        values = [value for name, value in self.facts.items() if self._names(name) & set(question.about)]
        if not values:
            near = self._nearest({question.id: self._words(f"guide.ask_{question.id}")})
            values = [near[1]] if near is not None else []
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
        keys = {option.id: self._words(f"guide.answer_{question.id}_{option.id}") for option in question.options}
        near = self._nearest(keys)
        if near is not None and near[1] is not False:
            return Spoken(f"{near[2]}，{near[1]}") if isinstance(near[1], str) else Spoken(taps=near[0])
        return Spoken(self._say("unsure" if self.habit != "does_not_know" else "unknown"))

    def _words(self, key: str) -> str:
        return self.meanings.words(key, self.language) if self.meanings is not None else ""

    def _nearest(self, keys: Mapping[str, str]) -> tuple[str, bool | str, str] | None:
        """The key, value and name of the fact nearest to any of these words, where one is near."""
        if self.meanings is None:
            return None
        found = [
            (self.meanings.likeness(name, value, words), key, value, name)
            for key, words in keys.items()
            for name, value in self.facts.items()
            if words
        ]
        best = max(found, key=lambda one: one[0], default=None)
        return best[1:] if best is not None and best[0] >= NEAR[self.language] else None

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
