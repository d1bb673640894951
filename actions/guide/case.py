"""What is known of the patient: complaints, what was denied, age, sex, pregnancy.

Everything said is read in the order in which it was said, so the later word wins.
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from actions.guide.answers import NO, PARTLY, UNKNOWN, YES, Answer, Said
from actions.guide.symptoms import QuestionEntry, SymptomTable
from actions.safety.assertion import Status, assert_mentions
from actions.safety.lexicon import Mention, Scan
from actions.safety.persons import SELF, read_person
from actions.safety.reader import named_persons, subject_at
from actions.safety.text import normalise

AGES = {"child": 8.0, "adult": 40.0, "elder": 70.0}
"""A typical age for each tapped age group, in years."""
WHO: Mapping[str, tuple[str, str | None, bool | None]] = {
    "man": ("adult", "male", False),
    "woman": ("adult", "female", None),
    "pregnant": ("adult", "female", True),
    "child": ("child", None, False),
}
"""Age group, sex and pregnancy of each answer to who the patient is."""
_MAYBE_CHILD = frozenset({"son", "daughter"})
"""Relations of any age."""
_DURATION = re.compile(r"[天周月年昨今刚]|小时|突然|\b(?:day|week|month|year|hour|since|ago)")
_SIGN = re.compile(r"[\u3400-\u9fff]|[a-z']+|\d+")
_ASKING = re.compile(
    r"^(你好|您好|请问|我|就|想|要|来|去|需要|得|挂|看|做|打|预约|个|一下|一针|一次|\s|[,，])+|(科|门诊|一下|吧|的|呢)*[。.!！?？\s]*$|"
    r"^(?:(?:hi|hello|please|i|id|im|we|just|would|like|want|need|here|for|to|have|get|book|do|see|a|an|the|my|some)\b\s*)+"
    r"|\s*\bplease\W*$"
)
"""What is said around the name of something wanted."""
_NO_INJURY = re.compile(
    r"没有?(受伤|受过伤|摔|扭|撞|磕|碰)|\bno (injury|fall|accident)\b|\bdidn'?t (fall|hurt)\b", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Known:
    """What the caller knows of the patient besides the words."""

    age: float | None = None
    """Years."""
    sex: str | None = None
    """`male` or `female`."""
    pregnant: bool | None = None
    urgency: str | None = None
    """How urgent the safety rules find it, where they have spoken."""


@dataclass(frozen=True, slots=True)
class Case:
    """What is known of the patient in one assessment."""

    symptoms: Mapping[str, float] = field(default_factory=dict)
    """Complaints with the weight they count, in the order told."""
    denied: frozenset[str] = frozenset()
    """Complaints said not to be there."""
    text: str = ""
    """Everything told that is not denied, for the classifier."""
    age: float | None = None
    sex: str | None = None
    pregnant: bool | None = None
    weeks: float | None = None
    child: bool = False
    maybe_child: bool = False
    """Someone's son or daughter of unknown age."""
    duration_said: bool = False
    length: int = 0
    """Signs told in the patient's own words: characters of Chinese, words of other languages."""
    injury_denied: bool = False
    urgency: str | None = None


@dataclass(slots=True)
class _Notes:
    """What is being gathered while reading."""

    found: dict[str, float] = field(default_factory=dict)
    denied: set[str] = field(default_factory=set)
    subjects: dict[str, str] = field(default_factory=dict)
    persons: Counter[str] = field(default_factory=Counter)
    age: float | None = None
    sex: str | None = None
    pregnant: bool | None = None
    of_patient: list[str] = field(default_factory=list)
    """What was told without the words for a child that is not the patient."""

    def add(self, symptom: str, weight: float) -> None:
        self.found[symptom] = max(weight, self.found.get(symptom, 0.0))
        self.denied.discard(symptom)

    def drop(self, symptom: str) -> None:
        self.found.pop(symptom, None)
        self.denied.add(symptom)


def read_case(table: SymptomTable, told: Sequence[Said], known: Known) -> Case:
    """The case that `told` (oldest first) makes; what the caller knows outweighs what the words say."""
    notes = _Notes()
    for one in told:
        if isinstance(one, Answer):
            _read_answer(table, one, notes)
        else:
            _read_words(table, one, notes)
    texts = [one.text if isinstance(one, Answer) else one for one in told]
    return _patient(table, [text for text in texts if text], notes, known)


def _read_answer(table: SymptomTable, answer: Answer, notes: _Notes) -> None:
    question = table.questions.get(answer.question)
    if question is not None:
        _read_value(table, question, answer.value, notes)
    if answer.text:
        _read_words(table, answer.text, notes)


