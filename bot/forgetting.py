"""Forgetting a patient: here at once, and in Rasa as soon as it can be reached, whatever happens in between."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import delete, select, update

from actions.clock import Clock
from actions.handoff.model import Ticket
from actions.handoff.paging import left_in_danger
from actions.handoff.tickets import departed
from actions.records import audit
from actions.records.database import Database
from actions.records.tables import ConversationRow, MessageRow, OutboxRow, TurnRow
from actions.records.vault import Vault

KIND = "rasa.forget"
"""Kind of the outbox's rows that say whose session Rasa still has to forget."""


class Forgetting:
    """Deletes what a conversation left in the records, and remembers what others still have to delete."""

    def __init__(self, database: Database, vault: Vault, clock: Clock) -> None:
        self._database = database
        self._vault = vault
        self._clock = clock

    def wipe(self, conversation: str) -> list[Ticket]:
        """Transcript, turns, state and vault go; the closed shell and the audit stay. Safe to repeat.

        Appointments and tickets are records of the hospital and stay too; an ordinary ticket that nobody has taken is
        closed, since nobody waits any more. Of a patient who was in danger the red ticket stays, or is opened, and is
        marked as silent. Rasa's session is noted as still to be forgotten in the same transaction,
        so that a power cut in between loses nothing. Returns the tickets that staff see differently now.
        """
        now = self._clock.now()
        with self._database.write() as session:
            self._database.lock(session, f"conversation:{conversation}")
            row = session.get(ConversationRow, conversation)
            if row is None:
                return []
            tickets = departed(self._database, session, conversation, now)
            danger = (row.state or {}).get("danger")
            if danger:
                left = left_in_danger(session, conversation, str(danger), row.kiosk, now)
                tickets = [*(t for t in tickets if left is None or t.id != left.id), *([left] if left else [])]
            session.execute(delete(MessageRow).where(MessageRow.conversation == conversation))
            session.execute(delete(TurnRow).where(TurnRow.conversation == conversation))
            if row.status != "closed":
                row.status, row.state, row.last_seen = "closed", {}, now
                session.add(_note(conversation, now))
                audit.append(session, "patient", "conversation.wipe", f"conversation:{conversation}", at=now)
        self._vault.forget(conversation)
        self._database.scrub()
        return tickets

    def abandoned(self, channel: str, idle_s: float) -> list[str]:
        """Conversations of a channel without a turn for so long; never one that waits for a human or talks to one."""
        since = self._clock.now() - timedelta(seconds=idle_s)
        with self._database.read() as session:
            rows = select(ConversationRow.id).where(
                ConversationRow.channel == channel, ConversationRow.status == "bot", ConversationRow.last_seen < since
            )
            return list(session.scalars(rows.order_by(ConversationRow.last_seen)))

    def pending(self) -> list[str]:
        """Wiped conversations whose session Rasa has not forgotten yet, the longest waiting first."""
        with self._database.read() as session:
            rows = select(OutboxRow.target).where(OutboxRow.kind == KIND, OutboxRow.state == "waiting")
            return list(session.scalars(rows.order_by(OutboxRow.id)))

    def done(self, conversation: str) -> None:
        """Rasa has forgotten the session: nothing is left to do."""
        now = self._clock.now()
        with self._database.write() as session:
            note = update(OutboxRow).where(OutboxRow.key == f"{KIND}:{conversation}", OutboxRow.state == "waiting")
            if session.execute(note.values(state="sent", sent=now).returning(OutboxRow.id)).all():
                audit.append(session, "system", "conversation.forgotten", f"conversation:{conversation}", at=now)


def _note(conversation: str, now: datetime) -> OutboxRow:
    return OutboxRow(
        key=f"{KIND}:{conversation}",
        kind=KIND,
        target=conversation,
        payload={},
        due=now,
        state="waiting",
        attempts=0,
        created=now,
    )
