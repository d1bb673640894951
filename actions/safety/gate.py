"""The emergency gate: every turn of every channel passes it before anything else reads the turn.

    gate = load_gate(Path("knowledge/hospital"))
    verdict = gate.screen(["我爸胸口突然压着疼，一身冷汗"], Persons())
    verdict.level, verdict.say, verdict.subject     # "emergency", "safety.chest_pain", "father"

The rules need no model, no network and no other process; their knowledge is data: concepts.yml and red_flags.yml.
A second, learned vote adds alarms that no rule knows the words for:

    gate.second_opinion(["心里堵得慌，左胳膊也麻"], verdict)
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Protocol

from actions.safety.answers import join_answer
from actions.safety.assertion import Status
from actions.safety.concepts import Concepts, load_concepts
from actions.safety.features import fact_names
from actions.safety.persons import SELF, Person, Persons
from actions.safety.reader import Fact, Reader, Reading
from actions.safety.rules import Level, Rule, StatementEntry, load_rules
from actions.safety.sounds import Sounds, load_sounds
from actions.safety.text import normalise
from actions.safety.vote import Facts, Opinion, load_vote
from knowledge.embedder import QueryEmbedder

__all__ = ["Gate", "Level", "Persons", "Verdict", "join_answer", "load_gate"]

SECOND_VOTE = "second_vote"
"""The rule of an alarm that only the learned vote raised; its message is `safety.second_vote`."""
_RANK: dict[Level, int] = {"none": 0, "urgent": 1, "emergency": 2}


class SecondVote(Protocol):
    """What the gate needs of a learned vote."""

    def judge(self, text: str, facts: Facts) -> Opinion:
        """What it makes of a text. Raises EmbedderUnavailable."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the gate found in a turn."""

    level: Level = "none"
    rule: str | None = None
    """Id of the rule that fired."""
    say: str | None = None
    """Wording key of the message."""
    subject: str | None = None
    """Whom it is about: `self`, `mother`, `child` …"""
    concepts: tuple[str, ...] = ()
    """Concepts that met the rule."""
    where: str | None = None
    """Where the person belongs, an id of red_flags.yml (`emergency`, `obstetric_emergency` …)."""
    asked: tuple[str, ...] = ()
    """Concepts that were only asked about (胸痛挂什么科): worth a question back, no report."""
    persons: Persons = field(default_factory=Persons)
    """Everyone spoken of, this turn included: hand it to the next `screen`."""


