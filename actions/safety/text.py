"""From what was typed or heard to tokens: normalised, Chinese by character, English by stem."""

import re
import unicodedata
from dataclasses import dataclass
from enum import Enum

import opencc

_DROPPED = frozenset({"Cf", "Mn", "Me"})
"""Format signs, accents and enclosing marks: no letters, but able to part a word."""
_SIMPLIFY = opencc.OpenCC("t2s").convert
_LATIN = re.compile(r"[a-z]")
_LOOKALIKES = str.maketrans("аеорсухѕіјԁһԛԝαορνικτ", "aeopcyxsijdhqwaopvikt")
"""Cyrillic and Greek letters that look like Latin ones, in a text that has Latin letters."""
_HESITATION = re.compile(r"(?<=\D)(?:\.{2,}|。{2,}|[·•⋯~～_*]+|-{2,}|—+)(?=\D)")
"""Dots and dashes inside a sentence (疼…痛); a single full stop ends one."""
_APOSTROPHE = re.compile(r"(?<=[a-z])['’‘`´](?=[a-z])")
_TOKEN = re.compile(r"\d+(?:\.\d+)?|[a-z]+|[\u3400-\u9fff]|[。.!！?？;；\n]|[、/]|[^\w\s°%'&-]")
_DIGITS = {"零": 0, "〇": 0, "一": 1, "二": 2, "两": 2, "三": 3, "四": 4, "五": 5, "六": 6, "七": 7, "八": 8, "九": 9}
_NUMERAL = re.compile(r"[零〇一二两三四五六七八九十百]+")
_SMALLEST_STEM = 4


class Kind(Enum):
    """What a token is to the reader of a sentence."""

    WORD = "word"
    STOP = "stop"  # ends a sentence
    COMMA = "comma"  # ends a clause
    LIST = "list"  # 、 between the items of a list


@dataclass(frozen=True, slots=True)
class Token:
    """One Chinese character, English stem, number or punctuation mark."""

    text: str
    kind: Kind
    start: int
    """Offset in the normalised text, in characters."""
    sentence: int
    """Number of the sentence it belongs to, from 0."""
    raw: str = ""
    """The word as it stands in the text, before its ending was cut."""


def normalise(text: str) -> str:
    """One spelling for one meaning: NFKC, lower case, simplified characters, Latin letters for those that only look
    like them, and without invisible marks, stacked accents, dots of hesitation and apostrophes."""
    folded = unicodedata.normalize("NFKC", text.encode("utf-16", "surrogatepass").decode("utf-16", "replace"))
    if not folded.isascii():
        folded = unicodedata.normalize("NFKD", folded)  # é is e and an accent, which is dropped like any stacked mark
        folded = "".join(sign for sign in folded if unicodedata.category(sign) not in _DROPPED)
        folded = _SIMPLIFY(folded)
    folded = folded.lower()
    if _LATIN.search(folded):
        folded = folded.translate(_LOOKALIKES)
    return _APOSTROPHE.sub("", _HESITATION.sub(" ", folded))


def tokenise(text: str) -> tuple[Token, ...]:
    """Tokens of a normalised text; spaces are left out, any other mark parts like a comma."""
    tokens: list[Token] = []
    sentence = 0
    for match in _TOKEN.finditer(text):
        raw = match.group()
        kind = _kind(raw)
        tokens.append(Token(stem(raw) if kind is Kind.WORD else raw, kind, match.start(), sentence, raw))
        if kind is Kind.STOP:
            sentence += 1
    return tuple(tokens)


def _kind(raw: str) -> Kind:
    if raw in "。.!！?？;；\n":
        return Kind.STOP
    if raw in "、/":
        return Kind.LIST
    return Kind.WORD if raw[0].isalnum() else Kind.COMMA


def stem(word: str) -> str:
    """A crude English stem (bleeds, bleeding, bleed → bleed), the same for terms and texts; other tokens unchanged."""
    if not word.isascii() or not word.isalpha() or len(word) < _SMALLEST_STEM:
        return word
    for ending, put in (("ying", "y"), ("ing", ""), ("ies", "y"), ("ied", "y"), ("ed", ""), ("es", ""), ("s", "")):
        kept = len(word) - len(ending)
        if word.endswith(ending) and kept >= 3 and _is_ending(word[:kept], ending):
            word = word[:kept] + put
            if ending in {"ing", "ed"} and word[-1] == word[-2] and word[-1] not in "lsz":
                word = word[:-1]
            break
    return word[:-1] if word.endswith("e") and len(word) >= _SMALLEST_STEM else word


def _is_ending(rest: str, ending: str) -> bool:
    """Whether what looks like an ending is one: not the s of pass, the ed of bleed or the ing of string."""
    if ending == "s":
        return not rest.endswith("s")
    if ending == "ed" and rest.endswith("e"):
        return False
    return any(vowel in rest for vowel in "aeiouy")


def number(text: str) -> float | None:
    """The value of `38.5` or of a Chinese numeral below 1000 such as 七十二 or 十; None if it is neither."""
    if re.fullmatch(r"\d+(?:\.\d+)?", text):
        return float(text)
    if not text or not _NUMERAL.fullmatch(text):
        return None
    total, last_unit, digit = 0, 1, None
    for character in text:
        if character in _DIGITS:
            digit = _DIGITS[character] if digit is None or digit == 0 else digit * 10 + _DIGITS[character]
        else:
            last_unit = 10 if character == "十" else 100
            total += (1 if digit is None else digit) * last_unit
            digit = None
    spoken_short = last_unit == 100 and digit is not None and "零" not in text and "〇" not in text
    return float(total + (digit or 0) * (10 if spoken_short else 1))  # 一百六 is 160
