"""Who the visit is for: name, identity number and phone. They arrive as tokens; the vault knows what is behind them."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from actions.errors import YidaoError
from actions.records.vault import Vault
from actions.registration.identity import check_id_number, check_phone
from actions.registration.model import Identity
from actions.turns import HUMAN, NEW_WISH, TOKEN, Reading, State, Turn, pick, say, share

NO_ID = re.compile(
    r"(没|没有|忘|忘了|忘记|不记得|记不(得|住|清)|丢)了?带?(我的|孩子的)?(身份证|证件|护照|证|号码?)|没带|忘带|^\W*我?忘记?(了|啦)\W*$|"
    r"(身份证|证件|护照|证)[^，,。]{0,3}(忘|丢|没|找不到|不在|不见)|"
    r"\b(no|forgot|lost|don'?t have|do not have|don'?t remember)\b.{0,12}\b(id|passport|number|card|it|one)\b",
    re.IGNORECASE,
)
NO_DOCUMENT = re.compile(
    r"(没|没有|忘|忘了|忘记|丢|找不到)了?(带|拿)?(我的|孩子的)?(身份证|证件|护照|户口本)|没带证|"
    r"(身份证|证件|护照|户口本)[^，,。]{0,5}(忘|丢|没|找不到|不在|不见)|"
    r"\b(no|forgot|forgotten|lost|left|without|(have|do|did)( not|n['’]?t))\b.{0,24}\b(ids?|passport|documents?)\b",
    re.IGNORECASE,
)
"""A document that is not at hand, said in so many words."""
NOT_BROUGHT = re.compile(r"^\W*(我|都)?(没|忘了?)带(来|着)?(了|啊)?\W*$")
"""Said where a name is asked for, beside the card reader: it is the document."""
NOTES = {
    "patient_name": "registration.noted_name",
    "patient_id": "registration.noted_id",
    "patient_phone": "registration.noted_phone",
}
"""What is said of a person's detail that was told before it was asked for."""
NO_PHONE = re.compile(
    r"没有?(手机|电话|号码)|不(想)?(留|给|用|需要)|没有$|没手机|\bno (mobile|phone|cell|number)\b|"
    r"\b(don'?t|do not) have (a |any )?(mobile|phone|cell|one)|\bskip\b|\bwithout\b|\brather not\b",
    re.IGNORECASE,
)


class NameQuestion:
    """The patient's name; it arrives as a token."""

    slot = "patient_name"

    def __init__(self, key: str) -> None:
        self._key = key

    def open(self, state: State) -> bool:
        """Until a name is known."""
        return not state.get("patient_name")

    def ask(self, state: State, turn: Turn) -> Reading:
        """Ask for the name, saying which place is kept where one is."""
        return Reading(says=(say(self._key, state.get("held"), expects=self.slot),))

    def read(self, state: State, turn: Turn, asked: bool) -> Reading | None:
        """The name's token; "等一下，还是改到后天" is none, whatever was taken for a name in it."""
        if asked and NEW_WISH.search(TOKEN.sub("", turn.text)):
            return None
        return token_reading(turn, "NAME", self.slot)


class IdQuestion:
    """The patient's identity number (real-name registration)."""

    slot = "patient_id"

    def __init__(self, vault: Vault, fits: Callable[[State, Turn], Reading | None] | None = None) -> None:
        self._vault = vault
        self._fits = fits

    def open(self, state: State) -> bool:
        """Until a valid number is known."""
        return not state.get("patient_id")

    def ask(self, state: State, turn: Turn) -> Reading:
        """Ask for the number."""
        return Reading(says=(say("registration.ask_id", expects=self.slot),))

    def read(self, state: State, turn: Turn, asked: bool) -> Reading | None:
        """The number's token, checked, and whether the department sees such a patient."""
        reading = token_reading(turn, "ID", self.slot)
        if reading is None:
            other = asked and token_reading(turn, "PHONE", self.slot)
            return _wrong(state, "registration.phone_for_id", self.slot, True) if other else None
        try:
            check_id_number(self._vault.reveal(turn.conversation, str(reading.updates[self.slot])))
        except YidaoError:
            # one that is known stands: what was typed instead of a phone number does not replace it
            return (
                None if state.get(self.slot) and not asked else _wrong(state, "registration.wrong_id", self.slot, asked)
            )
        unfit = self._fits({**state, **reading.updates}, turn) if self._fits else None
        return Reading({**reading.updates, **unfit.updates}, unfit.says) if unfit else reading


class PhoneQuestion:
    """A phone number for reminders; may be skipped."""

    slot = "patient_phone"

    def __init__(self, vault: Vault) -> None:
        self._vault = vault

    def open(self, state: State) -> bool:
        """Until it is known or skipped."""
        return not state.get("patient_phone")

    def ask(self, state: State, turn: Turn) -> Reading:
        """Ask for it, with a way to go without."""
        options = [pick(self.slot, "none", "option.no_phone")]
        return Reading(says=(say("registration.ask_phone", options=options, expects=self.slot),))

    def read(self, state: State, turn: Turn, asked: bool) -> Reading | None:
        """The number's token, checked; or "I have none"."""
        if turn.choice is not None:
            return Reading({self.slot: "none"}) if turn.chose(self.slot) else None
        reading = token_reading(turn, "PHONE", self.slot)
        if reading is None and asked and token_reading(turn, "ID", self.slot):
            return _wrong(state, "registration.id_for_phone", self.slot, True)
        if reading is None:
            return Reading({self.slot: "none"}) if asked and self.declined(turn) else None
        try:
            check_phone(self._vault.reveal(turn.conversation, str(reading.updates[self.slot])))
        except YidaoError:
            return _wrong(state, "registration.wrong_phone", self.slot, asked)
        return reading

    def declined(self, turn: Turn) -> bool:
        """Whether the patient has no phone, or keeps it to themselves."""
        return turn.is_sure("deny") or bool(NO_PHONE.search(turn.text))


def without_document(turn: Turn, asked: str) -> Reading | None:
    """What helps a patient who has no document at hand, whichever detail of the person is asked for."""
    if TOKEN.search(turn.text):
        return None
    if asked == "patient_id" and NO_ID.search(turn.text):
        return Reading(says=(say("registration.no_id", options=(HUMAN,), expects=asked),))
    plainly = NO_DOCUMENT.search(turn.text) and (asked in NOTES or not turn.asks)
    if plainly or (asked == "patient_name" and NOT_BROUGHT.search(turn.text)):
        return Reading(says=(say("registration.no_id"),))
    return None


def _wrong(state: State, key: str, slot: str, asked: bool) -> Reading:
    """A number that cannot be right is asked again at once, or when its turn comes; each time counts as a miss."""
    if not asked:
        return Reading(says=(say(f"{key}_later"),))
    return Reading({"misses": int(state.get("misses") or 0) + 1}, (say(key, expects=slot),))


def token_reading(turn: Turn, kind: str, slot: str) -> Reading | None:
    """The last token of `kind` in the turn."""
    found = [match.group() for match in TOKEN.finditer(turn.text) if match.group(1) == kind]
    return Reading({slot: found[-1]}, covered=share(found[-1], turn.text)) if found else None


def identity_of(state: State, turn: Turn, vault: Vault) -> Identity:
    """The person behind the tokens."""

    def value(slot: str) -> str | None:
        token: Any = state.get(slot)
        return vault.reveal(turn.conversation, token) if token and token != "none" else None

    return Identity(name=value("patient_name") or "", id_number=value("patient_id"), phone=value("patient_phone"))
