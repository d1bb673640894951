"""A short answer means what its question asks."""

import pytest

from actions.safety.gate import Gate, join_answer


@pytest.mark.parametrize(
    ("question", "answer", "joined"),
    [
        ("您有没有胸痛、气短？", "有", "有胸痛、气短"),
        ("有没有胸痛？", "没有", "没有胸痛"),
        ("哪里疼？", "右下腹", "右下腹疼，右下腹"),
        ("有没有胸痛、气短？", "我有点咳嗽", "我有点咳嗽"),
        ("Do you have chest pain?", "yes", "yes, i have chest pain"),
        ("Do you have chest pain?", "No.", "no chest pain"),
        ("registration.ask_name", "有", "有"),
        (None, "有", "有"),
        ("有没有胸痛？", "", ""),
    ],
)
def test_join(question: str | None, answer: str, joined: str) -> None:
    assert join_answer(question, answer) == joined


def test_a_key_has_its_statement_in_the_rules(gate: Gate) -> None:
    assert gate.join("guide.ask_pregnancy", "是的") == "我怀孕了"
    assert gate.join("guide.ask_pregnancy", "no") == "i am not pregnant"


def test_yes_to_a_danger_is_an_alarm_and_no_is_none(gate: Gate) -> None:
    question = "您现在是不是喘不上气？"
    assert gate.screen([gate.join(question, "是")]).level == "emergency"
    assert gate.screen([gate.join(question, "不是")]).level == "none"
