"""Measures the gate on labelled turns: what it catches, what it cries wolf at, how long it takes (suite `red_flag`),
and how urgent it takes them to be (suite `urgency`).

Only `emergency` counts as an alarm; `urgent` does not.
"""

import time
from collections.abc import Callable, Iterable, Mapping
from math import ceil
from typing import Any

from actions.safety.gate import Gate
from actions.safety.persons import Persons
from actions.safety.vote import Opinion


def evaluate_red_flags(
    rows: Iterable[Mapping[str, Any]], gate: Gate, timer: Callable[[], float] = time.perf_counter
) -> dict[str, Any]:
    """Metrics and predictions for rows `{id, text, label: 1|0, lang}`. A row that lacks one of these raises KeyError.

    Returns `{"n", "metrics": {"sensitivity", "specificity", "by_lang", "p99_ms"}, "rows": [...]}`; a rate without
    cases is None.
    """
    predicted: list[dict[str, Any]] = []
    times: list[float] = []
    for row in rows:
        text, label, lang = str(row["text"]), int(row["label"]), str(row["lang"])
        start = timer()
        verdict = gate.hear([text], Persons())
        times.append((timer() - start) * 1000)
        predicted.append(
            {
                "id": row["id"],
                "lang": lang,
                "label": label,
                "alarm": int(verdict.level == "emergency"),
                "level": verdict.level,
                "rule": verdict.rule,
                "concepts": list(verdict.concepts),
            }
        )
    languages = sorted({str(row["lang"]) for row in predicted})
    metrics: dict[str, Any] = {
        **_rates(predicted),
        "by_lang": {lang: _rates([row for row in predicted if row["lang"] == lang]) for lang in languages},
        "p99_ms": round(sorted(times)[ceil(len(times) * 0.99) - 1], 3) if times else None,
    }
    return {"n": len(predicted), "metrics": metrics, "rows": predicted}


URGENCY = ("self_care", "non_emergency", "emergency")
"""What a case is judged as, from the least to the most urgent; today and routine are both non_emergency."""


def evaluate_urgency(rows: Iterable[Mapping[str, Any]], gate: Gate) -> dict[str, Any]:
    """Metrics and predictions for rows `{id, text, label, lang}`; the label is one of URGENCY, a row without raises.

    Returns `{"n", "metrics": {"accuracy", "under_triage", "emergency_missed", "by_lang"}, "rows"}`: under_triage is the
    share judged less urgent than labelled, emergency_missed the share of emergencies judged otherwise.
    """
    predicted: list[dict[str, Any]] = []
    for row in rows:
        rank = URGENCY.index(str(row["label"]))
        verdict = gate.hear([str(row["text"])], Persons())
        found = urgency_of(verdict.level == "emergency", gate.opinion(str(row["text"])))
        predicted.append(
            {
                "id": row["id"],
                "lang": str(row["lang"]),
                "label": URGENCY[rank],
                "predicted": found,
                "rule": verdict.rule,
            }
        )
    languages = sorted({str(row["lang"]) for row in predicted})
    by_lang = {lang: _urgency_rates([row for row in predicted if row["lang"] == lang]) for lang in languages}
    return {"n": len(predicted), "metrics": {**_urgency_rates(predicted), "by_lang": by_lang}, "rows": predicted}


def urgency_of(alarm: bool, opinion: Opinion | None) -> str:
    """One of URGENCY. Self-care only where the vote finds it likelier than all that needs a doctor."""
    if alarm:
        return "emergency"
    if opinion is None:
        return "non_emergency"
    shares = opinion.probabilities
    cared_for = shares["urgent"] + shares["routine"] + shares["none"] + shares["emergency"]
    return "self_care" if shares["self_care"] > cared_for else "non_emergency"


def _urgency_rates(rows: list[dict[str, Any]]) -> dict[str, float | None]:
    return {
        "accuracy": _share([row["predicted"] == row["label"] for row in rows]),
        "under_triage": _share([URGENCY.index(row["predicted"]) < URGENCY.index(row["label"]) for row in rows]),
        "emergency_missed": _share([row["predicted"] != "emergency" for row in rows if row["label"] == "emergency"]),
    }


def _rates(rows: list[dict[str, Any]]) -> dict[str, float | None]:
    return {
        "sensitivity": _share([row["alarm"] == 1 for row in rows if row["label"] == 1]),
        "specificity": _share([row["alarm"] == 0 for row in rows if row["label"] == 0]),
    }


def _share(hits: list[bool]) -> float | None:
    return round(sum(hits) / len(hits), 4) if hits else None
