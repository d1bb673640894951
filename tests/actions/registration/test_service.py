from datetime import date, time, timedelta

import pytest
from sqlalchemy import func, select

from actions.clock import ManualClock
from actions.records import audit
from actions.records.cipher import Cipher
from actions.records.database import Database
from actions.records.tables import AppointmentRow, AuditRow, HoldRow, PatientRow, SlotRow
from actions.registration.errors import (
    AlreadyBooked,
    AppointmentClosed,
    AppointmentUnknown,
    HoldExpired,
    HoldUnknown,
    IdentityIncomplete,
    IdentityMismatch,
    InvalidPhone,
    SlotPast,
    SlotTaken,
    SlotUnknown,
    TooLate,
    TooMany,
)
from actions.registration.model import Identity, SlotQuery
from actions.registration.policy import Policy
from actions.registration.service import Registration
from tests.actions.registration.hospital import SmallHospital
from tests.actions.registration.test_identity import MAN, WOMAN

ZHANG = Identity("张小芳", WOMAN, "13800138000")
LI = Identity("李大山", MAN, None)
TOMORROW = "20261125"


def taken(database: Database, slot_id: str) -> int:
    with database.read() as session:
        return session.get_one(SlotRow, slot_id).taken


def book(desk: Registration, slot_id: str, who: Identity = ZHANG, conversation: str = "c1") -> str:
    return desk.book(desk.hold(slot_id, conversation).id, who, "kiosk").id


# slots


def test_slots_roll_once_and_go_on_the_next_day(desk: Registration, clock: ManualClock) -> None:
    assert desk.ensure_slots() == 0
    clock.advance(days=1)
    assert desk.ensure_slots() == 32


def test_search_gives_the_soonest_and_nothing_that_has_begun(desk: Registration) -> None:
    offers = desk.search(SlotQuery(doctor="li"), limit=2, spread=False)
    assert [offer.slot_id for offer in offers] == ["li-20261124-0930", "li-20261124-1000"]
    assert (offers[0].fee_minor, offers[0].free, offers[0].room) == (3000, 1, "2-101")


def test_search_spreads_over_doctors_and_days(desk: Registration) -> None:
    offers = desk.search(SlotQuery(department="cardiology"))
    assert len({offer.doctor for offer in offers}) == 2
    assert len({offer.day for offer in offers}) == 3
    assert offers[0].slot_id == "li-20261124-0930"


def test_search_of_one_day_spreads_over_doctors_and_half_days(desk: Registration) -> None:
    day = date(2026, 11, 25)
    offers = desk.search(SlotQuery(department="cardiology", day_from=day, day_to=day))
    assert {(offer.doctor, offer.half_day) for offer in offers} == {("li", "am"), ("wang", "am"), ("wang", "pm")}


@pytest.mark.parametrize(
    ("query", "slot_ids"),
    [
        (SlotQuery(doctor="wang", day_from=date(2026, 11, 25), half_day="pm"), ["wang-20261125-1330"]),
        (SlotQuery(kind="expert", day_from=date(2026, 11, 26)), ["li-20261126-0800"]),
        (SlotQuery(doctor="wang", from_time=time(15)), ["wang-20261124-1500"]),
        (SlotQuery(doctor="wang", day_from=date(2026, 11, 25), to_time=time(8)), []),
        (SlotQuery(department="fever"), []),
        (SlotQuery(doctor="nobody"), []),
        (SlotQuery(doctor="li", day_from=date(2026, 11, 1), day_to=date(2026, 11, 23)), []),
        (SlotQuery(doctor="li", day_from=date(2026, 12, 22)), ["li-20261222-0800"]),
        (SlotQuery(doctor="li", day_from=date(2026, 12, 23)), []),
    ],
)
def test_search_follows_the_query(desk: Registration, query: SlotQuery, slot_ids: list[str]) -> None:
    assert [offer.slot_id for offer in desk.search(query, limit=1)] == slot_ids


