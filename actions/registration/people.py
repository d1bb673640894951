"""Who a booking is for: finds or adds the patient behind a name, a number and a phone. Values stay sealed."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from actions.records import audit
from actions.records.cipher import Cipher
from actions.records.tables import IdentityRow, PatientRow
from actions.registration.errors import IdentityIncomplete, IdentityMismatch
from actions.registration.identity import IdNumber, check_id_number, check_phone, normal_name
from actions.registration.model import Identity


@dataclass(frozen=True, repr=False)
class Person:
    """An identity that was checked, with what it is looked up by."""

    name: str
    name_hash: str
    """Empty where no name was given."""
    number: IdNumber | None
    number_hash: str
    phone: str | None
    phone_hash: str

    @property
    def lock_names(self) -> tuple[str, ...]:
        """Names to lock so that two requests for one person come one after the other."""
        names = [f"person:{self.number_hash}"] if self.number else []
        return (*names, f"person:{self.name_hash}:{self.phone_hash}") if self.phone and self.name_hash else (*names,)


class People:
    """The patients on record."""

    def __init__(self, cipher: Cipher, new_id: Callable[[], str]) -> None:
        self._cipher = cipher
        self._new_id = new_id

    def check(self, identity: Identity, now: datetime) -> Person:
        """The identity in normal form. Raises `InvalidIdentity`, or `IdentityIncomplete` when it finds nobody."""
        number = check_id_number(identity.id_number, now.date()) if identity.id_number else None
        phone = check_phone(identity.phone) if identity.phone else None
        name = " ".join(identity.name.split())
        if number is None and not (name and phone):
            raise IdentityIncomplete("An identity number is needed, or a name together with a phone number.")
        return Person(
            name,
            self._hash("name", normal_name(name)) if name else "",
            number,
            self._hash(number.kind, number.number) if number else "",
            phone,
            self._hash("phone", phone) if phone else "",
        )

    def find(self, session: Session, person: Person) -> list[str]:
        """Ids of the patients this person may be: one by number (if the name fits), or all with this name and phone."""
        if person.number:
            owner = self._owner(session, person)
            return [owner.id] if owner and person.name_hash in ("", owner.name_hash) else []
        return [patient.id for patient in self._by_phone(session, person)]

    def resolve(self, session: Session, person: Person, at: datetime) -> str:
        """Id of the patient, added when new; a phone not known yet is added, a number only where none is on record.

        Raises `IdentityMismatch` when the number is on record under another name, `IdentityIncomplete` without a name.
        """
        if not person.name:
            raise IdentityIncomplete("A name is needed to book.")
        patient = self._owner(session, person) if person.number else None
        if patient is not None and patient.name_hash != person.name_hash:
            raise IdentityMismatch("This number is on record under another name.")
        if patient is None and person.phone:
            patient = next(iter(self._by_phone(session, person)), None)
        if patient is None:
            patient = self._add(session, person, at)
        self._remember(session, patient.id, person, at)
        return patient.id

    def name(self, patient: PatientRow) -> str:
        """The patient's name in clear."""
        return self._cipher.decrypt(patient.name_sealed, f"patient:{patient.id}:name")

    def _owner(self, session: Session, person: Person) -> PatientRow | None:
        assert person.number is not None
        return session.scalar(
            select(PatientRow)
            .join(IdentityRow, IdentityRow.patient == PatientRow.id)
            .where(IdentityRow.kind == person.number.kind, IdentityRow.value_hash == person.number_hash)
        )

    def _by_phone(self, session: Session, person: Person) -> list[PatientRow]:
        statement = (
            select(PatientRow)
            .join(IdentityRow, IdentityRow.patient == PatientRow.id)
            .where(IdentityRow.kind == "phone", IdentityRow.value_hash == person.phone_hash)
            .where(PatientRow.name_hash == person.name_hash)
            .order_by(PatientRow.created, PatientRow.id)
        )
        if person.number:
            # Whoever has a document is found by it alone: a name and a phone, which others know, must not let a
            # stranger add a passport of their own to somebody's record.
            numbered = select(IdentityRow.patient).where(IdentityRow.kind != "phone")
            statement = statement.where(PatientRow.id.not_in(numbered))
        return list(session.scalars(statement))

    def _add(self, session: Session, person: Person, at: datetime) -> PatientRow:
        patient_id = self._new_id()
        sealed = self._cipher.encrypt(person.name, f"patient:{patient_id}:name")
        patient = PatientRow(id=patient_id, name_sealed=sealed, name_hash=person.name_hash, created=at)
        session.add(patient)
        session.flush()
        audit.append(session, "system", "patient.add", f"patient:{patient_id}", None, {"id": patient_id}, at=at)
        return patient

    def _remember(self, session: Session, patient_id: str, person: Person, at: datetime) -> None:
        values = [(person.number.kind, person.number.number, person.number_hash)] if person.number else []
        values += [("phone", person.phone, person.phone_hash)] if person.phone else []
        on_record = session.scalars(select(IdentityRow).where(IdentityRow.patient == patient_id))
        known = {(row.kind, row.value_hash) for row in on_record}
        for kind, value, value_hash in values:
            if (kind, value_hash) in known:
                continue
            sealed = self._cipher.encrypt(value, f"patient:{patient_id}:{kind}")
            session.add(
                IdentityRow(patient=patient_id, kind=kind, value_sealed=sealed, value_hash=value_hash, created=at)
            )
            audit.append(session, "system", "identity.add", f"patient:{patient_id}", None, {"kind": kind}, at=at)
        session.flush()

    def _hash(self, kind: str, value: str) -> str:
        return self._cipher.keyed_hash(value, f"identity:{kind}")
