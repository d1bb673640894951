"""Appointments: booked, changed and cancelled inside a writer's transaction, by the rules of the policy."""

from collections.abc import Callable, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from actions.records import audit
from actions.records.masking import mask_name
from actions.records.numbers import next_number
from actions.records.tables import AppointmentRow, HoldRow, PatientRow, SlotRow
from actions.registration.errors import AlreadyBooked, AppointmentClosed, AppointmentUnknown, TooLate, TooMany
from actions.registration.model import Appointment
from actions.registration.people import People
from actions.registration.policy import Policy
from actions.registration.slots import SlotStore, give_back


class AppointmentStore:
    """The appointments of the hospital's patients."""

    def __init__(self, slots: SlotStore, people: People, policy: Policy, new_id: Callable[[], str]) -> None:
        self._slots = slots
        self._people = people
        self._policy = policy
        self._new_id = new_id

    def get(self, session: Session, appointment_id: str) -> AppointmentRow:
        """The appointment. Raises `AppointmentUnknown`."""
        row = session.get(AppointmentRow, appointment_id)
        if row is None:
            raise AppointmentUnknown("There is no such appointment.")
        return row

    def of_hold(self, session: Session, hold_id: str) -> AppointmentRow | None:
        """The appointment a hold became, if it did."""
        return session.scalar(select(AppointmentRow).where(AppointmentRow.hold == hold_id))

    def upcoming(self, session: Session, patients: Sequence[str], now: datetime) -> list[Appointment]:
        """What these patients have booked from today on, soonest first."""
        return self._booked(session, AppointmentRow.patient.in_(patients), now)

    def of_conversation(self, session: Session, conversation: str, now: datetime) -> list[Appointment]:
        """What was booked in a conversation from today on, soonest first."""
        return self._booked(session, AppointmentRow.conversation == conversation, now)

    def add(
        self,
        session: Session,
        patient: str,
        slot: SlotRow,
        hold: HoldRow,
        *,
        channel: str,
        actor: str,
        now: datetime,
        replaces: AppointmentRow | None = None,
    ) -> AppointmentRow:
        """Book a claimed hold for a patient. Raises `AlreadyBooked`, `TooMany`; rows and names must be locked."""
        self._check_rules(session, patient, slot, now)
        one_only = self._policy.one_booking_per_person_department_day
        row = AppointmentRow(
            id=self._new_id(),
            number=next_number(session, "appointment"),
            patient=patient,
            slot=slot.id,
            hold=hold.id,
            status="booked",
            exclusive=f"{patient}:{slot.department}:{slot.day.isoformat()}" if one_only else None,
            replaces=replaces.id if replaces else None,
            conversation=hold.conversation,
            channel=channel,
            created=now,
            changed=now,
        )
        session.add(row)
        session.flush()
        action = "appointment.change" if replaces else "appointment.book"
        before = _state(replaces) if replaces else None
        audit.append(session, actor, action, f"appointment:{row.id}", before, _state(row), at=now)
        return row

    def close(
        self, session: Session, row: AppointmentRow, slot: SlotRow, status: str, actor: str, now: datetime
    ) -> None:
        """Give a locked, booked appointment's place back. Raises `AppointmentClosed`, `TooLate`."""
        if row.status != "booked":
            raise AppointmentClosed("This appointment was cancelled or changed before.")
        deadline = self._policy.deadline(datetime.combine(slot.day, slot.start, now.tzinfo))
        if now > deadline:
            raise TooLate(
                "It is too late to change or cancel this visit.", deadline, self._policy.change_deadline_hours
            )
        before = _state(row)
        row.status, row.exclusive, row.changed = status, None, now
        session.flush()
        give_back(session, slot)
        audit.append(session, actor, f"appointment.{status}", f"appointment:{row.id}", before, _state(row), at=now)

    def seen(self, session: Session, row: AppointmentRow, now: datetime) -> Appointment:
        """The appointment as the patient may see it."""
        slot, patient = session.get_one(SlotRow, row.slot), session.get_one(PatientRow, row.patient)
        return Appointment(
            id=row.id,
            number=row.number,
            status=row.status,
            offer=self._slots.offer(slot),
            patient_name=mask_name(self._people.name(patient)),
            created=row.created.astimezone(now.tzinfo),
        )

    def _check_rules(self, session: Session, patient: str, slot: SlotRow, now: datetime) -> None:
        active = self.upcoming(session, [patient], now)
        for existing in active if self._policy.one_booking_per_person_department_day else ():
            if (existing.offer.department, existing.offer.day) == (slot.department, slot.day):
                raise AlreadyBooked("There is an appointment in this department on this day.", existing)
        clock = (now.date(), now.time())
        to_come = tuple(each for each in active if (each.offer.day, each.offer.start) > clock)
        if len(to_come) >= self._policy.max_active_per_person:
            raise TooMany("There are as many appointments as one person may have.", to_come)

    def _booked(self, session: Session, condition: ColumnElement[bool], now: datetime) -> list[Appointment]:
        rows = session.scalars(
            select(AppointmentRow)
            .join(SlotRow, SlotRow.id == AppointmentRow.slot)
            .where(condition, AppointmentRow.status == "booked", SlotRow.day >= now.date())
            .order_by(SlotRow.day, SlotRow.start, AppointmentRow.created)
        ).all()
        return [self.seen(session, row, now) for row in rows]


def _state(row: AppointmentRow) -> dict[str, str | None]:
    return {"id": row.id, "number": row.number, "slot": row.slot, "status": row.status, "patient": row.patient}
