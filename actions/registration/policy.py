"""The hospital's registration rules, read from `knowledge/hospital/registration.yml`."""

from datetime import date, datetime, time, timedelta
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict, Field, model_validator


class Policy(BaseModel):
    """What is allowed at registration, as data."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    fictional: bool
    hold_minutes: int = Field(ge=1)
    """Minutes a place is kept for a patient who is deciding."""
    hold_extend_max_minutes: int = Field(ge=1)
    """Minutes after the first touch beyond which a hold is never extended."""
    horizon_days: int = Field(ge=1, le=366)
    """Days ahead that can be booked."""
    release_time: time
    """When the last day of the horizon opens (放号)."""
    change_deadline_hours: float = Field(ge=0)
    """Hours before the visit until which it may be changed or cancelled."""
    one_booking_per_person_department_day: bool
    max_active_per_person: int = Field(ge=1)
    """Booked visits still to come that one person may have."""

    @model_validator(mode="after")
    def _consistent(self) -> "Policy":
        if self.hold_extend_max_minutes < self.hold_minutes:
            raise ValueError("hold_extend_max_minutes is shorter than hold_minutes")
        return self

    def last_day(self, now: datetime) -> date:
        """The last day that is open at this moment: the day at the horizon opens at `release_time`."""
        ahead = self.horizon_days if now.time() >= self.release_time else self.horizon_days - 1
        return now.date() + timedelta(days=ahead)

    def deadline(self, visit: datetime) -> datetime:
        """The moment until which a visit may be changed or cancelled."""
        return visit - timedelta(hours=self.change_deadline_hours)


def load_policy(file: Path) -> Policy:
    """Read the rules. Raises `pydantic.ValidationError` where they do not make sense."""
    return Policy.model_validate(yaml.safe_load(file.read_text(encoding="utf-8")))