def test_the_last_day_is_closed_before_the_release(
    database: Database, policy: Policy, cipher: Cipher, clock: ManualClock
) -> None:
    clock.advance(hours=-3)
    desk = Registration(database, SmallHospital(), clock, policy, cipher)
    desk.ensure_slots()
    last = SlotQuery(doctor="li", day_from=date(2026, 12, 22))
    assert desk.search(last) == []
    with pytest.raises(SlotPast):
        desk.hold("li-20261222-0800", "c1")
    clock.advance(hours=1)
    assert desk.search(last, limit=1)[0].slot_id == "li-20261222-0800"


def test_days_with_slots(desk: Registration) -> None:
    days = desk.days_with_slots(SlotQuery(doctor="li", day_to=date(2026, 11, 26)))
    assert days == [date(2026, 11, 24), date(2026, 11, 25), date(2026, 11, 26)]
    assert len(desk.days_with_slots(SlotQuery(doctor="li"))) == 29


# holds


def test_a_held_place_is_not_offered_and_comes_back_when_it_expires(desk: Registration, clock: ManualClock) -> None:
    query = SlotQuery(doctor="li", day_from=date(2026, 11, 25))
    hold = desk.hold(f"li-{TOMORROW}-0800", "c1")
    assert hold.expires_at == clock.now() + timedelta(minutes=3)
    assert desk.search(query, limit=1)[0].slot_id == f"li-{TOMORROW}-0830"
    clock.advance(minutes=3)
    assert desk.search(query, limit=1)[0].slot_id == f"li-{TOMORROW}-0800"


def test_a_full_slot_gives_the_next_best(desk: Registration) -> None:
    desk.hold(f"li-{TOMORROW}-0800", "c1")
    with pytest.raises(SlotTaken) as caught:
        desk.hold(f"li-{TOMORROW}-0800", "c2")
    assert [offer.slot_id for offer in caught.value.offers] == [
        f"li-{TOMORROW}-0830",
        f"li-{TOMORROW}-0900",
        f"li-{TOMORROW}-0930",
    ]


def test_a_second_hold_gives_the_first_back(desk: Registration, database: Database) -> None:
    first = desk.hold(f"li-{TOMORROW}-0800", "c1")
    second = desk.hold(f"li-{TOMORROW}-0830", "c1")
    assert (taken(database, f"li-{TOMORROW}-0800"), taken(database, f"li-{TOMORROW}-0830")) == (0, 1)
    with pytest.raises(HoldExpired):
        desk.book(first.id, ZHANG, "kiosk")
    assert desk.book(second.id, ZHANG, "kiosk").status == "booked"


def test_the_first_hold_stays_when_the_second_slot_is_full(desk: Registration, database: Database) -> None:
    desk.hold(f"li-{TOMORROW}-0830", "c2")
    first = desk.hold(f"li-{TOMORROW}-0800", "c1")
    with pytest.raises(SlotTaken):
        desk.hold(f"li-{TOMORROW}-0830", "c1")
    assert desk.book(first.id, ZHANG, "kiosk").offer.slot_id == f"li-{TOMORROW}-0800"


def test_holding_the_same_slot_again_is_the_same_hold_kept_longer(
    desk: Registration, database: Database, clock: ManualClock
) -> None:
    first = desk.hold(f"li-{TOMORROW}-0800", "c1")
    clock.advance(minutes=2)
    again = desk.hold(f"li-{TOMORROW}-0800", "c1")
    assert again.id == first.id
    assert again.expires_at == clock.now() + timedelta(minutes=3)
    assert taken(database, f"li-{TOMORROW}-0800") == 1


def test_a_hold_is_extended_ten_minutes_at_most(desk: Registration, clock: ManualClock) -> None:
    hold = desk.hold(f"li-{TOMORROW}-0800", "c1")
    begun = clock.now()
    for _ in range(4):
        clock.advance(minutes=2)
        hold = desk.extend(hold.id)
    assert hold.expires_at == begun + timedelta(minutes=10)
    clock.advance(minutes=2)
    with pytest.raises(HoldExpired):
        desk.extend(hold.id)


