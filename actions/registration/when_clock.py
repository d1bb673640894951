"""Hours of the day in both languages: 上午, 下午三点半, 9:30, 十点以后, "after 3pm", "half past two".

An hour without 上午/下午 or am/pm is read as people mean it at an outpatient desk that opens at eight: 1 to 5 is the
afternoon, 8 to 11 the morning, 12 noon; 6 and 7 have both readings.
"""

import re
from dataclasses import replace
from datetime import time
from re import Match

from actions.registration.when_en import number as english
from actions.registration.when_parts import Hours, TimeMention
from actions.registration.when_zh import NUMBER
from actions.registration.when_zh import number as chinese

PERIOD_MINUTES = 30
"""A named time means a visit that starts from then to half an hour later."""
AROUND_MINUTES = 30
"""左右, "around": so long before and after."""

_ENGLISH_HOURS = "one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve"
_HALF_ZH = (
    "凌晨|半夜|一大清?早|大清早|清早|清晨|一早|早上|早晨|早间|上午|中午|正午|晌午|下午|午后|傍晚"
    r"|晚上|晚间|夜里|夜间|夜晚|今晚|(?<=[今明后昨\x01])[早晚]|[早晚](?=\d|[二两三四五六七八九十])"
)
_MERIDIEM = {
    "凌晨": "night", "半夜": "night", "中午": "noon", "正午": "noon", "晌午": "noon", "下午": "pm", "午后": "pm",
    "傍晚": "pm", "晚上": "evening", "晚间": "evening", "夜里": "evening", "夜间": "evening", "夜晚": "evening",
    "晚": "evening", "今晚": "evening", "morning": "am", "afternoon": "pm", "evening": "evening", "am": "am",
    "pm": "pm", "a.m.": "am", "p.m.": "pm", "a.m": "am", "p.m": "pm", "night": "evening", "tonight": "evening",
}  # fmt: skip
_CLOCK_ZH = (
    r"(?:(?P<half@>" + _HALF_ZH + r")的?\s*|(?<![早晚快慢好近远大小多少有\d.]))(?:"
    r"(?<!\d)(?P<colon_h@>\d{1,2}):(?P<colon_m@>[0-5]\d)(?!\d|\s*(?:[ap]\.?m|in\s+the))"
    r"|(?P<less@>差(?:一刻|十分|五分|\d+分))(?:钟)?(?P<less_h@>" + NUMBER + r")点"
    r"|(?P<h@>" + NUMBER + r")\s?(?:点|时(?!间|候|辰))(?!儿|点|也|都不|度)"
    r"(?:钟|整|(?P<m@>半|一刻|三刻|[0-5]?\d(?!\d|[:点])分?|[二三四五]?十[一二三四五六七八九]?分?|零[一二三四五六七八九]分?|[一二三四五六七八九]分))?"
    r")"
)
_CLOCK_EN = (
    r"(?:(?P<past@>half\s+past|half|quarter\s+past|quarter\s+to|a\s+quarter\s+past|a\s+quarter\s+to|\d{1,2}\s+past|\d{1,2}\s+to)\s+)?"
    r"(?P<h@>\d{1,2}|" + _ENGLISH_HOURS + r")"
    r"(?:[:.](?P<m@>[0-5]\d)(?!\d)|\s+(?P<words@>thirty|fifteen|forty-five|forty five))?"
    r"\s*(?P<oclock@>o'?\s?clock)?\s*(?P<half@>a\.m\.?|p\.m\.?|am\b|pm\b|in\s+the\s+(?:morning|afternoon|evening)|at\s+night)?"
)
_JOIN = r"\s*(?:到|至|~|-|–|—|\bto\b|\bthrough\b|\buntil\b|\btill\b|\band\b)\s*"
_RANGE_ZH = re.compile(
    _CLOCK_ZH.replace("@", "1").replace(
        r"(?:点|时(?!间|候|辰))", r"(?:点|时(?!间|候|辰)|(?=\s*[-~到至]\s*\d{1,2}(?:点|:)))"
    )
    + _JOIN
    + _CLOCK_ZH.replace("@", "2")
)
_SINGLE_ZH = re.compile(
    _CLOCK_ZH.replace("@", "1")
    + r"(?P<more>多)?\s*(?P<rel>左右|上下|前后|之前|以前|前(?!台|面)|之后|以后|过后|开始|起|后(?!天|面)|[吧]?)"
)
_RANGE_EN = re.compile(
    r"\b(?:between\s+|from\s+)?" + _CLOCK_EN.replace("@", "1") + _JOIN + _CLOCK_EN.replace("@", "2") + r"(?![\w:/])",
    re.ASCII,
)
_SINGLE_EN = re.compile(
    r"\b(?:(?P<rel>after|from|past|before|by|until|till|at\s+around|at\s+about|around|about|at|earlier\s+than|later\s+than)\s+)?"
    + _CLOCK_EN.replace("@", "1")
    + r"(?![\w:/%])(?!\s*(?:days?|weeks?|months?|years?|hours?|minutes?|people|persons?|times?|degrees?"
    + r"|children|kids|nd|rd|st|th)\b)",
    re.ASCII,
)
_NAMED = [
    (re.compile(pattern, re.ASCII), hours)
    for pattern, hours in [
        (r"中午前|中午之前|中午以前|\bbefore\s+(?:noon|midday|lunch)\b", Hours(to_time=time(12))),
        (r"中午[之以]?后|\bafter\s+(?:noon|midday|lunch)\b|吃完午饭", Hours(from_time=time(12))),
        (r"下班[之以]?后|\bafter\s+work\b", Hours(from_time=time(17, 30))),
        (
            r"\bearly\s+(?:in\s+the\s+)?morning\b|一大清?早|大清早|清早|清晨|\bfirst\s+thing\b(?:\s+in\s+the\s+morning)?",
            Hours("am", None, time(10)),
        ),
        (r"\blate\s+(?:in\s+the\s+)?morning\b|上午晚[一]?[点些]", Hours("am", time(10))),
        (r"\blate\s+(?:in\s+the\s+)?afternoon\b|下午晚[一]?[点些]|\bend\s+of\s+the\s+day\b", Hours("pm", time(16))),
        (r"\bearly\s+(?:in\s+the\s+)?afternoon\b|下午早[一]?[点些]", Hours("pm", None, time(15))),
        (r"傍晚", Hours(None, time(17), time(19))),
        (r"中午|正午|晌午|\b(?:at\s+)?(?:noon|midday|lunch\s?time)\b", Hours(None, time(11), time(14))),
        (r"凌晨|半夜", Hours(None, time(0), time(6))),
        (r"上午|早上|早晨|早间|一早|(?<=[今明后昨\x01])早(?!点)|\b(?:in\s+the\s+)?mornings?\b|\bam\b", Hours("am")),
        (r"下午|午后|\b(?:in\s+the\s+)?afternoons?\b|\bpm\b", Hours("pm")),
        (
            r"晚上|夜里|夜间|夜晚|晚间|夜诊|(?<=[今明后昨\x01])晚|\b(?:in\s+the\s+)?evenings?\b|\btonight\b",
            Hours("evening"),
        ),
    ]
]
_EITHER_HALF = re.compile(r"上午和?[或、]?者?下午(?:都|皆|均)|(?:morning\s+or\s+afternoon)")


