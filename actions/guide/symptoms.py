"""symptoms.yml and symptoms/: complaints, the evidence they give for departments, the rules of the house, questions.

symptoms.yml holds what steers the guide; symptoms/<part of the body>.yml its complaints and the questions about them.

Pure data and its schema; `actions.guide.triage` reasons with it.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from actions.safety.concepts import Vocabulary, Words, load_vocabulary, load_yaml
from actions.safety.errors import RulesInvalid

Sex = Literal["male", "female"]
Kind = Literal["red_flag", "infectious", "pregnancy", "age", "specialty"]

CHILD_BELOW = 14.0
"""Years below which a patient belongs to paediatrics here (paediatric_under_age of hospital.yml)."""


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
    ages: Bounds | None = None
    """Ages that are typical of it, in years: outside them its evidence counts less."""
    question: str | None = None
    """Id of the question worth asking first."""
    whole: list[str] = Field(default_factory=list)
    """Words that name it only where nothing else is said, but that it is wanted ("I need a checkup")."""
    of_child: bool = False  # the child that it names is not the patient ("生完娃两个月")


class WhenEntry(_Strict):
    """When a rule of the house applies; everything given must hold."""

    age: Bounds | None = None
    sex: Sex | None = None
    pregnant: bool | None = None
    child: bool | None = None
    adult: bool = False
    """The age is known and no child's."""
    weeks: Bounds | None = None
    """Weeks of pregnancy; unknown weeks meet a range without a lower end."""
    any: list[str] = Field(default_factory=list)
    also: list[str] = Field(default_factory=list)
    """One of these besides one of `any`."""
    only: list[str] = Field(default_factory=list)
    best: list[str] = Field(default_factory=list)
    """The department that the evidence alone puts first."""
    urgency: list[str] = Field(default_factory=list)
    """How urgent the safety rules find it."""


class HouseRuleEntry(_Strict):
    """A hard rule of the house."""

    id: str
    kind: Kind
    when: WhenEntry
    unless: list[str] = Field(default_factory=list)
    move: list[str] = Field(default_factory=list)
    """Departments to put first, in this order."""
    bar: list[str] = Field(default_factory=list)
    """Departments never to offer."""
    note: bool = False
    """Whether guide.note_<id> is said before the departments when this rule decides."""


class AskWhenEntry(_Strict):
    """When a question may be asked; everything given must hold."""

    none: bool = False
    unsure: bool = False
    brief: bool = False
    """Little was told, in one sentence."""
    asks: bool = False
    """One of the complaints names the question."""
    maybe_child: bool = False
    decides: bool = False
    """Rules of the house would decide otherwise for one patient than for another."""
    child: bool | None = None
    pregnant: bool | None = None
    sex: Sex | None = None
    """The patient's sex is this, or not known."""
    age: Bounds | None = None
    """The patient's age lies within, or is not known."""
    any: list[str] = Field(default_factory=list)
    """One of these complaints was told."""
    unless: list[str] = Field(default_factory=list)
    """None of these was."""


class AnswerEntry(_Strict):
    """A tappable answer of a question."""

    id: str
    about: list[str] = Field(default_factory=list)
    """Complaints that this answer adds."""


class QuestionEntry(_Strict):
    """A question the guide may ask next."""

    id: str
    kind: Literal["fact", "yes_no", "choice"]
    about: list[str] = Field(default_factory=list)
    """Complaints that a yes adds and a no denies."""
    options: list[AnswerEntry] = Field(default_factory=list)
    unknown: Literal["age", "pregnant", "injury", "duration", "patient", "more", "also"] | None = None
    """What the question is for, where it is no complaint: it is not asked once that is known."""
    when: AskWhenEntry = Field(default_factory=AskWhenEntry)

    @property
    def all_about(self) -> tuple[str, ...]:
        """Every complaint that some answer speaks of."""
        return tuple(dict.fromkeys([*self.about, *(one for option in self.options for one in option.about)]))


class Thresholds(_Strict):
    """Probabilities and weights that steer the guide; symptoms.yml says what each is for."""

    abstain_below: float = Field(gt=0, lt=1)
    sure_from: float = Field(gt=0, lt=1)
    least_gain: float = Field(ge=0)
    keep_share: float = Field(gt=0, lt=1)
    past_weight: float = Field(ge=0, le=1)
    partly_weight: float = Field(ge=0, le=1)
    rule_gain: float = Field(ge=0)
    yes_at_most: float = Field(gt=0, lt=1)
    yes_at_least: float = Field(gt=0, lt=1)
    untypical_weight: float = Field(ge=0, le=1)
    words_alone_from: float = Field(ge=0, lt=1)
    complaint_from: float = Field(ge=0, lt=1)
    unsure_below: float = Field(ge=0, le=1)
    brief_below: int = Field(ge=0)
    brief_sure_from: float = Field(gt=0, le=1)
    most_questions: int = Field(ge=0, le=4)


class FusionEntry(_Strict):
    """How much each voice counts; the classifier's file brings fitted ones."""

    table: float = Field(ge=0)
    """Weight of the table's evidence."""
    classifier: float = Field(ge=0)
    """Weight of the classifier's log-probabilities."""
    scale: float = Field(gt=0)
    """Inverse temperature of the sum: below 1 makes it less sure."""


