"""Slots in the records: rolled ahead from the timetable, searched, taken and given back.

A place is taken by one conditional UPDATE (`taken < capacity`), and a check constraint stands behind it.
"""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import ColumnElement, func, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from actions.records import audit
from actions.records.database import Database
from actions.records.tables import HoldRow, SlotRow
from actions.registration.model import SlotOffer, SlotQuery
from actions.registration.policy import Policy
from actions.registration.timetable import HospitalTables, dated_slots

CANDIDATES = 400
"""Rows a search looks at, soonest first, to spread its offers; more would cost time and change nothing."""


class SlotStore:
    """The slots of the hospital."""

    def __init__(self, database: Database, tables: HospitalTables, policy: Policy) -> None:
        self._database = database
        self._tables = tables
        self._policy = policy

    def roll(self, now: datetime) -> int:
        """Add what is missing from today to the horizon; how many were new. Safe in many processes at once."""
        last = now.date() + timedelta(days=self._policy.horizon_days)
        wanted = list(dated_slots(self._tables, now.date(), last))
        with self._database.read() as session:
            known = set(session.scalars(select(SlotRow.id).where(SlotRow.day >= now.date())))
        missing = [vars(slot) | {"taken": 0, "version": 0} for slot in wanted if slot.id not in known]
        if not missing:
            return 0
        insert = sqlite.insert if self._database.is_sqlite else postgresql.insert
        ahead = select(func.count()).select_from(SlotRow).where(SlotRow.day >= now.date())
        with self._database.write() as session:
            self._database.lock(session, "slots.roll")
            before = session.scalar(ahead) or 0
            session.connection().execute(insert(SlotRow).on_conflict_do_nothing(), missing)
            added = (session.scalar(ahead) or 0) - before
            if added:
                audit.append(session, "system", "slots.roll", f"until:{last}", None, {"added": added}, at=now)
        return added

    def search(self, session: Session, query: SlotQuery, now: datetime, limit: int, spread: bool) -> list[SlotOffer]:
        """The free slots that fit, soonest first; spread over doctors and days where the query leaves them open."""
        rows = session.scalars(
            select(SlotRow)
            .where(*self._free(now), *_wanted(query))
            .order_by(SlotRow.day, SlotRow.start, SlotRow.doctor)
            .limit(CANDIDATES if spread else limit)
        ).all()
        chosen = _spread(rows, limit, query) if spread else rows
        return [self.offer(row) for row in chosen]

    def days(self, session: Session, query: SlotQuery, now: datetime) -> list[date]:
        """The days on which something free fits."""
        return list(
            session.scalars(
                select(SlotRow.day).where(*self._free(now), *_wanted(query)).distinct().order_by(SlotRow.day)
            )
        )

    def next_best(self, session: Session, slot: SlotRow, now: datetime, limit: int) -> tuple[SlotOffer, ...]:
        """What comes nearest to a slot that is gone: kind first, then day, half-day, doctor, time."""
        rows = session.scalars(
            select(SlotRow)
            .where(*self._free(now), SlotRow.department == slot.department, SlotRow.id != slot.id)
            .order_by(func.abs(_days_apart(self._database, slot.day)), SlotRow.start)
            .limit(CANDIDATES)
        ).all()
        return tuple(self.offer(row) for row in sorted(rows, key=lambda row: _distance(row, slot))[:limit])

    def offer(self, row: SlotRow) -> SlotOffer:
        """The slot as a patient sees it."""
        return SlotOffer(
            slot_id=row.id,
            department=row.department,
            doctor=row.doctor,
            kind=row.kind,
            day=row.day,
            half_day=row.half_day,
            start=row.start,
            end=row.end,
            room=row.room,
            fee_minor=self._tables.kinds[row.kind].fee,
            free=row.capacity - row.taken,
        )

    def is_open(self, slot: SlotRow, now: datetime) -> bool:
        """Whether the slot lies ahead and inside the horizon."""
        if slot.day > self._policy.last_day(now):
            return False
        return slot.day > now.date() or (slot.day == now.date() and slot.start > now.time().replace(tzinfo=None))

    def _free(self, now: datetime) -> tuple[ColumnElement[bool], ...]:
        today, clock = now.date(), now.time().replace(tzinfo=None)
        return (
            SlotRow.taken < SlotRow.capacity,
            SlotRow.day >= today,
            SlotRow.day <= self._policy.last_day(now),
            or_(SlotRow.day > today, SlotRow.start > clock),
        )