def times(text: str) -> list[TimeMention]:
    """Every mention of hours, in the order of the text; a longer form hides the shorter ones inside it."""
    found: list[TimeMention] = []
    hidden = _EITHER_HALF.sub(lambda match: " " * len(match.group()), text)
    for pattern, reader in ((_RANGE_ZH, _range), (_SINGLE_ZH, _single), (_RANGE_EN, _range), (_SINGLE_EN, _single)):
        for match in pattern.finditer(hidden):
            options = reader(match)
            if options:
                found.append(TimeMention(match.start(), match.end(), options))
        for mention in found:
            hidden = hidden[: mention.start] + "\0" * (mention.end - mention.start) + hidden[mention.end :]
    for pattern, hours in _NAMED:
        for match in pattern.finditer(hidden):
            found.append(TimeMention(match.start(), match.end(), (hours,)))
        hidden = pattern.sub(lambda match: "\0" * len(match.group()), hidden)
    return sorted(found, key=lambda mention: mention.start)


def joined(mentions: list[TimeMention], several_days: bool = False) -> tuple[Hours, ...]:
    """What all mentions together ask for: a half-day beside a time chooses the reading of the time.

    Of different half-days the last counts; where each belongs to a day of its own (`several_days`), all are open.
    """
    exact = [mention for mention in mentions if _exact(mention)]
    halves = [mention.options[0].half_day for mention in mentions if not _exact(mention)]
    if not exact:
        if len({half for half in halves if half}) > 1:
            return (Hours(),) if several_days else mentions[-1].options
        return mentions[-1].options if mentions else (Hours(),)
    options = exact[-1].options
    for half in halves[-1:]:
        fitting = tuple(
            replace(option, half_day=half) for option in options if option.to_time and _half_of(option) == half
        )
        options = fitting or options
    return options


def _exact(mention: TimeMention) -> bool:
    return any(option.from_time or option.to_time for option in mention.options)


def _half_of(hours: Hours) -> str:
    moment = hours.from_time or hours.to_time or time(12)
    return "am" if moment < time(12) else "pm" if moment < time(18) else "evening"


