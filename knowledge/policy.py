"""How the library answers, as data: `knowledge/hospital/answering.yml` and the frame sentences, read and checked."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import yaml
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from knowledge.errors import DataFileInvalid
from knowledge.settings import KnowledgeSettings
from knowledge.words import ColumnWeights


def _compiles(expression: str) -> str:
    re.compile(expression)
    return expression


Expression = Annotated[str, AfterValidator(_compiles)]
"""A regular expression."""


class _Data(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Fusion(_Data):
    """How the two rankings become one."""

    dense: float = Field(ge=0)
    """Weight of the z-score of vector similarity."""
    words: float = Field(ge=0)
    """Weight of the z-score of BM25."""
    candidates: int = Field(ge=5)
    """Passages taken from each ranking."""


class Columns(_Data):
    """Weights of the word index's columns."""

    title: float = Field(gt=0)
    keywords: float = Field(gt=0)
    text: float = Field(gt=0)


class Quoting(_Data):
    """How much is quoted."""

    max_units: int = Field(ge=1)
    """Most sentences (a short list counts as one)."""
    max_length: Mapping[str, int]
    """Longest quote by language, in Chinese characters or English words; one single sentence may be longer."""
    whole: Mapping[str, int]
    """A section up to this length is quoted whole, in the same units."""
    dense: float
    """Weight of a sentence's vector similarity."""
    lexical: float
    """Weight of a sentence's share of the question's words."""
    kind: float
    """Taken off a sentence that lacks the kind of thing asked for (a price, a time)."""
    keep: float
    """A further sentence is taken when its score is at least the best one's less this."""
    news: float
    """A further sentence is taken as well when it covers this share of the question's words anew."""
    known: float
    """Factor on words that the headings already say, when sentences are compared."""
    conditions: Mapping[str, Expression]
    """Regular expression by language: headings that are a condition of what stands under them."""
    said: float
    """Such a heading is left out when the first sentence holds this share of its words."""
    leaning: Mapping[str, tuple[str, ...]]
    """Openings of sentences that need the sentence before them."""


class FollowUp(_Data):
    """When a question is read together with the one before it."""

    openings: tuple[str, ...]
    endings: tuple[str, ...] = ()
    pronouns: tuple[str, ...] = ()
    max_length: int
    """Longest question, in `measure` units, for which an ending counts."""


class Parts(_Data):
    """How a sentence that asks several things is cut."""

    between: Expression
    """Regular expression of what stands between two questions; without groups that capture."""
    asks: Expression
    """Regular expression that a piece matches which asks something."""


class Kind(_Data):
    """A kind of question, and what a passage must hold to answer it."""

    asks: Mapping[str, Expression]
    """Regular expression by language that tells the kind."""
    evidence: Expression
    """Regular expression that an answering passage matches."""


class Logistic(_Data):
    """A fitted decision: answer when 1 / (1 + exp(-(bias + Σ weight · feature))) reaches the threshold."""

    bias: float
    weights: Mapping[str, float]
    threshold: float = Field(gt=0, lt=1)


class Refusal(_Data):
    """The decision with both indexes, and with the word index alone; then the choice among a document's passages."""

    with_vectors: Logistic
    words_only: Logistic
    section: Mapping[str, float]
    """Weights of the features that tell which passage of a document answers."""


class Frame(_Data):
    """Wording keys."""

    quote: str
    quote_degraded: str
    unknown: str
    unknown_near: str
    doctor_only: str


class Answering(_Data):
    """The whole of `answering.yml`."""

    version: int
    fusion: Fusion
    columns: Columns
    quoting: Quoting
    follow_up: Mapping[str, FollowUp]
    doctor_only: Mapping[str, Expression]
    """Regular expression by language: questions about an illness itself, which only a doctor can answer."""
    parts: Mapping[str, Parts]
    """By language: how a sentence that asks several things is cut."""
    ignore: Mapping[str, tuple[str, ...]]
    """Words of a question that say nothing about its subject, by language."""
    synonyms: tuple[tuple[str, ...], ...]
    """Groups of words that mean the same here; any of them finds the others."""
    kinds: Mapping[str, Kind]
    frame: Frame
    refusal: Refusal

    @property
    def column_weights(self) -> ColumnWeights:
        """Weights for the word index."""
        return ColumnWeights(self.columns.title, self.columns.keywords, self.columns.text)


@dataclass(frozen=True)
class AnswerPolicy:
    """Everything an answer chain is told by data files."""

    answering: Answering
    wording: Mapping[str, Mapping[str, str]]
    """Wording key → language → sentence with `{parameters}`."""

    @classmethod
    def load(cls, settings: KnowledgeSettings) -> "AnswerPolicy":
        """Read both files. Raises DataFileInvalid."""
        return cls(load_answering(settings.answering_file), load_frame(settings.wording_file))

    def say(self, key: str, language: str, parameters: Mapping[str, str]) -> str:
        """The sentence of a key."""
        return self.wording[key][language].format_map(dict(parameters))


def load_answering(path: Path) -> Answering:
    """Read `answering.yml`. Raises DataFileInvalid."""
    try:
        return Answering.model_validate(_yaml(path))
    except (ValidationError, re.error) as error:
        raise DataFileInvalid(f"{path.name}: {error}") from error


def load_frame(path: Path) -> Mapping[str, Mapping[str, str]]:
    """Read the text variants of a wording file. Raises DataFileInvalid."""
    told: dict[str, dict[str, str]] = {}
    for key, languages in _yaml(path).items():
        if not isinstance(languages, dict) or not languages.keys() >= {"zh", "en"}:
            raise DataFileInvalid(f"{path.name}: {key} must have a sentence for zh and en")
        told[str(key)] = {
            str(language): str(value["text"] if isinstance(value, dict) else value).rstrip("\n")
            for language, value in languages.items()
        }
    return told


def _yaml(path: Path) -> dict[str, Any]:
    try:
        told = yaml.safe_load(path.read_text("utf-8"))
    except (OSError, yaml.YAMLError) as error:
        raise DataFileInvalid(f"{path.name} cannot be read: {error}") from error
    if not isinstance(told, dict):
        raise DataFileInvalid(f"{path.name} must be a table of keys")
    return told
