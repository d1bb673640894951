import re

import pytest

from actions.records.database import Database
from actions.records.numbers import next_number, readable


def test_numbers_are_short_readable_and_all_different() -> None:
    numbers = [readable(count) for count in range(216_000)]
    assert len(set(numbers)) == 216_000
    assert all(re.fullmatch(r"[A-HJ-NP-Z][1-9]\d{3}", number) for number in numbers[::1000])


def test_after_all_are_used_they_get_longer() -> None:
    assert re.fullmatch(r"A[A-HJ-NP-Z]\d{4}", readable(216_000))
    assert readable(216_000)[1:] == readable(0)


def test_numbers_count_on_and_an_undone_one_is_given_again(database: Database) -> None:
    with database.write() as session:
        first = next_number(session, "ticket", "T")
    undone = []

    def interrupted() -> None:
        with database.write() as session:
            undone.append(next_number(session, "ticket", "T"))
            raise ValueError("stop")

    with pytest.raises(ValueError, match="stop"):
        interrupted()
    with database.write() as session:
        assert [next_number(session, "ticket", "T")] == undone != [first]


def test_an_unknown_kind_is_refused(database: Database) -> None:
    with pytest.raises(LookupError, match="no counter"), database.write() as session:
        next_number(session, "nothing")
