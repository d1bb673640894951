"""red_flags.yml: rules that a clinician can read, and how they meet what is known of a person.

A condition's `all` lists what must hold; `a|b` is either, and a name of `groups` stands for its members. A rule fires
only when something said in this turn is part of it, so an emergency that was handled does not return with every word.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from actions.safety.assertion import Status
from actions.safety.concepts import Category, load_yaml
from actions.safety.errors import RulesInvalid
from actions.safety.persons import Person
from actions.safety.reader import Fact

Level = Literal["none", "urgent", "emergency"]
_CHILD_AGE = 5.0
"""Years: someone called a child, age unsaid, meets an age condition that reaches this far."""
_NEAR = 1
"""Sentences between a modifier and the symptom it colours."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Range(_Strict):
    """A range of ages in years or of weeks."""

    at_least: float | None = None
    below: float | None = None

    def holds(self, value: float) -> bool:
        """Whether the value lies within."""
        return (self.at_least is None or value >= self.at_least) and (self.below is None or value < self.below)


class Least(_Strict):
    """At least `number` of these concepts."""

    number: int = Field(ge=2)
    of: list[str]


class ConditionEntry(_Strict):
    """One way in which a rule is met."""

    all: list[str] = Field(default_factory=list)
    least: Least | None = None
    unless: list[str] = Field(default_factory=list)
    age: Range | None = None
    sex: Literal["male", "female"] | None = None
    pregnant: bool | None = None
    weeks: Range | None = None


class SourceEntry(_Strict):
    """The public guideline a rule comes from."""

    name: str
    publisher: str
    year: int = Field(ge=1990, le=2100)


class RuleEntry(_Strict):
    """A rule as a clinician reads it."""

    id: str
    level: Literal["urgent", "emergency"]
    topic: str
    say: str
    where: str
    when: list[ConditionEntry] = Field(min_length=1)
    hypothetical: bool = False
    """Counts "what if" too: nobody asks what to do with a swallowed battery for later."""
    asked: bool = False
    """Counts questions about a topic too: asking for painless ways to die is a call for help."""
    resolved: bool = False
    """Counts what has passed: a stroke sign that went away is one all the same."""
    source: SourceEntry
    reviewed: bool = False
    """Signed by a clinician of this hospital."""


class StatementEntry(_Strict):
    """What yes and no to an open question state, in both languages."""

    affirmed: dict[Literal["zh", "en"], str]
    denied: dict[Literal["zh", "en"], str]


class RuleFile(_Strict):
    """The whole of red_flags.yml."""

    groups: dict[str, list[str]] = Field(default_factory=dict)
    overrides: dict[str, list[str]] = Field(default_factory=dict)
    """A modifier that others cancel as an exclusion (`chronic` by `sudden`)."""
    statements: dict[str, StatementEntry] = Field(default_factory=dict)
    rules: list[RuleEntry]


@dataclass(frozen=True, slots=True)
class Condition:
    """A compiled condition."""

    all: tuple[frozenset[str], ...]
    least: tuple[int, frozenset[str]] | None
    unless: Mapping[str, frozenset[str]]
    """What excludes it, and what cancels that exclusion."""
    concepts: frozenset[str]
    """All that it asks for."""
    entry: ConditionEntry


@dataclass(frozen=True, slots=True)
class Rule:
    """A compiled rule."""

    entry: RuleEntry
    conditions: tuple[Condition, ...]
    counts: frozenset[Status]
    """Statuses of this turn's facts that the rule takes as holding."""
    concepts: frozenset[str]
    """All that its conditions ask for."""

    def met(self, person: Person, facts: Sequence[Fact], modifiers: frozenset[str]) -> tuple[str, ...] | None:
        """The concepts that meet the rule for a person, given this turn's facts about them; None if it is not met."""
        if not any(fact.concept in self.concepts for fact in facts):
            return None
        taken = [fact for fact in facts if fact.status in self.counts]
        said = {fact.concept for fact in taken}
        for condition in self.conditions:
            if not said & condition.concepts:
                continue
            matched = _meets(condition, person, taken, modifiers)
            if matched is not None:
                return matched
        return None


