"""Changing, cancelling and looking up as conversations, without Rasa."""

from __future__ import annotations

import itertools
from dataclasses import replace
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


def test_somebody_known_who_has_none_left_is_told_so(front_desk: FrontDesk, conversation: str, number: str) -> None:
    book(front_desk, conversation, "orthopaedics", WEDNESDAY, number)
    patient = canceller(front_desk, conversation)
    for kind, value in (("patient_name", "王小明"), ("patient_id", number)):
        patient.state[kind] = front_desk.vault.keep(conversation, kind.removeprefix("patient_").upper(), value)
    patient.say("我要退号", "cancel_appointment")
    patient.say("是的", "affirm")
    patient.flow = LookupFlow(front_desk.registration, front_desk.vault)
    assert patient.say("查一下我的预约", "my_appointments") == ["registration.none_left"]
    assert patient.state["patient_name"]


@pytest.mark.parametrize("asked_first", ["ID", "NAME"])
def test_name_and_number_in_either_order(
    front_desk: FrontDesk, conversation: str, number: str, asked_first: str
) -> None:
    book(front_desk, f"{conversation}-before", "orthopaedics", WEDNESDAY, number)
    patient = canceller(front_desk, conversation)
    patient.say("我要退号", "cancel_appointment")
    if asked_first == "ID":
        assert patient.tell("ID", number) == ["registration.noted_id", "registration.ask_whose"]
        assert patient.tell("NAME", "王小明") == ["registration.confirm_cancel"]
    else:
        patient.tell("NAME", "王小明")
        assert patient.tell("NAME", "王小明") == ["registration.noted_name", "registration.ask_id"]


def test_a_name_is_never_taken_for_a_complaint(front_desk: FrontDesk, conversation: str, number: str) -> None:
    """The model knows the word for an insult from the letters of a token."""
    book(front_desk, conversation, "orthopaedics", WEDNESDAY, number)
    patient = canceller(front_desk, conversation)
    patient.say("我要退号", "cancel_appointment")
    token = front_desk.vault.keep(conversation, "NAME", "王小明")
    assert patient.say(token, "abuse") == ["control.not_understood", "registration.confirm_cancel"]


def test_the_name_of_somebody_else_asks_for_their_number(front_desk: FrontDesk, conversation: str, number: str) -> None:
    book(front_desk, conversation, "orthopaedics", WEDNESDAY, number)
    other = id_card("19660131", f"{next(COUNT):03d}")
    book(front_desk, f"{conversation}-other", "dermatology", FRIDAY, other, "李秀兰")
    patient = changer(front_desk, conversation)
    patient.say("我要改预约", "change_appointment")
    assert patient.tell("NAME", "李秀兰") == ["registration.noted_name", "registration.ask_id"]
    patient.tell("ID", other)
    assert patient.state["current"]["department"] == "dermatology"


def test_another_fee_is_said_before_the_yes_and_a_new_number_after_it(
    front_desk: FrontDesk, conversation: str, number: str
) -> None:
    fees = {"general": 2000, "expert": 5000}
    days = SlotQuery(department="orthopaedics", day_from=WEDNESDAY, day_to=FRIDAY)
    for kind in fees:
        assert front_desk.registration.search(replace(days, kind=kind), limit=1)
    offer = front_desk.registration.search(replace(days, kind="general"), limit=1)[0]
    hold = front_desk.registration.hold(offer.slot_id, conversation)
    old = front_desk.registration.book(hold.id, Identity("王小明", number), "kiosk")
    patient = changer(front_desk, conversation)
    patient.say("改到下周的专家号", "change_appointment")
    while patient.state["requested_slot"] != "hold":
        patient.press("option.day")
    dear = next(n for n, each in enumerate(patient.offers("option.slot")) if each["kind"] == "expert")
    assert patient.press("option.slot", dear) == ["registration.change_dearer", "registration.confirm_change"]
    warning = patient.last.says[0]["params"]
    assert (warning["old_fee"], warning["fee"], warning["difference"]) == (2000, 5000, 3000)
    assert patient.question["params"]["kind"] == "expert"
    assert patient.say("对", "affirm") == ["registration.changed"]
    assert patient.question["params"]["old_number"] == old.number
    assert patient.question["params"]["number"] != old.number
