"""From one utterance to facts: which concept is said of whom, and how it is meant."""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from actions.safety.assertion import Status, assert_mentions
from actions.safety.concepts import Concepts
from actions.safety.lexicon import Mention, Scan
from actions.safety.persons import SELF, Person, Persons, ages_in, sex_in, weeks_in
from actions.safety.readings import read_values
from actions.safety.text import Kind, normalise

_THIRD = "third"
"""Pronouns (他, she): whoever was spoken of before."""
OTHER = "other"
"""Someone who is not named by a relation: a friend, a stranger, a pronoun out of the blue."""
PREGNANT = "pregnant"
"""Id of the concept that says so."""
_AGE_REACH = 3
"""Tokens between an age and the person it belongs to (72岁的老母亲)."""


@dataclass(frozen=True, slots=True)
class Fact:
    """One concept said of one person."""

    concept: str
    subject: str
    status: Status
    sentence: int


@dataclass(frozen=True, slots=True)
class Reading:
    """What one utterance says."""

    facts: tuple[Fact, ...]
    people: Mapping[str, Person]
    """What was learned of each person spoken of, concepts included."""
    current: str
    """Whom it is about in the end."""


def named_persons(scan: Scan, current: str = SELF) -> list[tuple[int, str]]:
    """Persons by the token where each is named; a longer word hides a shorter one (我爸 is no 我).

    A pronoun is whoever was spoken of before, at first `current`.
    """
    spans = [
        (span.start, -span.end, name.removeprefix("person:"))
        for name, found in scan.named.items()
        if name.startswith("person:")
        for span in found
    ]
    named: list[tuple[int, str]] = []
    last = current if current != SELF else OTHER
    reached = -1
    for start, negative_end, name in sorted(spans):
        if start < reached:
            continue
        reached = -negative_end
        subject = last if name == _THIRD else name
        if subject != SELF:
            last = subject
        named.append((start, subject))
    return named


def subject_at(place: int, scan: Scan, named: Sequence[tuple[int, str]], current: str = SELF) -> str:
    """Whom a token speaks of: the person named last before it, else the one named first after it in its sentence."""
    index = bisect_right(named, place, key=lambda one: one[0])
    if index:
        return named[index - 1][1]
    if named and scan.tokens[named[0][0]].sentence == scan.tokens[place].sentence:
        return named[0][1]
    return current


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads utterances with the hospital's concepts. Stateless."""

    concepts: Concepts

    def read(self, utterance: str, context: Persons) -> Reading:
        """Facts of one utterance, given who was spoken of before."""
        text = normalise(utterance)
        scan = self.concepts.vocabulary.lexicon.scan(text)
        scan = self._with_values(text, scan)
        named = named_persons(scan, context.current)
        statuses = assert_mentions(
            scan, self.concepts.of("background"), personal=bool(named), events=self.concepts.of("event")
        )
        facts = tuple(
            dict.fromkeys(
                Fact(
                    m.concept, subject_at(m.start, scan, named, context.current), status, scan.tokens[m.start].sentence
                )
                for m, status in statuses.items()
            )
        )
        current = named[-1][1] if named else context.current
        return Reading(facts, self._learn(text, scan, named, facts, context), current)

    def _with_values(self, text: str, scan: Scan) -> Scan:
        values = read_values(text, self.concepts.quantities)
        if not values or not scan.tokens:
            return scan
        starts = [token.start for token in scan.tokens]
        more = tuple(
            Mention(one.concept, place, max(place + 1, bisect_left(starts, one.end)), ())
            for one in values
            for place in [max(0, bisect_right(starts, one.start) - 1)]
        )
        return Scan(scan.tokens, tuple(sorted((*scan.mentions, *more), key=lambda m: (m.start, m.end))), scan.named)

    def _learn(
        self, text: str, scan: Scan, named: Sequence[tuple[int, str]], facts: Sequence[Fact], context: Persons
    ) -> dict[str, Person]:
        modifiers = self.concepts.of("modifier")
        held: defaultdict[str, set[str]] = defaultdict(set)
        denied: defaultdict[str, set[str]] = defaultdict(set)
        for fact in facts:
            if fact.concept not in modifiers and fact.status is Status.PRESENT:
                held[fact.subject].add(fact.concept)
            elif fact.concept not in modifiers and fact.status is Status.DENIED:
                denied[fact.subject].add(fact.concept)
        people: dict[str, Person] = {}
        for subject in dict.fromkeys([*(subject for _, subject in named), *held, *denied]):
            relation = self.concepts.vocabulary.relations.get(subject)
            pregnant = PREGNANT in held[subject]
            people[subject] = Person(
                sex="female" if pregnant else relation.sex if relation else None,
                child=relation.child if relation else False,
                pregnant=True if pregnant else False if PREGNANT in denied[subject] else None,
                concepts=frozenset(held[subject]),
                denied=frozenset(denied[subject] - held[subject]),
            )
        self._learn_numbers(text, scan, named, context, people)
        return people

    def _learn_numbers(
        self,
        text: str,
        scan: Scan,
        named: Sequence[tuple[int, str]],
        context: Persons,
        people: dict[str, Person],
    ) -> None:
        starts = [token.start for token in scan.tokens]
        for start, end, years in ages_in(text):
            subject = self._owner(bisect_left(starts, start), bisect_left(starts, end), scan, named, context)
            if people.get(subject, Person()).age is None:
                people[subject] = people.get(subject, Person()).learn(Person(age=years))
        about = named[-1][1] if named else context.current
        weeks, sex = weeks_in(text), sex_in(text)
        if weeks is not None:
            people[about] = people.get(about, Person()).learn(Person(weeks=weeks, pregnant=True, sex="female"))
        if sex is not None and about in {SELF, OTHER} and people.get(about, Person()).sex is None:
            people[about] = people.get(about, Person()).learn(Person(sex=sex))

    def _owner(self, start: int, end: int, scan: Scan, named: Sequence[tuple[int, str]], context: Persons) -> str:
        """Whose age stands at tokens start to end: a person inside, right after in the clause, or before."""
        for place, subject in named:
            between = scan.tokens[end:place]
            if start <= place < end + _AGE_REACH and all(token.kind is Kind.WORD for token in between):
                return subject
        return subject_at(start, scan, named, context.current)
