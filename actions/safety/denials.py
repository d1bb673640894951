"""What is denied, and how far a denial reaches.

For Chinese the scope is tighter than in NegEx: 没 reaches a symptom only over fillers or along a list (没有发烧、胸痛),
since 没吃饭肚子疼 denies nothing.
"""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence

from actions.safety.lexicon import Mention, Scan, Span
from actions.safety.text import Kind, Token

_REACH_EN = 9
"""Tokens an English negation reaches, as in NegEx (which takes 5 to 6 words); lists of symptoms run longer."""
_ITEM_ZH = 7
"""Longest item of a Chinese list of denials, in characters."""
_FARTHEST = 60
"""Tokens that a Chinese denial reaches at most (a long list of denied symptoms)."""
_AFTER = 3
"""Tokens between a symptom and a denial that follows it (胸痛已经没有了)."""


def within(spans: Sequence[Span], starts: Sequence[int], start: int, end: int) -> bool:
    """Whether one of the spans, ordered by `starts`, lies wholly between two tokens."""
    for place in range(bisect_left(starts, start), len(starts)):
        if starts[place] >= end:
            return False
        if spans[place].end <= end:
            return True
    return False


def bounds(tokens: Sequence[Token], parts: Callable[[Token], bool]) -> list[Span]:
    """For each token the stretch it belongs to: stretches end with a sentence and at tokens that `parts` names."""
    stretches: list[Span] = []
    start = 0
    for place, token in enumerate(tokens):
        last = place + 1 == len(tokens) or tokens[place + 1].sentence != token.sentence
        if last or parts(token):
            stretches += [Span(start, place + 1)] * (place + 1 - start)
            start = place + 1
    return stretches


class Denials:
    """Where a symptom would be denied: worked out once from each denial forwards."""

    def __init__(self, scan: Scan) -> None:
        self._tokens = scan.tokens
        self._sentences = bounds(scan.tokens, lambda token: False)
        self._clauses = bounds(scan.tokens, lambda token: token.kind is Kind.COMMA)

        def spans(name: str) -> tuple[Span, ...]:
            return scan.named.get(f"cue:{name}", ())

        words = _Holders(atom for mention in scan.mentions for atom in mention.atoms)
        pseudo = _Holders(spans("not_negation"))
        own = _Holders(spans("negation"))
        negations = [
            span
            for span in spans("negation")
            if not (words.hold(span) or pseudo.hold(span) or own.hold(span))  # 没 in 没有 is one denial
        ]
        self._inside = sorted({place for span in negations for place in range(span.start, span.end)})
        self._after = [span for span in spans("denied_after") if not pseudo.hold(span)]
        self._after_starts = [span.start for span in self._after]
        self._fillers = {place for span in spans("filler") for place in range(span.start, span.end)}
        self._joins = {span.start for span in spans("list")}
        self._stops = {span.start for span in spans("stop_negation")}
        self._ends: defaultdict[int, set[int]] = defaultdict(set)
        for mention in scan.mentions:
            self._ends[mention.start].add(mention.end)
        self._reached: set[int] = words.rests(spans("negation"))
        for span in negations:
            ascii_cue = scan.tokens[span.start].text.isascii()
            self._reached |= self._forward_en(span) if ascii_cue else self._forward_zh(span)

    def deny(self, mention: Mention) -> bool:
        """A denial before within its scope, inside a gap, or right after."""
        if mention.start in self._reached:
            return True
        for place in self._inside[bisect_left(self._inside, mention.start) :]:
            if place >= mention.end:
                break
            if not any(atom.start <= place < atom.end for atom in mention.atoms):
                return bool(mention.atoms)
        clause = self._clauses[mention.end - 1]
        for index in range(bisect_left(self._after_starts, mention.end), len(self._after)):
            span = self._after[index]
            if span.start > mention.end + _AFTER:
                return False
            if span.end <= clause.end:
                return True
        return False

    def _forward_zh(self, cue: Span) -> set[int]:
        """Starts that a Chinese denial reaches: over fillers, then item by item of a list."""
        reached: set[int] = set()
        run = 0
        items: set[int] = set()
        end = min(self._sentences[cue.start].end, cue.end + _FARTHEST)
        for place in range(cue.end, end):
            token = self._tokens[place]
            if token.kind is Kind.COMMA or token.kind is Kind.STOP or place in self._stops:
                break
            if run == 0:
                reached.add(place)
                items |= self._ends.get(place, set())
            elif place in items and self._closes(place):
                reached.add(place)  # 无腹痛呕吐，: side by side, and nothing more is said of the last
                items |= self._ends[place]
            if token.kind is Kind.LIST or (place in self._joins and run > 0):
                run = 0
            elif place not in self._fillers:
                run += 1
                if run > _ITEM_ZH:
                    break
        return reached

    def _closes(self, place: int) -> bool:
        """Whether symptoms side by side, from here on, fill their clause to its end."""
        last = self._clauses[place].end
        last = last if self._tokens[last - 1].kind is Kind.WORD else last - 1
        here = {place}
        while here and last not in here:
            here = {end for start in here for end in self._ends.get(start, ()) if end > start}
        return last in here

    def _forward_en(self, cue: Span) -> set[int]:
        """Starts that an English denial reaches; past a comma only where the list closes with or / nor."""
        reached: set[int] = set()
        sentence = self._sentences[cue.start]
        comma: int | None = None
        for place in range(cue.end, min(sentence.end, cue.end + _REACH_EN * 3)):
            token = self._tokens[place]
            if token.kind is Kind.STOP or place in self._stops:
                break
            if token.kind is Kind.COMMA and comma is None:
                comma = place
            elif token.text in {"or", "nor"} and comma is not None:
                return {*range(cue.end, min(sentence.end, place + _REACH_EN))}
            if comma is None and place <= cue.end + _REACH_EN:
                reached.add(place)
        return reached


class _Holders:
    """Words that may hold a shorter cue, so that it is part of them: 不 in 喘不上气."""

    def __init__(self, spans: Iterable[Span]) -> None:
        self._over: defaultdict[int, set[Span]] = defaultdict(set)
        for span in spans:
            if span.end - span.start > 1:
                for place in range(span.start, span.end):
                    self._over[place].add(span)

    def hold(self, span: Span) -> bool:
        return any(True for _ in self._holding(span))

    def rests(self, spans: Iterable[Span]) -> set[int]:
        """Starts behind each of the spans inside what holds it: `no sweat` is a sign, and its sweat is denied."""
        return {place for span in spans for holder in self._holding(span) for place in range(span.end, holder.end)}

    def _holding(self, span: Span) -> Iterator[Span]:
        for one in self._over.get(span.start, ()):
            if one.start <= span.start and span.end <= one.end and one.end - one.start > span.end - span.start:
                yield one
