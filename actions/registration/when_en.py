"""Days in English: tomorrow, next Friday, Nov 27, the 27th, in three days, this weekend. A longer form stands first."""

import re
from datetime import date, timedelta
from re import Match

from actions.registration.when_parts import (
    Reader,
    Rule,
    Span,
    day_of_month,
    day_of_year,
    days_ahead,
    known,
    month_ahead,
    month_part,
    months_ahead,
    next_weekday,
    one,
    week,
    weekday_in,
    weekend,
)

_WORDS = (
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
    "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen", "twenty",
)  # fmt: skip
_ORDINALS = (
    "first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth", "eleventh",
    "twelfth", "thirteenth", "fourteenth", "fifteenth", "sixteenth", "seventeenth", "eighteenth", "nineteenth",
    "twentieth",
)  # fmt: skip
_VALUES = {word: value for value, word in enumerate(_WORDS)} | {"a": 1, "an": 1, "a couple of": 2, "thirty": 30}
_VALUES |= {word: value for value, word in enumerate(_ORDINALS, 1)} | {"thirtieth": 30, "thirty-first": 31}
_VALUES |= {f"twenty-{word}": 20 + value for value, word in enumerate(_ORDINALS[:9], 1)}
_DAY_NAMES = {
    "monday": 1, "tuesday": 2, "wednesday": 3, "thursday": 4, "friday": 5, "saturday": 6, "sunday": 7, "mon": 1,
    "tues": 2, "tue": 2, "weds": 3, "wed": 3, "thurs": 4, "thur": 4, "thu": 4, "fri": 5, "sat": 6, "sun": 7,
}  # fmt: skip
_MONTH_NAMES = {
    name: value
    for value, names in enumerate(
        (
            "january jan", "february feb", "march mar", "april apr", "may", "june jun", "july jul", "august aug",
            "september sept sep", "october oct", "november nov", "december dec",
        ),
        1,
    )
    for name in names.split()
}  # fmt: skip
_DAY = r"(?:monday|tuesday|wednesday|thursday|friday|saturday|sunday|mon|tues?|weds?|thur?s?|fri|sat|sun)\.?"
_SURE_DAY = r"(?:monday|tuesday|wednesday|thursday|friday|saturday|sunday|tues|thurs|thur|fri)\b"
_MONTH = "(?P<month>" + "|".join(sorted(_MONTH_NAMES, key=len, reverse=True)) + r")\b\.?"
_COUNT = r"(?P<count>\d{1,3}|a couple of|an?|" + "|".join(_WORDS[1:]) + ")"
_NTH = r"(?P<day>\d{1,2})(?:st|nd|rd|th)?"
_NTH_SURE = r"(?P<day>\d{1,2}(?=st|nd|rd|th))(?:st|nd|rd|th)\b"
_NTH_WORD = (
    "(?P<day>thirty-first|thirtieth|twenty-(?:" + "|".join(_ORDINALS[:9]) + ")|" + "|".join(reversed(_ORDINALS)) + ")"
)
_YEAR = r"(?:,?\s+(?P<year>20\d{2}))?"


def number(text: str) -> int:
    """27, three, twenty-seventh, a couple of → the number."""
    return int(text) if text.isdigit() else _VALUES[text]


def rules() -> list[Rule]:
    """Every form with its reader, in the order they are tried."""
    return [(re.compile(pattern, re.ASCII), reader) for pattern, reader in _DATES + _DISTANCES + _WEEKS + _RELATIVES]


def _weekday(name: str) -> int:
    return _DAY_NAMES[name.rstrip(".")]


def bare_weekday(match: "Match[str]") -> int | None:
    """The ISO weekday of a match that named no week."""
    bare = match.groupdict().get("bare_en")
    return _weekday(bare) if bare else None


def _date(match: "Match[str]", today: date) -> list[Span]:
    groups = match.groupdict()
    year = int(groups["year"]) if groups.get("year") else None
    return known(day_of_year(today, _MONTH_NAMES[match["month"]], number(match["day"]), year))


