"""A claimed ticket changes hands: back to the queue, or to a colleague; in one transaction, so it is never lost."""

from __future__ import annotations

from actions.clock import Clock
from actions.handoff.errors import TicketClosed, TicketTaken, UnknownTicket
from actions.records import audit
from actions.records.database import Database
from actions.records.tables import TicketRow


def reassign(database: Database, clock: Clock, ticket_id: str, holder: str, to: str | None, actor: str) -> None:
    """Take the ticket from `holder` and give it to `to`, or put it back into the queue when that is None.

    Its number, reason and place in the queue stay; one that is put back says who passed it on.
    Raises `UnknownTicket`, `TicketClosed`, or `TicketTaken` when it is no longer `holder` who has it.
    """
    with database.write() as session:
        database.lock(session, f"ticket:{ticket_id}")
        row = session.get(TicketRow, ticket_id)
        if row is None:
            raise UnknownTicket("There is no such ticket.")
        if row.status == "closed":
            raise TicketClosed("This ticket is closed already.")
        if row.status != "claimed" or row.claimed_by != holder:
            raise TicketTaken("The ticket has changed hands meanwhile.")
        before = {"status": row.status, "claimed_by": row.claimed_by, "priority": row.priority}
        row.status, row.claimed_by, row.updated = "claimed" if to else "open", to, clock.now()
        passed = {name: value for name, value in row.summary.items() if name != "passed_by"}
        row.summary = passed if to else {**passed, "passed_by": holder}
        after = {"status": row.status, "claimed_by": row.claimed_by, "priority": row.priority}
        action = "ticket.take_over" if to else "ticket.put_back"
        audit.append(session, f"staff:{actor}", action, f"ticket:{ticket_id}", before, after, at=clock.now())