class SourceEntry(_Strict):
    """Where the division of work comes from."""

    name: str
    publisher: str
    year: int


class SymptomFile(_Strict):
    """symptoms.yml."""

    reviewed: bool
    source: SourceEntry
    thresholds: Thresholds
    fusion: FusionEntry
    precedence: list[Kind]
    rules: list[HouseRuleEntry]
    questions: list[QuestionEntry]
    """Those that are about the patient and not about one part of the body."""


class BodyFile(_Strict):
    """A file of symptoms/: one part of the body or one field of medicine."""

    questions: list[QuestionEntry]
    symptoms: list[SymptomEntry]


@dataclass(frozen=True, slots=True)
class SymptomTable:
    """The checked table with its compiled vocabulary."""

    vocabulary: Vocabulary
    symptoms: Mapping[str, SymptomEntry]
    rules: tuple[HouseRuleEntry, ...]
    """In the order in which they are taken."""
    questions: Mapping[str, QuestionEntry]
    whole: Mapping[str, str]  # complaints by the words of `SymptomEntry.whole`
    thresholds: Thresholds
    fusion: FusionEntry
    departments: tuple[str, ...]
    """Every department that some complaint speaks for, in alphabetical order."""
    child_below: float
    """Years below which a patient belongs to paediatrics here."""


def load_symptoms(
    folder: Path, departments: Collection[str] | None = None, child_below: float = CHILD_BELOW
) -> SymptomTable:
    """The symptom table of a hospital folder (symptoms.yml, symptoms/*.yml, and the parts of concepts.yml).

    `departments`: the ids the hospital knows; others in the table raise RulesInvalid. `child_below`: the local age of
    paediatrics in years.
    """
    path = folder / "symptoms.yml"
    file = load_yaml(path, SymptomFile)
    vocabulary = load_vocabulary(folder / "concepts.yml")
    symptoms: dict[str, SymptomEntry] = {}
    questions = {question.id: question for question in file.questions}
    for part in sorted((folder / "symptoms").glob("*.yml")):
        _add(part, load_yaml(part, BodyFile), symptoms, questions)
    for entry in symptoms.values():
        vocabulary.add(entry.id, entry)
    spoken_for = {name for entry in symptoms.values() for name in entry.departments}
    named = spoken_for | {name for rule in file.rules for name in (*rule.move, *rule.bar, *rule.when.best)}
    unknown = named - set(departments) if departments is not None else set()
    if unknown:
        raise RulesInvalid(f"{path.name}: unknown departments {', '.join(sorted(unknown))}")
    _check_names(path, file.rules, questions, symptoms)
    missing = {rule.kind for rule in file.rules} - set(file.precedence)
    if missing:
        raise RulesInvalid(f"{path.name}: precedence lacks {', '.join(sorted(missing))}")
    return SymptomTable(
        vocabulary,
        symptoms,
        tuple(sorted(file.rules, key=lambda rule: file.precedence.index(rule.kind))),
        questions,
        {word: entry.id for entry in symptoms.values() for word in entry.whole},
        file.thresholds,
        file.fusion,
        tuple(sorted(named)),
        child_below,
    )


def _add(path: Path, file: BodyFile, symptoms: dict[str, SymptomEntry], questions: dict[str, QuestionEntry]) -> None:
    for entry in file.symptoms:
        if entry.id in symptoms:
            raise RulesInvalid(f"{path.name}: the symptom {entry.id} stands twice")
        symptoms[entry.id] = entry
    for question in file.questions:
        if question.id in questions:
            raise RulesInvalid(f"{path.name}: the question {question.id} stands twice")
        questions[question.id] = question


def _check_names(
    path: Path,
    rules: Collection[HouseRuleEntry],
    questions: Mapping[str, QuestionEntry],
    symptoms: Mapping[str, SymptomEntry],
) -> None:
    for owner, names in _named_symptoms(rules, questions.values()):
        unknown = set(names) - set(symptoms)
        if unknown:
            raise RulesInvalid(f"{path.name}: {owner} names unknown symptoms {', '.join(sorted(unknown))}")
    for question in questions.values():
        if (question.kind == "yes_no") != bool(question.about):
            raise RulesInvalid(f"{path.name}: the question {question.id} needs `about` if and only if it is yes_no")
        if question.kind == "choice" and len(question.options) < 2:
            raise RulesInvalid(f"{path.name}: the question {question.id} needs two options or more")
    for entry in symptoms.values():
        if entry.question is not None and entry.question not in questions:
            raise RulesInvalid(f"{path.name}: {entry.id} names an unknown question {entry.question}")


def _named_symptoms(
    rules: Collection[HouseRuleEntry], questions: Collection[QuestionEntry]
) -> Iterator[tuple[str, list[str]]]:
    for rule in rules:
        yield f"the rule {rule.id}", [*rule.when.any, *rule.when.also, *rule.when.only, *rule.unless]
    for question in questions:
        yield f"the question {question.id}", [*question.all_about, *question.when.any, *question.when.unless]
