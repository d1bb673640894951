"""The word index: SQLite FTS5 over Chinese characters, their bigrams, and Latin words.

Character bigrams beat a word segmenter on all four Chinese question sets that were tried, and need no dictionary. The
file also holds the passages themselves, so it can answer alone.
"""

import json
import re
import sqlite3
import threading
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any

from knowledge.passages import Passage
from knowledge.sentences import CJK

MAX_TERMS = 120
"""Most different terms of a question that are searched for."""

_RUN = re.compile(f"[{CJK}]+|[a-z0-9]+")


@dataclass(frozen=True)
class Entry:
    """A passage as the index keeps it."""

    passage: Passage
    """The passage; its score is 0."""
    keywords: str
    """Words that patients use for the topic, joined by spaces."""
    valid_to: str
    """ISO date of the last day on which the document holds; empty for no end."""
    alone: bool
    """True when the document exists in no other language, so it is offered to everyone."""

    def holds(self, today: date) -> bool:
        """Whether the document may be quoted on that day."""
        day = today.isoformat()
        return self.passage.valid_from <= day and (not self.valid_to or day <= self.valid_to)

    def serves(self, language: str) -> bool:
        """Whether it is offered to a question in that language."""
        return self.alone or self.passage.language == language


@dataclass(frozen=True)
class ColumnWeights:
    """How much a match in each column counts for BM25."""

    title: float = 2.0
    keywords: float = 1.5
    text: float = 1.0


def normalise(text: str) -> str:
    """One spelling of what looks the same: full-width letters and digits become plain, capitals small."""
    return unicodedata.normalize("NFKC", text).lower()


def stem(word: str) -> str:
    """An English word without its commonest endings (after Harman's S-stemmer, and -ing, -ed)."""
    if len(word) > 4 and word.endswith("ies"):
        return word[:-3] + "y"
    if len(word) > 6 and word.endswith("ing"):
        return word[:-3]
    if len(word) > 5 and word.endswith("ed"):
        return word[:-2]
    if len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is")):
        return word[:-1]
    return word


def terms(text: str) -> list[str]:
    """The terms of a text in order: characters, bigrams, stems of Latin words, numbers."""
    found: list[str] = []
    for run in _RUN.findall(normalise(text)):
        if run[0].isascii():
            found.append(stem(run))
        else:
            found.extend(run)
            found.extend(run[at : at + 2] for at in range(len(run) - 1))
    return found


def occurrences(word: str, text: str) -> list[range]:
    """Where a word stands in a normalised text; a Latin word as a word of its own, its plural included."""
    if word not in text:
        return []
    return [range(*hit.span()) for hit in _pattern(word).finditer(text)]


@lru_cache(maxsize=4096)
def _pattern(word: str) -> re.Pattern[str]:
    # No \b: to Python a Chinese character is a letter too, and "WiFi密码" one word.
    return re.compile(rf"(?<![a-z0-9]){re.escape(word)}s?(?![a-z0-9])" if word.isascii() else re.escape(word))


class WordIndex:
    """One version of the word index, open for reading. Safe to share between threads."""

    def __init__(self, path: Path, weights: ColumnWeights = ColumnWeights()) -> None:
        """Open it. Raises sqlite3.Error when the file is missing or broken."""
        self._weights = weights
        self._lock = threading.Lock()
        self._file = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True, check_same_thread=False)
        self.size: int = self._file.execute("SELECT count(*) FROM passages").fetchone()[0]

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._file.close()

    def search(self, query: str, language: str, k: int, today: date) -> list[tuple[Entry, float]]:
        """The `k` best entries by BM25, with their scores (higher is better). Raises sqlite3.Error."""
        wanted = list(dict.fromkeys(terms(query)))[:MAX_TERMS]
        if not wanted:
            return []
        match = " OR ".join(f'"{term}"' for term in wanted)
        weights = self._weights
        with self._lock:
            rows = self._file.execute(
                "SELECT p.entry, -bm25(words, ?, ?, ?) AS score FROM words JOIN passages p ON p.rowid = words.rowid"
                " WHERE words MATCH ? AND (p.language = ? OR p.alone) AND p.valid_from <= ?"
                " AND (p.valid_to = '' OR p.valid_to >= ?) ORDER BY score DESC LIMIT ?",
                (
                    weights.title,
                    weights.keywords,
                    weights.text,
                    match,
                    language,
                    today.isoformat(),
                    today.isoformat(),
                    k,
                ),
            ).fetchall()
        return [(load_entry(row[0]), float(row[1])) for row in rows]

    def entries(self, ids: Sequence[str]) -> dict[str, Entry]:
        """The entries with these ids; unknown ids are left out. Raises sqlite3.Error."""
        marks = ",".join("?" * len(ids))
        with self._lock:
            rows = self._file.execute(f"SELECT id, entry FROM passages WHERE id IN ({marks})", list(ids)).fetchall()
        return {row[0]: load_entry(row[1]) for row in rows}

    def frequencies(self, wanted: Iterable[str]) -> dict[str, int]:
        """In how many passages each term stands; 0 for a term that stands in none. Raises sqlite3.Error."""
        asked = list(dict.fromkeys(wanted))[: 4 * MAX_TERMS]
        marks = ",".join("?" * len(asked))
        with self._lock:
            rows = self._file.execute(f"SELECT term, doc FROM vocabulary WHERE term IN ({marks})", asked).fetchall()
        return dict.fromkeys(asked, 0) | {row[0]: int(row[1]) for row in rows}


def build_word_index(path: Path, entries: Iterable[Entry]) -> int:
    """Write a word index to a file that does not exist yet; returns how many passages it holds."""
    building = path.with_suffix(".building")
    building.unlink(missing_ok=True)
    file = sqlite3.connect(building)
    try:
        file.executescript(
            "CREATE TABLE passages (rowid INTEGER PRIMARY KEY, id TEXT UNIQUE, language TEXT, alone INTEGER,"
            " valid_from TEXT, valid_to TEXT, entry TEXT);"
            "CREATE VIRTUAL TABLE words USING fts5(title, keywords, body, content='', tokenize='unicode61');"
            "CREATE VIRTUAL TABLE vocabulary USING fts5vocab(words, row);"
        )
        count = 0
        for count, entry in enumerate(entries, start=1):
            passage = entry.passage
            row = (count, passage.id, passage.language, int(entry.alone), passage.valid_from, entry.valid_to)
            file.execute("INSERT INTO passages VALUES (?,?,?,?,?,?,?)", (*row, dump_entry(entry)))
            columns = (f"{passage.title} {passage.heading}", entry.keywords, passage.text)
            told = [" ".join(terms(column)) for column in columns]
            file.execute("INSERT INTO words (rowid, title, keywords, body) VALUES (?,?,?,?)", (count, *told))
        file.execute("INSERT INTO words (words) VALUES ('optimize')")
        file.commit()
    finally:
        file.close()
    building.replace(path)
    return count


def dump_entry(entry: Entry) -> str:
    """An entry as JSON."""
    return json.dumps(asdict(entry), ensure_ascii=False)


def load_entry(told: str) -> Entry:
    """The entry of such JSON."""
    values: dict[str, Any] = json.loads(told)
    return Entry(**{**values, "passage": Passage(**values["passage"])})