def test_release_gives_back_once(desk: Registration, database: Database) -> None:
    hold = desk.hold(f"wang-{TOMORROW}-0800", "c1")
    desk.hold(f"wang-{TOMORROW}-0800", "c2")
    desk.release(hold.id)
    desk.release(hold.id)
    assert taken(database, f"wang-{TOMORROW}-0800") == 1


def test_release_leaves_a_booking_alone(desk: Registration, database: Database) -> None:
    hold = desk.hold(f"li-{TOMORROW}-0800", "c1")
    desk.book(hold.id, ZHANG, "kiosk")
    desk.release(hold.id)
    assert taken(database, f"li-{TOMORROW}-0800") == 1


def test_expire_holds_counts_only_what_ran_out(desk: Registration, clock: ManualClock) -> None:
    desk.hold(f"wang-{TOMORROW}-0800", "c1")
    desk.hold(f"wang-{TOMORROW}-0800", "c2")
    clock.advance(minutes=2)
    desk.hold(f"wang-{TOMORROW}-0830", "c3")
    clock.advance(minutes=1)
    assert desk.expire_holds() == 2
    assert desk.expire_holds() == 0


def test_what_does_not_exist_is_unknown(desk: Registration) -> None:
    with pytest.raises(SlotUnknown):
        desk.hold("nothing", "c1")
    for call in (desk.release, desk.extend):
        with pytest.raises(HoldUnknown):
            call("nothing")
    with pytest.raises(HoldUnknown):
        desk.book("nothing", ZHANG, "kiosk")
    with pytest.raises(AppointmentUnknown):
        desk.cancel("nothing", "patient")
    with pytest.raises(AppointmentUnknown):
        desk.change("nothing", desk.hold(f"li-{TOMORROW}-0800", "c1").id, "patient")


def test_a_slot_that_has_begun_cannot_be_held(desk: Registration) -> None:
    with pytest.raises(SlotPast) as caught:
        desk.hold("li-20261124-0900", "c1")
    assert caught.value.offers[0].slot_id == "li-20261124-0930"


# bookings


def test_book_gives_a_short_number_and_a_masked_name(desk: Registration, database: Database) -> None:
    hold = desk.hold(f"li-{TOMORROW}-0800", "c1")
    appointment = desk.book(hold.id, ZHANG, "kiosk")
    assert appointment.status == "booked"
    assert appointment.patient_name == "张*芳"
    assert len(appointment.number) == 5
    assert appointment.offer.slot_id == f"li-{TOMORROW}-0800"
    with database.read() as session:
        row = session.scalars(select(AppointmentRow)).one()
        assert (row.number, row.hold, row.conversation, row.channel) == (appointment.number, hold.id, "c1", "kiosk")


def test_the_same_hold_gives_the_same_appointment(desk: Registration, database: Database) -> None:
    hold = desk.hold(f"li-{TOMORROW}-0800", "c1")
    first = desk.book(hold.id, ZHANG, "kiosk")
    assert desk.book(hold.id, ZHANG, "kiosk") == first
    assert taken(database, f"li-{TOMORROW}-0800") == 1
    with database.read() as session:
        assert session.scalar(select(func.count()).select_from(AppointmentRow)) == 1


def test_an_expired_hold_takes_its_place_again_if_it_is_free(
    desk: Registration, database: Database, clock: ManualClock
) -> None:
    hold = desk.hold(f"li-{TOMORROW}-0800", "c1")
    clock.advance(minutes=5)
    desk.expire_holds()
    assert taken(database, f"li-{TOMORROW}-0800") == 0
    assert desk.book(hold.id, ZHANG, "kiosk").status == "booked"
    assert taken(database, f"li-{TOMORROW}-0800") == 1