@dataclass(frozen=True, slots=True)
class Gate:
    """The compiled gate. Immutable; safe to share between threads."""

    reader: Reader
    rules: tuple[Rule, ...]
    statements: dict[str, StatementEntry]
    modifiers: frozenset[str]
    vote: SecondVote | None = None
    """The learned vote; None where it was not trained: the rules then judge alone."""
    sounds: Sounds | None = None
    """Words of danger by their sound; None screens texts only as they are written."""

    @property
    def concepts(self) -> Concepts:
        """The concepts it knows."""
        return self.reader.concepts

    def join(self, question: str | None, answer: str) -> str:
        """An answer joined to the open question, given by its wording key or in words; see `join_answer`."""
        statement = self.statements.get(question or "")
        return join_answer(question, answer, statement)

    def screen(self, utterances: Sequence[str], context: Persons | None = None) -> Verdict:
        """The gravest finding among all readings of one turn. The first reading counts as what was said.

        Every reading is judged on its own, whole, whatever its length. What other readings add to a person is kept
        as well, so a danger that recognition spread over its alternatives is not lost; only the first may deny.
        """
        before = context or Persons()
        worst = Verdict(persons=before)
        after = before
        asked: dict[str, None] = {}
        for index, utterance in enumerate(dict.fromkeys([*utterances, *self._as_heard(utterances)])):
            reading = self.reader.read(utterance, before)
            verdict = self._judge(reading, before)
            if _RANK[verdict.level] > _RANK[worst.level]:
                worst = verdict
            after = _keep(after, reading, may_deny=index == 0)
            asked.update(dict.fromkeys(f.concept for f in reading.facts if f.status is Status.ASKED))
        return Verdict(
            worst.level, worst.rule, worst.say, worst.subject, worst.concepts, worst.where, tuple(asked), after
        )

    def _as_heard(self, utterances: Sequence[str]) -> list[str]:
        """Readings with misheard words of danger written right, after all that was given."""
        if self.sounds is None:
            return []
        heard = (self.sounds.repair(normalise(utterance)) for utterance in utterances if not utterance.isascii())
        return [one for one in heard if one is not None]

    def fact_names(self, text: str) -> set[str]:
        """What the rules make of a text by itself, as features of the second vote."""
        reading = self.reader.read(text, Persons())
        verdict = self._judge(reading, Persons())
        return fact_names(reading.facts, verdict.level, verdict.rule)

    def opinion(self, text: str) -> Opinion | None:
        """What the learned vote makes of a text; None without a vote. Raises EmbedderUnavailable."""
        return self.vote.judge(text, self.fact_names) if self.vote else None

    def second_opinion(self, utterances: Sequence[str], verdict: Verdict) -> Verdict:
        """The rules' verdict, raised to an emergency where the learned vote hears one in any of the utterances.

        Takes about as long as embedding each of them (13 ms for a sentence). Raises EmbedderUnavailable.
        """
        if self.vote is None or verdict.level == "emergency":
            return verdict
        for utterance in dict.fromkeys(utterances):
            if utterance and self.vote.judge(utterance, self.fact_names).alarm:
                return replace(
                    verdict, level="emergency", rule=SECOND_VOTE, say=f"safety.{SECOND_VOTE}", where="emergency"
                )
        return verdict

    def hear(self, utterances: Sequence[str], context: Persons | None = None) -> Verdict:
        """Both votes on one turn. Raises EmbedderUnavailable."""
        return self.second_opinion(utterances, self.screen(utterances, context))

    def _judge(self, reading: Reading, before: Persons) -> Verdict:
        if not reading.facts:
            return Verdict()
        by_subject: dict[str, list[Fact]] = {}
        for fact in reading.facts:
            by_subject.setdefault(fact.subject, []).append(fact)
        worst = Verdict()
        for subject, facts in by_subject.items():
            person = before.of(subject).learn(reading.people.get(subject, Person()))
            worst = self._worse(worst, self._match(subject, person, facts))
        others = [subject for subject in by_subject if subject != SELF]
        if len(by_subject) > 1 and worst.level != "emergency":
            # Pronouns mislead: "my wife collapsed, I see her lips go blue" is read as two people, so try all as one.
            whole = Person()
            for subject in by_subject:
                whole = whole.learn(before.of(subject).learn(reading.people.get(subject, Person())))
            worst = self._worse(worst, self._match(others[0], whole, reading.facts))
        return worst

    def _match(self, subject: str, person: Person, facts: Sequence[Fact]) -> Verdict:
        for rule in self.rules:
            matched = rule.met(person, facts, self.modifiers)
            if matched is not None:
                entry = rule.entry
                return Verdict(entry.level, entry.id, entry.say, subject, matched, entry.where)
        return Verdict()

    @staticmethod
    def _worse(one: Verdict, other: Verdict) -> Verdict:
        return other if _RANK[other.level] > _RANK[one.level] else one


def _keep(persons: Persons, reading: Reading, may_deny: bool) -> Persons:
    for subject, learned in reading.people.items():
        if may_deny:
            persons = persons.update(subject, learned)
        else:
            persons = persons.update(subject, Person(concepts=learned.concepts))
    return Persons(persons.people, reading.current if may_deny else persons.current)


def load_gate(folder: Path, vote: Path | None = None, embedder: QueryEmbedder | None = None) -> Gate:
    """The gate of a hospital folder (concepts.yml, red_flags.yml), with the learned vote where a file is named.

    Raises RulesInvalid with the file and entry.
    """
    concepts = load_concepts(folder / "concepts.yml")
    rules, statements = load_rules(folder / "red_flags.yml", concepts.categories)
    second = load_vote(vote, embedder) if vote and embedder else None
    sounds = load_sounds(concepts.spoken, concepts.sound_alike)
    return Gate(Reader(concepts), rules, dict(statements), concepts.of("modifier"), second, sounds)
