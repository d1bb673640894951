"""Whether a department sees a patient of this age and sex."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any

from actions.records.vault import Vault
from actions.registration.confirming import STOP
from actions.registration.identity import check_id_card
from actions.registration.persons import identity_of
from actions.turns import Reading, State, Turn, pick, say
from knowledge.directory import Department, Directory

AGAIN: Mapping[str, Any] = {"hold": None, "held": None, "confirmed": None}
"""What a place that is gone leaves to be chosen once more."""


class Suits:
    """Whether a department sees a patient of this age and sex, by the identity card; a passport tells neither."""

    def __init__(self, directory: Directory, vault: Vault, now: Callable[[], datetime]) -> None:
        self._directory = directory
        self._vault = vault
        self._now = now

    def __call__(self, state: State, turn: Turn) -> Reading | None:
        """None when it suits, else what to say and what to choose anew."""
        number = identity_of(state, turn, self._vault).id_number or ""
        if len(number) < 15 or not state.get("department"):
            return None
        department = self._directory.departments[str(state["department"])]
        card = check_id_card(number)
        age = years(card.birth_date, self._now().date())
        params = {"department": department.id, "age": age}
        if department.min_age is not None and age < department.min_age:
            child = self._seen_instead(age)
            return _elsewhere("registration.too_young", params, child)
        if department.max_age is not None and age > department.max_age:
            return _elsewhere("registration.too_old", params, ("general_practice",))
        if department.sex is not None and card.sex != department.sex:
            return _elsewhere(f"registration.only_{department.sex}", params, ("general_practice",))
        return None

    def _seen_instead(self, age: int) -> tuple[str, ...]:
        """Departments made for this age."""
        return tuple(name for name, each in self._directory.departments.items() if _made_for(each, age))


def _made_for(department: Department, age: int) -> bool:
    return department.bookable and department.max_age is not None and age <= department.max_age


def _elsewhere(key: str, params: Mapping[str, Any], names: tuple[str, ...]) -> Reading:
    options = [pick("department", name, "option.book_department", {"department": name}) for name in names]
    wrong_person = pick("redo", "patient_name", "option.redo_person")
    again = {"department": None, "doctor": None, **AGAIN}
    return Reading(again, (say(key, params, (*options, wrong_person, STOP), expects="department"),))


def years(born: date, today: date) -> int:
    """Full years of age."""
    return today.year - born.year - ((today.month, today.day) < (born.month, born.day))
