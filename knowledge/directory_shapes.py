"""The shapes of the hospital's tables: departments, doctors, weekly sessions, fees and facts."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import time
from typing import Any, Literal

Language = Literal["zh", "en"]
Sex = Literal["female", "male"]
HalfDayId = Literal["am", "pm", "evening"]


@dataclass(frozen=True)
class Bilingual:
    """One text in both languages."""

    zh: str
    en: str

    def in_language(self, language: Language) -> str:
        """The text in `language`."""
        return self.zh if language == "zh" else self.en


@dataclass(frozen=True)
class Department:
    """One department (科室) and how to get to it."""

    id: str
    zh: str
    """Chinese name, one of the 29 of the hospital's list."""
    en: str
    """Short English name to display."""
    official_en: str
    """English name in the hospital's list."""
    aliases_zh: tuple[str, ...]
    aliases_en: tuple[str, ...]
    building: str
    """Key of `HospitalFacts.buildings`."""
    floor: int
    """Floor as counted in China: the ground floor is 1."""
    desk: str
    """Room of the department's desk, "floor-room"."""
    phone: str
    route: Bilingual
    """The way from the main hall of the outpatient building."""
    what: Bilingual
    """What it treats, in lay words."""
    min_age: int | None
    """Youngest age seen, in whole years; None: no limit."""
    max_age: int | None
    """Oldest age seen, in whole years, inclusive; None: no limit."""
    sex: Sex | None
    """The only sex seen; None: both."""
    bookable: bool
    """False where patients walk in without an appointment."""
    note: Bilingual | None

    @property
    def name(self) -> Bilingual:
        """Both names."""
        return Bilingual(self.zh, self.en)

    def accepts(self, age: int | None = None, sex: Sex | None = None) -> bool:
        """Whether a patient of this age (whole years) and sex is seen here; what is not known excludes nothing."""
        if age is not None and self.min_age is not None and age < self.min_age:
            return False
        if age is not None and self.max_age is not None and age > self.max_age:
            return False
        return sex is None or self.sex is None or sex == self.sex


@dataclass(frozen=True)
class Doctor:
    """One doctor who sees outpatients."""

    id: str
    zh: str
    en: str
    """Pinyin, surname first, without "Dr."."""
    sex: Sex
    title: str
    """Key of `Directory.titles`."""
    department: str
    expertise: Bilingual

    @property
    def name(self) -> Bilingual:
        """Both names, without a form of address."""
        return Bilingual(self.zh, self.en)


@dataclass(frozen=True)
class Session:
    """One doctor's clinic on one half-day of every week (出诊)."""

    doctor: str
    weekday: int
    """ISO weekday: 1 is Monday, 7 is Sunday."""
    half_day: HalfDayId
    room: str
    """Room in the department's building, "floor-room"."""
    kind: str
    """Key of `Directory.kinds`."""
    capacity: int
    """Patients in one appointment period."""


@dataclass(frozen=True)
class VisitKind:
    """A kind of registration (号别) and its fee."""

    id: str
    name: Bilingual
    fee: int
    """Minor units of the currency (fen)."""


@dataclass(frozen=True)
class HalfDay:
    """A half-day of clinics and its hours."""

    id: HalfDayId
    name: Bilingual
    start: time
    end: time


@dataclass(frozen=True)
class Place:
    """A place of the hospital that is no department, such as the pharmacy."""

    id: str
    name: Bilingual
    building: str | None
    floor: int | None


@dataclass(frozen=True)
class Building:
    """One building of the hospital."""

    id: str
    name: Bilingual
    floors: int


@dataclass(frozen=True)
class HospitalFacts:
    """What `hospital.yml` says of the house."""

    name: Bilingual
    short_name: Bilingual
    address: Bilingual
    level: Bilingual
    time_zone: str
    """IANA name of the city's time zone."""
    phones: Mapping[str, str]
    buildings: Mapping[str, Building]
    places: Mapping[str, Place]
    hours: Mapping[str, Any]
    """Opening hours as written in the file: `{"visiting": {"from": "15:00", "to": "20:00"}, …}`."""
    release_time: time
    """Time of day at which the slots of the last day of the horizon are opened."""
    booking_horizon_days: int
    change_deadline_hours: int
    """Hours before a visit until which it can be changed or cancelled."""
    paediatric_under_age: int
    """Patients younger than this, in years, are seen by paediatrics."""
    fictional: bool
    """True for the demo hospital."""


@dataclass(frozen=True)
class Tables:
    """All tables of a hospital folder, read and checked."""

    departments: Mapping[str, Department]
    doctors: Mapping[str, Doctor]
    sessions: tuple[Session, ...]
    kinds: Mapping[str, VisitKind]
    titles: Mapping[str, Bilingual]
    half_days: Mapping[HalfDayId, HalfDay]
    period_minutes: int
    """Length of one appointment period, in minutes."""
    currency: str
    """ISO 4217 code."""
    hospital: HospitalFacts
    not_departments: tuple[str, ...]
    """Strings in which a department's words stand by chance."""
    not_doctors: tuple[str, ...]
    """Words that end like a surname, as 谢谢 in 谢谢医生."""
