"""The queue, the packet and the talk over HTTP, against real records."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from sqlalchemy import select

from actions.errors import RecordsUnavailable
from actions.handoff.model import Ticket
from actions.records import audit
from actions.records.tables import AuditRow, MessageRow
from bot.forgetting import Forgetting
from tests.bot.console.conftest import House, Staff, code_of

PHONE = "13800138678"  # invented
XSS = '<img src=x onerror="alert(1)"><script>alert(2)</script>'


async def queue_of(client: Staff) -> list[dict[str, Any]]:
    answer = await client.get("/console/api/tickets")
    assert answer.status_code == 200
    tickets = answer.json()["tickets"]
    assert isinstance(tickets, list)
    return tickets


async def test_red_tickets_come_first_then_the_longest_wait(house: House, nurse: Staff) -> None:
    first = house.ticket(house.patient("我想找人工", language="en"))
    house.clock.advance(minutes=2)
    second = house.ticket(house.patient("你好"))
    house.clock.advance(minutes=1)
    red = house.ticket(house.patient("胸口疼"), "emergency", "red", rule="chest_pain")
    house.clock.advance(seconds=30)
    queue = await queue_of(nurse)
    assert [entry["id"] for entry in queue] == [red.id, first.id, second.id]
    assert [entry["waiting_s"] for entry in queue] == [30, 210, 90]
    assert queue[0]["reason"] == "emergency"
    assert queue[0]["number"] == red.number
    assert (queue[1]["language"], queue[1]["kiosk"], queue[1]["claimed_by"]) == ("en", "K01", None)


async def test_the_queue_holds_no_personal_data(house: House, nurse: Staff) -> None:
    conversation = house.patient()
    token = house.vault.keep(conversation, "phone", PHONE)
    house.ticket(conversation, slots={"patient_phone": token})
    answer = await nurse.get("/console/api/tickets")
    assert PHONE not in answer.text
    assert token not in answer.text


async def test_the_packet_shows_staff_what_tokens_stand_for(house: House, nurse: Staff, stranger: Staff) -> None:
    conversation = house.patient()
    phone = house.vault.keep(conversation, "phone", PHONE)
    name = house.vault.keep(conversation, "name", "张桂芳")
    house.says(conversation, f"我叫{name}，电话{phone}")
    slots = {
        "department": "cardiology",
        "when": {"day_from": "2026-11-27"},
        "patient_name": name,
        "patient_phone": phone,
    }
    ticket = house.ticket(conversation, flow="booking_form", slots=slots)
    packet = (await nurse.get(f"/console/api/tickets/{ticket.id}")).json()
    facts = {fact["key"]: (fact["zh"], fact["en"]) for fact in packet["facts"]}
    assert facts["patient_name"] == ("张桂芳", "张桂芳")
    assert facts["patient_phone"] == (PHONE, PHONE)
    assert facts["department"][1].startswith("Cardiology")
    assert facts["day_from"] == ("11月27日（周五）", "Friday 27 November")
    assert packet["lines"][0]["text"] == f"我叫张桂芳，电话{PHONE}"
    assert [line["role"] for line in packet["lines"]] == ["patient", "assistant"]
    hidden = await stranger.get(f"/console/api/tickets/{ticket.id}")
    assert hidden.status_code == 401
    assert PHONE not in hidden.text
    with house.database.read() as session:
        stored = session.scalars(select(MessageRow.text)).all()
        reads = session.scalars(select(AuditRow).where(AuditRow.action == "ticket.read")).all()
    assert not [text for text in stored if PHONE in text or "张桂芳" in text]
    assert [(row.actor, row.subject) for row in reads] == [("staff:wang.min", f"ticket:{ticket.id}")]


async def test_tokens_of_another_conversation_stay_closed(house: House, nurse: Staff) -> None:
    token = house.vault.keep(house.patient(), "phone", PHONE)
    ticket = house.ticket(house.patient(f"电话 {token}"))
    answer = await nurse.get(f"/console/api/tickets/{ticket.id}")
    assert PHONE not in answer.text
    assert token in answer.text


async def test_a_hand_back_that_fails_half_way_is_mended_by_the_same_click(
    house: House, nurse: Staff, monkeypatch: pytest.MonkeyPatch
) -> None:
    conversation = house.patient("我想找人工")
    ticket = house.ticket(conversation)
    base = f"/console/api/tickets/{ticket.id}"
    await nurse.post(f"{base}/claim")
    real, failures = house.tickets.close, [RecordsUnavailable("simulated")]

    def close(ticket_id: str, staff: str) -> Ticket:
        if failures:
            raise failures.pop()
        return real(ticket_id, staff)

    monkeypatch.setattr(house.tickets, "close", close)
    assert (await nurse.post(f"{base}/hand-back")).status_code == 503
    assert (await nurse.post(f"{base}/hand-back")).json()["ticket"]["status"] == "closed"
    assert house.store.load(conversation).status == "bot"


async def test_claim_talk_and_hand_back(house: House, nurse: Staff) -> None:
    conversation = house.patient("我想找人工")
    ticket = house.ticket(conversation)
    base = f"/console/api/tickets/{ticket.id}"

    claimed = (await nurse.post(f"{base}/claim")).json()["ticket"]
    assert (claimed["status"], claimed["claimed_by"], claimed["conversation"]) == ("claimed", "wang.min", "human")
    assert claimed["may"] == {
        "claim": False,
        "reply": True,
        "hand_back": True,
        "put_back": True,
        "take_over": False,
        "close_departed": False,
    }
    assert house.store.load(conversation).status == "human"
    assert house.hub.published == [
        (conversation, "status", {"status": "human"}),
        ("staff", "queue", {"ticket": ticket.id, "priority": "normal"}),
    ]

    house.hub.published.clear()
    sent = await nurse.post(f"{base}/messages", json={"text": "您好，我是王护士。\n请讲。", "message_id": "one"})
    assert sent.json() == {"sent": True, "repeated": False}
    said = {where: (event, data) for where, event, data in house.hub.published}
    event, message = said[conversation]
    assert (event, message["text"], message["from"], message["ai"]) == (
        "message",
        "您好，我是王护士。\n请讲。",
        "staff",
        False,
    )
    assert said[f"staff:{conversation}"][0] == "line"

    house.says(conversation, "我的号找不到了")
    reloaded = (await nurse.get(base)).json()
    assert [(line["role"], line["text"]) for line in reloaded["lines"]] == [
        ("patient", "我想找人工"),
        ("assistant", "好的。"),
        ("staff", "您好，我是王护士。\n请讲。"),
        ("patient", "我的号找不到了"),
        ("assistant", "好的。"),
    ]
    after = reloaded["lines"][2]["id"]
    fresh = (await nurse.get(f"{base}/lines?after={after}")).json()["lines"]
    assert [line["role"] for line in fresh] == ["patient", "assistant"]

    house.hub.published.clear()
    closed = await nurse.post(f"{base}/hand-back")
    assert closed.json()["ticket"]["status"] == "closed"
    assert house.store.load(conversation).status == "bot"
    assert house.tickets.of_conversation(conversation) is None
    assert (conversation, "status", {"status": "bot"}) in house.hub.published
    assert await queue_of(nurse) == []
    house.hub.published.clear()
    assert (await nurse.post(f"{base}/hand-back")).status_code == 200  # twice is harmless, and said once
    assert house.hub.published == []
    report = audit.verify(house.database)
    assert report.ok


async def test_of_two_who_claim_at_once_one_wins(house: House, nurse: Staff, other: Staff) -> None:
    for _ in range(5):
        ticket = house.ticket(house.patient("你好"))
        path = f"/console/api/tickets/{ticket.id}/claim"
        answers = await asyncio.gather(nurse.post(path), other.post(path))
        assert sorted(answer.status_code for answer in answers) == [200, 409]
        loser = next(answer for answer in answers if answer.status_code == 409)
        assert code_of(loser) == "handoff.taken"
        winner = next(answer for answer in answers if answer.status_code == 200).json()["ticket"]["claimed_by"]
        assert house.tickets.get(ticket.id).claimed_by == winner


async def test_only_who_has_the_ticket_writes_and_hands_back(house: House, nurse: Staff, other: Staff) -> None:
    ticket = house.ticket(house.patient("你好"))
    base = f"/console/api/tickets/{ticket.id}"
    for path, body in (("messages", {"text": "您好"}), ("hand-back", None)):
        early = await nurse.post(f"{base}/{path}", json=body)
        assert (early.status_code, code_of(early)) == (409, "ticket.not_yours")
    await nurse.post(f"{base}/claim")
    for path, body in (("messages", {"text": "您好"}), ("hand-back", None)):
        foreign = await other.post(f"{base}/{path}", json=body)
        assert (foreign.status_code, code_of(foreign)) == (409, "ticket.not_yours")
    assert (await nurse.post(f"{base}/claim")).status_code == 200
    await nurse.post(f"{base}/hand-back")
    assert (await nurse.post(f"{base}/claim")).status_code == 410
    late = await nurse.post(f"{base}/messages", json={"text": "您好"})
    assert (late.status_code, code_of(late)) == (410, "ticket.closed")


async def test_a_claim_that_broke_off_half_way_is_mended_by_the_next_step(house: House, nurse: Staff) -> None:
    conversation = house.patient("你好")
    ticket = house.ticket(conversation)
    house.tickets.claim(ticket.id, "wang.min")  # and the machine stopped here: the conversation still waits
    assert (await queue_of(nurse))[0]["may"]["claim"] is True
    await nurse.post(f"/console/api/tickets/{ticket.id}/messages", json={"text": "您好"})
    assert house.store.load(conversation).status == "human"
    assert (conversation, "status", {"status": "human"}) in house.hub.published


async def test_red_tickets_are_for_nurses_and_administrators(
    house: House, clerk: Staff, nurse: Staff, admin: Staff
) -> None:
    red = [house.ticket(house.patient("胸口疼"), "emergency", "red") for _ in range(2)]
    normal = house.ticket(house.patient("停车在哪"))
    refused = await clerk.post(f"/console/api/tickets/{red[0].id}/claim")
    assert (refused.status_code, code_of(refused)) == (403, "auth.red")
    assert house.tickets.get(red[0].id).status == "open"
    assert [entry["may"]["claim"] for entry in await queue_of(clerk)] == [False, False, True]
    assert (await clerk.post(f"/console/api/tickets/{normal.id}/claim")).status_code == 200
    assert (await nurse.post(f"/console/api/tickets/{red[0].id}/claim")).status_code == 200
    assert (await admin.post(f"/console/api/tickets/{red[1].id}/claim")).status_code == 200


async def test_a_ticket_that_turns_red_in_a_clerks_hands_goes_to_a_nurse(
    house: House, clerk: Staff, nurse: Staff, admin: Staff
) -> None:
    conversation = house.patient("停车在哪")
    ticket = house.ticket(conversation)
    base = f"/console/api/tickets/{ticket.id}"
    await clerk.post(f"{base}/claim")
    early = await nurse.post(f"{base}/take-over")  # an ordinary one is its holder's
    assert (early.status_code, code_of(early)) == (403, "auth.role")
    house.tickets.open(conversation, "emergency", {"rule": "chest_pain_acs"}, priority="red")
    entry = (await queue_of(clerk))[0]
    assert (entry["alarm"], entry["may"]["hand_back"], entry["may"]["put_back"]) == (True, False, True)
    ended = await clerk.post(f"{base}/hand-back")
    assert (ended.status_code, code_of(ended)) == (403, "auth.red")
    assert house.tickets.get(ticket.id).status == "claimed"
    taken = (await nurse.post(f"{base}/take-over")).json()["ticket"]
    assert (taken["claimed_by"], taken["alarm"], taken["number"]) == ("wang.min", False, ticket.number)
    late = await clerk.post(f"{base}/messages", json={"text": "您好"})
    assert (late.status_code, code_of(late)) == (409, "ticket.not_yours")
    assert (await clerk.post(f"{base}/take-over")).status_code == 403
    assert (await admin.post(f"{base}/take-over")).json()["ticket"]["claimed_by"] == "admin"


async def test_a_ticket_that_is_put_back_waits_at_its_old_place(house: House, nurse: Staff, other: Staff) -> None:
    conversation = house.patient("你好")
    ticket = house.ticket(conversation)
    house.clock.advance(minutes=1)
    house.ticket(house.patient("你好"))
    base = f"/console/api/tickets/{ticket.id}"
    assert (await nurse.post(f"{base}/put-back")).status_code == 409
    await nurse.post(f"{base}/claim")
    assert (await other.post(f"{base}/put-back")).status_code == 409
    house.hub.published.clear()
    back = (await nurse.post(f"{base}/put-back")).json()["ticket"]
    assert (back["status"], back["claimed_by"], back["conversation"]) == ("open", None, "waiting")
    assert house.hub.published[0] == (conversation, "status", {"status": "waiting"})
    assert (await queue_of(other))[0]["id"] == ticket.id
    assert (await other.post(f"{base}/claim")).json()["ticket"]["claimed_by"] == "li.na"
    assert audit.verify(house.database).ok


async def test_nobody_takes_over_what_nobody_has(house: House, admin: Staff) -> None:
    ticket = house.ticket(house.patient("你好"))
    answer = await admin.post(f"/console/api/tickets/{ticket.id}/take-over")
    assert (answer.status_code, code_of(answer)) == (409, "ticket.not_held")


async def test_a_call_without_a_conversation_is_taken_and_closed(house: House, nurse: Staff) -> None:
    ticket = house.ticket(reason="staff_call")
    base = f"/console/api/tickets/{ticket.id}"
    packet = (await nurse.get(base)).json()
    assert (packet["ticket"]["conversation"], packet["lines"]) == (None, [])
    await nurse.post(f"{base}/claim")
    mute = await nurse.post(f"{base}/messages", json={"text": "您好"})
    assert (mute.status_code, code_of(mute)) == (409, "ticket.no_conversation")
    assert (await nurse.post(f"{base}/hand-back")).json()["ticket"]["status"] == "closed"
    assert {where for where, _, _ in house.hub.published} == {"staff"}


async def test_a_patient_who_left_gets_nothing_and_leaves_nothing(house: House, nurse: Staff) -> None:
    conversation = house.patient("你好")
    ticket = house.ticket(conversation)
    base = f"/console/api/tickets/{ticket.id}"
    await nurse.post(f"{base}/claim")
    Forgetting(house.database, house.vault, house.clock).wipe(conversation)
    packet = (await nurse.get(base)).json()
    assert (packet["ticket"]["conversation"], packet["lines"]) == ("closed", [])
    assert packet["ticket"]["may"]["reply"] is False
    assert packet["ticket"]["may"]["hand_back"] is True
    lost = await nurse.post(f"{base}/messages", json={"text": "您好"})
    assert (lost.status_code, code_of(lost)) == (410, "conversation.closed")
    assert (await nurse.post(f"{base}/hand-back")).status_code == 200
    assert house.store.load(conversation).status == "closed"


async def test_a_repeated_message_id_is_one_line(house: House, nurse: Staff) -> None:
    conversation = house.patient("你好")
    ticket = house.ticket(conversation)
    base = f"/console/api/tickets/{ticket.id}"
    await nurse.post(f"{base}/claim")
    house.hub.published.clear()
    body = {"text": "您好", "message_id": "same"}
    answers = await asyncio.gather(*(nurse.post(f"{base}/messages", json=body) for _ in range(4)))
    assert sorted(answer.json()["repeated"] for answer in answers) == [False, True, True, True]
    assert [line.text for line in house.store.transcript(conversation) if line.role == "staff"] == ["您好"]
    assert len([1 for where, _, _ in house.hub.published if where == conversation]) == 1


async def test_what_staff_write_about_a_person_is_stored_as_tokens(house: House, nurse: Staff) -> None:
    conversation = house.patient("你好")
    ticket = house.ticket(conversation)
    base = f"/console/api/tickets/{ticket.id}"
    await nurse.post(f"{base}/claim")
    await nurse.post(f"{base}/messages", json={"text": f"请打{PHONE}，找李护士"})
    with house.database.read() as session:
        row = session.scalars(select(MessageRow).where(MessageRow.role == "staff")).one()
    assert PHONE not in row.text
    assert PHONE not in str(row.payload)
    heard = next(data for where, event, data in house.hub.published if where == conversation and event == "message")
    assert heard["text"] == f"请打{PHONE}，找李护士"
    assert (await nurse.get(base)).json()["lines"][-1]["text"] == f"请打{PHONE}，找李护士"


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"text": ""}, 400, "reply.blank"),
        ({"text": " \n\t "}, 400, "reply.blank"),
        ({"text": "\x00\x07"}, 400, "reply.blank"),
        ({"text": "x" * 1001}, 413, "reply.too_long"),
        ({"text": "x" * 10_001}, 400, "console.bad_request"),
        ({"text": 7}, 400, "console.bad_request"),
        ({"text": None}, 400, "console.bad_request"),
        ({"text": ["您好"]}, 400, "console.bad_request"),
        ({}, 400, "console.bad_request"),
        ({"text": "您好", "from": "assistant"}, 400, "console.bad_request"),
        ({"text": "您好", "message_id": ""}, 400, "console.bad_request"),
        ({"text": "您好", "message_id": "a b"}, 400, "console.bad_request"),
        ({"text": "您好", "message_id": "x" * 65}, 400, "console.bad_request"),
        ({"text": "您好", "message_id": 1}, 400, "console.bad_request"),
    ],
)
async def test_lines_that_do_not_fit(house: House, nurse: Staff, body: dict[str, Any], status: int, code: str) -> None:
    conversation = house.patient("你好")
    ticket = house.ticket(conversation)
    await nurse.post(f"/console/api/tickets/{ticket.id}/claim")
    answer = await nurse.post(f"/console/api/tickets/{ticket.id}/messages", json=body)
    assert (answer.status_code, code_of(answer)) == (status, code)
    assert [line.role for line in house.store.transcript(conversation)] == ["patient", "assistant"]


async def test_a_thousand_characters_emoji_and_control_signs_arrive_as_text(house: House, nurse: Staff) -> None:
    conversation = house.patient("你好")
    ticket = house.ticket(conversation)
    await nurse.post(f"/console/api/tickets/{ticket.id}/claim")
    for text, stored in (("好" * 1000, "好" * 1000), ("👍🏽 好的\x00", "👍🏽 好的"), (XSS, XSS)):
        answer = await nurse.post(f"/console/api/tickets/{ticket.id}/messages", json={"text": text})
        assert answer.status_code == 200
        assert house.store.transcript(conversation)[-1].text == stored


@pytest.mark.parametrize("ticket_id", ["unknown", "0" * 16, "0" * 33, "%00", "..%2F..", "'; DROP TABLE tickets", "票"])
async def test_tickets_that_do_not_exist(nurse: Staff, ticket_id: str) -> None:
    for path in ("", "/lines", "/claim", "/messages", "/hand-back", "/put-back", "/take-over"):
        method = "GET" if path in ("", "/lines") else "POST"
        body = {"text": "您好"} if path == "/messages" else None
        answer = await nurse.request(method, f"/console/api/tickets/{ticket_id}{path}", json=body)
        assert answer.status_code == 404, path
        if "%2F" not in ticket_id:  # a slash inside the id is another address, which the app does not know at all
            assert code_of(answer) == "handoff.unknown", path


@pytest.mark.parametrize("after", ["x", "-1", "1.5", str(2**63), ""])
async def test_a_line_number_that_is_none(house: House, nurse: Staff, after: str) -> None:
    ticket = house.ticket(house.patient("你好"))
    answer = await nurse.get(f"/console/api/tickets/{ticket.id}/lines?after={after}")
    assert (answer.status_code, code_of(answer)) == (400, "console.bad_request")


async def test_markup_stays_the_text_it_is(house: House, nurse: Staff) -> None:
    ticket = house.ticket(house.patient(XSS), complaint=[XSS])
    answer = await nurse.get(f"/console/api/tickets/{ticket.id}")
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.json()["lines"][0]["text"] == XSS
    assert answer.json()["facts"][0] == {"key": "complaint", "zh": XSS, "en": XSS}


async def test_a_database_that_is_away_is_said_so(house: House, nurse: Staff, monkeypatch: pytest.MonkeyPatch) -> None:
    from actions.errors import RecordsUnavailable

    def away(*_: object) -> None:
        raise RecordsUnavailable("The database cannot be used right now.")

    monkeypatch.setattr(type(house.tickets), "queue", away)
    answer = await nurse.get("/console/api/tickets")
    assert (answer.status_code, code_of(answer)) == (503, "records.unavailable")
