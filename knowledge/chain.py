"""The answer chain: retrieve, decide, pick sentences, put them in a frame of plain words.

Documents are data: what a passage says is quoted or not quoted, never followed. Every sentence of an answer stands in a
document, character for character but for Markdown's marks.
"""

import asyncio
import re
from collections import OrderedDict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from threading import Lock

from langchain_core.runnables import Runnable, RunnableBranch, RunnableLambda

from knowledge.embedder import Embedder, Vector
from knowledge.errors import EmbedderUnavailable
from knowledge.passages import Answer
from knowledge.policy import AnswerPolicy
from knowledge.quoting import Scored, choose, citations, heading_before, quoted_text
from knowledge.refusal import Decision, Judge, covered, place, share
from knowledge.retriever import HybridRetriever, Retrieval
from knowledge.sentences import Unit, measure, split_units
from knowledge.words import normalise

KEPT_VECTORS = 4000
"""Sentence vectors kept in memory (1.5 kB each)."""
NEAR_TOPICS = 3
"""Topics offered with a refusal."""
PASSAGES = 24
"""Passages asked of the retriever: the first are judged, the others tell what else their document holds."""
NOTHING = Retrieval((), degraded=False)
"""Before anything was looked for."""
UNDECIDED = Decision(None, 0.0, {})
"""Before anything was decided."""


@dataclass(frozen=True)
class Part:
    """One thing that is asked, what was found for it and what was decided."""

    query: str
    retrieval: Retrieval = NOTHING
    decision: Decision = UNDECIDED


@dataclass(frozen=True)
class Asked:
    """A question on its way through the chain."""

    query: str
    """What the patient said, with the question before it where it is a follow-up."""
    language: str
    parts: tuple[Part, ...] = ()
    """What it asks, one by one: "where is the car park? what does it cost?" has two parts."""

    @property
    def answered(self) -> tuple[Part, ...]:
        """The parts that a passage answers."""
        return tuple(part for part in self.parts if part.decision.chosen is not None)

    @property
    def degraded(self) -> bool:
        """Whether only the word index could be asked."""
        return any(part.retrieval.degraded for part in self.parts)


