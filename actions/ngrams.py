"""Texts as bags of character n-grams and English word n-grams, with facts beside them, weighed as TF-IDF.

The gate's second vote and the guide's classifier read texts alike. The same at training and at run time, in the
standard library alone. Each block has a length of its own, so that a long text and a short one count alike.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain
from math import log

from actions.safety.text import normalise, tokenise

LONGEST = 4
"""Characters of an n-gram at most, within the bounds of words; Chinese is one word up to its next mark or blank."""
LONGEST_WORDS = 3
"""English words of an n-gram at most."""


def character_grams(text: str) -> Iterator[str]:
    """Every character n-gram of a normalised text, with repeats."""
    for word in text.split():
        padded = f" {word} "
        for size in range(1, LONGEST + 1):
            if len(padded) <= size:
                yield padded
                break
            yield from (padded[at : at + size] for at in range(len(padded) - size + 1))


def word_grams(text: str) -> Iterator[str]:
    """Every English word n-gram of a normalised text; words by their stem."""
    words = [token.text for token in tokenise(text) if token.text.isascii() and token.text.isalpha()]
    for size in range(1, LONGEST_WORDS + 1):
        yield from ("_".join(words[at : at + size]) for at in range(len(words) - size + 1))


def blocks(text: str) -> tuple[Counter[str], Counter[str]]:
    """Counts of both kinds of n-gram; the names of the two kinds never meet."""
    plain = normalise(text)
    return Counter(f"c:{gram}" for gram in character_grams(plain)), Counter(f"w:{gram}" for gram in word_grams(plain))


def learn_vocabulary(
    counts: Iterable[tuple[Counter[str], Counter[str]]], facts: Iterable[set[str]], least: int
) -> tuple[list[str], list[float]]:
    """Features that at least `least` texts have, in order, with the inverse document frequency of each."""
    seen: Counter[str] = Counter()
    texts = 0
    for two, names in zip(counts, facts, strict=True):
        texts += 1
        seen.update(chain(*two, names))
    kept = sorted(feature for feature, count in seen.items() if count >= least)
    return kept, [1.0 if name.startswith("f:") else log((1 + texts) / (1 + seen[name])) + 1.0 for name in kept]


def weigh(
    counts: tuple[Counter[str], Counter[str]],
    facts: set[str],
    places: Mapping[str, int],
    idf: Sequence[float],
    fact_weight: float,
) -> tuple[list[int], list[float]]:
    """Columns and weights of a text; sublinear term frequency, each block of unit length, each fact `fact_weight`."""
    columns: list[int] = []
    weights: list[float] = []
    for block in counts:
        found = [(places[gram], count) for gram, count in block.items() if gram in places]
        values = [(1.0 + log(count)) * idf[column] for column, count in found]
        length = sum(value * value for value in values) ** 0.5 or 1.0
        columns += [column for column, _ in found]
        weights += [value / length for value in values]
    known = sorted(places[name] for name in facts if name in places)
    return columns + known, weights + [fact_weight] * len(known)
