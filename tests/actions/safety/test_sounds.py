"""Words of danger that recognition or typing wrote with other characters of the same sound."""

import pytest

from actions.safety.gate import Gate
from actions.safety.sounds import Sounds, load_sounds, syllable


@pytest.fixture(scope="module")
def sounds() -> Sounds:
    return load_sounds(
        ["喘不上气", "上气不接下气", "叫不醒", "不行了", "ab不"], ["胸闷", "抽搐", "中风", "昏迷", "叫不醒了"]
    )


@pytest.mark.parametrize(
    ("one", "other"), [("真", "争"), ("四", "是"), ("难", "兰"), ("福", "胡"), ("上", "山"), ("信", "性")]
)
def test_sounds_that_are_confused_are_one(one: str, other: str) -> None:
    assert syllable(one) == syllable(other)


@pytest.mark.parametrize(("one", "other"), [("女", "怒"), ("绿", "路"), ("马", "那"), ("a", "b")])
def test_other_sounds_are_not(one: str, other: str) -> None:
    assert syllable(one) != syllable(other)


@pytest.mark.parametrize(
    ("heard", "meant"),
    [
        ("我胸门", "我胸闷"),
        ("凶闷得慌", "胸闷得慌"),
        ("孩子抽处了", "孩子抽搐了"),
        ("我爸中峰了", "我爸中风了"),
        ("他传不上气，胸门", "他喘不上气，胸闷"),
        ("叫不行", "叫不醒"),
    ],
)
def test_what_was_meant(sounds: Sounds, heard: str, meant: str) -> None:
    assert sounds.repair(heard) == meant


@pytest.mark.parametrize(
    "text",
    [
        "", "chest", "123", "我胸闷", "喘不上气", "我想挂号", "叫不醒了",
        "重逢是好事",  # an ordinary word of the same sound
        "抽处方签",  # 处方 stands over the edge
        "昏,迷",
        "山器布街霞企",  # too little of the word is left
    ],
)  # fmt: skip
def test_what_is_left_alone(sounds: Sounds, text: str) -> None:
    assert sounds.repair(text) is None


def test_only_the_mended_place_changes(sounds: Sounds) -> None:
    assert sounds.repair("bp 120，我胸门。ok") == "bp 120，我胸闷。ok"


@pytest.mark.parametrize(
    ("text", "rule"),
    [("我爸突然凶闷，一身冷汗", "chest_pain_acs"), ("孩子抽处了", "seizure"), ("我媽傳不上氣", "breathing_difficulty")],
)
def test_the_gate_hears_what_was_meant(gate: Gate, text: str, rule: str) -> None:
    verdict = gate.screen([text])
    assert (verdict.level, verdict.rule) == ("emergency", rule)


def test_a_mended_reading_denies_nothing(gate: Gate) -> None:
    persons = gate.screen(["我胸口疼", "我没有凶口疼"]).persons
    assert "chest_pain" in persons.of("self").concepts
