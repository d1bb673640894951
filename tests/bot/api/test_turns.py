"""The contract of the API: opening, turns, streams, repeats, the end."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from actions.errors import RecordsUnavailable
from tests.bot.api.conftest import Door, client_of, code_of, make_door
from tests.bot.house import EMERGENCY, Front, Patient, Tables


def sign(patient: Patient) -> dict[str, str]:
    return {"authorization": f"Bearer {patient.token}"}


async def say(client: httpx.AsyncClient, patient: Patient, text: str, **more: Any) -> httpx.Response:
    url = f"/api/v1/conversations/{patient.id}/messages"
    return await client.post(url, json={"text": text, **more}, headers=sign(patient))


async def test_a_conversation_from_opening_to_end(client: httpx.AsyncClient) -> None:
    opened = await client.post("/api/v1/conversations", json={"channel": "kiosk", "language": "en", "kiosk": "K02"})
    assert opened.status_code == 201
    body = opened.json()
    assert set(body) == {"conversation_id", "token", "messages"}
    url = f"/api/v1/conversations/{body['conversation_id']}"
    headers = {"authorization": f"Bearer {body['token']}"}
    reply = (await client.post(f"{url}/messages", json={"text": "hello there"}, headers=headers)).json()
    assert set(reply) == {"conversation_id", "turn", "language", "status", "safety", "messages", "overtaken"}
    assert (reply["conversation_id"], reply["turn"], reply["language"]) == (body["conversation_id"], 1, "en")
    assert reply["safety"] == {"level": "none", "rule": None}
    message = reply["messages"][0]
    assert {"text", "speech", "buttons", "citations", "card"} <= set(message)
    assert all(set(button) == {"title", "payload"} for button in message["buttons"])
    assert (await client.delete(url, headers=headers)).status_code == 204
    for gone in (
        await client.post(f"{url}/messages", json={"text": "hello"}, headers=headers),
        await client.get(f"{url}/events", headers=headers),
        await client.delete(url, headers=headers),
    ):
        assert (gone.status_code, code_of(gone)) == (410, "conversation.closed")


async def test_a_stream_sends_each_message_and_then_the_rest(door: Door, client: httpx.AsyncClient) -> None:
    patient = await door.front.patient()
    door.front.engine.answers["你好"] = [{"say": "small_talk.greet"}, {"say": "control.menu", "menu": True}]
    url = f"/api/v1/conversations/{patient.id}/messages"
    headers = {**sign(patient), "accept": "text/event-stream"}
    answer = await client.post(url, json={"text": "你好", "message_id": "m1"}, headers=headers)
    assert answer.headers["content-type"].startswith("text/event-stream")
    events = [block.split("\n") for block in answer.text.strip().split("\n\n")]
    assert [lines[0] for lines in events] == ["event: message", "event: message", "event: done"]
    done = json.loads(events[-1][1].removeprefix("data: "))
    assert (done["turn"], done["status"], "messages" in done) == (1, "bot", False)
    whole = (await say(client, patient, "别的", message_id="m1")).json()
    told = [json.loads(lines[1].removeprefix("data: ")) for lines in events[:-1]]
    assert whole["messages"] == told
    assert whole["turn"] == 1


async def test_arrival_decides_the_order(door: Door, client: httpx.AsyncClient) -> None:
    patient = await door.front.patient()
    door.front.engine.hold = asyncio.Event()
    sent = []
    for number in range(20):
        sent.append(asyncio.create_task(say(client, patient, f"第{number}句")))
        await asyncio.sleep(0)
    await asyncio.sleep(0.1)
    door.front.engine.hold.set()
    answers = await asyncio.gather(*sent)
    assert [answer.json()["turn"] for answer in answers] == list(range(1, 21))


async def test_a_refused_turn_does_not_hold_up_the_next(door: Door, client: httpx.AsyncClient) -> None:
    patient = await door.front.patient()
    for text in ("", "😀", "长" * 1001):
        assert (await say(client, patient, text)).status_code in (400, 413)
    wrong = Patient(door.front, patient.id, "wrong", "zh", "kiosk")
    assert (await say(client, wrong, "你好")).status_code == 403
    assert (await asyncio.wait_for(say(client, patient, "你好"), 5)).json()["turn"] == 1


async def test_a_client_that_hangs_up_loses_nothing(door: Door, client: httpx.AsyncClient) -> None:
    patient = await door.front.patient()
    door.front.engine.hold = asyncio.Event()
    cut = asyncio.create_task(say(client, patient, "你好", message_id="m1"))
    await asyncio.sleep(0.1)
    cut.cancel()
    await asyncio.gather(cut, return_exceptions=True)
    door.front.engine.hold.set()
    assert (await say(client, patient, "你好", message_id="m1")).json()["turn"] == 1
    assert len(door.front.engine.turns) == 1


@pytest.mark.parametrize(
    ("channel", "settings", "token", "status"),
    [
        ("kiosk", {}, None, 201),
        ("kiosk", {"device_token": "device"}, None, 403),
        ("kiosk", {"device_token": "device"}, "wrong", 403),
        ("kiosk", {"device_token": "device"}, "dévice", 403),
        ("kiosk", {"device_token": "device"}, "device", 201),
        ("phone", {"service_token": "service"}, "service", 201),
        ("wechat", {"service_token": "service"}, "service", 201),
        ("phone", {"service_token": "service"}, "device", 403),
        ("phone", {"device_token": "device"}, "device", 403),
    ],
)
async def test_who_may_open_which_channel(
    front: Front,
    tables: Tables,
    tmp_path: Path,
    channel: str,
    settings: dict[str, str],
    token: str | None,
    status: int,
) -> None:
    async with client_of(make_door(front, tables, tmp_path, **settings)) as client:
        headers = {"authorization": f"Bearer {token}".encode()} if token else {}
        answer = await client.post("/api/v1/conversations", json={"channel": channel}, headers=headers)
        assert answer.status_code == status
        if status == 201:
            assert front.store.load(answer.json()["conversation_id"]).channel == channel


async def test_without_records_a_known_patient_is_told_where_people_are_and_an_alarm_is_heard(
    door: Door, client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    known, strange = await door.front.patient(), await door.front.patient()
    assert (await say(client, known, "你好")).status_code == 200

    def away(*_: Any, **__: Any) -> Any:
        raise RecordsUnavailable("simulated")

    for owner, name in (
        (door.front.store, "check"), (door.front.store, "load"), (door.front.store, "answered"),
        (door.front.store, "commit"), (door.front.house.tickets, "open"),
    ):  # fmt: skip
        monkeypatch.setattr(owner, name, away)
    reply = (await say(client, known, "再来")).json()
    assert "1至6号人工窗口" in reply["messages"][0]["text"]
    alarm = (await say(client, known, EMERGENCY["zh"])).json()
    assert alarm["safety"]["level"] == alarm["messages"][0]["level"] == "emergency"
    refused = await say(client, strange, "你好")
    assert (refused.status_code, code_of(refused)) == (503, "records.unavailable")


async def test_a_call_for_staff_is_never_refused_for_its_spelling(door: Door, client: httpx.AsyncClient) -> None:
    for kiosk, name in (("K01", "K01"), ("K%0002", "K02"), ("K99", "unknown"), ("自助机", "unknown")):
        answer = await client.post(f"/api/v1/kiosk/{kiosk}/staff-call", json={})
        assert answer.status_code == 201
        number = answer.json()["ticket"]
        (ticket,) = [each for each in door.front.house.tickets.queue() if each.number == number]
        assert ticket.kiosk == name
