"""What the second vote sees of a text beside its n-grams (`actions.ngrams`): the facts that the rules understood."""

from __future__ import annotations

from collections.abc import Iterable

from actions.safety.reader import Fact

FACT_WEIGHT = 0.3
"""What a fact counts beside n-grams of unit length; chosen on training rows."""


def fact_names(facts: Iterable[Fact], level: str, rule: str | None) -> set[str]:
    """What the rules made of the text: concepts with their status, the level, and the rule that fired."""
    names = {f"f:{fact.concept}:{fact.status.value}" for fact in facts}
    return names | {f"f:level:{level}", f"f:rule:{rule}"}
