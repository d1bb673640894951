"""Numbers that identify a person: checked, and written one way, before they are stored or looked up.

Resident identity cards (居民身份证) follow GB 11643-1999: 17 digits and a check character by ISO 7064 MOD 11-2.
Mobile numbers of mainland China have 11 digits and start with 13 to 19; landlines have an area code that starts with 0.
"""

import re
import unicodedata
from dataclasses import dataclass
from datetime import date

from actions.registration.errors import InvalidIdCard, InvalidPassport, InvalidPhone

WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)  # GB 11643-1999
CHECK = "10X98765432"  # GB 11643-1999: by the weighted sum modulo 11
OLDEST_BIRTH_YEAR = 1900

_MOBILE = re.compile(r"1[3-9]\d{9}")
_LANDLINE = re.compile(r"0(?:10|2\d|[3-9]\d{2}|100)\d{7,8}")  # 0100 is no real area code: the demo uses it
_PASSPORT = re.compile(r"(?=.*\d)[A-Z0-9]{6,9}")


@dataclass(frozen=True)
class IdCard:
    """A resident identity card number that can be right."""

    number: str
    """18 characters; a number of 15 is written out."""
    birth_date: date
    sex: str
    """`female` or `male`."""


@dataclass(frozen=True)
class IdNumber:
    """A number with the kind of document it is from."""

    kind: str
    """`id_card` or `passport`."""
    number: str


def check_id_card(value: str, today: date | None = None) -> IdCard:
    """Read an identity card number of 18 or 15 digits; full-width digits, spaces and a small x are fine.

    Raises `InvalidIdCard` with `fault` `format`, `date` (no such day, or after `today`) or `checksum`.
    """
    number = _plain(value)
    if re.fullmatch(r"\d{15}", number):
        number = number[:6] + "19" + number[6:]  # the 15-digit form is from before 2000
        number += check_character(number)
    if not re.fullmatch(r"\d{17}[\dX]", number):
        raise InvalidIdCard("An identity card number has 18 digits; the last may be X.", "format")
    birth = _birth(number, today)
    if number[17] != check_character(number[:17]):
        raise InvalidIdCard("The identity card number has a wrong digit.", "checksum")
    return IdCard(number, birth, "male" if int(number[16]) % 2 else "female")


def check_character(seventeen: str) -> str:
    """The 18th character of the number whose first 17 digits are given."""
    return CHECK[sum(int(digit) * weight for digit, weight in zip(seventeen, WEIGHTS, strict=True)) % 11]


def check_phone(value: str) -> str:
    """A mainland mobile or landline number as plain digits, without +86. Raises `InvalidPhone`."""
    number = re.sub(r"[()]", "", _plain(value))
    number = re.sub(r"^(?:\+|00)86", "", number)
    if re.fullmatch(r"86" + _MOBILE.pattern, number):
        number = number[2:]
    if _MOBILE.fullmatch(number) or _LANDLINE.fullmatch(number):
        return number
    raise InvalidPhone("A phone number has 11 digits, or an area code and 7 or 8 digits.")


def check_passport(value: str) -> str:
    """A passport or permit number: 6 to 9 letters and digits, at least one digit. Raises `InvalidPassport`."""
    number = _plain(value)
    if not _PASSPORT.fullmatch(number):
        raise InvalidPassport("A passport number has 6 to 9 letters and digits.")
    return number


def check_id_number(value: str, today: date | None = None) -> IdNumber:
    """An identity card where it looks like one (15 or 18 characters), else a passport. Raises `InvalidIdentity`."""
    if len(_plain(value)) > 9:
        return IdNumber("id_card", check_id_card(value, today).number)
    return IdNumber("passport", check_passport(value))


def normal_name(name: str) -> str:
    """The name as it is compared: full-width letters narrow, case folded, dots and spaces as one space or none."""
    folded = unicodedata.normalize("NFKC", name).casefold()
    words = re.split(r"[\s·•・‧.]+", folded)
    joined = " ".join(word for word in words if word)
    return joined if joined.isascii() else joined.replace(" ", "")


def _plain(value: str) -> str:
    return re.sub(r"[\s\-‐–—.]", "", unicodedata.normalize("NFKC", value)).upper()


def _birth(number: str, today: date | None) -> date:
    try:
        birth = date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError as error:
        raise InvalidIdCard("The birth date in the identity card number does not exist.", "date") from error
    if birth.year < OLDEST_BIRTH_YEAR or (today is not None and birth > today):
        raise InvalidIdCard("The birth date in the identity card number cannot be right.", "date")
    return birth
