"""Which of the offered answers a patient means: the button's own words, its number, "the second one"."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from typing import Any

FIRST_TO_NINTH = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth")
ONE_TO_NINE = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
ORDINALS = {
    word: index for words in ("一二三四五六七八九", FIRST_TO_NINTH, ONE_TO_NINE) for index, word in enumerate(words, 1)
} | {"两": 2}
_LEAD = r"(?:我?(?:想|要)?(?:选择|选|要)?|(?:(?:option|number|no\.?|choose|the)\s*){1,3})"
NUMBERED = re.compile(
    rf"^{_LEAD}\s*第?\s*(?P<n>[1-9]|[一二两三四五六七八九]|[a-z]+)\s*"
    r"(?:个|号|项|条|位|one|option|choice)?(?:吧|好了|\s*please)?$",
    re.IGNORECASE,
)
SAID_PLAINLY = frozenset({"confirmed"})
"""Slots whose yes is final: its number alone takes it, as on a telephone, but "the first one" means something else."""
# "The last one" is the last of what was asked about, not the button below it that leads elsewhere.
LAST = re.compile(
    rf"^{_LEAD}\s*(?:最后[一那]?(?:个|项|条|位)|last(?:\s*(?:one|option|choice))?)(?:吧|好了|\s*please)?$",
    re.IGNORECASE,
)


def plain(text: str) -> str:
    """Lower case without punctuation and blanks, for comparing what was said with a title."""
    return "".join(character for character in text.casefold() if unicodedata.category(character)[0] not in "PZS")


def chosen(text: str, options: Sequence[dict[str, Any]]) -> dict[str, Any] | None:
    """The option that `text` takes, or None."""
    said = plain(text)
    for option in options:
        if said and said == plain(option["title"]):
            return option
    bare = text.strip(" 。.!！?？,，")
    if options and LAST.match(bare):
        return [option for option in options if _slot(option) == _slot(options[0])][-1]
    match = NUMBERED.match(bare)
    if match is None:
        return None
    number = match["n"].lower()
    index = int(number) if number.isdigit() else ORDINALS.get(number, 0)
    if not 1 <= index <= len(options):
        return None
    taken = options[index - 1]
    counted_out = _slot(taken) in SAID_PLAINLY and bare != number
    return None if counted_out else taken


def _slot(option: dict[str, Any]) -> str | None:
    """What the option answers; None for a command."""
    slot: str | None = (option.get("choice") or {}).get("slot")
    return slot
