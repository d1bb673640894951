"""Partners that die or stand still in the middle of a conversation: an apology with a number, and nothing lost.

A process that is stopped takes connections and never answers, as one 60 s late would; it stands still for 10 s here.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any

import httpx
import pytest

from tests.bot.house import EMERGENCY
from tests.e2e.patients import PEOPLE, book, choose_place, read_back
from tests.system import Reply, System, Talk, until

pytestmark = pytest.mark.slow

DEADLINE_S = 8.0
"""bot.turn_deadline_s."""
STANDSTILL_S = 10.0
ONE_MORE_S = 1.0


@pytest.fixture
def whole(system: System) -> Iterator[System]:
    """The system, whole before and after."""
    system.wait_ready()
    yield system
    system.wait_ready()


@dataclass(frozen=True)
class Timed:
    """A reply and how long it took."""

    reply: Reply
    seconds: float


def timed(say: Callable[[], Reply]) -> Timed:
    began = time.monotonic()
    reply = say()
    return Timed(reply, time.monotonic() - began)


def tickets(system: System, talk: Talk) -> list[dict[str, Any]]:
    return system.rows("SELECT * FROM tickets WHERE conversation = :id", id=talk.id)


def appointments(system: System, talk: Talk) -> list[dict[str, Any]]:
    return system.rows("SELECT * FROM appointments WHERE conversation = :id", id=talk.id)


def check_apology(system: System, talk: Talk, told: Timed, partner: str) -> None:
    """Within the deadline, in words, with the number of a ticket that is there."""
    assert told.seconds <= DEADLINE_S + ONE_MORE_S
    assert told.reply.status == 200
    (ticket,) = tickets(system, talk)
    assert ticket["number"] in told.reply.text, told.reply.text
    assert ticket["reason"] == "fault"
    assert partner in ticket["summary"] or "slow" in ticket["summary"], ticket["summary"]
    assert "ticket" in [card["kind"] for card in told.reply.cards]


ASKING = {"rasa": "明天上午", "actions": "明天上午", "chroma": "停车场怎么收费"}
"""What is said while the partner is away, after the patient asked for cardiology."""


@pytest.mark.parametrize("partner", ["rasa", "actions", "chroma"])
def test_a_killed_partner(whole: System, partner: str) -> None:
    before = whole.talk()
    book(before, next(PEOPLE))
    talk = whole.talk()
    talk.say("我想挂心内科")
    whole.kill(partner)
    state = whole.partners()
    told = timed(lambda: talk.say(ASKING[partner]))
    assert state[partner] == "down", state
    check_apology(whole, talk, told, partner)
    whole.wait_ready()
    assert whole.partners()[partner] == "up"
    check_next_turn(talk)
    assert [row["status"] for row in appointments(whole, before)] == ["booked"]


@pytest.mark.parametrize("partner", ["rasa", "actions", "chroma"])
def test_a_partner_that_stands_still(whole: System, partner: str) -> None:
    before = whole.talk()
    book(before, next(PEOPLE))
    talk = whole.talk()
    talk.say("我想挂心内科")
    with whole.paused(partner):
        began = time.monotonic()
        told = timed(lambda: talk.say(ASKING[partner]))
        check_apology(whole, talk, told, partner)
        assert whole.partners()[partner] == "down"
        time.sleep(max(0.0, STANDSTILL_S - (time.monotonic() - began)))
    whole.wait_ready()
    check_next_turn(talk)
    assert [row["status"] for row in appointments(whole, before)] == ["booked"]
    print(f"{partner}: apology after {told.seconds:.2f} s")


def check_next_turn(talk: Talk) -> None:
    """The form is still open: the day is taken, and places are offered."""
    reply = talk.say("明天上午")
    assert any("医生" in button["title"] for button in reply.buttons), "\n".join(talk.trace)


@pytest.mark.parametrize("sign", ["killed", "stopped"])
def test_a_booking_whose_partner_fails_at_the_yes_is_made_once_or_not_at_all(whole: System, sign: str) -> None:
    """The yes itself fails; said again afterwards it books, and never twice."""
    talk = whole.talk()
    read_back(talk, next(PEOPLE))
    if sign == "killed":
        whole.kill("actions")
        failed = timed(lambda: talk.press("确认预约"))
    else:
        with whole.paused("actions"):
            failed = timed(lambda: talk.press("确认预约"))
    check_apology(whole, talk, failed, "actions")
    whole.wait_ready()
    until(lambda: bool(talk.say("确认预约").text), "an answer")
    assert len(appointments(whole, talk)) == 1, "\n".join(talk.trace)


def test_a_bot_killed_in_the_middle_of_a_turn_answers_its_repeat_once(whole: System) -> None:
    talk = whole.talk()
    read_back(talk, next(PEOPLE))
    with ThreadPoolExecutor(1) as pool:
        with whole.paused("actions"):
            cut: Future[Reply] = pool.submit(talk.say, "确认预约", message_id="yes-1")
            time.sleep(1.0)
            whole.kill("bot")
            with pytest.raises(httpx.HTTPError):
                cut.result(10)
        replies: list[Reply] = []
        until(lambda: answered(whole, talk, "yes-1", replies), "the repeat is answered")
    (reply,) = replies
    assert [card["kind"] for card in reply.cards] == ["appointment"], reply.text
    assert len(appointments(whole, talk)) == 1
    again = talk.say("确认预约", message_id="yes-1")
    assert again.body == reply.body
    stored = whole.rows("SELECT * FROM turns WHERE conversation = :id AND message_id = 'yes-1'", id=talk.id)
    assert len(stored) == 1
    said = [event for event in whole.tracker(talk.id) if event["event"] == "user" and event["message_id"] == "yes-1"]
    assert len(said) == 1


def answered(system: System, talk: Talk, message_id: str, replies: list[Reply]) -> bool:
    """Whether the page, which tries again and again with the same id, has its answer."""
    talk.client = system.client()
    with suppress(httpx.HTTPError):
        reply = talk.say("确认预约", message_id=message_id)
        if reply.status == 200:
            replies.append(reply)
            return True
    return False


@pytest.mark.parametrize("language", ["zh", "en"])
def test_an_alarm_overtakes_a_hung_turn(whole: System, language: str) -> None:
    calm = [whole.talk(language, "K03") for _ in range(5)]
    for each in calm:
        each.say("你好" if language == "zh" else "hello there")
    usual = [timed(partial(each.say, EMERGENCY[language])).seconds for each in calm]
    talk = whole.talk(language, "K02")
    talk.say("我想挂心内科" if language == "zh" else "I want to book a cardiologist")
    with ThreadPoolExecutor(1) as pool:
        other = Talk(whole.client(), talk.id, talk.token, language)
        with whole.paused("rasa"):
            hung: Future[Reply] = pool.submit(other.say, "明天上午" if language == "zh" else "tomorrow morning")
            time.sleep(1.0)
            alarm = timed(lambda: talk.say(EMERGENCY[language]))
            assert not hung.done()
        silenced = hung.result(30)
    print(f"alarm: usually {statistics.median(usual):.3f} s, behind a hung turn {alarm.seconds:.3f} s")
    assert alarm.seconds < statistics.median(usual) + 0.1
    assert alarm.reply.body["safety"]["level"] == "emergency"
    assert alarm.reply.body["messages"][0]["level"] == "emergency"
    assert alarm.reply.body["language"] == language
    assert silenced.texts == []
    assert silenced.body["overtaken"]
    (ticket,) = tickets(whole, talk)
    assert (ticket["priority"], ticket["reason"], ticket["kiosk"]) == ("red", "emergency", "K02")
    whole.wait_ready()
    assert talk.press(0).text


def test_choosing_goes_on_after_bot_was_killed_between_turns(whole: System) -> None:
    talk = whole.talk()
    talk.say("我想挂明天上午的心内科")
    whole.kill("bot")
    whole.wait_ready()
    talk.client = whole.client()
    reply = talk.say("1")
    assert "姓名" in reply.text, "\n".join(talk.trace)
    held = whole.rows("SELECT state FROM holds WHERE conversation = :id", id=talk.id)
    assert [row["state"] for row in held] == ["held"]


def test_a_hold_survives_its_partners(whole: System) -> None:
    """A place that was held before the action server died is still the same one afterwards."""
    talk = whole.talk()
    choose_place(talk)
    held = whole.rows("SELECT id, state FROM holds WHERE conversation = :id", id=talk.id)
    whole.kill("actions")
    whole.wait_ready()
    person = next(PEOPLE)
    for words in (person.name, person.number, person.phone, "确认预约"):
        reply = talk.say(words)
    assert [card["kind"] for card in reply.cards] == ["appointment"], "\n".join(talk.trace)
    (row,) = appointments(whole, talk)
    assert [row["hold"]] == [each["id"] for each in held]
