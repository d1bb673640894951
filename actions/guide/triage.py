"""From a complaint to departments: evidence of the symptom table, then the rules of the house.

    guide = load_guide(Path("knowledge/hospital"))
    guide.assess(["膝盖疼了半个月，上下楼更厉害"]).departments[0].department     # "orthopaedics"

Pure: no storage, no clock. The emergency gate has read the words before; this never diagnoses.
"""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from math import exp
from pathlib import Path

from actions.guide.symptoms import HouseRuleEntry, QuestionEntry, SymptomTable, load_symptoms
from actions.safety.assertion import Status, assert_mentions
from actions.safety.lexicon import Mention
from actions.safety.persons import SELF, Person, read_person
from actions.safety.reader import named_persons, subject_at
from actions.safety.text import normalise

MOST = 3
"""Departments offered at most."""
CHILD_BELOW = 14.0
"""Years below which a patient belongs to paediatrics here (paediatric_under_age of hospital.yml)."""
_MAYBE_CHILD = frozenset({"son", "daughter"})
_CHILD = "child"
_DURATION = (
    "天",
    "周",
    "月",
    "年",
    "小时",
    "昨",
    "今",
    "刚",
    "突然",
    "day",
    "week",
    "month",
    "year",
    "hour",
    "since",
    "ago",
)


@dataclass(frozen=True, slots=True)
class Suggestion:
    """One department to go to."""

    department: str
    probability: float
    """Share of the evidence, 0 to 1, over all departments; not yet calibrated."""
    because: tuple[str, ...]
    """Symptom ids that speak for it, strongest first."""


@dataclass(frozen=True, slots=True)
class Assessment:
    """What the guide makes of the words so far."""

    departments: tuple[Suggestion, ...]
    """At most three, best first; empty where nothing was understood."""
    abstained: bool
    """Too little to go on: the guide desk decides."""
    question: str | None
    """Id of the most useful next question, None when there is nothing worth asking."""
    symptoms: tuple[str, ...]
    """Ids of the complaints understood, in the order said."""


@dataclass(frozen=True, slots=True)
class _Case:
    """What is known of the patient in one assessment."""

    symptoms: Mapping[str, float]
    """Complaints with the weight they count."""
    age: float | None
    sex: str | None
    pregnant: bool | None
    weeks: float | None
    child: bool
    maybe_child: bool
    duration_said: bool
    injury_denied: bool


