"""The answer chain: retrieve, decide, pick sentences, put them in a frame of plain words.

Documents are data: what a passage says is quoted or not quoted, never followed. Every sentence of an answer stands in a
document, character for character but for Markdown's marks.
"""

import asyncio
import re
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from threading import Lock

from langchain_core.runnables import Runnable, RunnableBranch, RunnableLambda

from knowledge.embedder import Embedder, Vector
from knowledge.errors import EmbedderUnavailable
from knowledge.passages import Answer, Citation
from knowledge.policy import AnswerPolicy, Quoting
from knowledge.refusal import Decision, Judge, covered, share
from knowledge.retriever import Found, HybridRetriever, Retrieval
from knowledge.sentences import CJK, Unit, measure, split_units
from knowledge.words import normalise

KEPT_VECTORS = 4000
"""Sentence vectors kept in memory (1.5 kB each)."""
NEAR_TOPICS = 3
"""Topics offered with a refusal."""
PASSAGES = 6
"""Passages asked of the retriever."""
NOTHING = Retrieval((), degraded=False)
"""Before anything was looked for."""
UNDECIDED = Decision(None, 0.0, {})
"""Before anything was decided."""


@dataclass(frozen=True)
class Asked:
    """A question on its way through the chain."""

    query: str
    """What the patient said, with the question before it where it is a follow-up."""
    language: str
    retrieval: Retrieval = NOTHING
    decision: Decision = UNDECIDED


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


class AnswerChain:
    """Answers questions about the hospital from its documents."""

    def __init__(self, retriever: HybridRetriever, embedder: Embedder, policy: AnswerPolicy) -> None:
        self._retriever = retriever
        self._embedder = embedder
        self._policy = policy
        self._judge = Judge(policy.answering)
        self._kept: OrderedDict[str, Vector] = OrderedDict()
        self._lock = Lock()
        self.runnable: Runnable[Asked, Answer] = (
            RunnableLambda(self._retrieve).with_config(run_name="retrieve")
            | RunnableLambda(self._decide).with_config(run_name="decide")
            | RunnableBranch(
                (lambda asked: asked.decision.chosen is None, RunnableLambda(self._refuse)),
                RunnableLambda(self._quote),
            )
        )
        """The chain as a LangChain Runnable, to be run or streamed."""

    @property
    def retriever(self) -> HybridRetriever:
        """What it searches with."""
        return self._retriever

    async def answer(self, query: str, language: str, context: Sequence[str] = ()) -> Answer:
        """Answer a question; `context` holds the patient's earlier questions, oldest first.

        Raises KnowledgeUnavailable when neither index can be asked.
        """
        folded = fold(query, language, context, self._policy)
        return await self.runnable.ainvoke(Asked(folded, language))

    async def _retrieve(self, asked: Asked) -> Asked:
        return replace(asked, retrieval=await self._retriever.aretrieve(asked.query, asked.language, PASSAGES))

    async def _decide(self, asked: Asked) -> Asked:
        decision = await asyncio.to_thread(self._judge.decide, asked.query, asked.language, asked.retrieval)
        return replace(asked, decision=decision)

    async def _refuse(self, asked: Asked) -> Answer:
        near = near_topics(asked.retrieval, None)
        frame = self._policy.answering.frame
        key = frame.unknown_near if near else frame.unknown
        joined = "、".join(f"《{title}》" for title in near) if asked.language == "zh" else "; ".join(near)
        parameters = {"near": joined} if near else {}
        text = self._policy.say(key, asked.language, parameters)
        return Answer(text, (), True, near, False, asked.retrieval.degraded, key, parameters)

    async def _quote(self, asked: Asked) -> Answer:
        chosen = asked.decision.chosen
        if chosen is None:
            raise ValueError("a question without a chosen passage cannot be quoted for")
        picked = await asyncio.to_thread(self._pick, asked, chosen)
        frame = self._policy.answering.frame
        degraded = asked.retrieval.degraded
        key = frame.quote_degraded if degraded else frame.quote
        passage = chosen.passage
        heading = picked[0].found.passage.heading.split(" › ")[-1]
        parameters = {
            "heading": f"{heading}{'：' if asked.language == 'zh' else ': '}" if heading else "",
            "quote": quoted_text(picked),
            "title": passage.title,
            "date": passage.valid_from,
        }
        text = self._policy.say(key, asked.language, parameters)
        near = near_topics(asked.retrieval, passage.doc_id)
        return Answer(text, citations(picked), False, near, False, degraded, key, parameters)

    def _pick(self, asked: Asked, chosen: Found) -> list[Scored]:
        """The units to quote, in the document's order.

        The chosen document's passages are compared by their best sentence. The winner is quoted whole while it is
        short, since one sentence out of a short section may say less than the section means.
        """
        quoting = self._policy.answering.quoting
        least = chosen.score - quoting.second_passage
        others = [
            each
            for each in asked.retrieval.found
            if each.passage.source == chosen.passage.source and each is not chosen and each.score >= least
        ]
        units = self._score(asked, [chosen, *others[: quoting.more_passages]])
        best = max(units, key=lambda each: each.score + (quoting.chosen if each.found is chosen else 0.0))
        section = [each for each in units if each.found is best.found]
        length = sum(spoken_length(each.unit.text, asked.language) for each in section)
        return section if length <= quoting.whole[asked.language] else choose(section, quoting, asked.language)

    def _score(self, asked: Asked, sources: Sequence[Found]) -> list[Scored]:
        """Every unit of the passages, scored against the question."""
        quoting = self._policy.answering.quoting
        spots = self._judge.spots(asked.query, asked.language, asked.retrieval.rarity)
        units = [(unit, found) for found in sources for unit in split_units(found.passage.text)]
        similar = self._similarities(asked.query, [f"{found.passage.heading} {unit.text}" for unit, found in units])
        scored = []
        for order, ((unit, found), dense) in enumerate(zip(units, similar, strict=True)):
            about = f"{found.passage.title} {found.passage.heading}"
            weighed = [
                replace(spot, rarity=spot.rarity * quoting.known) if covered(spot, about) else spot for spot in spots
            ]
            held = [covered(spot, unit.text) for spot in spots]
            lacks = self._judge.lacks_kind(asked.query, asked.language, unit.text)
            score = quoting.dense * dense + quoting.lexical * share(weighed, held) - quoting.kind * lacks
            told = frozenset(number for number, is_held in enumerate(held) if is_held)
            scored.append(Scored(unit, found, order, score, told, len(spots)))
        return scored

    def _similarities(self, query: str, texts: Sequence[str]) -> list[float]:
        """How near each text is to the question; zeros when the embedder does not work."""
        try:
            vector = self._embedder.query(query)
            with self._lock:
                known = {text: self._kept[text] for text in texts if text in self._kept}
            missing = [text for text in dict.fromkeys(texts) if text not in known]
            known |= dict(zip(missing, self._embedder.passages(missing), strict=True)) if missing else {}
        except EmbedderUnavailable:
            return [0.0] * len(texts)
        with self._lock:
            self._kept.update(known)
            while len(self._kept) > KEPT_VECTORS:
                self._kept.popitem(last=False)
        return [float(known[text] @ vector) for text in texts]


