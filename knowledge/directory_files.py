"""Reads a hospital's tables from their files, checks every row and every reference between them.

DirectoryError names the file, the row and the field, so whoever keeps the tables can correct them without reading code.
"""

import csv
import io
from collections.abc import Callable, Hashable, Iterable, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from knowledge.directory_rows import DepartmentsFile, DoctorRow, FeesFile, HospitalFile, SessionRow
from knowledge.directory_shapes import Department, Doctor, HalfDay, HospitalFacts, Session, Tables, VisitKind
from knowledge.errors import KnowledgeError

DEPARTMENTS = "departments.yml"
DOCTORS = "doctors.csv"
SCHEDULES = "schedules.csv"
FEES = "fees.yml"
HOSPITAL = "hospital.yml"

# libyaml reads several times faster, where PyYAML was built with it.
_YAML_LOADER: type[Any] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

Model = TypeVar("Model", bound=BaseModel)
Shape = TypeVar("Shape")
Numbered = list[tuple[int, Model]]
"""Rows of a CSV file with their line numbers."""


class DirectoryError(KnowledgeError):
    """A table of the hospital cannot be used; says which file, which row and field, and what is wrong."""

    code = "knowledge.directory"

    def __init__(self, file: str, where: str, problem: str) -> None:
        super().__init__(": ".join(part for part in (file, where, problem) if part))
        self.file = file
        self.where = where
        self.problem = problem


def read_tables(folder: Path) -> Tables:
    """Reads the five tables of `folder`; raises DirectoryError where one is missing, wrong or contradicts another."""
    hospital = _read_yaml(folder, HOSPITAL, HospitalFile).shape()
    fees = _read_yaml(folder, FEES, FeesFile)
    file = _read_yaml(folder, DEPARTMENTS, DepartmentsFile)
    departments = _by_id(DEPARTMENTS, [(f"department {row.id}", row.shape()) for row in file.departments])
    doctor_rows = [(f"line {line}", row.shape()) for line, row in _read_csv(folder, DOCTORS, DoctorRow)]
    doctors = _by_id(DOCTORS, doctor_rows)
    sessions = [(f"line {line}", row.shape()) for line, row in _read_csv(folder, SCHEDULES, SessionRow)]

    _check_departments(departments.values(), hospital)
    _check_doctors(doctor_rows, departments, fees)
    _check_sessions(sessions, doctors, departments, fees)
    return Tables(
        departments=MappingProxyType(departments),
        doctors=MappingProxyType(doctors),
        sessions=tuple(session for _, session in sessions),
        kinds=MappingProxyType({key: VisitKind(key, row.shape(), row.fee) for key, row in fees.kinds.items()}),
        titles=MappingProxyType({key: row.shape() for key, row in fees.titles.items()}),
        half_days=MappingProxyType(
            {key: HalfDay(key, row.shape(), row.start, row.end) for key, row in fees.sessions.items()}
        ),
        period_minutes=fees.period_minutes,
        currency=fees.currency,
        hospital=hospital,
        not_departments=tuple(file.not_mentions.departments),
        not_doctors=tuple(file.not_mentions.doctors),
    )


def _read_text(folder: Path, name: str) -> str:
    try:
        return (folder / name).read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise DirectoryError(name, "", f"no such file in {folder}") from None
    except (OSError, UnicodeDecodeError) as error:
        raise DirectoryError(name, "", f"cannot be read as UTF-8 text: {error}") from error


def _read_yaml(folder: Path, name: str, model: type[Model]) -> Model:
    try:
        data = yaml.load(_read_text(folder, name), Loader=_YAML_LOADER)  # a safe loader: plain data only
    except yaml.YAMLError as error:
        raise DirectoryError(name, "", f"is not valid YAML: {error}") from error
    try:
        return model.model_validate(data)
    except ValidationError as error:
        raise _invalid(name, "", data, error) from error


def _read_csv(folder: Path, name: str, model: type[Model]) -> Numbered[Model]:
    reader = csv.reader(io.StringIO(_read_text(folder, name), newline=""), strict=True)
    columns = list(model.model_fields)
    rows: Numbered[Model] = []
    try:
        header = next(reader, [])
        if header != columns:
            raise DirectoryError(name, "line 1", f"the header must be {','.join(columns)}, not {','.join(header)}")
        for cells in reader:
            if not cells:
                continue
            where = f"line {reader.line_num}"
            if len(cells) != len(columns):
                raise DirectoryError(name, where, f"has {len(cells)} cells instead of {len(columns)}")
            try:
                row = model.model_validate(dict(zip(columns, cells, strict=True)))
            except ValidationError as error:
                raise _invalid(name, where, None, error) from error
            rows.append((reader.line_num, row))
    except csv.Error as error:
        raise DirectoryError(name, f"line {reader.line_num}", f"is not valid CSV: {error}") from error
    return rows


