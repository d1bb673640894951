from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest
from sqlalchemy import text

from actions.records import audit
from actions.records.database import Database, migrate
from tests.actions.conftest import PROCESSES

AT = datetime(2026, 11, 24, 1, 0, 0, 123456, tzinfo=UTC)


def _add(database: Database, count: int) -> None:
    for number in range(count):
        with database.write() as session:
            audit.append(
                session, "staff:li", "ticket.claim", f"ticket:{number}", {"n": number}, {"n": number + 1}, at=AT
            )


def _tamper(database: Database, statement: str) -> None:
    with database.write() as session:
        session.execute(text(statement))


def test_an_empty_chain_verifies(database: Database) -> None:
    assert audit.verify(database) == audit.AuditReport(0, audit.GENESIS, None, "")


def test_a_chain_verifies_and_its_length_is_known(database: Database) -> None:
    _add(database, 5)
    report = audit.verify(database)
    assert report.ok
    assert report.length == 5


@pytest.mark.parametrize(
    ("statement", "broken_at", "reason"),
    [
        ("UPDATE audit SET actor = 'staff:wang' WHERE seq = 3", 3, "a link was changed"),
        ("UPDATE audit SET after_hash = repeat('0', 64) WHERE seq = 2", 2, "a link was changed"),
        ("UPDATE audit SET at = '2026-11-25 01:00:00' WHERE seq = 4", 4, "a link was changed"),
        ("DELETE FROM audit WHERE seq = 3", 3, "a link is missing"),
        ("DELETE FROM audit WHERE seq = 5", 5, "the chain does not end where it should"),
        ("UPDATE audit SET hash = repeat('0', 64) WHERE seq = 5", 5, "a link was changed"),
        ("UPDATE audit SET prev_hash = repeat('0', 64) WHERE seq = 2", 2, "a link does not follow the one before"),
    ],
)
def test_tampering_shows(database: Database, statement: str, broken_at: int, reason: str) -> None:
    _add(database, 5)
    _tamper(database, statement.replace("repeat('0', 64)", f"'{'0' * 64}'"))
    report = audit.verify(database)
    assert (report.broken_at, report.reason) == (broken_at, reason)


def test_an_undone_write_leaves_no_link(database: Database) -> None:
    def interrupted() -> None:
        with database.write() as session:
            audit.append(session, "patient", "hold.open", "hold:1")
            raise ValueError("stop")

    with pytest.raises(ValueError, match="stop"):
        interrupted()
    assert audit.verify(database).length == 0


def test_a_reader_cannot_append(database: Database) -> None:
    with database.read() as session, pytest.raises(RuntimeError, match=r"Database\.write"):
        audit.append(session, "patient", "hold.open", "hold:1")


def test_digest_does_not_depend_on_the_order_of_fields() -> None:
    assert audit.digest({"a": 1, "b": 2}) == audit.digest({"b": 2, "a": 1}) != audit.digest({"a": 1, "b": 3})


def test_threads_form_one_chain(database: Database) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: _add(database, 5), range(8)))
    report = audit.verify(database)
    assert report.ok
    assert report.length == 40


def _add_by_url(url: str) -> None:
    database = Database(url, busy_timeout_s=30)
    _add(database, 20)
    database.close()


@pytest.mark.slow
def test_processes_form_one_chain(url: str) -> None:
    migrate(url)
    with PROCESSES.Pool(4) as pool:
        pool.map(_add_by_url, [url] * 4)
    database = Database(url)
    report = audit.verify(database)
    database.close()
    assert report.ok
    assert report.length == 80
