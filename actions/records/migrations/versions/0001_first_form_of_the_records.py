"""First form of the records."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
AUDIT_HEAD = sa.table(
    "audit_head", sa.column("id", sa.Integer), sa.column("seq", sa.BigInteger), sa.column("hash", sa.String)
)
COUNTERS = sa.table("counters", sa.column("name", sa.String), sa.column("value", sa.BigInteger))


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "audit",
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("actor", sa.String(length=128), nullable=False),
        sa.Column("action", sa.String(length=64), nullable=False),
        sa.Column("subject", sa.String(length=128), nullable=False),
        sa.Column("before_hash", sa.String(length=64), nullable=False),
        sa.Column("after_hash", sa.String(length=64), nullable=False),
        sa.Column("prev_hash", sa.String(length=64), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_audit")),
    )
    op.create_index("ix_audit_subject", "audit", ["subject"], unique=False)

    op.create_table(
        "audit_head",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_audit_head_single")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_head")),
    )
    op.create_table(
        "conversations",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("token_hash", sa.String(length=128), nullable=False),
        sa.Column("channel", sa.String(length=16), nullable=False),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("kiosk", sa.String(length=64), nullable=True),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("created", MOMENT, nullable=False),
        sa.Column("last_seen", MOMENT, nullable=False),
        sa.Column("state", sa.JSON(), nullable=False),
        sa.CheckConstraint("status IN ('bot', 'waiting', 'human', 'closed')", name=op.f("ck_conversations_status")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_conversations")),
    )
    op.create_index("ix_conversations_status", "conversations", ["status"], unique=False)

    op.create_table(
        "counters",
        sa.Column("name", sa.String(length=32), nullable=False),
        sa.Column("value", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_counters")),
    )
    op.create_table(
        "outbox",
        sa.Column("id", KEY, autoincrement=True, nullable=False),
        sa.Column("key", sa.String(length=128), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("target", sa.String(length=64), nullable=False),
        sa.Column("payload", sa.JSON(), nullable=False),
        sa.Column("due", MOMENT, nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("created", MOMENT, nullable=False),
        sa.Column("sent", MOMENT, nullable=True),
        sa.CheckConstraint("state IN ('waiting', 'sent', 'failed')", name=op.f("ck_outbox_state")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox")),
        sa.UniqueConstraint("key", name=op.f("uq_outbox_key")),
    )
    op.create_index("ix_outbox_state_due", "outbox", ["state", "due"], unique=False)

    op.create_table(
        "patients",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("name_sealed", sa.Text(), nullable=False),
        sa.Column("name_hash", sa.String(length=64), nullable=False),
        sa.Column("created", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_patients")),
    )
    op.create_index("ix_patients_name_hash", "patients", ["name_hash"], unique=False)

    op.create_table(
        "slots",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("doctor", sa.String(length=32), nullable=False),
        sa.Column("department", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("half_day", sa.String(length=16), nullable=False),
        sa.Column("start", sa.Time(), nullable=False),
        sa.Column("end", sa.Time(), nullable=False),
        sa.Column("room", sa.String(length=32), nullable=False),
        sa.Column("capacity", sa.Integer(), nullable=False),
        sa.Column("taken", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("taken >= 0 AND taken <= capacity", name=op.f("ck_slots_never_overbooked")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_slots")),
        sa.UniqueConstraint("doctor", "day", "start", name=op.f("uq_slots_doctor_day_start")),
    )
    op.create_index("ix_slots_day_start", "slots", ["day", "start"], unique=False)
    op.create_index("ix_slots_department_day_start", "slots", ["department", "day", "start"], unique=False)

    op.create_table(
        "users",
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("password_hash", sa.String(length=256), nullable=False),
        sa.Column("role", sa.String(length=32), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("created", MOMENT, nullable=False),
        sa.Column("failed_logins", sa.Integer(), nullable=False),
        sa.Column("locked_until", MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_users")),
    )
    op.create_table(
        "vault_tokens",
        sa.Column("conversation", sa.String(length=64), nullable=False),
        sa.Column("token", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("value_sealed", sa.Text(), nullable=False),
        sa.Column("value_hash", sa.String(length=64), nullable=False),
        sa.Column("created", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("conversation", "token", name=op.f("pk_vault_tokens")),
        sa.UniqueConstraint(
            "conversation", "kind", "value_hash", name=op.f("uq_vault_tokens_conversation_kind_value_hash")
        ),
    )
    op.create_table(
        "consents",
        sa.Column("id", KEY, autoincrement=True, nullable=False),
        sa.Column("conversation", sa.String(length=64), nullable=True),
        sa.Column("patient", sa.String(length=32), nullable=True),
        sa.Column("purpose", sa.String(length=64), nullable=False),
        sa.Column("version", sa.String(length=32), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("channel", sa.String(length=16), nullable=False),
        sa.ForeignKeyConstraint(["patient"], ["patients.id"], name=op.f("fk_consents_patient")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consents")),
    )
    op.create_index("ix_consents_conversation", "consents", ["conversation"], unique=False)
    op.create_index("ix_consents_patient", "consents", ["patient"], unique=False)

    op.create_table(
        "holds",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("slot", sa.String(length=64), nullable=False),
        sa.Column("conversation", sa.String(length=64), nullable=False),
        sa.Column("created", MOMENT, nullable=False),
        sa.Column("expires", MOMENT, nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.CheckConstraint("state IN ('held', 'booked', 'released', 'expired')", name=op.f("ck_holds_state")),
        sa.ForeignKeyConstraint(["slot"], ["slots.id"], name=op.f("fk_holds_slot")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_holds")),
    )
    op.create_index("ix_holds_slot", "holds", ["slot"], unique=False)
    op.create_index("ix_holds_state_expires", "holds", ["state", "expires"], unique=False)
    op.create_index(
        "uq_holds_one_open",
        "holds",
        ["conversation"],
        unique=True,
        sqlite_where=sa.text("state = 'held'"),
        postgresql_where=sa.text("state = 'held'"),
    )

    op.create_table(
        "identities",
        sa.Column("id", KEY, autoincrement=True, nullable=False),
        sa.Column("patient", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("value_sealed", sa.Text(), nullable=False),
        sa.Column("value_hash", sa.String(length=64), nullable=False),
        sa.Column("created", MOMENT, nullable=False),
        sa.CheckConstraint(
            "kind IN ('id_card', 'passport', 'phone', 'medical_record')", name=op.f("ck_identities_kind")
        ),
        sa.ForeignKeyConstraint(["patient"], ["patients.id"], name=op.f("fk_identities_patient")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_identities")),
        sa.UniqueConstraint("patient", "kind", "value_hash", name=op.f("uq_identities_patient_kind_value_hash")),
    )
    op.create_index("ix_identities_lookup", "identities", ["kind", "value_hash"], unique=False)
    op.create_index(
        "uq_identities_one_owner",
        "identities",
        ["kind", "value_hash"],
        unique=True,
        sqlite_where=sa.text("kind <> 'phone'"),
        postgresql_where=sa.text("kind <> 'phone'"),
    )

    op.create_table(
        "messages",
        sa.Column("id", KEY, autoincrement=True, nullable=False),
        sa.Column("conversation", sa.String(length=64), nullable=False),
        sa.Column("turn", sa.Integer(), nullable=False),
        sa.Column("message_id", sa.String(length=128), nullable=False),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("part", sa.Integer(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("payload", sa.JSON(), nullable=True),
        sa.Column("at", MOMENT, nullable=False),
        sa.CheckConstraint("role IN ('patient', 'assistant', 'staff', 'system')", name=op.f("ck_messages_role")),
        sa.ForeignKeyConstraint(
            ["conversation"], ["conversations.id"], name=op.f("fk_messages_conversation"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_messages")),
        sa.UniqueConstraint(
            "conversation", "message_id", "role", "part", name=op.f("uq_messages_conversation_message_id_role_part")
        ),
    )
    op.create_index("ix_messages_conversation_id", "messages", ["conversation", "id"], unique=False)

    op.create_table(
        "tickets",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("number", sa.String(length=16), nullable=False),
        sa.Column("conversation", sa.String(length=64), nullable=False),
        sa.Column("reason", sa.String(length=64), nullable=False),
        sa.Column("summary", sa.JSON(), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("priority", sa.String(length=16), nullable=False),
        sa.Column("kiosk", sa.String(length=64), nullable=True),
        sa.Column("claimed_by", sa.String(length=64), nullable=True),
        sa.Column("created", MOMENT, nullable=False),
        sa.Column("updated", MOMENT, nullable=False),
        sa.CheckConstraint("priority IN ('normal', 'red')", name=op.f("ck_tickets_priority")),
        sa.CheckConstraint("status IN ('open', 'claimed', 'closed')", name=op.f("ck_tickets_status")),
        sa.ForeignKeyConstraint(["claimed_by"], ["users.name"], name=op.f("fk_tickets_claimed_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tickets")),
        sa.UniqueConstraint("number", name=op.f("uq_tickets_number")),
    )
    op.create_index("ix_tickets_conversation", "tickets", ["conversation"], unique=False)
    op.create_index("ix_tickets_status_priority_created", "tickets", ["status", "priority", "created"], unique=False)

    op.create_table(
        "turns",
        sa.Column("conversation", sa.String(length=64), nullable=False),
        sa.Column("message_id", sa.String(length=128), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("response", sa.JSON(), nullable=True),
        sa.Column("at", MOMENT, nullable=False),
        sa.CheckConstraint("state IN ('accepted', 'answered')", name=op.f("ck_turns_state")),
        sa.ForeignKeyConstraint(
            ["conversation"], ["conversations.id"], name=op.f("fk_turns_conversation"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("conversation", "message_id", name=op.f("pk_turns")),
        sa.UniqueConstraint("conversation", "number", name=op.f("uq_turns_conversation_number")),
    )
    op.create_table(
        "appointments",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("number", sa.String(length=16), nullable=False),
        sa.Column("patient", sa.String(length=32), nullable=False),
        sa.Column("slot", sa.String(length=64), nullable=False),
        sa.Column("hold", sa.String(length=32), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("exclusive", sa.String(length=96), nullable=True),
        sa.Column("replaces", sa.String(length=32), nullable=True),
        sa.Column("conversation", sa.String(length=64), nullable=False),
        sa.Column("channel", sa.String(length=16), nullable=False),
        sa.Column("created", MOMENT, nullable=False),
        sa.Column("changed", MOMENT, nullable=False),
        sa.CheckConstraint("status IN ('booked', 'cancelled', 'changed')", name=op.f("ck_appointments_status")),
        sa.ForeignKeyConstraint(["hold"], ["holds.id"], name=op.f("fk_appointments_hold")),
        sa.ForeignKeyConstraint(["patient"], ["patients.id"], name=op.f("fk_appointments_patient")),
        sa.ForeignKeyConstraint(["replaces"], ["appointments.id"], name=op.f("fk_appointments_replaces")),
        sa.ForeignKeyConstraint(["slot"], ["slots.id"], name=op.f("fk_appointments_slot")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_appointments")),
        sa.UniqueConstraint("exclusive", name=op.f("uq_appointments_exclusive")),
        sa.UniqueConstraint("hold", name=op.f("uq_appointments_hold")),
        sa.UniqueConstraint("number", name=op.f("uq_appointments_number")),
        sa.UniqueConstraint("replaces", name=op.f("uq_appointments_replaces")),
    )
    op.create_index("ix_appointments_conversation", "appointments", ["conversation"], unique=False)
    op.create_index("ix_appointments_patient_status", "appointments", ["patient", "status"], unique=False)
    op.create_index("ix_appointments_slot", "appointments", ["slot"], unique=False)
    op.bulk_insert(AUDIT_HEAD, [{"id": 1, "seq": 0, "hash": "0" * 64}])
    op.bulk_insert(COUNTERS, [{"name": "appointment", "value": 0}, {"name": "ticket", "value": 0}])


def downgrade() -> None:
    """Undo."""
    for name in (
        "appointments",
        "turns",
        "tickets",
        "messages",
        "identities",
        "holds",
        "consents",
        "vault_tokens",
        "users",
        "slots",
        "patients",
        "outbox",
        "counters",
        "conversations",
        "audit_head",
        "audit",
    ):
        op.drop_table(name)
