"""Calling staff to a patient in danger, and what is known of that patient afterwards; all of it stands on the ticket.

A page is an entry of the ticket's `summary["pages"]`: when, for which rule, to which kiosk, which circle. The records
alone say what is due, so a restart forgets nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from actions.clock import Clock
from actions.handoff.model import Ticket
from actions.handoff.rows import as_ticket, found
from actions.handoff.tickets import OPEN, new_row
from actions.records import audit
from actions.records.database import Database
from actions.records.tables import ConversationRow, TicketRow, UserRow

FIRST, WIDER = "first", "wider"
"""Circles of staff."""


class Pages:
    """Pages of red tickets; every change is audited in the same transaction."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def now(self) -> datetime:
        """The time of the records."""
        return self._clock.now()

    def page(self, ticket_id: str, rule: str | None, circle: str, roles: Sequence[str]) -> Ticket:
        """Note that staff are called. Raises `UnknownTicket`."""
        with self._database.write() as session:
            self._database.lock(session, f"ticket:{ticket_id}")
            return self._page(session, found(session, ticket_id, change=True), rule, circle, roles)

    def due(self, after_s: float) -> list[Ticket]:
        """Tickets whose last page was to the first circle, so long ago, and that nobody of it has taken."""
        with self._database.read() as session:
            rows = session.scalars(
                select(TicketRow)
                .where(TicketRow.status.in_(OPEN), TicketRow.priority == "red")
                .order_by(TicketRow.created)
            ).all()
            return [as_ticket(row) for row in rows if self._is_due(session, row, after_s)]

    def widen(self, ticket_id: str, after_s: float, roles: Sequence[str]) -> Ticket | None:
        """Page the wider circle, unless somebody was quicker; then None. Raises `UnknownTicket`."""
        with self._database.write() as session:
            self._database.lock(session, f"ticket:{ticket_id}")
            row = found(session, ticket_id, change=True)
            if not self._is_due(session, row, after_s):
                return None
            return self._page(session, row, row.summary["pages"][-1]["rule"], WIDER, roles)

    def silent(self, conversation: str, since: datetime) -> Ticket | None:
        """Mark the red ticket of a patient who was in danger and is not heard any more; None if nothing changed."""
        return self._mark(conversation, "silent_since", since, "ticket.silent")

    def heard(self, conversation: str) -> Ticket | None:
        """The patient is heard again."""
        return self._mark(conversation, "silent_since", None, "ticket.heard")

    def cleared(self, conversation: str) -> Ticket | None:
        """The patient says that nobody is in danger: the ticket stays, but no wider circle is called."""
        return self._mark(conversation, "cleared_at", self._clock.now(), "ticket.cleared")

    def unheard(self, silent_s: float) -> list[tuple[str, str, str | None, datetime]]:
        """Conversations in danger without a turn for so long: id, rule, kiosk, and when they were last heard."""
        before = self._clock.now() - timedelta(seconds=silent_s)
        rule = ConversationRow.state["danger"].as_string()
        with self._database.read() as session:
            rows = session.execute(
                select(ConversationRow.id, rule, ConversationRow.kiosk, ConversationRow.last_seen).where(
                    ConversationRow.status != "closed", ConversationRow.last_seen <= before, rule.is_not(None)
                )
            ).all()
            return [(row[0], row[1], row[2], row[3]) for row in rows if not _marked(session, row[0])]

    def _page(self, session: Session, row: TicketRow, rule: str | None, circle: str, roles: Sequence[str]) -> Ticket:
        now = self._clock.now()
        page = {"at": now.isoformat(), "rule": rule, "kiosk": row.kiosk, "circle": circle, "roles": list(roles)}
        kept = {key: value for key, value in row.summary.items() if key != "cleared_at"}
        row.summary = {**kept, "pages": [*kept.get("pages", ()), page]}
        row.updated = now
        action = "ticket.paged" if circle == FIRST else "ticket.escalated"
        audit.append(session, "system", action, f"ticket:{row.id}", None, page, at=now)
        return as_ticket(row)

    def _is_due(self, session: Session, row: TicketRow, after_s: float) -> bool:
        pages = row.summary.get("pages") or ()
        if row.status == "closed" or not pages or pages[-1]["circle"] != FIRST or row.summary.get("cleared_at"):
            return False
        holder = session.get(UserRow, row.claimed_by) if row.claimed_by else None
        if holder is not None and holder.role in pages[-1]["roles"]:
            return False
        return self._clock.now() - datetime.fromisoformat(pages[-1]["at"]) >= timedelta(seconds=after_s)

    def _mark(self, conversation: str, name: str, at: datetime | None, action: str) -> Ticket | None:
        with self._database.write() as session:
            self._database.lock(session, f"ticket:{conversation}")
            row = _red(session, conversation, change=True)
            if row is None or bool(row.summary.get(name)) == bool(at):
                return None
            before = {name: row.summary.get(name)}
            summary = {key: value for key, value in row.summary.items() if key != name}
            row.summary = {**summary, name: at.isoformat()} if at else summary
            row.updated = now = self._clock.now()
            after = {name: row.summary.get(name)}
            audit.append(session, "system", action, f"ticket:{row.id}", before, after, at=now)
            return as_ticket(row)


def left_in_danger(session: Session, conversation: str, rule: str, kiosk: str | None, now: datetime) -> Ticket | None:
    """A patient has left while an alarm stood: the red ticket stays, or is opened, and says since when it is silent.

    In the caller's transaction, which holds the ticket's lock. None if that is marked already.
    """
    row = _red(session, conversation)
    if row is None:
        row = new_row(session, conversation, "emergency", {"rule": rule}, "red", kiosk, now)
    if row.summary.get("silent_since"):
        return None
    row.summary, row.updated = {**row.summary, "silent_since": now.isoformat()}, now
    after = {"silent_since": now.isoformat()}
    audit.append(session, "system", "ticket.silent", f"ticket:{row.id}", {"silent_since": None}, after, at=now)
    return as_ticket(row)


def _red(session: Session, conversation: str, change: bool = False) -> TicketRow | None:
    red = select(TicketRow).where(
        TicketRow.status.in_(OPEN), TicketRow.conversation == conversation, TicketRow.priority == "red"
    )
    return session.scalars(red.with_for_update() if change else red).first()


def _marked(session: Session, conversation: str) -> bool:
    row = _red(session, conversation)
    return row is not None and bool(row.summary.get("silent_since"))
