import sqlite3
import stat
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import inspect, select, text
from sqlalchemy.exc import DBAPIError, IntegrityError

from actions.clock import ManualClock
from actions.errors import RecordsUnavailable
from actions.records.database import Database, migrate
from actions.records.tables import Base, CounterRow, SlotRow, UserRow
from tests.actions.conftest import PROCESSES


def _user(name: str, clock: ManualClock) -> UserRow:
    return UserRow(name=name, password_hash="x", role="nurse", created=clock.now(), locked_until=None)


def test_migrations_from_empty_and_again_give_the_tables_of_the_model(url: str) -> None:
    migrate(url)
    migrate(url)
    database = Database(url)
    assert {*Base.metadata.tables} < {*inspect(database.engine).get_table_names()}
    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        assert compare_metadata(context, Base.metadata) == []
    database.close()


@pytest.mark.slow
def test_four_processes_migrate_an_empty_database_at_once(url: str) -> None:
    with PROCESSES.Pool(4) as pool:
        pool.map(migrate, [url] * 4)
    database = Database(url)
    with database.read() as session:
        assert session.scalars(select(CounterRow.name).order_by(CounterRow.name)).all() == ["appointment", "ticket"]
    database.close()


def test_write_is_kept_and_an_error_undoes_it(database: Database, clock: ManualClock) -> None:
    with database.write() as session:
        session.add(_user("kept", clock))

    def interrupted() -> None:
        with database.write() as session:
            session.add(_user("undone", clock))
            session.flush()
            raise ValueError("stop")

    with pytest.raises(ValueError, match="stop"):
        interrupted()
    with database.read() as session:
        assert session.scalars(select(UserRow.name)).all() == ["kept"]


def test_moments_come_back_aware_and_equal(database: Database, clock: ManualClock) -> None:
    with database.write() as session:
        session.add(_user("a", clock))
    with database.read() as session:
        created = session.get_one(UserRow, "a").created
    assert created == clock.now()
    assert created.utcoffset() is not None


def test_a_moment_without_zone_is_refused(database: Database, clock: ManualClock) -> None:
    user = _user("a", clock)
    user.created = clock.now().replace(tzinfo=None)
    with pytest.raises(Exception, match="time zone"), database.write() as session:
        session.add(user)


def test_the_tables_refuse_an_overbooked_slot(database: Database) -> None:
    columns = 'id, doctor, department, kind, day, half_day, start, "end", room, capacity, taken, version'
    row = "'s', 'd', 'c', 'general', '2026-11-25', 'am', '08:00:00', '08:30:00', '2-1', 1, 2, 0"
    with pytest.raises(IntegrityError, match="never_overbooked"), database.write() as session:
        session.execute(text(f"INSERT INTO {SlotRow.__tablename__} ({columns}) VALUES ({row})"))


def test_foreign_keys_are_enforced(database: Database) -> None:
    with pytest.raises(IntegrityError), database.write() as session:
        session.execute(text("INSERT INTO consents (patient, purpose, version, at, channel) "
                             "VALUES ('nobody', 'p', '1', '2026-11-24 01:00:00', 'kiosk')"))  # fmt: skip


def test_an_error_of_ours_is_not_called_unavailable(database: Database) -> None:
    with pytest.raises(Exception, match="no_such_table") as caught, database.read() as session:
        session.execute(text("SELECT * FROM no_such_table"))
    assert not isinstance(caught.value, RecordsUnavailable)


def test_sqlite_is_durable_and_private(tmp_path: Path) -> None:
    migrate(f"sqlite:///{tmp_path}/a.sqlite3")
    database = Database(f"sqlite:///{tmp_path}/a.sqlite3", busy_timeout_s=1.5)
    with database.read() as session:
        pragma = {
            name: session.execute(text(f"PRAGMA {name}")).scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        }
    database.close()
    assert pragma == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 1500}
    assert stat.S_IMODE((tmp_path / "a.sqlite3").stat().st_mode) == 0o600


def test_locked_sqlite_gives_a_clear_error_and_reading_goes_on(tmp_path: Path, clock: ManualClock) -> None:
    migrate(f"sqlite:///{tmp_path}/a.sqlite3")
    database = Database(f"sqlite:///{tmp_path}/a.sqlite3", busy_timeout_s=0.2)
    other = sqlite3.connect(tmp_path / "a.sqlite3", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(RecordsUnavailable, match="locked"), database.write() as session:
        session.add(_user("a", clock))
    database.ping()
    other.execute("ROLLBACK")
    other.close()
    with database.write() as session:
        session.add(_user("a", clock))
    database.close()


def test_full_sqlite_gives_a_clear_error_and_keeps_nothing_of_the_write(tmp_path: Path, clock: ManualClock) -> None:
    migrate(f"sqlite:///{tmp_path}/a.sqlite3")
    database = Database(f"sqlite:///{tmp_path}/a.sqlite3")

    def too_much() -> None:
        with database.write() as session:
            session.execute(text("PRAGMA max_page_count = 1"))  # the smallest it can be made is its present size
            session.add_all(
                _user(f"user {number} with a name long enough to fill pages", clock) for number in range(2000)
            )

    with pytest.raises(RecordsUnavailable, match="full"):
        too_much()
    database.close()
    again = Database(f"sqlite:///{tmp_path}/a.sqlite3")
    with again.read() as session:
        assert session.scalars(select(UserRow)).all() == []
    again.close()


def test_a_file_that_is_no_database_gives_a_clear_error(tmp_path: Path) -> None:
    (tmp_path / "a.sqlite3").write_bytes(b"not a database at all" * 100)
    with pytest.raises(RecordsUnavailable, match="not a database"):
        Database(f"sqlite:///{tmp_path}/a.sqlite3").ping()


def test_a_folder_that_cannot_be_made_gives_a_clear_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(RecordsUnavailable, match="cannot be opened"):
        Database(f"sqlite:///{tmp_path}/file/a.sqlite3")


def test_a_database_in_memory_is_refused() -> None:
    with pytest.raises(RecordsUnavailable, match="file"):
        Database("sqlite://")


def test_a_server_that_is_away_gives_a_clear_error() -> None:
    with pytest.raises(RecordsUnavailable):
        Database("postgresql+psycopg://nobody@127.0.0.1:1/none", busy_timeout_s=2).ping()


@pytest.mark.slow
def test_postgresql_row_that_stays_locked_gives_a_clear_error(postgres_url: str) -> None:
    migrate(postgres_url)
    first, second = Database(postgres_url), Database(postgres_url, busy_timeout_s=0.3)
    lock = text("SELECT * FROM counters WHERE name = 'ticket' FOR UPDATE")
    with first.write() as session:
        session.execute(lock)
        with pytest.raises(RecordsUnavailable, match="lock timeout"), second.write() as other:
            other.execute(lock)
    first.close()
    second.close()


@pytest.mark.slow
def test_postgresql_reader_cannot_write(postgres_url: str) -> None:
    migrate(postgres_url)
    database = Database(postgres_url)
    with pytest.raises(DBAPIError, match="read-only"), database.read() as session:
        session.execute(text("UPDATE counters SET value = 9"))
    database.close()
