"""When a patient wants to come: days, half-days and hours in Chinese and English, read without a clock of its own.

Rules where usage differs:

- A week runs from Monday to Sunday. 这周五 / "this Friday" is this week's, past or not; 下周五 / "next Friday" is next
  week's; 周五 / "Friday" alone is the next one.
- A weekday alone that is today's has two readings, today and a week from now: `Ambiguous`, unless today's is over.
- 27号 / "the 27th" alone is the next 27th. A date without a year is this year's; one that lies more than half a year
  back is next year's.
- 3/4 is 3月4日 beside Chinese words; in an English sentence it has both readings.
- 以前, 之前, "before" leave the day out, "by" takes it in; 以后, 之后, "after" begin the day after.
- Of several days the last counts (不对，改成周五); one that is refused (周三不行) does not, and neither does a day on
  which something began (昨天开始疼).
"""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, time

from actions.registration import when_clock
from actions.registration.holidays import HolidayTable, load_holidays
from actions.registration.when_days import is_refused, join_days, read_days
from actions.registration.when_parts import Hours, Mention, Span

__all__ = ["Ambiguous", "When", "parse_when"]

HALF_DAY_ENDS = {"am": time(12), "pm": time(18), "evening": time(21)}
"""When a half-day of today is over, as far as words go."""
EVENING = time(17)
"""From this hour on, today's weekday alone means next week's."""


@dataclass(frozen=True)
class When:
    """The days and hours that suit; None is open."""

    day_from: date | None
    """First day; None where no day was said."""
    day_to: date | None
    """Last day; None where it is open."""
    half_day: str | None = None
    """`am`, `pm` or `evening`."""
    from_time: time | None = None
    """Earliest start."""
    to_time: time | None = None
    """The visit must start before this."""
    span: str = ""
    """The words it was read from."""
    past: bool = False
    """Whether all of it is over, so that it can be said."""
    earliest: bool = False
    """Whether "as soon as possible" or "any day" was said; `day_from` is then today."""


@dataclass(frozen=True)
class Ambiguous:
    """Words with more than one meaning: ask back with these."""

    options: tuple[When, ...]
    span: str


def parse_when(
    text: str, today: date, now: time | None = None, holidays: HolidayTable | None = None
) -> When | Ambiguous | None:
    """What the text says about when; None where it says nothing. `now` is the hospital's local time of day."""
    plain = unicodedata.normalize("NFKC", text).lower().replace("’", "'")
    days = read_days(plain, today, holidays or load_holidays())
    hidden = plain
    for mention in days.taken:
        hidden = hidden[: mention.start] + "\1" * (mention.end - mention.start) + hidden[mention.end :]
    times = [each for each in when_clock.times(hidden) if not days.drops(each) and not is_refused(each, plain)]
    used: list[Mention] = [*days.kept, *times]
    if not used:
        return None
    words = plain[min(each.start for each in used) : max(each.end for each in used)].strip()
    earliest = bool(days.kept) and days.kept[0].earliest
    spans = join_days(days.kept, plain)
    several = len(days.kept) > 1 and spans[0][0] == days.kept[0].spans[0][0]
    hours = when_clock.joined(times, several) if times else (Hours(),)
    found = [_when(span, each, today, now, words, earliest) for span in spans for each in hours]
    return _decide(found, words, today, now)


def _when(span: Span, hours: Hours, today: date, now: time | None, words: str, earliest: bool) -> When:
    first, last = span
    past = last is not None and (last < today or (last == today and _is_over(hours, now)))
    if first is not None and not past:
        first = max(first, today)
    return When(first, last, hours.half_day, hours.from_time, hours.to_time, words, past, earliest)


def _is_over(hours: Hours, now: time | None) -> bool:
    """Whether these hours of today have passed."""
    if now is None:
        return False
    end = hours.to_time or (HALF_DAY_ENDS[hours.half_day] if hours.half_day else None)
    return end is not None and end <= now


def _decide(found: Sequence[When], words: str, today: date, now: time | None) -> When | Ambiguous:
    found = list(dict.fromkeys(found))
    ahead = [each for each in found if not each.past]
    if len(ahead) > 1 and now is not None and now >= EVENING:
        ahead = [each for each in ahead if each.day_from != today] or ahead
    if not ahead:
        return found[-1]
    return ahead[0] if len(ahead) == 1 else Ambiguous(tuple(ahead), words)
