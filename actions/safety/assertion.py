"""Is what was named a report of something now? Negation, past, question and "what if", by cue words and their reach.

The idea is NegEx/ConText (Chapman 2001, Harkema 2009): cues with a direction and a scope that ends at terminators.
For Chinese the scope is tighter: 没 reaches a symptom only over fillers or along a list (没有发烧、胸痛), since
没吃饭肚子疼 denies nothing.
"""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from enum import Enum

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
_SOON = 8
"""Tokens after a symptom within which it may be said to be over."""


class Status(Enum):
    """How a mention is meant."""

    PRESENT = "present"
    DENIED = "denied"
    RESOLVED = "resolved"
    PAST = "past"
    ASKED = "asked"
    HYPOTHETICAL = "hypothetical"


def assert_mentions(scan: Scan, background: frozenset[str], personal: bool) -> dict[Mention, Status]:
    """The status of each mention. `background` concepts (diabetes, an operation) hold although they lie in the past.

    `personal` says that the texts name a person with the complaint, which makes a question a report.
    """
    if not scan.mentions:
        return {}
    cues = _Cues(scan)
    denials = _Denials(scan, cues)
    found: dict[Mention, Status] = {}
    for mention in scan.mentions:
        if denials.deny(mention):
            found[mention] = Status.DENIED
        elif mention.concept in background:
            found[mention] = Status.ASKED if cues.asked(mention, personal) else Status.PRESENT
        elif cues.past(mention):
            found[mention] = Status.PAST
        elif cues.resolved(mention):
            found[mention] = Status.RESOLVED
        elif cues.asked(mention, personal):
            found[mention] = Status.ASKED
        elif cues.hypothetical(mention):
            found[mention] = Status.HYPOTHETICAL
        else:
            found[mention] = Status.PRESENT
    return found


class _Cues:
    """Cue spans of one scan and the questions asked of them. All but linear: bounds and sentences are read once."""

    def __init__(self, scan: Scan) -> None:
        self.tokens = scan.tokens
        self._named = scan.named
        self._starts = {name: [span.start for span in spans] for name, spans in scan.named.items()}
        self.sentences = _bounds(scan.tokens, lambda token: False)
        self.clauses = _bounds(scan.tokens, lambda token: token.kind is Kind.COMMA)
        self._crowded = self._several(scan)
        self._story = bool(self.spans("story"))
        self._known: dict[tuple[str, int], bool] = {}

    def spans(self, name: str) -> tuple[Span, ...]:
        return self._named.get(f"cue:{name}", ())

    def within(self, name: str, start: int, end: int) -> bool:
        """Whether a cue lies wholly between two tokens."""
        starts = self._starts.get(f"cue:{name}", [])
        spans = self.spans(name)
        for place in range(bisect_left(starts, start), len(starts)):
            if starts[place] >= end:
                return False
            if spans[place].end <= end:
                return True
        return False

    def _in_sentence(self, name: str, mention: Mention) -> bool:
        bounds = self.sentences[mention.start]
        key = (name, bounds.start)
        if key not in self._known:
            self._known[key] = self.within(name, bounds.start, bounds.end)
        return self._known[key]

    def past(self, mention: Mention) -> bool:
        """Said to be long ago in its own clause, and nothing there brings it to now."""
        clause = self.clauses[mention.start]
        return self.within("past", clause.start, clause.end) and not self.within("now", clause.start, clause.end)

    def resolved(self, mention: Mention) -> bool:
        """Said to be over soon after it is named."""
        clause = self.clauses[mention.end - 1]
        return self.within("resolved", mention.end, min(clause.end, mention.end + _SOON))

    def hypothetical(self, mention: Mention) -> bool:
        """A what-if that opens before the mention in the same sentence."""
        return self.within("hypothetical", self.sentences[mention.start].start, mention.start)

    def asked(self, mention: Mention, personal: bool) -> bool:
        """A question about a topic (症状有哪些), the house's business, or where to go, with nobody who suffers now."""
        if self._story:
            return True
        now = self._in_sentence("now", mention)
        several = self.sentences[mention.start].start in self._crowded
        if self._in_sentence("topic", mention):
            return self.hypothetical(mention) or not (personal and (now or several))
        clause = self.clauses[mention.start]
        if self.within("admin", clause.start, max(clause.end, mention.end)):
            return not (personal and now)
        return self._in_sentence("route", mention) and not personal and not now and not several

    def _several(self, scan: Scan) -> frozenset[int]:
        """Sentences where two complaints stand side by side; two concepts of the same words are one."""
        reached: dict[int, int] = {}
        groups: defaultdict[int, int] = defaultdict(int)
        for mention in scan.mentions:
            start = self.sentences[mention.start].start
            groups[start] += mention.start >= reached.get(start, -1)
            reached[start] = max(reached.get(start, -1), mention.end)
        return frozenset(start for start, count in groups.items() if count > 1)


