"""Whether what was found answers the question: a calibrated decision, since no single score can tell.

A fixed threshold on vector similarity separates answerable from unanswerable questions poorly (AUROC .64 to .80). The
features here add what share of the question's rare words the passage and its document hold, and whether the passage
holds the kind of thing that is asked for (a price, a time, a phone number). The weights are fitted by
`knowledge/calibrate.py`. Tried there and of no use: the longest uncovered run of the question, the fused score, the
share that title and headings hold, the similarity of titles and of single sentences.
"""

import math
import re
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, replace
from functools import lru_cache

from knowledge.policy import Answering, Logistic
from knowledge.retriever import Found, Retrieval
from knowledge.sentences import CJK, split_units
from knowledge.words import normalise, occurrences, stem, terms

FEATURES = (
    "dense",
    "coverage",
    "document",
    "words",
    "behind",
    "price_missing",
    "kind_missing",
    "asks_kind",
    "off_topic",
)
"""Features of the decision to answer, in the order of their columns in calibration."""
SECTION = (
    "dense",
    "told",
    "sentence",
    "words",
    "behind",
    "price_missing",
    "kind_missing",
    "later",
    "unasked",
)
"""Features that tell which passage of a document answers."""
LAST = 4
"""From this passage on a document's passages count as equally late."""
PRICE = "price"
"""The kind of question that is asked most and that is answered by a number or not at all."""
JUDGED = 4
"""Passages of one question that are judged."""
NEARBY = 8
"""Passages among which a document's further ones count as evidence; the whole of a long document holds most words."""
UNKNOWN_RARITY = 3.0
"""Rarity of a term when the word index cannot be asked."""

NUMBERS = 0.3
"""Factor on numbers: a patient's own (39 degrees, three days) are rarely those of the document."""

_NUMBER = re.compile("[0-9]+|[一二三四五六七八九十百半两]|half|two|three|four|five|ten")
_SPOT = re.compile(f"[{CJK}]|[a-z0-9]+")


@dataclass(frozen=True)
class Spot:
    """One character or Latin word of the question's subject."""

    start: int
    end: int
    rarity: float
    needs: tuple[str, ...]
    """Terms of which a text must hold one to cover the spot."""
    equals: tuple[str, ...]
    """Synonyms of the phrase that the spot is in; any of them covers it as well."""
    evidence: re.Pattern[str] | None = None
    """For the words that ask for a price or a time: what covers them is such a thing."""


@dataclass(frozen=True)
class Decision:
    """Whether to answer, and from which passage."""

    chosen: Found | None
    """The passage to quote; None to refuse."""
    confidence: float
    """Estimated probability that the best passage answers the question."""
    features: Mapping[str, float]
    """What the decision saw of the best passage."""


