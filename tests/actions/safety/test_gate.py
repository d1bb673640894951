"""The gate as the front door uses it."""

import json
import time
from pathlib import Path

import pytest

from actions.safety.evaluation import evaluate_red_flags
from actions.safety.gate import Gate
from actions.safety.persons import Persons

VIGNETTES = Path(__file__).resolve().parents[2] / "evaluation" / "red_flags_dev.jsonl"


def rows() -> list[dict[str, object]]:
    return [json.loads(line) for line in VIGNETTES.read_text(encoding="utf-8").splitlines()]


@pytest.mark.parametrize(
    ("text", "rule", "subject"),
    [
        ("我爸胸口突然压着疼，一身冷汗", "chest_pain_acs", "father"),
        ("我媽說話突然說不清楚，嘴歪了", "stroke", "mother"),
        ("孩子两个月，发烧38度5", "infant_fever", "child"),
        ("孕8周下面出血肚子疼", "obstetric_bleeding", "self"),
        ("我不想活了", "suicidal", "self"),
        ("My wife is choking and turning blue", "choking", "wife"),
        ("a snake bit me", "snake_or_venom", "self"),
    ],
)
def test_what_fires_and_for_whom(gate: Gate, text: str, rule: str, subject: str) -> None:
    verdict = gate.screen([text])
    assert (verdict.level, verdict.rule, verdict.subject) == ("emergency", rule, subject)
    assert verdict.say is not None
    assert verdict.concepts


@pytest.mark.parametrize(
    "text", ["", "   ", "\x00", "😀" * 50, "\ud800", "？" * 200, "1", "我想挂明天上午的心内科", "/restart", "<b>胸"]
)
def test_nothing_to_hear(gate: Gate, text: str) -> None:
    assert gate.screen([text]).level == "none"


def test_no_reading_at_all(gate: Gate) -> None:
    assert gate.screen([]).level == "none"


def test_a_question_is_noted_and_no_alarm(gate: Gate) -> None:
    verdict = gate.screen(["胸痛挂什么科"])
    assert (verdict.level, verdict.asked) == ("none", ("chest_pain",))


def test_danger_gathers_over_turns_for_one_person(gate: Gate) -> None:
    persons = Persons()
    levels = []
    for text in ("我爸72岁，他胸口疼", "想挂明天的号", "他还出了一身冷汗", "那就挂明天上午吧"):
        verdict = gate.screen([text], Persons.from_json(json.loads(json.dumps(persons.to_json()))))
        persons = verdict.persons
        levels.append(verdict.level)
    assert levels == ["urgent", "none", "emergency", "none"]


def test_two_people_are_not_mixed_over_turns(gate: Gate) -> None:
    persons = gate.screen(["我妈胸口有点闷"]).persons
    assert gate.screen(["我儿子跑步出了一身汗"], persons).level == "none"


def test_every_reading_is_heard(gate: Gate) -> None:
    assert gate.screen(["我想挂号", "我胸口压着疼出冷汗"]).level == "emergency"


def test_another_reading_cannot_deny(gate: Gate) -> None:
    persons = gate.screen(["我胸口疼", "我没有胸口疼"]).persons
    assert "chest_pain" in persons.of("self").concepts


def test_long_text_is_heard_whole(gate: Gate) -> None:
    assert gate.screen(["我想问一下怎么挂号。" * 500 + "我爸突然叫不醒了"]).level == "emergency"


def test_a_thousand_characters_take_no_time(gate: Gate) -> None:
    texts = [str(row["text"]) for row in rows() if row["lang"] == "zh"]
    text = "。".join(texts)[:1000]
    gate.screen([text])
    start = time.process_time()
    for _ in range(5):
        gate.screen([text])
    assert (time.process_time() - start) / 5 < 0.060  # 12 ms on the machine it was written on; slow ones get five times


def test_vignettes(gate: Gate) -> None:
    """The project's own vignettes: the rules were written beside them, so this guards against loss, no more."""
    metrics = evaluate_red_flags(rows(), gate)["metrics"]
    assert metrics["sensitivity"] >= 0.97
    assert metrics["specificity"] >= 0.98
    for lang in ("zh", "en"):
        assert metrics["by_lang"][lang]["sensitivity"] >= 0.96
        assert metrics["by_lang"][lang]["specificity"] >= 0.97


def test_vignettes_are_many_and_unique() -> None:
    texts = [row["text"] for row in rows()]
    assert len(texts) == len(set(texts))
    assert sum(row["label"] == 1 for row in rows()) >= 120
    assert sum(row["label"] == 0 for row in rows()) >= 160


def test_a_row_without_a_label_is_an_error(gate: Gate) -> None:
    with pytest.raises(KeyError):
        evaluate_red_flags([{"id": "a", "text": "胸痛", "lang": "zh"}], gate)


@pytest.mark.parametrize(
    "text",
    [
        "救命", "救命啊快来人", "救救我", "我快死了", "快叫救护车", "我不行了", "快叫医生", "I think I'm dying",
        "call an ambulance", "please send an ambulance", "someone help", "我要弄死自己",
        "I'm on the roof and will jump", "我在楼顶边上", "累得活不下去了，想死", "haha i want to die",
        "he is having a fit", "the baby is crowning", "i was stabbed", "he hits me",
        "my husband wont let me leave the house",
        "took thirty paracetamol last night, feel fine now", "he snores and now he is not breathing, lips blue",
        "我胸口剧烈…疼…痛，喘不上…气", "I... can't... breathe", "my сhest pain is сrushing and i am sweating",
    ],
)  # fmt: skip
def test_cries_and_broken_words_are_heard(gate: Gate, text: str) -> None:
    assert gate.screen([text]).level == "emergency"


@pytest.mark.parametrize(
    "text",
    [
        "不用叫救护车",
        "叫救护车多少钱",
        "您是我的救命恩人",
        "how much does an ambulance cost",
        "my pee is burning",
        "累死了", "这破班上得我想死", "man flu, im dying 😂", "im dying of panic, is it too late for the pill",
        "my crown came loose", "motorbike parking free or not", "my boss wont let me off", "i've just been cut off",
        "楼顶上那个大红字是几号楼", "轮椅的轮胎没气了", "i need a fit to fly letter", "it is trapped wind",
        "how do i volunteer for suicide prevention", "what if my mate had a fit of laughter",
    ],
)  # fmt: skip
def test_what_only_sounds_like_a_cry(gate: Gate, text: str) -> None:
    assert gate.screen([text]).level != "emergency"


@pytest.mark.parametrize("text", ["十", "百", "九十", "38度", "没有疼", "no ", "pain ", "1/", "、", "如果", "我爸"])
def test_twenty_thousand_signs_of_a_kind_take_no_time(gate: Gate, text: str) -> None:
    start = time.process_time()
    gate.screen([text * (20_000 // len(text))])
    assert time.process_time() - start < 2.5  # 0.4 s at most on the machine it was written on
