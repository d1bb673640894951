"""The packet of a ticket in words: what the machine noted, with names for ids and values for tokens."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from actions.records.vault import Vault
from bot.console.policy import BadPolicy
from bot.messages import LANGUAGES
from bot.wording import Wording, WordingError

FIELDS = Path(__file__).with_name("packet.yml")
"""How fields are shown."""


class Fields(BaseModel):
    """Which fields are shown, in which order, and how."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    formats: Mapping[str, str]
    """Field → formatter of `bot.wording`."""
    order: Sequence[str]
    """Fields that come first."""
    hidden: frozenset[str]
    """Fields that are left out."""


def load_fields(path: Path = FIELDS) -> Fields:
    """The fields of a file. Raises `BadPolicy`."""
    try:
        return Fields.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except (ValidationError, yaml.YAMLError) as error:
        raise BadPolicy(f"{path.name} does not fit: {error}") from error


class PacketWriter:
    """Turns a ticket's summary into rows to read."""

    def __init__(self, fields: Fields, wording: Wording, vault: Vault) -> None:
        self._fields = fields
        self._wording = wording
        self._vault = vault

    def rows(self, conversation: str, summary: Mapping[str, Any]) -> list[dict[str, str]]:
        """Rows with a `key` and its value in `zh` and `en`; the same row twice is one."""
        found: dict[tuple[str, str], dict[str, str]] = {}
        for key, value in _leaves(_told_once(summary)):
            if key in self._fields.hidden or value in (None, "", "none"):
                continue
            row = {"key": key, **{language: self._value(conversation, key, value, language) for language in LANGUAGES}}
            found.setdefault((key, row["zh"]), row)
        rank = {key: place for place, key in enumerate(self._fields.order)}
        return sorted(found.values(), key=lambda row: rank.get(row["key"], len(rank)))

    def _value(self, conversation: str, key: str, value: Any, language: str) -> str:
        formatter = self._fields.formats.get(key)
        if formatter is None:
            return self._vault.reveal_all(conversation, str(value))
        try:
            return self._wording.fill(
                f"console.fact.{key}", f"{{value:{formatter}}}", {"value": value}, language, conversation
            )
        except WordingError:
            return str(value)  # an id of an older timetable: staff see at least that


CURRENT = {"day": "current_day", "start": "current_start", "number": "number", "status": "status"}
"""What is shown of the appointment that is to be changed or cancelled, and under which name."""


def _told_once(summary: Mapping[str, Any]) -> Mapping[str, Any]:
    """The summary without what would be read twice: a wish for one day is one row, and none beside a place that is
    kept; of the appointment at hand only what tells it from the new one."""
    slots = summary.get("slots")
    if not isinstance(slots, Mapping):
        return summary
    told = dict(slots)
    if isinstance(when := told.get("when"), Mapping) and when.get("day_from") == when.get("day_to"):
        rest = {key: value for key, value in when.items() if key not in ("day_from", "day_to")}
        told["when"] = {"day_wished": when.get("day_from"), **rest}
    if told.get("held"):
        told.pop("when", None)
    if told.get("held") and isinstance(current := told.get("current"), Mapping):
        told["current"] = {CURRENT[key]: value for key, value in current.items() if key in CURRENT}
    return {**summary, "slots": told}


def _leaves(summary: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for key, value in summary.items():
        if isinstance(value, Mapping):
            yield from _leaves(value)
        elif isinstance(value, (list, tuple)):
            if any(isinstance(item, Mapping) for item in value):
                for item in value:
                    yield from _leaves(item if isinstance(item, Mapping) else {key: item})
            else:
                yield key, "；".join(str(item) for item in value)
        else:
            yield key, value
