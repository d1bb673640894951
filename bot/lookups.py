"""What Rasa learns of the hospital itself at training: the names of its departments and doctors."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import yaml

from knowledge.directory import Directory, load_directory


def lookups(directory: Directory) -> dict[str, Any]:
    """Rasa training data: look-up tables of Chinese names, patterns with word boundaries for Latin ones.

    A look-up without word boundaries is needed for Chinese, but would find ENT inside "appointment".
    """
    departments = [
        name
        for department in directory.departments.values()
        for name in (department.zh, department.en, *department.aliases_zh, *department.aliases_en)
    ]
    doctors = [name for doctor in directory.doctors.values() for name in (doctor.zh, doctor.en)]
    tables: list[dict[str, Any]] = []
    for kind, names in (("department", departments), ("doctor", doctors)):
        chinese = sorted({name for name in names if not name.isascii()})
        latin = sorted({name for name in names if name.isascii()})
        tables.append({"lookup": kind, "examples": _lines(chinese)})
        tables.append({"regex": kind, "examples": _lines([_pattern(latin)])})
    return {"version": "3.1", "nlu": tables}


def write_lookups(hospital: Path, target: Path) -> None:
    """Write them beside the other training data. Raises DirectoryError."""
    body = lookups(load_directory(hospital))
    target.write_text(yaml.safe_dump(body, allow_unicode=True, sort_keys=False), encoding="utf-8")


def _pattern(names: Iterable[str]) -> str:
    alternatives = "|".join(re.escape(name).replace(r"\ ", " ") for name in names)
    return rf"(?i)\b(?:{alternatives})\b"


def _lines(values: Iterable[str]) -> str:
    return "".join(f"- {value}\n" for value in values)
