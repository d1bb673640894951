"""The vector index: collections of a Chroma server.

Chroma is not safe for two processes on one folder, so it is always reached over HTTP. A collection cannot be renamed
onto another: each version of the library is a collection of its own, and the catalogue says which one is live.
"""

import http.client
import threading
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import chromadb
import httpx
from chromadb.api import ClientAPI
from chromadb.config import Settings as ChromaSettings
from chromadb.errors import ChromaError, NotFoundError

from knowledge.embedder import Vector
from knowledge.errors import VectorStoreUnavailable
from knowledge.words import Entry, dump_entry, load_entry

BATCH = 500
"""Passages that are sent to Chroma in one request."""
T = TypeVar("T")


def connect(host: str, port: int, timeout_s: float) -> Callable[[], ClientAPI]:
    """A function that opens a client of a Chroma server, telemetry off, each request limited to `timeout_s`."""

    def open_client() -> ClientAPI:
        # Opening asks the server before the limit below can be set: one that stands still is found out here.
        if not answers(host, port, timeout_s):
            raise VectorStoreUnavailable(f"no vector store answers at {host}:{port}")
        client = chromadb.HttpClient(host=host, port=port, settings=ChromaSettings(anonymized_telemetry=False))
        # chromadb 1.5 waits without end and offers no setting for it: a stopped server would hold a thread for ever.
        session = getattr(getattr(client, "_server", None), "_session", None)
        if isinstance(session, httpx.Client):
            session.timeout = httpx.Timeout(timeout_s)
        return client

    return open_client


def answers(host: str, port: int, timeout_s: float) -> bool:
    """Whether a Chroma server answers; takes at most twice `timeout_s`, and none of the client's locks."""
    line = http.client.HTTPConnection(host, port, timeout=timeout_s)
    try:
        line.request("GET", "/api/v2/heartbeat")
        return line.getresponse().status == http.client.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        line.close()


class ChromaVectors:
    """Vectors of passages in Chroma. Safe to share between threads; the client is opened at first use."""

    def __init__(self, open_client: Callable[[], ClientAPI]) -> None:
        self._open = open_client
        self._lock = threading.Lock()
        self._client: ClientAPI | None = None
        self._collections: dict[str, Any] = {}

    def create(self, name: str) -> None:
        """Make an empty collection, in place of one of that name. Raises VectorStoreUnavailable."""
        self.drop(name)
        configuration: Any = {"hnsw": {"space": "cosine"}}
        self._call(lambda client: client.create_collection(name, configuration=configuration, embedding_function=None))

    def add(self, name: str, entries: Sequence[Entry], vectors: Vector) -> None:
        """Add passages with their vectors. Raises VectorStoreUnavailable."""
        for at in range(0, len(entries), BATCH):
            batch = entries[at : at + BATCH]
            self._collection(name, "add")(
                ids=[entry.passage.id for entry in batch],
                embeddings=vectors[at : at + BATCH],
                documents=[entry.passage.text for entry in batch],
                metadatas=[
                    {"language": entry.passage.language, "alone": entry.alone, "entry": dump_entry(entry)}
                    for entry in batch
                ],
            )

    def query(self, name: str, vector: Vector, language: str, k: int) -> list[tuple[str, float]]:
        """Ids of the `k` nearest passages offered in that language, with cosine similarity, nearest first.

        Raises VectorStoreUnavailable.
        """
        found = self._collection(name, "query")(
            query_embeddings=[vector],
            n_results=k,
            where={"$or": [{"language": language}, {"alone": True}]},
            include=["distances"],
        )
        return [
            (passage_id, 1.0 - float(distance))
            for passage_id, distance in zip(found["ids"][0], found["distances"][0], strict=True)
        ]

    def entries(self, name: str, ids: Sequence[str]) -> dict[str, Entry]:
        """The entries with these ids. Raises VectorStoreUnavailable."""
        found = self._collection(name, "get")(ids=list(ids), include=["metadatas"])
        pairs = zip(found["ids"], found["metadatas"], strict=True)
        return {passage_id: load_entry(str(metadata["entry"])) for passage_id, metadata in pairs}

    def count(self, name: str) -> int | None:
        """Passages that a collection holds; None when there is no such collection. Raises VectorStoreUnavailable."""
        if name not in self.names():
            return None
        return int(self._collection(name, "count")())

    def names(self) -> list[str]:
        """Names of all collections. Raises VectorStoreUnavailable."""
        return self._call(lambda client: [collection.name for collection in client.list_collections()])

    def drop(self, name: str) -> None:
        """Remove a collection if it is there. Raises VectorStoreUnavailable."""
        self._collections.pop(name, None)
        if name in self.names():
            self._call(lambda client: client.delete_collection(name))

    def alive(self) -> bool:
        """Whether the server answers."""
        try:
            self._call(lambda client: client.heartbeat())
        except VectorStoreUnavailable:
            return False
        return True

    def _collection(self, name: str, method: str) -> Callable[..., Any]:
        """A method of a collection whose failures are ours; the handle is fetched once, then again after a failure."""

        def call(**arguments: Any) -> Any:
            collection = self._collections.get(name)
            if collection is None:
                collection = self._call(lambda client: client.get_collection(name, embedding_function=None))
                self._collections[name] = collection
            try:
                return self._call(lambda _: getattr(collection, method)(**arguments))
            except VectorStoreUnavailable:
                self._collections.pop(name, None)
                raise

        return call

    def _call(self, use: Callable[[ClientAPI], T]) -> T:
        try:
            with self._lock:
                client = self._client = self._client or self._open()
            return use(client)
        except NotFoundError as error:
            raise VectorStoreUnavailable(f"the vector store lacks a collection: {error}") from error
        # ValueError: how the client tells that it found no server at all.
        except (httpx.HTTPError, ChromaError, ValueError, OSError) as error:
            raise VectorStoreUnavailable(f"the vector store does not answer: {error}") from error