def _nth(match: "Match[str]", today: date) -> list[Span]:
    return known(day_of_month(today, number(match["day"])))


def _slashed(match: "Match[str]", today: date) -> list[Span]:
    """Month and day or day and month: both readings where both are dates."""
    left, right = int(match["left"]), int(match["right"])
    year = int(match["year"]) if match["year"] else None
    readings = [day_of_year(today, left, right, year), day_of_year(today, right, left, year)]
    return list(dict.fromkeys(reading for reading in readings if reading is not None))


def _distance(match: "Match[str]", today: date) -> list[Span]:
    count = number(match["count"])
    if match["unit"] == "month":
        return [one(months_ahead(today, count))]
    return [days_ahead(today, count * (7 if match["unit"] == "week" else 14 if match["unit"] == "fortnight" else 1))]


def _within(match: "Match[str]", today: date) -> list[Span]:
    return [(today, _distance(match, today)[0][1])]


def _week_from(match: "Match[str]", today: date) -> list[Span]:
    days = 7 if match["count"] in ("a", "one") else 14
    start = today if match["from"] in ("today", "now") else next_weekday(today, _weekday(match["from"]))[-1][0]
    return [one((start or today) + timedelta(days=days))]


def _in_week(match: "Match[str]", today: date) -> list[Span]:
    word = match["which"].split()[0]
    weeks = {"this": 0, "next": 1, "last": -1}[word]
    return [one(weekday_in(today, _weekday(match["name"]), weeks))]


def _month_part(match: "Match[str]", today: date) -> list[Span]:
    part = {"beginning": "early", "start": "early", "early": "early", "middle": "middle", "mid": "middle"}
    months = 1 if "next" in match.group() else 0
    return [month_part(month_ahead(today, months), part.get(match["part"], "end"))]


def _ahead(count: int) -> Reader:
    return lambda match, today: [days_ahead(today, count)]


def _weeks_ahead(count: int) -> Reader:
    return lambda match, today: [week(today, count)]


def _weekend(count: int) -> Reader:
    return lambda match, today: [weekend(today, count)]


