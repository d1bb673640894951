"""The conversation of the benchmark `api`, read from `api.yml`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field

Kind = Literal["small_talk", "form", "question"]
"""Without an action; with one; answered by the library, of which Rasa itself only says that it shall answer."""
FILE = Path(__file__).with_name("api.yml")


class Line(BaseModel):
    """One timed turn."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: Kind
    """How it is answered."""
    text: str = Field(min_length=1)
    """What the patient says."""
    says: tuple[str, ...] = Field(min_length=1)
    """Message keys that Rasa answers with; `answer` where the library shall."""


class Script(BaseModel):
    """A conversation, held again and again."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    opening: str = Field(min_length=1)
    """Said once in each conversation, not timed."""
    turns: tuple[Line, ...] = Field(min_length=1)
    """Leave the conversation as they found it."""
    questions: tuple[str, ...] = Field(min_length=1)
    """For the library, one a conversation."""

    def round(self, number: int) -> Iterator[Line]:
        """The timed turns of the conversation with this number."""
        yield from self.turns
        yield Line(kind="question", text=self.questions[number % len(self.questions)], says=("answer",))


def load_script(file: Path = FILE) -> Script:
    """The script. Raises pydantic's ValidationError for a file that does not fit."""
    return Script.model_validate(yaml.safe_load(file.read_text(encoding="utf-8")))
