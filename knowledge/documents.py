"""Documents as files, and the pieces of them that can be found and quoted.

A reader turns one file into a `Document`; `chunk` cuts its body along its own structure. A new format is a new reader
in `READERS`: what it returns as `body` is what quotes are verbatim from.
"""

import hashlib
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from types import MappingProxyType
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from knowledge.errors import DocumentUnreadable
from knowledge.sentences import measure, table_head

CHUNKING = "structure-2"
"""Name of the way of cutting; a change of it rebuilds the index."""
MAX_CHUNK = 360
"""Longest piece, in Chinese characters or their like (an English word counts as two); the embedder reads 512 tokens."""
MAX_BYTES = 5_000_000
"""Largest document in bytes."""

_SOURCE = re.compile(r"\s*(?:来源|出处|Sources?)\s*[：:]")


class FrontMatter(BaseModel):
    """What stands on top of a Markdown document between two lines of `---`."""

    model_config = ConfigDict(extra="forbid", coerce_numbers_to_str=True)

    id: str = Field(min_length=1, pattern=r"^[A-Za-z0-9_.-]+$")
    title: str = Field(min_length=1)
    language: Literal["zh", "en"]
    department: str = ""
    audience: str = "patient"
    version: str = "1"
    valid_from: date
    valid_to: date | None = None
    owner: str = ""
    status: Literal["draft", "approved", "withdrawn"]
    keywords: tuple[str, ...] = ()
    fictional: bool = False

    @field_validator("department", "owner", "audience", mode="before")
    @classmethod
    def _empty_for_null(cls, value: object) -> object:
        return "" if value is None else value

    @field_validator("keywords", mode="before")
    @classmethod
    def _list_or_commas(cls, value: object) -> object:
        if isinstance(value, str):
            return tuple(word.strip() for word in re.split(r"[,，、]", value) if word.strip())
        return () if value is None else value


@dataclass(frozen=True)
class Document:
    """One document, read."""

    source: str
    """File relative to the hospital folder, with forward slashes."""
    path: Path
    """Where it was read."""
    digest: str
    """SHA-256 of the file's bytes, in hexadecimal."""
    about: FrontMatter
    """Title, language, validity and the like."""
    body: str
    """The text that pieces and quotes are cut from."""


@dataclass(frozen=True)
class Chunk:
    """A piece of a document."""

    heading: str
    """Headings above it, outermost first, joined by " › "."""
    text: str
    """Verbatim text; a part of a long table has the table's head repeated on top."""


Reader = Callable[[str, Path, bytes], Document]
"""(source, path, bytes) → document. Raises DocumentUnreadable."""


def read_document(path: Path, hospital: Path) -> Document:
    """Read one file. `hospital` is the folder that sources are relative to. Raises DocumentUnreadable."""
    source = source_of(path, hospital)
    reader = READERS.get(path.suffix.lower())
    if reader is None:
        raise DocumentUnreadable(source, f"files of the kind {path.suffix or '(none)'} cannot be read")
    try:
        if path.stat().st_size > MAX_BYTES:
            raise DocumentUnreadable(source, f"larger than {MAX_BYTES} bytes")
        raw = path.read_bytes()
    except OSError as error:
        raise DocumentUnreadable(source, f"cannot be opened ({error.strerror})") from error
    return reader(source, path, raw)


def source_of(path: Path, hospital: Path) -> str:
    """The name under which a file is cited."""
    resolved = path.resolve()
    root = hospital.resolve()
    return resolved.relative_to(root).as_posix() if resolved.is_relative_to(root) else path.name


