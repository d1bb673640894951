"""The shapes that the library hands out: a passage found, a citation, an answer."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Passage:
    """A piece of one document, as it stands in the index."""

    id: str
    """Unique in one version of the index: `<source>#<number>`."""
    doc_id: str
    """Id of the document; the translations of one topic share it."""
    title: str
    """Title of the document."""
    heading: str
    """Headings above the passage, outermost first, joined by " › "; empty directly under the title."""
    text: str
    """Verbatim text of the document, its Markdown included."""
    language: str
    """`zh` or `en`."""
    source: str
    """File of the document, relative to the hospital folder, with forward slashes."""
    department: str
    """Id of the department that the document belongs to; empty for the whole house."""
    valid_from: str
    """ISO date from which the document holds."""
    version: str
    """Version of the document, as its owner counts."""
    score: float
    """Fused score of the retrieval; comparable within one retrieval only."""


@dataclass(frozen=True)
class Citation:
    """What an answer stands on."""

    title: str
    """Title of the document."""
    source: str
    """File of the document, relative to the hospital folder."""
    quote: str
    """A piece of that file, character for character."""
    date: str
    """ISO date from which the document holds."""
    heading: str = ""
    """Heading of the section that the quote is from."""
    section: str = ""
    """Text of that section as the index keeps it, character for character; holds the quote."""


@dataclass(frozen=True)
class Answer:
    """An answer about the hospital, or an honest refusal."""

    text: str
    """What to show, in the patient's language."""
    citations: tuple[Citation, ...]
    """What it stands on; empty when refused."""
    refused: bool
    """True when the documents do not hold the answer."""
    near: tuple[str, ...]
    """Titles of the nearest topics, nearest first."""
    generated: bool
    """True when a language model wrote the text; quotes are not generated."""
    degraded: bool
    """True when only the word index could be asked."""
    say: str = ""
    """Wording key that `text` was made from, so that a channel may say it its own way."""
    params: Mapping[str, str] = field(default_factory=dict)
    """Parameters of that key."""