class Judge:
    """The decision, with the policy's data compiled once."""

    def __init__(self, answering: Answering) -> None:
        self._refusal = answering.refusal
        self._ignore = {
            language: [normalise(word) for word in sorted(words, key=len, reverse=True)]
            for language, words in answering.ignore.items()
        }
        self._synonyms = [tuple(normalise(word) for word in group) for group in answering.synonyms]
        quoting = answering.quoting
        self._said, self._known = quoting.said, quoting.known
        self._conditions = {name: re.compile(one, re.IGNORECASE) for name, one in quoting.conditions.items()}
        self._kinds = [
            (
                name,
                {language: re.compile(asks) for language, asks in kind.asks.items()},
                re.compile(kind.evidence, re.IGNORECASE),
            )
            for name, kind in answering.kinds.items()
        ]

    def decide(self, query: str, language: str, retrieval: Retrieval) -> Decision:
        """Judge the first passages; answer from the likeliest one's document with its best passage, or refuse."""
        best: Decision | None = None
        model = self._model(retrieval.found)
        for found in retrieval.found[:JUDGED]:
            features = self.features(query, language, found, retrieval)
            confidence = probability(model, features)
            if best is None or confidence > best.confidence:
                best = Decision(found, confidence, features)
        if best is None:
            return Decision(None, 0.0, {})
        if best.chosen is None or best.confidence < model.threshold:
            return Decision(None, best.confidence, best.features)
        return replace(best, chosen=self.section(query, language, best.chosen, retrieval))

    def section(self, query: str, language: str, likeliest: Found, retrieval: Retrieval) -> Found:
        """The passage of the document that holds the answer itself."""
        weights = self._refusal.section

        def rating(found: Found) -> float:
            features = self.features(query, language, found, retrieval)
            return sum(weight * features[name] for name, weight in weights.items())

        source = likeliest.passage.source
        return max((each for each in retrieval.found if each.passage.source == source), key=rating)

    def _model(self, found: Sequence[Found]) -> Logistic:
        """With vectors where they took part, else the one fitted for words alone."""
        vectors = any(each.dense is not None for each in found)
        return self._refusal.with_vectors if vectors else self._refusal.words_only

    def features(self, query: str, language: str, found: Found, retrieval: Retrieval) -> dict[str, float]:
        """The evidence for one passage, each number roughly between 0 and 1."""
        spots = self.spots(query, language, retrieval.rarity)
        passage = found.entry.passage
        about = f"{passage.title} {passage.heading} {found.entry.keywords}"
        whole = f"{about} {passage.text}"
        section = f"{passage.heading} {passage.text}"
        sentences = [f"{passage.heading} {unit.text}" for unit in split_units(passage.text)]
        news = self._news(spots, f"{passage.title} {found.entry.keywords}")
        others = [each.passage for each in retrieval.found[:NEARBY] if each.passage.source == passage.source]
        document = [whole, *(f"{each.heading} {each.text}" for each in others)]
        total = sum(spot.rarity for spot in spots) or 1.0
        asked = self.asked(query, language)
        missing = {name for name, _, evidence in asked if not evidence.search(whole)}
        return {
            "dense": 0.0 if found.dense is None else (found.dense - 0.8) * 5,
            "coverage": share(spots, [covered(spot, whole) for spot in spots]),
            "document": share(spots, [any(covered(spot, part) for part in document) for spot in spots]),
            "told": share(news, [covered(spot, section) for spot in news]),
            "sentence": max((share(news, [covered(spot, each) for spot in news]) for each in sentences), default=0.0),
            "words": 0.0 if found.words is None else math.tanh(found.words / (2 * total)),
            "behind": math.tanh(retrieval.found[0].score - found.score),
            "price_missing": float(PRICE in missing),
            "kind_missing": float(bool(missing - {PRICE})),
            "asks_kind": float(bool(asked)),
            "off_topic": float(not any(covered(spot, about) for spot in spots)),
            "later": min(place(passage.id), LAST) / LAST,
            "unasked": float(self._unasked(query, language, passage.heading)),
        }

    def _news(self, spots: Sequence[Spot], known: str) -> list[Spot]:
        """The spots, those counting less that title and keywords hold: they do not tell a document's sections apart."""
        return [replace(spot, rarity=spot.rarity * self._known) if covered(spot, known) else spot for spot in spots]

    def _unasked(self, query: str, language: str, heading: str) -> bool:
        """Whether a passage holds only under a condition ("if you lost the card") that the question does not name."""
        last = heading.split(" › ")[-1]
        if not last or not self._conditions[language].search(last):
            return False
        named = self.spots(last, language, {})
        return share(named, [covered(spot, query) for spot in named]) < self._said

    def spots(self, query: str, language: str, rarity: Mapping[str, float]) -> list[Spot]:
        """The question without its empty words, spot by spot. A word that is part of a known phrase is never empty."""
        text = normalise(query)
        asked = self.asked(query, language)
        equals: dict[int, list[str]] = {}
        for group in self._synonyms:
            for at in {at for word in group for hit in occurrences(word, text) for at in hit}:
                equals.setdefault(at, []).extend(group)
        known = {at for group in self._synonyms for word in group for hit in _phrases(word, text) for at in hit}
        known.update(at for _, hit, _ in asked for at in hit if not text[at].isascii())
        empty = {at for word in self._ignore.get(language, []) for hit in occurrences(word, text) for at in hit} - known
        spots = []
        for hit in _SPOT.finditer(text):
            start, end = hit.span()
            if start in empty:
                continue
            needs = (stem(hit[0]),) if hit[0].isascii() else _bigrams(text, start, empty)
            weight = min(rarity.get(need, UNKNOWN_RARITY) for need in needs)
            weight *= NUMBERS if _NUMBER.fullmatch(hit[0]) else 1.0
            evidence = next((pattern for _, at, pattern in asked if start in at), None)
            spots.append(Spot(start, end, max(weight, 0.05), needs, tuple(equals.get(start, ())), evidence))
        return spots

    def asked(self, query: str, language: str) -> list[tuple[str, range, re.Pattern[str]]]:
        """The kinds of thing a question asks for: name, where in the normalised question, and what such a thing is."""
        text = normalise(query)
        return [
            (name, range(*hit.span()), evidence)
            for name, asks, evidence in self._kinds
            if language in asks
            for hit in asks[language].finditer(text)
        ]

    def names(self, query: str, language: str) -> bool:
        """Whether a question names a subject; "what does it cost?" does not."""
        return any(spot.evidence is None for spot in self.spots(query, language, {}))

    def lacks_kind(self, query: str, language: str, text: str) -> bool:
        """Whether a text has nothing of a kind that the question asks for."""
        return any(not evidence.search(text) for _, _, evidence in self.asked(query, language))