def read_markdown(source: str, path: Path, raw: bytes) -> Document:
    """A Markdown file with YAML front matter. Raises DocumentUnreadable."""
    try:
        text = raw.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        raise DocumentUnreadable(source, f"is not UTF-8 (byte {error.start})") from error
    found = re.match(r"---\n(.*?)\n---\n(.*)", text, re.DOTALL)
    if found is None:
        raise DocumentUnreadable(source, "has no front matter between two lines of ---")
    try:
        about = FrontMatter.model_validate(yaml.safe_load(found[1]))
    except yaml.YAMLError as error:
        raise DocumentUnreadable(source, "its front matter is not YAML") from error
    except ValidationError as error:
        problem = error.errors()[0]
        field = ".".join(str(part) for part in problem["loc"]) or "front matter"
        raise DocumentUnreadable(source, f"{field}: {problem['msg']}") from error
    if not found[2].strip():
        raise DocumentUnreadable(source, "is empty under its front matter")
    return Document(source, path, hashlib.sha256(raw).hexdigest(), about, found[2])


READERS: Mapping[str, Reader] = MappingProxyType({".md": read_markdown, ".markdown": read_markdown})
"""Reader by suffix."""


@dataclass(frozen=True)
class _Block:
    """A heading, or lines that belong together, as a range of the body."""

    start: int
    end: int
    level: int
    """1 to 6 for a heading, 0 for text."""


def chunk(document: Document) -> list[Chunk]:
    """Cut a document along its headings, then along paragraphs, lists, rows and sentences where a section is long."""
    body = document.body
    chunks: list[Chunk] = []
    path: list[tuple[int, str]] = []
    span: tuple[int, int] | None = None

    def close() -> None:
        if span is not None:
            heading = " › ".join(name for _, name in path)
            chunks.extend(Chunk(heading, piece) for piece in _fit(body[span[0] : span[1]]))

    for block in _blocks(body):
        if block.level:
            close()
            span = None
            name = body[block.start : block.end].lstrip("#").strip().rstrip("#").strip()
            path = [step for step in path if step[0] < block.level]
            if name != document.about.title:
                path.append((block.level, name))
        elif span is None:
            span = (block.start, block.end)
        elif measure(body[span[0] : block.end]) > MAX_CHUNK:
            close()
            span = (block.start, block.end)
        else:
            span = (span[0], block.end)
    close()
    return chunks


def _blocks(body: str) -> Iterator[_Block]:
    """Headings and runs of lines between blank lines; a list stays with the line that leads it in.

    A line that only names a public source is in no block: it answers nothing and must never be quoted.
    """
    start: int | None = None
    end = 0
    position = 0
    for line in body.splitlines(keepends=True):
        line_end = position + len(line.rstrip())
        heading = re.match(r"(#{1,6})\s", line)
        blank = not line.strip() or _SOURCE.match(line) is not None
        if (heading or blank) and start is not None:
            if not heading and _leads(body[start:end]):
                position += len(line)
                continue
            yield _Block(start, end, 0)
            start = None
        if heading:
            yield _Block(position, line_end, len(heading[1]))
        elif not blank:
            start = position if start is None else start
            end = line_end
        position += len(line)
    if start is not None:
        yield _Block(start, end, 0)


def _leads(text: str) -> bool:
    """Whether a text ends by announcing what follows."""
    return text.rstrip().endswith(("：", ":"))


def _fit(text: str) -> list[str]:
    """Cut a text that is too long, at line ends first and inside a line only at sentence ends."""
    if measure(text) <= MAX_CHUNK:
        return [text]
    pieces: list[str] = []
    head = table_head(text)
    rest = text[len(head) :] if head else text
    for part in _lines_and_sentences(rest):
        if pieces and measure(head + pieces[-1] + part) <= MAX_CHUNK:
            pieces[-1] += part
        else:
            pieces.append(part)
    return [(head + piece).strip("\n") for piece in pieces if piece.strip()]


def _lines_and_sentences(text: str) -> Iterator[str]:
    """The lines of a text, the long ones cut after sentences; joined again they are the text."""
    for line in text.splitlines(keepends=True):
        if measure(line) <= MAX_CHUNK:
            yield line
        else:
            yield from re.findall(r".*?(?:[。！？!?；;]|\.(?=\s|$)|\n|$)\s*", line, re.DOTALL)
