"""Identity, passport and phone numbers, however they are written: in full, in groups, digit by digit, in words."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

ID_CARD = re.compile(r"(?<![0-9A-Za-z])(?:\d[\s-]?){17}[\dXx](?![0-9A-Za-z])|(?<!\d)\d{15}(?!\d)")
"""18 digits (the last may be X), blanks and hyphens allowed between them; or the 15 of an old card."""
ID_LIKE = re.compile(r"(?<![0-9A-Za-z])\d{14,19}[Xx]?(?![0-9A-Za-z])")
"""A number too long for anything else: masked even though it is no valid identity number."""
PHONE = re.compile(
    r"(?<!\d)(?:(?:\+|00)?86[\s-]?)?1[3-9]\d[\s-]?\d{4}[\s-]?\d{4}(?!\d)|(?<!\d)0\d{2,3}[\s-]?\d{4}[\s-]?\d{3,4}(?!\d)"
)
"""A mobile number of the mainland, or a landline with its area code."""
ABROAD = re.compile(r"(?<!\d)(?:\+|00)86[\s-]?1[3-9]\d[\s-]?\d{4}[\s-]?\d{4}(?!\d)")
"""A mobile number with the country's prefix: sought before identity numbers, which it is long enough to be."""
PASSPORT = re.compile(r"(?<![0-9A-Za-z])(?:[A-Z]{1,2}\d{7,8}|[A-Z]\d{9,10})(?![0-9A-Za-z])", re.IGNORECASE)
"""One or two letters and 7 to 10 digits: passports and travel permits."""
NAMED_PASSPORT = re.compile(
    r"(?:护照|通行证|台胞证|回乡证|\bpassport)(?:号码?|\s*(?:no\.?|number))?(?:是|\s*is)?[^0-9A-Za-z]{0,3}"
    r"([A-Z]{1,2}(?:[\s-]?\d){6,10})(?!\d)",
    re.IGNORECASE,
)
"""Said to be a passport: blanks between its groups are allowed."""
HONG_KONG = re.compile(r"(?<![0-9A-Za-z])[A-Z]{1,2}\d{6}\([0-9A]\)")
"""A Hong Kong identity card, with its check digit in brackets."""
LONG_NUMBER = re.compile(r"(?<!\d)\d{7,13}(?!\d)")
"""A number said where a phone or identity number was asked for, whatever its length."""
DAY = re.compile(r"20[2-4]\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])")
"""Eight digits that are a day (20261124), when no number was asked for."""

NUMERALS = "零〇一二三四五六七八九幺两壹贰叁肆伍陆柒捌玖"
SPOKEN_DIGITS = str.maketrans(NUMERALS, "0012345678912123456789")
SPOKEN_NUMBER = re.compile(rf"(?:[{NUMERALS}]\s?){{7,}}[xXｘＸ]?")
"""A number in Chinese numerals, digit by digit, as people say a phone or identity number."""
WORDS = {
    word: str(value)
    for value, word in enumerate(("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"))
} | {"oh": "0"}
WORD = rf"(?:{'|'.join(WORDS)})"
WORD_NUMBER = re.compile(rf"\b{WORD}(?:[\s,.-]{{1,3}}{WORD}){{6,}}\b", re.IGNORECASE)
"""The same in English words."""
GROUPED = re.compile(
    rf"(?<![0-9A-Za-z])[\d{NUMERALS}]+(?:[^\w:：]{{1,3}}[\d{NUMERALS}]+|[点杠_][\d{NUMERALS}]+){{0,17}}[Xx]?"
)
"""Groups of digits with any signs between them; a colon parts hours from minutes, so it ends a run."""
PHONE_GROUPS = frozenset(
    {(3, 4, 4), (3, 8), (7, 4), (3, 3, 5), (4, 4, 3), (4, 3, 4), (3, 2, 2, 2, 2), (1,) * 11, (11,)}
)
ID_GROUPS = frozenset({(6, 8, 4), (6, 12), (14, 4), (6, 4, 4, 4), (3, 3, 4, 4, 4), (6, 4, 2, 2, 4), (1,) * 18})
"""How people group them. Readings (135/85, 128/79) and days are grouped otherwise and stay."""
MOBILE = re.compile(r"(?:(?:00)?86)?1[3-9]\d{9}")


@dataclass(frozen=True)
class Number:
    """One number in a text."""

    kind: str
    """ID or PHONE."""
    start: int
    """Where it begins."""
    end: int
    """Where it ends."""
    value: str
    """The number without blanks and signs, its X in upper case."""


def numbers(text: str, expects: str | None = None) -> Iterator[Number]:
    """Every number that could be a person's, surest first; they may overlap. `expects`: slot of the open question."""
    for match in ABROAD.finditer(text):
        yield Number("PHONE", match.start(), match.end(), digits(match.group()))
    for match in NAMED_PASSPORT.finditer(text):
        yield Number("ID", match.start(1), match.end(1), digits(match.group(1)))
    for pattern in (PASSPORT, HONG_KONG):
        for match in pattern.finditer(text):
            yield Number("ID", match.start(), match.end(), match.group().upper())
    for match in (*ID_CARD.finditer(text), *ID_LIKE.finditer(text)):
        yield Number("ID", match.start(), match.end(), digits(match.group()))
    yield from _grouped(text)
    for match in PHONE.finditer(text):
        yield Number("PHONE", match.start(), match.end(), digits(match.group()))
    asked = expects in ("patient_id", "patient_phone")
    for match in LONG_NUMBER.finditer(text):
        if asked or not DAY.fullmatch(match.group()):
            kind = "ID" if expects == "patient_id" else "PHONE"
            yield Number(kind, match.start(), match.end(), match.group())
    for match in SPOKEN_NUMBER.finditer(text):
        yield _spoken(match, digits(match.group().translate(SPOKEN_DIGITS)), expects)
    for match in WORD_NUMBER.finditer(text):
        said = re.findall(WORD, match.group().lower())
        yield _spoken(match, "".join(WORDS[word] for word in said), expects)


def _spoken(match: re.Match[str], value: str, expects: str | None) -> Number:
    kind = "ID" if expects == "patient_id" or len(value) >= 15 else "PHONE"
    return Number(kind, match.start(), match.end(), value)


def _grouped(text: str) -> Iterator[Number]:
    """Phone and identity numbers in groups with unusual signs between them: 139.1111.0006, 000000/19900307/123X."""
    for match in GROUPED.finditer(text):
        plain = match.group().translate(SPOKEN_DIGITS)
        groups = re.findall(r"\d+[Xx]?", plain)
        value = "".join(groups).upper()
        if groups[0] in ("86", "0086"):
            groups = groups[1:]
        shape = tuple(len(group) for group in groups)
        if shape in PHONE_GROUPS and MOBILE.fullmatch(value):
            yield Number("PHONE", match.start(), match.end(), value)
        elif shape in ID_GROUPS:
            yield Number("ID", match.start(), match.end(), value)


def digits(text: str) -> str:
    """A number without blanks and hyphens, its X in upper case."""
    return re.sub(r"[\s-]", "", text).upper()