class AnswerChain:
    """Answers questions about the hospital from its documents."""

    def __init__(self, retriever: HybridRetriever, embedder: Embedder, policy: AnswerPolicy) -> None:
        self._retriever = retriever
        self._embedder = embedder
        self._policy = policy
        self._judge = Judge(policy.answering)
        self._kept: OrderedDict[str, Vector] = OrderedDict()
        self._lock = Lock()
        self.runnable: Runnable[Asked, Answer] = RunnableLambda(self._find).with_config(
            run_name="find"
        ) | RunnableBranch(
            (lambda asked: not asked.answered, RunnableLambda(self._refuse)),
            RunnableLambda(self._quote),
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
        about_illness = self._policy.answering.doctor_only.get(language)
        if about_illness and re.search(about_illness, normalise(query)):
            key = self._policy.answering.frame.doctor_only
            return Answer(self._policy.say(key, language, {}), (), True, (), False, False, key)
        folded = fold(query, language, context, self._policy)
        return await self.runnable.ainvoke(Asked(folded, language))

    async def _find(self, asked: Asked) -> Asked:
        """Search and decide for each part; a question none of whose parts is answered is tried as a whole."""
        parts: list[Part] = []
        for query in split_parts(asked.query, asked.language, self._policy):
            part = await self._decide(query, asked.language)
            same = await self._same_document(part, parts[-1], asked.language) if parts else None
            parts.append(same or part)
        found = replace(asked, parts=tuple(parts))
        if found.answered or len(parts) == 1:
            return found
        return replace(asked, parts=(await self._decide(asked.query, asked.language),))

    async def _decide(self, query: str, language: str) -> Part:
        retrieval = await self._retriever.aretrieve(query, language, PASSAGES)
        return Part(query, retrieval, await asyncio.to_thread(self._judge.decide, query, language, retrieval))

    async def _same_document(self, part: Part, before: Part, language: str) -> Part | None:
        """A part answered from the document of the part before it, where that says as much of it as any other.

        "Does it cost anything?" and "on Sundays?" are still about the car park.
        """
        if before.decision.chosen is None:
            return None
        together = await self._retriever.aretrieve(f"{before.query} {part.query}", language, PASSAGES)
        source = before.decision.chosen.passage.source
        likeliest = next((found for found in together.found if found.passage.source == source), None)
        if likeliest is None:
            return None
        section = self._judge.section(part.query, language, likeliest, together)
        features = self._judge.features(part.query, language, section, together)
        if features["document"] < self._policy.answering.quoting.said:
            return None
        if part.decision.chosen is not None and self._judge.names(part.query, language):
            own = part.decision.features
            if own["document"] - own["off_topic"] > features["document"] - features["off_topic"]:
                return None
        return Part(part.query, together, replace(before.decision, chosen=section, features=features))

    async def _refuse(self, asked: Asked) -> Answer:
        near = near_topics(asked.parts[0].retrieval, ())
        frame = self._policy.answering.frame
        key = frame.unknown_near if near else frame.unknown
        joined = "、".join(f"《{title}》" for title in near) if asked.language == "zh" else "; ".join(near)
        parameters = {"near": joined} if near else {}
        text = self._policy.say(key, asked.language, parameters)
        return Answer(text, (), True, near, False, asked.degraded, key, parameters)

    async def _quote(self, asked: Asked) -> Answer:
        picked, heading = await asyncio.to_thread(self._pick, asked)
        frame = self._policy.answering.frame
        key = frame.quote_degraded if asked.degraded else frame.quote
        passages = [each.found.passage for each in picked]
        between = "》和《" if asked.language == "zh" else '" and "'
        parameters = {
            "heading": f"{heading}{'：' if asked.language == 'zh' else ': '}" if heading else "",
            "quote": quoted_text(picked),
            "title": between.join(dict.fromkeys(passage.title for passage in passages)),
            "date": max(passage.valid_from for passage in passages),
        }
        text = self._policy.say(key, asked.language, parameters)
        near = near_topics(asked.answered[0].retrieval, {passage.doc_id for passage in passages})
        return Answer(text, citations(picked), False, near, False, asked.degraded, key, parameters)

    def _pick(self, asked: Asked) -> tuple[list[Scored], str]:
        """The units to quote, part by part (those of one document in its order), and the heading to put in front."""
        quoting, language = self._policy.answering.quoting, asked.language
        chosen: dict[str, Part] = {}
        for part in asked.answered:
            if part.decision.chosen is not None:
                # Both parts answered by one section: its sentences are weighed by the whole question.
                passage = part.decision.chosen.passage
                chosen[passage.id] = replace(part, query=asked.query) if passage.id in chosen else part
        sources = list(dict.fromkeys(name.rpartition("#")[0] for name in chosen))
        picked: list[Scored] = []
        for name in sorted(chosen, key=lambda name: (sources.index(name.rpartition("#")[0]), place(name))):
            picked += choose(self._score(chosen[name], language), quoting, language)
        heading = picked[0].found.passage.heading.split(" › ")[-1]
        return picked, heading_before(picked, self._judge.spots(heading, language, {}), quoting, language)

    def _score(self, part: Part, language: str) -> list[Scored]:
        """Every unit of the passage that answers a part, scored against it."""
        found = part.decision.chosen
        if found is None:
            return []
        quoting = self._policy.answering.quoting
        spots = self._judge.spots(part.query, language, part.retrieval.rarity)
        text = found.passage.text
        units = split_units(text) or (Unit(0, len(text), text),)
        about = f"{found.passage.title} {found.passage.heading}"
        weighed = [
            replace(spot, rarity=spot.rarity * quoting.known) if covered(spot, about) else spot for spot in spots
        ]
        similar = self._similarities(part.query, [f"{found.passage.heading} {unit.text}" for unit in units])
        scored = []
        for order, (unit, dense) in enumerate(zip(units, similar, strict=True)):
            held = [covered(spot, unit.text) for spot in spots]
            lacks = self._judge.lacks_kind(part.query, language, unit.text)
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


def split_parts(query: str, language: str, policy: AnswerPolicy) -> list[str]:
    """The things that a question asks, in order; a question that asks one thing stays whole."""
    rules = policy.answering.parts.get(language)
    if rules is None:
        return [query]
    pieces = [piece.strip() for piece in re.split(rules.between, query, flags=re.IGNORECASE)]
    asking = [piece for piece in pieces if re.search(rules.asks, piece, re.IGNORECASE)]
    return asking if len(asking) > 1 else [query]


def near_topics(retrieval: Retrieval, but: Collection[str]) -> tuple[str, ...]:
    """Titles of the nearest documents but those."""
    titles = [each.passage.title for each in retrieval.found if each.passage.doc_id not in but]
    return tuple(dict.fromkeys(titles))[:NEAR_TOPICS]
