"""The packet that a member of staff reads: every row has a name, nothing stands there twice."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from typing import Any

import pytest

from actions.handoff.packet import PACKET
from actions.registration.booking import appointment_params
from actions.registration.model import Appointment, SlotOffer
from actions.registration.times import offer_params, when_value
from actions.registration.when import When
from bot.console.packet import load_fields
from tests.bot.console.conftest import House
from tests.bot.console.test_policy import sentences

DAY, OTHER_DAY = date(2026, 11, 27), date(2026, 11, 30)


def offer(day: date) -> SlotOffer:
    return SlotOffer(
        slot_id="s1", doctor="d001", department="cardiology", kind="expert", day=day, half_day="am", start=time(8),
        end=time(8, 30), room="A3-302", fee_minor=5000, free=3,
    )  # fmt: skip


APPOINTMENT = Appointment(
    id="a1", number="J5188", status="booked", offer=offer(OTHER_DAY), patient_name="张*芳",
    created=datetime(2026, 11, 24, 9, tzinfo=UTC),
)  # fmt: skip
HELD = {**offer_params(offer(DAY)), "minutes": 3}


def rows(house: House, **slots: Any) -> dict[str, list[str]]:
    """Field → its Chinese values."""
    found: dict[str, list[str]] = {}
    for row in house.console.desk.writer.rows("c1", {"flow": "booking_form", "slots": slots}):
        found.setdefault(row["key"], []).append(row["zh"])
    return found


def test_every_row_that_a_flow_can_bring_has_a_name() -> None:
    fields, known = load_fields(), sentences()
    wish = when_value(When(day_from=DAY, day_to=DAY, half_day="am", from_time=time(9)), {"kind": "expert"})
    brought = {*HELD, *appointment_params(APPOINTMENT), *wish, *PACKET} - {"when", "held", "current"}
    assert "minutes" in fields.hidden
    assert [key for key in brought - fields.hidden if f"console.fact.{key}" not in known] == []


@pytest.mark.parametrize("status", ["booked", "changed", "cancelled"])
def test_the_state_of_an_appointment_is_said_in_words(status: str) -> None:
    assert f"console.value.{status}" in sentences()


def test_a_wish_for_one_day_is_one_row(house: House) -> None:
    found = rows(house, when={"day_from": "2026-11-27", "day_to": "2026-11-27", "half_day": "am", "from_time": None})
    assert found["day_wished"] == ["11月27日（周五）"]
    assert not {"day_from", "day_to"} & set(found)
    two = rows(house, when={"day_from": "2026-11-27", "day_to": "2026-11-30"})
    assert (two["day_from"], two["day_to"]) == (["11月27日（周五）"], ["11月30日（周一）"])
    assert "day_wished" not in rows(house, when={"day_from": None, "day_to": None, "half_day": "am"})


def test_a_place_that_is_kept_says_all_of_the_wish(house: House) -> None:
    found = rows(house, department="cardiology", when={"day_from": "2026-11-27", "day_to": "2026-11-27"}, held=HELD)
    assert found["day"] == ["11月27日（周五）"]
    assert not {"minutes", "day_wished", "day_from"} & set(found)
    assert [len(values) for values in found.values()] == [1] * len(found)


def test_of_a_change_the_old_and_the_new_time_are_told_apart(house: House) -> None:
    found = rows(house, current=appointment_params(APPOINTMENT), held=HELD)
    assert (found["current_day"], found["day"]) == (["11月30日（周一）"], ["11月27日（周五）"])
    assert found["number"] == ["J5188"]
    assert [len(values) for values in found.values()] == [1] * len(found)
