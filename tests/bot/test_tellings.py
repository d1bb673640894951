"""Rasa's side of "once": a turn asked for twice runs once."""

import asyncio

from bot.rasa import tellings
from bot.rasa.tellings import Telling, Tellings


async def test_a_turn_is_known_while_it_runs_and_afterwards() -> None:
    turns, telling = Tellings(), Telling()
    turns.begin("a", "m1", telling)
    assert turns.known("a", "m1") is telling
    telling.add({"payload": {}})
    telling.end()
    assert turns.known("a", "m1") is telling
    assert turns.known("a", "m2") is None
    assert turns.known("b", "m1") is None


async def test_a_failed_turn_may_run_again() -> None:
    turns, telling = Tellings(), Telling()
    turns.begin("a", "m1", telling)
    telling.add({"fault": {"partner": "actions"}})
    assert turns.known("a", "m1") is telling  # it is still at work
    telling.end()
    assert turns.known("a", "m1") is None


async def test_two_listeners_hear_the_same_lines() -> None:
    telling = Telling()

    async def listen() -> list[object]:
        heard, number = [], 0
        while (line := await telling.line(number)) is not None:
            heard.append(line)
            number += 1
        return heard

    first = asyncio.create_task(listen())
    await asyncio.sleep(0)
    telling.add({"payload": {"say": "one"}})
    second = asyncio.create_task(listen())
    await asyncio.sleep(0)
    telling.add({"payload": {"say": "two"}})
    telling.end()
    lines = [{"payload": {"say": "one"}}, {"payload": {"say": "two"}}]
    assert await first == await second == await listen() == lines


async def test_who_was_forgotten_is_told_nothing_again() -> None:
    turns = Tellings()
    for sender in ("a", "b"):
        telling = Telling()
        turns.begin(sender, "m1", telling)
        telling.end()
    turns.forget("a")
    assert turns.is_forgotten("a")
    assert turns.known("a", "m1") is None
    assert not turns.is_forgotten("b")
    assert turns.known("b", "m1") is not None


async def test_memory_is_bounded(monkeypatch) -> None:
    monkeypatch.setattr(tellings, "KEPT_TURNS", 3)
    turns = Tellings()
    for number in range(5):
        turns.begin("a", str(number), Telling())
    assert [turns.known("a", str(number)) is not None for number in range(5)] == [False, False, True, True, True]
