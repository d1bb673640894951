"""Ages as files of cases write them: 34, "69岁", "8个月", "20 years", "3 weeks"."""

from __future__ import annotations

from actions.safety.persons import age_in
from actions.safety.text import normalise


def years(value: float | str | None) -> float | None:
    """Years; None for none. Raises ValueError for a text that names no age."""
    if value is None or isinstance(value, int | float):
        return None if value is None else float(value)
    plain = normalise(value).strip()
    if not plain:
        return None
    for form in (plain, f"{plain}大", f"{plain} old"):
        found = age_in(form)
        if found is not None:
            return found
    try:
        return float(plain)
    except ValueError as error:
        raise ValueError(f"{value!r} names no age") from error
