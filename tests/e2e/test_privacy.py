"""What a patient says about themselves: nowhere in the clear, and nowhere at all once it was wiped."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.e2e.patients import PEOPLE, Person, choose_place
from tests.system import System, Talk, until

pytestmark = pytest.mark.slow

COMPLAINT = {"zh": "左边膝盖上楼梯就疼", "en": "my left knee hurts on the stairs"}


@dataclass(frozen=True)
class Said:
    """Sentences with personal values, and every writing of those values that must be found nowhere."""

    language: str
    sentences: tuple[str, ...]
    secrets: tuple[str, ...]


def writings(person: Person) -> tuple[str, ...]:
    """The values as they are, with blanks and hyphens, and in full-width digits."""
    number, phone = person.number, person.phone
    wide = str.maketrans("0123456789X", "０１２３４５６７８９Ｘ")
    return (
        person.name,
        number,
        f"{number[:6]} {number[6:14]} {number[14:]}",
        f"{number[:6]}-{number[6:14]}-{number[14:]}",
        number.translate(wide),
        phone,
        f"{phone[:3]} {phone[3:7]} {phone[7:]}",
        f"{phone[:3]}-{phone[3:7]}-{phone[7:]}",
        phone.translate(wide),
    )


def chinese(person: Person) -> Said:
    name, number, number_blanks, number_hyphens, number_wide, phone, phone_blanks, phone_hyphens, phone_wide = writings(
        person
    )
    wrong = number[:-1] + ("1" if number[-1] != "1" else "2")
    return Said(
        "zh",
        (
            f"你好，我叫{name}，身份证{number}，手机{phone}，想挂号",
            f"身份证 {number_blanks}",
            f"{number_hyphens}",
            f"电话{phone_blanks}",
            f"手机{phone_hyphens}可以吗",
            f"号码是{phone_wide}，证件{number_wide}",
            f"+86 {phone}",
            f"我的身份证可能记错了：{wrong}",
            "护照E98765432",
            f"给{name}挂号",
        ),
        (*writings(person), wrong, "E98765432"),
    )


def english(person: Person) -> Said:
    name, number, number_blanks, _, _, phone, phone_blanks, phone_hyphens, phone_wide = writings(person)
    latin = "Quentin Vandersloot"
    wrong = number[:-1] + ("1" if number[-1] != "1" else "2")
    return Said(
        "en",
        (
            f"Hello, my name is {latin}, ID {number}, phone {phone}",
            f"I'm {latin}",
            f"my ID is {number_blanks} and you can reach me at {phone_blanks}",
            f"call {phone_hyphens} or +86 {phone_wide}",
            f"my passport is AB7654321, name: {latin}",
            f"maybe the ID was {wrong}",
            f"this is for my mother {latin}",
        ),
        (*(secret for secret in writings(person) if secret != name), latin, "Vandersloot", wrong, "AB7654321"),
    )


def files(system: System) -> Iterator[Path]:
    """Every file of the state folder, databases and their write-ahead logs included."""
    return (path for path in system.state.rglob("*") if path.is_file())


def found(system: System, secrets: tuple[str, ...]) -> list[str]:
    """Where a value lies in the clear: as UTF-8 or escaped as JSON does."""
    needles = {
        secret: {secret.encode(), json.dumps(secret).strip('"').encode(), secret.lower().encode()} for secret in secrets
    }
    places = []
    for path in files(system):
        body = path.read_bytes()
        for secret, writings_ in needles.items():
            if any(writing in body for writing in writings_):
                places.append(f"{secret} in {path.relative_to(system.state)}")
    return places


@pytest.mark.parametrize("language", ["zh", "en"])
def test_no_file_holds_a_personal_value_in_the_clear(system: System, language: str) -> None:
    """The talk, a failing action in the middle of it, and an answer to each open question of the booking."""
    system.wait_ready()
    person = next(PEOPLE)
    said = chinese(person) if language == "zh" else english(person)
    talk = system.talk(language)
    for sentence in said.sentences:
        assert talk.say(sentence).status == 200, sentence
    booking = system.talk("zh")
    choose_place(booking)
    for answer in (person.name, person.number, person.phone):
        booking.say(answer)
    with system.paused("actions"):  # Rasa logs what fails
        talk.say(said.sentences[0])
        booking.say(f"我叫{person.name}，{person.number}")
    system.kill("actions")
    talk.say(said.sentences[0])
    system.wait_ready()
    log = (system.state / "log" / "rasa.log").read_text(errors="replace")
    assert "RasaException" in log or "ClientConnectorError" in log or '"error"' in log  # it did log the failure
    assert found(system, said.secrets) == []
    assert found(system, writings(person)) == []
    heard = [event for event in system.tracker(talk.id) if event["event"] == "user"]
    assert len(heard) >= len(said.sentences)
    assert re.search(r"\[(NAME|ID|PHONE)_", heard[0]["text"])


def test_the_search_would_find_what_lies_in_the_clear(system: System, tmp_path: Path) -> None:
    """What is no secret, the complaint, is found in the tracker and the records: the search reads the right files."""
    talk = system.talk()
    talk.say(COMPLAINT["zh"])
    places = found(system, (COMPLAINT["zh"],))
    assert any("tracker" in place for place in places)
    assert any("yidao.sqlite3" in place for place in places)


def rows_of(system: System, talk: Talk) -> dict[str, int]:
    tables = ("messages", "turns", "vault_tokens")
    counted = {
        table: system.rows(f"SELECT count(*) AS n FROM {table} WHERE conversation = :id", id=talk.id)[0]["n"]
        for table in tables
    }
    return {**counted, "tracker": len(system.tracker(talk.id))}


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_wipe_leaves_nothing_of_the_talk(system: System, language: str) -> None:
    system.wait_ready()
    person = next(PEOPLE)
    said = chinese(person) if language == "zh" else english(person)
    talk = system.talk(language)
    talk.say(said.sentences[0])
    talk.say(COMPLAINT[language])
    assert all(rows_of(system, talk).values())
    assert talk.wipe() == 204
    assert set(rows_of(system, talk).values()) == {0}
    refused = talk.say("你好")
    assert (refused.status, refused.body["error"]["code"]) == (410, "conversation.closed")
    (row,) = system.rows("SELECT status, state FROM conversations WHERE id = :id", id=talk.id)
    assert (row["status"], json.loads(row["state"])) == ("closed", {})
    assert talk.id not in json.dumps(system.rows("SELECT target FROM outbox WHERE state = 'waiting'"))


def test_a_wipe_during_a_turn_leaves_nothing_either(system: System) -> None:
    """The turn hangs in the action server while the patient leaves; whatever it still writes goes too."""
    system.wait_ready()
    talk = system.talk()
    talk.say("我想挂心内科")
    leaving = Talk(system.client(), talk.id, talk.token, "zh")
    with system.paused("actions"):
        url = f"/api/v1/conversations/{talk.id}/messages"
        headers = {**talk.headers, "accept": "text/event-stream"}
        with talk.client.stream("POST", url, json={"text": "明天上午，我叫覃安柏"}, headers=headers):
            assert leaving.wipe() == 204
    until(lambda: set(rows_of(system, talk).values()) == {0}, "everything is forgotten", 30)
    until(lambda: system.rows("SELECT * FROM outbox WHERE state = 'waiting'") == [], "nothing is left to do", 30)
    system.wait_ready()


def lines_of(system: System, name: str) -> list[str]:
    return (system.state / "log" / f"{name}.log").read_text(errors="replace").splitlines()


def test_logs_are_json_and_follow_a_request_through_the_processes(system: System) -> None:
    system.wait_ready()
    talk = system.talk()
    url = f"/api/v1/conversations/{talk.id}/messages"
    request = talk.client.post(url, json={"text": "我想挂心内科"}, headers=talk.headers).headers["x-request-id"]
    with system.paused("actions"):
        failing = talk.client.post(url, json={"text": "明天上午"}, headers=talk.headers).headers["x-request-id"]
    system.wait_ready()
    for name in ("chroma", "bot", "actions", "rasa"):
        for line in lines_of(system, name):
            body = json.loads(line)
            assert {"event", "level", "timestamp", "process"} <= set(body), line
            assert body["process"] == name
    mine = [json.loads(line) for line in lines_of(system, "bot") if request in line]
    assert "http.request" in [line["event"] for line in mine]
    theirs = [json.loads(line) for line in lines_of(system, "actions") if request in line]
    assert [line["conversation"] for line in theirs if line["event"] == "flow.turn"] == [talk.id]
    rasa = [json.loads(line) for line in lines_of(system, "rasa") if failing in line]
    assert rasa
    assert {line["process"] for line in rasa} == {"rasa"}
    assert any(line["level"] == "error" for line in rasa)


def test_rasa_logs_nothing_but_json(system: System) -> None:
    lines = [json.loads(line) for line in lines_of(system, "rasa")]
    assert any("Starting Rasa server" in line["event"] for line in lines)
    assert {line["process"] for line in lines} == {"rasa"}
    assert {"timestamp", "level", "logger", "event"} <= set.intersection(*(set(line) for line in lines))