def test_an_expired_hold_whose_place_is_gone_gives_the_next_best(desk: Registration, clock: ManualClock) -> None:
    hold = desk.hold(f"li-{TOMORROW}-0800", "c1")
    clock.advance(minutes=5)
    book(desk, f"li-{TOMORROW}-0800", LI, "c2")
    with pytest.raises(SlotTaken) as caught:
        desk.book(hold.id, ZHANG, "kiosk")
    assert caught.value.offers[0].slot_id == f"li-{TOMORROW}-0830"


def test_a_hold_whose_time_has_come_cannot_be_booked(desk: Registration, clock: ManualClock) -> None:
    hold = desk.hold("li-20261124-0930", "c1")
    clock.advance(minutes=30)
    with pytest.raises(SlotPast):
        desk.book(hold.id, ZHANG, "kiosk")


def test_one_booking_per_person_department_and_day(desk: Registration, database: Database) -> None:
    first = book(desk, f"li-{TOMORROW}-0800")
    with pytest.raises(AlreadyBooked) as caught:
        book(desk, f"wang-{TOMORROW}-1500", ZHANG, "c2")
    assert caught.value.existing.id == first
    assert book(desk, f"zhao-{TOMORROW}-1500", ZHANG, "c3")
    assert book(desk, "wang-20261126-1500", ZHANG, "c4")
    assert taken(database, f"wang-{TOMORROW}-1500") == 1  # the refused one still holds its place until it expires


def test_the_rule_can_be_switched_off(database: Database, policy: Policy, cipher: Cipher, clock: ManualClock) -> None:
    open_policy = policy.model_copy(update={"one_booking_per_person_department_day": False})
    desk = Registration(database, SmallHospital(), clock, open_policy, cipher)
    desk.ensure_slots()
    book(desk, f"li-{TOMORROW}-0800")
    assert book(desk, f"wang-{TOMORROW}-1500", ZHANG, "c2")


def test_the_same_person_is_known_by_number_or_by_name_and_phone(desk: Registration) -> None:
    book(desk, f"li-{TOMORROW}-0800", Identity("张小芳", None, "138 0013 8000"))
    with pytest.raises(AlreadyBooked):
        book(desk, f"wang-{TOMORROW}-1500", ZHANG, "c2")
    book(desk, f"zhao-{TOMORROW}-1500", ZHANG, "c3")  # now the number is on record with the phone
    with pytest.raises(AlreadyBooked):
        book(desk, f"wang-{TOMORROW}-1500", Identity("张小芳", f"{WOMAN[:6]} {WOMAN[6:]}", None), "c4")


def test_a_family_shares_a_phone(desk: Registration) -> None:
    book(desk, f"li-{TOMORROW}-0800", Identity("张小芳", None, "13800138000"))
    assert book(desk, f"wang-{TOMORROW}-1500", Identity("张小宝", None, "13800138000"), "c2")


def test_two_people_of_one_name_and_phone_are_two_when_their_numbers_differ(desk: Registration) -> None:
    book(desk, f"li-{TOMORROW}-0800", Identity("王伟", WOMAN, "13800138000"))
    assert book(desk, f"wang-{TOMORROW}-1500", Identity("王伟", MAN, "13800138000"), "c2")


def test_five_active_bookings_are_the_most(desk: Registration, clock: ManualClock) -> None:
    for day in range(25, 30):
        book(desk, f"li-202611{day}-0800", ZHANG, f"c{day}")
    with pytest.raises(TooMany) as caught:
        book(desk, "li-20261130-0800", ZHANG, "c30")
    assert len(caught.value.existing) == 5
    clock.advance(days=1)
    assert book(desk, "li-20261130-0800", ZHANG, "c31")


@pytest.mark.parametrize(
    ("identity", "error"),
    [
        (Identity("张小芳"), IdentityIncomplete),
        (Identity("", None, "13800138000"), IdentityIncomplete),
        (Identity("", WOMAN, None), IdentityIncomplete),
        (Identity("张小芳", None, "1234"), InvalidPhone),
    ],
)
def test_who_it_is_for_must_be_known(desk: Registration, identity: Identity, error: type[Exception]) -> None:
    hold = desk.hold(f"li-{TOMORROW}-0800", "c1")
    with pytest.raises(error):
        desk.book(hold.id, identity, "kiosk")


