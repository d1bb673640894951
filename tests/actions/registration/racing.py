"""Clients that race for places, in processes of their own."""

from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime

from actions.clock import ManualClock
from actions.records.cipher import Cipher
from actions.records.database import Database
from actions.registration.errors import SlotTaken
from actions.registration.model import Identity
from actions.registration.policy import load_policy
from actions.registration.service import Registration
from knowledge.directory_shapes import Session
from tests.actions.conftest import SECRET, ZONE
from tests.actions.registration.conftest import POLICY
from tests.actions.registration.hospital import SmallHospital, daily


@dataclass(frozen=True)
class RaceHospital(SmallHospital):
    """Eight places every morning with `li`, eight every afternoon with `wang`."""

    sessions: tuple[Session, ...] = (*daily("li", "am", 1), *daily("wang", "pm", 1))


@dataclass
class Outcome:
    """What the clients of one process met."""

    booked: list[str] = field(default_factory=list)
    """Slot of each booking."""
    lost: int = 0
    """Clients who got nothing."""
    refused_without_offers: int = 0
    """Refusals that named nothing else."""
    refusals: int = 0
    errors: Counter[str] = field(default_factory=Counter)


def desk_of(database: Database) -> Registration:
    """A desk as every process makes it; its clock stands at nine."""
    clock = ManualClock(datetime(2026, 11, 24, 9), ZONE)
    return Registration(database, RaceHospital(), clock, load_policy(POLICY), Cipher(SECRET))


def race(url: str, slots: Sequence[str], clients: Sequence[int], threads: int) -> Outcome:
    """Each client tries its slot, then what it is offered, until it books or nothing is left of these slots."""
    database = Database(url, busy_timeout_s=60)
    desk = desk_of(database)
    outcome = Outcome()

    def client(number: int) -> None:
        slot = slots[number % len(slots)]
        for _ in range(len(slots) + 1):
            try:
                hold = desk.hold(slot, f"client-{number}")
                for _ in range(2):  # every client repeats its request, as after a crash
                    appointment = desk.book(hold.id, Identity(f"Client {number}", None, f"138{number:08}"), "kiosk")
                outcome.booked.append(appointment.offer.slot_id)
                return
            except SlotTaken as gone:
                outcome.refusals += 1
                outcome.refused_without_offers += not gone.offers
                left = [offer.slot_id for offer in gone.offers if offer.slot_id in slots]
                if not left:
                    outcome.lost += 1
                    return
                slot = left[0]

    def safely(number: int) -> None:
        try:
            client(number)
        except Exception as error:  # noqa: BLE001 (what went wrong in a process is reported by the test)
            outcome.errors[f"{type(error).__name__}: {error}"] += 1

    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(safely, clients))
    database.close()
    return outcome
