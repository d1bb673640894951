"""emergency_replies.yml: who is paged after an alarm, what ends it, and what each rule asks of the reply.

replies = load_replies(Path("knowledge/hospital"))
replies.of("suicidal").ends_by      # "staff"
"""

import unicodedata
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from actions.safety.errors import RulesInvalid
from actions.safety.rules import SourceEntry

FILE = "emergency_replies.yml"


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Circle(_Strict):
    """Who is paged."""

    name: Literal["first", "wider"]
    roles: tuple[str, ...] = Field(min_length=1)
    """Roles of the console."""


class Paging(_Strict):
    """Where an alarm pages staff, and whom."""

    places: frozenset[str]
    """Channels whose place is known, so that somebody can go there."""
    first: Circle
    wider: Circle
    """Paged when nobody of the first circle has taken the ticket in time."""


class Helpline(_Strict):
    """A public line for people in distress."""

    number: str
    hours_a_day: int = Field(ge=1, le=24)
    """At least so many hours of a day."""
    source: SourceEntry


class Treatment(_Strict):
    """What a rule asks of the reply."""

    ends_by: Literal["patient", "staff"] = "patient"
    """Whose word ends it: the patient's "I am not in danger", or only a member of staff's."""
    discreet: bool = False
    """Nothing on a kiosk's screen or in its speech says why: the person feared may stand beside."""
    support: bool = False
    """The helpline and the night contact are given, and for a minor a guardian's contact is asked for."""


class EmergencyReplies(_Strict):
    """The whole file."""

    paging: Paging
    helpline: Helpline
    rules: Mapping[str, Treatment] = Field(default_factory=dict)
    all_clear: frozenset[str]
    human: frozenset[str]

    def of(self, rule: str | None) -> Treatment:
        """What a rule asks for; the ordinary treatment for those that are not named."""
        return self.rules.get(rule or "", Treatment())

    def clears(self, text: str) -> bool:
        """Whether an utterance says, by itself and as a whole, that nobody is in danger."""
        return _plain(text) in self.all_clear

    def asks_human(self, text: str) -> bool:
        """Whether an utterance asks for a member of staff."""
        return _plain(text) in self.human

    def pages(self, rule: str | None, channel: str) -> bool:
        """Whether an alarm of this rule on this channel pages staff."""
        return channel in self.paging.places or self.of(rule).ends_by == "staff"


def _plain(text: str) -> str:
    """Lower case without punctuation and blanks."""
    return "".join(sign for sign in text.casefold() if unicodedata.category(sign)[0] not in "PZS")


def load_replies(folder: Path) -> EmergencyReplies:
    """The replies of a hospital folder. Raises `RulesInvalid` with the file's fault."""
    try:
        return EmergencyReplies.model_validate(yaml.safe_load((folder / FILE).read_text(encoding="utf-8")))
    except (ValidationError, yaml.YAMLError) as error:
        raise RulesInvalid(f"{FILE} does not fit: {error}") from error
