"""concepts.yml: its schema, and the lexicon that it makes.

Categories say how a concept lives: a `symptom` holds for its person until denied; a `background` (diabetes, an
operation) holds although it lies in the past; a `modifier` (sudden, severe) colours only what stands beside it.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from actions.safety.errors import RulesInvalid
from actions.safety.lexicon import NEUTRAL, Lexicon
from actions.safety.readings import Limit, Quantity
from actions.safety.text import normalise

_GAP = re.compile(r"…|\{\w+\}")
T = TypeVar("T", bound=BaseModel)
Category = Literal["symptom", "event", "background", "modifier"]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Words(_Strict):
    """Words in both languages."""

    zh: list[str] = Field(default_factory=list)
    en: list[str] = Field(default_factory=list)

    def all(self) -> list[str]:
        """Both lists as one."""
        return [*self.zh, *self.en]


class PartEntry(Words):
    """A class of words that terms use as `{name}`."""

    site: bool = False
    """A body site: no gap of a sited term reaches over another one."""


class PersonEntry(Words):
    """Words for someone spoken of."""

    sex: Literal["male", "female"] | None = None
    child: bool = False


class ConceptEntry(Words):
    """A concept and the terms that name it."""

    id: str
    category: Category = "symptom"


class LimitEntry(_Strict):
    """What a measured value means."""

    concept: str
    at_least: float | None = None
    below: float | None = None


class QuantityEntry(_Strict):
    """A measured quantity."""

    words: list[str]
    plausible: tuple[float, float]
    limits: list[LimitEntry]


class ConceptFile(_Strict):
    """The whole of concepts.yml."""

    cues: dict[str, Words]
    neutral: Words
    sound_alike: list[str] = Field(default_factory=list)
    """Chinese words of two characters that are looked for by their sound."""
    persons: dict[str, PersonEntry]
    readings: dict[str, QuantityEntry]
    parts: dict[str, PartEntry]
    concepts: list[ConceptEntry]


@dataclass(frozen=True, slots=True)
class Relation:
    """What a word for a person says about them."""

    sex: str | None
    child: bool


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """What every lexicon of the house shares: cues, persons, parts and neutral words, and no concepts yet."""

    lexicon: Lexicon
    relations: Mapping[str, Relation]

    def add(self, concept: str, words: Words) -> None:
        """Let words of both languages name a concept."""
        for term in _plain(words):
            self.lexicon.add_term(concept, term)


@dataclass(frozen=True, slots=True)
class Concepts:
    """The compiled concepts: what to look for and how each one lives."""

    vocabulary: Vocabulary
    categories: Mapping[str, Category]
    quantities: tuple[Quantity, ...]
    spoken: tuple[str, ...] = ()
    """Chinese words of the terms, gaps and parts left out."""
    sound_alike: tuple[str, ...] = ()

    def of(self, category: Category) -> frozenset[str]:
        """Ids of one category."""
        return frozenset(one for one, its in self.categories.items() if its == category)


def load_yaml(path: Path, schema: type[T]) -> T:
    """A YAML file checked against its schema. Raises RulesInvalid, which names the file and the entry."""
    try:
        return schema.model_validate(yaml.load(path.read_bytes(), Loader=yaml.CSafeLoader))
    except (OSError, yaml.YAMLError, ValidationError) as problem:
        raise RulesInvalid(f"{path.name}: {problem}") from problem


def load_vocabulary(path: Path) -> Vocabulary:
    """A fresh vocabulary of a concepts.yml, for a lexicon of other concepts. Raises RulesInvalid."""
    return _vocabulary(load_yaml(path, ConceptFile))


def load_concepts(path: Path) -> Concepts:
    """Concepts of a concepts.yml. Raises RulesInvalid."""
    file = load_yaml(path, ConceptFile)
    vocabulary = _vocabulary(file)
    categories: dict[str, Category] = {}
    for entry in file.concepts:
        if entry.id in categories:
            raise RulesInvalid(f"{path.name}: the concept {entry.id} stands twice")
        categories[entry.id] = entry.category
        vocabulary.add(entry.id, entry)
    spoken = tuple(dict.fromkeys(chunk for entry in file.concepts for term in entry.zh for chunk in _GAP.split(term)))
    return Concepts(vocabulary, categories, _quantities(file, categories, path), spoken, tuple(file.sound_alike))


def _vocabulary(file: ConceptFile) -> Vocabulary:
    lexicon = Lexicon()
    lexicon.add_words(NEUTRAL, _plain(file.neutral))
    for name, cue in file.cues.items():
        lexicon.add_words(f"cue:{name}", _plain(cue))
    for name, person in file.persons.items():
        lexicon.add_words(f"person:{name}", _plain(person))
    for name, part in file.parts.items():
        lexicon.add_words(f"part:{name}", _plain(part), site=part.site)
    relations = {name: Relation(person.sex, person.child) for name, person in file.persons.items()}
    return Vocabulary(lexicon, relations)


def _plain(words: Words) -> list[str]:
    """Terms as texts will look; the ellipsis of a gap is kept from NFKC, which would make it three stops."""
    return ["…".join(normalise(chunk) for chunk in word.split("…")) for word in words.all()]


def _quantities(file: ConceptFile, categories: Mapping[str, Category], path: Path) -> tuple[Quantity, ...]:
    made: list[Quantity] = []
    for name, entry in file.readings.items():
        for limit in entry.limits:
            if limit.concept not in categories:
                raise RulesInvalid(f"{path.name}: the reading {name} names an unknown concept {limit.concept}")
        limits = tuple(Limit(one.concept, one.at_least, one.below) for one in entry.limits)
        made.append(Quantity(name, tuple(word.lower() for word in entry.words), entry.plausible, limits))
    return tuple(made)
