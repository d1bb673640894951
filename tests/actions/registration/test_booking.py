"""Booking as one conversation after the other, without Rasa."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from pathlib import Path

import pytest

from actions.registration.booking import BookingFlow
from actions.registration.model import SlotQuery
from tests.actions.conftest import SECRET
from tests.actions.registration.front_desk import FrontDesk, open_front_desk
from tests.actions.talking import Talker, id_card

Start = Callable[[], Talker]
COUNT = itertools.count()


@pytest.fixture(scope="module")
def front_desk(migrated_file: Path, tmp_path_factory: pytest.TempPathFactory) -> FrontDesk:
    return open_front_desk(migrated_file, tmp_path_factory.mktemp("booking"), SECRET)


@pytest.fixture
def start(front_desk: FrontDesk) -> Start:
    desk = front_desk

    def begin() -> Talker:
        flow = BookingFlow(desk.registration, desk.directory, desk.guide, desk.vault, desk.clock.now)
        return Talker(flow, desk.vault, f"c{next(COUNT)}")

    return begin


def free(desk: FrontDesk, talker: Talker) -> int:
    """Free places in the period of the place that is kept."""
    held = talker.state["held"]
    offers = desk.registration.search(SlotQuery(doctor=held["doctor"]), limit=400, spread=False)
    return next(
        (one.free for one in offers if one.day.isoformat() == held["day"] and one.start.isoformat() == held["start"]), 0
    )


def person(talker: Talker, born: str, serial: str) -> list[str]:
    """Name, number and no phone."""
    talker.tell("NAME", "王小明")
    talker.tell("ID", id_card(born, serial))
    return talker.press("option.no_phone")


def test_from_the_wish_to_the_number(start: Start, front_desk: FrontDesk) -> None:
    patient = start()
    assert patient.say("我想挂明天上午的骨科", "book") == ["registration.offer"]
    assert {offer["day"] for offer in patient.offers("option.slot")} == {"2026-11-25"}
    assert patient.press("option.slot") == ["registration.ask_name"]
    assert patient.question["params"]["minutes"] == 3
    assert person(patient, "19600207", "003") == ["registration.confirm"]
    assert patient.say("对", "affirm") == ["registration.booked"]
    booked = front_desk.registration.of_conversation(patient.conversation)
    assert [(one.offer.department, one.status) for one in booked] == [("orthopaedics", "booked")]
    assert patient.state["hold"] is None
    assert patient.state["patient_name"]


def test_a_new_day_gives_the_place_back_and_opens_all_doctors(start: Start, front_desk: FrontDesk) -> None:
    patient = start()
    patient.say("骨科 明天上午", "book")
    patient.press("option.slot")
    kept = free(front_desk, patient)
    person(patient, "19610307", "005")
    first = patient.state["hold"]
    before = {**patient.state["held"]}
    assert patient.say("不对，改成周五", "correct") == ["registration.offer"]
    assert patient.state["hold"] is None
    assert patient.state["doctor"] is None
    assert {offer["day"] for offer in patient.offers("option.slot")} == {"2026-11-27"}
    patient.state["held"] = before
    assert free(front_desk, patient) == kept + 1
    patient.press("option.slot")
    assert patient.state["hold"] != first
    assert patient.question["say"] == "registration.confirm"


@pytest.mark.parametrize("intent", ["stop", "goodbye", "start_over"])
def test_leaving_gives_the_place_back(start: Start, front_desk: FrontDesk, intent: str) -> None:
    patient = start()
    patient.say("眼科 后天", "book")
    patient.press("option.slot")
    held, kept = {**patient.state["held"]}, free(front_desk, patient)
    patient.say("…", intent)
    assert patient.state["hold"] is None
    patient.state["held"] = held
    assert free(front_desk, patient) == kept + 1


def test_going_back_gives_the_place_back(start: Start, front_desk: FrontDesk) -> None:
    patient = start()
    patient.say("眼科 周五", "book")
    patient.press("option.slot")
    held, kept = {**patient.state["held"]}, free(front_desk, patient)
    assert patient.say("上一步", "go_back")[-1] == "registration.offer"
    patient.state["held"] = held
    assert free(front_desk, patient) == kept + 1


def test_a_second_appointment_of_the_day_is_refused_with_a_way_on(start: Start, front_desk: FrontDesk) -> None:
    patient = start()
    for wanted in ("registration.booked", "registration.already_booked"):
        patient.say("挂明天上午的皮肤科", "book")
        patient.press("option.slot")
        if not patient.state.get("patient_id"):
            person(patient, "19620411", "007")
        assert patient.say("对", "affirm") == [wanted]
    assert patient.state["hold"] is None
    assert patient.state["requested_slot"] == "when"
    assert patient.say("后天", "inform_when")[-1].startswith("registration.offer")


def test_a_child_is_sent_to_paediatrics_when_the_number_is_told(start: Start) -> None:
    patient = start()
    patient.say("心内科 明天上午", "book")
    patient.press("option.slot")
    patient.tell("NAME", "王小宝")
    assert patient.tell("ID", id_card("20180930", "003")) == ["registration.too_young"]
    assert patient.question["params"]["age"] == 8
    assert [offer["department"] for offer in patient.offers("option.book_department")] == ["paediatrics"]
    assert patient.press("option.book_department") == ["registration.offer"]
    assert patient.state["patient_id"]


@pytest.mark.parametrize(
    ("department", "born", "serial", "key"),
    [("妇科", "19700101", "003", "registration.only_female"), ("儿科", "19700101", "004", "registration.too_old")],
)
def test_who_does_not_fit_is_told_why(start: Start, department: str, born: str, serial: str, key: str) -> None:
    patient = start()
    patient.say(f"{department} 后天", "book")
    patient.press("option.slot")
    patient.tell("NAME", "王小明")
    assert patient.tell("ID", id_card(born, serial)) == [key]


def test_a_wrong_number_is_asked_once_and_a_human_offered_at_the_second(start: Start) -> None:
    patient = start()
    patient.say("骨科 后天", "book")
    patient.press("option.slot")
    patient.tell("NAME", "王小明")
    right = id_card("19630519", "003")
    wrong = right[:-1] + ("1" if right[-1] != "1" else "2")
    assert patient.tell("ID", wrong) == ["registration.wrong_id"]
    assert not patient.options
    assert patient.tell("ID", wrong) == ["registration.wrong_id"]
    assert [option["command"] for option in patient.options] == ["/handoff"]
    assert patient.tell("ID", right) == ["registration.ask_phone"]


@pytest.mark.parametrize(
    ("words", "intent"),
    [("没有手机", "stop"), ("不用了", "deny"), ("算了，不留电话", "stop"), ("I don't have a phone", "help")],
)
def test_no_phone_in_words_is_no_stop(start: Start, words: str, intent: str) -> None:
    patient = start()
    patient.say("骨科 周五", "book")
    patient.press("option.slot")
    patient.tell("NAME", "王小明")
    patient.tell("ID", id_card("19640623", "003"))
    assert patient.say(words, intent) == ["registration.confirm"]


def test_two_readings_of_a_day_are_two_buttons(start: Start) -> None:
    patient = start()
    patient.say("耳鼻喉科", "book")
    assert patient.say("周二", "inform_when") == ["registration.which_time"]
    assert [offer["day"] for offer in patient.offers("option.day")] == ["2026-11-24", "2026-12-01"]
    assert patient.press("option.day", 1)[-1].startswith("registration.offer")
    assert patient.state["when"]["day_from"] == "2026-12-01"


def test_a_closed_day_brings_the_days_around_it(start: Start) -> None:
    patient = start()
    assert patient.say("心内科，星期天", "book") == ["registration.offer_instead_day"]
    assert patient.question["params"]["asked_day"] == "2026-11-29"
    assert {"2026-11-28", "2026-11-30"} <= {offer["day"] for offer in patient.offers("option.slot")}


def test_one_doctor_refused_another_named(start: Start) -> None:
    patient = start()
    patient.say("沈若兰医生 周五", "book")
    patient.say("不要沈若兰，要曾庆梅医生", "correct")
    assert patient.state["doctor"] == "d003"
    assert {offer["doctor"] for offer in patient.offers("option.slot")} == {"d003"}


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ("挂李医生的号", "registration.which_doctor"),
        ("我想挂钱学林医生的号", "registration.ask_department"),
        ("Dr Frankenstein please", "registration.ask_department"),
        ("挂内科", "registration.which_department"),
        ("挂急诊", "registration.walk_in"),
    ],
)
def test_names_that_are_not_clear(start: Start, words: str, says: str) -> None:
    assert start().say(words, "book")[-1] == says


def test_an_unknown_doctor_is_said_to_be_unknown(start: Start) -> None:
    assert start().say("我想挂钱学林医生的号", "book")[0] == "registration.unknown_doctor"


def test_symptoms_go_to_the_guide_with_the_day(start: Start) -> None:
    patient = start()
    assert patient.say("挂号，膝盖疼，明天上午来看", "book") == []
    assert patient.last.follow == "guide_form"
    assert patient.state["when"]["day_from"] == "2026-11-25"


def test_a_complaint_in_the_middle_loses_nothing(start: Start) -> None:
    patient = start()
    patient.say("眼科 周五", "book")
    patient.press("option.slot")
    hold = patient.state["hold"]
    says = patient.say("我这两天膝盖疼得厉害", "complaint")
    assert says == ["registration.complaint_elsewhere", "registration.ask_name"]
    assert patient.state["hold"] == hold


@pytest.mark.parametrize(
    ("words", "intent"), [("改一下", "stop"), ("change it", "stop"), ("我要改预约", "change_appointment")]
)
def test_a_change_without_saying_which(start: Start, words: str, intent: str) -> None:
    patient = start()
    patient.say("骨科 周五", "book")
    assert patient.say(words, intent) == ["registration.what_is_wrong"]
    assert patient.state["requested_slot"] == "hold"


@pytest.mark.parametrize(
    ("words", "intent"), [("忘了", "stop"), ("身份证忘记带了", "out_of_scope"), ("I forgot my passport", "")]
)
def test_no_document_at_hand_is_no_dead_end(start: Start, words: str, intent: str) -> None:
    patient = start()
    patient.say("骨科 周五", "book")
    patient.press("option.slot")
    patient.tell("NAME", "王小明")
    assert patient.say(words, intent) == ["registration.no_id"]
    assert patient.state["requested_slot"] == "patient_id"


def test_another_doctor_is_another(start: Start) -> None:
    patient = start()
    patient.say("康复科，后天下午两点", "book")
    first = {offer["doctor"] for offer in patient.offers("option.slot")}
    assert patient.say("换个医生", "change_appointment")[-1].startswith("registration.offer")
    assert not first & {offer["doctor"] for offer in patient.offers("option.slot")}
    assert {offer["day"] for offer in patient.offers("option.slot")} == {"2026-11-26"}


def test_cancel_before_anything_is_booked_is_a_stop(start: Start) -> None:
    patient = start()
    patient.say("骨科 周五", "book")
    assert patient.say("取消预约", "cancel_appointment") == ["control.stopped_cancel"]
    assert patient.last.asked is None
    assert patient.last.follow is None


@pytest.mark.parametrize(
    ("words", "intent"),
    [
        ("随便", "inform_choice"),
        ("都行", "inform_choice"),
        ("最早的", "inform_choice"),
        ("any time", "inform_choice"),
        ("no preference", "deny"),
        ("any of them is fine", "affirm"),
        ("whichever", ""),
        ("I don't mind", "deny"),
    ],
)
def test_whichever_takes_the_first_place_and_says_so(start: Start, words: str, intent: str) -> None:
    patient = start()
    patient.say("肾内科 周五", "book")
    first = patient.offers("option.slot")[0]
    assert patient.say(words, intent) == ["registration.took_first", "registration.ask_name"]
    assert {key: patient.question["params"][key] for key in ("day", "start", "doctor")} == {
        key: first[key] for key in ("day", "start", "doctor")
    }


def test_the_first_one_is_a_choice(start: Start) -> None:
    patient = start()
    patient.say("肾内科 周五", "book")
    assert patient.say("the first one", "inform_choice") == ["registration.ask_name"]


def test_a_bare_yes_to_several_places_takes_none(start: Start) -> None:
    patient = start()
    patient.say("肾内科 周五", "book")
    shown = patient.offers("option.slot")
    assert patient.say("yes", "affirm") == ["registration.which_place"]
    assert patient.offers("option.slot") == shown
    assert not patient.state.get("hold")
    assert patient.say("好的，改成周四", "affirm")[-1].startswith("registration.offer")


def test_a_bare_yes_to_the_only_place_takes_it(
    start: Start, front_desk: FrontDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    search = front_desk.registration.search
    monkeypatch.setattr(front_desk.registration, "search", lambda *query, **limits: search(*query, **limits)[:1])
    patient = start()
    assert patient.say("骨科 周五", "book") == ["registration.offer_one"]
    assert patient.say("yes", "affirm") == ["registration.ask_name"]


def test_a_place_for_somebody_known_is_named(start: Start) -> None:
    patient = start()
    patient.say("骨科 周五", "book")
    assert patient.tell("NAME", "王小明") == ["registration.noted_name", "registration.offer"]
    assert patient.tell("ID", id_card("19600207", "311")) == ["registration.noted_id", "registration.offer"]
    assert patient.say("都行", "inform_choice") == [
        "registration.took_first",
        "registration.place_kept",
        "registration.ask_phone",
    ]


def test_a_phone_number_is_no_document_number_and_the_other_way_round(start: Start) -> None:
    patient = start()
    patient.say("骨科 周五", "book")
    patient.press("option.slot")
    patient.tell("NAME", "王小明")
    assert patient.tell("PHONE", "13812345678") == ["registration.noted_phone", "registration.phone_for_id"]
    assert patient.state["requested_slot"] == "patient_id"
    assert patient.tell("ID", id_card("19600207", "313")) == ["registration.confirm"]
    other = start()
    other.say("骨科 周五", "book")
    other.press("option.slot")
    other.tell("NAME", "王小明")
    known = id_card("19600207", "315")
    assert other.tell("ID", known) == ["registration.ask_phone"]
    token = other.state["patient_id"]
    assert other.tell("ID", known[:-1] + ("1" if known[-1] != "1" else "2")) == ["registration.id_for_phone"]
    assert other.state["patient_id"] == token


@pytest.mark.parametrize(
    ("words", "intent"),
    [
        ("等一下", "stop"),
        ("稍等，我找找身份证", "stop"),
        ("等会儿", "stop"),
        ("hold on", "stop"),
        ("wait a moment", "stop"),
        ("just a second, let me find my passport", "stop"),
    ],
)
def test_somebody_who_needs_a_moment_loses_nothing(start: Start, words: str, intent: str) -> None:
    patient = start()
    patient.say("骨科 周五", "book")
    for step in ("hold", "patient_name", "patient_id", "patient_phone", "confirmed"):
        assert patient.state["requested_slot"] == step
        assert patient.say(words, intent) == ["control.no_hurry"]
        assert patient.state["requested_slot"] == step
        match step:
            case "hold":
                patient.press("option.slot") if patient.offers("option.slot") else patient.say("都行", "")
            case "patient_name":
                patient.tell("NAME", "王小明")
            case "patient_id":
                patient.tell("ID", id_card("19600207", "317"))
            case "patient_phone":
                patient.say("不留", "deny")
    assert patient.state["hold"]


def test_booking_after_all_is_no_stop(start: Start) -> None:
    patient = start()
    patient.say("骨科 周五", "book")
    assert patient.say("还是挂号吧", "stop") == ["control.back_to_it", "registration.offer"]
    assert patient.say("不继续了", "stop") == ["control.stopped"]


@pytest.mark.parametrize(
    "words", ["我没带身份证", "没带证件", "身份证忘带了", "I forgot my passport", "I don't have my ID with me"]
)
def test_no_document_while_the_name_is_asked(start: Start, words: str) -> None:
    patient = start()
    patient.say("骨科 周五", "book")
    patient.press("option.slot")
    assert patient.say(words, "stop") == ["registration.no_id", "registration.ask_name"]


def test_a_fall_last_week_is_no_day(start: Start) -> None:
    patient = start()
    patient.say("骨科", "book")
    says = patient.say("I fell down the stairs last week and my wrist hurts", "inform_when")
    assert "registration.past_day" not in says
    assert patient.say("昨天", "inform_when")[0] == "registration.past_day"


@pytest.mark.parametrize(("words", "asked"), [("换一天", "when"), ("都不行", "when"), ("还有别的吗", "hold")])
def test_none_of_the_places(start: Start, words: str, asked: str) -> None:
    patient = start()
    patient.say("骨科 周四", "book")
    shown = patient.offers("option.slot")
    patient.say(words, "deny" if asked == "when" else "ask_hospital")
    assert patient.state["requested_slot"] == asked
    assert patient.offers("option.slot") != shown


def test_the_place_that_is_told_while_the_name_is_asked_is_no_name(start: Start) -> None:
    patient = start()
    patient.say("骨科 周四", "book")
    patient.press("option.slot")
    token = patient.vault.keep(patient.conversation, "NAME", "等一下")
    assert patient.say(f"{token}，还是改到周五吧", "inform_when")[-1] == "registration.offer"
    assert not patient.state.get("patient_name")


def test_the_department_said_again_keeps_the_doctor(start: Start) -> None:
    patient = start()
    patient.say("心内科沈若兰医生", "book")
    patient.say("心内科周五", "inform_when")
    assert patient.state["doctor"] == "d002"