def test_a_number_under_another_name_is_refused(desk: Registration, database: Database) -> None:
    book(desk, f"li-{TOMORROW}-0800", ZHANG)
    with pytest.raises(IdentityMismatch):
        book(desk, f"zhao-{TOMORROW}-1500", Identity("李大山", WOMAN, None), "c2")
    with database.read() as session:
        assert session.scalar(select(func.count()).select_from(PatientRow)) == 1


# finding


def test_find_needs_a_number_or_name_and_phone(desk: Registration) -> None:
    appointment = book(desk, f"li-{TOMORROW}-0800")
    for identity in (ZHANG, Identity("", WOMAN), Identity("张小芳", None, "13800138000")):
        assert [found.id for found in desk.find(identity)] == [appointment]
    for stranger in (Identity("李大山", WOMAN), Identity("李大山", None, "13800138000"), LI):
        assert desk.find(stranger) == []
    with pytest.raises(IdentityIncomplete):
        desk.find(Identity("张小芳"))


def test_find_gives_what_is_still_booked_soonest_first(desk: Registration, clock: ManualClock) -> None:
    later = book(desk, "li-20261127-0800", ZHANG, "c1")
    sooner = book(desk, f"zhao-{TOMORROW}-1500", ZHANG, "c2")
    cancelled = book(desk, "li-20261128-0800", ZHANG, "c3")
    desk.cancel(cancelled, "patient")
    assert [found.id for found in desk.find(ZHANG)] == [sooner, later]
    assert [found.id for found in desk.of_conversation("c1")] == [later]
    clock.advance(days=2)
    assert [found.id for found in desk.find(ZHANG)] == [later]


# changes


def test_change_swaps_both_or_neither(desk: Registration, database: Database) -> None:
    old = book(desk, f"li-{TOMORROW}-0800")
    hold = desk.hold("li-20261126-0900", "c1")
    new = desk.change(old, hold.id, "patient")
    assert (new.status, new.offer.slot_id) == ("booked", "li-20261126-0900")
    assert (taken(database, f"li-{TOMORROW}-0800"), taken(database, "li-20261126-0900")) == (0, 1)
    assert [found.id for found in desk.find(ZHANG)] == [new.id]
    assert desk.change(old, hold.id, "patient") == new
    with database.read() as session:
        row = session.get_one(AppointmentRow, new.id)
        assert (row.replaces, session.get_one(AppointmentRow, old).status) == (old, "changed")


def test_change_within_the_same_day_and_department_is_allowed(desk: Registration) -> None:
    old = book(desk, f"li-{TOMORROW}-0800")
    assert desk.change(old, desk.hold(f"wang-{TOMORROW}-1500", "c1").id, "patient").status == "booked"


def test_change_into_a_day_that_has_one_already_leaves_the_old(desk: Registration, database: Database) -> None:
    old = book(desk, f"li-{TOMORROW}-0800", ZHANG, "c1")
    book(desk, "wang-20261126-1500", ZHANG, "c2")
    with pytest.raises(AlreadyBooked):
        desk.change(old, desk.hold("li-20261126-0800", "c1").id, "patient")
    assert taken(database, f"li-{TOMORROW}-0800") == 1
    assert old in [found.id for found in desk.find(ZHANG)]


def test_change_and_cancel_after_the_deadline_are_too_late(desk: Registration, clock: ManualClock) -> None:
    appointment = book(desk, "wang-20261124-1500")
    hold = desk.hold(f"wang-{TOMORROW}-1500", "c1")
    clock.advance(hours=4)  # 13:00: two hours before, just in time
    clock.advance(minutes=1)
    with pytest.raises(TooLate) as caught:
        desk.cancel(appointment, "patient")
    assert caught.value.deadline.timetz().replace(tzinfo=None) == time(13)
    assert caught.value.hours == 2
    with pytest.raises(TooLate):
        desk.change(appointment, hold.id, "patient")


