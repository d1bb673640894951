"""Invented patients of the end-to-end tests, and the way from the first word to a slip."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count

from actions.registration.identity import check_character
from tests.system import Reply, Talk

CHARACTERS = "安柏岑达恩帆戈海佳凯岚萌宁欧培琪睿诗桐婉"


@dataclass(frozen=True)
class Person:
    """Nobody who lives."""

    name: str
    number: str
    """Identity card: area 000000, with its right check character."""
    phone: str


def people() -> Iterator[Person]:
    """Ever new ones."""
    for index in count():
        seventeen = f"000000{1940 + index % 60}0{1 + index % 9}{10 + index % 18}{(index * 7) % 1000:03}"
        name = "覃" + CHARACTERS[index % 20] + CHARACTERS[(index // 20) % 20]
        yield Person(name, seventeen + check_character(seventeen), f"138001{30000 + index}")


PEOPLE = people()


def choose_place(talk: Talk) -> Reply:
    """As far as a place held for the patient: the name is asked for now."""
    talk.say("我想挂明天上午的心内科")
    return talk.press(0)


def read_back(talk: Talk, person: Person) -> Reply:
    """As far as the read-back: only the yes is missing."""
    choose_place(talk)
    talk.say(person.name)
    talk.say(person.number)
    return talk.say(person.phone)


def book(talk: Talk, person: Person) -> Reply:
    """A whole booking; the reply carries the slip."""
    read_back(talk, person)
    reply = talk.press("确认预约")
    assert [card["kind"] for card in reply.cards] == ["appointment"], "\n".join(talk.trace)
    return reply
