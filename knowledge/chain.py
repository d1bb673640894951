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
from knowledge.passages import Answer
from knowledge.policy import AnswerPolicy
from knowledge.quoting import Scored, arrange, choose, citations, heading_before, quoted_text
from knowledge.refusal import Decision, Judge, covered, share
from knowledge.retriever import Found, HybridRetriever, Retrieval
from knowledge.sentences import Unit, measure, split_units
from knowledge.words import normalise

KEPT_VECTORS = 4000
"""Sentence vectors kept in memory (1.5 kB each)."""
NEAR_TOPICS = 3
"""Topics offered with a refusal."""
PASSAGES = 8
"""Passages asked of the retriever: the first are judged, the others tell what else their document holds."""
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
        picked, heading = await asyncio.to_thread(self._pick, asked, chosen)
        frame = self._policy.answering.frame
        degraded = asked.retrieval.degraded
        key = frame.quote_degraded if degraded else frame.quote
        passage = chosen.passage
        parameters = {
            "heading": f"{heading}{'：' if asked.language == 'zh' else ': '}" if heading else "",
            "quote": quoted_text(picked),
            "title": passage.title,
            "date": passage.valid_from,
        }
        text = self._policy.say(key, asked.language, parameters)
        near = near_topics(asked.retrieval, passage.doc_id)
        return Answer(text, citations(picked), False, near, False, degraded, key, parameters)

    def _pick(self, asked: Asked, chosen: Found) -> tuple[list[Scored], str]:
        """The units to quote of the chosen passage, and the heading to put in front."""
        quoting, language = self._policy.answering.quoting, asked.language
        picked = arrange(choose(self._score(asked, chosen), quoting, language), quoting, language)
        named = self._judge.spots(chosen.passage.heading.split(" › ")[-1], language, {})
        return picked, heading_before(picked, named, quoting, language)

    def _score(self, asked: Asked, found: Found) -> list[Scored]:
        """Every unit of the passage, scored against the question."""
        quoting, language = self._policy.answering.quoting, asked.language
        spots = self._judge.spots(asked.query, language, asked.retrieval.rarity)
        text = found.passage.text
        units = split_units(text) or (Unit(0, len(text), text),)
        about = f"{found.passage.title} {found.passage.heading}"
        weighed = [
            replace(spot, rarity=spot.rarity * quoting.known) if covered(spot, about) else spot for spot in spots
        ]
        similar = self._similarities(asked.query, [f"{found.passage.heading} {unit.text}" for unit in units])
        scored = []
        for order, (unit, dense) in enumerate(zip(units, similar, strict=True)):
            held = [covered(spot, unit.text) for spot in spots]
            lacks = self._judge.lacks_kind(asked.query, language, unit.text)
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


def near_topics(retrieval: Retrieval, but: str | None) -> tuple[str, ...]:
    """Titles of the nearest documents but one."""
    titles = [each.passage.title for each in retrieval.found if each.passage.doc_id != but]
    return tuple(dict.fromkeys(titles))[:NEAR_TOPICS]
