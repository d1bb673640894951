"""Measurements in a text (38度5, BP 200/120, 血氧85) as concepts: the limits are data, in concepts.yml."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache

from actions.safety.text import number

_NUM = r"(\d{1,3}(?:\.\d+)?|[零〇一二两三四五六七八九十百]{1,8})"
_NEAR = r"[^\d。.!！?？;；\n]{0,8}?"
_CELSIUS = re.compile(
    rf"{_NUM}\s*(?:度|°\s*c?|℃|摄氏度|degrees?(?: c\b| celsius)?|c\b)\s*([1-9一二三四五六七八九半])?(?![\d个天])"
)
_FAHRENHEIT = re.compile(r"\b(9[5-9]|10\d|110)(\.\d+)?\s*(?:°\s*f|f\b|degrees?(?: f\b| fahrenheit)?|fever)?")
_PRESSURE = re.compile(r"(?<![\d/])(\d{2,3})\s*(?:/|比|over)\s*(\d{2,3})(?![\d/])")


@dataclass(frozen=True, slots=True)
class Limit:
    """A concept that holds from, or below, a value."""

    concept: str
    at_least: float | None = None
    below: float | None = None

    def holds(self, value: float) -> bool:
        """Whether the value lies within."""
        return (self.at_least is None or value >= self.at_least) and (self.below is None or value < self.below)


@dataclass(frozen=True, slots=True)
class Quantity:
    """A measured quantity: the words that announce it, its plausible range and what its values mean."""

    name: str
    words: tuple[str, ...]
    plausible: tuple[float, float]
    limits: tuple[Limit, ...]


@dataclass(frozen=True, slots=True)
class Reading:
    """A concept that a measurement stands for, with its place in the text in characters."""

    concept: str
    start: int
    end: int


def read_values(text: str, quantities: Sequence[Quantity]) -> tuple[Reading, ...]:
    """Concepts of all measurements in a normalised text."""
    if not any(character.isdigit() or character in "度十百" for character in text):
        return ()
    found: list[Reading] = []
    for quantity in quantities:
        for value, start, end in _values(text, quantity):
            if quantity.plausible[0] <= value <= quantity.plausible[1]:
                found += [Reading(one.concept, start, end) for one in quantity.limits if one.holds(value)]
    return tuple(found)


def _values(text: str, quantity: Quantity) -> Iterator[tuple[float, int, int]]:
    if quantity.name == "temperature":
        yield from _temperatures(text)
    if quantity.name == "systolic":
        for match in _PRESSURE.finditer(text):
            yield float(match.group(1)), match.start(), match.end()
    for match in _announced(quantity.words).finditer(text):
        value = number(match.group(1))
        if value is not None:
            yield value, match.start(), match.end()


@cache
def _announced(words: tuple[str, ...]) -> re.Pattern[str]:
    """A number soon after one of the words, unless it counts days or years."""
    either = "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))
    return re.compile(
        rf"(?:{either}){_NEAR}(\d{{1,3}}(?:\.\d+)?|[一二两三四五六七八九]?[十百][零〇一二两三四五六七八九十]{{0,6}})(?![\d.]|\s*[岁年月天周个次]|\s*(?:days?|years?|weeks?|months?|hours?)\b)"
    )


def _temperatures(text: str) -> Iterator[tuple[float, int, int]]:
    for match in _CELSIUS.finditer(text):
        value = number(match.group(1))
        if value is None:
            continue
        tail = match.group(2)
        if tail and "." not in match.group(1):
            value += 0.5 if tail == "半" else (number(tail) or 0) / 10
        yield value, match.start(), match.end()
    for match in _FAHRENHEIT.finditer(text):
        if match.group().strip()[-1].isalpha():
            yield (float(match.group(1) + (match.group(2) or "")) - 32) / 1.8, match.start(), match.end()
