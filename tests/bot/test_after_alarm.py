"""What happens after an alarm: the place decides what is said, staff are called and called again, silence is noticed,
and only the right words end it. The house's clock is moved by hand."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from sqlalchemy import select

from actions.handoff.model import Ticket
from actions.records.tables import AuditRow, TicketRow, UserRow
from bot.messages import Reply, Turn
from bot.watch import Watch
from tests.bot.house import EMERGENCY, Front, Patient, Tables, make_front, ticket_of

SUICIDAL = {"zh": "我不想活了", "en": "I want to kill myself"}
VIOLENCE = {"zh": "我老公打我，我被家暴了", "en": "my husband beats me, he hit me"}
CLEAR = {"zh": "我没有危险。", "en": "I'm not in danger"}
BETRAYING = ("暴", "打", "危险", "110", "单独", "安全", "violence", "abuse", "danger", "private", "safe", "help")
PLACE = {"zh": "门诊楼一楼大厅，1号自助机", "en": "Outpatient Building, main hall, kiosk 1"}


def said(reply: Reply) -> str:
    return "\n".join(message.text for message in reply.messages)


def titles(reply: Reply) -> list[str]:
    return [button.title for message in reply.messages for button in message.buttons]


def actions_of(front: Front, ticket: str) -> list[str]:
    with front.database.read() as session:
        rows = session.scalars(select(AuditRow).where(AuditRow.subject == f"ticket:{ticket}").order_by(AuditRow.seq))
        return [row.action for row in rows]


def pages(front: Front, patient: Patient) -> list[dict[str, Any]]:
    return list(ticket_of(front, patient).summary.get("pages", ()))


def employ(front: Front, name: str, role: str) -> None:
    with front.database.write() as session:
        session.add(UserRow(name=name, role=role, password_hash="", active=True, created=front.clock.now()))


@pytest.mark.parametrize("language", ["zh", "en"])
async def test_at_a_kiosk_staff_are_called_to_its_place_for_the_rule_that_fired(front: Front, language: str) -> None:
    patient = await front.patient(language)
    with front.house.hub.listening("staff") as heard:
        alarm = await patient.say(EMERGENCY[language])
        events = [heard.get_nowait() for _ in range(heard.qsize())]
    assert PLACE[language] in said(alarm)
    page = next(event["data"] for event in events if event["event"] == "page")
    assert (page["place"][language], page["kiosk"], page["circle"]) == (PLACE[language], "K01", "first")
    assert page["rule"] == alarm.safety.rule
    assert [kept["rule"] for kept in pages(front, patient)] == [alarm.safety.rule]
    assert "ticket.paged" in actions_of(front, ticket_of(front, patient).id)


@pytest.mark.parametrize("channel", ["phone", "wechat"])
async def test_elsewhere_nobody_is_sent_to_a_place_and_120_is_named(front: Front, channel: str) -> None:
    patient = await front.patient("zh", channel)
    alarm = await patient.say(EMERGENCY["zh"])
    assert "120" in said(alarm)
    assert pages(front, patient) == []
    if channel == "phone":
        assert len(alarm.messages) == 1
        assert alarm.messages[0].speech == alarm.messages[0].text


@pytest.mark.parametrize("language", ["zh", "en"])
async def test_a_page_that_nobody_takes_is_widened_once_and_the_patient_hears_it(front: Front, language: str) -> None:
    patient = await front.patient(language)
    await patient.say(EMERGENCY[language])
    watch, ticket = Watch(front.house), ticket_of(front, patient)
    front.clock.advance(seconds=29)
    await watch.sweep()
    assert [page["circle"] for page in pages(front, patient)] == ["first"]
    front.clock.advance(seconds=1)
    with front.house.hub.listening(patient.id) as heard:
        await watch.sweep()
        await watch.sweep()
        messages = [event["data"]["text"] for event in [heard.get_nowait() for _ in range(heard.qsize())]]
    assert len(messages) == 1
    assert PLACE[language] in messages[0]
    assert [page["circle"] for page in pages(front, patient)] == ["first", "wider"]
    assert "clerk" in pages(front, patient)[1]["roles"]
    assert actions_of(front, ticket.id).count("ticket.escalated") == 1


async def test_what_is_due_survives_a_restart(front: Front, tables: Tables) -> None:
    patient = await front.patient()
    await patient.say(EMERGENCY["zh"])
    again = make_front(str(front.database.url), tables)
    again.clock.advance(seconds=31)
    await Watch(again.house).sweep()
    assert [page["circle"] for page in pages(again, patient)] == ["first", "wider"]
    again.database.close()


@pytest.mark.parametrize(("role", "circles"), [("nurse", ["first"]), ("clerk", ["first", "wider"])])
async def test_only_who_was_called_acknowledges_by_taking_the_ticket(
    front: Front, role: str, circles: list[str]
) -> None:
    patient = await front.patient()
    await patient.say(EMERGENCY["zh"])
    employ(front, "someone", role)
    front.house.tickets.claim(ticket_of(front, patient).id, "someone")
    front.clock.advance(seconds=31)
    await Watch(front.house).sweep()
    assert [page["circle"] for page in pages(front, patient)] == circles


async def test_a_patient_without_a_turn_is_marked_silent_and_heard_again(front: Front) -> None:
    patient = await front.patient("zh", "wechat")
    await patient.say(EMERGENCY["zh"])
    watch = Watch(front.house)
    front.clock.advance(seconds=59)
    await watch.sweep()
    assert "silent_since" not in ticket_of(front, patient).summary
    front.clock.advance(seconds=1)
    await watch.sweep()
    ticket = ticket_of(front, patient)
    assert (ticket.priority, ticket.status) == ("red", "open")
    assert ticket.summary["silent_since"]
    await watch.sweep()
    assert actions_of(front, ticket.id).count("ticket.silent") == 1
    await patient.say("嗯")
    assert "silent_since" not in ticket_of(front, patient).summary


async def test_a_line_that_breaks_off_is_silence_unless_it_comes_back(front: Front) -> None:
    patient = await front.patient("zh", "phone")
    await patient.say(EMERGENCY["zh"])
    seconds = [100.0]
    watch = Watch(front.house, lambda: seconds[0])
    watch.dropped(patient.id)
    with front.house.hub.listening(patient.id):
        seconds[0] += 60
        await watch.sweep()
    assert "silent_since" not in ticket_of(front, patient).summary
    watch.dropped(patient.id)
    await watch.sweep()
    assert "silent_since" not in ticket_of(front, patient).summary
    seconds[0] += 5
    await watch.sweep()
    assert ticket_of(front, patient).summary["silent_since"]


@pytest.mark.parametrize("lost", [False, True])
async def test_forgetting_never_closes_the_ticket_of_an_alarm(front: Front, lost: bool) -> None:
    patient = await front.patient()
    await patient.say(EMERGENCY["zh"])
    first = ticket_of(front, patient)
    if lost:  # the ticket is gone although the alarm stands
        with front.database.write() as session:
            row = session.get(TicketRow, first.id)
            assert row is not None
            session.delete(row)
    changed = front.house.forgetting.wipe(patient.id)
    ticket = ticket_of(front, patient)
    assert [one.id for one in changed] == [ticket.id]
    assert (ticket.status, ticket.priority, ticket.kiosk) == ("open", "red", "K01")
    assert ticket.summary["silent_since"]
    assert ticket.summary["rule"] == first.summary["rule"]


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("channel", ["kiosk", "phone", "wechat"])
async def test_only_the_all_clear_goes_on(front: Front, channel: str, language: str) -> None:
    patient = await front.patient(language, channel)
    await patient.say(EMERGENCY[language])
    for other in ("好的", "ok", "不用", "挂号", "book a doctor"):
        again = await patient.say(other)
        assert again.messages[0].level == "emergency", other
        assert "转人工" in titles(again) or "Talk to staff" in titles(again)
    assert front.engine.turns == []
    await patient.say("2" if channel == "phone" else CLEAR[language])
    assert front.engine.turns[-1].command == "/danger_clear"
    await patient.say("挂号")
    assert front.engine.turns[-1].text == "挂号"
    assert ticket_of(front, patient).priority == "red"


async def test_an_all_clear_stops_the_wider_call_and_a_new_alarm_starts_another(front: Front) -> None:
    patient = await front.patient()
    await patient.say(EMERGENCY["zh"])
    await patient.say(CLEAR["zh"])
    front.clock.advance(seconds=31)
    await Watch(front.house).sweep()
    assert [page["circle"] for page in pages(front, patient)] == ["first"]
    await patient.say(EMERGENCY["zh"])
    front.clock.advance(seconds=31)
    await Watch(front.house).sweep()
    assert [page["circle"] for page in pages(front, patient)] == ["first", "first", "wider"]


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("channel", ["kiosk", "phone", "wechat"])
async def test_self_harm_is_ended_by_staff_alone(front: Front, channel: str, language: str) -> None:
    patient = await front.patient(language, channel)
    alarm = await patient.say(SUICIDAL[language])
    assert alarm.safety.level == "emergency"
    assert alarm.status == "waiting"
    assert ticket_of(front, patient).priority == "red"
    assert [page["rule"] for page in pages(front, patient)] == [alarm.safety.rule]
    again = await patient.say(CLEAR[language])
    assert front.engine.turns == []
    both = said(alarm) + said(again)
    assert "12356" in both or "1 2 3 5 6" in both
    assert "120" in both
    if channel != "phone":
        assert "0100-6123-0911" in said(alarm)
        assert "18" in said(alarm)
    assert not {"我没有危险", "I am not in danger"} & {*titles(alarm), *titles(again)}
    front.store.set_status(patient.id, "bot")
    await front.desk.hand_back(patient.id)
    await patient.say("挂号")
    assert front.engine.turns[-1].text == "挂号"


async def test_of_a_minor_the_guardian_is_asked_for_and_staff_see_it(front: Front) -> None:
    patient = await front.patient()
    alarm = await patient.say("我女儿15岁，她说她不想活了")
    assert "家长的电话" in said(alarm)
    assert ticket_of(front, patient).summary["minor"] is True
    adult = await front.patient()
    assert "家长" not in said(await adult.say(SUICIDAL["zh"]))


@pytest.mark.parametrize("language", ["zh", "en"])
async def test_at_a_kiosk_nothing_betrays_suspected_violence(front: Front, language: str) -> None:
    patient = await front.patient(language)
    alarm = await patient.say(VIOLENCE[language])
    assert alarm.safety.rule == "violence"
    front.clock.advance(seconds=31)
    with front.house.hub.listening(patient.id) as heard:
        await Watch(front.house).sweep()
        later = [event["data"] for event in [heard.get_nowait() for _ in range(heard.qsize())]]
    again = await patient.say("挂号")
    shown = [message.to_json() for message in (*alarm.messages, *again.messages)] + later
    assert len(later) == 1
    for message in shown:
        assert message.get("level") != "emergency"
        for word in (
            "暴",
            "打",
            "危险",
            "110",
            "单独",
            "安全",
            "violence",
            "abuse",
            "danger",
            "private",
            "safe",
            "help",
        ):
            assert word not in message["text"], message
            assert word not in message["speech"], message
    assert ticket_of(front, patient).priority == "red"


async def test_a_hung_engine_keeps_no_emergency_waiting(front: Front) -> None:
    """The simulated engine hangs for as long as a turn may take (its deadline is a minute here)."""
    object.__setattr__(front.house, "settings", front.house.settings.model_copy(update={"turn_deadline_s": 60.0}))
    patient = await front.patient()
    front.engine.hold = asyncio.Event()
    hung = await patient.begin("挂号")
    await asyncio.sleep(0.05)
    clock = asyncio.get_running_loop().time
    waits = []
    for number in range(5):
        begun = clock()
        answering = await front.desk.conversation(patient.id).respond(turn_of(patient, f"e{number}"))
        async for message in answering:
            waits.append(clock() - begun)
            assert message.level == "emergency"
            break
    assert min(waits) < 0.1
    assert sorted(waits)[2] < 0.1
    front.engine.hold.set()
    await hung


def turn_of(patient: Patient, message_id: str) -> Turn:
    return Turn(patient.id, message_id, patient.channel, patient.language, EMERGENCY[patient.language])


async def test_an_alarm_whose_page_fails_once_is_still_red_called_and_stands(
    front: Front, monkeypatch: pytest.MonkeyPatch
) -> None:
    patient, calls = await front.patient(), list[str]()
    real = front.house.rescue.pages.heard

    def fail_once(conversation: str) -> Ticket | None:
        calls.append(conversation)
        if len(calls) == 1:
            raise KeyError("unforeseen")
        return real(conversation)

    monkeypatch.setattr(type(front.house.rescue.pages), "heard", lambda self, conversation: fail_once(conversation))
    alarm = await patient.say(EMERGENCY["zh"])
    assert alarm.safety.level == "emergency"
    assert ticket_of(front, patient).priority == "red"
    assert pages(front, patient)
    again = await patient.say("我要挂号")
    assert "转人工" in titles(again)
    assert not front.engine.turns


async def test_one_fault_does_not_end_the_watch_over_others(front: Front, monkeypatch: pytest.MonkeyPatch) -> None:
    patient = await front.patient()
    await patient.say(EMERGENCY["zh"])
    monkeypatch.setattr(type(front.house.rescue.pages), "due", lambda self, after_s: {}["unforeseen"])
    front.clock.advance(minutes=5)
    await Watch(front.house).sweep()
    assert ticket_of(front, patient).summary.get("silent_since")
