"""A ticket's row as the services see it."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from actions.handoff.errors import UnknownTicket
from actions.handoff.model import Ticket
from actions.records.tables import TicketRow


def found(session: Session, ticket_id: str, change: bool = False) -> TicketRow:
    """The row of a ticket, locked where it is to be changed. Raises `UnknownTicket`."""
    row = session.get(TicketRow, ticket_id, with_for_update=change)
    if row is None:
        raise UnknownTicket("There is no such ticket.")
    return row


def facts(row: TicketRow) -> dict[str, Any]:
    """What the audit keeps of a change."""
    return {"status": row.status, "priority": row.priority, "claimed_by": row.claimed_by, "reason": row.reason}


def as_ticket(row: TicketRow) -> Ticket:
    """The row without the session."""
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
