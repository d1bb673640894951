"""Every refusal in one shape, without the sender's words in it; the same table runs against the real system."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import httpx
import pytest
from sqlalchemy import select

from actions.records.tables import MessageRow, TurnRow
from bot.api import guard
from tests.bot.api.bad_inputs import BAD, HOSTILE, Bad
from tests.bot.api.conftest import Door, code_of
from tests.bot.house import Patient


def fill(text: str, mine: Patient, other: Patient) -> str:
    for name, value in {"{c}": mine.id, "{o}": other.id, "{t}": mine.token, "{u}": other.token}.items():
        text = text.replace(name, value)
    return text


@pytest.mark.parametrize("bad", BAD, ids=lambda bad: bad.name)
async def test_bad_input_is_refused_in_one_shape(door: Door, client: httpx.AsyncClient, bad: Bad) -> None:
    mine, other = await door.front.patient(), await door.front.patient()
    content = fill(bad.body.decode("latin-1"), mine, other).encode("latin-1")
    headers = {name: fill(value, mine, other) for name, value in bad.headers.items()}
    headers["content-type"] = "application/json"
    answer = await client.request(bad.method, fill(bad.path, mine, other), content=content, headers=headers)
    assert (answer.status_code, code_of(answer)) == (bad.status, bad.code)
    assert answer.headers["x-request-id"]
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "DROP" not in answer.text
    assert "aaaa" not in answer.text
    with door.front.database.read() as session:
        assert session.scalars(select(TurnRow)).all() == []
        assert session.scalars(select(MessageRow)).all() == []
    assert door.front.engine.turns == []


def test_the_table_covers_every_status_and_has_no_two_of_a_name() -> None:
    assert {bad.status for bad in BAD} == {400, 401, 403, 404, 405, 413, 422}
    assert len({bad.name for bad in BAD}) == len(BAD) >= 70


@pytest.mark.parametrize("name", HOSTILE)
async def test_a_hostile_text_is_a_turn_like_any_other(door: Door, client: httpx.AsyncClient, name: str) -> None:
    patient = await door.front.patient("en")
    answer = await client.post(
        f"/api/v1/conversations/{patient.id}/messages",
        content=json.dumps({"text": HOSTILE[name]}),  # escaped: httpx would refuse a lone surrogate
        headers={"authorization": f"Bearer {patient.token}", "content-type": "application/json"},
    )
    assert answer.status_code == 200, answer.text
    assert answer.json()["messages"][0]["text"]
    (turn,) = door.front.engine.turns
    assert turn.command is None
    assert turn.choice is None
    assert "\x00" not in turn.text


async def test_a_too_fast_client_is_told_when_to_come_back(door: Door, client: httpx.AsyncClient) -> None:
    patient = await door.front.patient()
    limit = door.front.house.settings.turns_per_minute
    assert limit >= 100
    url, headers = f"/api/v1/conversations/{patient.id}/messages", {"authorization": f"Bearer {patient.token}"}
    for number in range(limit):
        assert (await client.post(url, json={"text": f"{number}号"}, headers=headers)).status_code == 200
    refused = await client.post(url, json={"text": "还有"}, headers=headers)
    assert (refused.status_code, code_of(refused)) == (429, "turn.too_many")
    assert 1 <= int(refused.headers["retry-after"]) <= 60


async def test_a_wrong_method_says_which_are_right_and_401_how_to_sign(door: Door, client: httpx.AsyncClient) -> None:
    patient = await door.front.patient()
    wrong = await client.get(f"/api/v1/conversations/{patient.id}/messages")
    assert wrong.headers["allow"] == "POST"
    unsigned = await client.post(f"/api/v1/conversations/{patient.id}/messages", json={"text": "hi"})
    assert unsigned.headers["www-authenticate"] == "Bearer"


async def test_a_body_that_never_ends_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guard, "BODY_S", 0.05)
    sent: list[dict[str, Any]] = []

    async def app(*_: Any) -> None:
        raise AssertionError("reached")

    async def receive() -> dict[str, Any]:
        await asyncio.sleep(0.01)
        return {"type": "http.request", "body": b"x", "more_body": True}

    async def send(message: Any) -> None:
        sent.append(message)

    await guard.Guard(app, max_body_bytes=1000)({"type": "http", "method": "POST"}, receive, send)
    assert [message.get("status") for message in sent] == [408, None]
    assert b"body.too_slow" in sent[1]["body"]