@dataclass(frozen=True, slots=True)
class Guide:
    """The compiled guide. Immutable; safe to share between threads."""

    table: SymptomTable
    child_below: float = CHILD_BELOW

    def assess(
        self,
        texts: Sequence[str],
        age: float | None = None,
        sex: str | None = None,
        pregnant: bool | None = None,
    ) -> Assessment:
        """Departments for what was said so far (all texts of one complaint, oldest first).

        Age (years), sex and pregnancy are what the caller knows; what the texts say fills the gaps. Denied symptoms do
        not count.
        """
        case = self._case(texts, age, sex, pregnant)
        scores: dict[str, float] = {}
        for symptom, weight in case.symptoms.items():
            for department, evidence in self.table.symptoms[symptom].departments.items():
                scores[department] = scores.get(department, 0.0) + evidence * weight
        ranked = self._ranked(scores, case)
        limits = self.table.thresholds
        abstained = not ranked or ranked[0].probability < limits.abstain_below
        return Assessment(ranked, abstained, self._question(case, ranked), tuple(case.symptoms))

    def _case(self, texts: Sequence[str], age: float | None, sex: str | None, pregnant: bool | None) -> _Case:
        found: dict[str, float] = {}
        persons: Counter[str] = Counter()
        for text in texts:
            plain = normalise(text)
            scan = self.table.vocabulary.lexicon.scan(plain)
            named = named_persons(scan)
            persons.update(subject for _, subject in named if not scan.mentions)
            statuses = assert_mentions(scan, frozenset(), personal=True)
            for mention in longest_mentions(scan.mentions):
                persons[subject_at(mention.start, scan, named)] += 1
                status = statuses[mention]
                if status is Status.DENIED:
                    found.pop(mention.concept, None)
                    continue
                past = status in {Status.PAST, Status.RESOLVED}
                weight = self.table.thresholds.past_weight if past else 1.0
                found[mention.concept] = max(weight, found.get(mention.concept, 0.0))
        return self._patient(texts, found, persons, Person(age=age, sex=sex, pregnant=pregnant))

    def _patient(
        self, texts: Sequence[str], found: Mapping[str, float], persons: Mapping[str, int], told: Person
    ) -> _Case:
        said = read_person(texts)
        entries = [self.table.symptoms[symptom] for symptom in found]
        patient = max(persons, key=lambda name: persons[name]) if persons else SELF
        relation = self.table.vocabulary.relations.get(patient)
        age = told.age if told.age is not None else said.age
        pregnant = told.pregnant
        if pregnant is None and (said.pregnant or any(entry.pregnancy for entry in entries)):
            pregnant = True
        sex = told.sex or next((entry.sex for entry in entries if entry.sex), None)
        sex = sex or ("female" if pregnant else relation.sex if relation and relation.sex else said.sex)
        child = age < self.child_below if age is not None else patient == _CHILD and not pregnant
        everything = " ".join(texts).lower()
        return _Case(
            symptoms=found,
            age=age,
            sex=sex,
            pregnant=pregnant,
            weeks=said.weeks,
            child=child,
            maybe_child=age is None and not child and patient in _MAYBE_CHILD,
            duration_said=any(word in everything for word in _DURATION),
            injury_denied=any(word in everything for word in ("没有受伤", "没受伤", "没摔", "no injury")),
        )

    def _ranked(self, scores: Mapping[str, float], case: _Case) -> tuple[Suggestion, ...]:
        if not scores and not case.child and not case.pregnant:
            return ()
        best = max(scores, key=lambda name: scores[name]) if scores else None
        applied = [rule for rule in self.table.rules if self._fits(rule, case, best)]
        barred = {name for rule in applied for name in rule.bar}
        moved = next((rule.move for rule in applied if rule.move), [])
        total = sum(exp(scores.get(name, 0.0)) for name in self.table.departments)
        shares = {name: exp(score) / total for name, score in scores.items() if name not in barred}
        # A hard rule puts its department before the evidence; evidence still orders the rest.
        for place, name in enumerate(moved):
            lead = max(shares.values(), default=0.0)
            shares[name] = max(shares.get(name, 0.0), lead, 0.5) if place == 0 else shares.get(name, lead / 2)
        whole = max(1.0, sum(shares.values()))
        shares = {name: share / whole for name, share in shares.items()}
        first = moved[0] if moved else None
        order = sorted(shares, key=lambda name: (name != first, -shares[name], name))
        return tuple(
            Suggestion(name, round(shares[name], 4), self._because(name, case))
            for place, name in enumerate(order[:MOST])
            if place == 0 or name in moved or shares[name] >= shares[order[0]] * self.table.thresholds.keep_share
        )

    def _because(self, department: str, case: _Case) -> tuple[str, ...]:
        evidence = {
            symptom: self.table.symptoms[symptom].departments.get(department, 0.0) * weight
            for symptom, weight in case.symptoms.items()
        }
        speaking = [one for one in evidence if evidence[one] > 0]
        # Where a rule of the house decided, everything said is the reason.
        return tuple(sorted(speaking or evidence, key=lambda one: -evidence[one]))

    def _fits(self, rule: HouseRuleEntry, case: _Case, best: str | None) -> bool:
        when = rule.when
        checks = (
            when.child is None or when.child == case.child,
            when.pregnant is None or when.pregnant == bool(case.pregnant),
            when.sex is None or when.sex == case.sex,
            when.age is None or (case.age is not None and when.age.holds(case.age)),
            when.weeks is None or (when.weeks.at_least is None if case.weeks is None else when.weeks.holds(case.weeks)),
            not when.any or any(name in case.symptoms for name in when.any),
            not when.only or set(case.symptoms) <= set(when.only),
            not when.best or best in when.best,
            not any(name in case.symptoms for name in rule.unless),
        )
        return all(checks)

    def _question(self, case: _Case, ranked: Sequence[Suggestion]) -> str | None:
        unsure = bool(ranked) and ranked[0].probability < self.table.thresholds.asked_share
        for question in self.table.questions:
            if self._worth_asking(question, case, unsure):
                return question.id
        return None

    def _worth_asking(self, question: QuestionEntry, case: _Case, unsure: bool) -> bool:
        known = {
            "age": case.age is not None or case.child,
            "pregnant": case.pregnant is not None or case.sex == "male" or case.child,
            "injury": "trauma_fall" in case.symptoms or case.injury_denied,
            "duration": case.duration_said,
        }
        when = question.when
        if question.unknown and known[question.unknown]:
            return False
        if when.none:
            return not case.symptoms
        asks = any(self.table.symptoms[one].question == question.id for one in case.symptoms)
        return bool(case.symptoms) and all(
            (
                not when.asks or asks,
                not when.unsure or unsure,
                not when.maybe_child or case.maybe_child,
                when.sex is None or case.sex in {None, when.sex},
                when.age is None or case.age is None or when.age.holds(case.age),
            )
        )


def longest_mentions(mentions: Sequence[Mention]) -> list[Mention]:
    """Mentions without those that a longer unbroken one holds: 偏头痛 is no second 头痛, 乳腺癌 no other 癌."""
    solid = [mention for mention in mentions if len(mention.atoms) == 1]
    return [
        mention
        for mention in mentions
        if not any(
            other.start <= mention.start
            and mention.end <= other.end
            and other.end - other.start > mention.end - mention.start
            for other in solid
        )
    ]


def load_guide(folder: Path, departments: Collection[str] | None = None, child_below: float = CHILD_BELOW) -> Guide:
    """The guide of a hospital folder (symptoms.yml, concepts.yml). Raises RulesInvalid with the file and entry.

    `departments`: ids the hospital knows, to check the table against; `child_below`: the local age of paediatrics.
    """
    return Guide(load_symptoms(folder, departments), child_below)