def _read_value(table: SymptomTable, question: QuestionEntry, value: str, notes: _Notes) -> None:
    if question.unknown == "age" and value in AGES:
        notes.age = AGES[value]
    if question.unknown == "patient" and value in WHO:
        group, sex, pregnant = WHO[value]
        notes.age, notes.sex = AGES[group], sex
        notes.pregnant = pregnant if pregnant is not None else notes.pregnant
    if question.unknown == "pregnant" and value in {YES, NO}:
        notes.pregnant = value == YES
    if question.kind == "yes_no":
        for symptom in question.about:
            if value in {YES, PARTLY}:
                notes.add(symptom, 1.0 if value == YES else table.thresholds.partly_weight)
            elif value == NO:
                notes.drop(symptom)
    if question.kind == "choice" and value not in {"", UNKNOWN}:
        chosen = {one for option in question.options if option.id == value for one in option.about}
        for symptom in question.all_about:
            if symptom in chosen:
                notes.add(symptom, 1.0)
            elif value == NO:
                notes.drop(symptom)


def _read_words(table: SymptomTable, text: str, notes: _Notes) -> None:
    plain = normalise(text)
    scan = table.vocabulary.lexicon.scan(plain)
    others = [mention for mention in scan.mentions if table.symptoms[mention.concept].of_child]
    notes.of_patient.append(_without(plain, scan, others))
    named = [
        (place, subject)
        for place, subject in named_persons(scan)
        if not any(mention.start <= place < mention.end for mention in others)
    ]
    notes.persons.update(subject for _, subject in named if not scan.mentions)
    statuses = assert_mentions(scan, frozenset(), personal=True)
    for mention in longest(scan.mentions):
        subject = subject_at(mention.start, scan, named)
        notes.persons[subject] += 1
        status = statuses[mention]
        if status is Status.DENIED:
            notes.drop(mention.concept)
            continue
        past = status in {Status.PAST, Status.RESOLVED}
        notes.add(mention.concept, table.thresholds.past_weight if past else 1.0)
        notes.subjects.setdefault(mention.concept, subject)
    wanted = None if scan.mentions else table.whole.get(_ASKING.sub("", plain).strip())
    if wanted is not None:
        notes.add(wanted, 1.0)
        notes.subjects.setdefault(wanted, SELF)


def _without(plain: str, scan: Scan, mentions: Iterable[Mention]) -> str:
    """The words without those of some mentions."""
    for mention in sorted(mentions, key=lambda one: -one.start):
        first, last = scan.tokens[mention.start], scan.tokens[mention.end - 1]
        plain = f"{plain[: first.start]}，{plain[last.start + len(last.raw or last.text) :]}"
    return plain


def _patient(table: SymptomTable, texts: Sequence[str], notes: _Notes, known: Known) -> Case:
    said = read_person([*notes.of_patient])
    entries = [table.symptoms[symptom] for symptom in notes.found]
    patient = max(notes.persons, key=lambda name: notes.persons[name]) if notes.persons else SELF
    relation = table.vocabulary.relations.get(patient)
    age = next((years for years in (known.age, said.age, notes.age) if years is not None), None)
    pregnant = known.pregnant if known.pregnant is not None else notes.pregnant
    if pregnant is None and (said.pregnant or any(entry.pregnancy for entry in entries)):
        pregnant = True
    sex = known.sex or notes.sex or next((entry.sex for entry in entries if entry.sex), None)
    sex = sex or ("female" if pregnant else relation.sex if relation and relation.sex else said.sex)
    child = age < table.child_below if age is not None else patient == "child" and not pregnant
    everything = " ".join(texts).lower()
    return Case(
        symptoms=dict(notes.found),
        denied=frozenset(notes.denied),
        text=_for_classifier(table, texts, notes),
        age=age,
        sex=sex,
        pregnant=pregnant,
        weeks=said.weeks,
        child=child,
        maybe_child=age is None and not child and patient in _MAYBE_CHILD,
        length=len(_SIGN.findall(everything)),
        duration_said=_DURATION.search(everything) is not None,
        injury_denied="trauma_fall" in notes.denied or _NO_INJURY.search(everything) is not None,
        urgency=known.urgency,
    )


def _for_classifier(table: SymptomTable, texts: Sequence[str], notes: _Notes) -> str:
    """All that was told, and the complaints that were only said yes to, in the language of what was told."""
    told = "，".join(texts)
    added = [one for one in notes.found if one not in notes.subjects]
    names = [plain_name(table, one, "en" if told.isascii() else "zh") for one in added]
    return "，".join([part for part in (told, *names) if part])


def plain_name(table: SymptomTable, symptom: str, language: str) -> str:
    """A complaint's first name without a gap, in a language; empty where it has none."""
    entry = table.symptoms[symptom]
    words = entry.zh if language == "zh" else entry.en
    return next((word for word in words if not set(word) & set("{…}")), "")


def longest(mentions: Iterable[Mention]) -> list[Mention]:
    """Mentions without those that a longer unbroken one holds: 偏头痛 is no second 头痛, 乳腺癌 no other 癌."""
    known = list(mentions)
    solid = [mention for mention in known if len(mention.atoms) == 1]
    return [
        mention
        for mention in known
        if not any(
            other.start <= mention.start
            and mention.end <= other.end
            and other.end - other.start > mention.end - mention.start
            for other in solid
        )
    ]
