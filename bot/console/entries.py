"""A ticket as the queue shows it: whose turn it is, where the patient stands, what may be done with it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import select

from actions.clock import Clock
from actions.handoff.model import Ticket
from actions.handoff.paging import WIDER
from actions.records.database import Database
from actions.records.tables import ConversationRow, UserRow
from bot.console.accounts import Account
from bot.console.policy import Policy


@dataclass(frozen=True)
class Talk:
    """What the queue shows of a conversation."""

    status: str = "closed"
    language: str = ""
    channel: str = ""


NO_TALK = Talk()
"""Of a ticket without a conversation."""


@dataclass(frozen=True)
class Entries:
    """Draws up entries of the queue."""

    database: Database
    clock: Clock
    policy: Policy
    places: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Where each kiosk stands, in both languages."""

    def entry(self, ticket: Ticket, talk: Talk, account: Account) -> dict[str, Any]:
        """One entry, for this member of staff. No personal data in it."""
        now = self.clock.now()
        return {
            "id": ticket.id,
            "number": ticket.number,
            "reason": ticket.reason,
            "rule": ticket.summary.get("rule"),
            "priority": ticket.priority,
            "status": ticket.status,
            "kiosk": ticket.kiosk,
            "place": dict(self.places.get(ticket.kiosk or "", {})) or None,
            "claimed_by": ticket.claimed_by,
            "waiting_s": max(0, int((now - ticket.created).total_seconds())),
            "created": ticket.created.astimezone(now.tzinfo).isoformat(timespec="seconds"),
            "conversation": talk.status if ticket.conversation else None,
            "language": talk.language,
            "channel": talk.channel,
            "alarm": self._alarms(ticket),
            "escalated": any(page["circle"] == WIDER for page in ticket.summary.get("pages", ())),
            "silent_since": self._local(ticket.summary.get("silent_since")),
            "cleared_at": self._local(ticket.summary.get("cleared_at")),
            "minor": bool(ticket.summary.get("minor")),
            "passed_by": ticket.summary.get("passed_by") if ticket.status == "open" else None,
            "may": self._may(ticket, talk, account),
        }

    def _local(self, moment: str | None) -> str | None:
        """The time of day in the house."""
        return datetime.fromisoformat(moment).astimezone(self.clock.now().tzinfo).strftime("%H:%M") if moment else None

    def _may(self, ticket: Ticket, talk: Talk, account: Account) -> dict[str, bool]:
        mine = ticket.status == "claimed" and ticket.claimed_by == account.name
        red_is_fine = ticket.priority != "red" or self.policy.may(account.role, "claim_red")
        unheld = ticket.status == "open" or (mine and talk.status in ("bot", "waiting"))  # the latter: cut off half-way
        left = bool(ticket.conversation) and talk.status == "closed"
        takes = red_is_fine and self.policy.may(account.role, "claim")
        return {
            "claim": unheld and takes,
            "reply": mine and talk.status != "closed",
            "hand_back": mine and red_is_fine,
            "put_back": mine,
            "take_over": ticket.status == "claimed" and not mine and self.may_take_over(ticket, account),
            "close_departed": left and takes and (mine or ticket.status == "open"),
        }

    def may_take_over(self, ticket: Ticket, account: Account) -> bool:
        """Whether this role takes a ticket from a colleague."""
        red = ticket.priority == "red" and self.policy.may(account.role, "claim_red")
        return red or self.policy.may(account.role, "manage_users")

    def talks(self, tickets: Sequence[Ticket]) -> dict[str, Talk]:
        """The conversations of tickets, by id."""
        names = [ticket.conversation for ticket in tickets if ticket.conversation]
        query = select(ConversationRow).where(ConversationRow.id.in_(names))
        with self.database.read() as session:
            return {row.id: Talk(row.status, row.language, row.channel) for row in session.scalars(query)}

    def _alarms(self, ticket: Ticket) -> bool:
        """Whether nobody who may handle it has a red ticket: it is free, or turned red in a clerk's hands."""
        if ticket.priority != "red" or ticket.status == "closed":
            return False
        with self.database.read() as session:
            holder = session.get(UserRow, ticket.claimed_by) if ticket.claimed_by else None
        return holder is None or not self.policy.may(holder.role, "claim_red")
