"""Measures the gate on emergencies that are told over several turns (suite `red_flag_spread`)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from actions.safety.gate import Gate
from actions.safety.listening import Heard, read_turn, weigh_turn
from actions.safety.persons import Persons


def evaluate_spread(rows: Iterable[Mapping[str, Any]], gate: Gate) -> dict[str, Any]:
    """Metrics and predictions for rows `{id, lang, turns: [{asked, text}], alarm_at}`.

    `asked` is what the house asked before a turn, in words, or None; `alarm_at` the place of the turn (from 0) with
    which it is an emergency, None where there is none. Returns `{"n", "metrics": {"sensitivity", "specificity",
    "early", "by_lang"}, "rows"}`: an alarm at any turn counts as found; `early` is the share of emergencies found
    before that turn.
    """
    predicted = [{**_listened(row, gate), "id": row["id"], "lang": str(row["lang"])} for row in rows]
    languages = sorted({str(row["lang"]) for row in predicted})
    metrics: dict[str, Any] = {
        **_rates(predicted),
        "by_lang": {lang: _rates([row for row in predicted if row["lang"] == lang]) for lang in languages},
    }
    return {"n": len(predicted), "metrics": metrics, "rows": predicted}


def _listened(row: Mapping[str, Any], gate: Gate) -> dict[str, Any]:
    persons, heard = Persons(), Heard()
    found: dict[str, Any] = {"label": int(row["alarm_at"] is not None), "alarm": 0, "at": None, "rule": None}
    for place, turn in enumerate(row["turns"]):
        readings = read_turn(gate, heard, turn["asked"], [turn["text"]])
        verdict = gate.screen(readings.rules, persons)
        persons = verdict.persons
        verdict, heard = weigh_turn(gate, heard, readings, verdict)
        if verdict.level == "emergency":
            early = row["alarm_at"] is not None and place < row["alarm_at"]
            return {**found, "alarm": 1, "at": place, "rule": verdict.rule, "early": early}
    return found


def _rates(rows: list[dict[str, Any]]) -> dict[str, float | None]:
    danger = [row for row in rows if row["label"]]
    return {
        "sensitivity": _share([row["alarm"] == 1 for row in danger]),
        "specificity": _share([row["alarm"] == 0 for row in rows if not row["label"]]),
        "early": _share([bool(row.get("early")) for row in danger]),
    }


def _share(hits: list[bool]) -> float | None:
    return round(sum(hits) / len(hits), 4) if hits else None
