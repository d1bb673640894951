from datetime import date, datetime, time
from pathlib import Path

import pytest
from pydantic import ValidationError

from actions.registration.holidays import load_holidays
from actions.registration.policy import Policy, load_policy
from actions.registration.timetable import dated_slots, periods
from knowledge.directory import load_directory
from tests.actions.registration.conftest import POLICY
from tests.actions.registration.hospital import SmallHospital


def test_the_rules_agree_with_what_the_hospital_says_of_itself(policy: Policy) -> None:
    facts = load_directory(POLICY.parent).hospital
    assert policy.horizon_days == facts.booking_horizon_days
    assert policy.release_time == facts.release_time
    assert policy.change_deadline_hours == facts.change_deadline_hours


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ("hold_minutes: 3|hold_minutes: 0", "greater than or equal"),
        ("hold_minutes: 3|hold_minutes: 30", "shorter than"),
        ('release_time: "07:00"|release_time: early', "time"),
        ("horizon_days: 28|horizon: 28", "horizon"),
    ],
)
def test_rules_that_make_no_sense_are_refused(tmp_path: Path, change: str, message: str) -> None:
    before, after = change.split("|")
    text = POLICY.read_text(encoding="utf-8")
    assert before in text
    (tmp_path / "r.yml").write_text(text.replace(before, after), encoding="utf-8")
    with pytest.raises(ValidationError, match=message):
        load_policy(tmp_path / "r.yml")


def test_the_last_day_opens_at_the_release_time(policy: Policy) -> None:
    assert policy.last_day(datetime(2026, 11, 24, 6, 59)) == date(2026, 12, 21)
    assert policy.last_day(datetime(2026, 11, 24, 7, 0)) == date(2026, 12, 22)


def test_a_morning_has_eight_periods() -> None:
    found = periods(SmallHospital().half_days["am"], 30)
    assert len(found) == 8
    assert (found[0], found[-1]) == ((time(8), time(8, 30)), (time(11, 30), time(12)))
    assert len(periods(SmallHospital().half_days["am"], 50)) == 4


def test_a_day_of_the_small_hospital() -> None:
    slots = list(dated_slots(SmallHospital(), date(2026, 11, 24), date(2026, 11, 24)))
    assert len(slots) == 32
    assert {slot.doctor for slot in slots} == {"li", "wang", "zhao"}  # sun's department takes no appointments
    assert slots[0].id == "li-20261124-0800"


def test_holidays_are_in_order_and_known_by_name() -> None:
    table = load_holidays()
    national = table.by_name()["国庆"]
    assert national.coming(date(2026, 10, 7)) == (date(2026, 10, 1), date(2026, 10, 7))
    assert national.coming(date(2026, 10, 8)) == (date(2027, 10, 1), date(2027, 10, 3))
    assert national.coming(date(2030, 1, 1)) is None
    for holiday in table.holidays:
        days = [(each.first, each.last) for each in holiday.days]
        assert days == sorted(days)
