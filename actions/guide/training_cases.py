"""Written cases that the guide's classifier learns from: what a patient says, and where a guide nurse sends them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from actions.guide.ages import years
from actions.safety.errors import RulesInvalid
from knowledge.directory import Directory

ALSO = 0.5
"""What the other acceptable departments of a case count together, beside 1 for its own."""


class CaseRow(BaseModel):
    """One line of a file of cases; unknown keys are ignored."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    text: str = Field(min_length=1)
    department: str | None = None
    """Where it belongs: an id, or the Chinese or official English name."""
    also: list[str] = Field(default_factory=list)
    """Other departments that are right."""
    acceptable: list[str] = Field(default_factory=list)
    """Instead of `department` and `also`: departments that are right alike."""
    lang: Literal["zh", "en"] = "zh"
    age: float | str | None = None
    sex: Literal["male", "female"] | None = None

    @model_validator(mode="after")
    def _belongs_somewhere(self) -> CaseRow:
        if self.department is None and not self.acceptable:
            raise ValueError("neither department nor acceptable is given")
        return self


@dataclass(frozen=True, slots=True)
class TrainingCase:
    """A case with the departments' ids."""

    text: str
    targets: Mapping[str, float]
    """Weight of each right department."""
    lang: str
    age: float | None
    """Years."""
    sex: str | None


def department_ids(directory: Directory) -> dict[str, str]:
    """Id of a department by its id, its Chinese and its English names."""
    return {
        name.casefold(): one.id
        for one in directory.departments.values()
        for name in (one.id, one.zh, one.en, one.official_en)
    }


def read_training_cases(files: Iterable[Path], ids: Mapping[str, str]) -> list[TrainingCase]:
    """Cases of JSON-lines files, each text once. Raises RulesInvalid with the file and line."""
    cases: dict[str, TrainingCase] = {}
    for file in files:
        for number, line in enumerate(file.read_text("utf-8").splitlines(), start=1):
            if line.strip():
                case = _read(file, number, line, ids)
                cases.setdefault(case.text, case)
    return list(cases.values())


def _read(file: Path, number: int, line: str, ids: Mapping[str, str]) -> TrainingCase:
    try:
        row = CaseRow.model_validate(json.loads(line))
        return TrainingCase(row.text.strip(), _targets(row, ids), row.lang, years(row.age), row.sex)
    except (ValidationError, ValueError, KeyError) as problem:
        raise RulesInvalid(f"{file.name}, line {number}: {problem}") from problem


def _targets(row: CaseRow, ids: Mapping[str, str]) -> dict[str, float]:
    if row.department is None:
        return {ids[name.casefold()]: 1.0 / len(row.acceptable) for name in row.acceptable}
    also = [ids[name.casefold()] for name in row.also]
    targets: dict[str, Any] = {name: ALSO / len(also) for name in also}
    return {**targets, ids[row.department.casefold()]: 1.0}
