"""Whole conversations through the real processes: who says what, what must come back, what must be in the database."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.system import Reply, System, Talk

FOLDER = Path(__file__).parent
SCRIPTS = {
    script["name"]: script
    for path in sorted(FOLDER.glob("*.yml"))
    for script in yaml.safe_load(path.read_text(encoding="utf-8"))
}
KEYS = {"name", "language", "about", "turns", "appointments", "tickets", "tracker_hides"}
TURN_KEYS = {
    "say",
    "press",
    "expect",
    "absent",
    "buttons",
    "no_buttons",
    "card",
    "cites",
    "level",
    "status",
    "language",
}


LEAST = 22
"""Conversations in each language."""


def test_both_languages_are_there_and_each_is_well_formed() -> None:
    languages = [script["language"] for script in SCRIPTS.values()]
    assert set(languages) == {"zh", "en"}
    assert min(languages.count(language) for language in ("zh", "en")) >= LEAST
    for script in SCRIPTS.values():
        assert not set(script) - KEYS, script["name"]
        for turn in script["turns"]:
            assert not set(turn) - TURN_KEYS, (script["name"], turn)
            assert "say" in turn or "press" in turn, (script["name"], turn)


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(SCRIPTS))
def test_conversation(name: str, system: System) -> None:
    script = SCRIPTS[name]
    talk = system.talk(script["language"])
    for turn in script["turns"]:
        reply = talk.say(turn["say"]) if "say" in turn else talk.press(turn["press"])
        check(turn, reply, talk)
    check_rows(script, system, talk)


def check(turn: dict[str, Any], reply: Reply, talk: Talk) -> None:
    told = "\n".join(talk.trace[-14:])
    assert reply.status == 200, (turn, reply.body, told)
    for words in _list(turn.get("expect")):
        assert any(part in reply.text for part in words.split("|")), f"{words!r} is missing\n{told}"
    for words in _list(turn.get("absent")):
        assert words not in reply.text, f"{words!r} was said\n{told}"
    for title in _list(turn.get("buttons")):
        assert any(title in button["title"] for button in reply.buttons), f"no button {title!r}\n{told}"
    for title in _list(turn.get("no_buttons")):
        assert all(title not in button["title"] for button in reply.buttons), f"a button {title!r}\n{told}"
    if "card" in turn:
        assert turn["card"] in [card["kind"] for card in reply.cards], told
    if "cites" in turn:
        assert any(turn["cites"] in citation["source"] for citation in reply.citations), f"{reply.citations}\n{told}"
    if "level" in turn:
        assert reply.body["safety"]["level"] == turn["level"], told
    if "status" in turn:
        assert reply.body["status"] == turn["status"], told
    if "language" in turn:
        assert reply.body["language"] == turn["language"], told


def check_rows(script: dict[str, Any], system: System, talk: Talk) -> None:
    told = "\n".join(talk.trace)
    if "appointments" in script:
        rows = system.rows(
            "SELECT a.status, s.department, s.half_day, CAST(s.day AS TEXT) AS day "
            "FROM appointments a JOIN slots s ON s.id = a.slot WHERE a.conversation = :id ORDER BY a.created",
            id=talk.id,
        )
        wanted = script["appointments"]
        assert len(rows) == len(wanted), f"{rows}\n{told}"
        for row, want in zip(rows, wanted, strict=True):
            assert {key: row[key] for key in want} == want, f"{row} {want}\n{told}"
    if "tickets" in script:
        rows = system.rows("SELECT reason, priority, status FROM tickets WHERE conversation = :id", id=talk.id)
        assert [row["reason"] for row in rows] == script["tickets"], f"{rows}\n{told}"


def _list(value: Any) -> list[str]:
    return [] if value is None else value if isinstance(value, list) else [value]
