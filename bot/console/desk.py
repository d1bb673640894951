"""What staff do at the console: look at the queue, take a patient, talk, hand back.

Plain functions over the records; each returns what must be told to whom (`Notice`), and the router tells it.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy.exc import IntegrityError

from actions.clock import Clock
from actions.handoff.model import Ticket
from actions.handoff.tickets import Tickets
from actions.records import audit
from actions.records.database import Database
from actions.records.vault import Vault
from bot.console.accounts import Account
from bot.console.entries import NO_TALK, Entries, Talk
from bot.console.errors import BadRequest, Conflict, NotYourRole
from bot.console.packet import PacketWriter
from bot.console.policy import Policy
from bot.console.reassign import reassign
from bot.errors import ConversationClosed
from bot.messages import Message
from bot.privacy import Masker
from bot.store import ConversationStore, Line

UNSEEN = ("Cc", "Cs", "Co")
"""Unicode categories that no one can have meant to write: controls, surrogates, private use."""


@dataclass(frozen=True)
class Notice:
    """An event for the hub."""

    listeners: str
    """A conversation, or `staff`."""
    event: str
    data: dict[str, Any]


@dataclass(frozen=True)
class Done:
    """A change, and whom to tell."""

    body: dict[str, Any]
    """The answer to the request."""
    notices: tuple[Notice, ...] = ()
    patient: str = ""
    """Whose conversation changed hands, when the patient must be told who answers now."""


@dataclass(frozen=True)
class Desk:
    """The work on tickets."""

    database: Database
    clock: Clock
    policy: Policy
    store: ConversationStore
    tickets: Tickets
    vault: Vault
    masker: Masker
    writer: PacketWriter
    entries: Entries

    def queue(self, account: Account) -> list[dict[str, Any]]:
        """Every ticket that is not closed, in the order of `Tickets.queue`. No personal data in it."""
        tickets = self.tickets.queue()
        talks = self.entries.talks(tickets)
        return [self.entries.entry(ticket, talks.get(ticket.conversation, NO_TALK), account) for ticket in tickets]

    def packet(self, ticket_id: str, account: Account) -> dict[str, Any]:
        """All of a ticket, personal values in the clear: an audited read. Raises `UnknownTicket`."""
        ticket = self.tickets.get(ticket_id)
        self._note(account, "ticket.read", ticket)
        return {
            **self._whole(ticket, account),
            "facts": self.writer.rows(ticket.conversation, ticket.summary),
            "lines": [self._line(ticket.conversation, line) for line in self.store.transcript(ticket.conversation)],
        }

    def lines(self, ticket_id: str, after: int, account: Account) -> list[dict[str, Any]]:
        """Lines after a line id, in the clear: an audited read when there are any. Raises `UnknownTicket`."""
        ticket = self.tickets.get(ticket_id)
        lines = self.store.transcript(ticket.conversation, after)
        if lines:
            self._note(account, "ticket.read", ticket)
        return [self._line(ticket.conversation, line) for line in lines]

    def claim(self, ticket_id: str, account: Account) -> Done:
        """Take a ticket: the patient now writes to a person. Raises `TicketTaken` when somebody else was quicker.

        Taking it again is harmless, and mends a status that was not written when the machine stopped in between.
        """
        self._check_claim(self.tickets.get(ticket_id), account)
        ticket = self.tickets.claim(ticket_id, account.name)
        notices = (*self._hold(ticket), _queue(ticket))
        return Done(self._whole(ticket, account), notices)

    def send(self, ticket_id: str, account: Account, text: str, message_id: str) -> Done:
        """Write a line to the patient. The same message id twice is one line.

        What is stored has tokens for personal values; the patient's page gets the words as they were written.
        Raises `Conflict`, `ConversationClosed` or `BadRequest`.
        """
        ticket = self._held(ticket_id, account)
        words = self._words(text)
        if not ticket.conversation:
            raise Conflict("This call came from a kiosk without a conversation.", "ticket.no_conversation")
        if self.store.load(ticket.conversation).status == "closed":  # before the vault is written to
            raise ConversationClosed("The patient has left.")
        masked = self.masker.mask(ticket.conversation, words)
        actor = f"staff:{account.name}"
        try:
            self.store.add_staff_line(ticket.conversation, f"staff-{message_id}", _message(masked), actor)
        except IntegrityError:
            return Done({"sent": True, "repeated": True})
        self._note(account, "ticket.reply", ticket)
        said = Notice(ticket.conversation, "message", _message(words).to_json())
        follow = Notice(f"staff:{ticket.conversation}", "line", {"role": "staff", "text": masked})
        return Done({"sent": True, "repeated": False}, (*self._hold(ticket), said, follow))

    def hand_back(self, ticket_id: str, account: Account) -> Done:
        """Close the ticket and give the patient back to the assistant. Twice is harmless."""
        ticket = self.tickets.get(ticket_id)
        if ticket.status == "closed" and ticket.claimed_by == account.name:
            return Done(self._whole(ticket, account))
        self._check_claim(self._held(ticket_id, account), account)  # one that turned red is not a clerk's to end
        returned = self._talk(ticket).status in ("waiting", "human")
        if returned:  # before the ticket is closed, so that no patient is left mute where only one of the two works
            self.store.set_status(ticket.conversation, "bot", f"staff:{account.name}")
        ticket = self.tickets.close(ticket_id, account.name)
        if not returned:
            return Done(self._whole(ticket, account), (_queue(ticket),))
        back = Notice(ticket.conversation, "status", {"status": "bot"})
        return Done(self._whole(ticket, account), (back, _queue(ticket)), ticket.conversation)

    def close_departed(self, ticket_ids: Sequence[str], account: Account) -> Done:
        """Close, of these tickets, those whose patient has left and that this role may end; each is audited."""
        red = self.policy.may(account.role, "claim_red")
        closed = self.tickets.close_departed(ticket_ids, account.name, red)
        return Done({"closed": [ticket.id for ticket in closed]}, tuple(_queue(ticket) for ticket in closed))

    def put_back(self, ticket_id: str, account: Account) -> Done:
        """Give up a ticket: it waits for a colleague at its old place, and the assistant answers meanwhile."""
        ticket = self._held(ticket_id, account)
        reassign(self.database, self.clock, ticket_id, account.name, None, account.name)
        notices = [_queue(ticket)]
        if self._talk(ticket).status == "human":
            self.store.set_status(ticket.conversation, "waiting", f"staff:{account.name}")
            notices.insert(0, Notice(ticket.conversation, "status", {"status": "waiting"}))
            return Done(self._whole(self.tickets.get(ticket_id), account), tuple(notices), ticket.conversation)
        return Done(self._whole(self.tickets.get(ticket_id), account), tuple(notices))

    def take_over(self, ticket_id: str, account: Account) -> Done:
        """Take a ticket from a colleague: a red one, or any for who manages users (the colleague may have gone home).

        Raises `NotYourRole`, or `Conflict` when nobody has it.
        """
        ticket = self.tickets.get(ticket_id)
        if not self.entries.may_take_over(ticket, account):
            raise NotYourRole("This ticket is with a colleague.")
        if ticket.status != "claimed" or ticket.claimed_by is None:
            raise Conflict("Nobody has this ticket.", "ticket.not_held")
        if ticket.claimed_by != account.name:
            reassign(self.database, self.clock, ticket_id, ticket.claimed_by, account.name, account.name)
        ticket = self.tickets.get(ticket_id)
        notices = (*self._hold(ticket), _queue(ticket))
        return Done(self._whole(ticket, account), notices)

    def follow(self, ticket_id: str | None, account: Account) -> dict[str, str]:
        """Conversations whose new lines this member of staff hears: conversation → ticket.

        The open ticket's, and those of all tickets they hold. Raises `UnknownTicket`.
        """
        followed = {
            t.conversation: t.id for t in self.tickets.queue() if t.claimed_by == account.name and t.conversation
        }
        if ticket_id is not None:
            ticket = self.tickets.get(ticket_id)
            if ticket.conversation:
                self._note(account, "ticket.read", ticket)
                followed[ticket.conversation] = ticket.id
        return followed

    def _check_claim(self, ticket: Ticket, account: Account) -> None:
        if ticket.priority == "red" and not self.policy.may(account.role, "claim_red"):
            raise NotYourRole("A red ticket is for nurses.", "auth.red")

    def _held(self, ticket_id: str, account: Account) -> Ticket:
        ticket = self.tickets.get(ticket_id)
        if ticket.status == "closed":
            raise Conflict("This ticket is closed.", "ticket.closed", 410)
        if ticket.status != "claimed" or ticket.claimed_by != account.name:
            raise Conflict("Take the ticket first.", "ticket.not_yours")
        return ticket

    def _hold(self, ticket: Ticket) -> tuple[Notice, ...]:
        """Make sure that the patient's words go to a person; a notice for the patient when that is new."""
        if self._talk(ticket).status not in ("bot", "waiting"):
            return ()
        self.store.set_status(ticket.conversation, "human", f"staff:{ticket.claimed_by}")
        return (Notice(ticket.conversation, "status", {"status": "human"}),)

    def _words(self, text: str) -> str:
        kept = "".join(sign for sign in text if sign == "\n" or unicodedata.category(sign) not in UNSEEN).strip()
        if not kept:
            raise BadRequest("Write something first.", "reply.blank")
        if len(kept) > self.policy.reply.max_chars:
            raise BadRequest(f"At most {self.policy.reply.max_chars} characters in one line.", "reply.too_long", 413)
        return kept

    def _whole(self, ticket: Ticket, account: Account) -> dict[str, Any]:
        return {"ticket": self.entries.entry(ticket, self._talk(ticket), account)}

    def _line(self, conversation: str, line: Line) -> dict[str, Any]:
        at = line.at.astimezone(self.clock.now().tzinfo).isoformat(timespec="seconds")
        return {"id": line.id, "role": line.role, "text": self.vault.reveal_all(conversation, line.text), "at": at}

    def _talk(self, ticket: Ticket) -> Talk:
        return self.entries.talks([ticket]).get(ticket.conversation, NO_TALK)

    def _note(self, account: Account, action: str, ticket: Ticket) -> None:
        with self.database.write() as session:
            audit.append(session, f"staff:{account.name}", action, f"ticket:{ticket.id}", at=self.clock.now())


def _message(text: str) -> Message:
    return Message(text, text, sender="staff", ai=False)


def _queue(ticket: Ticket) -> Notice:
    return Notice("staff", "queue", {"ticket": ticket.id, "priority": ticket.priority})
