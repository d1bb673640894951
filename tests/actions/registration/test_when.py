"""Days and hours in both languages, read from a table; see `when_cases.txt` for the notation."""

from datetime import date, time, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actions.registration.when import Ambiguous, When, parse_when

TODAY = date(2026, 11, 24)  # a Tuesday
NOW = time(9)


def _cases() -> list[tuple[str, str]]:
    lines = Path(__file__).with_name("when_cases.txt").read_text(encoding="utf-8").splitlines()
    pairs = [line.split(" => ") for line in lines if line and not line.startswith("#")]
    return [(text, expected) for text, expected in pairs]


CASES = _cases()


def notation(found: When | Ambiguous | None) -> str:
    """The result in the notation of the table."""
    if found is None:
        return "none"
    if isinstance(found, Ambiguous):
        return " | ".join(notation(option) for option in found.options)
    words = [_days(found), found.half_day or ""]
    if found.from_time or found.to_time:
        words.append(f"{_clock(found.from_time)}-{_clock(found.to_time)}")
    words += ["past"] * found.past + ["earliest"] * found.earliest
    return " ".join(word for word in words if word)


def _days(found: When) -> str:
    if found.day_from is None and found.day_to is None:
        return "*"
    first, last = (_day(day) for day in (found.day_from, found.day_to))
    return first if first == last else f"{first}..{last}"


def _day(day: date | None) -> str:
    return "" if day is None else f"{day:%m-%d}" if day.year == TODAY.year else day.isoformat()


def _clock(moment: time | None) -> str:
    return "" if moment is None else f"{moment:%H:%M}"


@pytest.mark.parametrize(("text", "expected"), CASES, ids=[text for text, _ in CASES])
def test_what_patients_say(text: str, expected: str) -> None:
    assert notation(parse_when(text, TODAY, NOW)) == expected


def test_table_is_large_enough_and_says_nothing_twice() -> None:
    texts = [text for text, _ in CASES]
    assert len(texts) >= 400
    assert len(set(texts)) == len(texts)


@pytest.mark.parametrize(
    ("today", "now", "text", "expected"),
    [
        (date(2026, 11, 25), time(9), "周三", "11-25 | 12-02"),
        (date(2026, 11, 25), time(17), "周三", "12-02"),
        (date(2026, 11, 25), time(15), "周三上午", "12-02 am"),
        (date(2026, 11, 25), time(15), "周三下午", "11-25 pm | 12-02 pm"),
        (date(2026, 11, 25), time(9), "这周三", "11-25"),
        (date(2026, 11, 25), time(15), "今天上午", "11-25 am past"),
        (date(2026, 11, 25), time(15), "today at 10am", "11-25 am 10:00-10:30 past"),
        (date(2026, 11, 25), time(8), "七点", "* 07:00-07:30 | * 19:00-19:30"),
        (date(2026, 11, 28), time(9), "周末", "11-28..11-29"),
        (date(2026, 11, 29), time(9), "这周末", "11-29"),
        (date(2026, 11, 29), time(9), "下周一", "11-30"),
        (date(2026, 11, 29), time(9), "周日", "11-29 | 12-06"),
        (date(2026, 11, 29), time(9), "next Monday", "11-30"),
        (date(2026, 11, 30), time(9), "next Monday", "12-07"),
        (date(2026, 11, 30), time(9), "31号", "12-31"),
        (date(2026, 12, 31), time(9), "明天", "2027-01-01"),
        (date(2026, 12, 31), time(9), "1月2号", "2027-01-02"),
        (date(2026, 12, 30), time(9), "下周三", "2027-01-06"),
        (date(2026, 9, 29), time(9), "国庆后", "10-08.."),
        (date(2026, 10, 3), time(9), "国庆后", "10-08.."),
        (date(2026, 9, 29), time(9), "after National Day", "10-08.."),
        (date(2026, 2, 16), time(9), "过年后", "02-24.."),
        (date(2026, 4, 29), time(9), "五一后", "05-06.."),
    ],
)
def test_other_days(today: date, now: time, text: str, expected: str) -> None:
    assert notation(parse_when(text, today, now)) == expected


def test_29_february_only_where_there_is_one() -> None:
    assert parse_when("2月29号", date(2027, 1, 10)) is None
    found = parse_when("2月29号", date(2028, 1, 10))
    assert isinstance(found, When)
    assert found.day_from == date(2028, 2, 29)


def test_span_is_the_words_that_were_read() -> None:
    found = parse_when("我想挂明天上午的心内科", TODAY, NOW)
    assert isinstance(found, When)
    assert found.span == "明天上午"


@given(st.text(max_size=60))
def test_any_text_is_read_without_failing(text: str) -> None:
    found = parse_when(text, TODAY, NOW)
    assert found is None or isinstance(found, When | Ambiguous)


@given(
    st.text(alphabet="今明后天周一二三四五六日上下午点半号月到前后个0123456789: -", max_size=14),
    st.dates(date(2026, 1, 1), date(2027, 12, 31)),
)
def test_days_are_in_order_and_never_begin_before_today_unless_past(text: str, today: date) -> None:
    found = parse_when(text, today, NOW)
    for each in found.options if isinstance(found, Ambiguous) else [found] if found else []:
        if each.day_from and not each.past:
            assert each.day_from >= today
        if each.day_from and each.day_to and each.past:
            assert each.day_to <= today + timedelta(days=0)
