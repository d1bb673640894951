"""Days in Chinese: 明天, 大后天, 下周三, 11月27号, 三天后, 月底, 国庆后. Order matters: a longer form stands first."""

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

NUMBER = r"(?:\d{1,3}|[一二两三四五六七八九十]{1,3})"
_DIGITS = {**{digit: value for value, digit in enumerate("零一二三四五六七八九")}, "两": 2, "〇": 0}
_WEEKDAYS = {**{name: value for value, name in enumerate("一二三四五六日", 1)}, "天": 7}
_WEEK = r"(?:周|星期|礼拜)"
_PREFIX = r"(?P<week>上上个?|上个?|这个?|本|下下个?|下个?)"
_NOT_A_DATE = r"(?!楼|窗|线|诊|门|厅|院|床|机|柜|电梯|台|馆|房|病|码|出口|口|通道|桌|医|车|针|药|次)"
_RELATIVE = {
    "大前天": -3, "前天": -2, "前日": -2, "昨天": -1, "昨日": -1, "昨儿个": -1, "昨儿": -1, "今天": 0, "今日": 0,
    "今儿个": 0, "今儿": 0, "当天": 0, "当日": 0, "本日": 0, "明天": 1, "明日": 1, "明儿个": 1, "明儿": 1,
    "后天": 2, "后儿个": 2, "后儿": 2, "后日": 2, "大后天": 3, "大后儿": 3,
}  # fmt: skip
_SHORT = {"今": 0, "明": 1, "后": 2, "昨": -1}
_MONTH_PARTS = {
    "初": "early", "上旬": "early", "中": "middle", "中旬": "middle", "下旬": "late", "底": "end", "末": "end",
}  # fmt: skip


def number(text: str) -> int:
    """27, 二十七, 十一, 两 → the number."""
    if text.isdigit():
        return int(text)
    if "十" in text:
        tens, _, ones = text.partition("十")
        return (_DIGITS[tens] if tens else 1) * 10 + (_DIGITS[ones] if ones else 0)
    value = 0
    for digit in text:
        value = value * 10 + _DIGITS[digit]
    return value


def rules() -> list[Rule]:
    """Every form with its reader, in the order they are tried."""
    return [
        (re.compile(pattern), reader)
        for pattern, reader in _DATES + _NUMERIC + _DISTANCES + _WEEKS + _MONTHS + _RELATIVES
    ]


def bare_weekday(match: "Match[str]") -> int | None:
    """The ISO weekday of a match that named no week."""
    groups = match.groupdict()
    return _weekday(groups["bare"]) if groups.get("bare") else None


def _weekday(name: str) -> int:
    return int(name) if name.isdigit() else _WEEKDAYS[name]


def _weeks(prefix: str) -> int:
    return {"上": -1, "上上": -2, "这": 0, "本": 0, "下": 1, "下下": 2}[prefix.rstrip("个")]


def _full_date(match: "Match[str]", today: date) -> list[Span]:
    year = match.groupdict().get("year")
    spoken = {"今年": today.year, "明年": today.year + 1, "后年": today.year + 2, None: None}
    which = int(year) if year and year.isdigit() else spoken[year]
    return known(day_of_year(today, number(match["month"]), number(match["day"]), which))


def _month_day(match: "Match[str]", today: date) -> list[Span]:
    return known(day_of_month(today, number(match["day"]), _months(match["which"])))


def _months(which: str | None) -> int:
    return {"上": -1, "下": 1, "下下": 2}.get((which or "").rstrip("个月"), 0)


def _bare_day(match: "Match[str]", today: date) -> list[Span]:
    return known(day_of_month(today, number(match["day"])))


def _month_part(match: "Match[str]", today: date) -> list[Span]:
    return [month_part(month_ahead(today, _months(match["which"])), _MONTH_PARTS[match["part"]])]


def _month_whole(match: "Match[str]", today: date) -> list[Span]:
    return [month_part(month_ahead(today, _months(match["which"])), "whole")]


