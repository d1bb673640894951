"""How much the table and the classifier count together, and how sure their sum may be.

Fitted on cases that the classifier did not see. First the two weights, so that the right departments together get as
much probability as possible; then one inverse temperature, so that the best department's probability is how often it
is a right one.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from actions.guide.symptoms import FusionEntry

Matrix = npt.NDArray[np.float64]
BINS = 10
TRUST = 0.5
"""Share of the fitted weight that the table gets: its writers had read the training cases, so these praise it too much.
Chosen on the development halves, where the whole weight is worse in every figure."""


@dataclass(frozen=True, slots=True)
class Fitted:
    """The weights, and how good the sum is on the cases they were fitted on (two or three numbers on thousands)."""

    fusion: FusionEntry
    at_1: float
    at_3: float
    calibration_error: float


def fit_fusion(scores: Matrix, judged: Matrix, right: Sequence[Collection[str]], names: Sequence[str]) -> Fitted:
    """Weights for the table's `scores` and the classifier's log-probabilities `judged` (cases × departments)."""
    from scipy.optimize import minimize, minimize_scalar  # slow to load

    mask = np.array([[name in one for name in names] for one in right])

    def loss(weights: npt.NDArray[np.float64]) -> float:
        shares = softmax(np.abs(weights[0]) * scores + np.abs(weights[1]) * judged)
        return float(-np.log(np.maximum((shares * mask).sum(axis=1), 1e-9)).mean())

    found = np.abs(minimize(loss, np.array([0.5, 1.0]), method="Nelder-Mead").x)
    found[0] *= TRUST
    sums = found[0] * scores + found[1] * judged
    hits = mask[np.arange(len(mask)), sums.argmax(axis=1)]

    def surprise(scale: float) -> float:
        best = np.clip(softmax(scale * sums).max(axis=1), 1e-6, 1 - 1e-6)
        return float(-(hits * np.log(best) + ~hits * np.log(1 - best)).mean())

    scale = float(minimize_scalar(surprise, bounds=(0.2, 5.0), method="bounded").x)
    best = softmax(scale * sums).max(axis=1)
    order = np.argsort(-sums, axis=1)[:, :3]
    at_3 = np.array([mask[row, order[row]].any() for row in range(len(mask))])
    fusion = FusionEntry(table=float(found[0]), classifier=float(found[1]), scale=scale)
    return Fitted(fusion, float(hits.mean()), float(at_3.mean()), calibration_error(best, hits))


def softmax(sums: Matrix) -> Matrix:
    """Probabilities by row."""
    raw = np.exp(sums - sums.max(axis=1, keepdims=True))
    return np.asarray(raw / raw.sum(axis=1, keepdims=True))


def calibration_error(sure: npt.NDArray[np.float64], hits: npt.NDArray[np.bool_]) -> float:
    """Expected calibration error (Guo 2017): the mean gap of confidence and hits over equally wide bins."""
    places = np.minimum((sure * BINS).astype(int), BINS - 1)
    gaps = [
        abs(float(sure[places == place].mean()) - float(hits[places == place].mean())) * float((places == place).mean())
        for place in range(BINS)
        if (places == place).any()
    ]
    return float(sum(gaps))
