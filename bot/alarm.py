"""What is said of an alarm: at once by place, and again until the patient or staff end it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from actions.safety.gate import Verdict
from actions.safety.persons import SELF
from bot.house import Rescue
from bot.speaker import HUMAN

CLEAR = {"say": "safety.option_clear", "command": "/danger_clear"}
ADULT_AGE = 18.0
"""Years: below it a guardian is asked for."""

Said = tuple[Mapping[str, Any], str]
"""A payload and the level of its message."""


@dataclass(frozen=True)
class Alarm:
    """An alarm on a channel."""

    rescue: Rescue
    rule: str | None
    say: str
    """Message key of the rule."""
    channel: str
    kiosk: str | None

    @property
    def by_staff(self) -> bool:
        """Whether only staff end it."""
        return self.rescue.replies.of(self.rule).ends_by == "staff"

    @property
    def discreet(self) -> bool:
        """Whether others on the screen's side must not learn of it."""
        return self.channel == "kiosk" and self.rescue.replies.of(self.rule).discreet

    def at_once(self, verdict: Verdict, language: str) -> Iterator[Said]:
        """The alarm, and what belongs to it as plain lines; on the telephone one short sentence, then it listens."""
        yield self._first(), self._level()
        if self.channel == "phone":
            return
        if place := self.rescue.places.get(self.kiosk or "") if self.channel == "kiosk" else None:
            key = "safety.paged_quiet" if self.discreet else "safety.paged"
            yield {"say": key, "params": {"place": place[language]}}, "none"
        if self.rescue.replies.of(self.rule).support:
            yield self._contacts(), "none"
            if minor(verdict):
                yield {"say": "safety.guardian"}, "none"

    def again(self) -> Iterator[Said]:
        """While it stands: the short reply, with a human on offer."""
        support = self.rescue.replies.of(self.rule).support
        if self.channel != "phone":
            yield self._first(), self._level()
            if support:
                yield self._contacts(), "none"
            return
        key = "safety.still_support" if support else "safety.still_staff" if self.by_staff else "safety.still"
        yield {**self._contacts(), "say": key, "options": self._options()}, self._level()

    def _first(self) -> Mapping[str, Any]:
        return {"say": self.say, "options": self._options()}

    def _options(self) -> list[Mapping[str, Any]]:
        if self.by_staff:
            return [HUMAN]
        # by telephone 1 is the person and 2 the all-clear, so that whoever presses the first key gets help
        return [HUMAN, CLEAR] if self.channel == "phone" else [CLEAR, HUMAN]

    def _contacts(self) -> Mapping[str, Any]:
        line = self.rescue.replies.helpline
        params = {"line": line.number, "hours": line.hours_a_day, "night": self.rescue.night_contact}
        return {"say": "safety.contacts", "params": params}

    def _level(self) -> str:
        """A discreet alarm looks like any other message on a screen that others see."""
        return "none" if self.discreet else "emergency"


def minor(verdict: Verdict) -> bool:
    """Whether the person in danger is said to be under age."""
    person = verdict.persons.of(verdict.subject or SELF)
    return person.child or (person.age is not None and person.age < ADULT_AGE)