def _named_month(match: "Match[str]", today: date) -> list[Span]:
    found = day_of_year(today, number(match["month"]), 1)
    if found is None or found[0] is None:
        return []
    first = found[0].replace(year=today.year if number(match["month"]) >= today.month else today.year + 1)
    return [month_part(first, _MONTH_PARTS.get(match["part"] or "", "whole"))]


def _week_range(match: "Match[str]", today: date) -> list[Span]:
    first, last = _weekday(match["day"]), _weekday(match["last"])
    if match["week"]:
        return [(weekday_in(today, first, _weeks(match["week"])), weekday_in(today, last, _weeks(match["week"])))]
    begins = today if first <= today.isoweekday() <= last else next_weekday(today, first)[0][0]
    return [(begins, begins + timedelta(days=(last - begins.isoweekday()) % 7))] if begins else []


def _day_range(match: "Match[str]", today: date) -> list[Span]:
    first = day_of_month(today, number(match["day"]))
    if first is None or first[0] is None:
        return []
    last = day_of_month(first[0], number(match["last"]))
    return _either(first, last) if last else []


def _week_day(match: "Match[str]", today: date) -> list[Span]:
    return [one(weekday_in(today, _weekday(match["day"]), _weeks(match["week"])))]


def _either(first: Span, last: Span) -> list[Span]:
    return [(first[0], last[1])]


