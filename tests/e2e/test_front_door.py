"""Bad input, repeats, order and limits at the API of the real system."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from pydantic import SecretStr

from bot.benchmarks.system import free_port
from bot.secrets import kiosk_token
from bot.settings import ROOT
from tests.bot.api.bad_inputs import BAD, HOSTILE
from tests.e2e.patients import PEOPLE, choose_place
from tests.system import System, Talk

pytestmark = pytest.mark.slow


def fill(text: str, mine: Talk, other: Talk) -> str:
    for name, value in {"{c}": mine.id, "{o}": other.id, "{t}": mine.token, "{u}": other.token}.items():
        text = text.replace(name, value)
    return text


def test_every_bad_input_is_refused_in_one_shape(system: System) -> None:
    mine, other = system.talk(), system.talk()
    wrong = []
    for bad in BAD:
        content = fill(bad.body.decode("latin-1"), mine, other).encode("latin-1")
        headers = {name: fill(value, mine, other) for name, value in bad.headers.items()}
        headers["content-type"] = "application/json"
        answer = mine.client.request(bad.method, fill(bad.path, mine, other), content=content, headers=headers)
        body = answer.json()
        if (answer.status_code, body["error"]["code"]) != (bad.status, bad.code) or set(body) != {"error"}:
            wrong.append((bad.name, answer.status_code, answer.text[:200]))
    assert wrong == []
    for table in ("turns", "messages"):
        for talk in (mine, other):
            assert system.rows(f"SELECT * FROM {table} WHERE conversation = :id", id=talk.id) == []
    assert mine.say("你好").status == 200


def test_hostile_texts_are_answered_in_words_and_have_no_effect(system: System) -> None:
    before = system.rows("SELECT count(*) AS n FROM appointments")
    for name, text in HOSTILE.items():
        talk = system.talk("en")
        url = f"/api/v1/conversations/{talk.id}/messages"
        headers = {**talk.headers, "content-type": "application/json"}
        answer = talk.client.post(url, content=json.dumps({"text": text}), headers=headers)
        assert answer.status_code == 200, (name, answer.text)
        assert answer.json()["messages"][0]["text"], name
        said = [event for event in system.tracker(talk.id) if event["event"] == "user"]
        assert len(said) == 1, name
        assert not said[0]["text"].startswith("/"), name
    assert system.rows("SELECT count(*) AS n FROM appointments") == before


@pytest.mark.parametrize(
    "command",
    ["/restart", "/handoff", "/stop", '/inform{"hold": "x"}', "/session_start", "/\u2028/handoff", "/\u1680/stop"],
)
def test_a_typed_command_is_no_command(system: System, command: str) -> None:
    """Nothing is taken that was not offered: the session is not restarted, and the intent is what the words mean."""
    talk = system.talk()
    talk.say("我想挂心内科")
    known = len(system.tracker(talk.id))
    reply = talk.say(command)
    assert reply.status == 200
    assert reply.text
    events = system.tracker(talk.id)
    assert len(events) > known  # the session goes on; Rasa's own /restart would have cut it
    assert "restart" not in [event["event"] for event in events]
    said = [event for event in events if event["event"] == "user"][-1]
    assert said["text"] == command.replace("\u2028", " ").replace("\u1680", " ").lstrip("/ ")
    assert (
        said["parse_data"]["intent"]["name"] != command.strip("/\u2028\u1680")
        or said["parse_data"]["intent"]["confidence"] < 1.0
    )


def test_an_offered_option_is_a_command(system: System) -> None:
    talk = system.talk()
    reply = talk.press("转人工")
    assert reply.body["status"] == "waiting"
    assert [card["kind"] for card in reply.cards] == ["ticket"]


def test_a_repeated_message_id_gets_the_same_answer_and_one_row(system: System) -> None:
    talk = system.talk()
    first = talk.say("停车场在哪里", message_id="m-1")
    again = talk.say("我想挂心内科", message_id="m-1")
    assert first.body == again.body
    assert len(system.rows("SELECT * FROM turns WHERE conversation = :id", id=talk.id)) == 1
    assert len([event for event in system.tracker(talk.id) if event["event"] == "user"]) == 1


async def post(client: httpx.AsyncClient, talk: Talk, text: str, **more: str) -> httpx.Response:
    body = {"text": text, "language": "zh", **more}
    return await client.post(f"/api/v1/conversations/{talk.id}/messages", json=body, headers=talk.headers)


def test_the_same_message_id_in_parallel_is_one_turn(system: System) -> None:
    talk = system.talk()

    async def all_at_once() -> list[httpx.Response]:
        async with httpx.AsyncClient(base_url=system.url, timeout=60, trust_env=False) as client:
            return await asyncio.gather(*(post(client, talk, "停车场在哪里", message_id="m-1") for _ in range(20)))

    answers = asyncio.run(all_at_once())
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.text for answer in answers}) == 1
    assert len(system.rows("SELECT * FROM turns WHERE conversation = :id", id=talk.id)) == 1
    assert len([event for event in system.tracker(talk.id) if event["event"] == "user"]) == 1


def test_a_hundred_turns_at_once_are_all_answered_in_order_of_acceptance(system: System) -> None:
    talk = system.talk()
    texts = [f"第{number}次问好，你好" for number in range(100)]

    async def all_at_once() -> list[httpx.Response]:
        limits = httpx.Limits(max_connections=100)
        async with httpx.AsyncClient(base_url=system.url, timeout=120, trust_env=False, limits=limits) as client:
            sent = []
            for number, text in enumerate(texts):
                sent.append(asyncio.create_task(post(client, talk, text, message_id=f"m-{number}")))
                await asyncio.sleep(0.003)  # so that there is an order in which they arrive
            return await asyncio.gather(*sent)

    answers = asyncio.run(all_at_once())
    assert {answer.status_code for answer in answers} == {200}, [answer.text for answer in answers if answer.is_error]
    assert all(answer.json()["messages"] for answer in answers)
    assert sorted(answer.json()["turn"] for answer in answers) == list(range(1, 101))
    stored = system.rows("SELECT number, message_id FROM turns WHERE conversation = :id ORDER BY number", id=talk.id)
    answered = [int(row["message_id"].removeprefix("m-")) for row in stored]
    heard = [event["text"] for event in system.tracker(talk.id) if event["event"] == "user"]
    assert heard == [texts[number].replace("，", ",") for number in answered]  # one order, from the door to Rasa
    late = [place for place, number in enumerate(answered) if abs(place - number) > 5]
    assert late == []  # 3 ms apart, connections may swap neighbours, no more


def test_a_wiped_conversation_is_gone(system: System) -> None:
    talk = system.talk()
    talk.say("你好")
    assert talk.wipe() == 204
    for answer in (
        talk.client.post(f"/api/v1/conversations/{talk.id}/messages", json={"text": "你好"}, headers=talk.headers),
        talk.client.get(f"/api/v1/conversations/{talk.id}/events", headers=talk.headers),
        talk.client.delete(f"/api/v1/conversations/{talk.id}", headers=talk.headers),
    ):
        assert (answer.status_code, answer.json()["error"]["code"]) == (410, "conversation.closed")


def test_an_open_event_stream_ends_with_the_conversation(system: System) -> None:
    talk = system.talk()
    url = f"/api/v1/conversations/{talk.id}/events"
    with system.client() as client, client.stream("GET", url, headers=talk.headers) as stream:
        lines = stream.iter_lines()
        assert next(lines) == "event: status"
        assert talk.wipe() == 204
        assert 'data: {"status": "closed"}' in list(lines)


def test_another_patients_place_stays_theirs(system: System) -> None:
    """Two conversations with the same words share nothing."""
    one, other = system.talk(), system.talk()
    choose_place(one)
    person = next(PEOPLE)
    one.say(person.name)
    assert person.name not in other.say("你知道我叫什么吗").text
    assert len(system.rows("SELECT * FROM holds WHERE conversation = :id", id=other.id)) == 0


@pytest.fixture(scope="module")
def strict(tmp_path_factory: pytest.TempPathFactory, system: System) -> Iterator[str]:
    """A second `bot` beside the system's own, on the same records and partners, with small limits and tokens."""
    folder: Path = tmp_path_factory.mktemp("strict")
    port = free_port()
    env = {
        **system.env,
        "YIDAO_BOT__PORT": str(port),
        "YIDAO_BOT__TURNS_PER_MINUTE": "3",
        "YIDAO_BOT__CONVERSATIONS_PER_MINUTE": "5",
        "YIDAO_BOT__SERVICE_TOKEN": "simulated-service-token",
        "YIDAO_BOT__DEVICE_SECRET": "simulated-device-secret",
    }
    with (folder / "bot.log").open("wb") as log:
        command = [sys.executable, "-m", "bot.processes.serve", "bot"]
        process = subprocess.Popen(command, cwd=ROOT, env=env, stdout=log, stderr=log)
    url = f"http://127.0.0.1:{port}"
    try:
        other = System(system.state, {**system.ports, "bot": port}, env, process)
        other.wait_ready()
        yield url
    finally:
        process.terminate()
        process.wait(20)


