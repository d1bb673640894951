"""Measures the gate on whole conversations.

Suite `red_flag_spread`: emergencies told over several turns. Suite `ordinary`: how often a conversation in which nobody
is in danger is stopped by an alarm.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from actions.safety.gate import Gate, Verdict
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


TURNS = 6
"""Turns of an ordinary conversation: a booking with one question beside it."""


@dataclass(slots=True)
class Listener:
    """One conversation, heard turn by turn as the front door hears it."""

    gate: Gate
    persons: Persons = field(default_factory=Persons)
    heard: Heard = field(default_factory=Heard)

    def hear(self, text: str, asked: str | None = None) -> Verdict:
        """The verdict on the next turn; `asked` is the open question. Raises EmbedderUnavailable."""
        readings = read_turn(self.gate, self.heard, asked, [text])
        verdict = self.gate.screen(readings.rules, self.persons)
        self.persons = verdict.persons
        verdict, self.heard = weigh_turn(self.gate, self.heard, readings, verdict)
        return verdict


def evaluate_ordinary(rows: Iterable[Mapping[str, Any]], gate: Gate) -> dict[str, Any]:
    """Metrics and predictions for rows `{id, text, lang}` in which nobody is in danger.

    Rows of one language, TURNS at a time in the order of the file, make a conversation. Returns `{"n", "metrics":
    {"false_alarms", "alarms_per_1000_conversations", "by_lang"}, "rows"}`; `false_alarms` is the share of turns that
    raise an alarm by themselves.
    """
    by_lang: dict[str, list[Mapping[str, Any]]] = {}
    for row in rows:
        by_lang.setdefault(str(row["lang"]), []).append(row)
    predicted = [
        each
        for lang in sorted(by_lang)
        for start in range(0, len(by_lang[lang]), TURNS)
        for each in _conversation(by_lang[lang][start : start + TURNS], f"{lang}-{start // TURNS}", gate)
    ]
    metrics: dict[str, Any] = {
        **_alarms(predicted),
        "by_lang": {lang: _alarms([row for row in predicted if row["lang"] == lang]) for lang in sorted(by_lang)},
    }
    return {"n": len(predicted), "metrics": metrics, "rows": predicted}


def _conversation(turns: list[Mapping[str, Any]], name: str, gate: Gate) -> list[dict[str, Any]]:
    listener = Listener(gate)
    found: list[dict[str, Any]] = []
    for turn in turns:
        alone = gate.hear([str(turn["text"])], Persons())
        within = listener.hear(str(turn["text"]))
        found.append(
            {
                "id": turn["id"],
                "lang": str(turn["lang"]),
                "conversation": name,
                "alarm": int(alone.level == "emergency"),
                "alarm_within": int(within.level == "emergency"),
                "rule": within.rule or alone.rule,
            }
        )
    return found


def _alarms(rows: list[dict[str, Any]]) -> dict[str, float | None]:
    conversations = {row["conversation"] for row in rows}
    stopped = {row["conversation"] for row in rows if row["alarm_within"]}
    return {
        "false_alarms": _share([row["alarm"] == 1 for row in rows]),
        "alarms_per_1000_conversations": round(1000 * len(stopped) / len(conversations), 1) if rows else None,
    }


def _listened(row: Mapping[str, Any], gate: Gate) -> dict[str, Any]:
    listener = Listener(gate)
    found: dict[str, Any] = {"label": int(row["alarm_at"] is not None), "alarm": 0, "at": None, "rule": None}
    for place, turn in enumerate(row["turns"]):
        verdict = listener.hear(turn["text"], turn["asked"])
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