def test_a_visit_within_the_deadline_is_known_to_be_final(desk: Registration, clock: ManualClock) -> None:
    today = clock.today()
    assert desk.final_within(today, time(15)) is None
    clock.advance(hours=4)
    assert desk.final_within(today, time(15)) is None
    clock.advance(minutes=1)
    assert desk.final_within(today, time(15)) == 2


def test_the_deadline_itself_is_in_time(desk: Registration, clock: ManualClock) -> None:
    appointment = book(desk, "wang-20261124-1500")
    clock.advance(hours=4)
    assert desk.cancel(appointment, "patient").status == "cancelled"


def test_cancel_frees_the_place_once(desk: Registration, database: Database) -> None:
    appointment = book(desk, f"wang-{TOMORROW}-0800")
    book(desk, f"wang-{TOMORROW}-0800", LI, "c2")
    assert desk.cancel(appointment, "patient").status == "cancelled"
    assert desk.cancel(appointment, "patient").status == "cancelled"
    assert taken(database, f"wang-{TOMORROW}-0800") == 1


def test_after_cancelling_the_same_day_can_be_booked_again(desk: Registration) -> None:
    desk.cancel(book(desk, f"li-{TOMORROW}-0800"), "patient")
    assert book(desk, f"li-{TOMORROW}-0800", ZHANG, "c2")


def test_a_changed_appointment_is_closed(desk: Registration) -> None:
    old = book(desk, f"li-{TOMORROW}-0800")
    desk.change(old, desk.hold("li-20261126-0900", "c1").id, "patient")
    with pytest.raises(AppointmentClosed):
        desk.cancel(old, "patient")
    with pytest.raises(AppointmentClosed):
        desk.change(old, desk.hold("li-20261127-0900", "c1").id, "patient")


def test_a_hold_that_was_booked_cannot_change_another_appointment(desk: Registration) -> None:
    old = book(desk, f"li-{TOMORROW}-0800")
    other = desk.hold("li-20261126-0900", "c2")
    desk.book(other.id, LI, "kiosk")
    with pytest.raises(AppointmentClosed):
        desk.change(old, other.id, "patient")


# the chain


def test_every_write_has_its_link_and_the_chain_verifies(desk: Registration, database: Database) -> None:
    appointment = book(desk, f"li-{TOMORROW}-0800")
    new = desk.change(appointment, desk.hold("li-20261126-0900", "c1").id, "patient")
    desk.cancel(new.id, "staff:li")
    with database.read() as session:
        actions = session.scalars(select(AuditRow.action).order_by(AuditRow.seq)).all()
        actors = session.scalars(select(AuditRow.actor).order_by(AuditRow.seq)).all()
    assert actions == [
        "slots.roll",
        "hold.open",
        "patient.add",
        "identity.add",
        "identity.add",
        "appointment.book",
        "hold.open",
        "appointment.changed",
        "appointment.change",
        "appointment.cancelled",
    ]
    assert actors[-1] == "staff:li"
    assert audit.verify(database).ok


def test_places_taken_are_holds_and_bookings(desk: Registration, database: Database, clock: ManualClock) -> None:
    book(desk, f"wang-{TOMORROW}-0800")
    desk.hold(f"wang-{TOMORROW}-0800", "c2")
    desk.hold("li-20261126-0900", "c3")
    clock.advance(minutes=4)
    desk.expire_holds()
    desk.hold("li-20261126-0900", "c4")
    with database.read() as session:
        live = select(HoldRow.slot, func.count()).where(HoldRow.state.in_(["held", "booked"])).group_by(HoldRow.slot)
        counted = {row[0]: row[1] for row in session.execute(live)}
        stored = {row.id: row.taken for row in session.scalars(select(SlotRow).where(SlotRow.taken > 0))}
    assert stored == counted == {f"wang-{TOMORROW}-0800": 1, "li-20261126-0900": 1}
