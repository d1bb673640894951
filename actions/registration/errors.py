"""What can go wrong at registration, as a tree.

RegistrationError                   registration.error
├── InvalidIdentity                 registration.identity             a number that cannot be right
│   ├── InvalidIdCard               registration.id_card              `.fault`: format, date, checksum
│   ├── InvalidPhone                registration.phone
│   └── InvalidPassport             registration.passport
├── IdentityIncomplete              registration.identity_incomplete  neither a number, nor name and phone
├── IdentityMismatch                registration.identity_mismatch    the number belongs to another name
├── SlotUnknown                     registration.slot_unknown
├── SlotTaken                       registration.slot_taken           `.offers`: the next best
│   └── SlotPast                    registration.slot_past            it has begun, or is beyond the horizon
├── HoldUnknown                     registration.hold_unknown
├── HoldExpired                     registration.hold_expired         it was given up or ran out
├── AlreadyBooked                   registration.already_booked       `.existing`: same person, department, day
├── TooMany                         registration.too_many             `.existing`: the person's active ones
├── AppointmentUnknown              registration.appointment_unknown
├── AppointmentClosed               registration.appointment_closed   cancelled or changed before
└── TooLate                         registration.too_late             `.deadline` has passed
"""

from datetime import datetime

from actions.errors import YidaoError
from actions.registration.model import Appointment, SlotOffer


class RegistrationError(YidaoError):
    """Registration could not do what was asked."""

    code = "registration.error"


class InvalidIdentity(RegistrationError):
    """A number that cannot be right. `fault` is a stable word: `format`, `date`, `checksum`."""

    code = "registration.identity"

    def __init__(self, sentence: str = "", fault: str = "format") -> None:
        super().__init__(sentence)
        self.fault = fault


class InvalidIdCard(InvalidIdentity):
    """Not a resident identity card number."""

    code = "registration.id_card"


class InvalidPhone(InvalidIdentity):
    """Not a phone number of mainland China."""

    code = "registration.phone"


class InvalidPassport(InvalidIdentity):
    """Not a passport number."""

    code = "registration.passport"


class IdentityIncomplete(RegistrationError):
    """A person is known by an identity number, or by name and phone together."""

    code = "registration.identity_incomplete"


class IdentityMismatch(RegistrationError):
    """The identity number is on record under another name."""

    code = "registration.identity_mismatch"


class SlotUnknown(RegistrationError):
    """There is no such slot."""

    code = "registration.slot_unknown"


class SlotTaken(RegistrationError):
    """The slot is full. `offers` are the next best."""

    code = "registration.slot_taken"

    def __init__(self, sentence: str = "", offers: tuple[SlotOffer, ...] = ()) -> None:
        super().__init__(sentence)
        self.offers = offers


class SlotPast(SlotTaken):
    """The slot has begun, or is not open yet. `offers` are the next best."""

    code = "registration.slot_past"


class HoldUnknown(RegistrationError):
    """There is no such hold."""

    code = "registration.hold_unknown"


class HoldExpired(RegistrationError):
    """The hold ran out or was given up."""

    code = "registration.hold_expired"


class AlreadyBooked(RegistrationError):
    """The person has an appointment in this department on this day: `existing`."""

    code = "registration.already_booked"

    def __init__(self, sentence: str, existing: Appointment) -> None:
        super().__init__(sentence)
        self.existing = existing


class TooMany(RegistrationError):
    """The person has as many active appointments as the policy allows: `existing`."""

    code = "registration.too_many"

    def __init__(self, sentence: str, existing: tuple[Appointment, ...]) -> None:
        super().__init__(sentence)
        self.existing = existing


class AppointmentUnknown(RegistrationError):
    """There is no such appointment."""

    code = "registration.appointment_unknown"


class AppointmentClosed(RegistrationError):
    """The appointment was cancelled or changed before."""

    code = "registration.appointment_closed"


class TooLate(RegistrationError):
    """The deadline for a change or cancellation has passed."""

    code = "registration.too_late"

    def __init__(self, sentence: str, deadline: datetime, hours: float) -> None:
        super().__init__(sentence)
        self.deadline = deadline
        self.hours = hours
        """The rule: how long before the visit the deadline lies."""
