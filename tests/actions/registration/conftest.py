"""A registration desk of the small hospital."""

from pathlib import Path

import pytest

from actions.clock import ManualClock
from actions.records.cipher import Cipher
from actions.records.database import Database
from actions.registration.policy import Policy, load_policy
from actions.registration.service import Registration
from tests.actions.registration.hospital import SmallHospital

POLICY = Path(__file__).parents[3] / "knowledge" / "hospital" / "registration.yml"


@pytest.fixture
def policy() -> Policy:
    return load_policy(POLICY)


@pytest.fixture
def desk(database: Database, clock: ManualClock, policy: Policy, cipher: Cipher) -> Registration:
    """Slots are rolled ahead."""
    desk = Registration(database, SmallHospital(), clock, policy, cipher)
    desk.ensure_slots()
    return desk
