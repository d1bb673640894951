"""What an open page hears between its turns, live and after it was cut off."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from actions.errors import RecordsUnavailable
from bot.api.events import event, last_event, patient_events
from bot.messages import Message
from tests.bot.house import Front, Patient

Heard = tuple[str, Any, str | None]


def staff(text: str) -> Message:
    return Message(text, text, sender="staff", ai=False)


def write(front: Front, patient: Patient, text: str, message_id: str) -> int:
    """A line of staff, stored with tokens and told to the page as the console does."""
    masked = front.house.masker.mask(patient.id, text)
    number = front.store.add_staff_line(patient.id, message_id, staff(masked))
    front.house.hub.publish(patient.id, "message", staff(text).to_json())
    return number


def listen(front: Front, patient: Patient, after: int = 0, beat_s: float = 15.0) -> AsyncIterator[str]:
    return patient_events(front.house.hub, front.store, patient.id, after, beat_s)


def read(text: str) -> Heard:
    fields = dict(line.split(": ", 1) for line in text.strip().split("\n"))
    return fields["event"], json.loads(fields["data"]), fields.get("id")


async def following(stream: AsyncIterator[str]) -> Heard:
    return read(await asyncio.wait_for(anext(stream), 2))


async def test_lines_of_staff_come_live_in_the_clear_with_their_number(front: Front) -> None:
    patient = await front.patient()
    stream = listen(front, patient)
    assert await following(stream) == ("status", {"status": "bot"}, None)
    waiting = asyncio.create_task(following(stream))
    await asyncio.sleep(0.05)
    number = write(front, patient, "请打 13800131234", "s1")
    name, message, identity = await waiting
    assert (name, message["text"], message["from"], identity) == ("message", "请打 13800131234", "staff", str(number))
    assert front.store.transcript(patient.id)[-1].text.startswith("请打 [PHONE_")


async def test_what_was_missed_comes_first_and_nothing_twice(front: Front) -> None:
    patient = await front.patient()
    first, second = write(front, patient, "一", "s1"), write(front, patient, "二", "s2")
    stream = listen(front, patient, first)
    await following(stream)
    assert (await following(stream))[2] == str(second)
    waiting = asyncio.create_task(following(stream))
    await asyncio.sleep(0.05)
    third = write(front, patient, "三", "s3")
    assert (await waiting)[2] == str(third)
    everything = listen(front, patient)
    await following(everything)
    assert [(await following(everything))[1]["text"] for _ in range(3)] == ["一", "二", "三"]


async def test_more_lines_than_the_hub_keeps_are_all_read(front: Front) -> None:
    patient = await front.patient()
    stream = listen(front, patient)
    await following(stream)
    waiting = asyncio.create_task(following(stream))
    await asyncio.sleep(0.05)
    for number in range(150):
        write(front, patient, f"{number}", f"s{number}")
    texts = [(await waiting)[1]["text"], *[(await following(stream))[1]["text"] for _ in range(149)]]
    assert texts == [str(number) for number in range(150)]


async def test_other_events_pass_and_closing_ends_the_stream(front: Front) -> None:
    patient = await front.patient()
    stream = listen(front, patient)
    await following(stream)
    front.house.hub.publish(patient.id, "status", {"status": "human"})
    front.house.hub.publish(patient.id, "message", Message("有号了", "有号了").to_json())
    assert await following(stream) == ("status", {"status": "human"}, None)
    assert (await following(stream))[1]["text"] == "有号了"
    await front.desk.wipe(patient.id)
    assert await following(stream) == ("status", {"status": "closed"}, None)
    with pytest.raises(StopAsyncIteration):
        await anext(stream)
    assert not front.house.hub._listeners


async def test_a_closed_conversation_is_told_and_ended_at_once(front: Front) -> None:
    patient = await front.patient()
    await front.desk.wipe(patient.id)
    assert [read(text)[1] async for text in listen(front, patient)] == [{"status": "closed"}]


async def test_what_another_process_did_is_noticed_at_the_beat(front: Front) -> None:
    patient = await front.patient()
    stream = listen(front, patient, beat_s=0.05)
    await following(stream)
    front.store.set_status(patient.id, "human")  # nobody publishes it here
    assert await anext(stream) == ": beat\n\n"
    assert await following(stream) == ("status", {"status": "human"}, None)
    front.house.forgetting.wipe(patient.id)
    rest = [text async for text in stream]
    assert rest[-1] == event("status", {"status": "closed"})


async def test_records_that_are_away_only_delay(front: Front, monkeypatch: pytest.MonkeyPatch) -> None:
    patient = await front.patient()
    stream = listen(front, patient, beat_s=0.05)
    await following(stream)
    real = front.store.staff_lines

    def away(*_: Any) -> Any:
        raise RecordsUnavailable("simulated")

    monkeypatch.setattr(front.store, "staff_lines", away)
    number = write(front, patient, "一", "s1")
    assert await anext(stream) == ": beat\n\n"
    monkeypatch.setattr(front.store, "staff_lines", real)
    heard = ""
    while "event: message" not in heard:
        heard = await asyncio.wait_for(anext(stream), 2)
    assert read(heard)[2] == str(number)


@pytest.mark.parametrize(
    ("header", "number"),
    [(None, 0), ("", 0), ("17", 17), ("-1", 0), ("x", 0), ("１７", 0), ("9" * 30, 0), ("1.5", 0)],
)
def test_a_last_event_id_is_a_number_or_nothing(header: str | None, number: int) -> None:
    assert last_event(header) == number


def test_a_line_break_in_a_text_stays_inside_its_event() -> None:
    assert (
        event("message", {"text": "a\n\nevent: x"}, 3) == 'id: 3\nevent: message\ndata: {"text": "a\\n\\nevent: x"}\n\n'
    )
