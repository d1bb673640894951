"""What each table of a hospital may contain: one pydantic model a file and a row, turned into directory shapes."""

from datetime import time
from types import MappingProxyType
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, model_validator

from knowledge.directory_shapes import (
    Bilingual,
    Building,
    Department,
    Doctor,
    HalfDayId,
    HospitalFacts,
    Place,
    Session,
    Sex,
)

Words = Annotated[str, Field(min_length=1)]
Slug = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
Room = Annotated[str, Field(pattern=r"^[1-9][0-9]?-[1-9][0-9]{2}$")]
Age = Annotated[int, Field(ge=0, le=150)]


class _Row(BaseModel):
    """Base of the rows: an unknown field is a spelling mistake."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)


class BilingualRow(_Row):
    """One text in both languages."""

    zh: Words
    en: Words

    def shape(self) -> Bilingual:
        """The frozen form."""
        return Bilingual(self.zh, self.en)


class DepartmentRow(_Row):
    """One item of `departments` in departments.yml."""

    id: Slug
    zh: Words
    en: Words
    official_en: Words
    aliases_zh: list[Words]
    aliases_en: list[Words]
    building: Words
    floor: int = Field(ge=1)
    desk: Room
    phone: Words
    route: BilingualRow
    what: BilingualRow
    min_age: Age | None = None
    max_age: Age | None = None
    sex: Sex | None = None
    bookable: bool = True
    note: BilingualRow | None = None

    @model_validator(mode="after")
    def _ages_in_order(self) -> "DepartmentRow":
        if self.min_age is not None and self.max_age is not None and self.min_age > self.max_age:
            raise ValueError("min_age is above max_age")
        return self

    def shape(self) -> Department:
        """The frozen form."""
        fields = self.model_dump(exclude={"route", "what", "note", "aliases_zh", "aliases_en"})
        return Department(
            **fields,
            aliases_zh=tuple(self.aliases_zh),
            aliases_en=tuple(self.aliases_en),
            route=self.route.shape(),
            what=self.what.shape(),
            note=self.note.shape() if self.note else None,
        )


class NotMentions(_Row):
    """Strings that hold a department's words by chance, and words that end like a doctor's surname."""

    departments: list[Words] = []
    doctors: list[Words] = []


class DepartmentsFile(_Row):
    """departments.yml."""

    fictional: bool = False
    departments: list[DepartmentRow] = Field(min_length=1)
    not_mentions: NotMentions = NotMentions()


class DoctorRow(_Row):
    """One line of doctors.csv."""

    id: Slug
    zh: str = Field(min_length=2)
    en: str = Field(pattern=r"^[A-Z][a-z]+ [A-Z][a-z]+$")
    sex: Sex
    title: Slug
    department: Slug
    expertise_zh: Words
    expertise_en: Words

    def shape(self) -> Doctor:
        """The frozen form."""
        expertise = Bilingual(self.expertise_zh, self.expertise_en)
        return Doctor(self.id, self.zh, self.en, self.sex, self.title, self.department, expertise)


class SessionRow(_Row):
    """One line of schedules.csv."""

    doctor_id: Slug
    weekday: int = Field(ge=1, le=7)
    half_day: HalfDayId
    room: Room
    kind: Slug
    capacity: int = Field(ge=1, le=100)

    def shape(self) -> Session:
        """The frozen form."""
        return Session(self.doctor_id, self.weekday, self.half_day, self.room, self.kind, self.capacity)


class KindRow(BilingualRow):
    """One kind of registration in fees.yml."""

    fee: int = Field(ge=0)


class HalfDayRow(BilingualRow):
    """Hours of one half-day in fees.yml."""

    start: time = Field(alias="from")
    end: time = Field(alias="to")

    @model_validator(mode="after")
    def _hours_in_order(self) -> "HalfDayRow":
        if self.start >= self.end:
            raise ValueError("`from` is not before `to`")
        return self


class FeesFile(_Row):
    """fees.yml."""

    fictional: bool = False
    currency: str = Field(pattern=r"^[A-Z]{3}$")
    period_minutes: int = Field(ge=5, le=240)
    kinds: dict[Slug, KindRow] = Field(min_length=1)
    sessions: dict[HalfDayId, HalfDayRow] = Field(min_length=1)
    titles: dict[Slug, BilingualRow] = Field(min_length=1)


class BuildingRow(BilingualRow):
    """One building in hospital.yml."""

    floors: int = Field(ge=1)


class PlaceRow(BilingualRow):
    """One place in hospital.yml."""

    building: str | None = None
    floor: int | None = Field(None, ge=1)


class HoursRow(BaseModel):
    """The hours of hospital.yml that the directory uses; the others pass as they are."""

    model_config = ConfigDict(extra="allow")

    release_time: time
    booking_horizon_days: int = Field(ge=1)
    change_deadline_hours: int = Field(ge=0)


class HospitalFile(BaseModel):
    """hospital.yml; keys that others read pass as they are."""

    model_config = ConfigDict(extra="allow")

    fictional: bool = False
    name: BilingualRow
    short_name: BilingualRow
    address: BilingualRow
    level: BilingualRow
    city_time_zone: Words
    phones: dict[str, Words]
    buildings: dict[str, BuildingRow] = Field(min_length=1)
    places: dict[str, PlaceRow]
    hours: HoursRow
    paediatric_under_age: Age

    def shape(self) -> HospitalFacts:
        """The frozen form."""
        buildings = {key: Building(key, row.shape(), row.floors) for key, row in self.buildings.items()}
        places = {key: Place(key, row.shape(), row.building, row.floor) for key, row in self.places.items()}
        return HospitalFacts(
            name=self.name.shape(),
            short_name=self.short_name.shape(),
            address=self.address.shape(),
            level=self.level.shape(),
            time_zone=self.city_time_zone,
            phones=MappingProxyType(self.phones),
            buildings=MappingProxyType(buildings),
            places=MappingProxyType(places),
            hours=MappingProxyType(self.hours.model_extra or {}),
            release_time=self.hours.release_time,
            booking_horizon_days=self.hours.booking_horizon_days,
            change_deadline_hours=self.hours.change_deadline_hours,
            paediatric_under_age=self.paediatric_under_age,
            fictional=self.fictional,
        )
