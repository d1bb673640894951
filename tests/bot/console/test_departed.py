"""Patients who have left: which of their tickets end, where the others stand, and how those are closed together."""

from __future__ import annotations

from sqlalchemy import select

from actions.handoff.model import Ticket
from actions.records import audit
from actions.records.tables import AuditRow
from bot.forgetting import Forgetting
from bot.messages import Message, Reply, Safety
from bot.store import Memory
from tests.bot.console.conftest import House, Staff
from tests.bot.console.test_tickets import code_of, queue_of


def leave(house: House, ticket: Ticket) -> list[Ticket]:
    return Forgetting(house.database, house.vault, house.clock).wipe(ticket.conversation)


def actions_of(house: House, ticket: Ticket) -> list[str]:
    with house.database.read() as session:
        rows = session.scalars(select(AuditRow).where(AuditRow.subject == f"ticket:{ticket.id}").order_by(AuditRow.seq))
        return [row.action for row in rows]


def emergency(house: House) -> Ticket:
    house.clock.advance(minutes=1)
    return house.ticket(house.patient("胸口疼"), "emergency", "red", rule="chest_pain_acs")


async def test_an_ordinary_ticket_that_nobody_took_ends_with_the_visit(house: House, nurse: Staff) -> None:
    ticket = house.ticket(house.patient("我想找人工"))
    (told,) = leave(house, ticket)
    assert (told.id, told.status, told.claimed_by) == (ticket.id, "closed", None)
    assert await queue_of(nurse) == []
    assert actions_of(house, ticket) == ["ticket.open", "ticket.left"]
    assert audit.verify(house.database).ok
    assert leave(house, ticket) == []


async def test_an_emergency_a_call_and_one_in_hand_stay(house: House, nurse: Staff) -> None:
    red, call, held = emergency(house), house.ticket(house.patient("来人"), "staff_call"), house.ticket(house.patient())
    house.tickets.claim(held.id, "li.na")
    for ticket in (red, call, held):
        leave(house, ticket)
    queue = await queue_of(nurse)
    assert queue[0]["id"] == red.id
    assert {entry["id"] for entry in queue} == {red.id, call.id, held.id}
    assert {entry["conversation"] for entry in queue} == {"closed"}


async def test_a_call_on_top_of_a_wish_for_staff_makes_somebody_come(house: House) -> None:
    ticket = house.ticket(house.patient("我想找人工"))
    again = house.tickets.open(ticket.conversation, "staff_call", {}, "K01")
    assert (again.id, again.reason) == (ticket.id, "staff_call")
    leave(house, ticket)
    assert house.tickets.get(ticket.id).status == "open"


async def test_of_somebody_who_was_to_be_seen_soon_the_ticket_stays_and_names_the_sign(
    house: House, nurse: Staff
) -> None:
    conversation = house.patient("你好")
    safety = Safety("urgent", "abdomen_today")
    said = Reply(0, "zh", "bot", safety, (Message("请今天就看。", "请今天就看。", level="urgent"),))
    house.store.commit(conversation, "urgent", "肚子疼", said, Memory())
    ticket = house.ticket(conversation)
    leave(house, ticket)
    (entry,) = await queue_of(nurse)
    assert (entry["id"], entry["rule"], entry["status"]) == (ticket.id, "abdomen_today", "open")


async def test_live_patients_come_before_those_who_left_and_only_they_keep_others_waiting(
    house: House, nurse: Staff
) -> None:
    gone = [emergency(house) for _ in range(12)]
    for ticket in gone:
        leave(house, ticket)
    live = emergency(house)
    house.clock.advance(minutes=1)
    waiting = house.ticket(house.patient("你好"))
    assert [entry["id"] for entry in await queue_of(nurse)] == [live.id, *(one.id for one in gone), waiting.id]
    assert house.tickets.ahead(waiting) == 1
    assert house.tickets.ahead(live) == 0


async def test_everyone_who_left_is_closed_together_and_nobody_else(house: House, nurse: Staff) -> None:
    gone = [emergency(house) for _ in range(3)]
    for ticket in gone[:2]:
        leave(house, ticket)
    seen = [ticket.id for ticket in gone]
    leave(house, unseen := emergency(house))
    house.hub.published.clear()
    answer = await nurse.post("/console/api/close-departed", json={"tickets": seen})
    assert answer.json() == {"closed": seen[:2]}
    assert {data["ticket"] for _, event, data in house.hub.published if event == "queue"} == set(seen[:2])
    assert [entry["id"] for entry in await queue_of(nurse)] == [gone[2].id, unseen.id]
    assert actions_of(house, gone[0])[-1] == "ticket.closed_departed"
    assert house.tickets.get(gone[0].id).claimed_by == "wang.min"
    assert audit.verify(house.database).ok


async def test_a_clerk_closes_no_emergency_and_nobody_a_colleagues(house: House, clerk: Staff, nurse: Staff) -> None:
    red, held = emergency(house), house.ticket(house.patient(), "staff_call")
    house.tickets.claim(held.id, "li.na")
    for ticket in (red, held):
        leave(house, ticket)
    names = {"tickets": [red.id, held.id]}
    assert (await clerk.post("/console/api/close-departed", json=names)).json() == {"closed": []}
    assert [entry["may"]["close_departed"] for entry in await queue_of(clerk)] == [False, False]
    assert (await nurse.post("/console/api/close-departed", json=names)).json() == {"closed": [red.id]}
    for body in ({"tickets": []}, {"tickets": ["'; --"]}, {}):
        refused = await nurse.post("/console/api/close-departed", json=body)
        assert (refused.status_code, code_of(refused)) == (400, "console.bad_request")


async def test_an_emergency_names_its_sign_and_its_place(house: House, nurse: Staff) -> None:
    emergency(house)
    (entry,) = await queue_of(nurse)
    assert entry["rule"] == "chest_pain_acs"
    assert entry["place"] == {"zh": "门诊楼一楼大厅，1号自助机", "en": "Outpatient Building, main hall, kiosk 1"}


async def test_one_that_is_passed_on_says_by_whom(house: House, nurse: Staff) -> None:
    ticket = house.ticket(house.patient("你好"))
    base = f"/console/api/tickets/{ticket.id}"
    await nurse.post(f"{base}/claim")
    assert (await nurse.post(f"{base}/put-back")).json()["ticket"]["passed_by"] == "wang.min"
    assert house.told == [("pass_on", ticket.conversation)]
    assert (await nurse.post(f"{base}/claim")).json()["ticket"]["passed_by"] is None
    await nurse.post(f"{base}/hand-back")
    await nurse.post(f"{base}/hand-back")
    assert house.told[1:] == [("resume", ticket.conversation)]
