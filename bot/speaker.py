"""Payloads of Rasa and the actions → Messages in the patient's language, and what they leave to remember."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import structlog
import yaml

from actions.handoff.model import Ticket
from bot.cards import Cards
from bot.messages import Button, Citation, Message
from bot.wording import Wording
from knowledge.passages import Answer

log = structlog.get_logger(__name__)

HUMAN = {"say": "menu.human", "command": "/handoff"}
GUIDE = {"say": "menu.guide", "command": "/complaint"}
DOCTOR_ONLY = "answers.doctor_only"
"""Key of the answer to "is it cancer?": the guide is offered with it."""


@dataclass(frozen=True)
class Voice:
    """To whom and how something is said."""

    conversation: str
    language: str
    channel: str


@dataclass
class Offered:
    """What the messages of a turn leave open."""

    options: list[dict[str, Any]] = field(default_factory=list)
    """Buttons on offer with what is behind them."""
    expects: str | None = None
    """Slot of the question that was asked last."""
    question: str = ""
    """Its message key."""
    asked: dict[str, Any] | None = None
    """Its payload, with the `level` it was said with."""


class Speaker:
    """Renders payloads."""

    def __init__(self, wording: Wording, cards: Cards, menu: Sequence[Mapping[str, str]]) -> None:
        self.wording = wording
        self._cards = cards
        self._menu = menu

    @classmethod
    def load(cls, wording: Wording, cards: Cards, menu: Path) -> Speaker:
        """With the menu of a file."""
        return cls(wording, cards, yaml.safe_load(menu.read_text(encoding="utf-8")))

    def message(self, payload: Mapping[str, Any], voice: Voice, offered: Offered, level: str = "none") -> Message:
        """The message of a `say` payload; notes its options and question in `offered`."""
        key = str(payload["say"])
        params = payload.get("params") or {}
        line = self.wording.say(key, params, voice.language, voice.channel, voice.conversation)
        options = [*(payload.get("options") or ()), *self._standing(payload)]
        buttons = self._buttons(options, voice, offered)
        if expects := payload.get("expects"):
            offered.expects, offered.question = str(expects), key
        if options or expects:
            offered.asked = {**payload, "level": level}
        card = payload.get("card")
        body = self._cards.render(card["kind"], card["params"], voice.language, voice.conversation) if card else None
        return Message(line.text, line.speech, buttons, body, level=level)

    def _standing(self, payload: Mapping[str, Any]) -> list[Mapping[str, Any]]:
        if payload.get("menu"):
            return [{"say": entry["title"], "command": entry["command"]} for entry in self._menu]
        if payload.get("human"):
            return [HUMAN]
        return []

    def _buttons(self, options: Sequence[Mapping[str, Any]], voice: Voice, offered: Offered) -> tuple[Button, ...]:
        if not options:
            return ()
        offered.options = []
        buttons = []
        for option in options:
            params = option.get("params") or {}
            title = self.wording.say(option["say"], params, voice.language, voice.channel, voice.conversation).text
            offered.options.append({"title": title, "choice": option.get("choice"), "command": option.get("command")})
            buttons.append(Button(title, title))
        return tuple(buttons)

    def answer(self, answer: Answer, voice: Voice, offered: Offered) -> Message:
        """An answer from the hospital's documents with its sources; a refusal offers a human."""
        citations = tuple(
            Citation(found.title, found.source, found.quote, found.date, found.heading, found.section)
            for found in answer.citations
        )
        help_with = [HUMAN] if answer.say != DOCTOR_ONLY else [GUIDE, HUMAN]
        help_with = help_with if answer.refused else []
        buttons = self._buttons(help_with, voice, offered)
        if help_with and answer.say:
            offered.asked = {"say": answer.say, "params": dict(answer.params), "options": help_with, "level": "none"}
        text = speech = answer.text
        if answer.say:
            line = self.wording.say(answer.say, answer.params, voice.language, voice.channel, voice.conversation)
            text, speech = line.text, line.speech
        return Message(text, speech, buttons, citations=citations)

    def ticket(self, key: str, ticket: Ticket, ahead: int, voice: Voice, level: str = "none") -> Message:
        """What the patient is told about a ticket."""
        params = {"number": ticket.number, "ahead": ahead}
        line = self.wording.say(key, params, voice.language, voice.channel, voice.conversation)
        card = self._cards.render("ticket", params, voice.language, voice.conversation)
        return Message(line.text, line.speech, (), card, level=level)

    def again(self, asked: Mapping[str, Any], voice: Voice, offered: Offered) -> Message:
        """The open question once more, in the voice's language."""
        return self.message(asked, voice, offered, str(asked.get("level") or "none"))

    def plain(self, key: str, voice: Voice, params: Mapping[str, Any] | None = None, level: str = "none") -> Message:
        """A sentence without anything around it."""
        line = self.wording.say(key, params or {}, voice.language, voice.channel, voice.conversation)
        return Message(line.text, line.speech, level=level)
