"""The front door on real PostgreSQL: a conversation from its opening to its end, and turns in parallel."""

from __future__ import annotations

import asyncio

import pytest

from actions.records import audit
from actions.records.database import migrate
from tests.bot.house import EMERGENCY, Tables, make_front

pytestmark = pytest.mark.slow


async def test_a_whole_conversation(postgres_url: str, tables: Tables) -> None:
    migrate(postgres_url)
    front = make_front(postgres_url, tables)
    patient = await front.patient()
    await front.desk.admit(patient.id, patient.token)
    front.engine.answers |= {
        "停车在哪": [{"answer": True}],
        "转人工": [{"handoff": {"flow": None, "slots": {}}}],
    }
    first = await patient.say("我叫王小明,电话13800131234")
    assert front.vault.reveal_all(patient.id, front.engine.turns[-1].text) == "我叫王小明,电话13800131234"
    assert (await patient.say("停车在哪")).messages[0].citations
    assert await patient.say("别的", "m1") == first
    waiting = [await patient.begin(f"第{number}句") for number in range(20)]
    assert [reply.turn for reply in await asyncio.gather(*waiting)] == list(range(3, 23))
    assert (await patient.say("转人工")).status == "waiting"
    alarm = await patient.say(EMERGENCY["zh"])
    assert alarm.safety.level == "emergency"
    ticket = front.house.tickets.of_conversation(patient.id)
    assert ticket is not None
    assert ticket.priority == "red"
    await front.desk.wipe(patient.id)
    assert front.engine.forgotten == [patient.id]
    assert list(front.store.transcript(patient.id)) == []
    assert audit.verify(front.database).ok
    front.database.close()


async def test_many_conversations_at_once(postgres_url: str, tables: Tables) -> None:
    migrate(postgres_url)
    front = make_front(postgres_url, tables, turn_deadline_s=20)
    patients = [await front.patient() for _ in range(8)]
    waiting = [await patient.begin(f"我叫王小明,第{number}句") for number in range(5) for patient in patients]
    replies = await asyncio.gather(*waiting)
    assert sorted(reply.turn for reply in replies) == sorted(list(range(1, 6)) * 8)
    assert audit.verify(front.database).ok
    front.database.close()
