"""What a conversation must remember between turns and restarts, kept in the hospital's records."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from actions.clock import Clock
from actions.records import audit
from actions.records.database import Database
from actions.records.tables import ConversationRow, MessageRow, TurnRow
from actions.records.vault import Vault
from bot.errors import ConversationClosed, NotAllowed, UnknownConversation
from bot.messages import Message, Reply

CONVERSATION_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
"""What the id of a conversation looks like; anything else is not even looked for."""


@dataclass
class Memory:
    """State of one conversation between turns; everything in it is JSON and free of personal data."""

    options: list[dict[str, Any]] = field(default_factory=list)
    """Answers on offer: title, and the choice or command behind it."""
    expects: str | None = None
    """Slot of the open question."""
    question: str = ""
    """The open question in words, to be read together with a short answer."""
    persons: Any = None
    """What the safety gate knows about each person spoken of."""
    queries: list[str] = field(default_factory=list)
    """The last open questions, to understand "and at weekends?"."""
    last: list[dict[str, Any]] = field(default_factory=list)
    """What was said last, for "again, please"."""
    danger: str | None = None
    """Rule of an emergency that is not cleared yet."""
    danger_say: str = ""
    """Message key of that rule."""
    asked: dict[str, Any] | None = None
    """The payload of the open question with its `level`, to ask it again in another language."""


@dataclass(frozen=True)
class Opened:
    """A conversation as the front door knows it."""

    id: str
    channel: str
    language: str
    kiosk: str | None
    status: str
    memory: Memory


@dataclass(frozen=True)
class Line:
    """A line of a transcript, for staff; personal data as tokens."""

    id: int
    role: str
    text: str
    at: datetime


class ConversationStore:
    """Conversations, their turns and transcripts."""

    def __init__(self, database: Database, vault: Vault, clock: Clock) -> None:
        self._database = database
        self._vault = vault
        self._clock = clock

    def open(self, channel: str, language: str, kiosk: str | None) -> tuple[str, str]:
        """A new conversation: its id and its bearer token, both unguessable; only a hash of the token is kept."""
        conversation, token = secrets.token_urlsafe(18), secrets.token_urlsafe(24)
        now = self._clock.now()
        with self._database.write() as session:
            session.add(
                ConversationRow(
                    id=conversation,
                    token_hash=token_hash(token),
                    channel=channel,
                    language=language,
                    kiosk=kiosk,
                    status="bot",
                    created=now,
                    last_seen=now,
                    state={},
                )
            )
            audit.append(session, "patient", "conversation.open", f"conversation:{conversation}", at=now)
        return conversation, token

    def check(self, conversation: str, token: str | None) -> Opened:
        """The conversation of this token. Raises `UnknownConversation`, `NotAllowed` or `ConversationClosed`."""
        row = self._row(conversation)
        if not token or not hmac.compare_digest(row.token_hash, token_hash(token)):
            raise NotAllowed("The token does not belong to this conversation.", code="auth.wrong_token", status=403)
        if row.status == "closed":
            raise ConversationClosed("This conversation has ended.")
        return _opened(row)

    def load(self, conversation: str) -> Opened:
        """The conversation. Raises `UnknownConversation`."""
        return _opened(self._row(conversation))

    def _row(self, conversation: str) -> ConversationRow:
        row = None
        if CONVERSATION_ID.fullmatch(conversation):
            with self._database.read() as session:
                row = session.get(ConversationRow, conversation)
        if row is None:
            raise UnknownConversation("There is no such conversation.")
        return row

    def answered(self, conversation: str, message_id: str) -> Reply | None:
        """The reply to a message that was answered before."""
        with self._database.read() as session:
            row = session.get(TurnRow, (conversation, message_id))
        return Reply.from_json(row.response) if row is not None and row.response is not None else None

    def commit(
        self,
        conversation: str,
        message_id: str,
        patient_text: str | None,
        reply: Reply,
        memory: Memory | None,
    ) -> Reply:
        """Store a whole turn in one transaction: what was said, what was answered, what to remember.

        `patient_text` carries tokens; None where the assistant speaks unasked. Without a `memory` what
        is remembered, and when the patient was last heard, stay as they are. Returns the reply with its turn number.
        A message id that another process stored meanwhile keeps that reply; a conversation that was wiped meanwhile
        stores nothing.
        """
        now = self._clock.now()
        with self._database.write() as session:
            row = self._locked(session, conversation)
            if row is None or row.status == "closed":
                return reply
            stored = session.get(TurnRow, (conversation, message_id))
            if stored is not None and stored.response is not None:
                return Reply.from_json(stored.response)
            last = session.scalar(select(func.max(TurnRow.number)).where(TurnRow.conversation == conversation))
            reply = replace(reply, turn=int(last or 0) + 1)
            session.add(
                TurnRow(
                    conversation=conversation,
                    message_id=message_id,
                    number=reply.turn,
                    state="answered",
                    response=reply.to_json(),
                    at=now,
                )
            )
            heard = [] if patient_text is None else [("patient", patient_text)]
            lines = [*heard, *(("assistant", message.text) for message in reply.messages)]
            for part, (role, text) in enumerate(lines):
                session.add(_line(conversation, reply.turn, message_id, role, part, text, now))
            if memory is not None:
                row.state, row.language, row.last_seen = dict(vars(memory)), reply.language, now
        return reply

    def remember(self, conversation: str, memory: Memory) -> None:
        """Store what a conversation remembers, outside a turn."""
        with self._database.write() as session:
            row = session.get(ConversationRow, conversation)
            if row is not None and row.status != "closed":
                row.state = dict(vars(memory))

    def set_status(self, conversation: str, status: str, actor: str = "system") -> None:
        """bot, waiting or human; a closed conversation stays closed."""
        with self._database.write() as session:
            row = self._locked(session, conversation)
            if row is not None and row.status != "closed":
                self._move(session, row, status, actor)

    def ask_for_staff(self, conversation: str) -> str:
        """The patient waits for a human now, unless one is there already; the status afterwards."""
        with self._database.write() as session:
            row = self._locked(session, conversation)
            if row is not None and row.status == "bot":
                self._move(session, row, "waiting", "patient")
            return row.status if row is not None else "closed"

    def _locked(self, session: Session, conversation: str) -> ConversationRow | None:
        self._database.lock(session, f"conversation:{conversation}")
        return session.get(ConversationRow, conversation)

    def _move(self, session: Session, row: ConversationRow, status: str, actor: str) -> None:
        if row.status == status:
            return
        before, after = {"status": row.status}, {"status": status}
        row.status = status
        subject = f"conversation:{row.id}"
        audit.append(session, actor, "conversation.status", subject, before, after, at=self._clock.now())

    def add_staff_line(self, conversation: str, message_id: str, message: Message, actor: str = "staff") -> int:
        """A line a member of staff wrote, with tokens for personal values; its line id.

        Raises `UnknownConversation`, `ConversationClosed` when the patient has left, or IntegrityError for a message id
        that was stored before.
        """
        now = self._clock.now()
        with self._database.write() as session:
            row = self._locked(session, conversation)
            if row is None:
                raise UnknownConversation("There is no such conversation.")
            if row.status == "closed":
                raise ConversationClosed("The patient has left.")
            number = session.scalar(select(func.max(MessageRow.turn)).where(MessageRow.conversation == conversation))
            line = _line(conversation, int(number or 0), message_id, "staff", 0, message.text, now)
            line.payload = message.to_json()
            session.add(line)
            session.flush()
            audit.append(session, actor, "conversation.staff_line", f"conversation:{conversation}", at=now)
            return line.id

    def staff_lines(self, conversation: str, after: int = 0) -> list[tuple[int, Message]]:
        """What staff wrote after a line id, as it is shown to the patient: values in the place of tokens."""
        with self._database.read() as session:
            rows = session.scalars(
                select(MessageRow)
                .where(MessageRow.conversation == conversation, MessageRow.id > after, MessageRow.role == "staff")
                .order_by(MessageRow.id)
            ).all()
        lines = []
        for row in rows:
            written = Message.from_json(row.payload) if row.payload else Message(row.text, row.text, sender="staff")
            text, speech = (self._vault.reveal_all(conversation, part) for part in (written.text, written.speech))
            lines.append((row.id, replace(written, text=text, speech=speech)))
        return lines

    def transcript(self, conversation: str, after: int = 0) -> Sequence[Line]:
        """Lines after a line id, oldest first; personal data as tokens."""
        with self._database.read() as session:
            rows = session.scalars(
                select(MessageRow)
                .where(MessageRow.conversation == conversation, MessageRow.id > after)
                .order_by(MessageRow.id)
            ).all()
        return [Line(row.id, row.role, row.text, row.at) for row in rows]


def token_hash(token: str) -> str:
    """What is kept of a bearer token."""
    return hashlib.sha256(token.encode()).hexdigest()


def _opened(row: ConversationRow) -> Opened:
    known = {key: value for key, value in (row.state or {}).items() if key in Memory.__dataclass_fields__}
    return Opened(row.id, row.channel, row.language, row.kiosk, row.status, Memory(**known))


def _line(conversation: str, turn: int, message_id: str, role: str, part: int, text: str, now: datetime) -> MessageRow:
    return MessageRow(
        conversation=conversation,
        turn=turn,
        message_id=message_id,
        role=role,
        part=part,
        text=text,
        payload=None,
        at=now,
    )