_DATES: list[tuple[str, Reader]] = [
    (r"(?P<year>\d{4})年(?P<month>" + NUMBER + r")月(?P<day>" + NUMBER + r")[日号]?", _full_date),
    (r"(?P<year>\d{4})[-/.](?P<month>\d{1,2})[-/.](?P<day>\d{1,2})(?!\d)", _full_date),
    (
        r"(?P<year>今年|明年|后年)?的?(?P<month>" + NUMBER + r")月份?的?(?P<day>" + NUMBER + r")[日号]?(?!个)",
        _full_date,
    ),
    (r"(?P<which>上个?|这个?|本|下下个?|下个?)月的?(?P<day>" + NUMBER + r")[日号]", _month_day),
    (r"(?<![\d:])(?P<day>\d{1,2})[日号]?(?:到|至|~|-)(?P<last>\d{1,2})[日号]" + _NOT_A_DATE, _day_range),
]
_NUMERIC: list[tuple[str, Reader]] = [
    (
        r"(?<![\d./:-])(?P<month>1[0-2]|0?[1-9])-(?P<day>3[01]|[12]\d|0?[1-9])(?![\d./:-]|\s*(?:[天点时个岁周年元块次楼层]|am|pm))",
        _full_date,
    ),
    (
        r"(?<![\d./:-])(?P<month>1[0-2]|0[1-9])\.(?P<day>3[01]|[12]\d|0[1-9])(?![\d./:-]|\s*(?:[度天点时个岁周年元块次米斤]|am|pm))",
        _full_date,
    ),
]
_DISTANCES: list[tuple[str, Reader]] = [
    (r"(?:再过|过|等)?半个月(?:之后|以后|后)", lambda match, today: [days_ahead(today, 15)]),
    (
        r"(?:再过|过|等)?(?P<count>" + NUMBER + r")个月(?:之后|以后|后)",
        lambda match, today: [one(months_ahead(today, number(match["count"])))],
    ),
    (
        r"(?:再过|过|等)?(?P<count>" + NUMBER + r")个?" + _WEEK + r"(?:之后|以后|后)",
        lambda match, today: [days_ahead(today, 7 * number(match["count"]))],
    ),
    (
        r"(?P<count>" + NUMBER + r")个?" + _WEEK + r"(?:之内|以内|内)",
        lambda match, today: [(today, today + timedelta(weeks=number(match["count"])))],
    ),
    (r"(?:两三|三两)天(?:之内|以内|内)", lambda match, today: [(today, today + timedelta(days=3))]),
    (
        r"(?P<count>" + NUMBER + r")天(?:之内|以内|内)",
        lambda match, today: [(today, today + timedelta(days=number(match["count"])))],
    ),
    (r"(?:过|再过|等)?(?:几|些)天(?:之后|以后|后)", lambda match, today: [_ahead(today, 3, 7)]),
    (r"(?:再过|过|等)(?:几|些)天", lambda match, today: [_ahead(today, 3, 7)]),
    (r"(?:两三|三两)天(?:之后|以后|后)", lambda match, today: [_ahead(today, 2, 3)]),
    (
        r"(?:再过|过|等)?(?P<count>" + NUMBER + r")天(?:之后|以后|后(?!天))",
        lambda match, today: [days_ahead(today, number(match["count"]))],
    ),
    (r"(?:再过|过|等)两天", lambda match, today: [_ahead(today, 2, 3)]),
    (r"再过(?P<count>" + NUMBER + r")天", lambda match, today: [days_ahead(today, number(match["count"]))]),
    (
        r"(?:再过|过)(?P<count>" + NUMBER + r")个?" + _WEEK,
        lambda match, today: [days_ahead(today, 7 * number(match["count"]))],
    ),
    (r"(?:这|近|最近)(?:几|两|三|两三)天(?!一直|都|老|总|有点|很)", lambda match, today: [_ahead(today, 0, 2)]),
]
_WEEKS: list[tuple[str, Reader]] = [
    (
        r"(?:"
        + _PREFIX
        + r")?"
        + _WEEK
        + r"(?P<day>[一二三四五六日天])(?:到|至|~|-|—)"
        + _WEEK
        + r"?(?P<last>[一二三四五六日天])(?!点)",
        _week_range,
    ),
    (_PREFIX + _WEEK + r"的?(?:" + _WEEK + r")(?P<day>[一二三四五六日天1-7])(?!次)", _week_day),
    (_PREFIX + r"(?:周末|双休日|个?双休)", lambda match, today: [weekend(today, _weeks(match["week"]))]),
    (_PREFIX + _WEEK + r"(?P<day>[一二三四五六日天]|[1-7](?!\d|[天点:个]))(?!次)", _week_day),
    (r"(?:周末|双休日)", lambda match, today: [weekend(today)]),
    (
        r"(?<!每)(?<!一)" + _WEEK + r"(?P<bare>[一二三四五六日天]|[1-7](?!\d|[天点:个]))(?!次)",
        lambda match, today: next_weekday(today, _weekday(match["bare"])),
    ),
    (_PREFIX + _WEEK + r"(?![一二三四五六日天末])", lambda match, today: [week(today, _weeks(match["week"]))]),
]
_MONTHS: list[tuple[str, Reader]] = [
    (r"(?:今年)?年[底末]", lambda match, today: [(date(today.year, 12, 20), date(today.year, 12, 31))]),
    (r"(?P<month>" + NUMBER + r")月份?(?P<part>初|上旬|中旬|下旬|底|末)?(?!\d|份|经)", _named_month),
    (r"(?P<which>上个?|这个?|本|下下个?|下个?)?月的?(?P<part>初|上旬|中旬|下旬|中|底|末)", _month_part),
    (r"(?P<which>上个?|这个?|本|下下个?|下个?)月", _month_whole),
    (r"(?<![\d月挂第.:/-])(?P<day>\d{1,2})[号日]" + _NOT_A_DATE, _bare_day),
    (r"(?<![月挂第一二三四五六七八九十])(?P<day>[一二三四五六七八九十]{1,3})号" + _NOT_A_DATE, _bare_day),
]
_RELATIVES: list[tuple[str, Reader]] = [
    (r"今明[两二]?天", lambda match, today: _either(one(today), days_ahead(today, 1))),
    (r"明后[两二]?天", lambda match, today: _either(days_ahead(today, 1), days_ahead(today, 2))),
    (
        "(?P<word>" + "|".join(sorted(_RELATIVE, key=len, reverse=True)) + ")",
        lambda match, today: [days_ahead(today, _RELATIVE[match["word"]])],
    ),
    (
        r"(?P<word>[今明昨]|(?<![以之然最前背过])后)(?=早|晚|晨|上午|下午|中午|傍晚)",
        lambda match, today: [days_ahead(today, _SHORT[match["word"]])],
    ),
]


def _ahead(today: date, first: int, last: int) -> Span:
    return (today + timedelta(days=first), today + timedelta(days=last))
