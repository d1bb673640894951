"""Every sentence the assistant says: message key + parameters → text to read and speech to say.

`data/wording/*.yml`, a mapping of keys; each key has `zh` and `en`; each of them is a string, or a mapping with
`text` and, where they
differ, `speech` (for the ear) and a channel's own text (`kiosk`, `phone`, `wechat`). Placeholders are `{name}` or
`{name:formatter}`:
parameters travel as ids, ISO dates and minor units, and become words here.
"""

from __future__ import annotations

import string
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, time
from pathlib import Path
from typing import Any

import yaml

from actions.errors import YidaoError
from bot.messages import CHANNELS, LANGUAGES
from knowledge.directory import Directory, Language

PARTS = frozenset({"text", "speech", *CHANNELS})
WEEKDAYS = {
    "zh": "一二三四五六日",
    "en": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
}
MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
HALF_DAYS = {
    "zh": {"am": "上午", "pm": "下午", "evening": "晚上"},
    "en": {"am": "morning", "pm": "afternoon", "evening": "evening"},
}
DIGITS_ZH = "零一二三四五六七八九"


class WordingError(YidaoError):
    """A wording file does not fit, or a key or parameter is missing."""

    code = "wording.error"


@dataclass(frozen=True)
class Line:
    """A sentence in one language."""

    text: str
    """To read."""
    speech: str
    """To say."""


@dataclass(frozen=True)
class _View:
    """How a placeholder is rendered."""

    language: str
    ear: bool

    @property
    def spoken(self) -> Language:
        """The language, as the directory types it."""
        return "en" if self.language == "en" else "zh"


Formatter = Callable[[Any, _View], str]


class Wording:
    """The table of sentences."""

    def __init__(
        self,
        entries: Mapping[str, Mapping[str, Mapping[str, str]]],
        directory: Directory,
        mask: Callable[[str, str], str],
    ) -> None:
        self._entries = entries
        self._mask = mask
        self._formatters: dict[str, Formatter] = {
            "date": _date,
            "clock": _clock,
            "half_day": lambda value, view: HALF_DAYS[view.language][value],
            "money": _money,
            "room": _room,
            "spell": _spell,
            "number": lambda value, view: f"{value:g}",
            "queue": self._queue,
            "department": lambda value, view: directory.department_name(value, view.spoken),
            "doctor": lambda value, view: _doctor(directory, value, view),
            "kind": lambda value, view: directory.kinds[value].name.in_language(view.spoken),
            "title": lambda value, view: directory.titles[directory.doctors[value].title].in_language(view.spoken),
        }

    @classmethod
    def load(cls, folder: Path, directory: Directory, mask: Callable[[str, str], str]) -> Wording:
        """All tables of a folder. Raises `WordingError` for a bad or doubled key."""
        entries: dict[str, Mapping[str, Mapping[str, str]]] = {}
        for path in sorted(folder.glob("*.yml")):
            for key, languages in (yaml.safe_load(path.read_text(encoding="utf-8")) or {}).items():
                if key in entries:
                    raise WordingError(f"{path.name}: {key} is said twice.")
                entries[key] = _entry(path.name, key, languages)
        return cls(entries, directory, mask)

    @property
    def keys(self) -> Sequence[str]:
        """Every message key."""
        return tuple(self._entries)

    def parts(self, key: str, language: str) -> Mapping[str, str]:
        """The templates of a key: text and, where given, speech and channel variants."""
        return self._entries[key][language]

    def has(self, key: str) -> bool:
        """Whether there is such a key."""
        return key in self._entries

    def say(self, key: str, params: Mapping[str, Any], language: str, channel: str, conversation: str = "") -> Line:
        """The sentence. Raises `WordingError` for a missing key or parameter."""
        if key not in self._entries:
            raise WordingError(f"There is no sentence for {key}.")
        parts = self._entries[key][language]
        text = parts.get(channel, parts["text"])
        # on the telephone nothing is read: what stands there is what is said
        speech = text if channel == "phone" and "phone" in parts else parts.get("speech", text)
        return Line(
            self._fill(key, text, params, _View(language, ear=False), conversation),
            self._fill(key, speech, params, _View(language, ear=True), conversation),
        )

    def fill(self, key: str, template: str, params: Mapping[str, Any], language: str, conversation: str) -> str:
        """A template of a card, to read."""
        return self._fill(key, template, params, _View(language, ear=False), conversation)

    def _fill(self, key: str, template: str, params: Mapping[str, Any], view: _View, conversation: str) -> str:
        pieces: list[str] = []
        for literal, name, spec, _ in string.Formatter().parse(template):
            pieces.append(literal)
            if name is None:
                continue
            if name not in params:
                raise WordingError(f"{key}: the parameter {name} is missing.")
            pieces.append(self._value(key, params[name], spec or "", view, conversation))
        return "".join(pieces)

    def _queue(self, value: Any, view: _View) -> str:
        """How many wait before the patient, as a clause."""
        key = f"queue.{'nobody' if value == 0 else 'one' if value == 1 else 'many'}"
        template = self._entries[key][view.language]["text"]
        return self._fill(key, template, {"count": value}, view, "")

    def _value(self, key: str, value: Any, spec: str, view: _View, conversation: str) -> str:
        if value is None or value == "":
            return ""
        if spec == "masked":
            return self._mask(conversation, str(value))
        if not spec:
            return str(value)
        if spec not in self._formatters:
            raise WordingError(f"{key}: there is no formatter {spec}.")
        try:
            return self._formatters[spec](value, view)
        except (KeyError, ValueError, AttributeError) as error:
            raise WordingError(f"{key}: {spec} cannot say this value.") from error


