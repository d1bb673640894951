"""Personal data never leaves the front door in the clear: what identifies a person becomes a token first.

Recognisers, one a kind: identity card, passport, phone, name. A name is found where the patient says it is one
("我叫…", "my name
is …", "我妈李桂兰"), or as the whole answer to the question for a name. Values go to the vault; text goes on with
tokens such as
`[NAME_k7d2]`. Rasa, its tracker, logs and prompts only ever see the latter.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

ID_CARD = re.compile(r"(?<![0-9A-Za-z])(?:\d[\s-]?){17}[\dXx](?![0-9A-Za-z])|(?<!\d)\d{15}(?!\d)")
"""18 digits (the last may be X), blanks and hyphens allowed between them; or the 15 of an old card."""
ID_LIKE = re.compile(r"(?<![0-9A-Za-z])\d{14,19}[Xx]?(?![0-9A-Za-z])")
"""A number too long for anything else: masked even though it is no valid identity number."""
PHONE = re.compile(
    r"(?<!\d)(?:(?:\+|00)?86[\s-]?)?1[3-9]\d[\s-]?\d{4}[\s-]?\d{4}(?!\d)|(?<!\d)0\d{2,3}[\s-]?\d{4}[\s-]?\d{3,4}(?!\d)"
)
"""A mobile number of the mainland, or a landline with its area code."""
PASSPORT = re.compile(r"(?<![0-9A-Za-z])(?:[A-Z]{1,2}\d{7,8}|[A-Z]\d{9})(?![0-9A-Za-z])", re.IGNORECASE)
"""One or two letters and 7 to 9 digits: passports and travel permits."""
LONG_NUMBER = re.compile(r"(?<!\d)\d{7,13}(?!\d)")
"""A number said where a phone or identity number was asked for, whatever its length."""

LATIN_NAME = r"[A-Z][a-z'’-]+(?:\s+[A-Z][a-z'’.-]+){0,3}"
NAME_EN = re.compile(rf"\b(?i:my name is|my name's|name:|this is|patient is|i am called|call me)\s+({LATIN_NAME})")
WHOLE_NAME_EN = re.compile(r"[A-Za-z][A-Za-z'’.-]*(?:\s+[A-Za-z][A-Za-z'’.-]*){0,4}")
NOT_A_NAME_EN = re.compile(
    r"\b(what|where|how|when|which|why|who|is|are|do|does|can|could|the|a|an|to|of|in|on|no|not|yes|ok|okay|stop|cancel|back|repeat|"
    r"help|human|person|nurse|doctor|appointment|please|change|department|speak|english|chinese|again|start|restart|tomorrow|today|"
    r"morning|afternoon|earliest|parking|hello|hi|thanks|thank|never|mind|go|wait|later|none|nothing|pardon|sorry|staff|somebody|"
    r"monday|tuesday|wednesday|thursday|friday|saturday|sunday|actually|wrong|different|another|instead)\b",
    re.IGNORECASE,
)
LEAD_IN_EN = re.compile(r"^\s*(?:it'?s|i'?m|i am|this is|name is|my name is|the name is)\s+", re.IGNORECASE)
LEAD_IN_ZH = re.compile(r"^(?:我叫|我是|叫|姓名是?|名字是?|名字叫|患者叫|病人叫|她叫|他叫|孩子叫|就叫)[:：\s]*")
TAIL_ZH = re.compile(r"[。.!！,，\s]*(?:谢谢|吧|呀|啊|哈)?[。.!！,，\s]*$")
RELATIVES = (
    r"(?:我?(?:妈妈?|爸爸?|母亲|父亲|老公|老婆|丈夫|妻子|爱人|儿子|女儿|孩子|宝宝|爷爷|奶奶|外公|外婆|姥姥|姥爷"
    r"|哥哥?|姐姐?|弟弟?|妹妹?|朋友|同事))"
)
NOT_A_NAME_ZH = re.compile(
    r"^(?:周[一二三四五六日天末]|何时|何地|高血压|高烧|马上|万一|于是|关于|方便|安排|安静|单子|单号|任何|常常|白天|江湖|华为|关门|关系|严重|文件|路|金额)"
)
FUNCTION_ZH = re.compile(
    r"[在哪怎么什吗呢的了不想要去挂号科改约看病人工返回上步重新开始退取消停车几点多少谁能可以帮助疼痛烧咳我你您他她它这那是有没早晚午今明后周天日月年再见对好行嗯哦啊算]"
)
"""Characters of everyday sentences; a short answer without any of them may be a name whose family name is rare."""
BREAK = r"(?=$|[\s,，。.;；、!！?？的要想挂看预约取改退]|身份|电话|手机|证件|今年|住)"


@dataclass(frozen=True)
class Finding:
    """One personal value in a text."""

    kind: str
    """ID, PHONE or NAME."""
    start: int
    """Where it begins."""
    end: int
    """Where it ends."""
    value: str
    """The value, normalised: no blanks in numbers, upper-case X."""


class Recogniser:
    """Finds personal values; knows the surnames, and whose names are public (the hospital's doctors)."""

    def __init__(self, surnames: Iterable[str], public_names: Iterable[str] = ()) -> None:
        alternatives = "|".join(sorted(surnames, key=len, reverse=True))
        name = rf"((?:{alternatives})[\u4e00-\u9fff]{{1,3}}?)"
        self._said = re.compile(
            rf"(?:我叫|名字叫|名字是|姓名[是:：]?|她叫|他叫|叫做|患者[是:：]|病人[是:：])\s*{name}{BREAK}"
        )
        short = rf"((?:{alternatives})[\u4e00-\u9fff]{{1,2}}?)"
        self._relative = re.compile(rf"{RELATIVES}(?:叫)?{short}{BREAK}")
        self._whole = re.compile(
            rf"(?:{alternatives})[\u4e00-\u9fff]{{1,2}}|[\u4e00-\u9fff]{{2,8}}[·•][\u4e00-\u9fff]{{2,8}}"
        )
        self._public = frozenset(public_names)

    @classmethod
    def from_file(cls, path: Path, public_names: Iterable[str] = ()) -> Recogniser:
        """With the surnames of a text file: blank-separated, lines that begin with # left out."""
        lines = path.read_text(encoding="utf-8").splitlines()
        return cls((word for line in lines if not line.startswith("#") for word in line.split()), public_names)

    def find(self, text: str, expects: str | None = None) -> list[Finding]:
        """Every personal value, in order and without overlap; `expects` is the slot of the open question."""
        found: list[Finding] = []

        def add(kind: str, start: int, end: int, value: str) -> None:
            if all(end <= other.start or start >= other.end for other in found):
                found.append(Finding(kind, start, end, value))

        for match in (*ID_CARD.finditer(text), *ID_LIKE.finditer(text)):
            add("ID", match.start(), match.end(), digits(match.group()))
        for match in PHONE.finditer(text):
            add("PHONE", match.start(), match.end(), digits(match.group()))
        for match in PASSPORT.finditer(text):
            add("ID", match.start(), match.end(), match.group().upper())
        for match in LONG_NUMBER.finditer(text):
            add("PHONE" if expects != "patient_id" else "ID", match.start(), match.end(), match.group())
        for pattern in (self._said, self._relative, NAME_EN):
            for match in pattern.finditer(text):
                if match.group(1) not in self._public and not NOT_A_NAME_ZH.match(match.group(1)):
                    add("NAME", match.start(1), match.end(1), match.group(1))
        if expects == "patient_name" and not any(finding.kind == "NAME" for finding in found):
            self._answer(text, found, add)
        return sorted(found, key=lambda finding: finding.start)

    def _answer(self, text: str, found: list[Finding], add: Callable[[str, int, int, str], None]) -> None:
        """The name in an answer to "what is the name?", which may bring the number along."""
        end = min((finding.start for finding in found), default=len(text))
        head = re.split(
            r"[,，;；。\n]|身份证|证件|电话|手机|\b(?:id|phone|passport)\b", text[:end], maxsplit=1, flags=re.IGNORECASE
        )[0]
        lead = LEAD_IN_ZH.match(head) or LEAD_IN_EN.match(head)
        start = lead.end() if lead else len(head) - len(head.lstrip())
        name = TAIL_ZH.sub("", head[start:])
        if self.is_name(name):
            add("NAME", start, start + len(name), name)

    def is_name(self, text: str) -> bool:
        """Whether the text as a whole can be a person's name."""
        if not text or text in self._public:
            return False
        if self._whole.fullmatch(text):
            return not NOT_A_NAME_ZH.match(text)
        if re.fullmatch(r"[\u4e00-\u9fff]{2,5}", text):
            return not FUNCTION_ZH.search(text)
        return bool(WHOLE_NAME_EN.fullmatch(text)) and len(text) >= 2 and not NOT_A_NAME_EN.search(text)


def digits(text: str) -> str:
    """A number without blanks and hyphens, its X in upper case."""
    return re.sub(r"[\s-]", "", text).upper()


def normalise(text: str) -> str:
    """NFKC, without control characters, lone surrogates and zero-width signs."""
    whole = "".join(character for character in text if not 0xD800 <= ord(character) <= 0xDFFF)
    folded = unicodedata.normalize("NFKC", whole)
    return "".join(
        character if character not in "\r\n\t" else " "
        for character in folded
        if character in "\r\n\t" or unicodedata.category(character) not in ("Cc", "Cf", "Cs", "Co")
    ).strip()


class Masker:
    """Replaces personal values by tokens of the vault."""

    def __init__(self, recogniser: Recogniser, keep: Callable[[str, str, str], str]) -> None:
        self._recogniser = recogniser
        self._keep = keep

    def mask(self, conversation: str, text: str, expects: str | None = None) -> str:
        """The text with tokens; writes to the vault only when something was found."""
        findings = self._recogniser.find(text, expects)
        for finding in reversed(findings):
            token = self._keep(conversation, finding.kind, finding.value)
            text = f"{text[: finding.start]}{token}{text[finding.end :]}"
        return text
