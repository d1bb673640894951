"""Denied, past, asked, what-if: how a named danger is meant."""

import pytest

from actions.safety.assertion import Status
from actions.safety.gate import Gate
from actions.safety.persons import Persons

CASES = [
    ("我胸口疼", "chest_pain", Status.PRESENT),
    ("没有胸痛", "chest_pain", Status.DENIED),
    ("没有发烧、咳嗽、胸痛", "chest_pain", Status.DENIED),
    ("没有发烧咳嗽，胸口疼", "chest_pain", Status.PRESENT),
    ("没吃饭胸口疼", "chest_pain", Status.PRESENT),
    ("胸口不疼", "chest_pain", Status.DENIED),
    ("胸口疼得受不了", "chest_pain", Status.PRESENT),
    ("胸口说不出的疼", "chest_pain", Status.PRESENT),
    ("不发烧但是胸口疼", "chest_pain", Status.PRESENT),
    ("胸痛已经没有了", "chest_pain", Status.DENIED),
    ("喘不上气", "cannot_breathe", Status.PRESENT),
    ("没有喘不上气", "cannot_breathe", Status.DENIED),
    ("去年胸痛过", "chest_pain", Status.PAST),
    ("去年住过院，今天胸口疼", "chest_pain", Status.PRESENT),
    ("抽搐已经停了", "seizure", Status.RESOLVED),
    ("胸痛挂什么科", "chest_pain", Status.ASKED),
    ("我爸胸口疼挂什么科", "chest_pain", Status.PRESENT),
    ("癫痫发作有哪些症状", "seizure", Status.ASKED),
    ("如果胸口疼怎么办", "chest_pain", Status.HYPOTHETICAL),
    ("电视剧里那个人胸口疼", "chest_pain", Status.FRAMED),
    ("我们单位要办急救培训，讲讲胸口疼怎么处理", "chest_pain", Status.FRAMED),
    ("培训的时候，刚才有人胸口疼", "chest_pain", Status.PRESENT),
    ("前年胸口疼过，当时喘不上气", "cannot_breathe", Status.PAST),
    ("去年做过搭桥，胸口疼", "chest_pain", Status.PRESENT),
    ("前年胸口疼过，今天又喘不上气", "cannot_breathe", Status.PRESENT),
    ("早上胸口疼，现在好多了", "chest_pain", Status.RESOLVED),
    ("胸口疼，他说好多了", "chest_pain", Status.PRESENT),
    ("我像被雷劈了一样", "electrocuted", Status.FRAMED),
    ("担心孩子噎着", "choking", Status.ASKED),
    ("i had chest pain in march, couldnt breathe", "cannot_breathe", Status.PAST),
    ("my chest hurts, he says im all better", "chest_pain", Status.PRESENT),
    ("无腹痛呕吐，呼吸平稳", "vomiting", Status.DENIED),
    ("没有胸闷气短恶心。", "vomiting", Status.DENIED),
    ("没有发烧胸口疼得厉害", "chest_pain", Status.PRESENT),
    ("no sweating, no arm pain", "cold_sweat", Status.DENIED),
    ("last month i went to a&e with chest pain", "chest_pain", Status.PAST),
    ("i have chest pain", "chest_pain", Status.PRESENT),
    ("no chest pain", "chest_pain", Status.DENIED),
    ("no fever, cough or chest pain", "chest_pain", Status.DENIED),
    ("no, my chest hurts", "chest_pain", Status.PRESENT),
    ("no fever but my chest hurts", "chest_pain", Status.PRESENT),
    ("she denies any dizziness or chest pain", "chest_pain", Status.DENIED),
    ("the pain in my chest is not getting better", "chest_pain", Status.PRESENT),
    ("i had chest pain two years ago", "chest_pain", Status.PAST),
    ("which department for chest pain", "chest_pain", Status.ASKED),
    ("what if i get chest pain", "chest_pain", Status.HYPOTHETICAL),
]


@pytest.mark.parametrize(("text", "concept", "status"), CASES)
def test_status(gate: Gate, text: str, concept: str, status: Status) -> None:
    facts = gate.reader.read(text, Persons()).facts
    assert {fact.status for fact in facts if fact.concept == concept} == {status}


def test_a_long_denied_list_stays_linear(gate: Gate) -> None:
    assert gate.screen(["没有胸痛、气短、" * 400]).level == "none"
