"""The tables of the hospital's records (SQLAlchemy 2, SQLite and PostgreSQL).

Times are stored in UTC and come back aware. Days and clock times of slots are the hospital's own calendar. What
identifies a person is stored sealed (`*_sealed`) and found by keyed hash (`*_hash`); see `actions/records/cipher.py`.
"""

from datetime import UTC, date, datetime, time
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    CheckConstraint,
    DateTime,
    Dialect,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Text,
    TypeDecorator,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

Key = BigInteger().with_variant(Integer(), "sqlite")
"""A row number the database gives; SQLite counts only plain INTEGER by itself."""


class UtcDateTime(TypeDecorator[datetime]):
    """An aware moment, stored in UTC by both databases. Refuses a moment without a zone."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Aware → UTC."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a stored moment needs a time zone")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """UTC → aware (SQLite gives it back without a zone)."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Base(DeclarativeBase):
    """Root of the tables; constraint names are fixed so that migrations can name them on both databases."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {datetime: UtcDateTime, dict[str, Any]: JSON, list[Any]: JSON}  # noqa: RUF012 (SQLAlchemy's)


class PatientRow(Base):
    """A person who is treated; several may share one phone (a mother, her child, her father)."""

    __tablename__ = "patients"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    name_sealed: Mapped[str] = mapped_column(Text)
    name_hash: Mapped[str] = mapped_column(String(64), index=True)
    created: Mapped[datetime]


class IdentityRow(Base):
    """A number a person is found by. All kinds but `phone` belong to one person only."""

    __tablename__ = "identities"
    __table_args__ = (
        UniqueConstraint("patient", "kind", "value_hash"),
        Index(
            "uq_identities_one_owner",
            "kind",
            "value_hash",
            unique=True,
            sqlite_where=text("kind <> 'phone'"),
            postgresql_where=text("kind <> 'phone'"),
        ),
        Index("ix_identities_lookup", "kind", "value_hash"),
        CheckConstraint("kind IN ('id_card', 'passport', 'phone', 'medical_record')", name="kind"),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True, autoincrement=True)
    patient: Mapped[str] = mapped_column(ForeignKey("patients.id"))
    kind: Mapped[str] = mapped_column(String(16))
    value_sealed: Mapped[str] = mapped_column(Text)
    value_hash: Mapped[str] = mapped_column(String(64))
    created: Mapped[datetime]


class SlotRow(Base):
    """A period of at most half an hour with `capacity` places; `taken` counts holds and bookings."""

    __tablename__ = "slots"
    __table_args__ = (
        UniqueConstraint("doctor", "day", "start"),
        CheckConstraint("taken >= 0 AND taken <= capacity", name="never_overbooked"),
        Index("ix_slots_department_day_start", "department", "day", "start"),
        Index("ix_slots_day_start", "day", "start"),
    )

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    doctor: Mapped[str] = mapped_column(String(32))
    department: Mapped[str] = mapped_column(String(32))
    kind: Mapped[str] = mapped_column(String(16))
    day: Mapped[date]
    half_day: Mapped[str] = mapped_column(String(16))
    start: Mapped[time]
    end: Mapped[time]
    room: Mapped[str] = mapped_column(String(32))
    capacity: Mapped[int]
    taken: Mapped[int] = mapped_column(default=0)
    version: Mapped[int] = mapped_column(default=0)


class HoldRow(Base):
    """One place of a slot kept for a conversation until it expires or becomes an appointment."""

    __tablename__ = "holds"
    __table_args__ = (
        CheckConstraint("state IN ('held', 'booked', 'released', 'expired')", name="state"),
        Index("ix_holds_state_expires", "state", "expires"),
        Index(
            "uq_holds_one_open",
            "conversation",
            unique=True,
            sqlite_where=text("state = 'held'"),
            postgresql_where=text("state = 'held'"),
        ),
    )

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    slot: Mapped[str] = mapped_column(ForeignKey("slots.id"), index=True)
    conversation: Mapped[str] = mapped_column(String(64))
    created: Mapped[datetime]
    expires: Mapped[datetime]
    state: Mapped[str] = mapped_column(String(16))


class AppointmentRow(Base):
    """A place in a slot that belongs to a patient. The hold is its idempotency key.

    `exclusive` is `patient:department:day` while booked and the policy allows one such booking, else NULL.
    A changed appointment stays with status `changed`; the new one names it in `replaces`.
    """

    __tablename__ = "appointments"
    __table_args__ = (
        CheckConstraint("status IN ('booked', 'cancelled', 'changed')", name="status"),
        Index("ix_appointments_patient_status", "patient", "status"),
    )

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    number: Mapped[str] = mapped_column(String(16), unique=True)
    patient: Mapped[str] = mapped_column(ForeignKey("patients.id"))
    slot: Mapped[str] = mapped_column(ForeignKey("slots.id"), index=True)
    hold: Mapped[str] = mapped_column(ForeignKey("holds.id"), unique=True)
    status: Mapped[str] = mapped_column(String(16))
    exclusive: Mapped[str | None] = mapped_column(String(96), unique=True)
    replaces: Mapped[str | None] = mapped_column(ForeignKey("appointments.id"), unique=True)
    conversation: Mapped[str] = mapped_column(String(64), index=True)
    channel: Mapped[str] = mapped_column(String(16))
    created: Mapped[datetime]
    changed: Mapped[datetime]


class VaultRow(Base):
    """A personal value said in a conversation, and the token that stands for it everywhere else."""

    __tablename__ = "vault_tokens"
    __table_args__ = (UniqueConstraint("conversation", "kind", "value_hash"),)

    conversation: Mapped[str] = mapped_column(String(64), primary_key=True)
    token: Mapped[str] = mapped_column(String(32), primary_key=True)
    kind: Mapped[str] = mapped_column(String(16))
    value_sealed: Mapped[str] = mapped_column(Text)
    value_hash: Mapped[str] = mapped_column(String(64))
    created: Mapped[datetime]


class ConversationRow(Base):
    """One patient's talk on one channel. `state` is what the front door must remember between turns."""

    __tablename__ = "conversations"
    __table_args__ = (CheckConstraint("status IN ('bot', 'waiting', 'human', 'closed')", name="status"),)

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    token_hash: Mapped[str] = mapped_column(String(128))
    channel: Mapped[str] = mapped_column(String(16))
    language: Mapped[str] = mapped_column(String(8))
    kiosk: Mapped[str | None] = mapped_column(String(64))
    status: Mapped[str] = mapped_column(String(16), default="bot", index=True)
    created: Mapped[datetime]
    last_seen: Mapped[datetime]
    state: Mapped[dict[str, Any]] = mapped_column(default=dict)


