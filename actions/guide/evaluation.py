"""Measures the guide on labelled complaints (suite `triage`): one shot, no questions asked."""

from collections.abc import Iterable, Mapping
from typing import Any

from actions.guide.triage import Guide


def evaluate_triage(rows: Iterable[Mapping[str, Any]], guide: Guide, names: Mapping[str, str]) -> dict[str, Any]:
    """Metrics for rows `{id, text, acceptable: [department zh], lang, age?, sex?}`; a row lacking one raises KeyError.

    `names`: department id → Chinese name as the labels have it. An abstention counts as a miss.
    """
    predicted: list[dict[str, Any]] = []
    for row in rows:
        acceptable = set(row["acceptable"])
        found = guide.assess([str(row["text"])], age=row.get("age"), sex=row.get("sex"))
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
    languages = sorted({row["lang"] for row in predicted})
    metrics: dict[str, Any] = {
        **_rates(predicted),
        "by_lang": {lang: _rates([row for row in predicted if row["lang"] == lang]) for lang in languages},
    }
    return {"n": len(predicted), "metrics": metrics, "rows": predicted}


def _rates(rows: list[dict[str, Any]]) -> dict[str, float | None]:
    if not rows:
        return {"acceptable_at_1": None, "acceptable_at_3": None, "abstained": None}
    return {
        "acceptable_at_1": round(sum(row["at_1"] for row in rows) / len(rows), 4),
        "acceptable_at_3": round(sum(row["at_3"] for row in rows) / len(rows), 4),
        "abstained": round(sum(row["abstained"] for row in rows) / len(rows), 4),
    }
