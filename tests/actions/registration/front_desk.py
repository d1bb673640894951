"""The registration desk of the demo hospital, for tests of whole flows; slow to set up, so once a module."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from actions.clock import ManualClock
from actions.guide.triage import Guide, load_guide
from actions.records.cipher import Cipher
from actions.records.database import Database
from actions.records.vault import Vault
from actions.registration.policy import load_policy
from actions.registration.service import Registration
from knowledge.directory import Directory, load_directory

HOSPITAL = Path(__file__).parents[3] / "knowledge" / "hospital"


@dataclass(frozen=True)
class FrontDesk:
    """What the flows of registration stand on."""

    registration: Registration
    directory: Directory
    guide: Guide
    vault: Vault
    clock: ManualClock


def open_front_desk(migrated: Path, folder: Path, secret: bytes) -> FrontDesk:
    """A desk in `folder` with four weeks of slots, on Tuesday 24 November 2026 at nine."""
    shutil.copyfile(migrated, folder / "records.sqlite3")
    clock = ManualClock(datetime(2026, 11, 24, 9), "Asia/Shanghai")
    database, cipher = Database(f"sqlite:///{folder}/records.sqlite3"), Cipher(secret)
    directory = load_directory(HOSPITAL)
    policy = load_policy(HOSPITAL / "registration.yml")
    registration = Registration(database, directory, clock, policy, cipher)
    registration.ensure_slots()
    return FrontDesk(registration, directory, load_guide(HOSPITAL), Vault(database, cipher, clock), clock)
