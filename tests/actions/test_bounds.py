"""Bounds of rates, against published figures."""

import pytest

from actions.bounds import bounds, difference


@pytest.mark.parametrize(
    ("hits", "trials", "low", "high"),
    [(0, 10, 0.0, 0.3085), (10, 10, 0.6915, 1.0), (81, 263, 0.2527, 0.3676), (1, 29, 0.0009, 0.1776), (0, 0, 0.0, 1.0)],
)
def test_exact_bounds(hits: int, trials: int, low: float, high: float) -> None:
    """Newcombe, Statistics in Medicine 17 (1998) 857, table I, and Clopper and Pearson's own."""
    assert bounds(hits, trials) == (pytest.approx(low, abs=2e-4), pytest.approx(high, abs=2e-4))


@pytest.mark.parametrize(
    ("one", "other", "low", "high"),
    [
        ((56, 70), (48, 80), 0.0524, 0.3339),
        ((9, 10), (3, 10), 0.1705, 0.8090),
        ((5, 56), (0, 29), -0.0381, 0.1926),
        ((0, 10), (0, 10), -0.2775, 0.2775),
    ],
)
def test_the_interval_of_a_difference(one: tuple[int, int], other: tuple[int, int], low: float, high: float) -> None:
    """Newcombe, Statistics in Medicine 17 (1998) 873, table II, method 10."""
    assert difference(one, other) == (pytest.approx(low, abs=2e-4), pytest.approx(high, abs=2e-4))


def test_without_trials_nothing_is_known() -> None:
    assert difference((0, 0), (1, 2)) == (-1.0, 1.0)


@pytest.mark.parametrize(("hits", "trials"), [(2, 1), (-1, 1)])
def test_more_hits_than_trials_are_an_error(hits: int, trials: int) -> None:
    with pytest.raises(ValueError, match="trials"):
        bounds(hits, trials)
