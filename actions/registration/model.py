"""The shapes of registration: what is asked, offered, held, booked. Language-neutral: ids, ISO dates, minor units."""

from dataclasses import dataclass
from datetime import date, datetime, time


@dataclass(frozen=True)
class SlotQuery:
    """What a patient wants; None means open."""

    department: str | None = None
    """Id of the department."""
    doctor: str | None = None
    """Id of the doctor."""
    kind: str | None = None
    """Registration kind, as in fees.yml (普通, 专家, 特需, 专病 …)."""
    day_from: date | None = None
    """First day that suits."""
    day_to: date | None = None
    """Last day that suits."""
    half_day: str | None = None
    """`morning`, `afternoon` or `evening`."""
    from_time: time | None = None
    """Earliest start that suits."""
    to_time: time | None = None
    """The visit must start before this."""


@dataclass(frozen=True)
class SlotOffer:
    """A slot a patient may take."""

    slot_id: str
    department: str
    doctor: str
    kind: str
    day: date
    half_day: str
    start: time
    end: time
    room: str
    fee_minor: int
    """Registration fee in fen; shown, not taken."""
    free: int
    """Places left when it was looked up."""


@dataclass(frozen=True)
class Hold:
    """A place kept for a conversation."""

    id: str
    offer: SlotOffer
    conversation: str
    expires_at: datetime
    """Aware, in the hospital's zone."""


@dataclass(frozen=True)
class Appointment:
    """A booked place, as the patient may see it."""

    id: str
    number: str
    """Short, to read out: `A3827`."""
    status: str
    """`booked`, `cancelled` or `changed`."""
    offer: SlotOffer
    patient_name: str
    """Masked: 张*芳."""
    created: datetime
    """Aware, in the hospital's zone."""


@dataclass(frozen=True)
class Identity:
    """Who the appointment is for, in clear; lives only while a request is served."""

    name: str
    """Full name; may be empty for a look-up by number."""
    id_number: str | None = None
    """Resident identity card or passport."""
    phone: str | None = None

    def __repr__(self) -> str:
        """Nothing of the person, so no log or traceback shows it."""
        return "Identity(…)"
