"""A hospital of three doctors, small enough to count on one's fingers."""

from dataclasses import dataclass, field
from datetime import time

from knowledge.directory_shapes import Bilingual, Department, Doctor, HalfDay, HalfDayId, Session, VisitKind

_NONE = Bilingual("", "")


def _department(name: str, bookable: bool = True) -> Department:
    return Department(
        name,
        name,
        name,
        name,
        (),
        (),
        "A",
        1,
        "1-101",
        "0100-6123-0000",
        _NONE,
        _NONE,
        None,
        None,
        None,
        bookable,
        None,
    )


def _doctor(name: str, department: str) -> Doctor:
    return Doctor(name, name, name, "female", "chief", department, _NONE)


def daily(doctor: str, half_day: HalfDayId = "am", capacity: int = 1, kind: str = "general") -> list[Session]:
    """A session on every day of the week."""
    return [Session(doctor, weekday, half_day, "2-101", kind, capacity) for weekday in range(1, 8)]


@dataclass(frozen=True)
class SmallHospital:
    """The tables registration needs. Slots of half an hour: eight in a morning, eight in an afternoon."""

    sessions: tuple[Session, ...] = (
        *daily("li", "am", 1, "expert"),
        *daily("wang", "am", 2),
        *daily("wang", "pm", 2),
        *daily("zhao", "pm"),
        *daily("sun", "am"),
    )
    departments: dict[str, Department] = field(
        default_factory=lambda: {
            "cardiology": _department("cardiology"),
            "eye": _department("eye"),
            "fever": _department("fever", bookable=False),
        }
    )
    doctors: dict[str, Doctor] = field(
        default_factory=lambda: {
            "li": _doctor("li", "cardiology"),
            "wang": _doctor("wang", "cardiology"),
            "zhao": _doctor("zhao", "eye"),
            "sun": _doctor("sun", "fever"),
        }
    )
    kinds: dict[str, VisitKind] = field(
        default_factory=lambda: {
            "general": VisitKind("general", Bilingual("普通号", "general"), 1000),
            "expert": VisitKind("expert", Bilingual("专家号", "expert"), 3000),
        }
    )
    half_days: dict[HalfDayId, HalfDay] = field(
        default_factory=lambda: {
            "am": HalfDay("am", Bilingual("上午", "morning"), time(8), time(12)),
            "pm": HalfDay("pm", Bilingual("下午", "afternoon"), time(13, 30), time(17, 30)),
        }
    )
    period_minutes: int = 30
