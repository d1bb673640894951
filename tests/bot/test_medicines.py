"""Medicines: what is dangerous is an alarm, what is a question goes to the pharmacist, and no document answers it."""

from __future__ import annotations

import pytest

from actions.safety.medicines import load_medication_questions
from tests.bot.house import HOSPITAL, Front

DANGER = [
    "我一次吃了一整瓶安眠药", "我把降压药吃多了两倍，头晕", "孩子误吞了我的药", "我吃错药了，把外用的喝了",
    "吃了头孢以后全身起疹子喘不上气", "I took a whole bottle of sleeping pills",
    "I took the wrong medicine and feel dizzy",
    "my toddler swallowed my pills", "after the antibiotic my face is swelling and I cannot breathe",
]  # fmt: skip
PHARMACIST = [
    "孕妇可以吃布洛芬吗", "降压药漏吃一次怎么办", "阿司匹林和华法林能一起吃吗",
    "忘了吃药要补吗", "吃头孢能喝酒吗", "喂奶期间能吃消炎药吗",
    "can I take ibuprofen while pregnant", "I missed a dose of my blood pressure pill",
    "can I take aspirin with warfarin", "what are the side effects of metformin",
]  # fmt: skip
HOSPITAL_QUESTIONS = [
    "药房在哪里", "去哪里取药", "可以只开药不看病吗", "中药能代煎吗", "where is the pharmacy", "停车怎么收费",
    "can I get a refill of my medication", "how much is parking", "怀孕建档在哪里", "孕妇做产检要带什么",
]  # fmt: skip


@pytest.mark.parametrize("text", DANGER)
async def test_a_dangerous_medicine_is_an_alarm(front: Front, text: str) -> None:
    patient = await front.patient("en" if text.isascii() else "zh")
    assert (await patient.say(text)).safety.level == "emergency"
    assert front.engine.turns == []
    assert front.library.asked == []


@pytest.mark.parametrize("text", PHARMACIST)
async def test_a_question_about_a_medicine_goes_to_the_pharmacist(front: Front, text: str) -> None:
    """Even where the engine takes it for a question about the hospital."""
    front.engine.answers[text] = [{"answer": True}]
    patient = await front.patient("en" if text.isascii() else "zh")
    reply = await patient.say(text)
    assert "0100-6123-0000" in reply.messages[-1].text
    assert ("pharmacist" if text.isascii() else "药师") in reply.messages[-1].text
    assert front.library.asked == []


@pytest.mark.parametrize("text", HOSPITAL_QUESTIONS)
def test_a_question_about_the_hospital_is_none_of_the_pharmacists(text: str) -> None:
    assert not load_medication_questions(HOSPITAL).asks_pharmacist(text)
