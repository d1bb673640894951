"""Finds the hospital's departments and doctors in what a patient says, by their names and aliases.

All phrases go into one trie, so a text is read once whatever the number of aliases. Where two phrases overlap the
longer one wins: 神经外科 is never 外科, and 妇产科 is never 产科. Words in Latin letters match only as whole words.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from knowledge.directory_shapes import Department, Doctor

ADDRESS_ZH = (
    *("医生", "大夫", "医师", "教授", "专家"),
    *("主任", "主任医师", "主任医生", "主任大夫", "副主任", "副主任医师", "副主任医生"),
)
"""Forms of address that follow a Chinese name or surname."""
ADDRESS_EN = ("dr", "doctor", "prof", "professor")
"""Forms of address that precede an English name or surname."""
COMPOUND_SURNAMES = ("欧阳", "司马", "上官", "诸葛", "司徒", "东方", "皇甫", "尉迟", "公孙", "慕容", "令狐", "端木")
"""Chinese surnames of two characters (复姓)."""

_FULL_WIDTH = {0xFF01 + i: 0x21 + i for i in range(94)}
_SPACES = dict.fromkeys(map(ord, "\t\n\r\f\v\u00a0\u2009\u3000-‐‑–/"), " ")
_FOLD = _FULL_WIDTH | _SPACES | {ord("\uff0d"): " ", ord("\uff0f"): " ", ord("’"): "'", ord("İ"): "i"}
_SPACE_RUN = re.compile(" +")
_ABBREVIATION = re.compile(r"(?<![a-z0-9])(dr|prof)\.")


def fold(text: str) -> str:
    """`text` in lower case and half-width, hyphens and slashes as spaces; every character keeps its position."""
    return _ABBREVIATION.sub(r"\1 ", text.translate(_FOLD).lower())


@dataclass(frozen=True)
class Mention:
    """A phrase found in a text: `text[start:end]` means one of `ids`."""

    start: int
    end: int
    phrase: str
    ids: tuple[str, ...]


@dataclass(frozen=True)
class DepartmentMatch:
    """A department mentioned in a text; an ambiguous alias gives one match a department, all with the same span."""

    department: str
    start: int
    end: int
    alias: str
    """The name or alias as the hospital's table has it."""

    @property
    def span(self) -> tuple[int, int]:
        """Start and end in the text, for slicing."""
        return self.start, self.end


@dataclass(frozen=True)
class DoctorMatch:
    """A doctor mentioned in a text; a surname or a shared name gives one match a doctor, all with the same span."""

    doctor: str
    start: int
    end: int
    full_name: bool
    """False where only the surname was said."""

    @property
    def span(self) -> tuple[int, int]:
        """Start and end in the text, for slicing."""
        return self.start, self.end


@dataclass
class _Node:
    """One letter of the trie; `phrase` is set where a phrase ends here."""

    children: dict[str, "_Node"] = field(default_factory=dict)
    phrase: str | None = None
    ids: tuple[str, ...] = ()


class PhraseFinder:
    """Finds phrases in a text. A phrase with no ids is found and left out: it shields what stands in it by chance."""

    def __init__(self, phrases: Mapping[str, Iterable[str]]) -> None:
        self._root = _Node()
        for phrase, ids in phrases.items():
            node = self._root
            for letter in _SPACE_RUN.sub(" ", fold(phrase)).strip():
                node = node.children.setdefault(letter, _Node())
            node.phrase = node.phrase or phrase
            node.ids = tuple(dict.fromkeys((*node.ids, *ids)))

    def find(self, text: str) -> list[Mention]:
        """The longest mentions that do not overlap, in the order of the text."""
        folded = fold(text)
        candidates = [found for start in range(len(folded)) for found in self._at(folded, start)]
        candidates.sort(key=lambda mention: (mention.start - mention.end, mention.start))
        taken = bytearray(len(folded))
        chosen = []
        for mention in candidates:
            if not any(taken[mention.start : mention.end]):
                taken[mention.start : mention.end] = b"\1" * (mention.end - mention.start)
                chosen.append(mention)
        return sorted((mention for mention in chosen if mention.ids), key=lambda mention: mention.start)

    def _at(self, folded: str, start: int) -> Iterable[Mention]:
        """Every phrase that begins at `start`."""
        node = self._root.children.get(folded[start])
        if node is None or _inside_word(folded, start):
            return
        position = start + 1
        while node is not None:
            if node.phrase is not None:
                end = _word_end(folded, position)
                if end is not None:
                    yield Mention(start, end, node.phrase, node.ids)
            if position >= len(folded):
                return
            node, position = _step(node, folded, position)