def _entry(file: str, key: str, languages: Any) -> Mapping[str, Mapping[str, str]]:
    if not isinstance(languages, dict) or set(languages) != set(LANGUAGES):
        raise WordingError(f"{file}: {key} needs exactly zh and en.")
    entry: dict[str, Mapping[str, str]] = {}
    for language, parts in languages.items():
        whole = {"text": parts} if isinstance(parts, str) else parts
        if not isinstance(whole, dict) or "text" not in whole or set(whole) - PARTS:
            raise WordingError(f"{file}: {key}.{language} needs text, and only {', '.join(sorted(PARTS))}.")
        if not all(isinstance(part, str) and part.strip() for part in whole.values()):
            raise WordingError(f"{file}: {key}.{language} has an empty sentence.")
        entry[language] = whole
    return entry


def _date(value: str, view: _View) -> str:
    day = date.fromisoformat(value)
    if view.language == "en":
        return f"{WEEKDAYS['en'][day.weekday()]} {day.day} {MONTHS[day.month - 1]}"
    weekday = f"{'星期' if view.ear else '周'}{WEEKDAYS['zh'][day.weekday()]}"
    return f"{day.month}月{day.day}号，{weekday}" if view.ear else f"{day.month}月{day.day}日（{weekday}）"


def _clock(value: str, view: _View) -> str:
    moment = time.fromisoformat(value)
    if not view.ear:
        return f"{moment.hour}:{moment.minute:02d}"
    if view.language == "en":
        hour = moment.hour % 12 or 12
        half = "a.m." if moment.hour < 12 else "p.m."
        return f"{hour} {half}" if moment.minute == 0 else f"{hour}:{moment.minute:02d} {half}"
    minutes = {0: "", 30: "半"}.get(moment.minute, f"{moment.minute}分")
    return f"{moment.hour}点{minutes}"


def _money(value: int, view: _View) -> str:
    whole, rest = divmod(int(value), 100)
    amount = f"{whole}" if rest == 0 else f"{whole}.{rest:02d}"
    return f"{amount}元" if view.language == "zh" else f"{amount} yuan"


def _room(value: str, view: _View) -> str:
    if not view.ear:
        return value
    floor, _, room = value.rpartition("-")
    if view.language == "en":
        return f"floor {floor}, room {' '.join(room)}" if floor else f"room {' '.join(room)}"
    spoken = "".join(DIGITS_ZH[int(digit)] if digit.isdigit() else digit for digit in room)
    return f"{_floor_zh(floor)}楼{spoken}" if floor else spoken


def _floor_zh(floor: str) -> str:
    return DIGITS_ZH[int(floor)] if floor.isdigit() and int(floor) < 10 else floor


def _spell(value: str, view: _View) -> str:
    if not view.ear:
        return str(value)
    if view.language == "en":
        return " ".join(str(value))
    return " ".join(DIGITS_ZH[int(sign)] if sign.isdigit() else sign for sign in str(value))


def _doctor(directory: Directory, value: str, view: _View) -> str:
    name = directory.doctor_name(value, view.spoken)
    return name if view.language == "en" else f"{name}医生"
