"""The queue of patients who wait for a human."""

from __future__ import annotations

import secrets
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Select, and_, case, func, or_, select
from sqlalchemy.orm import Session

from actions.clock import Clock
from actions.handoff.errors import TicketClosed, TicketTaken
from actions.handoff.model import Ticket
from actions.handoff.rows import as_ticket, facts
from actions.handoff.rows import found as found_row
from actions.records import audit
from actions.records.database import Database
from actions.records.numbers import next_number
from actions.records.tables import ConversationRow, TicketRow, TurnRow

OPEN = ("open", "claimed")
ORDINARY = frozenset({"asked", "refused", "fault"})
"""Reasons of tickets that a patient who has left does not need any more. An emergency, a call for staff and a follow-up
alarm stay: somebody must go and look."""


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
            row = session.scalars(self._current(conversation, kiosk).with_for_update()).first()
            now = self._clock.now()
            if row is None:
                row = new_row(session, conversation, reason, summary, priority, kiosk, now)
            elif priority == "red" and row.priority != "red":
                before = facts(row)
                row.priority, row.reason, row.updated = "red", reason, now
                row.summary = {**row.summary, **summary}
                audit.append(session, "patient", "ticket.raise", f"ticket:{row.id}", before, facts(row), at=now)
            elif reason == "staff_call" and row.reason in ORDINARY:  # now somebody shall come, not only write
                before = facts(row)
                row.reason, row.updated = reason, now
                audit.append(session, "patient", "ticket.raise", f"ticket:{row.id}", before, facts(row), at=now)
            return as_ticket(row)

    def get(self, ticket_id: str) -> Ticket:
        """One ticket. Raises `UnknownTicket`."""
        with self._database.read() as session:
            return as_ticket(found_row(session, ticket_id))

    def of_conversation(self, conversation: str) -> Ticket | None:
        """The ticket of a conversation that is not closed yet."""
        with self._database.read() as session:
            row = session.scalars(self._current(conversation, None)).first()
            return as_ticket(row) if row else None

    def queue(self) -> list[Ticket]:
        """Every ticket that is not closed: red ones first, of a colour those whose patient is still there, the oldest
        first."""
        urgent = case((TicketRow.priority == "red", 0), else_=1)
        gone = case((TicketRow.conversation.in_(_closed()), 1), else_=0)
        with self._database.read() as session:
            rows = session.scalars(
                select(TicketRow).where(TicketRow.status.in_(OPEN)).order_by(urgent, gone, TicketRow.created)
            ).all()
            return [as_ticket(row) for row in rows]

    def ahead(self, ticket: Ticket) -> int:
        """How many open tickets come before this one; those whose patient has left keep nobody waiting."""
        with self._database.read() as session:
            count = session.scalar(
                select(func.count())
                .select_from(TicketRow)
                .where(
                    TicketRow.status == "open",
                    TicketRow.created < ticket.created,
                    TicketRow.conversation.not_in(_closed()),
                )
            )
            return int(count or 0)

    def claim(self, ticket_id: str, staff: str) -> Ticket:
        """Give the ticket to a member of staff. Raises `TicketTaken` when another one has it, `TicketClosed`."""
        return self._move(ticket_id, staff, "claimed")

    def close(self, ticket_id: str, staff: str) -> Ticket:
        """Hand the patient back and close the ticket; closing twice is harmless."""
        return self._move(ticket_id, staff, "closed")

    def close_departed(self, ticket_ids: Collection[str], staff: str, red: bool) -> list[Ticket]:
        """Close those of these tickets whose patient has left and that nobody else has; red ones only with `red`.

        Only what the member of staff has seen is named, so nothing that came in meanwhile is closed unseen.
        """
        free = or_(TicketRow.status == "open", and_(TicketRow.status == "claimed", TicketRow.claimed_by == staff))
        found = select(TicketRow.id).where(TicketRow.id.in_(ticket_ids), free, TicketRow.conversation.in_(_closed()))
        if not red:
            found = found.where(TicketRow.priority != "red")
        with self._database.read() as session:
            named = list(session.scalars(found.order_by(TicketRow.created)))
        closed = []
        for ticket_id in named:
            try:
                closed.append(self._move(ticket_id, staff, "closed", "ticket.closed_departed"))
            except TicketTaken:
                continue  # a colleague took it a moment ago
        return closed

    def _move(self, ticket_id: str, staff: str, status: str, action: str = "") -> Ticket:
        with self._database.write() as session:
            self._database.lock(session, f"ticket:{ticket_id}")
            row = found_row(session, ticket_id, change=True)
            if row.status == "closed":
                if status == "closed":
                    return as_ticket(row)
                raise TicketClosed("This ticket is closed already.")
            if row.claimed_by not in (None, staff):
                raise TicketTaken(f"{row.claimed_by} has this ticket.")
            before, now = facts(row), self._clock.now()
            row.status, row.claimed_by, row.updated = status, staff, now
            action = action or f"ticket.{status}"
            audit.append(session, f"staff:{staff}", action, f"ticket:{row.id}", before, facts(row), at=now)
            return as_ticket(row)

    @staticmethod
    def _current(conversation: str, kiosk: str | None) -> Any:
        query = select(TicketRow).where(TicketRow.status.in_(OPEN), TicketRow.conversation == conversation)
        return query if conversation else query.where(TicketRow.kiosk == kiosk)


def departed(database: Database, session: Session, conversation: str, now: datetime) -> list[Ticket]:
    """A patient has left: close the ordinary ticket that nobody has taken, in the caller's transaction.

    Returns every ticket of the conversation that staff see differently now. One of a talk in which an urgent sign was
    found stays, and carries that sign. Call it before the turns of the conversation are deleted.
    """
    database.lock(session, f"ticket:{conversation}")
    rows = session.scalars(
        select(TicketRow).where(TicketRow.status.in_(OPEN), TicketRow.conversation == conversation).with_for_update()
    ).all()
    rule = _urgent_sign(session, conversation) if rows else None
    for row in rows:
        if rule and not row.summary.get("rule"):
            row.summary = {**row.summary, "rule": rule}
        if row.status == "open" and row.priority == "normal" and row.reason in ORDINARY and not row.summary.get("rule"):
            before = facts(row)
            row.status, row.updated = "closed", now
            audit.append(session, "patient", "ticket.left", f"ticket:{row.id}", before, facts(row), at=now)
    return [as_ticket(row) for row in rows]


def _urgent_sign(session: Session, conversation: str) -> str | None:
    """The rule of the last urgent sign in the stored turns of a conversation."""
    turns = select(TurnRow.response).where(TurnRow.conversation == conversation).order_by(TurnRow.number.desc())
    found = [(response or {}).get("safety") or {} for response in session.scalars(turns)]
    return next((str(safety["rule"]) for safety in found if safety.get("level") == "urgent" and safety["rule"]), None)


def _closed() -> Select[Any]:
    """Conversations whose patient has left."""
    return select(ConversationRow.id).where(ConversationRow.status == "closed")


def new_row(
    session: Session,
    conversation: str,
    reason: str,
    summary: Mapping[str, Any],
    priority: str,
    kiosk: str | None,
    now: datetime,
) -> TicketRow:
    """A ticket that was not there before, audited, in the caller's transaction."""
    row = TicketRow(
        id=secrets.token_hex(8),
        number=next_number(session, "ticket", prefix="H"),
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
    audit.append(session, "patient", "ticket.open", f"ticket:{row.id}", None, facts(row), at=now)
    return row