class MessageRow(Base):
    """One line of a transcript, with tokens in place of personal values. `part` counts replies to one message."""

    __tablename__ = "messages"
    __table_args__ = (
        UniqueConstraint("conversation", "message_id", "role", "part"),
        Index("ix_messages_conversation_id", "conversation", "id"),
        CheckConstraint("role IN ('patient', 'assistant', 'staff', 'system')", name="role"),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True, autoincrement=True)
    conversation: Mapped[str] = mapped_column(ForeignKey("conversations.id", ondelete="CASCADE"))
    turn: Mapped[int]
    message_id: Mapped[str] = mapped_column(String(128))
    role: Mapped[str] = mapped_column(String(16))
    part: Mapped[int] = mapped_column(default=0)
    text: Mapped[str] = mapped_column(Text)
    payload: Mapped[dict[str, Any] | None]
    at: Mapped[datetime]


class TurnRow(Base):
    """A turn that was accepted, and its answer once there is one: a repeated message id gets the same answer."""

    __tablename__ = "turns"
    __table_args__ = (
        UniqueConstraint("conversation", "number"),
        CheckConstraint("state IN ('accepted', 'answered')", name="state"),
    )

    conversation: Mapped[str] = mapped_column(ForeignKey("conversations.id", ondelete="CASCADE"), primary_key=True)
    message_id: Mapped[str] = mapped_column(String(128), primary_key=True)
    number: Mapped[int]
    state: Mapped[str] = mapped_column(String(16))
    response: Mapped[dict[str, Any] | None]
    at: Mapped[datetime]


