"""How sure a measured rate is: exact binomial bounds, and the interval of the difference of two rates."""

from __future__ import annotations

from math import sqrt

from scipy.stats import beta, norm

CONFIDENCE = 0.95


def bounds(hits: int, trials: int, confidence: float = CONFIDENCE) -> tuple[float, float]:
    """Lower and upper bound of the true rate (Clopper and Pearson 1934), given `hits` in `trials`; (0, 1) without
    trials. Raises ValueError where there are more hits than trials."""
    if not 0 <= hits <= trials:
        raise ValueError(f"{hits} hits in {trials} trials")
    if not trials:
        return 0.0, 1.0
    tail = (1.0 - confidence) / 2
    lower = 0.0 if hits == 0 else float(beta.ppf(tail, hits, trials - hits + 1))
    upper = 1.0 if hits == trials else float(beta.ppf(1.0 - tail, hits + 1, trials - hits))
    return round(lower, 4), round(upper, 4)


def difference(one: tuple[int, int], other: tuple[int, int], confidence: float = CONFIDENCE) -> tuple[float, float]:
    """The interval of the first rate less the second, each as (hits, trials) (Newcombe 1998, method 10); (-1, 1)
    without trials."""
    if not one[1] or not other[1]:
        return -1.0, 1.0
    first, second = one[0] / one[1], other[0] / other[1]
    (low_1, high_1), (low_2, high_2) = _wilson(*one, confidence), _wilson(*other, confidence)
    below = sqrt((first - low_1) ** 2 + (high_2 - second) ** 2)
    above = sqrt((high_1 - first) ** 2 + (second - low_2) ** 2)
    return round(first - second - below, 4), round(first - second + above, 4)


def _wilson(hits: int, trials: int, confidence: float) -> tuple[float, float]:
    z = float(norm.ppf(1 - (1 - confidence) / 2))
    rate = hits / trials
    centre = rate + z * z / (2 * trials)
    spread = z * sqrt(rate * (1 - rate) / trials + z * z / (4 * trials * trials))
    return (centre - spread) / (1 + z * z / trials), (centre + spread) / (1 + z * z / trials)
