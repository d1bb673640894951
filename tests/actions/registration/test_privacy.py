"""No number, phone or name in clear anywhere in the files of the database."""

from pathlib import Path

from actions.clock import ManualClock
from actions.records.cipher import Cipher
from actions.records.database import Database
from actions.records.vault import Vault
from actions.registration.model import Identity
from actions.registration.policy import Policy
from actions.registration.service import Registration
from tests.actions.registration.hospital import SmallHospital
from tests.actions.registration.test_identity import MAN, WOMAN


def test_nothing_of_a_person_is_in_the_files(
    tmp_path: Path, migrated_file: Path, clock: ManualClock, policy: Policy, cipher: Cipher
) -> None:
    file = tmp_path / "records.sqlite3"
    file.write_bytes(migrated_file.read_bytes())
    database = Database(f"sqlite:///{file}")
    desk = Registration(database, SmallHospital(), clock, policy, cipher)
    desk.ensure_slots()
    vault = Vault(database, cipher, clock)
    people = [
        Identity("欧阳小芳", WOMAN, "13800138000"),
        Identity("Christopher Robinson", "E12345678", "13900139000"),
        Identity("李大山", MAN, None),
    ]
    for place, who in enumerate(people):
        conversation = f"conversation-{place}"
        for kind, value in (("NAME", who.name), ("ID", who.id_number), ("PHONE", who.phone)):
            if value:
                vault.keep(conversation, kind, value)
        hold = desk.hold(f"li-20261125-{8 + place:02}00", conversation)
        appointment = desk.book(hold.id, who, "kiosk")
        desk.change(appointment.id, desk.hold(f"li-20261126-{8 + place:02}00", conversation).id, "patient")
    vault.forget("conversation-0")
    files = sorted(tmp_path.iterdir())
    written = b"".join(each.read_bytes() for each in files)
    database.close()

    assert [each.suffix for each in files] == [".sqlite3", ".sqlite3-shm", ".sqlite3-wal"]
    assert b"conversation-0" in written  # what is not personal is there, so the search below sees real content
    secrets = [text for who in people for text in (who.name, who.id_number, who.phone) if text]
    assert len(secrets) == 8
    found = [
        secret
        for secret in secrets
        for encoding in ("utf-8", "utf-16-le", "gb18030")
        if secret.encode(encoding) in written or secret.lower().encode(encoding) in written
    ]
    assert found == []


def test_an_identity_never_shows_itself() -> None:
    who = Identity("欧阳小芳", WOMAN, "13800138000")
    assert "欧阳" not in f"{who} {who!r}"
    assert WOMAN not in f"{who!r}"
