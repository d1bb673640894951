"""Alarms at the only door: what overtakes what, who hears it, how it ends; the second vote is simulated."""

from __future__ import annotations

import asyncio
from threading import Event
from typing import Any

import pytest

from actions.errors import RecordsUnavailable
from actions.safety.gate import Gate
from actions.safety.vote import Facts, Opinion
from bot.messages import Reply, Transcript, Turn
from bot.store import Opened
from knowledge.errors import EmbedderUnavailable
from tests.bot.house import EMERGENCY, Front, Tables, make_front, ticket_of, turns


def texts(reply: Reply) -> str:
    return "\n".join(message.text for message in reply.messages)


@pytest.mark.parametrize("language", ["zh", "en"])
async def test_an_alarm_overtakes_a_hung_turn_and_silences_it(front: Front, language: str) -> None:
    patient = await front.patient(language)
    front.engine.hold = asyncio.Event()
    hung = await patient.begin("挂号" if language == "zh" else "book a doctor")
    await asyncio.sleep(0.05)
    alarm = await patient.say(EMERGENCY[language])
    assert alarm.safety.level == "emergency"
    assert alarm.messages[0].level == "emergency"
    assert alarm.language == language
    assert alarm.status == "waiting"
    ticket = ticket_of(front, patient)
    assert (ticket.priority, ticket.reason, ticket.kiosk) == ("red", "emergency", "K01")
    front.engine.hold.set()
    silenced = await hung
    assert silenced.messages == ()
    assert silenced.overtaken
    assert not alarm.overtaken
    assert [row.response and row.response["overtaken"] for row in turns(front)] == [False, True]
    clear = await patient.say("我没有危险" if language == "zh" else alarm.messages[0].buttons[0].title)
    assert front.engine.turns[-1].command == "/danger_clear"  # what the alarm offered is still on offer
    assert clear.messages


async def test_an_alarm_spread_over_alternatives_and_the_open_question_is_heard(front: Front) -> None:
    patient = await front.patient()
    turn = Turn(patient.id, "m1", "kiosk", "zh", "嗯", Transcript(0.4, ("啊", EMERGENCY["zh"])))
    reply = await (await front.desk.conversation(patient.id).respond(turn)).reply()
    assert reply.safety.level == "emergency"


async def test_an_over_long_alarm_is_heard_too(front: Front) -> None:
    patient = await front.patient()
    reply = await patient.say("我说来话长。" * 300 + EMERGENCY["zh"])
    assert reply.safety.level == "emergency"
    assert front.engine.turns == []


async def test_an_alarm_is_said_even_when_the_records_are_away(front: Front, monkeypatch: pytest.MonkeyPatch) -> None:
    patient = await front.patient()

    def away(*_: Any, **__: Any) -> Any:
        raise RecordsUnavailable("simulated")

    for owner, name in (
        (front.store, "load"), (front.store, "answered"), (front.store, "commit"), (front.house.tickets, "open"),
    ):  # fmt: skip
        monkeypatch.setattr(owner, name, away)
    reply = await patient.say(EMERGENCY["zh"])
    assert reply.messages[0].level == "emergency"
    assert "0100-6123-0000" in texts(reply)
    plain = await patient.say("你好")
    assert "1至6号人工窗口" in texts(plain)
    assert front.engine.turns == []


async def test_an_alarm_does_not_wait_for_records_that_hang(front: Front, monkeypatch: pytest.MonkeyPatch) -> None:
    patient, back = await front.patient(), Event()
    load, answered = front.store.load, front.store.answered

    def hanging_load(conversation: str) -> Opened:
        back.wait(20)
        return load(conversation)

    def hanging_answered(conversation: str, message_id: str) -> Reply | None:
        back.wait(20)
        return answered(conversation, message_id)

    monkeypatch.setattr(front.store, "load", hanging_load)
    monkeypatch.setattr(front.store, "answered", hanging_answered)
    turn = Turn(patient.id, "m1", "kiosk", "zh", EMERGENCY["zh"])
    try:
        answering = await asyncio.wait_for(front.desk.conversation(patient.id).respond(turn), 3)
        async with asyncio.timeout(3):
            first = await anext(aiter(answering))
        assert first.level == "emergency"
    finally:
        back.set()
    assert (await asyncio.wait_for(answering.reply(), 10)).safety.level == "emergency"


async def test_an_emergency_under_the_id_of_another_turn_is_heard(front: Front) -> None:
    patient = await front.patient()
    await patient.say("你好", "m1")
    reply = await patient.say(EMERGENCY["zh"], "m1")
    assert reply.safety.level == "emergency"
    assert await patient.say("你好", "m1") != reply
    front.engine.hold = asyncio.Event()
    waiting = await patient.begin("再来", "m2")
    assert (await patient.say(EMERGENCY["zh"], "m2")).safety.level == "emergency"
    front.engine.hold.set()
    await waiting


async def test_an_emergency_that_is_sent_twice_is_one(front: Front) -> None:
    patient = await front.patient()
    first, second = [await patient.say(EMERGENCY["zh"], "m1") for _ in range(2)]
    assert first == second
    assert len(turns(front)) == 1


class SimulatedVote:
    """A vote that is alarmed by one word, and can fail."""

    def __init__(self) -> None:
        self.broken = False

    def judge(self, text: str, facts: Facts) -> Opinion:
        if self.broken:
            raise EmbedderUnavailable("no model")
        return Opinion({"emergency": 1.0, "urgent": 0.0, "routine": 0.0, "self_care": 0.0, "none": 0.0}, "闷雷" in text)


async def test_the_second_vote_raises_an_alarm_and_its_failure_stops_no_turn(front: Front, tables: Tables) -> None:
    gate, vote = tables.gate, SimulatedVote()
    both = Gate(gate.reader, gate.rules, gate.statements, gate.modifiers, vote)
    made = make_front(str(front.database.url), tables, gate=both)
    patient = await made.patient()
    assert (await patient.say("心里像有闷雷")).safety.rule == "second_vote"
    assert made.house.tickets.queue()[0].priority == "red"
    assert (await patient.say("我没有危险")).safety.level == "none"
    vote.broken = True
    assert (await patient.say("心里像有闷雷")).safety.level == "none"
    assert (await patient.say(EMERGENCY["zh"])).safety.level == "emergency"
    made.database.close()


@pytest.mark.parametrize("said", ["control.danger_clear", "control.danger_over"])
async def test_an_all_clear_ends_an_alarm_and_nothing_else(front: Front, said: str) -> None:
    patient = await front.patient()
    front.engine.answers["不用叫医生"] = [{"say": said}]
    spoken = (await patient.say("不用叫医生")).messages[0].text
    assert "没有危险就好" not in spoken
    await patient.say(EMERGENCY["zh"])
    assert "没有危险就好" in (await patient.say("不用叫医生")).messages[0].text
    assert (await patient.say("不用叫医生")).messages[0].text == spoken