def _meets(
    condition: Condition, person: Person, facts: Sequence[Fact], modifiers: frozenset[str]
) -> tuple[str, ...] | None:
    if not _fits(condition.entry, person):
        return None
    now = {fact.concept for fact in _beside(condition, facts, modifiers)}
    known = (person.concepts | now) - (person.denied - now)
    if any(excluding in known and not cancels & now for excluding, cancels in condition.unless.items()):
        return None
    matched: list[str] = []
    for either in condition.all:
        here = sorted(either & now) or sorted(either & known)
        if not here:
            return None
        matched += here
    if condition.least:
        number, of = condition.least
        here = sorted(of & known)
        if len(here) < number:
            return None
        matched += here
    return tuple(dict.fromkeys(matched)) if set(matched) & now else None


def _beside(condition: Condition, facts: Sequence[Fact], modifiers: frozenset[str]) -> list[Fact]:
    """Facts without the modifiers that stand far from every symptom of the condition said in this turn."""
    places = [f.sentence for f in facts if f.concept in condition.concepts and f.concept not in modifiers]
    if not places:
        return list(facts)
    return [f for f in facts if f.concept not in modifiers or any(abs(f.sentence - place) <= _NEAR for place in places)]


def _fits(entry: ConditionEntry, person: Person) -> bool:
    if entry.sex and person.sex and entry.sex != person.sex:
        return False
    if entry.pregnant is not None and bool(person.pregnant) != entry.pregnant:
        return False
    if entry.weeks and not (person.weeks is not None and entry.weeks.holds(person.weeks)):
        return False
    if entry.age is None:
        return True
    if person.age is not None:
        return entry.age.holds(person.age)
    return person.child and entry.age.at_least is None and (entry.age.below or 0) >= _CHILD_AGE


def load_rules(path: Path, categories: Mapping[str, Category]) -> tuple[tuple[Rule, ...], Mapping[str, StatementEntry]]:
    """Rules and statements of a red_flags.yml, emergencies first. Raises RulesInvalid."""
    file = load_yaml(path, RuleFile)
    seen: set[str] = set()
    rules: list[Rule] = []
    for entry in file.rules:
        if entry.id in seen:
            raise RulesInvalid(f"{path.name}: the rule {entry.id} stands twice")
        seen.add(entry.id)
        compiled = tuple(_compile(path, entry.id, one, file, categories) for one in entry.when)
        rules.append(Rule(entry, compiled, _counts(entry), frozenset().union(*(one.concepts for one in compiled))))
    rules.sort(key=lambda rule: rule.entry.level != "emergency")
    return tuple(rules), file.statements


def _counts(entry: RuleEntry) -> frozenset[Status]:
    counts = {Status.PRESENT}
    if entry.hypothetical:
        counts.add(Status.HYPOTHETICAL)
    if entry.asked:
        counts |= {Status.ASKED, Status.HYPOTHETICAL}
    if entry.resolved:
        counts.add(Status.RESOLVED)
    return frozenset(counts)


def _compile(
    path: Path,
    rule: str,
    entry: ConditionEntry,
    file: RuleFile,
    categories: Mapping[str, Category],
) -> Condition:
    def expand(names: Sequence[str]) -> frozenset[str]:
        members: set[str] = set()
        for name in names:
            members |= expand(file.groups[name]) if name in file.groups else {name}
        unknown = members - set(categories)
        if unknown:
            raise RulesInvalid(f"{path.name}: the rule {rule} names unknown concepts {', '.join(sorted(unknown))}")
        return frozenset(members)

    if not entry.all and not entry.least:
        raise RulesInvalid(f"{path.name}: a condition of the rule {rule} asks for nothing")
    every = tuple(expand([name.strip() for name in either.split("|")]) for either in entry.all)
    least = (entry.least.number, expand(entry.least.of)) if entry.least else None
    asked_for = frozenset().union(*every, least[1] if least else frozenset())
    unless = {name: expand(file.overrides.get(name, [])) for name in expand(entry.unless)}
    return Condition(every, least, unless, asked_for, entry)
