"""Holds: one place kept for a conversation for some minutes. Everything here runs inside a writer's transaction."""

from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from actions.records import audit
from actions.records.database import Database
from actions.records.tables import HoldRow, SlotRow
from actions.registration.errors import HoldExpired, HoldUnknown, SlotPast, SlotTaken, SlotUnknown
from actions.registration.policy import Policy
from actions.registration.slots import SlotStore, expire, give_back, lock_slots, take


class HoldStore:
    """The holds of the hospital's slots."""

    def __init__(self, database: Database, slots: SlotStore, policy: Policy, new_id: Callable[[], str]) -> None:
        self._database = database
        self._slots = slots
        self._policy = policy
        self._new_id = new_id

    def open(self, session: Session, slot_id: str, conversation: str, now: datetime) -> HoldRow:
        """Keep a place for the conversation; one it kept before is given back. Raises `SlotUnknown`, `SlotTaken`."""
        self._database.lock(session, f"conversation:{conversation}")
        earlier = session.scalar(
            select(HoldRow).where(HoldRow.conversation == conversation, HoldRow.state == "held").with_for_update()
        )
        slots = lock_slots(session, {slot_id} | ({earlier.slot} if earlier else set()))
        slot = slots.get(slot_id)
        if slot is None:
            raise SlotUnknown("There is no such slot.")
        for each in slots.values():
            expire(session, each, now)
        if earlier is not None:
            session.refresh(earlier)
            if earlier.slot == slot_id and earlier.state == "held":
                return self.extend(session, earlier, now)
            self._close(session, earlier, slots[earlier.slot], now)
        self.claim_place(session, slot, now)
        expires = now + timedelta(minutes=self._policy.hold_minutes)
        hold = HoldRow(
            id=self._new_id(), slot=slot_id, conversation=conversation, created=now, expires=expires, state="held"
        )
        session.add(hold)
        session.flush()
        actor = f"conversation:{conversation}"
        audit.append(session, actor, "hold.open", f"hold:{hold.id}", None, _state(hold), at=now)
        return hold

    def release(self, session: Session, hold_id: str, now: datetime) -> None:
        """Give a place back; nothing happens to a hold that is booked, released or expired."""
        hold, slot = self.locked(session, hold_id)
        self._close(session, hold, slot, now)

    def extend(self, session: Session, hold: HoldRow, now: datetime) -> HoldRow:
        """Keep a locked hold longer, within the policy. Raises `HoldExpired`."""
        if hold.state != "held" or hold.expires <= now:
            raise HoldExpired("The place is no longer kept.")
        longest = hold.created + timedelta(minutes=self._policy.hold_extend_max_minutes)
        wanted = min(now + timedelta(minutes=self._policy.hold_minutes), longest)
        if wanted > hold.expires:
            before = _state(hold)
            hold.expires = wanted
            audit.append(session, "system", "hold.extend", f"hold:{hold.id}", before, _state(hold), at=now)
        return hold

    def locked(self, session: Session, hold_id: str, *more_slots: str) -> tuple[HoldRow, SlotRow]:
        """The hold and its slot, locked (with further slots, in order). Raises `HoldUnknown`."""
        hold = session.get(HoldRow, hold_id)
        if hold is None:
            raise HoldUnknown("There is no such hold.")
        slot = lock_slots(session, {hold.slot, *more_slots})[hold.slot]
        session.refresh(hold, with_for_update=True)
        return hold, slot

    def claim(self, session: Session, hold: HoldRow, slot: SlotRow, now: datetime) -> None:
        """Make a locked hold the claim of a booking; one that expired takes its place again if there is one.

        Raises `HoldExpired` for one that was given up, `SlotPast`, `SlotTaken`.
        """
        if hold.state not in ("held", "expired"):
            raise HoldExpired("The place is no longer kept.")
        if not self._slots.is_open(slot, now):
            raise SlotPast("The visit's time has come.")
        if hold.state == "expired":
            expire(session, slot, now)
            self.claim_place(session, slot, now)
        hold.state = "booked"

    def claim_place(self, session: Session, slot: SlotRow, now: datetime) -> None:
        """Take a place of a locked slot. Raises `SlotPast`, `SlotTaken`."""
        if not self._slots.is_open(slot, now):
            raise SlotPast("This slot cannot be booked now.")
        if not take(session, slot):
            raise SlotTaken("This slot is full.")

    def expire_all(self, session: Session, now: datetime) -> int:
        """Give back every place whose hold ran out; how many."""
        gone = select(HoldRow.slot).where(HoldRow.state == "held", HoldRow.expires <= now)
        slots = lock_slots(session, session.scalars(gone).all())
        return sum(expire(session, slot, now) for slot in slots.values())

    def any_expired(self, session: Session, now: datetime) -> bool:
        """Whether a hold ran out and still keeps its place."""
        return bool(session.scalar(select(exists().where(HoldRow.state == "held", HoldRow.expires <= now))))

    def _close(self, session: Session, hold: HoldRow, slot: SlotRow, now: datetime) -> None:
        if hold.state != "held":
            return
        before = _state(hold)
        hold.state = "released"
        session.flush()
        give_back(session, slot)
        actor = f"conversation:{hold.conversation}"
        audit.append(session, actor, "hold.release", f"hold:{hold.id}", before, _state(hold), at=now)


def _state(hold: HoldRow) -> dict[str, str]:
    return {"id": hold.id, "slot": hold.slot, "state": hold.state, "expires": hold.expires.isoformat()}
