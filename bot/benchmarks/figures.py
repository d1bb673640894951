"""Many times made into few figures."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil
from statistics import median
from typing import Any


def spread(times_ms: Sequence[float]) -> dict[str, float | int]:
    """Count, median and the tenth and ninetieth percentile, in milliseconds."""
    ordered = sorted(times_ms)
    return {
        "n": len(ordered),
        "p50_ms": round(median(ordered), 2),
        "p10_ms": round(percentile(ordered, 0.1), 2),
        "p90_ms": round(percentile(ordered, 0.9), 2),
    }


def percentile(ordered: Sequence[float], share: float) -> float:
    """The smallest value that at least this share of all does not exceed (nearest rank)."""
    return ordered[max(ceil(len(ordered) * share) - 1, 0)]


def compared(ours_ms: Sequence[float], theirs_ms: Sequence[float]) -> dict[str, Any]:
    """Both sides' spread, and how many times theirs our median is."""
    ratio = median(ours_ms) / median(theirs_ms)
    return {"p50_ratio_to_rasa": round(ratio, 3), "api": spread(ours_ms), "rasa": spread(theirs_ms)}
