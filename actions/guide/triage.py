"""From a complaint to departments: evidence of the symptom table and the trained classifier, then the house's rules.

    guide = load_guide(Path("knowledge/hospital"))
    guide.assess(["膝盖疼了半个月，上下楼更厉害"]).departments[0].department     # "orthopaedics"

No storage, no clock; the only model behind it is the classifier's embedder. The emergency gate has read the words
before; this never diagnoses.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from actions.guide.answers import Said
from actions.guide.case import Case, Known, read_case
from actions.guide.classifier import Classifier, load_classifier
from actions.guide.evidence import Shares, weigh_case
from actions.guide.house import Decision, decide
from actions.guide.questions import next_question
from actions.guide.symptoms import CHILD_BELOW, SymptomTable, load_symptoms
from knowledge.embedder import QueryEmbedder

MOST = 3
"""Departments offered at most."""
LEAST_OF_FIRST = 0.5
"""Probability that a department has at least which a rule of the house puts first."""


@dataclass(frozen=True, slots=True)
class Suggestion:
    """One department to go to."""

    department: str
    probability: float
    """That it is a right one, 0 to 1, as fitted on the training cases."""
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
    rule: str | None = None
    """Id of the rule of the house that put the first department there."""


@dataclass(frozen=True, slots=True)
class Guide:
    """The compiled guide. Immutable; safe to share between threads."""

    table: SymptomTable
    classifier: Classifier | None = None

    def assess(
        self,
        told: Sequence[Said],
        age: float | None = None,
        sex: str | None = None,
        pregnant: bool | None = None,
        *,
        asked: Collection[str] = (),
        urgency: str | None = None,
    ) -> Assessment:
        """Departments for what was said so far (sentences and answers of one complaint, oldest first).

        Age (years), sex and pregnancy are what the caller knows; what the words say fills the gaps. Denied symptoms
        do not count. `asked`: questions not to be asked again; `urgency`: what the safety rules say of the same words.
        """
        case = read_case(self.table, told, Known(age, sex, pregnant, urgency))
        shares = weigh_case(self.table, self.classifier, case)
        best = max(shares, key=lambda name: shares[name]) if shares else None
        decision = decide(self.table, case, best)
        allowed = _allowed(shares, decision, case)
        limits = self.table.thresholds
        ranked = self._ranked(allowed, decision, case)
        abstained = not ranked or ranked[0].probability < limits.abstain_below
        question = next_question(self.table, case, {} if decision.first else allowed, asked)
        return Assessment(ranked, abstained, question, tuple(case.symptoms), decision.rule)

    def symptoms_in(self, text: str) -> tuple[str, ...]:
        """Ids of the complaints of one sentence; reads the table alone, so it is quick."""
        return tuple(read_case(self.table, [text], Known()).symptoms)

    def _ranked(self, allowed: Shares, decision: Decision, case: Case) -> tuple[Suggestion, ...]:
        places = {name: place for place, name in enumerate(decision.first)}
        order = sorted(allowed, key=lambda name: (places.get(name, len(places)), -allowed[name], name))
        least = max(allowed.values(), default=0.0) * self.table.thresholds.keep_share
        return tuple(
            Suggestion(name, round(allowed[name], 4), self._because(name, case))
            for place, name in enumerate(order[:MOST])
            if place == 0 or name in decision.first or allowed[name] >= least
        )

    def _because(self, department: str, case: Case) -> tuple[str, ...]:
        evidence = {
            symptom: self.table.symptoms[symptom].departments.get(department, 0.0) * weight
            for symptom, weight in case.symptoms.items()
        }
        speaking = [one for one in evidence if evidence[one] > 0]
        # Where a rule of the house or the classifier decided, everything said is the reason.
        return tuple(sorted(speaking or evidence, key=lambda one: -evidence[one]))


def _allowed(shares: Shares, decision: Decision, case: Case) -> dict[str, float]:
    """The shares without barred departments, and with those that a rule puts first before the evidence."""
    if not shares and not case.child and not case.pregnant and case.urgency is None:
        return {}
    allowed = {name: share for name, share in shares.items() if name not in decision.barred}
    for place, name in enumerate(decision.first):
        lead = max(allowed.values(), default=0.0)
        allowed[name] = max(allowed.get(name, 0.0), lead, LEAST_OF_FIRST) if place == 0 else allowed.get(name, lead / 2)
    whole = sum(allowed.values())
    return {name: share / whole for name, share in allowed.items()} if whole > 0 else {}


def load_guide(
    folder: Path,
    departments: Collection[str] | None = None,
    child_below: float = CHILD_BELOW,
    *,
    model: Path | None = None,
    embedder: QueryEmbedder | None = None,
) -> Guide:
    """The guide of a hospital folder (symptoms.yml, concepts.yml). Raises RulesInvalid with the file and entry.

    `departments`: ids the hospital knows, to check the table against; `child_below`: the local age of paediatrics;
    `model` and `embedder`: the classifier that `yidao train` wrote. Without them the table speaks alone.
    """
    return Guide(load_symptoms(folder, departments, child_below), load_classifier(model, embedder))
