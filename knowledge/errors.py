"""What can go wrong in the library: one tree, each error with a stable code."""


class KnowledgeError(Exception):
    """Root of every error of this package; `code` is stable and may be shown to an operator."""

    code = "knowledge"


class KnowledgeUnavailable(KnowledgeError):
    """Neither the vector store nor the word index can answer right now."""

    code = "knowledge.unavailable"


class VectorStoreUnavailable(KnowledgeError):
    """The Chroma server does not answer, is too slow, or lacks the collection asked for."""

    code = "knowledge.vectors_unavailable"


class EmbedderUnavailable(KnowledgeError):
    """The embedding model cannot be loaded or does not work."""

    code = "knowledge.embedder_unavailable"


class DocumentUnreadable(KnowledgeError):
    """One document cannot be taken in; the others can."""

    code = "knowledge.document_unreadable"

    def __init__(self, source: str, reason: str) -> None:
        super().__init__(f"{source}: {reason}")
        self.source = source
        self.reason = reason


class DataFileInvalid(KnowledgeError):
    """A data file of the library (rules, weights, wording) does not follow its schema."""

    code = "knowledge.data_file_invalid"


class IngestRefused(KnowledgeError):
    """An ingest cannot start: another one is running, or there is nothing to take in."""

    code = "knowledge.ingest_refused"


class NoEarlierVersion(KnowledgeError):
    """There is no earlier version of the index to go back to."""

    code = "knowledge.no_earlier_version"
