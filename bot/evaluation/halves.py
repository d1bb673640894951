"""Two halves of one set of rows, measured alike: the one for development, and the one that is held back.

Of the half that is held back only counts and bounds are told, never a row. A gap between the two says that the
development half was learned by heart.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from actions.bounds import bounds, difference

Row = Mapping[str, Any]
Count = tuple[int, int]
"""Hits and trials."""

RATES: Mapping[str, Mapping[str, Callable[[Row], bool | None]]] = {
    "red_flag": {
        "sensitivity": lambda row: row["alarm"] == 1 if row["label"] == 1 else None,
        "specificity": lambda row: row["alarm"] == 0 if row["label"] == 0 else None,
    },
    "red_flag_spread": {
        "sensitivity": lambda row: row["alarm"] == 1 if row["label"] == 1 else None,
        "specificity": lambda row: row["alarm"] == 0 if row["label"] == 0 else None,
    },
    "ordinary": {"false_alarms": lambda row: row["alarm"] == 1},
    "triage": {
        "acceptable_at_1": lambda row: bool(row["at_1"]),
        "acceptable_at_3": lambda row: bool(row["at_3"]),
        "abstained": lambda row: bool(row["abstained"]),
    },
    "guide_dialogue": {
        "acceptable_at_1": lambda row: bool(row["at_1"]),
        "acceptable_at_3": lambda row: bool(row["at_3"]),
        "abstained": lambda row: bool(row["abstained"]),
        "within_3_questions": lambda row: row["questions"] <= 3,
    },
    "urgency": {
        "accuracy": lambda row: row["predicted"] == row["label"],
        "emergency_missed": lambda row: row["predicted"] != "emergency" if row["label"] == "emergency" else None,
    },
}
"""By suite and rate: whether a predicted row is a hit; None where the rate is not about it."""


def compare(suite: str, here: Sequence[Row], held: Sequence[Row]) -> dict[str, Any]:
    """Each rate of both halves, whole and by language, with 95 % bounds and the interval of their difference."""
    languages = sorted({str(row["lang"]) for row in (*here, *held)})
    return {
        group: {name: _beside(_count(here, hit, group), _count(held, hit, group)) for name, hit in RATES[suite].items()}
        for group in ("all", *languages)
    }


def _count(rows: Sequence[Row], hit: Callable[[Row], bool | None], group: str) -> Count:
    judged = [hit(row) for row in rows if group in ("all", row["lang"])]
    told = [one for one in judged if one is not None]
    return sum(told), len(told)


def _beside(here: Count, held: Count) -> dict[str, Any]:
    return {"development": _rate(here), "held_back": _rate(held), "difference": list(difference(here, held))}


def _rate(count: Count) -> dict[str, Any]:
    hits, trials = count
    rate = round(hits / trials, 4) if trials else None
    return {"hits": hits, "n": trials, "rate": rate, "bounds": list(bounds(hits, trials))}
