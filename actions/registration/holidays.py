"""The holidays patients name, read from `knowledge/hospital/holidays.yml`."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict, Field, model_validator

HOLIDAYS_FILE = Path(__file__).resolve().parents[2] / "knowledge" / "hospital" / "holidays.yml"
"""Where the table lies in the checkout."""


class Days(BaseModel):
    """One year's days of a holiday, both included."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    first: date = Field(alias="from")
    last: date = Field(alias="to")
    announced: bool
    """Whether the State Council has announced them; else by the calendar."""

    @model_validator(mode="after")
    def _ordered(self) -> "Days":
        if self.first > self.last:
            raise ValueError("a holiday ends before it begins")
        return self


class Holiday(BaseModel):
    """A holiday with its names and days."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    zh: tuple[str, ...]
    en: tuple[str, ...]
    days: tuple[Days, ...]

    def coming(self, today: date) -> tuple[date, date] | None:
        """First and last day of the next one that is not over; None past the end of the table."""
        ahead = sorted((each.first, each.last) for each in self.days if each.last >= today)
        return ahead[0] if ahead else None


@dataclass(frozen=True)
class HolidayTable:
    """All holidays."""

    holidays: Sequence[Holiday]

    def by_name(self) -> dict[str, Holiday]:
        """Every name in both languages, longest first, so that a longer one is found before its part."""
        named = {name: holiday for holiday in self.holidays for name in (*holiday.zh, *holiday.en)}
        return {name: named[name] for name in sorted(named, key=len, reverse=True)}


@cache
def load_holidays(file: Path = HOLIDAYS_FILE) -> HolidayTable:
    """Read the table once. Raises `pydantic.ValidationError` where it makes no sense."""
    rows = yaml.safe_load(file.read_text(encoding="utf-8"))["holidays"]
    return HolidayTable(tuple(Holiday.model_validate(row) for row in rows))
