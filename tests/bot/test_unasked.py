"""What the assistant says without being asked: in another language, after a hand back, while a colleague comes."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from bot.errors import TooMany
from bot.messages import Message
from knowledge.passages import Answer
from tests.bot.house import EMERGENCY, Front, Patient

PICK = {"slot": "when", "value": {"day_from": "2026-11-27"}}
QUESTION = {
    "say": "control.menu",
    "expects": "when",
    "options": [{"say": "option.day", "params": {"day": "2026-11-27"}, "choice": PICK}],
}


async def speak(front: Front, patient: Patient, language: str) -> list[Message]:
    reply = await front.desk.speak(patient.id, language, front.desk.join(patient.id))
    assert reply.language == language
    return list(reply.messages)


async def heard(front: Front, patient: Patient, act: Any) -> list[dict[str, Any]]:
    """The messages that the patient's page hears while something is done."""
    with front.house.hub.listening(patient.id) as queue:
        await act(patient.id)
        return [
            item["data"] for item in (queue.get_nowait() for _ in range(queue.qsize())) if item["event"] == "message"
        ]


async def with_staff(front: Front, patient: Patient) -> None:
    await asyncio.to_thread(front.store.set_status, patient.id, "human")


async def test_the_open_question_and_its_answers_come_in_the_new_language(front: Front) -> None:
    front.engine.answers["挂号"] = [QUESTION]
    patient = await front.patient()
    asked = await patient.say("挂号")
    (again,) = await speak(front, patient, "en")
    assert (asked.messages[0].text, again.text) == ("请问您要办什么？", "What would you like to do?")
    assert asked.messages[0].buttons[0].title != again.buttons[0].title
    opened = front.store.load(patient.id)
    assert (opened.language, opened.memory.expects) == ("en", "when")
    await patient.say(again.buttons[0].title)  # the button of the new language is what stands behind it
    assert front.engine.turns[-1].choice == PICK
    assert front.engine.turns[-1].language == "en"


async def test_the_greeting_is_a_question_too_and_an_answer_is_none(front: Front) -> None:
    patient = await front.patient()
    (greeting,) = await speak(front, patient, "en")
    assert "Book an appointment" in [button.title for button in greeting.buttons]
    front.engine.answers["停车"] = [{"answer": True}]
    await patient.say("停车")
    assert await speak(front, patient, "zh") == []


async def test_an_emergency_is_said_again_in_the_new_language_even_with_staff(front: Front) -> None:
    patient = await front.patient()
    await patient.say(EMERGENCY["zh"])
    await with_staff(front, patient)
    (again,) = await speak(front, patient, "en")
    assert again.level == "emergency"
    assert "may be a heart emergency" in again.text
    assert [button.title for button in again.buttons][-1] == "Talk to staff"


async def test_with_staff_an_ordinary_question_is_not_asked_again(front: Front) -> None:
    front.engine.answers["挂号"] = [QUESTION]
    patient = await front.patient()
    await patient.say("挂号")
    await with_staff(front, patient)
    assert await speak(front, patient, "en") == []


async def test_a_page_that_keeps_switching_is_slowed_down(front: Front) -> None:
    patient = await front.patient()
    for _ in range(front.house.settings.turns_per_minute):
        await speak(front, patient, "en")
    with pytest.raises(TooMany):
        await speak(front, patient, "zh")


async def test_a_hand_back_says_who_answers_and_asks_the_open_question_again(front: Front) -> None:
    front.engine.answers["挂号"] = [QUESTION]
    patient = await front.patient()
    await patient.say("挂号")
    await with_staff(front, patient)
    turns = len(front.engine.turns)
    await patient.say("谢谢您")
    await asyncio.to_thread(front.store.add_staff_line, patient.id, "s1", Message("不客气", "不客气", sender="staff"))
    await asyncio.to_thread(front.store.set_status, patient.id, "bot")
    said = await heard(front, patient, front.desk.hand_back)
    assert [message["text"].split("，")[0] for message in said] == ["工作人员已经结束和您的对话", "请问您要办什么？"]
    assert "AI 导医助手" in said[0]["text"]
    assert len(front.engine.turns) == turns
    assert [line.role for line in front.store.transcript(patient.id)][-3:] == ["staff", "assistant", "assistant"]
    await patient.say(said[1]["buttons"][0]["title"])
    assert front.engine.turns[-1].choice == PICK


async def test_what_was_left_open_is_answered_by_the_library_and_never_taken_as_a_yes(front: Front) -> None:
    patient = await front.patient()
    await with_staff(front, patient)
    await patient.say("停车场在哪？")
    await patient.say("好的，就这样")
    await asyncio.to_thread(front.store.set_status, patient.id, "bot")
    turns = len(front.engine.turns)
    said = await heard(front, patient, front.desk.hand_back)
    assert [query for query, _, _ in front.library.asked] == ["停车场在哪?", "好的,就这样"]
    assert "停车场在门诊楼地下一层。" in [message["text"] for message in said]
    assert len(front.engine.turns) == turns


async def test_what_the_library_cannot_answer_is_asked_for_again(front: Front, monkeypatch: pytest.MonkeyPatch) -> None:
    async def refuse(*_: object) -> Answer:
        return Answer("", (), True, (), False, False, say="answers.unknown")

    patient = await front.patient()
    await with_staff(front, patient)
    await patient.say("我的单子呢？")
    await asyncio.to_thread(front.store.set_status, patient.id, "bot")
    monkeypatch.setattr(front.library, "answer", refuse)
    (said,) = await heard(front, patient, front.desk.hand_back)
    assert "请再说一遍" in said["text"]
    assert "转人工" in [button["title"] for button in said["buttons"]]


async def test_a_patient_is_told_that_a_colleague_goes_on(front: Front) -> None:
    patient = await front.patient(language="en")
    await asyncio.to_thread(front.store.set_status, patient.id, "waiting")
    (said,) = await heard(front, patient, front.desk.pass_on)
    assert "colleague" in said["text"]


async def test_nothing_is_said_to_somebody_who_left(front: Front) -> None:
    patient = await front.patient()
    await front.desk.wipe(patient.id)
    assert await heard(front, patient, front.desk.hand_back) == []
    assert await heard(front, patient, front.desk.pass_on) == []
