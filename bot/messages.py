"""What goes in and out of a conversation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

CHANNELS = frozenset({"kiosk", "phone", "wechat"})
LANGUAGES = ("zh", "en")


@dataclass(frozen=True)
class Transcript:
    """What speech recognition made of a turn."""

    confidence: float
    """0 to 1."""
    alternatives: tuple[str, ...] = ()
    """Other readings; the safety screen reads them all."""


@dataclass(frozen=True)
class Turn:
    """One thing a patient said."""

    conversation_id: str
    """Whose conversation."""
    message_id: str
    """The sender's own id of this message; a repeat gets the same answer."""
    channel: str
    """kiosk, phone or wechat."""
    language: str | None
    """zh or en where the page knows it; what the words are written in decides first."""
    text: str
    """The words."""
    transcript: Transcript | None = None
    """For speech."""


@dataclass(frozen=True)
class Button:
    """An answer that can be tapped, said or keyed."""

    title: str
    """What it says."""
    payload: str
    """What to send when it is taken."""


@dataclass(frozen=True)
class Citation:
    """Where an answer comes from."""

    title: str
    """Title of the document."""
    source: str
    """Its file in the hospital's library."""
    quote: str
    """The words it stands on."""
    date: str = ""
    """Valid from, ISO."""
    heading: str = ""
    """The heading that these words stand under."""
    section: str = ""
    """All that stands under it, so that a patient can read on; holds `quote`."""


@dataclass(frozen=True)
class Message:
    """One thing the assistant or a member of staff says."""

    text: str
    """To read."""
    speech: str
    """To say: numbers spelled for the ear."""
    buttons: tuple[Button, ...] = ()
    """Answers to tap."""
    card: Mapping[str, Any] | None = None
    """A slip, a list or a notice with a `kind`, a title and rows."""
    citations: tuple[Citation, ...] = ()
    """Sources of an answer."""
    level: str = "none"
    """none, urgent or emergency."""
    sender: str = "assistant"
    """assistant or staff."""
    ai: bool = True
    """Whether a machine wrote it; said on screen and in speech."""

    def to_json(self) -> dict[str, Any]:
        """As it travels over HTTP."""
        return {
            "text": self.text,
            "speech": self.speech,
            "buttons": [{"title": button.title, "payload": button.payload} for button in self.buttons],
            "card": dict(self.card) if self.card is not None else None,
            "citations": [vars(citation) for citation in self.citations],
            "level": None if self.level == "none" else self.level,
            "from": self.sender,
            "ai": self.ai,
        }

    @classmethod
    def from_json(cls, body: Mapping[str, Any]) -> Message:
        """The message that `to_json` wrote."""
        return cls(
            text=body["text"],
            speech=body["speech"],
            buttons=tuple(Button(**button) for button in body["buttons"]),
            card=body["card"],
            citations=tuple(Citation(**citation) for citation in body["citations"]),
            level=body["level"] or "none",
            sender=body["from"],
            ai=body["ai"],
        )


@dataclass(frozen=True)
class Safety:
    """What the emergency gate found in a turn."""

    level: str = "none"
    """none, urgent or emergency."""
    rule: str | None = None
    """The rule that fired."""


@dataclass(frozen=True)
class Reply:
    """A whole answered turn."""

    turn: int
    """Number of the turn in its conversation, from 1."""
    language: str
    """Language of the answer."""
    status: str
    """Who holds the conversation afterwards: bot, waiting or human."""
    safety: Safety = Safety()
    """What the gate found."""
    messages: tuple[Message, ...] = field(default_factory=tuple)
    """Everything that was said. Empty only while a human holds the conversation (`status` human: the words were
    delivered to staff, who answer over the events), or when `overtaken`."""
    overtaken: bool = False
    """An emergency came in between, or the patient left: what this turn still had to say was dropped."""

    def to_json(self) -> dict[str, Any]:
        """As it is stored and sent."""
        return {
            "turn": self.turn,
            "language": self.language,
            "status": self.status,
            "safety": {"level": self.safety.level, "rule": self.safety.rule},
            "messages": [message.to_json() for message in self.messages],
            "overtaken": self.overtaken,
        }

    @classmethod
    def from_json(cls, body: Mapping[str, Any]) -> Reply:
        """The reply that `to_json` wrote."""
        return cls(
            turn=body["turn"],
            language=body["language"],
            status=body["status"],
            safety=Safety(**body["safety"]),
            messages=tuple(Message.from_json(message) for message in body["messages"]),
            overtaken=body.get("overtaken", False),
        )
