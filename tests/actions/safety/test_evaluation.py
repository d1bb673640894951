"""The measures of urgency."""

import pytest

from actions.safety.evaluation import URGENCY, evaluate_urgency, urgency_of
from actions.safety.gate import Gate
from actions.safety.vote import Opinion

EVEN = {"emergency": 0.2, "urgent": 0.2, "routine": 0.2, "self_care": 0.2, "none": 0.2}


@pytest.mark.parametrize(
    ("alarm", "shares", "found"),
    [
        (True, {"self_care": 0.9}, "emergency"),
        (False, {}, "non_emergency"),
        (False, {"self_care": 0.9, "routine": 0.0}, "self_care"),
        (False, {"self_care": 0.9, "routine": 0.4}, "non_emergency"),
        (False, {"emergency": 0.9}, "non_emergency"),
    ],
)
def test_self_care_is_said_only_where_it_outweighs_the_rest(alarm: bool, shares: dict[str, float], found: str) -> None:
    assert urgency_of(alarm, Opinion({**EVEN, **shares}, alarm)) == found


def test_without_a_vote_nobody_is_sent_home() -> None:
    assert urgency_of(False, None) == "non_emergency"


def test_rates(gate: Gate) -> None:
    """The rules alone: an alarm or an appointment."""
    rows = [
        {"id": "1", "text": "我爸胸口压着疼，一身冷汗", "label": "emergency", "lang": "zh"},
        {"id": "2", "text": "膝盖疼了半年", "label": "emergency", "lang": "zh"},
        {"id": "3", "text": "膝盖疼了半年", "label": "non_emergency", "lang": "zh"},
        {"id": "4", "text": "a mild cold", "label": "self_care", "lang": "en"},
    ]
    measured = evaluate_urgency(rows, gate)
    assert measured["n"] == 4
    metrics = measured["metrics"]
    assert (metrics["accuracy"], metrics["under_triage"], metrics["emergency_missed"]) == (0.5, 0.25, 0.5)
    assert metrics["by_lang"]["en"] == {"accuracy": 0.0, "under_triage": 0.0, "emergency_missed": None}
    assert [row["predicted"] for row in measured["rows"]] == ["emergency", *["non_emergency"] * 3]


@pytest.mark.parametrize(
    "row", [{"id": "1", "text": "x", "lang": "zh"}, {"id": "1", "text": "x", "label": "soon", "lang": "zh"}]
)
def test_a_row_without_a_right_label_is_an_error(gate: Gate, row: dict[str, str]) -> None:
    with pytest.raises((KeyError, ValueError)):
        evaluate_urgency([row], gate)
    assert URGENCY[-1] == "emergency"
