"""What the patient answered: the answer to a question of the guide, and what short words mean.

"有一点" is a yes, "没有，就是恶心" a no that brings something else, "不知道" neither.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from actions.guide.symptoms import QuestionEntry

YES, NO, UNKNOWN = "yes", "no", "unknown"
PARTLY = "partly"
"""Said in words that are neither a plain yes nor a no: "三十七度五" to "发烧吗"."""

_UNKNOWN = re.compile(
    r"不知道|不清楚|不晓得|不(太|大|是很)?确定|说不(清|准|上|好)|记不(清|得|住)|没(注意|留意|在意|数过|量过)|搞不清|不好说|"
    r"\b(not sure|don'?t know|do not know|dunno|no idea|can'?t (say|tell|remember)|never noticed|hard to say)\b",
    re.IGNORECASE,
)
_NO = re.compile(
    r"\W*(没有?|没得|没啥|不是|不(?!知|清|晓|舒|好|行|停|太)|否|无|冇|倒?没|都没|从来没|"
    r"(?:no|nope|nah|none|never|not|neither|i don'?t|i haven'?t|it (?:doesn'?t|isn'?t))\b)",
    re.IGNORECASE,
)
_FINE = re.compile(
    r"正常|好好的|没事|没问题|没感觉|还好|不咋|早没了|[^一]没有[。.!]?$|"
    r"\b(normal|fine|all right|alright|ok|okay|regular)\b",
    re.IGNORECASE,
)
_YES = re.compile(
    r"\W*(有(?!没有)|是(?!不是)|对|嗯|恩|会(?!不会)|好像有|就是|确实|差不多|经常|总是|老是|时不时|偶尔|一点|当然|没错|"
    r"(?:yes|yeah|yep|yup|sure|correct|right|a (?:bit|little)|sometimes|often|always|i (?:do|am|have)|"
    r"it (?:does|is)|kind of|sort of|maybe)\b)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Answer:
    """What was answered to one question."""

    question: str
    value: str = ""
    """`yes`, `no`, `partly`, `unknown`, an option's id, or empty where only the words count."""
    text: str = ""
    """The patient's words, where it was not a button."""


Said = str | Answer
"""A sentence of the patient's own accord, or an answer."""


def meaning(text: str, question: QuestionEntry) -> str:
    """What free words answer to a question: `yes`, `no`, `unknown`, or empty where only the words themselves count."""
    if _UNKNOWN.search(text):
        return UNKNOWN
    if question.kind == "fact" and question.unknown != "pregnant":
        return ""
    if _NO.match(text):
        return NO
    if question.kind == "choice":
        return ""
    if _YES.match(text):
        return YES
    return NO if _FINE.search(text) else PARTLY


def is_no(text: str) -> bool:
    """Whether words open with a no, or say that all is well."""
    return _NO.match(text) is not None or _FINE.search(text) is not None
