from collections import Counter

import pytest
from sqlalchemy import func, select

from actions.records import audit
from actions.records.database import Database, migrate
from actions.records.tables import AppointmentRow, SlotRow
from actions.registration.errors import RegistrationError
from actions.registration.model import Identity
from tests.actions.conftest import PROCESSES
from tests.actions.registration.racing import desk_of, race

CLIENTS, PROCESS_COUNT, THREADS = 200, 4, 8
DAYS = ("20261125", "20261126", "20261127")
SLOTS = [f"li-{day}-{hour:02}{minute:02}" for day in DAYS for hour in range(8, 12) for minute in (0, 30)][:20]


@pytest.mark.slow
def test_200_clients_race_for_20_places_from_four_processes(url: str) -> None:
    migrate(url)
    database = Database(url)
    desk_of(database).ensure_slots()
    arguments = [(url, SLOTS, range(first, CLIENTS, PROCESS_COUNT), THREADS) for first in range(PROCESS_COUNT)]
    with PROCESSES.Pool(PROCESS_COUNT) as pool:
        outcomes = pool.starmap(race, arguments)
    with database.read() as session:
        places = session.scalars(select(SlotRow).where(SlotRow.id.in_(SLOTS))).all()
        appointments = session.scalars(select(AppointmentRow)).all()
        patients = session.scalar(select(func.count(AppointmentRow.patient.distinct())))
    report = audit.verify(database)
    database.close()

    assert sum((outcome.errors for outcome in outcomes), Counter()) == Counter()
    booked = [slot for outcome in outcomes for slot in outcome.booked]
    assert sorted(booked) == sorted(SLOTS)
    assert sum(outcome.lost for outcome in outcomes) == CLIENTS - len(SLOTS)
    assert sum(outcome.refused_without_offers for outcome in outcomes) == 0
    assert len(appointments) == patients == len(SLOTS)
    assert len({row.number for row in appointments}) == len(SLOTS)
    assert all((row.taken, row.capacity) == (1, 1) for row in places)
    assert report.ok


@pytest.mark.slow
def test_four_processes_roll_the_slots_at_once(url: str) -> None:
    migrate(url)
    with PROCESSES.Pool(PROCESS_COUNT) as pool:
        added = pool.map(_roll, [url] * PROCESS_COUNT)
    database = Database(url)
    with database.read() as session:
        stored = session.scalar(select(func.count()).select_from(SlotRow))
    database.close()
    assert sum(added) == stored == 29 * 16


def _roll(url: str) -> int:
    database = Database(url, busy_timeout_s=30)
    added = desk_of(database).ensure_slots()
    database.close()
    return added


@pytest.mark.slow
def test_one_person_in_four_processes_books_one_place_a_day(url: str) -> None:
    """The rule of one booking per person, department and day holds against requests at the same moment."""
    migrate(url)
    database = Database(url)
    desk_of(database).ensure_slots()
    with PROCESSES.Pool(PROCESS_COUNT) as pool:
        outcomes = pool.starmap(_same_person, [(url, first) for first in range(PROCESS_COUNT)])
    with database.read() as session:
        booked = session.scalar(select(func.count()).select_from(AppointmentRow))
    ok = audit.verify(database).ok
    database.close()
    assert Counter(outcomes) == {"booked": 1, "AlreadyBooked": PROCESS_COUNT - 1}
    assert (booked, ok) == (1, True)


def _same_person(url: str, number: int) -> str:
    database = Database(url, busy_timeout_s=30)
    desk = desk_of(database)
    try:
        hold = desk.hold(SLOTS[number], f"conversation-{number}")
        return desk.book(hold.id, Identity("张小芳", None, "13800138000"), "kiosk").status
    except RegistrationError as error:
        return type(error).__name__
    finally:
        database.close()
