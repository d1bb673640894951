"""What was meant where speech recognition or pinyin typing wrote other characters: 胸门 for 胸闷, 抽处 for 抽搐.

A span that sounds like a word of danger, is written otherwise and makes no ordinary word is written as that word.
Sounds are compared without tones and with the confusions of southern Mandarin: zh/z, ch/c, sh/s, n/l, f/h, ang/an,
eng/en, ing/in. The repaired text is one more reading of what was said; it replaces nothing.
"""

import json
import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.util import find_spec
from pathlib import Path

_HAN = re.compile(r"[\u4e00-\u9fff]+")
_ORDINARY = re.compile(r"^([\u4e00-\u9fff]{2,3}) (?:\d{3,} n[rstz]|\d+ (?!n[rstz]))", re.MULTILINE)
"""A word of jieba's dictionary (word, count, part of speech); a name only when it is a common one (武汉, not 中峰)."""
_INITIALS = (("zh", "z"), ("ch", "c"), ("sh", "s"), ("n", "l"), ("f", "h"))
_FINALS = (("ang", "an"), ("eng", "en"), ("ing", "in"))
_SHORT = 2
"""Characters of the words that must be listed to be repaired; longer ones come from the lexicon."""
_LONGEST = 7
_WIDEST_WORD = 4
"""Characters of the longest known word looked for across the edge of a span."""


@dataclass(frozen=True, slots=True)
class Sounds:
    """Words of danger by their sound. Build it with `load_sounds`; stateless afterwards."""

    words: Mapping[tuple[str, ...], str]
    """The word to write for a run of syllables."""
    written: frozenset[str]
    """All words of danger: never written as another one."""
    ordinary: frozenset[str]
    _lengths: tuple[int, ...] = field(default=(), init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_lengths", tuple(sorted({len(key) for key in self.words}, reverse=True)))

    def repair(self, text: str) -> str | None:
        """A normalised text with its misheard words of danger written right; None where there is none."""
        made: list[str] = []
        done = 0
        for run in _HAN.finditer(text):
            repaired = self._repair_run(run.group())
            if repaired is not None:
                made += [text[done : run.start()], repaired]
                done = run.end()
        return "".join([*made, text[done:]]) if made else None

    def _repair_run(self, run: str) -> str | None:
        syllables = tuple(syllable(character) for character in run)
        parts: list[str] = []
        done = start = 0
        while start < len(run):
            word = self._word_at(run, syllables, start)
            if word is None:
                start += 1
                continue
            parts += [run[done:start], word]
            start = done = start + len(word)
        return "".join([*parts, run[done:]]) if parts else None

    def _word_at(self, run: str, syllables: tuple[str, ...], start: int) -> str | None:
        for length in self._lengths:
            end = start + length
            word = self.words.get(syllables[start:end]) if end <= len(run) else None
            if word is not None and run[start:end] not in self.written and self._odd(run, start, end, word):
                return word
        return None

    def _odd(self, run: str, start: int, end: int, word: str) -> bool:
        """Whether a span is no ordinary writing: no word, no run of words, none over its edges, and like `word`."""
        span = run[start:end]
        if len(span) > _SHORT and sum(one != other for one, other in zip(span, word, strict=True)) > len(span) // 2:
            return False
        changed = {start + place for place, sign in enumerate(word) if span[place] != sign}
        return not (self._all_words(span) or self._over_edge(run, start, changed) or self._over_edge(run, end, changed))

    def _known(self, span: str) -> bool:
        return span in self.ordinary or span in self.written

    def _all_words(self, span: str) -> bool:
        if not span or span in self.ordinary:
            return True
        return any(span[:cut] in self.ordinary and self._all_words(span[cut:]) for cut in range(2, len(span) - 1))

    def _over_edge(self, run: str, edge: int, changed: set[int]) -> bool:
        """Whether a known word stands across a place of the text (处方 in 抽处方) and is torn by the repair."""
        return any(
            self._known(run[first:last]) and not changed.isdisjoint(range(first, last))
            for first in range(max(0, edge - _WIDEST_WORD + 1), edge)
            for last in range(edge + 1, min(len(run), first + _WIDEST_WORD) + 1)
        )


@cache
def _readings() -> dict[str, str]:
    """Pinyin by code point, from the data of pypinyin; the package itself loads ten times as much."""
    table: dict[str, str] = json.loads(_package("pypinyin").joinpath("pinyin_dict.json").read_bytes())
    return table


@cache
def syllable(character: str) -> str:
    """The sound of a Chinese character, toneless and with confusable sounds as one; itself where it has none."""
    spelled = _readings().get(str(ord(character)), "").split(",")[0]
    if not spelled:
        return character
    spelled = unicodedata.normalize("NFD", spelled).replace("u\u0308", "v")
    plain = "".join(sign for sign in spelled if unicodedata.category(sign) != "Mn")
    for initial, like in _INITIALS:
        if plain.startswith(initial):
            plain = like + plain[len(initial) :]
            break
    for final, like in _FINALS:
        if plain.endswith(final):
            return plain[: -len(final)] + like
    return plain


def load_sounds(terms: Iterable[str], listed: Iterable[str]) -> Sounds:
    """Sounds of the Chinese terms of a lexicon of three characters and more, and of the `listed` shorter words."""
    short = [word for word in listed if len(word) == _SHORT]
    known = [*short, *(term for term in terms if _SHORT < len(term) <= _LONGEST and _HAN.fullmatch(term))]
    words: dict[tuple[str, ...], str] = {}
    for word in known:
        words.setdefault(tuple(syllable(character) for character in word), word)
    ordinary = _ORDINARY.findall(_package("jieba").joinpath("dict.txt").read_text(encoding="utf-8"))
    return Sounds(words, frozenset(known), frozenset(ordinary))


def _package(name: str) -> Path:
    spec = find_spec(name)
    if spec is None or not spec.submodule_search_locations:
        raise ModuleNotFoundError(name)
    return Path(spec.submodule_search_locations[0])
