"""Opening, admitting, calling and forgetting."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from sqlalchemy import select

from actions.errors import RecordsUnavailable
from actions.records.tables import VaultRow
from bot import desk as desk_module
from bot.errors import ConversationClosed, NotAllowed, TooMany, UnknownConversation
from tests.bot.house import Front, Tables, make_front


async def test_a_conversation_begins_with_a_greeting_whose_buttons_work(front: Front) -> None:
    welcome = await front.desk.open("kiosk", "en", "K02", "10.0.0.1")
    (greeting,) = welcome.messages
    assert [button.title for button in greeting.buttons][-1] == "Talk to staff"
    opened = await front.desk.admit(welcome.conversation, welcome.token)
    assert (opened.language, opened.kiosk) == ("en", "K02")
    assert [option["command"] for option in opened.memory.options][-1] == "/handoff"


async def test_an_address_may_not_open_without_end(front: Front, tables: Tables) -> None:
    made = make_front(str(front.database.url), tables, conversations_per_minute=2)
    for _ in range(2):
        await made.desk.open("kiosk", "zh", None, "10.0.0.1")
    with pytest.raises(TooMany):
        await made.desk.open("kiosk", "zh", None, "10.0.0.1")
    await made.desk.open("kiosk", "zh", None, "10.0.0.2")
    made.database.close()


async def test_while_the_records_are_away_only_known_tokens_come_in(
    front: Front, monkeypatch: pytest.MonkeyPatch
) -> None:
    known, strange = await front.patient(), await front.patient()
    await front.desk.admit(known.id, known.token)

    def away(*_: Any) -> Any:
        raise RecordsUnavailable("simulated")

    monkeypatch.setattr(front.store, "check", away)
    assert (await front.desk.admit(known.id, known.token)).id == known.id
    for conversation, token in ((known.id, strange.token), (strange.id, strange.token), ("nobody", known.token)):
        with pytest.raises(RecordsUnavailable):
            await front.desk.admit(conversation, token)


async def test_idle_conversations_are_let_go_and_busy_ones_kept(front: Front, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(desk_module, "LIVE", 1)
    busy, idle = await front.patient(), await front.patient()
    front.engine.hold = asyncio.Event()
    waiting = await busy.begin("你好")
    held = front.desk.conversation(busy.id)
    front.desk.conversation(idle.id)
    assert front.desk.conversation(busy.id) is held
    front.engine.hold.set()
    await waiting
    front.engine.hold = None
    await idle.say("你好")
    assert (await busy.say("你好")).turn == 2  # loaded again from the records


# Calls


async def test_a_call_never_takes_a_patient_away_from_a_human(front: Front) -> None:
    patient = await front.patient()
    with front.house.hub.listening(patient.id) as heard:
        number = await front.desk.call_staff("K01", patient.id)
        assert heard.get_nowait() == {"event": "status", "data": {"status": "waiting"}}
    ticket = front.house.tickets.of_conversation(patient.id)
    assert ticket is not None
    assert (ticket.number, ticket.reason, ticket.kiosk) == (number, "staff_call", "K01")
    front.store.set_status(patient.id, "human")
    assert await front.desk.call_staff("K01", patient.id) == number
    assert front.store.load(patient.id).status == "human"


async def test_a_call_without_a_conversation_is_one_for_each_kiosk(front: Front) -> None:
    first, again, other = [await front.desk.call_staff(kiosk, None) for kiosk in ("K01", "K01", "K02")]
    assert first == again != other


# Forgetting


async def test_a_wipe_reaches_rasa_at_once(front: Front) -> None:
    patient = await front.patient()
    await patient.say("我叫王小明")
    with front.house.hub.listening(patient.id) as heard:
        await front.desk.wipe(patient.id)
        assert heard.get_nowait() == {"event": "status", "data": {"status": "closed"}}
    assert front.engine.forgotten == [patient.id]
    assert front.house.forgetting.pending() == []
    with pytest.raises(ConversationClosed):
        await front.desk.admit(patient.id, patient.token)


async def test_a_wipe_while_rasa_is_away_is_made_good_even_after_a_restart(
    front: Front, tables: Tables, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(desk_module, "FIRST_RETRY_S", 0.01)
    patient = await front.patient()
    front.engine.away = True
    await front.desk.wipe(patient.id)
    assert front.house.forgetting.pending() == [patient.id]
    restarted = make_front(str(front.database.url), tables)  # a new process: nothing in memory
    restarted.engine.away = True
    work = asyncio.create_task(restarted.desk.forget_sessions())
    await asyncio.sleep(0.1)
    assert restarted.engine.forgotten == []
    restarted.engine.away = False
    await until(lambda: restarted.house.forgetting.pending() == [])
    assert restarted.engine.forgotten == [patient.id]
    work.cancel()
    restarted.database.close()


async def test_a_wipe_during_a_turn_returns_at_once_and_is_complete_when_the_turn_ends(front: Front) -> None:
    work = asyncio.create_task(front.desk.forget_sessions())
    patient = await front.patient()
    front.engine.hold = asyncio.Event()
    hung = await patient.begin("我叫王小明")
    await asyncio.sleep(0.05)
    await asyncio.wait_for(front.desk.wipe(patient.id), 0.3)
    assert front.engine.forgotten == []  # not before the turn is over: it would come back
    front.engine.hold.set()
    await hung
    await until(lambda: front.engine.forgotten == [patient.id])
    with front.database.read() as session:
        assert session.scalars(select(VaultRow)).all() == []
    work.cancel()


async def test_a_patient_whose_page_died_is_forgotten_and_one_who_waits_is_not(
    front: Front, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(desk_module, "SWEEP_S", 0.01)
    gone, waiting, caller = await front.patient(), await front.patient(), await front.patient(channel="phone")
    await front.desk.call_staff("K01", waiting.id)
    front.clock.advance(seconds=front.house.settings.abandoned_after_s - 1)
    here = await front.patient()
    work = asyncio.create_task(front.desk.forget_abandoned())
    await asyncio.sleep(0.1)
    assert front.engine.forgotten == []
    front.clock.advance(seconds=2)
    await until(lambda: front.engine.forgotten == [gone.id])
    for patient in (waiting, caller, here):
        await front.desk.admit(patient.id, patient.token)
    with pytest.raises(ConversationClosed):
        await front.desk.admit(gone.id, gone.token)
    work.cancel()


async def test_a_live_desk_is_woken_for_what_is_left(front: Front, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(desk_module, "FIRST_RETRY_S", 0.01)
    work = asyncio.create_task(front.desk.forget_sessions())
    await asyncio.sleep(0.05)
    patient = await front.patient()
    front.engine.away = True
    await front.desk.wipe(patient.id)
    await asyncio.sleep(0.05)
    front.engine.away = False
    await until(lambda: front.engine.forgotten == [patient.id])
    work.cancel()


@pytest.mark.parametrize("token", ["", "wrong"])
async def test_a_wrong_token_is_not_admitted(front: Front, token: str) -> None:
    patient = await front.patient()
    with pytest.raises(NotAllowed):
        await front.desk.admit(patient.id, token)
    with pytest.raises(UnknownConversation):
        await front.desk.admit("nobody", patient.token)


async def until(done: Any, timeout_s: float = 5.0) -> None:
    async with asyncio.timeout(timeout_s):
        while not done():  # noqa: ASYNC110  # what is awaited happens in the records
            await asyncio.sleep(0.01)
