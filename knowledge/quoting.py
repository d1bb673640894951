"""From the passage that answers to the words that are shown: which sentences, in which order, under which heading.

Nothing here writes a sentence. A quote is a document's own text without Markdown's marks, in the document's order; at
most its heading is put in front.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from knowledge.passages import Citation
from knowledge.policy import Quoting
from knowledge.refusal import Spot, covered, share
from knowledge.retriever import Found
from knowledge.sentences import CJK, Unit


@dataclass(frozen=True)
class Scored:
    """A unit that may be quoted."""

    unit: Unit
    found: Found
    order: int
    """Place among all units that were looked at."""
    score: float
    spots: frozenset[int] = frozenset()
    """Which spots of the question it covers."""
    asked: int = 0
    """How many spots the question has."""


def choose(units: Sequence[Scored], quoting: Quoting, language: str) -> list[Scored]:
    """What to quote of a section: all of it while it is short, else the best sentences within the length, in order.

    One sentence out of a short section may say less than the section means. Of a long one: the best sentence, then
    those nearly as good or with more of the question's words; one that leans on the sentence before brings it along.
    """
    if sum(spoken_length(each.unit.text, language) for each in units) <= quoting.whole[language]:
        return list(units)
    limit = quoting.max_length[language]
    leaning = quoting.leaning.get(language, ())
    ranked = sorted(units, key=lambda each: -each.score)
    picked: dict[int, Scored] = {}
    for candidate in ranked:
        told = frozenset[int]().union(*(each.spots for each in picked.values()))
        news = len(candidate.spots - told) / max(1, candidate.asked)
        if picked and candidate.score < ranked[0].score - quoting.keep and news < quoting.news:
            continue
        wanted = {candidate.order: candidate}
        before = units[candidate.order - 1] if candidate.order else None
        if candidate.unit.text.startswith(leaning) and before is not None:
            wanted[before.order] = before
        together = picked | wanted
        length = sum(spoken_length(each.unit.text, language) for each in together.values())
        if not picked or (length <= limit and len(together) <= quoting.max_units):
            picked = together
    return [picked[order] for order in sorted(picked)]


def heading_before(picked: Sequence[Scored], named: Sequence[Spot], quoting: Quoting, language: str) -> str:
    """The section's heading where the first sentence leans on it, else nothing.

    "If you forgot the card" is a condition of all that stands under it and must not be lost; "How much" only names what
    was asked. A condition that the first sentence says again is left out. `named` holds the heading's own spots.
    """
    heading = picked[0].found.passage.heading.split(" › ")[-1]
    if not heading or not re.search(quoting.conditions[language], heading, re.IGNORECASE):
        return ""
    said = share(named, [covered(spot, picked[0].unit.text) for spot in named])
    return "" if said >= quoting.said else heading


def spoken_length(text: str, language: str) -> int:
    """Characters of Chinese, words of English."""
    return len(re.findall(r"\w", text)) if language == "zh" else len(text.split())


def quoted_text(picked: Sequence[Scored]) -> str:
    """The picked units as one text: sentences of one line run on, others start a line."""
    lines: list[str] = []
    for before, each in zip([None, *picked], picked, strict=False):
        if before is None or before.order != each.order - 1 or not _adjacent(before, each):
            lines.append(each.unit.text)
        else:
            lines[-1] += ("" if re.search(f"[{CJK}。！？；]$", lines[-1]) else " ") + each.unit.text
    return "\n".join(lines)


def _adjacent(first: Scored, second: Scored) -> bool:
    """Whether two neighbouring units stand in one line of the document."""
    if first.found is not second.found or "\n" in first.unit.text + second.unit.text:
        return False
    return "\n" not in first.found.passage.text[first.unit.end : second.unit.start]


def citations(picked: Sequence[Scored]) -> tuple[Citation, ...]:
    """One citation for each passage quoted: from its first quoted character to its last, verbatim."""
    ranges: dict[str, tuple[int, int, Found]] = {}
    for each in picked:
        name = each.found.passage.id
        start, end, _ = ranges.get(name, (each.unit.start, each.unit.end, each.found))
        ranges[name] = (min(start, each.unit.start), max(end, each.unit.end), each.found)
    return tuple(_citation(start, end, found) for start, end, found in ranges.values())


def _citation(start: int, end: int, found: Found) -> Citation:
    passage = found.passage
    heading = passage.heading.split(" › ")[-1]
    return Citation(
        passage.title, passage.source, passage.text[start:end], passage.valid_from, heading, passage.text.strip()
    )
