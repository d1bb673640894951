"""Registration: search, hold, book, change, cancel. One transaction for each write, its audit entry inside.

Locks are taken in one order everywhere (names, slots by id, holds, appointments, counter, end of the audit chain), so
writers never wait for each other in a circle. The hold is the idempotency key: a request that is repeated, even after
a crash, gets the appointment it already made.
"""

import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, datetime, time

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from actions.clock import Clock
from actions.records.cipher import Cipher
from actions.records.database import Database
from actions.records.tables import HoldRow, SlotRow
from actions.registration.appointments import AppointmentStore
from actions.registration.errors import AppointmentClosed, HoldUnknown, SlotTaken
from actions.registration.holds import HoldStore
from actions.registration.model import Appointment, Hold, Identity, SlotOffer, SlotQuery
from actions.registration.people import People, Person
from actions.registration.policy import Policy
from actions.registration.slots import SlotStore, lock_slots
from actions.registration.timetable import HospitalTables

OFFERS = 3
"""Alternatives that come with a slot that is gone."""


class Registration:
    """The registration desk. Every method raises `RecordsUnavailable` when the database cannot be used."""

    def __init__(
        self,
        database: Database,
        directory: HospitalTables,
        clock: Clock,
        policy: Policy,
        cipher: Cipher,
        new_id: Callable[[], str] = lambda: uuid.uuid4().hex,
    ) -> None:
        self._database = database
        self._clock = clock
        self._policy = policy
        self._slots = SlotStore(database, directory, policy)
        self._holds = HoldStore(database, self._slots, policy, new_id)
        self._people = People(cipher, new_id)
        self._appointments = AppointmentStore(self._slots, self._people, policy, new_id)

    def ensure_slots(self) -> int:
        """Roll the weekly sessions ahead to the horizon; how many slots were new. Idempotent, also across processes."""
        return self._slots.roll(self._clock.now())

    def expire_holds(self) -> int:
        """Give back the places of holds that ran out; how many."""
        now = self._clock.now()
        with self._database.read() as session:
            if not self._holds.any_expired(session, now):
                return 0
        with self._database.write() as session:
            return self._holds.expire_all(session, now)

    def final_within(self, day: date, start: time) -> float | None:
        """The hours of the rule by which a visit at that time can no longer be changed, else None."""
        now = self._clock.now()
        final = now > self._policy.deadline(datetime.combine(day, start, now.tzinfo))
        return self._policy.change_deadline_hours if final else None

    def search(self, query: SlotQuery, limit: int = 3, spread: bool = True) -> list[SlotOffer]:
        """Free slots that fit, soonest first; with `spread`, over different doctors and days where both are open."""
        self.expire_holds()
        with self._database.read() as session:
            return self._slots.search(session, query, self._clock.now(), limit, spread)

    def days_with_slots(self, query: SlotQuery) -> list[date]:
        """The days on which something free fits, soonest first."""
        self.expire_holds()
        with self._database.read() as session:
            return self._slots.days(session, query, self._clock.now())

    def hold(self, slot_id: str, conversation: str) -> Hold:
        """Keep a place for the conversation; the one it kept before is given back, a repeat keeps the same longer.

        Raises `SlotUnknown`, or `SlotTaken` with the next best offers (the earlier place is then still kept).
        """
        now = self._clock.now()
        with self._next_best(slot_id, now), self._database.write() as session:
            return self._seen_hold(session, self._holds.open(session, slot_id, conversation, now), now)

    def release(self, hold_id: str) -> None:
        """Give a place back; a hold that is booked or gone stays as it is. Raises `HoldUnknown`."""
        with self._database.write() as session:
            self._holds.release(session, hold_id, self._clock.now())

    def extend(self, hold_id: str) -> Hold:
        """Keep a place longer, within the policy's limit. Raises `HoldUnknown`, `HoldExpired`."""
        now = self._clock.now()
        with self._database.write() as session:
            hold, _ = self._holds.locked(session, hold_id)
            return self._seen_hold(session, self._holds.extend(session, hold, now), now)

    def book(self, hold_id: str, identity: Identity, channel: str) -> Appointment:
        """Make a hold an appointment; the same hold always gives the same one. An expired hold is taken again if free.

        Raises `InvalidIdentity`, `IdentityIncomplete`, `IdentityMismatch`, `HoldUnknown`, `HoldExpired`,
        `SlotTaken` with the next best offers, `AlreadyBooked` or `TooMany` with what is there.
        """
        now = self._clock.now()
        person = self._people.check(identity, now)
        known = self._find_hold(hold_id)
        with self._next_best(known.slot, now):
            return _again_if_overtaken(lambda: self._book(hold_id, person, channel, now))

    def find(self, identity: Identity) -> list[Appointment]:
        """What a person has booked from today on; needs an identity number, or a name and a phone.

        A name given with the number must be the one on record, else nothing is found. Raises `InvalidIdentity`,
        `IdentityIncomplete`.
        """
        now = self._clock.now()
        person = self._people.check(identity, now)
        with self._database.read() as session:
            return self._appointments.upcoming(session, self._people.find(session, person), now)

    def of_conversation(self, conversation: str) -> list[Appointment]:
        """What was booked in a conversation from today on, soonest first."""
        with self._database.read() as session:
            return self._appointments.of_conversation(session, conversation, self._clock.now())

    def change(self, appointment_id: str, hold_id: str, actor: str) -> Appointment:
        """Swap an appointment for a hold, both or neither; gives the new one, with its own number. Idempotent.

        Raises `AppointmentUnknown`, `AppointmentClosed`, `TooLate`, and what `book` raises.
        """
        now = self._clock.now()
        known = self._find_hold(hold_id)
        with self._next_best(known.slot, now):
            return _again_if_overtaken(lambda: self._change(appointment_id, hold_id, actor, now))

    def cancel(self, appointment_id: str, actor: str) -> Appointment:
        """Cancel an appointment and free its place; cancelling again changes nothing.

        Raises `AppointmentUnknown`, `AppointmentClosed` (it was changed), `TooLate`.
        """
        now = self._clock.now()
        with self._database.write() as session:
            row = self._appointments.get(session, appointment_id)
            slot = lock_slots(session, [row.slot])[row.slot]
            session.refresh(row, with_for_update=True)
            if row.status != "cancelled":
                self._appointments.close(session, row, slot, "cancelled", actor, now)
            return self._appointments.seen(session, row, now)

    def _book(self, hold_id: str, person: Person, channel: str, now: datetime) -> Appointment:
        with self._database.write() as session:
            done = self._appointments.of_hold(session, hold_id)
            if done is not None:
                return self._appointments.seen(session, done, now)
            self._database.lock(session, *person.lock_names)
            patient = self._people.resolve(session, person, now)
            self._database.lock(session, f"patient:{patient}")
            hold, slot = self._holds.locked(session, hold_id)
            done = self._appointments.of_hold(session, hold_id)  # another process may have booked it while we waited
            if done is None:
                self._holds.claim(session, hold, slot, now)
                actor = f"conversation:{hold.conversation}"
                done = self._appointments.add(session, patient, slot, hold, channel=channel, actor=actor, now=now)
            return self._appointments.seen(session, done, now)

    def _change(self, appointment_id: str, hold_id: str, actor: str, now: datetime) -> Appointment:
        with self._database.write() as session:
            old = self._appointments.get(session, appointment_id)
            self._database.lock(session, f"patient:{old.patient}")
            hold, slot = self._holds.locked(session, hold_id, old.slot)
            session.refresh(old, with_for_update=True)
            done = self._appointments.of_hold(session, hold_id)
            if done is None:
                self._appointments.close(session, old, session.get_one(SlotRow, old.slot), "changed", actor, now)
                self._holds.claim(session, hold, slot, now)
                done = self._appointments.add(
                    session, old.patient, slot, hold, channel=old.channel, actor=actor, now=now, replaces=old
                )
            elif done.replaces != old.id:
                raise AppointmentClosed("This place was booked for something else.")
            return self._appointments.seen(session, done, now)

    def _find_hold(self, hold_id: str) -> HoldRow:
        with self._database.read() as session:
            hold = session.get(HoldRow, hold_id)
        if hold is None:
            raise HoldUnknown("There is no such hold.")
        return hold

    def _seen_hold(self, session: Session, hold: HoldRow, now: datetime) -> Hold:
        offer = self._slots.offer(session.get_one(SlotRow, hold.slot))
        return Hold(hold.id, offer, hold.conversation, hold.expires.astimezone(now.tzinfo))

    @contextmanager
    def _next_best(self, slot_id: str, now: datetime) -> Iterator[None]:
        """Add the next best offers to a `SlotTaken`, after its transaction has ended."""
        try:
            yield
        except SlotTaken as gone:
            with self._database.read() as session:
                slot = session.get(SlotRow, slot_id)
                gone.offers = self._slots.next_best(session, slot, now, OFFERS) if slot else ()
            raise


def _again_if_overtaken(write: Callable[[], Appointment]) -> Appointment:
    """Run a write once more when a unique constraint shows that another writer was first: the second run sees it."""
    try:
        return write()
    except IntegrityError:
        return write()