def lock_slots(session: Session, slot_ids: Iterable[str]) -> dict[str, SlotRow]:
    """The slots, locked in one order everywhere, so that two writers never wait for each other."""
    statement = select(SlotRow).where(SlotRow.id.in_(set(slot_ids))).order_by(SlotRow.id).with_for_update()
    return {row.id: row for row in session.scalars(statement.execution_options(populate_existing=True))}


def take(session: Session, slot: SlotRow) -> bool:
    """Take one place if there is one; whether there was."""
    taken = session.execute(
        update(SlotRow)
        .where(SlotRow.id == slot.id, SlotRow.taken < SlotRow.capacity)
        .values(taken=SlotRow.taken + 1, version=SlotRow.version + 1)
        .returning(SlotRow.taken)
        .execution_options(synchronize_session=False)
    ).scalar_one_or_none()
    session.refresh(slot)
    return taken is not None


def give_back(session: Session, slot: SlotRow, places: int = 1) -> None:
    """Give places back."""
    session.execute(
        update(SlotRow)
        .where(SlotRow.id == slot.id)
        .values(taken=SlotRow.taken - places, version=SlotRow.version + 1)
        .execution_options(synchronize_session=False)
    )
    session.refresh(slot)


def expire(session: Session, slot: SlotRow, now: datetime) -> int:
    """Give back the places of holds that ran out on a locked slot; how many."""
    gone = session.scalars(
        update(HoldRow)
        .where(HoldRow.slot == slot.id, HoldRow.state == "held", HoldRow.expires <= now)
        .values(state="expired")
        .returning(HoldRow.id)
        .execution_options(synchronize_session=False)
    ).all()
    if gone:
        give_back(session, slot, len(gone))
    for hold in gone:
        audit.append(session, "system", "hold.expire", f"hold:{hold}", {"state": "held"}, {"state": "expired"}, at=now)
    return len(gone)


def _wanted(query: SlotQuery) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if query.department:
        conditions.append(SlotRow.department == query.department)
    if query.doctor:
        conditions.append(SlotRow.doctor == query.doctor)
    if query.kind:
        conditions.append(SlotRow.kind == query.kind)
    if query.day_from:
        conditions.append(SlotRow.day >= query.day_from)
    if query.day_to:
        conditions.append(SlotRow.day <= query.day_to)
    if query.half_day:
        conditions.append(SlotRow.half_day == query.half_day)
    if query.from_time:
        conditions.append(SlotRow.start >= query.from_time)
    if query.to_time:
        conditions.append(SlotRow.start < query.to_time)
    return conditions


def _spread(rows: Sequence[SlotRow], limit: int, query: SlotQuery) -> list[SlotRow]:
    """The soonest, then each time the soonest that repeats least of what was chosen; in the order of time."""
    doctor_open = query.doctor is None
    day_open = query.day_from is None or query.day_from != query.day_to
    chosen: list[SlotRow] = []
    doctors: set[str] = set()
    days: set[date] = set()
    half_days: set[tuple[date, str]] = set()
    left = list(rows)
    while left and len(chosen) < limit:
        best = min(
            left,
            key=lambda row: (
                2 * (doctor_open and row.doctor in doctors)
                + (day_open and row.day in days)
                + ((row.day, row.half_day) in half_days)
            ),
        )
        left.remove(best)
        chosen.append(best)
        doctors.add(best.doctor)
        days.add(best.day)
        half_days.add((best.day, best.half_day))
    return sorted(chosen, key=lambda row: (row.day, row.start, row.doctor))


def _distance(row: SlotRow, gone: SlotRow) -> tuple[Any, ...]:
    return (
        row.kind != gone.kind,
        abs((row.day - gone.day).days),
        row.half_day != gone.half_day,
        row.doctor != gone.doctor,
        abs(_minutes(row.start) - _minutes(gone.start)),
    )


def _minutes(moment: time) -> int:
    return moment.hour * 60 + moment.minute


def _days_apart(database: Database, day: date) -> ColumnElement[Any]:
    if database.is_sqlite:
        return func.julianday(SlotRow.day) - func.julianday(day.isoformat())
    return SlotRow.day - day