def _step(node: _Node, folded: str, position: int) -> tuple[_Node | None, int]:
    """The next node and position; a run of spaces counts as one, and none is needed between Chinese characters."""
    letter = folded[position]
    if letter != " ":
        return node.children.get(letter), position + 1
    after = position
    while after < len(folded) and folded[after] == " ":
        after += 1
    if " " in node.children:
        return node.children[" "], after
    if after < len(folded) and not _is_latin(folded[position - 1]) and not _is_latin(folded[after]):
        return node.children.get(folded[after]), after + 1
    return None, after


def _is_latin(letter: str) -> bool:
    """Whether a character belongs to a word in Latin letters or a number."""
    return letter < "\u0250" and letter.isalnum()


def _inside_word(folded: str, start: int) -> bool:
    """Whether `start` stands in the middle of a Latin word."""
    return start > 0 and _is_latin(folded[start]) and _is_latin(folded[start - 1])


def _word_end(folded: str, end: int) -> int | None:
    """Where the word that a phrase ends at `end` really ends (a plural s belongs to it); None inside a longer word."""
    if end >= len(folded) or not (_is_latin(folded[end - 1]) and _is_latin(folded[end])):
        return end
    if folded[end] == "s" and (end + 1 == len(folded) or not _is_latin(folded[end + 1])):
        return end + 1
    return None


class DepartmentFinder:
    """Finds departments by name and alias."""

    def __init__(self, departments: Iterable[Department], not_mentions: Iterable[str]) -> None:
        phrases: dict[str, list[str]] = {shield: [] for shield in not_mentions}
        for department in departments:
            names = (department.zh, department.en, department.official_en)
            for phrase in (*names, *department.aliases_zh, *department.aliases_en):
                phrases.setdefault(phrase, []).append(department.id)
        self._finder = PhraseFinder(phrases)

    def find(self, text: str) -> list[DepartmentMatch]:
        """Every department mentioned, in the order of the text, then of the table."""
        return [
            DepartmentMatch(department, mention.start, mention.end, mention.phrase)
            for mention in self._finder.find(text)
            for department in mention.ids
        ]


class DoctorFinder:
    """Finds doctors by full name, or by surname with a form of address (张医生, Dr Zhang).

    `not_mentions` are words that end like a surname: with 谢谢 among them, 谢谢医生 is no mention of a Dr Xie.
    """

    def __init__(self, doctors: Iterable[Doctor], not_mentions: Iterable[str]) -> None:
        phrases: dict[str, list[str]] = {word + address: [] for word in not_mentions for address in ADDRESS_ZH}
        full_names: set[str] = set()
        for doctor in doctors:
            for phrase in _full_names(doctor):
                phrases.setdefault(phrase, []).append(doctor.id)
                full_names.add(phrase)
            for phrase in _surnames(doctor):
                phrases.setdefault(phrase, []).append(doctor.id)
        self._finder = PhraseFinder(phrases)
        self._full_names = frozenset(full_names)

    def find(self, text: str) -> list[DoctorMatch]:
        """Every doctor mentioned, in the order of the text, then of the table."""
        return [
            DoctorMatch(doctor, mention.start, mention.end, mention.phrase in self._full_names)
            for mention in self._finder.find(text)
            for doctor in mention.ids
        ]


def _full_names(doctor: Doctor) -> Iterable[str]:
    """A doctor's full name with and without a form of address, English also with the given name first."""
    yield doctor.zh
    yield from (doctor.zh + address for address in ADDRESS_ZH)
    surname, _, given = doctor.en.lower().partition(" ")
    for name in (f"{surname} {given}", f"{given} {surname}"):
        yield name
        yield from (f"{address} {name}" for address in ADDRESS_EN)


def _surnames(doctor: Doctor) -> Iterable[str]:
    """A doctor's surname with each form of address."""
    surname = doctor.zh[:2] if doctor.zh.startswith(COMPOUND_SURNAMES) else doctor.zh[:1]
    yield from (surname + address for address in ADDRESS_ZH)
    yield from (f"{address} {doctor.en.lower().partition(' ')[0]}" for address in ADDRESS_EN)
