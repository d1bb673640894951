"""symptoms.yml: complaints, the evidence they give for departments, the rules of the house and the questions.

Pure data and its schema; `actions.guide.triage` reasons with it.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from actions.safety.concepts import Vocabulary, Words, load_vocabulary, load_yaml
from actions.safety.errors import RulesInvalid

Sex = Literal["male", "female"]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Bounds(_Strict):
    """A range of ages in years or of weeks of pregnancy."""

    at_least: float | None = None
    below: float | None = None

    def holds(self, value: float) -> bool:
        """Whether the value lies within."""
        return (self.at_least is None or value >= self.at_least) and (self.below is None or value < self.below)


class SymptomEntry(Words):
    """A complaint or condition as patients name it."""

    id: str
    departments: dict[str, float]
    """Weight of evidence for each department; about 4 settles it alone, 1 is a hint."""
    site: str | None = None
    sex: Sex | None = None
    """Whose complaint it is; it also tells the patient's sex when that was not said."""
    pregnancy: bool = False
    """Says that the patient is pregnant."""
    question: str | None = None
    """Id of the question worth asking first."""


class WhenEntry(_Strict):
    """When a rule of the house applies; everything given must hold."""

    age: Bounds | None = None
    sex: Sex | None = None
    pregnant: bool | None = None
    child: bool | None = None
    weeks: Bounds | None = None
    """Weeks of pregnancy; unknown weeks meet a range without a lower end."""
    any: list[str] = Field(default_factory=list)
    only: list[str] = Field(default_factory=list)
    best: list[str] = Field(default_factory=list)
    """The department that the evidence alone puts first."""


class HouseRuleEntry(_Strict):
    """A hard rule of the house."""

    id: str
    when: WhenEntry
    unless: list[str] = Field(default_factory=list)
    move: list[str] = Field(default_factory=list)
    """Departments to put first, in this order."""
    bar: list[str] = Field(default_factory=list)
    """Departments never to offer."""


class AskWhenEntry(_Strict):
    """When a question is worth asking."""

    none: bool = False
    unsure: bool = False
    asks: bool = False
    """One of the complaints names the question."""
    maybe_child: bool = False
    sex: Sex | None = None
    age: Bounds | None = None


class QuestionEntry(_Strict):
    """A question the guide may ask next."""

    id: str
    say: str
    unknown: Literal["age", "pregnant", "injury", "duration"] | None = None
    when: AskWhenEntry


class Thresholds(_Strict):
    """Probabilities and weights that steer the guide."""

    abstain_below: float = Field(gt=0, lt=1)
    keep_share: float = Field(gt=0, lt=1)
    past_weight: float = Field(ge=0, le=1)
    asked_share: float = Field(gt=0, lt=1)


class SourceEntry(_Strict):
    """Where the division of work comes from."""

    name: str
    publisher: str
    year: int


class SymptomFile(_Strict):
    """The whole of symptoms.yml."""

    reviewed: bool
    source: SourceEntry
    thresholds: Thresholds
    rules: list[HouseRuleEntry]
    questions: list[QuestionEntry]
    symptoms: list[SymptomEntry]


@dataclass(frozen=True, slots=True)
class SymptomTable:
    """The checked table with its compiled vocabulary."""

    vocabulary: Vocabulary
    symptoms: Mapping[str, SymptomEntry]
    rules: tuple[HouseRuleEntry, ...]
    questions: tuple[QuestionEntry, ...]
    thresholds: Thresholds
    departments: tuple[str, ...]
    """Every department that some complaint speaks for, in alphabetical order."""


def load_symptoms(folder: Path, departments: Collection[str] | None = None) -> SymptomTable:
    """The symptom table of a hospital folder (symptoms.yml, and the parts of concepts.yml).

    `departments`: the ids the hospital knows; others in the table raise RulesInvalid.
    """
    path = folder / "symptoms.yml"
    file = load_yaml(path, SymptomFile)
    vocabulary = load_vocabulary(folder / "concepts.yml")
    symptoms: dict[str, SymptomEntry] = {}
    for entry in file.symptoms:
        if entry.id in symptoms:
            raise RulesInvalid(f"{path.name}: the symptom {entry.id} stands twice")
        symptoms[entry.id] = entry
        vocabulary.add(entry.id, entry)
    named = {name for entry in file.symptoms for name in entry.departments}
    named |= {name for rule in file.rules for name in (*rule.move, *rule.bar, *rule.when.best)}
    unknown = named - set(departments) if departments is not None else set()
    if unknown:
        raise RulesInvalid(f"{path.name}: unknown departments {', '.join(sorted(unknown))}")
    _check_names(path, file, symptoms)
    return SymptomTable(
        vocabulary, symptoms, tuple(file.rules), tuple(file.questions), file.thresholds, tuple(sorted(named))
    )


def _check_names(path: Path, file: SymptomFile, symptoms: Mapping[str, SymptomEntry]) -> None:
    for rule in file.rules:
        unknown = {*rule.when.any, *rule.when.only, *rule.unless} - set(symptoms)
        if unknown:
            raise RulesInvalid(f"{path.name}: the rule {rule.id} names unknown symptoms {', '.join(sorted(unknown))}")
    questions = {one.id for one in file.questions}
    for entry in file.symptoms:
        if entry.question is not None and entry.question not in questions:
            raise RulesInvalid(f"{path.name}: {entry.id} names an unknown question {entry.question}")
