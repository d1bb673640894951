"""The audit chain: every write leaves a link in the same transaction, and a changed or missing link shows.

Each link holds the SHA-256 of its own fields and of the link before. `audit_head` holds the end of the chain and is
locked while links are added, so concurrent writers on either database form one chain. Links are added at the very
end of a transaction (`seal`, called by `Database.write`), so that no writer waits for a row while it holds the head.

The chain proves that rows were not altered by someone who cannot rewrite it whole; an operator who wants more
stores `AuditReport.head` somewhere else.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from actions.records.tables import AuditHeadRow, AuditRow

if TYPE_CHECKING:
    from actions.records.database import Database

PENDING = "yidao.audit"
"""Where a session of `Database.write` collects its entries until it commits."""
GENESIS = "0" * 64
"""The hash before the first link."""
_PAGE = 1000


@dataclass(frozen=True)
class AuditEntry:
    """One thing that was done."""

    at: datetime
    """When, aware."""
    actor: str
    """Who: `patient`, `staff:<name>`, `job:<name>`, `system`."""
    action: str
    """What, for instance `appointment.book`."""
    subject: str
    """To which record, for instance `appointment:<id>`; an id, never a personal value."""
    before_hash: str
    """Hash of the record before; empty where there was none."""
    after_hash: str
    """Hash of the record after; empty where there is none."""


@dataclass(frozen=True)
class AuditReport:
    """What a walk along the chain found."""

    length: int
    """Links seen."""
    head: str
    """Hash of the last link."""
    broken_at: int | None
    """Number of the first link that does not fit; None when all do."""
    reason: str
    """Why it does not fit; empty when all do."""

    @property
    def ok(self) -> bool:
        """Whether nothing was changed, removed or added."""
        return self.broken_at is None


def append(
    session: Session,
    actor: str,
    action: str,
    subject: str,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
    *,
    at: datetime | None = None,
) -> None:
    """Add a link in the transaction of `session`, which must come from `Database.write`.

    `before` and `after` are hashed, not stored. A short personal value could be guessed from its hash: give ids.
    `at` is the moment by the hospital's clock; the machine's clock where it is not given.
    """
    if PENDING not in session.info:
        raise RuntimeError("an audit entry needs a session of Database.write()")
    moment = (at or datetime.now(UTC)).astimezone(UTC)
    session.info[PENDING].append(AuditEntry(moment, actor, action, subject, digest(before), digest(after)))


def seal(session: Session) -> None:
    """Write the collected entries as the next links of the chain; the last thing before the commit."""
    entries: list[AuditEntry] = session.info[PENDING]
    if not entries:
        return
    head = session.execute(select(AuditHeadRow).where(AuditHeadRow.id == 1).with_for_update()).scalar_one()
    seq, previous = head.seq, head.hash
    for entry in entries:
        seq += 1
        link = chain_hash(seq, entry, previous)
        session.execute(insert(AuditRow).values(seq=seq, prev_hash=previous, hash=link, **vars(entry)))
        previous = link
    session.execute(update(AuditHeadRow).where(AuditHeadRow.id == 1).values(seq=seq, hash=previous))
    entries.clear()


def digest(record: Mapping[str, Any] | None) -> str:
    """SHA-256 of a record in canonical JSON; empty for none."""
    if record is None:
        return ""
    text = json.dumps(record, sort_keys=True, ensure_ascii=False, separators=(",", ":"), default=str)
    return hashlib.sha256(text.encode()).hexdigest()


def chain_hash(seq: int, entry: AuditEntry, previous: str) -> str:
    """The hash of a link over its number, its fields and the hash before."""
    at = entry.at.astimezone(UTC).isoformat(timespec="microseconds")
    fields = [seq, at, entry.actor, entry.action, entry.subject, entry.before_hash, entry.after_hash, previous]
    return hashlib.sha256(json.dumps(fields, ensure_ascii=False).encode()).hexdigest()


def verify(database: "Database") -> AuditReport:
    """Walk the whole chain and say where it first breaks, if anywhere."""
    seq, previous = 0, GENESIS
    with database.read() as session:
        rows = session.scalars(select(AuditRow).order_by(AuditRow.seq).execution_options(yield_per=_PAGE))
        for row in rows:
            fault = _fault(row, seq + 1, previous)
            if fault:
                return AuditReport(seq, previous, seq + 1, fault)
            seq, previous = row.seq, row.hash
        head = session.get(AuditHeadRow, 1)
    if head is None or (head.seq, head.hash) != (seq, previous):
        return AuditReport(seq, previous, seq + 1, "the chain does not end where it should")
    return AuditReport(seq, previous, None, "")


def _fault(row: AuditRow, seq: int, previous: str) -> str:
    if row.seq != seq:
        return "a link is missing"
    if row.prev_hash != previous:
        return "a link does not follow the one before"
    entry = AuditEntry(row.at, row.actor, row.action, row.subject, row.before_hash, row.after_hash)
    return "" if row.hash == chain_hash(seq, entry, previous) else "a link was changed"