class TicketRow(Base):
    """A patient who waits for a human. It outlives the conversation, so it carries what staff need in `summary`."""

    __tablename__ = "tickets"
    __table_args__ = (
        CheckConstraint("status IN ('open', 'claimed', 'closed')", name="status"),
        CheckConstraint("priority IN ('normal', 'red')", name="priority"),
        Index("ix_tickets_status_priority_created", "status", "priority", "created"),
    )

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    number: Mapped[str] = mapped_column(String(16), unique=True)
    conversation: Mapped[str] = mapped_column(String(64), index=True)
    reason: Mapped[str] = mapped_column(String(64))
    summary: Mapped[dict[str, Any]] = mapped_column(default=dict)
    status: Mapped[str] = mapped_column(String(16), default="open")
    priority: Mapped[str] = mapped_column(String(16), default="normal")
    kiosk: Mapped[str | None] = mapped_column(String(64))
    claimed_by: Mapped[str | None] = mapped_column(ForeignKey("users.name"))
    created: Mapped[datetime]
    updated: Mapped[datetime]


class UserRow(Base):
    """A member of staff who may sign in to the console."""

    __tablename__ = "users"

    name: Mapped[str] = mapped_column(String(64), primary_key=True)
    password_hash: Mapped[str] = mapped_column(String(256))
    role: Mapped[str] = mapped_column(String(32))
    active: Mapped[bool] = mapped_column(default=True)
    created: Mapped[datetime]
    failed_logins: Mapped[int] = mapped_column(default=0)
    locked_until: Mapped[datetime | None]


class ConsentRow(Base):
    """What a patient agreed to, in which version of the notice, when and where; one row each time."""

    __tablename__ = "consents"

    id: Mapped[int] = mapped_column(Key, primary_key=True, autoincrement=True)
    conversation: Mapped[str | None] = mapped_column(String(64), index=True)
    patient: Mapped[str | None] = mapped_column(ForeignKey("patients.id"), index=True)
    purpose: Mapped[str] = mapped_column(String(64))
    version: Mapped[str] = mapped_column(String(32))
    at: Mapped[datetime]
    channel: Mapped[str] = mapped_column(String(16))


class OutboxRow(Base):
    """A message to deliver once: `key` is unique, so whoever writes it twice sends it once."""

    __tablename__ = "outbox"
    __table_args__ = (
        CheckConstraint("state IN ('waiting', 'sent', 'failed')", name="state"),
        Index("ix_outbox_state_due", "state", "due"),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True, autoincrement=True)
    key: Mapped[str] = mapped_column(String(128), unique=True)
    kind: Mapped[str] = mapped_column(String(32))
    target: Mapped[str] = mapped_column(String(64))
    payload: Mapped[dict[str, Any]] = mapped_column(default=dict)
    due: Mapped[datetime]
    state: Mapped[str] = mapped_column(String(16), default="waiting")
    attempts: Mapped[int] = mapped_column(default=0)
    created: Mapped[datetime]
    sent: Mapped[datetime | None]


class CounterRow(Base):
    """The last value given out for a kind of number, for instance appointment numbers."""

    __tablename__ = "counters"

    name: Mapped[str] = mapped_column(String(32), primary_key=True)
    value: Mapped[int] = mapped_column(BigInteger, default=0)


class AuditRow(Base):
    """One link of the audit chain: who did what to which record, with hashes of the record before and after."""

    __tablename__ = "audit"
    __table_args__ = (Index("ix_audit_subject", "subject"),)

    seq: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    at: Mapped[datetime]
    actor: Mapped[str] = mapped_column(String(128))
    action: Mapped[str] = mapped_column(String(64))
    subject: Mapped[str] = mapped_column(String(128))
    before_hash: Mapped[str] = mapped_column(String(64))
    after_hash: Mapped[str] = mapped_column(String(64))
    prev_hash: Mapped[str] = mapped_column(String(64))
    hash: Mapped[str] = mapped_column(String(64))


class AuditHeadRow(Base):
    """The end of the chain: locked by whoever appends, so links never fork; also shows a chain that was cut short."""

    __tablename__ = "audit_head"
    __table_args__ = (CheckConstraint("id = 1", name="single"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    seq: Mapped[int] = mapped_column(BigInteger)
    hash: Mapped[str] = mapped_column(String(64))
