"""The database: SQLite in WAL mode by default, PostgreSQL by URL; readers and writers as context managers.

A writer on SQLite starts with BEGIN IMMEDIATE, so two writers never deadlock half-way; on PostgreSQL writers lock
rows. When `write()` has ended without an error the data is on disk (`synchronous=FULL`).
"""

import fcntl
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, ProgrammingError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm import Session

from actions.errors import RecordsUnavailable
from actions.records import audit

MIGRATIONS = Path(__file__).parent / "migrations"
MIGRATION_LOCK = 0x5969_6461_6F  # "Yidao": PostgreSQL's advisory lock of whoever migrates
_BEGIN = "yidao_begin"
_SQLITE_AWAY = ("locked", "busy", "is full", "unable to open", "disk i/o", "readonly", "malformed", "not a database")
_POSTGRES_AWAY = ("08", "40", "53", "55", "57", "58")
"""SQLSTATE classes: connection, deadlock, resources, lock not available, operator, system."""


class Database:
    """One database and its connections; safe to share between threads, one for each process."""

    def __init__(self, url: str, busy_timeout_s: float = 5.0) -> None:
        self.url = make_url(url)
        self._busy_timeout_s = busy_timeout_s
        self._writing = threading.Lock()
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        self.engine = _sqlite(self.url, busy_timeout_s) if self.is_sqlite else _postgres(self.url, busy_timeout_s)
        reader: dict[str, Any] = {_BEGIN: "BEGIN"} if self.is_sqlite else {"postgresql_readonly": True}
        self._reader = self.engine.execution_options(**reader)
        self._writer = self.engine.execution_options(**{_BEGIN: "BEGIN IMMEDIATE"}) if self.is_sqlite else self.engine

    @contextmanager
    def write(self) -> Iterator[Session]:
        """A transaction that is committed, with its audit entries, when the block ends, and undone when it raises.

        Raises `RecordsUnavailable` when the database is locked, full or away.
        """
        with (
            _translated(),
            self._turn(),
            Session(self._writer, expire_on_commit=False, info={audit.PENDING: []}) as session,
        ):
            session.begin()
            session.connection()  # takes SQLite's write lock before the first read, so nothing read is stale
            yield session
            session.flush()
            audit.seal(session)
            session.commit()

    @contextmanager
    def _turn(self) -> Iterator[None]:
        """One writer of this process at a time on SQLite: threads queue here instead of polling for the file's lock."""
        if not self.is_sqlite:
            yield
            return
        if not self._writing.acquire(timeout=self._busy_timeout_s):
            raise RecordsUnavailable("The database cannot be used right now: database is locked by this process.")
        try:
            yield
        finally:
            self._writing.release()

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A snapshot to read from; nothing written in it is kept. Raises `RecordsUnavailable`."""
        with _translated(), Session(self._reader, expire_on_commit=False, autoflush=False) as session:
            yield session

    def lock(self, session: Session, *names: str) -> None:
        """Wait until no other writer holds any of these names; held until the transaction ends.

        SQLite has one writer at a time, so there is nothing to do. Call it first: before any row is locked.
        """
        if self.is_sqlite:
            return
        for name in sorted(set(names)):
            session.execute(text("SELECT pg_advisory_xact_lock(hashtextextended(:name, 0))"), {"name": name})

    def ping(self) -> None:
        """Raises `RecordsUnavailable` when the database does not answer."""
        with self.read() as session:
            session.execute(text("SELECT 1"))

    def scrub(self) -> None:
        """Empty SQLite's write-ahead log, in which deleted rows would stay readable; a busy reader puts it off."""
        if not self.is_sqlite:
            return
        with _translated(), self._turn(), self.engine.connect() as connection:
            connection.connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def close(self) -> None:
        """Close every connection of the pool."""
        self.engine.dispose()


def migrate(url: str) -> None:
    """Bring the database to the newest form; safe to call from many processes at once, and again and again."""
    database = Database(url, busy_timeout_s=60.0)
    try:
        with _translated(), _one_migrates(database) as connection:
            config = Config()
            config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
            connection.commit()
    finally:
        database.close()


@contextmanager
def _one_migrates(database: Database) -> Iterator[Connection]:
    if database.is_sqlite:
        with open(f"{database.url.database}.lock", "w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            with database._writer.connect() as connection:
                yield connection
        return
    with database.engine.connect() as connection:
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": MIGRATION_LOCK})
        yield connection


def _sqlite(url: URL, busy_timeout_s: float) -> Engine:
    if not url.database or url.database == ":memory:":
        raise RecordsUnavailable("The records need a database file: one in memory would be lost.")
    path = Path(url.database)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))  # personal data: for this account only
    except OSError as error:
        raise RecordsUnavailable(f"The database file cannot be opened: {error.strerror}.") from error
    engine = create_engine(url, connect_args={"timeout": busy_timeout_s})

    @event.listens_for(engine, "connect")
    def _connected(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # the driver must not begin by itself: `_begun` does
        cursor = connection.cursor()
        cursor.execute(f"PRAGMA busy_timeout = {int(busy_timeout_s * 1000)}")
        cursor.execute("PRAGMA journal_mode = WAL")
        cursor.execute("PRAGMA synchronous = FULL")
        cursor.execute("PRAGMA foreign_keys = ON")
        cursor.execute("PRAGMA secure_delete = ON")
        cursor.close()

    @event.listens_for(engine, "begin")
    def _begun(connection: Connection) -> None:
        connection.exec_driver_sql(connection.get_execution_options().get(_BEGIN, "BEGIN IMMEDIATE"))

    return engine


def _postgres(url: URL, busy_timeout_s: float) -> Engine:
    arguments = {
        "connect_timeout": max(2, round(busy_timeout_s)),  # the driver takes no less than 2 s
        "options": f"-c lock_timeout={int(busy_timeout_s * 1000)} -c timezone=UTC",
    }
    return create_engine(url, connect_args=arguments, pool_pre_ping=True, pool_size=10, max_overflow=10)


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except PoolTimeout as error:
        raise RecordsUnavailable("Every connection to the database is in use.") from error
    except DBAPIError as error:
        if not _away(error):
            raise
        raise RecordsUnavailable(f"The database cannot be used right now: {_reason(error)}.") from error


def _away(error: DBAPIError) -> bool:
    """Whether the database is to blame, not the statement."""
    if isinstance(error, IntegrityError | ProgrammingError | DataError):
        return False
    state = getattr(error.orig, "sqlstate", None)
    if state is not None:
        return str(state).startswith(_POSTGRES_AWAY)
    if type(error.orig).__module__.startswith("psycopg"):
        return True  # no SQLSTATE: the server never answered
    return any(word in str(error.orig).lower() for word in _SQLITE_AWAY)


def _reason(error: DBAPIError) -> str:
    return str(error.orig).strip().splitlines()[0].rstrip(".") if str(error.orig).strip() else "no answer"
