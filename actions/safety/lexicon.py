"""Concepts in a text: terms with gaps over one trie of tokens, both languages at once.

A term is written as a patient would say it: `胸闷`, `chest tightness`; `{chest}…{pain}` is any word of the part
`chest`, at most `GAP` tokens, any word of the part `pain`. A gap stays within a sentence, crosses one comma at most,
and never another body site when the term has one: in "胸口闷，腿疼" the chest does not hurt.
"""

import re
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from actions.safety.errors import RulesInvalid
from actions.safety.text import Kind, Token, tokenise

GAP = 7
"""Most tokens that `…` stands for."""
_ELEMENT = re.compile(r"\{(\w+)\}|([^{}]+)")
_JOINS = frozenset({*"和跟与及连着带到往、/", "and", "or", "to", "my", "the", "into"})
_END = ""  # key of the names that end at a trie node; no token is empty
_AS_IT_STANDS = "="
NEUTRAL = "neutral"
"""Name of words that hide what they contain: 头孢 is no head, 胸痛中心 no chest pain."""


@dataclass(frozen=True, slots=True)
class Span:
    """A run of tokens, end exclusive."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Mention:
    """One place where a concept is named."""

    concept: str
    start: int
    end: int
    atoms: tuple[Span, ...]
    """The words themselves; what lies between them is a gap."""


@dataclass(frozen=True, slots=True)
class Scan:
    """All that the lexicon found in one text."""

    tokens: tuple[Token, ...]
    mentions: tuple[Mention, ...]
    named: Mapping[str, tuple[Span, ...]]
    """Spans of each atom: `part:…`, `cue:…`, `person:…`."""


@dataclass(frozen=True, slots=True)
class _Term:
    concept: str
    atoms: tuple[str, ...]
    gaps: tuple[bool, ...]
    """Whether `…` stands before atom i (never before the first)."""
    sited: bool


@dataclass(slots=True)
class Lexicon:
    """A compiled set of terms. Build it once with `add_*`, then only `scan`."""

    sites: set[str] = field(default_factory=set)
    _trie: dict[str, Any] = field(default_factory=dict)
    _exact: set[str] = field(default_factory=set)
    _parts: set[str] = field(default_factory=set)
    _terms: defaultdict[str, list[_Term]] = field(default_factory=lambda: defaultdict(list))

    def add_words(self, name: str, words: Iterable[str], site: bool = False) -> None:
        """Let `words` be found under the atom `name` (`part:chest`, `cue:negation`, `neutral`)."""
        self._parts.add(name)
        if site:
            self.sites.add(name)
        for word in words:
            node = self._trie
            keys = _keys(word)
            if not keys:
                raise RulesInvalid(f"{name}: the word {word!r} has nothing to match")
            self._exact.update(key for key in keys if key.startswith(_AS_IT_STANDS))
            for key in keys:
                node = node.setdefault(key, {})
            names: list[str] = node.setdefault(_END, [])
            if name not in names:
                names.append(name)

    def add_term(self, concept: str, term: str) -> None:
        """Let `term` name `concept`; the parts it uses must have been added before."""
        atoms: list[str] = []
        gaps: list[bool] = []
        for chunk_number, chunk in enumerate(re.split(r"…|\.\.\.", term)):
            for element_number, match in enumerate(_ELEMENT.finditer(chunk.strip())):
                atoms.append(self._atom(concept, match.group(1), match.group(2)))
                gaps.append(chunk_number > 0 and element_number == 0)
        if not atoms:
            raise RulesInvalid(f"{concept}: the term {term!r} is empty")
        made = _Term(concept, tuple(atoms), tuple(gaps), any(atom in self.sites for atom in atoms))
        if made not in self._terms[atoms[0]]:
            self._terms[atoms[0]].append(made)

    def _atom(self, concept: str, part: str | None, literal: str | None) -> str:
        if part is not None:
            if f"part:{part}" not in self._parts:
                raise RulesInvalid(f"{concept}: there is no part {{{part}}}")
            return f"part:{part}"
        text = " ".join(_keys(literal or ""))
        if not text:
            raise RulesInvalid(f"{concept}: the words {literal!r} have nothing to match")
        self.add_words(f"lit:{text}", [literal or ""])
        return f"lit:{text}"

    def scan(self, text: str) -> Scan:
        """Everything named in a normalised text. Linear in its length."""
        tokens = tokenise(text)
        named = self._spans(tokens)
        starts = {name: [span.start for span in spans] for name, spans in named.items()}
        sites = sorted({span for name in self.sites for span in named.get(name, ())}, key=lambda span: span.start)
        finder = _Finder(tokens, named, starts, sites, [span.start for span in sites])
        mentions: set[Mention] = set()
        for name, spans in named.items():
            for term in self._terms.get(name, ()):
                if any(atom not in named for atom in term.atoms):
                    continue
                for span in spans:
                    atoms = finder.follow(term, 1, (span,))
                    if atoms:
                        mentions.add(Mention(term.concept, atoms[0].start, atoms[-1].end, atoms))
        ordered = tuple(sorted(mentions, key=lambda m: (m.start, m.end, m.concept)))
        return Scan(tokens, ordered, named)

    def _spans(self, tokens: Sequence[Token]) -> dict[str, tuple[Span, ...]]:
        found: defaultdict[str, list[Span]] = defaultdict(list)
        hidden: list[tuple[int, int]] = []
        words = [token.text for token in tokens]
        exact = [key if key in self._exact else None for key in (_AS_IT_STANDS + token.raw for token in tokens)]

        def walk(node: dict[str, Any] | None, start: int, end: int) -> None:
            while node is not None and end < len(words):
                asked = exact[end]
                if asked is not None and asked in node:
                    name_ends(node[asked], start, end + 1)
                    walk(node[asked], start, end + 1)
                node = node.get(words[end])
                end += 1
                if node is not None and _END in node:
                    name_ends(node, start, end)

        def name_ends(node: dict[str, Any], start: int, end: int) -> None:
            for name in node.get(_END, ()):
                found[name].append(Span(start, end))
                if name == NEUTRAL:
                    hidden.append((start, end))

        for start in range(len(words)):
            walk(self._trie, start, start)
        if hidden:
            cover = [-1] * len(tokens)
            for index, (start, end) in enumerate(hidden):
                for position in range(start, end):
                    cover[position] = index
            for name in list(found):
                if name != NEUTRAL:
                    found[name] = [s for s in found[name] if not _inside(s, hidden, cover)]
        return {name: tuple(dict.fromkeys(spans)) for name, spans in found.items() if spans}


def _keys(word: str) -> list[str]:
    """What the tokens of a term are stored under: stems, or `=word` as it stands (`=crowning` finds no crown)."""
    exact = {raw[1:] for raw in word.split() if raw.startswith(_AS_IT_STANDS)}
    plain = word.replace(_AS_IT_STANDS, "")
    return [_AS_IT_STANDS + token.raw if token.raw in exact else token.text for token in tokenise(plain)]


def _inside(span: Span, hidden: Sequence[tuple[int, int]], cover: Sequence[int]) -> bool:
    """Whether a neutral word holds all of the span and more."""
    index = cover[span.start]
    if index < 0:
        return False
    start, end = hidden[index]
    return start <= span.start and span.end <= end and (end - start) > (span.end - span.start)


@dataclass(frozen=True, slots=True)
class _Finder:
    tokens: Sequence[Token]
    named: Mapping[str, tuple[Span, ...]]
    starts: Mapping[str, list[int]]
    sites: Sequence[Span]
    site_starts: Sequence[int]

    def follow(self, term: _Term, index: int, atoms: tuple[Span, ...]) -> tuple[Span, ...] | None:
        """The nearest completion of a term whose first `index` atoms are placed."""
        if index == len(term.atoms):
            return atoms
        name, last = term.atoms[index], atoms[-1]
        reach = last.end + (GAP if term.gaps[index] else 0)
        starts = self.starts.get(name, [])
        for place in range(bisect_left(starts, last.end), len(starts)):
            span = self.named[name][place]
            if span.start > reach:
                return None
            if term.gaps[index] and not self._open(last.end, span.start, term.sited):
                return None
            rest = self.follow(term, index + 1, (*atoms, span))
            if rest:
                return rest
        return None

    def _open(self, start: int, end: int, sited: bool) -> bool:
        """Whether a term may reach over the tokens from start to end."""
        commas = 0
        for token in self.tokens[start:end]:
            if token.kind is Kind.STOP:
                return False
            commas += token.kind is Kind.COMMA
        if commas > 1:
            return False
        return not sited or self._no_other_site(start, end)

    def _no_other_site(self, start: int, end: int) -> bool:
        """False where another site takes over; 胸口和后背疼 goes on, since 和 joins the two."""
        place = bisect_left(self.site_starts, start)
        while place < len(self.sites) and self.sites[place].end <= end:
            between = self.tokens[start : max(start, self.sites[place].start)]
            if any(token.text not in _JOINS for token in between):
                return False
            start = max(start, self.sites[place].end)
            place += 1
        return True
