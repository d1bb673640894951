"""The hospital's directory: departments, doctors, weekly sessions, fees, facts, and whom a patient's words mean.

directory = load_directory(Path("knowledge/hospital"))
directory.match_departments("我想挂心内科")   # [DepartmentMatch("cardiology", 3, 6, "心内科")]
"""

from pathlib import Path

from knowledge.directory_files import DirectoryError, read_tables
from knowledge.directory_shapes import (
    Bilingual,
    Building,
    Department,
    Doctor,
    HalfDay,
    HalfDayId,
    HospitalFacts,
    Language,
    Place,
    Session,
    Sex,
    Tables,
    VisitKind,
)
from knowledge.mentions import DepartmentFinder, DepartmentMatch, DoctorFinder, DoctorMatch

__all__ = [
    "Bilingual",
    "Building",
    "Department",
    "DepartmentMatch",
    "Directory",
    "DirectoryError",
    "Doctor",
    "DoctorMatch",
    "HalfDay",
    "HalfDayId",
    "HospitalFacts",
    "Language",
    "Place",
    "Session",
    "Sex",
    "Tables",
    "VisitKind",
    "load_directory",
]


class Directory:
    """A hospital's tables with what is asked of them; read-only, safe to share between threads."""

    def __init__(self, tables: Tables) -> None:
        self.departments = tables.departments
        """Department by id, in the order of the file."""
        self.doctors = tables.doctors
        """Doctor by id, in the order of the file."""
        self.sessions = tables.sessions
        """Every weekly session, in the order of the file."""
        self.kinds = tables.kinds
        """VisitKind by id."""
        self.titles = tables.titles
        """Name of a title by id."""
        self.half_days = tables.half_days
        """HalfDay by id."""
        self.period_minutes = tables.period_minutes
        """Length of one appointment period, in minutes."""
        self.currency = tables.currency
        """ISO 4217 code of the fees."""
        self.hospital = tables.hospital
        """Facts of the house."""
        self._department_finder = DepartmentFinder(tables.departments.values(), tables.not_departments)
        self._doctor_finder = DoctorFinder(tables.doctors.values(), tables.not_doctors)

    def match_departments(self, text: str) -> list[DepartmentMatch]:
        """Every department mentioned in Chinese or English text; an ambiguous alias gives one match a department."""
        return self._department_finder.find(text)

    def match_doctors(self, text: str, department: str | None = None) -> list[DoctorMatch]:
        """Every doctor mentioned, by full name or as 张医生 / Dr Zhang; with `department`, only its doctors."""
        matches = self._doctor_finder.find(text)
        return [match for match in matches if department in (None, self.doctors[match.doctor].department)]

    def department_name(self, department: str, language: Language) -> str:
        """The name to display; raises KeyError for an unknown id."""
        return self.departments[department].name.in_language(language)

    def doctor_name(self, doctor: str, language: Language) -> str:
        """The name to display, 张伟 or "Dr. Zhang Wei"; raises KeyError for an unknown id."""
        name = self.doctors[doctor].name
        return name.zh if language == "zh" else f"Dr. {name.en}"

    def doctors_of(self, department: str) -> tuple[Doctor, ...]:
        """The doctors of one department, in the order of the file."""
        return tuple(doctor for doctor in self.doctors.values() if doctor.department == department)

    def sessions_of(self, doctor: str) -> tuple[Session, ...]:
        """The weekly sessions of one doctor, in the order of the file."""
        return tuple(session for session in self.sessions if session.doctor == doctor)


def load_directory(folder: Path) -> Directory:
    """Reads and checks the tables of `folder`; raises DirectoryError naming file, row and field."""
    return Directory(read_tables(folder))
