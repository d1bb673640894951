"""The catalogue: which version of the library is live, what it was built from, and vectors already computed.

One small SQLite file beside the word indexes. Readers look at one row; a switch is one transaction.
"""

import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from knowledge.embedder import Vector
from knowledge.errors import NoEarlierVersion

_SCHEMA = """
CREATE TABLE IF NOT EXISTS versions (
    number INTEGER PRIMARY KEY, state TEXT NOT NULL CHECK (state IN ('building', 'ready')),
    fingerprint TEXT NOT NULL, passages INTEGER NOT NULL DEFAULT 0);
CREATE TABLE IF NOT EXISTS documents (
    version INTEGER NOT NULL, source TEXT NOT NULL, path TEXT NOT NULL, digest TEXT NOT NULL,
    PRIMARY KEY (version, source));
CREATE TABLE IF NOT EXISTS pointer (
    one INTEGER PRIMARY KEY CHECK (one = 1), live INTEGER NOT NULL, previous INTEGER);
CREATE TABLE IF NOT EXISTS vectors (
    key TEXT PRIMARY KEY, vector BLOB NOT NULL) WITHOUT ROWID;
"""


@dataclass(frozen=True)
class Live:
    """The version that readers use."""

    number: int
    """Counted up from 1."""
    previous: int | None
    """The version to roll back to, if there is one."""
    fingerprint: str
    """Hash of everything it was built from."""
    passages: int
    """How many passages it holds."""

    @property
    def collection(self) -> str:
        """Its collection in Chroma."""
        return collection_name(self.number)


def collection_name(number: int) -> str:
    """The Chroma collection of a version."""
    return f"kb_v{number}"


class Catalogue:
    """The catalogue in the index folder. Each call opens the file anew, so it may be used from any thread."""

    def __init__(self, index: Path) -> None:
        self._index = index
        self._path = index / "catalogue.sqlite3"

    def words_path(self, number: int) -> Path:
        """The word index of a version."""
        return self._index / f"{collection_name(number)}.sqlite3"

    def create(self) -> None:
        """Make the folder and the tables where they are missing."""
        self._index.mkdir(parents=True, exist_ok=True)
        with closing(self._open()) as file:
            file.execute("PRAGMA journal_mode=WAL")
            file.executescript(_SCHEMA)

    def live(self) -> Live | None:
        """The live version; None before the first ingest. Raises sqlite3.Error when the file is broken."""
        if not self._path.exists():
            return None
        with closing(self._open()) as file:
            row = file.execute(
                "SELECT v.number, p.previous, v.fingerprint, v.passages"
                " FROM pointer p JOIN versions v ON v.number = p.live"
            ).fetchone()
        return Live(*row) if row else None

    def documents(self, number: int) -> dict[str, tuple[Path, str]]:
        """Source → (path, digest) of the documents of a version."""
        with closing(self._open()) as file:
            rows = file.execute("SELECT source, path, digest FROM documents WHERE version = ?", (number,)).fetchall()
        return {row[0]: (Path(row[1]), row[2]) for row in rows}

    def begin(self, fingerprint: str) -> int:
        """Open a new version that nobody reads yet; returns its number."""
        with closing(self._open()) as file, file:
            number: int = file.execute("SELECT coalesce(max(number), 0) + 1 FROM versions").fetchone()[0]
            file.execute("INSERT INTO versions VALUES (?, 'building', ?, 0)", (number, fingerprint))
        return number

    def finish(self, number: int, passages: int, documents: Mapping[str, tuple[Path, str]]) -> None:
        """Make a built version live, in one transaction; the one before it stays for rollback."""
        with closing(self._open()) as file, file:
            rows = [(number, source, str(path), digest) for source, (path, digest) in documents.items()]
            file.executemany("INSERT OR REPLACE INTO documents VALUES (?, ?, ?, ?)", rows)
            file.execute("UPDATE versions SET state = 'ready', passages = ? WHERE number = ?", (passages, number))
            before = file.execute("SELECT live FROM pointer").fetchone()
            file.execute("INSERT OR REPLACE INTO pointer VALUES (1, ?, ?)", (number, before[0] if before else None))

    def roll_back(self) -> int:
        """Make the previous version live again; returns its number. Raises NoEarlierVersion."""
        with closing(self._open()) as file, file:
            row = file.execute("SELECT live, previous FROM pointer").fetchone()
            if row is None or row[1] is None:
                raise NoEarlierVersion("there is no earlier version of the library to go back to")
            file.execute("UPDATE pointer SET live = ?, previous = ?", (row[1], row[0]))
        return int(row[1])

    def stale(self) -> list[int]:
        """Versions that are neither live nor kept for rollback."""
        with closing(self._open()) as file:
            rows = file.execute(
                "SELECT number FROM versions WHERE number NOT IN"
                " (SELECT live FROM pointer UNION SELECT previous FROM pointer WHERE previous IS NOT NULL)"
            ).fetchall()
        return [int(row[0]) for row in rows]

    def forget(self, number: int) -> None:
        """Remove a version from the catalogue."""
        with closing(self._open()) as file, file:
            file.execute("DELETE FROM documents WHERE version = ?", (number,))
            file.execute("DELETE FROM versions WHERE number = ?", (number,))

    def vectors(self, keys: Sequence[str]) -> dict[str, Vector]:
        """Vectors computed earlier, by key; what is not there is left out."""
        found: dict[str, Vector] = {}
        with closing(self._open()) as file:
            for at in range(0, len(keys), 500):
                batch = list(keys[at : at + 500])
                marks = ",".join("?" * len(batch))
                for key, blob in file.execute(f"SELECT key, vector FROM vectors WHERE key IN ({marks})", batch):
                    found[key] = np.frombuffer(blob, dtype=np.float32)
        return found

    def keep_vectors(self, vectors: Mapping[str, Vector]) -> None:
        """Store computed vectors, durable when this returns: an ingest that is killed goes on from here."""
        with closing(self._open()) as file, file:
            rows = [(key, vector.astype(np.float32).tobytes()) for key, vector in vectors.items()]
            file.executemany("INSERT OR REPLACE INTO vectors VALUES (?, ?)", rows)

    def drop_vectors_except(self, keys: Iterable[str]) -> None:
        """Forget the vectors of passages that the live version does not hold."""
        with closing(self._open()) as file, file:
            file.execute("CREATE TEMP TABLE kept (key TEXT PRIMARY KEY)")
            file.executemany("INSERT OR IGNORE INTO kept VALUES (?)", [(key,) for key in keys])
            file.execute("DELETE FROM vectors WHERE key NOT IN (SELECT key FROM kept)")

    def _open(self) -> sqlite3.Connection:
        return sqlite3.connect(self._path, timeout=10)