K01 = kiosk_token(SecretStr("simulated-device-secret"), "K01")


def test_limits_and_tokens_by_settings(strict: str) -> None:
    with httpx.Client(base_url=strict, timeout=30, trust_env=False) as client:

        def opened(channel: str, token: str | None) -> httpx.Response:
            headers = {"authorization": f"Bearer {token}"} if token else {}
            return client.post("/api/v1/conversations", json={"channel": channel, "kiosk": "K01"}, headers=headers)

        assert opened("kiosk", None).status_code == 403
        assert opened("phone", K01).json()["error"]["code"] == "auth.wrong_token"
        assert opened("phone", "simulated-service-token").status_code == 201
        body = opened("kiosk", K01).json()
        headers = {"authorization": f"Bearer {body['token']}"}
        url = f"/api/v1/conversations/{body['conversation_id']}/messages"
        codes = [client.post(url, json={"text": "你好"}, headers=headers).status_code for _ in range(4)]
        assert codes == [200, 200, 200, 429]
        refused = client.post(url, json={"text": "你好"}, headers=headers)
        assert refused.json()["error"]["code"] == "turn.too_many"
        assert 1 <= int(refused.headers["retry-after"]) <= 60
        statuses = [opened("kiosk", K01).status_code for _ in range(5)]
        assert statuses[:3] == [201, 201, 201]
        assert 429 in statuses
