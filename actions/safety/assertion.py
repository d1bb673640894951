"""Is what was named a report of something now? By cue words, their reach, and what surrounds them.

The idea is NegEx/ConText (Chapman 2001, Harkema 2009): cues with a direction and a scope that ends at terminators.
`denials.py` reads what is denied; here stand past, resolved, question, what-if, and frames: a course, a film, a visit.
"""

from collections import defaultdict
from enum import Enum

from actions.safety.denials import Denials, bounds, within
from actions.safety.lexicon import Mention, Scan, Span
from actions.safety.text import Kind

_SOON = 8
"""Tokens after a symptom within which it may be said to be over."""
_SIMILE = 3
"""Tokens between `like` and the event that nobody met with (像被雷劈了一样)."""


class Status(Enum):
    """How a mention is meant."""

    PRESENT = "present"
    DENIED = "denied"
    RESOLVED = "resolved"
    PAST = "past"
    ASKED = "asked"
    HYPOTHETICAL = "hypothetical"
    FRAMED = "framed"
    """Told of a lesson, a film, a record, a patient who lies in the wards already, or as a figure of speech."""


def assert_mentions(
    scan: Scan, background: frozenset[str], personal: bool, events: frozenset[str] = frozenset()
) -> dict[Mention, Status]:
    """The status of each mention. `background` concepts (diabetes, an operation) hold although they lie in the past.

    `personal` says that the texts name a person with the complaint, which makes a question a report. `events` are
    concepts that a simile turns into a figure of speech.
    """
    if not scan.mentions:
        return {}
    cues = _Cues(scan, background)
    denials = Denials(scan)
    found: dict[Mention, Status] = {}
    for mention in scan.mentions:
        if denials.deny(mention):
            found[mention] = Status.DENIED
        elif mention.concept in background:
            found[mention] = Status.ASKED if cues.asked(mention, personal) else Status.PRESENT
        else:
            found[mention] = cues.status(mention, personal, mention.concept in events)
    return found


class _Cues:
    """Cue spans of one scan and the questions asked of them. All but linear: bounds and sentences are read once."""

    def __init__(self, scan: Scan, background: frozenset[str]) -> None:
        self._named = scan.named
        self._starts = {name: [span.start for span in spans] for name, spans in scan.named.items()}
        self.sentences = bounds(scan.tokens, lambda token: False)
        self.clauses = bounds(scan.tokens, lambda token: token.kind is Kind.COMMA)
        self._crowded = self._several(scan)
        self._framed = bool(self.spans("story")) and not self.spans("not_story")
        self._known: dict[tuple[str, int], bool] = {}
        well = [span.start for span in self.spans("well") if not self._doubted(span)]
        self._well = max(well, default=-1)
        self._present = [span.start for span in self.spans("present")]
        self._stories = self._past_stories(scan, background)

    def spans(self, name: str) -> tuple[Span, ...]:
        return self._named.get(f"cue:{name}", ())

    def within(self, name: str, start: int, end: int) -> bool:
        """Whether a cue lies wholly between two tokens."""
        return within(self.spans(name), self._starts.get(f"cue:{name}", []), start, end)

    def _doubted(self, well: Span) -> bool:
        """他说没事: someone says so, or it is wished for."""
        return self.within("says", self.clauses[well.start].start, well.start)

    def status(self, mention: Mention, personal: bool, event: bool) -> Status:
        """How a mention that is not denied is meant."""
        if (self._framed and not self._now(mention)) or (event and self._simile(mention)):
            return Status.FRAMED
        if self.past(mention):
            return Status.PAST
        if self.resolved(mention):
            return Status.RESOLVED
        if self.asked(mention, personal) or self.feared(mention):
            return Status.ASKED
        return Status.HYPOTHETICAL if self.hypothetical(mention) else Status.PRESENT

    def _in_sentence(self, name: str, mention: Mention) -> bool:
        sentence = self.sentences[mention.start]
        key = (name, sentence.start)
        if key not in self._known:
            self._known[key] = self.within(name, sentence.start, sentence.end)
        return self._known[key]

    def _simile(self, mention: Mention) -> bool:
        return self.within("simile", max(self.sentences[mention.start].start, mention.start - _SIMILE), mention.start)

    def _now(self, mention: Mention) -> bool:
        """Brought to now in its own clause, whatever surrounds it: 培训的时候，刚才有人倒了."""
        clause = self.clauses[mention.start]
        return self.within("present", clause.start, clause.end)

    def past(self, mention: Mention) -> bool:
        """Long ago in its own clause, or told of long ago before something that says all is well now."""
        clause = self.clauses[mention.start]
        if self.within("past", clause.start, clause.end):
            return not self.within("present", clause.start, clause.end)
        since = max((place for place in self._present if place <= mention.start), default=0)
        if mention.start <= self._well:
            return self.within("past", since, mention.start + 1)
        return any(since <= start < mention.start < end for start, end in self._stories)

    def resolved(self, mention: Mention) -> bool:
        """Said to be over soon after it is named, or all is said to be well later on."""
        clause = self.clauses[mention.end - 1]
        if self.within("resolved", mention.end, min(clause.end, mention.end + _SOON)):
            return True
        return mention.end <= self._well

    def feared(self, mention: Mention) -> bool:
        """Feared, wrongly believed or heard of: 担心卡住, the internet says."""
        return self.within("feared", self.clauses[mention.start].start, mention.start)

    def hypothetical(self, mention: Mention) -> bool:
        """A what-if that opens before the mention in the same sentence."""
        return self.within("hypothetical", self.sentences[mention.start].start, mention.start)

    def asked(self, mention: Mention, personal: bool) -> bool:
        """A question about a topic (症状有哪些), the house's business, or where to go, with nobody who suffers now."""
        now = self._in_sentence("now", mention)
        several = self.sentences[mention.start].start in self._crowded
        if self._in_sentence("topic", mention):
            return self.hypothetical(mention) or not (personal and (now or several))
        clause = self.clauses[mention.start]
        if self.within("admin", clause.start, max(clause.end, mention.end)):
            return not (personal and now)
        return self._in_sentence("route", mention) and not personal and not now and not several

    def _past_stories(self, scan: Scan, background: frozenset[str]) -> list[tuple[int, int]]:
        """Clauses of the past that tell of a complaint, up to the end of their sentence: what goes on there is past.

        去年做过搭桥，胸口疼 opens none: an operation is no complaint, and the pain is of now.
        """
        stories: dict[tuple[int, int], None] = {}
        for mention in scan.mentions:
            clause = self.clauses[mention.start]
            told = mention.concept not in background and self.within("past", clause.start, clause.end)
            if told and not self.within("present", clause.start, clause.end):
                stories[clause.start, self.sentences[mention.start].end] = None
        return list(stories)

    def _several(self, scan: Scan) -> frozenset[int]:
        """Sentences where two complaints stand side by side; two concepts of the same words are one."""
        reached: dict[int, int] = {}
        groups: defaultdict[int, int] = defaultdict(int)
        for mention in scan.mentions:
            start = self.sentences[mention.start].start
            groups[start] += mention.start >= reached.get(start, -1)
            reached[start] = max(reached.get(start, -1), mention.end)
        return frozenset(start for start, count in groups.items() if count > 1)
