"""What expressions of time are made of: mentions of days and of hours, and the arithmetic of the calendar."""

from calendar import monthrange
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, time, timedelta
from re import Match, Pattern

MONDAY, SATURDAY, SUNDAY = 1, 6, 7
Span = tuple[date | None, date | None]
"""First and last day, both included; None is open."""


@dataclass(frozen=True)
class DayMention:
    """Days that a piece of the text names."""

    start: int
    end: int
    spans: tuple[Span, ...]
    """One; more where the words have more than one meaning."""
    weekday: int | None = None
    """ISO weekday where only that was said, so the words around may choose the week."""
    earliest: bool = False
    """Whether it says "as soon as possible" or "any day"."""


@dataclass(frozen=True)
class Hours:
    """An interval of start times; None is open."""

    half_day: str | None = None
    from_time: time | None = None
    to_time: time | None = None


@dataclass(frozen=True)
class TimeMention:
    """Hours that a piece of the text names."""

    start: int
    end: int
    options: tuple[Hours, ...]
    """One; more where the words have more than one meaning."""


Mention = DayMention | TimeMention
Reader = Callable[["Match[str]", date], Sequence[Span]]
Rule = tuple["Pattern[str]", Reader]


def week_of(today: date, weeks: int = 0) -> date:
    """Monday of the calendar week, so many weeks ahead."""
    return today - timedelta(days=today.isoweekday() - MONDAY) + timedelta(weeks=weeks)


def weekday_in(today: date, weekday: int, weeks: int) -> date:
    """The ISO weekday of the calendar week (Monday to Sunday) so many weeks ahead."""
    return week_of(today, weeks) + timedelta(days=weekday - MONDAY)


def next_weekday(today: date, weekday: int) -> list[Span]:
    """The next such day. On that very weekday it may mean today or a week from now: both are given."""
    ahead = (weekday - today.isoweekday()) % 7
    days = [today + timedelta(days=ahead)] if ahead else [today, today + timedelta(weeks=1)]
    return [one(day) for day in days]


def one(day: date) -> Span:
    """One day."""
    return (day, day)


def days_ahead(today: date, count: int) -> Span:
    """The day so many days from today."""
    return one(today + timedelta(days=count))


def month_ahead(today: date, months: int) -> date:
    """The first day of the month so many months ahead."""
    years, month = divmod(today.month - 1 + months, 12)
    return date(today.year + years, month + 1, 1)


def month_end(day: date) -> date:
    """The last day of the month."""
    return day.replace(day=monthrange(day.year, day.month)[1])


def months_ahead(today: date, months: int) -> date:
    """The same day so many months ahead, or the last of that month."""
    first = month_ahead(today, months)
    return first.replace(day=min(today.day, month_end(first).day))


def day_of_month(today: date, day: int, months: int | None = None) -> Span | None:
    """That day of the month `months` ahead; without it, of the next month that has it and where it is not over."""
    for ahead in range(13) if months is None else [months]:
        first = month_ahead(today, ahead)
        if 1 <= day <= month_end(first).day and (months is not None or first.replace(day=day) >= today):
            return one(first.replace(day=day))
    return None


def day_of_year(today: date, month: int, day: int, year: int | None = None) -> Span | None:
    """That date of the year; without a year, of this one, or of the next when it lies over half a year back."""
    try:
        found = date(year or today.year, month, day)
        if year is None and (today - found).days > 182:
            found = date(today.year + 1, month, day)
    except ValueError:
        return None
    return one(found)


def month_part(first: date, part: str) -> Span:
    """`early`, `middle`, `late` (ten days each) or `end` (the last five) of a month."""
    last = month_end(first)
    return {
        "early": (first, first.replace(day=10)),
        "middle": (first.replace(day=11), first.replace(day=20)),
        "late": (first.replace(day=21), last),
        "end": (last - timedelta(days=4), last),
        "whole": (first, last),
    }[part]


def weekend(today: date, weeks: int = 0) -> Span:
    """Saturday and Sunday of the calendar week so many weeks ahead."""
    return (weekday_in(today, SATURDAY, weeks), weekday_in(today, SUNDAY, weeks))


def week(today: date, weeks: int = 0) -> Span:
    """Monday to Sunday of the calendar week so many weeks ahead."""
    return (week_of(today, weeks), weekday_in(today, SUNDAY, weeks))


def known(span: Span | None) -> list[Span]:
    """A list of what there is."""
    return [] if span is None else [span]
