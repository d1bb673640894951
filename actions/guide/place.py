"""Where a department is, as a payload with its card."""

from __future__ import annotations

from typing import Any

from actions.turns import Option, Payload, say
from knowledge.directory import Directory, Language


def place(directory: Directory, name: str, language: str, bookable: bool = True) -> Payload:
    """Place and route of a department; with `bookable` a button to book it where that is possible."""
    department = directory.departments[name]
    spoken: Language = "zh" if language == "zh" else "en"
    building = directory.hospital.buildings[department.building].name.in_language(spoken)
    params: dict[str, Any] = {
        "department": department.id,
        "building": building,
        "floor": str(department.floor),
        "desk": department.desk,
        "place": f"{building} {department.desk}",
        "route": department.route.in_language(spoken),
    }
    options = []
    if bookable and department.bookable:
        command = f'/book{{"department": "{department.id}"}}'
        options.append(Option("option.book_department", {"department": department.id}, command=command))
    return say("guide.place", params, options, {"kind": "route", "params": params})
