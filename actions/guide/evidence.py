"""How likely each department is: the table's evidence and the trained classifier's voice, weighed together.

    log p(d) = scale · (table · evidence(d) + classifier · log p_classifier(d)) + constant

Nothing here knows the rules of the house (`actions.guide.house`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import exp, log

from actions.guide.case import Case
from actions.guide.classifier import Classifier
from actions.guide.symptoms import FusionEntry, SymptomTable

Shares = Mapping[str, float]
"""Probability of each department; they add up to 1."""


def table_scores(table: SymptomTable, case: Case) -> dict[str, float]:
    """Log-odds-like evidence for every department that the told and the denied complaints speak of."""
    scores: dict[str, float] = {}
    for symptom, weight in case.symptoms.items():
        entry = table.symptoms[symptom]
        untypical = entry.ages is not None and case.age is not None and not entry.ages.holds(case.age)
        counts = weight * (table.thresholds.untypical_weight if untypical else 1.0)
        for department, evidence in entry.departments.items():
            scores[department] = scores.get(department, 0.0) + evidence * counts
    for symptom in sorted(case.denied):
        for department in table.symptoms[symptom].departments:
            doubt = log(1.0 - yes_share(table, (symptom,), department)) - log(1.0 - table.thresholds.yes_at_least)
            scores[department] = scores.get(department, 0.0) + doubt
    return scores


def yes_share(table: SymptomTable, about: Sequence[str], department: str) -> float:
    """Share of a department's patients that say yes to a question about complaints.

    From the table's weights: the department that a complaint speaks most for has `yes_at_most`, one it says nothing of
    `yes_at_least`.
    """
    limits = table.thresholds
    nearest = 0.0
    for symptom in about:
        weights = table.symptoms[symptom].departments
        strongest = max(weights.values())
        nearest = max(nearest, exp(weights.get(department, 0.0) - strongest))
    return limits.yes_at_least + (limits.yes_at_most - limits.yes_at_least) * nearest


def fuse(
    scores: Mapping[str, float],
    judged: Mapping[str, float] | None,
    departments: Sequence[str],
    fusion: FusionEntry,
) -> dict[str, float]:
    """Probabilities of all departments from the table's scores and the classifier's log-probabilities."""
    sums = {
        name: fusion.scale
        * (fusion.table * scores.get(name, 0.0) + (fusion.classifier * judged[name] if judged is not None else 0.0))
        for name in departments
    }
    top = max(sums.values())
    raw = {name: exp(value - top) for name, value in sums.items()}
    whole = sum(raw.values())
    return {name: value / whole for name, value in raw.items()}


def weigh_case(table: SymptomTable, classifier: Classifier | None, case: Case) -> dict[str, float]:
    """Probabilities of all departments; empty where neither a complaint nor the classifier says anything."""
    scores = table_scores(table, case)
    found = classifier.log_probabilities(case.text) if classifier is not None else None
    if classifier is None or found is None:
        return fuse(scores, None, table.departments, table.fusion) if case.symptoms else {}
    judged = dict(zip(classifier.departments, found, strict=True))
    shares = fuse(scores, judged, table.departments, classifier.fusion)
    limits = table.thresholds
    alone = not case.symptoms
    if alone and (
        max(shares.values()) < limits.words_alone_from or classifier.complains(case.text) < limits.complaint_from
    ):
        return {}
    return shares
