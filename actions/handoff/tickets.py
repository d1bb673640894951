"""The queue of patients who wait for a human."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session

from actions.clock import Clock
from actions.handoff.errors import TicketClosed, TicketTaken, UnknownTicket
from actions.handoff.model import Ticket
from actions.records import audit
from actions.records.database import Database
from actions.records.numbers import next_number
from actions.records.tables import TicketRow

OPEN = ("open", "claimed")


class Tickets:
    """Opens, lists, claims and closes tickets; every change is audited in the same transaction."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def open(
        self,
        conversation: str,
        reason: str,
        summary: Mapping[str, Any],
        kiosk: str | None = None,
        priority: str = "normal",
    ) -> Ticket:
        """The conversation's open ticket, made if there is none; a red reason makes an open one red.

        Asking again opens no second ticket, so a repeated request is harmless. A staff call without a
        conversation is one for each kiosk.
        """
        with self._database.write() as session:
            self._database.lock(session, f"ticket:{conversation or kiosk}")
            row = session.scalars(self._current(conversation, kiosk)).first()
            now = self._clock.now()
            if row is None:
                number = next_number(session, "ticket", prefix="H")
                row = TicketRow(
                    id=secrets.token_hex(8),
                    number=number,
                    conversation=conversation,
                    reason=reason,
                    summary=dict(summary),
                    status="open",
                    priority=priority,
                    kiosk=kiosk,
                    created=now,
                    updated=now,
                )
                session.add(row)
                audit.append(session, "patient", "ticket.open", f"ticket:{row.id}", None, _facts(row), at=now)
            elif priority == "red" and row.priority != "red":
                before = _facts(row)
                row.priority, row.reason, row.updated = "red", reason, now
                row.summary = {**row.summary, **summary}
                audit.append(session, "patient", "ticket.raise", f"ticket:{row.id}", before, _facts(row), at=now)
            return _ticket(row)

    def get(self, ticket_id: str) -> Ticket:
        """One ticket. Raises `UnknownTicket`."""
        with self._database.read() as session:
            return _ticket(_found(session, ticket_id))

    def of_conversation(self, conversation: str) -> Ticket | None:
        """The ticket of a conversation that is not closed yet."""
        with self._database.read() as session:
            row = session.scalars(self._current(conversation, None)).first()
            return _ticket(row) if row else None

    def queue(self) -> list[Ticket]:
        """Every ticket that is not closed: red ones first, then the oldest."""
        urgent = case((TicketRow.priority == "red", 0), else_=1)
        with self._database.read() as session:
            rows = session.scalars(
                select(TicketRow).where(TicketRow.status.in_(OPEN)).order_by(urgent, TicketRow.created)
            ).all()
            return [_ticket(row) for row in rows]

    def ahead(self, ticket: Ticket) -> int:
        """How many open tickets come before this one."""
        with self._database.read() as session:
            count = session.scalar(
                select(func.count())
                .select_from(TicketRow)
                .where(TicketRow.status == "open", TicketRow.created < ticket.created)
            )
            return int(count or 0)

    def claim(self, ticket_id: str, staff: str) -> Ticket:
        """Give the ticket to a member of staff. Raises `TicketTaken` when another one has it, `TicketClosed`."""
        return self._move(ticket_id, staff, "claimed")

    def close(self, ticket_id: str, staff: str) -> Ticket:
        """Hand the patient back and close the ticket; closing twice is harmless."""
        return self._move(ticket_id, staff, "closed")

    def left(self, conversation: str) -> Ticket | None:
        """Close what a patient who is gone had asked for and nobody has taken up; the ticket, if there was one.

        An emergency, a staff call and a fault stay: staff shall look, whoever has left.
        """
        with self._database.write() as session:
            self._database.lock(session, f"ticket:{conversation}")
            row = session.scalars(self._current(conversation, None)).first() if conversation else None
            if row is None:
                return None
            self._database.lock(session, f"ticket:{row.id}")  # somebody may be taking it this moment
            session.refresh(row)
            if (row.status, row.reason, row.priority) != ("open", "asked", "normal"):
                return None
            before, now = _facts(row), self._clock.now()
            row.status, row.updated = "closed", now
            audit.append(session, "patient", "ticket.left", f"ticket:{row.id}", before, _facts(row), at=now)
            return _ticket(row)

    def _move(self, ticket_id: str, staff: str, status: str) -> Ticket:
        with self._database.write() as session:
            self._database.lock(session, f"ticket:{ticket_id}")
            row = _found(session, ticket_id)
            if row.status == "closed":
                if status == "closed":
                    return _ticket(row)
                raise TicketClosed("This ticket is closed already.")
            if row.claimed_by not in (None, staff):
                raise TicketTaken(f"{row.claimed_by} has this ticket.")
            before, now = _facts(row), self._clock.now()
            row.status, row.claimed_by, row.updated = status, staff, now
            audit.append(session, f"staff:{staff}", f"ticket.{status}", f"ticket:{row.id}", before, _facts(row), at=now)
            return _ticket(row)

    @staticmethod
    def _current(conversation: str, kiosk: str | None) -> Any:
        query = select(TicketRow).where(TicketRow.status.in_(OPEN), TicketRow.conversation == conversation)
        return query if conversation else query.where(TicketRow.kiosk == kiosk)


def _found(session: Session, ticket_id: str) -> TicketRow:
    row = session.get(TicketRow, ticket_id)
    if row is None:
        raise UnknownTicket("There is no such ticket.")
    return row


def _facts(row: TicketRow) -> dict[str, Any]:
    return {"status": row.status, "priority": row.priority, "claimed_by": row.claimed_by, "reason": row.reason}


def _ticket(row: TicketRow) -> Ticket:
    return Ticket(
        id=row.id,
        number=row.number,
        conversation=row.conversation,
        reason=row.reason,
        summary=row.summary,
        status=row.status,
        priority=row.priority,
        kiosk=row.kiosk,
        claimed_by=row.claimed_by,
        created=row.created,
        updated=row.updated,
    )
