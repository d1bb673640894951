"""Reading a suite's rows: what each kind must hold. Unknown keys are ignored; a row that does not fit is an error."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, BeforeValidator, Field, StringConstraints, ValidationError

from actions.guide.ages import years
from bot.evaluation.faults import UnreadableCases

Words = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
Name = Annotated[str, Field(min_length=1)]
Age = Annotated[float | None, BeforeValidator(years)]
"""Years, also written as "8个月" or "69 years"."""


class Case(BaseModel):
    """What every row has."""

    id: Name
    """Unique in its file."""
    text: Words
    """What the patient says."""


class IntentCase(Case):
    """Suite `intent`."""

    intent: Name
    """What it means; `out_of_scope` where no service fits."""
    lang: Name
    """zh or en."""


class RedFlagCase(Case):
    """Suite `red_flag`."""

    label: Annotated[int, Field(ge=0, le=1)]
    """1 for an emergency."""
    lang: Name
    """zh or en."""


class OrdinaryCase(Case):
    """Suite `ordinary`: a turn in which nobody is in danger."""

    lang: Name
    """zh or en."""


class SpreadTurn(BaseModel):
    """A turn of a conversation, and what the house asked before it."""

    asked: str | None = None
    text: Name


class SpreadCase(BaseModel):
    """Suite `red_flag_spread`: an emergency told over several turns, or a conversation that only resembles one."""

    id: Name
    lang: Name
    turns: Annotated[list[SpreadTurn], Field(min_length=1)]
    alarm_at: int | None
    """Place of the turn, from 0, with which it is an emergency; None where there is none."""


class UrgencyCase(Case):
    """Suite `urgency`."""

    label: Literal["emergency", "non_emergency", "self_care"]
    """How urgent it is; what must be seen today and what can wait are both non_emergency."""
    lang: Name
    """zh or en."""


class TriageCase(Case):
    """Suite `triage`."""

    acceptable: Annotated[list[str], Field(min_length=1)]
    """Chinese names of the departments that are right."""
    lang: Name
    """zh or en."""
    age: Age = None
    """Years."""
    sex: str | None = None
    """female or male."""


class PatientFacts(BaseModel):
    """What a simulated patient knows."""

    opening: Words
    """What it says first."""
    facts: dict[str, bool | str]
    """By a name in words: there, not there, or in its own words."""
    age: Age = None
    """Years."""
    sex: str | None = None
    """female or male."""
    pregnant: bool | str | None = None
    """Whether it is pregnant, or how far in words."""
    duration: str | None = None
    """How long it has been so, in words."""
    habit_of_answer: str | None = None
    """How it answers: short, chatty, vague, contradicting, does_not_know …"""


class DialogueCase(BaseModel):
    """Suite `guide_dialogue`."""

    id: Name
    """Unique in its file."""
    patient: PatientFacts
    """Who answers."""
    acceptable: Annotated[list[str], Field(min_length=1)]
    """Chinese names of the departments that are right."""
    lang: Literal["zh", "en"] = "zh"
    """Language of the talk."""


class QueryCase(Case):
    """Suite `retrieval`: a question."""

    relevant: Annotated[list[str], Field(min_length=1)]
    """Ids of the documents that answer it."""


class CorpusCase(BaseModel):
    """Suite `retrieval`: a document."""

    doc_id: Name
    """Its id."""
    text: str
    """Its words."""


class AnswerCase(Case):
    """Suite `answers`."""

    lang: Name
    """zh or en."""
    answerable: bool
    """Whether the hospital's documents hold the answer."""
    source: str | list[str] | None = None
    """The right document, or several."""
    holds: str | None = None
    """Words of the document that answer."""
    context: list[str] | None = None
    """Questions asked before."""


Shape = TypeVar("Shape", bound=BaseModel)


def read_cases(file: Path, shape: type[Shape]) -> list[Shape]:
    """Every row of a JSON-lines file, blank lines left out. Raises UnreadableCases with the line's number."""
    try:
        lines = file.read_bytes().removeprefix(b"\xef\xbb\xbf").split(b"\n")
    except OSError as error:
        raise UnreadableCases(f"{file} cannot be read: {error.strerror}.") from error
    cases = [_read(file, number, line, shape) for number, line in enumerate(lines, start=1) if line.strip()]
    if not cases:
        raise UnreadableCases(f"{file} holds no row.")
    return cases


def _read(file: Path, number: int, line: bytes, shape: type[Shape]) -> Shape:
    try:
        row: Any = json.loads(line.decode())
        return shape.model_validate(row)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(part) for part in first["loc"]) or "the row"
        raise UnreadableCases(f"{file}, line {number}: {place}: {first['msg']}.") from error
    except ValueError as error:  # not UTF-8, or not JSON
        raise UnreadableCases(f"{file}, line {number}: {error}.") from error
