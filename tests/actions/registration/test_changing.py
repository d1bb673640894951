"""Changing, cancelling and looking up as conversations, without Rasa."""

from __future__ import annotations

import itertools
from datetime import date
from pathlib import Path

import pytest

from actions.registration.cancelling import CancelFlow, LookupFlow
from actions.registration.changing import ChangeFlow
from actions.registration.model import Identity, SlotQuery
from tests.actions.conftest import SECRET
from tests.actions.registration.front_desk import FrontDesk, open_front_desk
from tests.actions.talking import Talker, id_card

COUNT = itertools.count()
WEDNESDAY, FRIDAY = date(2026, 11, 25), date(2026, 11, 27)


@pytest.fixture(scope="module")
def front_desk(migrated_file: Path, tmp_path_factory: pytest.TempPathFactory) -> FrontDesk:
    return open_front_desk(migrated_file, tmp_path_factory.mktemp("changing"), SECRET)


def book(desk: FrontDesk, conversation: str, department: str, day: date, number: str, name: str = "王小明") -> None:
    offer = desk.registration.search(SlotQuery(department=department, day_from=day, day_to=day), limit=1)[0]
    hold = desk.registration.hold(offer.slot_id, conversation)
    desk.registration.book(hold.id, Identity(name, number), "kiosk")


def changer(desk: FrontDesk, conversation: str) -> Talker:
    flow = ChangeFlow(desk.registration, desk.directory, desk.guide, desk.vault, desk.clock.now)
    return Talker(flow, desk.vault, conversation)


def canceller(desk: FrontDesk, conversation: str) -> Talker:
    return Talker(CancelFlow(desk.registration, desk.vault, desk.directory, desk.clock.now), desk.vault, conversation)


@pytest.fixture
def conversation() -> str:
    return f"ch{next(COUNT)}"


@pytest.fixture
def number() -> str:
    return id_card("19550131", f"{next(COUNT):03d}")


def test_the_new_day_in_the_first_sentence(front_desk: FrontDesk, conversation: str, number: str) -> None:
    book(front_desk, conversation, "orthopaedics", WEDNESDAY, number)
    patient = changer(front_desk, conversation)
    assert patient.say("帮我改到周五", "change_appointment")[-1].startswith("registration.offer")
    friday = next(n for n, offer in enumerate(patient.offers("option.slot")) if offer["day"] == FRIDAY.isoformat())
    assert patient.press("option.slot", friday) == ["registration.confirm_change"]
    assert patient.question["params"]["old_day"] == WEDNESDAY.isoformat()
    assert patient.say("对", "affirm") == ["registration.changed"]
    assert [one.offer.day for one in front_desk.registration.of_conversation(conversation)] == [FRIDAY]


def test_of_two_the_department_that_was_named(front_desk: FrontDesk, conversation: str, number: str) -> None:
    book(front_desk, conversation, "orthopaedics", WEDNESDAY, number)
    book(front_desk, conversation, "dermatology", FRIDAY, number)
    patient = changer(front_desk, conversation)
    assert patient.say("皮肤科的改个时间", "change_appointment") == ["registration.ask_when_doctor"]
    assert patient.state["current"]["department"] == "dermatology"


@pytest.mark.parametrize(("words", "department"), [("骨科那个", "orthopaedics"), ("周五的", "dermatology")])
def test_of_two_the_one_that_is_pointed_at(
    front_desk: FrontDesk, conversation: str, number: str, words: str, department: str
) -> None:
    book(front_desk, conversation, "orthopaedics", WEDNESDAY, number)
    book(front_desk, conversation, "dermatology", FRIDAY, number)
    patient = changer(front_desk, conversation)
    assert patient.say("改预约", "change_appointment") == ["registration.which_appointment"]
    assert patient.say(words, "inform_choice") == ["registration.ask_when_doctor"]
    assert patient.state["current"]["department"] == department
    assert not patient.state.get("when")


def test_giving_a_change_up_keeps_the_old_place(front_desk: FrontDesk, conversation: str, number: str) -> None:
    book(front_desk, conversation, "orthopaedics", WEDNESDAY, number)
    patient = changer(front_desk, conversation)
    patient.say("改到周五", "change_appointment")
    patient.press("option.slot")
    assert patient.say("算了，不改了", "stop") == ["control.stopped"]
    assert [one.offer.day for one in front_desk.registration.of_conversation(conversation)] == [WEDNESDAY]
    assert patient.state["hold"] is None


def test_an_appointment_of_another_talk_needs_name_and_number(
    front_desk: FrontDesk, conversation: str, number: str
) -> None:
    book(front_desk, f"{conversation}-before", "orthopaedics", WEDNESDAY, number)
    patient = canceller(front_desk, conversation)
    assert patient.say("我要退号", "cancel_appointment") == ["registration.ask_whose"]
    assert patient.tell("NAME", "王小明") == ["registration.ask_id"]
    assert patient.tell("ID", number) == ["registration.confirm_cancel"]
    assert patient.say("退吧", "cancel_appointment") == ["registration.cancelled"]
    assert front_desk.registration.of_conversation(f"{conversation}-before") == []


def test_a_wrong_name_finds_nothing_and_is_forgotten(front_desk: FrontDesk, conversation: str, number: str) -> None:
    book(front_desk, f"{conversation}-before", "orthopaedics", WEDNESDAY, number)
    patient = canceller(front_desk, conversation)
    patient.say("我要退号", "cancel_appointment")
    patient.tell("NAME", "赵小兰")
    assert patient.tell("ID", number) == ["registration.none_to_cancel"]
    assert patient.state["patient_name"] is None
    assert patient.last.asked is None


@pytest.mark.parametrize(
    ("words", "intent", "says"),
    [
        ("取消", "stop", "registration.cancel_or_keep"),
        ("cancel", "cancel_appointment", "registration.cancel_or_keep"),
        ("不退了", "deny", "registration.kept"),
        ("算了", "stop", "registration.kept"),
        ("no, keep it", "deny", "registration.kept"),
        ("是的", "affirm", "registration.cancelled"),
        ("确认退号", "cancel_appointment", "registration.cancelled"),
    ],
)
def test_the_last_word_on_cancelling(
    front_desk: FrontDesk, conversation: str, number: str, words: str, intent: str, says: str
) -> None:
    book(front_desk, conversation, "orthopaedics", WEDNESDAY, number)
    patient = canceller(front_desk, conversation)
    assert patient.say("我要退号", "cancel_appointment") == ["registration.confirm_cancel"]
    assert patient.say(words, intent) == [says]
    left = front_desk.registration.of_conversation(conversation)
    assert len(left) == (0 if says == "registration.cancelled" else 1)


def test_looking_up(front_desk: FrontDesk, conversation: str, number: str) -> None:
    flow = LookupFlow(front_desk.registration, front_desk.vault)
    patient = Talker(flow, front_desk.vault, conversation)
    patient.say("我的预约", "my_appointments")
    patient.tell("NAME", "王小明")
    assert patient.tell("ID", number) == ["registration.none_found"]
    book(front_desk, conversation, "orthopaedics", WEDNESDAY, number)
    assert patient.say("我的预约", "my_appointments") == ["registration.yours", "registration.your_line"]
    assert patient.question["card"]["kind"] == "appointment"
