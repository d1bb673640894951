"""The only door: order, repeats, humans and failing partners, with real records and a simulated Rasa."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from actions.records.tables import UserRow
from bot.errors import BadTurn, ConversationClosed, TooMany
from bot.messages import Reply
from bot.speaker import Offered, Voice
from knowledge.passages import Answer
from tests.bot.house import EMERGENCY, Front, Patient, Tables, make_front, ticket_of, turns

BOOK = [
    {
        "say": "control.menu",
        "expects": "when",
        "options": [
            {"say": "option.earliest", "choice": {"slot": "when", "value": {"earliest": True}}},
            {"say": "menu.human", "command": "/handoff"},
        ],
    }
]


def texts(reply: Reply) -> str:
    return "\n".join(message.text for message in reply.messages)


async def test_turns_are_answered_in_order_of_acceptance(front: Front) -> None:
    patient = await front.patient()
    front.engine.hold = asyncio.Event()
    waiting = [await patient.begin(f"第{number}句") for number in range(100)]
    front.engine.hold.set()
    replies = await asyncio.gather(*waiting)
    assert [reply.turn for reply in replies] == list(range(1, 101))
    assert [turn.text for turn in front.engine.turns] == [f"第{number}句" for number in range(100)]


async def test_one_turn_at_a_time(front: Front) -> None:
    patient, other = await front.patient(), await front.patient()
    front.engine.hold = asyncio.Event()
    waiting = [await patient.begin("一"), await patient.begin("二"), await other.begin("三")]
    await asyncio.sleep(0.1)
    assert sorted(turn.text for turn in front.engine.turns) == ["一", "三"]
    front.engine.hold.set()
    await asyncio.gather(*waiting)


async def test_a_repeated_message_id_gets_the_same_answer_and_runs_once(front: Front) -> None:
    patient = await front.patient()
    first = await patient.say("你好", "m1")
    second = await patient.say("完全不同的话", "m1")
    assert first == second
    front.engine.hold = asyncio.Event()
    waiting = [await patient.begin("再来", "m2") for _ in range(5)]
    front.engine.hold.set()
    assert len({reply.turn for reply in await asyncio.gather(*waiting)}) == 1
    assert [turn.text for turn in front.engine.turns] == ["你好", "再来"]
    assert len(turns(front)) == 2


async def test_the_same_message_id_in_parallel_runs_once(front: Front) -> None:
    patient = await front.patient()
    replies = await asyncio.gather(*(patient.say("你好", "m1") for _ in range(10)))
    assert len(set(map(repr, replies))) == 1
    assert len(front.engine.turns) == len(turns(front)) == 1


@pytest.mark.parametrize(
    ("text", "code"),
    [("", "turn.blank"), (" \x00", "turn.blank"), ("😀", "turn.wordless"), ("长" * 1001, "turn.too_long")],
)
async def test_what_is_no_turn_is_refused_and_forgotten(front: Front, text: str, code: str) -> None:
    patient = await front.patient()
    with pytest.raises(BadTurn) as caught:
        await patient.say(text, "m1")
    assert caught.value.exact_code == code
    assert front.engine.turns == []
    assert turns(front) == []
    assert (await patient.say("你好", "m1")).turn == 1  # the id is free again, and the line is not blocked


async def test_a_too_fast_patient_is_refused_but_an_alarm_is_not(front: Front, tables: Tables) -> None:
    made = make_front(str(front.database.url), tables, turns_per_minute=3)
    patient = await made.patient()
    for _ in range(3):
        await patient.say("你好")
    with pytest.raises(TooMany):
        await patient.say("你好")
    assert (await patient.say(EMERGENCY["zh"])).safety.level == "emergency"
    made.database.close()


@pytest.mark.parametrize(
    ("said", "command", "choice"),
    [
        ("越早越好", None, {"slot": "when", "value": {"earliest": True}}),
        ("1", None, {"slot": "when", "value": {"earliest": True}}),
        ("第一个", None, {"slot": "when", "value": {"earliest": True}}),
        ("转人工", "/handoff", None),
        ("/handoff", None, None),
        ("/restart", None, None),
        ("3", None, None),
        ('/inform{"when": "x"}', None, None),
    ],
)
async def test_only_what_was_offered_is_a_choice_or_a_command(
    front: Front, said: str, command: str | None, choice: Any
) -> None:
    patient = await front.patient()
    front.engine.answers["挂号"] = BOOK
    reply = await patient.say("挂号")
    assert [button.title for button in reply.messages[0].buttons] == ["越早越好", "转人工"]
    await patient.say(said)
    turn = front.engine.turns[-1]
    assert (turn.command, turn.choice, turn.text) == (command, choice, said)


async def test_an_option_is_offered_once(front: Front) -> None:
    patient = await front.patient()
    front.engine.answers |= {"挂号": BOOK, "谢谢": [{"say": "small_talk.thanks"}]}
    await patient.say("挂号")
    await patient.say("谢谢")
    await patient.say("1")
    assert front.engine.turns[-1].choice is None


async def test_personal_values_reach_the_engine_and_the_records_as_tokens(front: Front) -> None:
    patient = await front.patient()
    await patient.say("我叫王小明，电话13800131234")
    said = front.engine.turns[-1].text
    assert said.startswith("我叫[NAME_")
    assert front.vault.reveal_all(patient.id, said) == "我叫王小明,电话13800131234"
    stored = repr([line.text for line in front.store.transcript(patient.id)]) + repr(turns(front)[0].response)
    assert "王小明" not in stored
    assert "13800131234" not in stored


# A human holds the conversation


async def test_a_human_hears_the_patient_and_the_machine_is_silent(front: Front) -> None:
    patient = await front.patient()
    front.store.set_status(patient.id, "human")
    with front.house.hub.listening(f"staff:{patient.id}") as heard:
        reply = await patient.say("我叫王小明，还要等多久")
        assert (reply.messages, reply.status, reply.overtaken) == ((), "human", False)
        line = heard.get_nowait()
        assert line["data"]["role"] == "patient"
        assert line["data"]["text"] == front.store.transcript(patient.id)[-1].text
        assert line["data"]["text"].startswith("我叫[NAME_")
    assert front.engine.turns == []
    alarm = await patient.say(EMERGENCY["zh"])
    assert (alarm.safety.level, alarm.status) == ("emergency", "human")
    assert ticket_of(front, patient).priority == "red"


async def test_staff_hear_a_waiting_patient_after_it_was_stored(front: Front) -> None:
    patient = await front.patient()
    with front.house.hub.listening(f"staff:{patient.id}") as heard:
        await patient.say("你好")
        assert heard.empty()
        front.store.ask_for_staff(patient.id)
        await patient.say("还在吗")
        said = [heard.get_nowait()["data"] for _ in range(heard.qsize())]
    assert [(line["role"], line["text"]) for line in said] == [
        ("patient", "还在吗"), ("assistant", front.store.transcript(patient.id)[-1].text),
    ]  # fmt: skip


async def test_a_handoff_payload_opens_one_ticket_and_tells_its_number(front: Front) -> None:
    patient = await front.patient()
    front.engine.answers["转人工"] = [{"handoff": {"flow": "booking_form", "slots": {"department": "cardiology"}}}]
    with front.house.hub.listening("staff") as queue:
        first, second = await patient.say("转人工"), await patient.say("转人工")
        assert queue.qsize() == 2
    ticket = ticket_of(front, patient)
    assert ticket.summary == {"flow": "booking_form", "slots": {"department": "cardiology"}}
    assert ticket.number in texts(first)
    assert ticket.number in texts(second)
    assert first.status == second.status == "waiting"


# Failing partners


@pytest.mark.parametrize("code", ["partner.rasa", "partner.actions"])
async def test_a_failing_partner_becomes_an_apology_with_a_ticket(front: Front, code: str) -> None:
    patient = await front.patient()
    front.engine.fault = code
    reply = await patient.say("你好")
    ticket = ticket_of(front, patient)
    assert ticket.number in texts(reply)
    assert (ticket.reason, ticket.summary) == ("fault", {"partner": code})
    assert reply.messages[0].card
    front.engine.fault = ""
    assert (await patient.say("你好")).messages


async def test_a_hung_partner_is_given_up_once_for_all_who_waited(front: Front) -> None:
    patient = await front.patient()
    front.engine.hold = asyncio.Event()
    began = asyncio.get_running_loop().time()
    waiting = [await patient.begin(f"第{number}句") for number in range(5)]
    replies = await asyncio.gather(*waiting)
    took_s = asyncio.get_running_loop().time() - began
    assert 0.5 <= took_s < 1.5  # one deadline, not five
    assert all(ticket_of(front, patient).number in texts(reply) for reply in replies)
    assert len(front.engine.turns) == 1
    front.engine.hold = None
    assert "请问您要办什么" in texts(await patient.say("你好"))


async def test_an_engine_that_says_nothing_is_never_silence(front: Front) -> None:
    patient = await front.patient()
    front.engine.answers["你好"] = []
    assert ticket_of_text(front, patient, await patient.say("你好"))


def ticket_of_text(front: Front, patient: Patient, reply: Reply) -> bool:
    return ticket_of(front, patient).number in texts(reply)


async def test_an_unforeseen_failure_apologises_is_stored_and_blocks_nothing(front: Front) -> None:
    patient = await front.patient()
    front.engine.answers["坏"] = [{"say": "no.such.key"}]
    reply = await patient.say("坏", "m1")
    assert ticket_of_text(front, patient, reply)
    assert await patient.say("坏", "m1") == reply
    assert len(front.engine.turns) == 1
    assert (await patient.say("你好")).turn == 2


async def test_an_open_question_is_answered_by_the_library_with_its_source(front: Front) -> None:
    patient = await front.patient()
    front.engine.answers["停车在哪"] = [{"answer": True}]
    front.engine.answers["周末呢"] = [{"answer": "周末呢"}]
    reply = await patient.say("停车在哪")
    assert reply.messages[0].citations[0].source == "topics/zh/parking.md"
    await patient.say("周末呢")
    assert front.library.asked == [("停车在哪", "zh", ()), ("周末呢", "zh", ("停车在哪",))]


async def test_a_question_for_a_doctor_offers_the_guide(front: Front) -> None:
    voice = Voice("c", "zh", "kiosk")
    refused = Answer("", (), True, (), False, False, "answers.doctor_only")
    message = front.house.speaker.answer(refused, voice, Offered())
    assert "只有医生" in message.text
    assert [button.title for button in message.buttons] == ["不知道看哪科", "转人工"]


async def test_a_poor_library_answers_and_says_so(front: Front) -> None:
    patient = await front.patient()
    front.engine.answers["停车在哪"] = [{"answer": True}]
    front.library.degraded = True
    reply = await patient.say("停车在哪")
    assert len(reply.messages) == 2
    assert "停车场" in reply.messages[0].text
    assert ticket_of_text(front, patient, reply)


async def test_again_please_and_the_other_language(front: Front) -> None:
    patient = await front.patient()
    front.engine.answers |= {"挂号": BOOK, "再说一遍": [{"repeat": True}], "English": [{"switch_language": True}]}
    first = await patient.say("挂号")
    again = await patient.say("再说一遍")
    assert again.messages == first.messages
    await patient.say("1")
    assert front.engine.turns[-1].choice == {"slot": "when", "value": {"earliest": True}}
    assert (await patient.say("English")).language == "en"
    assert front.store.load(patient.id).language == "en"


async def test_say_that_again_is_the_question_not_the_remark_before_it(front: Front) -> None:
    patient = await front.patient()
    missed = [{"say": "control.not_understood"}, *BOOK]
    back = [{"say": "control.back"}, *BOOK]
    front.engine.answers |= {"啊": missed, "上一步": back, "挂号": BOOK, "再说一遍": [{"repeat": True}]}
    question = (await patient.say("挂号")).messages
    for said in ("啊", "上一步"):
        assert len((await patient.say(said)).messages) == 2
        assert (await patient.say("再说一遍")).messages == question
        assert (await patient.say("再说一遍")).messages == question


async def test_an_answer_in_passing_is_said_again(front: Front) -> None:
    patient = await front.patient()
    aside = [{"answer": "停车场在哪"}, {"say": "control.back_to_it"}, *BOOK]
    front.engine.answers |= {"停车场在哪": aside, "再说一遍": [{"repeat": True}]}
    first = (await patient.say("停车场在哪")).messages
    assert (await patient.say("再说一遍")).messages == (first[0], first[2])


async def test_a_pause_leaves_the_question_and_its_answers_standing(front: Front) -> None:
    patient = await front.patient()
    pause = [{"say": "control.no_hurry", "params": {}, "stands": True}]
    front.engine.answers |= {"挂号": BOOK, "等一下": pause, "再说一遍": [{"repeat": True}]}
    question = (await patient.say("挂号")).messages
    paused = (await patient.say("等一下")).messages
    assert [button.title for button in paused[0].buttons] == [button.title for button in question[0].buttons]
    assert front.store.load(patient.id).memory.expects == "when"
    assert (await patient.say("再说一遍")).messages == question
    await patient.say("等一下")
    await patient.say("1")
    assert front.engine.turns[-1].choice == {"slot": "when", "value": {"earliest": True}}


# The end


async def test_who_leaves_waits_no_longer(front: Front) -> None:
    front.engine.answers["转人工"] = [{"handoff": {}}]
    gone, alarmed, taken, stays = [await front.patient() for _ in range(4)]
    for patient in (gone, taken, stays):
        await patient.say("转人工")
    await alarmed.say(EMERGENCY["zh"])
    kept = [ticket_of(front, patient) for patient in (alarmed, taken, stays)]
    with front.database.write() as session:
        session.add(UserRow(name="wang.min", password_hash="", role="nurse", created=front.clock.now()))
    front.house.tickets.claim(kept[1].id, "wang.min")
    left = ticket_of(front, gone)
    for patient in (gone, alarmed, taken):
        await front.desk.wipe(patient.id)
    assert {ticket.id for ticket in front.house.tickets.queue()} == {ticket.id for ticket in kept}
    assert front.house.tickets.get(left.id).status == "closed"
    assert front.house.tickets.ahead(kept[2]) == 0
    await front.desk.wipe(gone.id)


async def test_a_wiped_conversation_takes_no_turn_not_even_one_that_waits(front: Front) -> None:
    patient = await front.patient()
    front.engine.hold = asyncio.Event()
    hung, behind = await patient.begin("我叫王小明"), await patient.begin("我叫李小红")
    await asyncio.sleep(0.05)
    await front.desk.wipe(patient.id)
    front.engine.hold.set()
    assert (await hung).messages == ()
    with pytest.raises(ConversationClosed):
        await behind
    with pytest.raises(ConversationClosed):
        await patient.say("还在吗")
    assert [turn.text[:2] for turn in front.engine.turns] == ["我叫"]
    assert turns(front) == []
    assert list(front.store.transcript(patient.id)) == []
