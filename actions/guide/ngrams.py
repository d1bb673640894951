"""Texts as bags of character n-grams, weighed as TF-IDF; the same at training and at run time, in numpy alone."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from math import log

import numpy as np
import numpy.typing as npt

from actions.safety.text import normalise

LONGEST = 3
"""Characters of an n-gram at most."""
LONGEST_WORD = 5
"""The same within an English word, where three letters say little."""
MOST_CHARACTERS = 600
"""Characters of a text that are read; a complaint's beginning says where it belongs."""
_BLANK = re.compile(r"[\s，。,.!！?？;；、:：~～…“”\"'()（）【】-]+")
_DIGITS = re.compile(r"\d+(?:\.\d+)?")


def grams(text: str) -> list[str]:
    """Every n-gram of a text, with repeats; numbers are one sign, marks and blanks are one blank."""
    plain = _BLANK.sub(" ", _DIGITS.sub("0", normalise(text[:MOST_CHARACTERS]))).strip()
    plain = f" {plain} "
    found = [plain[at : at + size] for size in range(1, LONGEST + 1) for at in range(len(plain) - size + 1)]
    for word in plain.split():
        if word.isascii():
            padded = f" {word} "
            found += [
                padded[at : at + size]
                for size in range(LONGEST + 1, LONGEST_WORD + 1)
                for at in range(len(padded) - size + 1)
            ]
            if len(padded) > LONGEST_WORD:
                found.append(padded)
    return [gram for gram in found if gram != " "]


def learn_vocabulary(texts: Iterable[str], least: int) -> tuple[list[str], list[float]]:
    """N-grams that at least `least` texts hold, in order of their characters, and the inverse frequency of each."""
    bags = [set(grams(text)) for text in texts]
    counts = Counter(gram for bag in bags for gram in bag)
    kept = sorted(gram for gram, count in counts.items() if count >= least)
    return kept, [log((1 + len(bags)) / (1 + counts[gram])) + 1.0 for gram in kept]


def weigh(
    text: str, places: Mapping[str, int], idf: Sequence[float] | npt.NDArray[np.float32]
) -> tuple[list[int], list[float]]:
    """Columns and weights of a text, of unit length; sublinear term frequency. Empty where no n-gram is known."""
    counts = Counter(places[gram] for gram in grams(text) if gram in places)
    columns = sorted(counts)
    weights = [(1.0 + log(counts[column])) * float(idf[column]) for column in columns]
    length = sum(weight * weight for weight in weights) ** 0.5
    return columns, [weight / length for weight in weights]
