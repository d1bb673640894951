"""Questions about taking a medicine: a pharmacist answers them, never a document (medication_questions.yml)."""

import re
from dataclasses import dataclass
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from actions.safety.errors import RulesInvalid
from actions.safety.text import normalise

FILE = "medication_questions.yml"


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    medicines: list[str] = Field(min_length=1)
    asks: list[str] = Field(min_length=1)
    alone: list[str] = Field(min_length=1)


@dataclass(frozen=True)
class MedicationQuestions:
    """What tells that a pharmacist is asked."""

    medicines: re.Pattern[str]
    asks: re.Pattern[str]
    alone: re.Pattern[str]

    def asks_pharmacist(self, text: str) -> bool:
        """Whether a text asks how, when, with what or in which condition to take a medicine."""
        said = normalise(text)
        both = self.medicines.search(said) and self.asks.search(said)
        return bool(both or self.alone.search(said))


def load_medication_questions(folder: Path) -> MedicationQuestions:
    """The patterns of a hospital folder. Raises `RulesInvalid`."""
    try:
        found = _File.model_validate(yaml.safe_load((folder / FILE).read_text(encoding="utf-8")))
        parts = [re.compile("|".join(patterns)) for patterns in (found.medicines, found.asks, found.alone)]
    except (ValidationError, yaml.YAMLError, re.error) as error:
        raise RulesInvalid(f"{FILE} does not fit: {error}") from error
    return MedicationQuestions(*parts)