def _invalid(name: str, where: str, data: Any, error: ValidationError) -> DirectoryError:
    """The first fault of a row; a list's item is named by its id where it has one."""
    first = error.errors()[0]
    steps = [where] if where else []
    for step in first["loc"]:
        data = _inside(data, step)
        part = str(step + 1) if isinstance(step, int) else step
        steps.append(f"{part} ({data['id']})" if isinstance(data, dict) and "id" in data else part)
    return DirectoryError(name, ", ".join(steps), str(first["msg"]))


def _inside(data: Any, step: int | str) -> Any:
    """What `step` leads to in plain data; None where it leads nowhere, as at a missing field."""
    if isinstance(data, dict):
        return data.get(step)
    return data[step] if isinstance(data, list) and isinstance(step, int) and step < len(data) else None


def _by_id(file: str, rows: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for where, row in rows:
        if row.id in found:
            raise DirectoryError(file, where, f"id {row.id} is there twice")
        found[row.id] = row
    return found


def _check_departments(departments: Iterable[Department], hospital: HospitalFacts) -> None:
    for department in departments:
        where = f"department {department.id}"
        building = hospital.buildings.get(department.building)
        if building is None:
            raise DirectoryError(DEPARTMENTS, f"{where}, building", f"{department.building} is not in {HOSPITAL}")
        if department.floor > building.floors:
            raise DirectoryError(DEPARTMENTS, f"{where}, floor", f"building {building.id} has {building.floors} floors")
        _check_floor(DEPARTMENTS, f"{where}, desk", department.desk, department)


def _check_doctors(rows: Sequence[tuple[str, Doctor]], departments: dict[str, Department], fees: FeesFile) -> None:
    for where, doctor in rows:
        if doctor.department not in departments:
            raise DirectoryError(DOCTORS, f"{where}, department", f"{doctor.department} is not in {DEPARTMENTS}")
        if doctor.title not in fees.titles:
            raise DirectoryError(DOCTORS, f"{where}, title", f"{doctor.title} is not in {FEES}")


def _check_sessions(
    rows: Sequence[tuple[str, Session]],
    doctors: dict[str, Doctor],
    departments: dict[str, Department],
    fees: FeesFile,
) -> None:
    for where, session in rows:
        doctor = doctors.get(session.doctor)
        if doctor is None:
            raise DirectoryError(SCHEDULES, f"{where}, doctor_id", f"{session.doctor} is not in {DOCTORS}")
        department = departments[doctor.department]
        if not department.bookable:
            raise DirectoryError(SCHEDULES, f"{where}, doctor_id", f"{department.id} takes no appointments")
        if session.kind not in fees.kinds:
            raise DirectoryError(SCHEDULES, f"{where}, kind", f"{session.kind} is not in {FEES}")
        if session.half_day not in fees.sessions:
            raise DirectoryError(SCHEDULES, f"{where}, half_day", f"{session.half_day} is not in {FEES}")
        _check_floor(SCHEDULES, f"{where}, room", session.room, department)
    _check_once(rows, "doctor_id", lambda session: session.doctor)
    _check_once(rows, "room", lambda session: (departments[doctors[session.doctor].department].building, session.room))


def _check_floor(file: str, where: str, room: str, department: Department) -> None:
    if int(room.partition("-")[0]) != department.floor:
        raise DirectoryError(file, where, f"{room} is not on floor {department.floor}, where {department.id} is")


def _check_once(rows: Sequence[tuple[str, Session]], field: str, key: Callable[[Session], Hashable]) -> None:
    """A doctor or a room has one session in a half-day of the week."""
    seen: dict[Hashable, str] = {}
    for where, session in rows:
        slot = (session.weekday, session.half_day, key(session))
        if slot in seen:
            when = f"weekday {session.weekday} {session.half_day}"
            raise DirectoryError(SCHEDULES, f"{where}, {field}", f"is taken on {when} by {seen[slot]}")
        seen[slot] = where
