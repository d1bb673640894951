"""Measured values become concepts."""

import pytest

from actions.safety.gate import Gate
from actions.safety.persons import Persons


@pytest.mark.parametrize(
    ("text", "concept", "holds"),
    [
        ("烧到39度8", "high_fever", True),
        ("体温38.2", "fever", True),
        ("三十八度五", "fever", True),
        ("体温36度5", "fever", False),
        ("temperature of 104F", "high_fever", True),
        ("血压200/120", "bp_very_high", True),
        ("血压130/80", "bp_very_high", False),
        ("血氧85", "oxygen_very_low", True),
        ("oxygen is 97", "oxygen_low", False),
        ("血糖2.1", "glucose_low", True),
        ("血糖三十多", "glucose_high", True),
        ("心率一百六", "heart_very_fast", True),
        ("高压锅用了3年", "bp_low", False),
    ],
)
def test_values(gate: Gate, text: str, concept: str, holds: bool) -> None:
    facts = gate.reader.read(text, Persons()).facts
    assert any(fact.concept == concept for fact in facts) is holds