def probability(model: Logistic, features: Mapping[str, float]) -> float:
    """The model's estimate that the passage answers."""
    total = model.bias + sum(weight * features[name] for name, weight in model.weights.items())
    return 1.0 / (1.0 + math.exp(-max(-30.0, min(30.0, total))))


def place(passage_id: str) -> int:
    """Which passage of its document this is, from 0: documents say first what most people ask."""
    number = passage_id.rpartition("#")[2]
    return int(number) if number.isdigit() else 0


@lru_cache(maxsize=16384)
def readable(text: str) -> tuple[str, frozenset[str]]:
    """A text in one spelling, and the stems of its Latin words: what `covered` looks in."""
    low = normalise(text)
    return low, frozenset(term for term in terms(low) if term.isascii())


def covered(spot: Spot, text: str) -> bool:
    """Whether a text speaks of the spot: in its own words or in a synonym's."""
    low, words = readable(text)
    if any(occurrences(word, low) for word in spot.equals) or (spot.evidence is not None and spot.evidence.search(low)):
        return True
    if spot.needs and spot.needs[0].isascii():
        return any(_same_word(spot.needs[0], word) for word in words)
    return any(need in low for need in spot.needs)


def share(spots: Sequence[Spot], held: Sequence[bool]) -> float:
    """Covered share of the question, weighted by rarity; 0 for a question without a subject."""
    total = sum(spot.rarity for spot in spots)
    return sum(spot.rarity for spot, is_held in zip(spots, held, strict=True) if is_held) / total if total else 0.0


def _phrases(word: str, text: str) -> list[range]:
    """Where a phrase stands; a single character is none."""
    return occurrences(word, text) if len(word) > 1 else []


def _bigrams(text: str, at: int, empty: Set[int]) -> tuple[str, ...]:
    """The bigrams that a character is part of, empty words left out; the character itself when it stands alone."""
    pairs = [text[first : first + 2] for first in (at - 1, at) if not empty & {first, first + 1}]
    found = tuple(pair for pair in pairs if re.fullmatch(f"[{CJK}]{{2}}", pair))
    return found or (text[at],)


def _same_word(left: str, right: str) -> bool:
    """Whether two stems are one word: equal but for a last e, or one begins the other and both are long."""
    left, right = left.rstrip("e"), right.rstrip("e")
    return left == right or (min(len(left), len(right)) >= 5 and (left.startswith(right) or right.startswith(left)))