def fold(query: str, language: str, context: Sequence[str], policy: AnswerPolicy) -> str:
    """A follow-up ("那周末呢？") joined to the question before it; any other question as it is."""
    rules = policy.answering.follow_up.get(language)
    if rules is None or not context:
        return query
    text = normalise(query).strip(" ?？。!！.")
    leans = text.startswith(rules.openings) or (
        measure(text) <= rules.max_length
        and (text.endswith(rules.endings or ("\n",)) or any(_holds(text, word) for word in rules.pronouns))
    )
    return f"{context[-1].strip()} {query.strip()}" if leans else query


def _holds(text: str, word: str) -> bool:
    return re.search(rf"\b{re.escape(word)}\b", text) is not None if word.isascii() else word in text


def choose(units: Sequence[Scored], quoting: Quoting, language: str) -> list[Scored]:
    """The best unit, then those nearly as good or with more of the question's words, within the length, in order.

    A sentence that leans on the one before it brings that one along.
    """
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
        if candidate.unit.text.startswith(leaning) and before is not None and before.found is candidate.found:
            wanted[before.order] = before
        together = picked | wanted
        length = sum(spoken_length(each.unit.text, language) for each in together.values())
        if not picked or (length <= limit and len(together) <= quoting.max_units):
            picked = together
    return [picked[order] for order in sorted(picked)]


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
    return tuple(
        Citation(found.passage.title, found.passage.source, found.passage.text[start:end], found.passage.valid_from)
        for start, end, found in ranges.values()
    )


def near_topics(retrieval: Retrieval, but: str | None) -> tuple[str, ...]:
    """Titles of the nearest documents but one."""
    titles = [each.passage.title for each in retrieval.found if each.passage.doc_id != but]
    return tuple(dict.fromkeys(titles))[:NEAR_TOPICS]