_DATES: list[tuple[str, Reader]] = [
    (_MONTH + r"\s*(?:the\s+)?" + _NTH + r"\b(?!\s*(?:am|pm|:|o'clock))" + _YEAR, _date),
    (_MONTH + r"\s+(?:the\s+)?" + _NTH_WORD + r"\b" + _YEAR, _date),
    (r"\b(?:the\s+)?" + _NTH + r"\s*(?:of\s+)?" + _MONTH + _YEAR, _date),
    (r"\b(?:the\s+)?" + _NTH_WORD + r"\s+(?:of\s+)?" + _MONTH + _YEAR, _date),
    (r"(?<![\d/.])(?P<left>\d{1,2})/(?P<right>\d{1,2})(?:/(?P<year>20\d{2}))?(?![\d/])", _slashed),
    (
        r"\bthe\s+" + _NTH_SURE + r"\s+(?:of\s+)?next\s+month\b",
        lambda match, today: known(day_of_month(today, number(match["day"]), 1)),
    ),
    (r"\b(?:the\s+)?" + _NTH_SURE + r"(?!\s*(?:floor|time|visit|appointment|room))", _nth),
    (r"\bthe\s+" + _NTH_WORD + r"\b(?!\s+(?:\w+ )?(?:floor|time|visit|appointment|one|available|slot|opening))", _nth),
]
_DISTANCES: list[tuple[str, Reader]] = [
    (r"\bthe\s+day\s+after\s+tomorrow\b|\bday\s+after\s+tomorrow\b|\bovermorrow\b", _ahead(2)),
    (
        r"\b(?P<count>a|one|two)\s+weeks?\s+(?:from\s+)?(?:on\s+)?(?P<from>today|now|" + _DAY + r")\b",
        _week_from,
    ),
    (r"\bin\s+the\s+next\s+(?:few|couple\s+of)\s+days\b", lambda match, today: [(today, _day(today, 3))]),
    (r"\b(?:with)?in\s+(?:the\s+)?next\s+" + _COUNT + r"\s+(?P<unit>day|week|month)s?\b", _within),
    (r"\bwithin\s+" + _COUNT + r"\s+(?P<unit>day|week|month|fortnight)s?\b", _within),
    (r"\bin\s+a\s+few\s+days\b", lambda match, today: [(_day(today, 3), _day(today, 7))]),
    (r"\bin\s+" + _COUNT + r"(?:\s+more)?\s+(?P<unit>day|week|month|fortnight)s?(?:'s?)?(?:\s+time)?\b", _distance),
    (r"\b" + _COUNT + r"\s+(?P<unit>day|week|month|fortnight)s?\s+(?:from\s+(?:now|today)|later|hence)\b", _distance),
]
_WEEKS: list[tuple[str, Reader]] = [
    (
        r"\b(?P<name>" + _DAY + r")\s+(?:of\s+|in\s+)?(?P<which>(?:this|next|last)\s+week)\b",
        _in_week,
    ),
    (r"\b(?P<which>(?:this|next|last)\s+week)(?:'s)?,?\s+(?:on\s+)?(?P<name>" + _DAY + r")(?!\w)", _in_week),
    (
        r"\b(?P<name>" + _DAY + r")\s+after\s+next\b",
        lambda match, today: [one(weekday_in(today, _weekday(match["name"]), 2))],
    ),
    (r"\b(?P<which>this|next|last)\s+(?P<name>" + _DAY + r")(?!\w)", _in_week),
    (r"\bnext\s+weekend\b", _weekend(1)),
    (r"\blast\s+weekend\b", _weekend(-1)),
    (r"\b(?:(?:this|the|coming|at\s+the)\s+)*weekend\b", _weekend(0)),
    (r"\b(?:the\s+)?week\s+after\s+next\b", _weeks_ahead(2)),
    (r"\bnext\s+week\b", _weeks_ahead(1)),
    (r"\bthis\s+week\b", _weeks_ahead(0)),
    (r"\blast\s+week\b", _weeks_ahead(-1)),
    (
        r"\b(?:at\s+the\s+)?(?P<part>end|beginning|start|middle|early|mid|late)(?:\s+of)?[\s-]+(?:the|this|next)\s+month\b",
        _month_part,
    ),
    (r"\bnext\s+month\b", lambda match, today: [month_part(month_ahead(today, 1), "whole")]),
    (r"\bthis\s+month\b", lambda match, today: [month_part(month_ahead(today, 0), "whole")]),
    (
        r"\b(?:on|this\s+coming|coming|the|by|before|after|from|until|till|to|or|and)\s+(?P<bare_en>"
        + _DAY
        + r")(?![\w])",
        lambda match, today: next_weekday(today, _weekday(match["bare_en"])),
    ),
    (
        r"(?<!every )\b(?P<bare_en>" + _SURE_DAY + r")",
        lambda match, today: next_weekday(today, _weekday(match["bare_en"])),
    ),
    (
        r"(?:^|(?<=[,;-])\s*)(?P<bare_en>mon|wed|sat|sun|tue|thu)(?=\s*(?:$|[,.;!?-]|am\b|pm\b|morning|afternoon|evening|please|to\b|or\b))",
        lambda match, today: next_weekday(today, _weekday(match["bare_en"])),
    ),
]
_RELATIVES: list[tuple[str, Reader]] = [
    (r"\b(?:tomorrow|tomorow|tommorow|tommorrow|tmrw?|2moro)\b", _ahead(1)),
    (r"\b(?:today|later\s+today|same\s+day)\b", _ahead(0)),
    (r"\b(?=tonight\b)", _ahead(0)),
    (r"\bthis\s+(?=morning|afternoon|evening)", _ahead(0)),
    (r"\bthe\s+day\s+before\s+yesterday\b", _ahead(-2)),
    (r"\byesterday\b", _ahead(-1)),
]


def _day(today: date, ahead: int) -> date:
    return today + timedelta(days=ahead)
