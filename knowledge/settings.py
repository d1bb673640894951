"""What an operator may set about the library."""

from pathlib import Path

from pydantic import BaseModel, Field

ROOT = Path(__file__).resolve().parent.parent
"""The root of the checkout: relative paths in the settings start here."""


class KnowledgeSettings(BaseModel, extra="forbid"):
    """Where the hospital's documents and the vector store are."""

    hospital: Path = Path("knowledge/hospital")
    """Folder of the hospital's own tables and documents."""
    chroma_host: str = "127.0.0.1"
    """Host of the Chroma server."""
    chroma_port: int = Field(default=8100, ge=1, le=65535)
    """Port of the Chroma server."""
    chroma_timeout_s: float = Field(default=2.0, gt=0)
    """Seconds to wait for Chroma before a question is answered from the word index alone."""
    chroma_retry_s: float = Field(default=5.0, ge=0)
    """Seconds during which Chroma is not asked again after it failed, so that patients do not wait for it each time."""
    index: Path = Path("var/knowledge")
    """Folder of the catalogue and the word index."""
    wording: Path = Path("data/wording/answers.yml")
    """The sentences around a quote, and of a refusal."""
    ingest_threads: int = Field(default=2, ge=1)
    """Threads of the embedding model while documents are taken in; questions use one."""
    max_query_chars: int = Field(default=400, ge=20)
    """Characters of a question that are searched for; the rest is ignored."""

    @property
    def hospital_dir(self) -> Path:
        """Absolute folder of the hospital's documents."""
        return ROOT / self.hospital

    @property
    def index_dir(self) -> Path:
        """Absolute folder of the catalogue and the word index."""
        return ROOT / self.index

    @property
    def answering_file(self) -> Path:
        """Absolute path of the thresholds and weights of answering."""
        return self.hospital_dir / "answering.yml"

    @property
    def wording_file(self) -> Path:
        """Absolute path of the frame sentences."""
        return ROOT / self.wording
