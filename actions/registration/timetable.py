"""From the weekly sessions of the hospital to dated slots of at most half an hour. Pure: no clock, no storage."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Protocol

from knowledge.directory_shapes import Department, Doctor, HalfDay, HalfDayId, Session, VisitKind


class HospitalTables(Protocol):
    """What registration needs of the hospital's tables; `knowledge.directory.Directory` has it."""

    @property
    def departments(self) -> Mapping[str, Department]:
        """By id."""
        ...

    @property
    def doctors(self) -> Mapping[str, Doctor]:
        """By id."""
        ...

    @property
    def sessions(self) -> Sequence[Session]:
        """The sessions of every week."""
        ...

    @property
    def kinds(self) -> Mapping[str, VisitKind]:
        """Registration kinds with their fees, by id."""
        ...

    @property
    def half_days(self) -> Mapping[HalfDayId, HalfDay]:
        """By id."""
        ...

    @property
    def period_minutes(self) -> int:
        """Length of one appointment period."""
        ...


@dataclass(frozen=True)
class DatedSlot:
    """One period of a session on a day. Its id is made from doctor, day and start: made twice, it is one slot."""

    id: str
    doctor: str
    department: str
    kind: str
    day: date
    half_day: str
    start: time
    end: time
    room: str
    capacity: int
    """Patients it takes."""


def dated_slots(tables: HospitalTables, first: date, last: date) -> Iterator[DatedSlot]:
    """Every slot from the first to the last day, both included; departments without appointments have none."""
    for offset in range((last - first).days + 1):
        day = first + timedelta(days=offset)
        for session in tables.sessions:
            department = tables.departments[tables.doctors[session.doctor].department]
            if session.weekday == day.isoweekday() and department.bookable:
                yield from _of_session(session, department.id, day, tables)


def _of_session(session: Session, department: str, day: date, tables: HospitalTables) -> Iterator[DatedSlot]:
    for start, end in periods(tables.half_days[session.half_day], tables.period_minutes):
        yield DatedSlot(
            id=f"{session.doctor}-{day:%Y%m%d}-{start:%H%M}",
            doctor=session.doctor,
            department=department,
            kind=session.kind,
            day=day,
            half_day=session.half_day,
            start=start,
            end=end,
            room=session.room,
            capacity=session.capacity,
        )


def periods(half_day: HalfDay, minutes: int) -> list[tuple[time, time]]:
    """Start and end of each period of a half-day; a rest shorter than a period is not offered."""
    start = datetime.combine(date.min, half_day.start)
    length = timedelta(minutes=minutes)
    count = int((datetime.combine(date.min, half_day.end) - start) / length)
    return [((start + length * place).time(), (start + length * (place + 1)).time()) for place in range(count)]
