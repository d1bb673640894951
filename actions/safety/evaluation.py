"""Measures the gate on labelled turns (suite `red_flag`): what it catches, what it cries wolf at, how long it takes.

Only `emergency` counts as an alarm; `urgent` does not.
"""

import time
from collections.abc import Callable, Iterable, Mapping
from math import ceil
from typing import Any

from actions.safety.gate import Gate
from actions.safety.persons import Persons


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


def _rates(rows: list[dict[str, Any]]) -> dict[str, float | None]:
    return {
        "sensitivity": _share([row["alarm"] == 1 for row in rows if row["label"] == 1]),
        "specificity": _share([row["alarm"] == 0 for row in rows if row["label"] == 0]),
    }


def _share(hits: list[bool]) -> float | None:
    return round(sum(hits) / len(hits), 4) if hits else None
