"""The patient's own words for what was understood: a reason given back is a quotation, never a term of the table.

"脖子上长了个包" speaks for the surgeons because it may be several things; naming one of them would be a diagnosis.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from actions.guide.case import longest
from actions.guide.symptoms import SymptomTable
from actions.safety.assertion import Status, assert_mentions
from actions.safety.lexicon import Mention
from actions.safety.text import Token, normalise
from actions.turns import TOKEN

MOST_QUOTES = 3
"""Quotations at most."""


@dataclass(frozen=True)
class _Quote:
    """A run of one of the texts."""

    text: int
    start: int
    end: int
    words: str

    def within(self, other: _Quote) -> bool:
        """Whether a longer quotation says the same words."""
        apart = self.text != other.text or self.end <= other.start or other.end <= self.start
        return not apart and len(self.words) < len(other.words)


def quotes(table: SymptomTable, texts: Iterable[str], symptoms: Sequence[str]) -> list[str]:
    """What was said of these symptoms in the patient's `texts`, in their order; of quotations that overlap the longest,
    and none of a symptom that nobody named in words."""
    said: dict[str, _Quote] = {}
    for number, text in enumerate(texts):
        for concept, quote in _named(table, number, text):
            said.setdefault(concept, quote)
    found = [said[one] for one in symptoms if one in said]
    kept = [one.words for one in found if not any(one.within(other) for other in found)]
    return list(dict.fromkeys(kept))[:MOST_QUOTES]


def _named(table: SymptomTable, number: int, text: str) -> Iterator[tuple[str, _Quote]]:
    """Every symptom of one text that is not denied, with its words; never with a person's name among them."""
    plain, source, origin = _aligned(text)
    scan = table.vocabulary.lexicon.scan(plain)
    statuses = assert_mentions(scan, frozenset(), personal=True)
    for mention in longest(scan.mentions):
        start, end = _span(mention, scan.tokens, plain)
        words = source[origin[start] : origin[end - 1] + 1]
        if statuses[mention] is not Status.DENIED and not TOKEN.search(words):
            yield mention.concept, _Quote(number, start, end, words)


def _span(mention: Mention, tokens: Sequence[Token], plain: str) -> tuple[int, int]:
    """Where a mention stands in the normalised text, without the blanks and marks behind it."""
    end = tokens[mention.end].start if mention.end < len(tokens) else len(plain)
    while not plain[end - 1].isalnum():
        end -= 1
    return tokens[mention.start].start, end


def _aligned(text: str) -> tuple[str, str, Sequence[int]]:
    """The normalised text, the text to quote from, and the place in it of each normalised character.

    The patient's own writing is quoted where the two run alongside; where they do not (a phrase of traditional
    characters that has another length), the normalised text.
    """
    plain = normalise(text)
    kept: list[int] = []
    for place, character in enumerate(text):
        for sign in normalise(character):
            if len(kept) < len(plain) and sign == plain[len(kept)]:
                kept.append(place)
    return (plain, text, kept) if len(kept) == len(plain) else (plain, plain, range(len(plain)))
