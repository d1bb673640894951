"""Short numbers people can read out and remember: "A3827"."""

from math import gcd

from sqlalchemy import update
from sqlalchemy.orm import Session

from actions.records.tables import CounterRow

LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ"  # without I and O, which look like 1 and 0
PER_LETTER = 9000  # 1000 … 9999
_STEP = 52_361  # neighbours in time get numbers far apart, so nobody counts the hospital's patients
_OFFSET = 23_827


def next_number(session: Session, name: str, prefix: str = "") -> str:
    """The next unused number of a kind (`appointment`, `ticket`), counted in the session's transaction."""
    statement = update(CounterRow).where(CounterRow.name == name).values(value=CounterRow.value + 1)
    value = session.execute(statement.returning(CounterRow.value)).scalar_one_or_none()
    if value is None:
        raise LookupError(f"no counter named {name}")
    return prefix + readable(value)


def readable(count: int) -> str:
    """The n-th number: a letter and four digits, all different; a second letter after the first 216,000."""
    size = len(LETTERS) * PER_LETTER
    cycle, place = divmod(count, size)
    scrambled = (place * _STEP + _OFFSET) % size
    letter, digits = divmod(scrambled, PER_LETTER)
    first = "" if cycle == 0 else LETTERS[(cycle - 1) % len(LETTERS)]
    return f"{first}{LETTERS[letter]}{digits + 1000}"


assert gcd(_STEP, len(LETTERS) * PER_LETTER) == 1, "every number must be reached once"