def _range(match: "Match[str]") -> tuple[Hours, ...]:
    second = _moments(match, 2)
    half = _half(match, 1) or (_half(match, 2) if _hour(match, 1) <= 12 else None)
    first = _moments(match, 1, half if _hour(match, 1) <= (_hour(match, 2) or 12) or _half(match, 1) else None)
    if not first or not second:
        return ()
    if _half(match, 1) and not _half(match, 2):
        second = _moments(match, 2, _half(match, 1)) or second
    for begin in first:
        for end in second:
            if begin < end:
                return (Hours(_side(_half(match, 1) or _half(match, 2), begin), begin, end),)
    return ()


def _single(match: "Match[str]") -> tuple[Hours, ...]:
    groups = match.groupdict()
    relation = (groups.get("rel") or "").split()[-1:] or [""]
    if "h1" in groups and "oclock1" in groups and not _surely_a_time(match, relation[0]):
        return ()
    half = _half(match, 1)
    return tuple(_related(relation[0], moment, half, bool(groups.get("more"))) for moment in _moments(match, 1))


def _surely_a_time(match: "Match[str]", relation: str) -> bool:
    """A bare English number is a time only beside at, after, before …, o'clock, am, pm, minutes or "half past"."""
    groups = match.groupdict()
    return bool(groups["m1"] or groups["words1"] or groups["oclock1"] or groups["half1"] or groups["past1"] or relation)


def _related(relation: str, moment: time, half: str | None, more: bool) -> Hours:
    if relation in ("之后", "以后", "后", "过后", "开始", "起", "after", "from", "past", "than") and relation:
        return Hours(None, moment, None)
    if relation in ("之前", "以前", "前", "before", "by", "until", "till"):
        return Hours(_side(half, moment), None, moment)
    if relation in ("左右", "上下", "前后", "around", "about"):
        return Hours(_side(half, moment), _plus(moment, -AROUND_MINUTES), _plus(moment, AROUND_MINUTES))
    return Hours(_side(half, moment), moment, _plus(moment, 60 if more else PERIOD_MINUTES))


def _side(half: str | None, moment: time) -> str | None:
    return _half_of(Hours(None, moment)) if half else None


def _plus(moment: time, minutes: int) -> time:
    total = min(max(moment.hour * 60 + moment.minute + minutes, 0), 24 * 60 - 1)
    return time(*divmod(total, 60))


def _hour(match: "Match[str]", place: int) -> int:
    groups = match.groupdict()
    text = groups.get(f"colon_h{place}") or groups.get(f"less_h{place}") or groups[f"h{place}"]
    return english(text) if text[0].isascii() else chinese(text)


def _half(match: "Match[str]", place: int) -> str | None:
    said = match.groupdict().get(f"half{place}")
    if not said:
        return None
    return _MERIDIEM.get(said.split()[-1], "am")


def _moments(match: "Match[str]", place: int, half: str | None = None) -> tuple[time, ...]:
    hour, minute = _hour(match, place), 0
    groups = match.groupdict()
    written = groups.get(f"colon_m{place}") or groups.get(f"m{place}")
    if written:
        minute = _minute(written)
    elif groups.get(f"words{place}"):
        minute = {"thirty": 30, "fifteen": 15}.get(groups[f"words{place}"], 45)
    shift = _shift(groups.get(f"past{place}") or groups.get(f"less{place}"))
    half = half or _half(match, place)
    sure = (groups.get(f"colon_h{place}") or groups.get(f"h{place}") or "").startswith("0")
    hours = [hour] if sure else _readings(hour, half)
    return tuple(_plus(time(each, minute), shift) for each in hours if each <= 23)


def _minute(text: str) -> int:
    text = text.rstrip("分")
    fixed = {"半": 30, "一刻": 15, "三刻": 45}
    return fixed[text] if text in fixed else chinese(text.lstrip("零") or "零")


def _shift(words: str | None) -> int:
    """Minutes to add for "half past", "quarter to", 差一刻."""
    if not words:
        return 0
    fixed = {
        "half": 30,
        "half past": 30,
        "quarter past": 15,
        "quarter to": -15,
        "差一刻": -15,
        "差十分": -10,
        "差五分": -5,
    }
    plain = " ".join(words.split()).removeprefix("a ")
    if plain in fixed:
        return fixed[plain]
    minutes = int("".join(filter(str.isdigit, plain)))
    return minutes if plain.endswith("past") else -minutes


def _readings(hour: int, half: str | None) -> list[int]:
    if hour > 12 or (hour == 0 and half is None):
        return [hour]
    if half == "am" or half == "night":
        return [0 if hour == 12 and half == "night" else hour]
    if half in ("pm", "evening"):
        return [hour + 12 if hour < 12 else (12 if half == "pm" else 24)]
    if half == "noon":
        return [hour + 12 if hour <= 2 else hour]
    if 1 <= hour <= 5:
        return [hour + 12]
    return [hour, hour + 12] if hour in (6, 7) else [hour]