class _Denials:
    """Where a symptom would be denied: worked out once from each denial forwards."""

    def __init__(self, scan: Scan, cues: _Cues) -> None:
        self._cues = cues
        self._tokens = scan.tokens
        words = _Holders(atom for mention in scan.mentions for atom in mention.atoms)
        pseudo = _Holders(cues.spans("not_negation"))
        own = _Holders(cues.spans("negation"))
        negations = [
            span
            for span in cues.spans("negation")
            if not (words.hold(span) or pseudo.hold(span) or own.hold(span))  # 没 in 没有 is one denial
        ]
        self._inside = sorted({place for span in negations for place in range(span.start, span.end)})
        self._after = [span for span in cues.spans("denied_after") if not pseudo.hold(span)]
        self._after_starts = [span.start for span in self._after]
        self._fillers = {place for span in cues.spans("filler") for place in range(span.start, span.end)}
        self._joins = {span.start for span in cues.spans("list")}
        self._stops = {span.start for span in cues.spans("stop_negation")}
        self._reached: set[int] = set()
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
        clause = self._cues.clauses[mention.end - 1]
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
        end = min(self._cues.sentences[cue.start].end, cue.end + _FARTHEST)
        for place in range(cue.end, end):
            token = self._tokens[place]
            if token.kind is Kind.COMMA or token.kind is Kind.STOP or place in self._stops:
                break
            if run == 0:
                reached.add(place)
            if token.kind is Kind.LIST or (place in self._joins and run > 0):
                run = 0
            elif place not in self._fillers:
                run += 1
                if run > _ITEM_ZH:
                    break
        return reached

    def _forward_en(self, cue: Span) -> set[int]:
        """Starts that an English denial reaches; past a comma only where the list closes with or / nor."""
        reached: set[int] = set()
        sentence = self._cues.sentences[cue.start]
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


def _bounds(tokens: Sequence[Token], parts: Callable[[Token], bool]) -> list[Span]:
    """For each token the stretch it belongs to: stretches end with a sentence and at tokens that `parts` names."""
    bounds: list[Span] = []
    start = 0
    for place, token in enumerate(tokens):
        last = place + 1 == len(tokens) or tokens[place + 1].sentence != token.sentence
        if last or parts(token):
            bounds += [Span(start, place + 1)] * (place + 1 - start)
            start = place + 1
    return bounds


class _Holders:
    """Words that may hold a shorter cue, so that it is part of them: 不 in 喘不上气."""

    def __init__(self, spans: Iterable[Span]) -> None:
        self._over: defaultdict[int, set[Span]] = defaultdict(set)
        for span in spans:
            if span.end - span.start > 1:
                for place in range(span.start, span.end):
                    self._over[place].add(span)

    def hold(self, span: Span) -> bool:
        return any(
            holder.start <= span.start and span.end <= holder.end and holder.end - holder.start > span.end - span.start
            for holder in self._over.get(span.start, ())
        )
