"""Records for the tests of the services: SQLite always, PostgreSQL as slow tests."""

import multiprocessing
import shutil
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest

from actions.clock import ManualClock
from actions.records.cipher import Cipher
from actions.records.database import Database, migrate
from tests.postgres import postgres_cluster, postgres_url

__all__ = ["postgres_cluster", "postgres_url"]

PROCESSES = multiprocessing.get_context("forkserver")
"""How tests start processes: from a clean one that has the records imported, so each starts at once."""
PROCESSES.set_forkserver_preload(["actions.registration.service", "psycopg"])

SECRET = b"a master key of the tests, 32 b."
ZONE = "Asia/Shanghai"


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.slow)])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of an empty database, once of each kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/records.sqlite3"
    found: str = request.getfixturevalue("postgres_url")
    return found


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file to copy, since migrating takes longer than most tests."""
    file = tmp_path_factory.mktemp("records") / "migrated.sqlite3"
    migrate(f"sqlite:///{file}")
    return file


@pytest.fixture
def database(url: str, migrated_file: Path) -> Iterator[Database]:
    """A migrated database."""
    if url.startswith("sqlite"):
        shutil.copyfile(migrated_file, url.removeprefix("sqlite:///"))
    else:
        migrate(url)
    database = Database(url)
    yield database
    database.close()


@pytest.fixture
def cipher() -> Cipher:
    return Cipher(SECRET)


@pytest.fixture
def clock() -> ManualClock:
    """Tuesday 24 November 2026, nine in the morning."""
    return ManualClock(datetime(2026, 11, 24, 9), ZONE)
