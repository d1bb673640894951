"""The hard rules of the house: which departments go first and which are never offered, whatever the evidence says."""

from __future__ import annotations

from dataclasses import dataclass

from actions.guide.case import Case
from actions.guide.symptoms import HouseRuleEntry, SymptomTable, WhenEntry


@dataclass(frozen=True, slots=True)
class Decision:
    """What the rules of the house say of one case."""

    first: tuple[str, ...] = ()
    """Departments before all others, in this order."""
    barred: frozenset[str] = frozenset()
    """Departments that are never offered."""
    rule: str | None = None
    """Id of the rule that put a department first."""


def decide(table: SymptomTable, case: Case, best: str | None) -> Decision:
    """The first rule that moves departments, by precedence, and the bars of all that apply.

    `best`: the department that the evidence alone puts first.
    """
    applied = [rule for rule in table.rules if _fits(rule, case, best)]
    barred = frozenset(name for rule in applied for name in rule.bar)
    for rule in applied:
        first = tuple(name for name in rule.move if name not in barred)
        if first:
            return Decision(first, barred, rule.id)
    return Decision(barred=barred)


def _fits(rule: HouseRuleEntry, case: Case, best: str | None) -> bool:
    when = rule.when
    return _fits_patient(when, case) and all(
        (
            not when.any or any(name in case.symptoms for name in when.any),
            not when.also or any(name in case.symptoms for name in when.also),
            not when.only or set(case.symptoms) <= set(when.only),
            not when.best or best in when.best,
            not any(name in case.symptoms for name in rule.unless),
        )
    )


def _fits_patient(when: WhenEntry, case: Case) -> bool:
    return all(
        (
            when.child is None or when.child == case.child,
            not when.adult or (case.age is not None and not case.child),
            when.pregnant is None or when.pregnant == bool(case.pregnant),
            when.sex is None or when.sex == case.sex,
            when.age is None or (case.age is not None and when.age.holds(case.age)),
            when.weeks is None or (when.weeks.at_least is None if case.weeks is None else when.weeks.holds(case.weeks)),
            not when.urgency or case.urgency in when.urgency,
        )
    )
