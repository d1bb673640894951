"""Measures the guide: one shot on labelled complaints (suite `triage`), and in dialogue with simulated patients (suite
`guide_dialogue`)."""

from collections.abc import Iterable, Mapping, Sequence
from statistics import median
from typing import Any

from actions.bounds import bounds
from actions.guide.ages import years
from actions.guide.conversing import Talk, converse
from actions.guide.flow import GuideFlow
from actions.guide.simulated_patient import Meanings, SimulatedPatient
from actions.guide.triage import Guide

RATES = {"acceptable_at_1": "at_1", "acceptable_at_3": "at_3", "abstained": "abstained"}
"""Metrics and the keys of the rows that they are the shares of."""


def evaluate_triage(rows: Iterable[Mapping[str, Any]], guide: Guide, names: Mapping[str, str]) -> dict[str, Any]:
    """Metrics for rows `{id, text, acceptable: [department zh], lang, age?, sex?}`; a row lacking one raises KeyError.

    `names`: department id → Chinese name as the labels have it. An abstention counts as a miss.
    """
    predicted: list[dict[str, Any]] = []
    for row in rows:
        acceptable = set(row["acceptable"])
        found = guide.assess([str(row["text"])], age=years(row.get("age")), sex=row.get("sex"))
        departments = [] if found.abstained else [names[one.department] for one in found.departments]
        predicted.append(
            {
                "id": row["id"],
                "lang": str(row["lang"]),
                "departments": departments,
                "symptoms": list(found.symptoms),
                "abstained": found.abstained,
                "at_1": bool(departments[:1]) and departments[0] in acceptable,
                "at_3": bool(acceptable & set(departments)),
            }
        )
    return {"n": len(predicted), "metrics": _metrics(predicted), "rows": predicted}


def evaluate_dialogue(
    rows: Iterable[Mapping[str, Any]],
    guide: Guide,
    flow: GuideFlow,
    names: Mapping[str, str],
    meanings: Meanings | None = None,
) -> dict[str, Any]:
    """Metrics for rows `{id, lang, patient: {opening, facts, …}, acceptable: [department zh]}`.

    The patient opens, then answers what the flow asks from its facts, by the lexicon and by `meanings`; `questions` are
    the questions asked back after the opening.
    """
    predicted: list[dict[str, Any]] = []
    for row in rows:
        acceptable = set(row["acceptable"])
        patient = SimulatedPatient.from_row(row, guide.table, meanings)
        talk: Talk = converse(flow, patient)
        departments = [names[one] for one in talk.departments]
        predicted.append(
            {
                "id": row["id"],
                "lang": str(row["lang"]),
                "departments": departments,
                "questions": len(talk.asked),
                "asked": list(talk.asked),
                "said": list(talk.said),
                "abstained": talk.abstained,
                "at_1": bool(departments[:1]) and departments[0] in acceptable,
                "at_3": bool(acceptable & set(departments)),
            }
        )
    counts = [row["questions"] for row in predicted]
    metrics = {
        **_metrics(predicted),
        "median_questions": median(counts) if counts else None,
        "most_questions": max(counts, default=None),
    }
    return {"n": len(predicted), "metrics": metrics, "rows": predicted}


def _metrics(predicted: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    languages = sorted({str(row["lang"]) for row in predicted})
    return {
        **_rates(predicted),
        "by_lang": {lang: _rates([row for row in predicted if row["lang"] == lang]) for lang in languages},
    }


def _rates(rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    hits = {metric: sum(bool(row[key]) for row in rows) for metric, key in RATES.items()}
    return {
        **{metric: round(count / len(rows), 4) if rows else None for metric, count in hits.items()},
        "bounds": {metric: list(bounds(count, len(rows))) for metric, count in hits.items()},
    }
