"""Joins a short answer to the question it answers, so that "有" or a button is judged by what it means."""

import re

from actions.safety.rules import StatementEntry
from actions.safety.text import normalise

_YES = re.compile(
    r"(?:嗯+|对+|是+的?|有+的?|有一?点|是啊|对啊|有啊|当然|没错|会的?|好的?|yes|yeah|yep|yup|y|sure|correct|ok"
    r"|i do|i am|it is|he does|she does|he is|she is)[,，。.! ]*(?:有的?|是的?|i do|i am|it is)?[。.!~]*"
)
_NO = re.compile(
    r"(?:没有?|无|不|不是|没有的|不会|没|否|并没有|都没有|no|nope|nah|none|n|never"
    r"|not really|i dont|im not|he doesnt|she doesnt)"
    r"[,，。.! ]*(?:没有?|不是|i dont|im not|it isnt)?[。.!~]*"
)
_ASKING_ZH = re.compile(r"请问|您|你|有没有|是不是|是否|会不会|有无|能不能|吗|呢|么(?=[?？]|$)|[?？]")
_NOW_ZH = re.compile(r"现在|目前|这会儿|最近|还")
_ASKING_EN = re.compile(
    r"^(?:please tell me,?\s*)?(?:do|does|did|are|is|have|has|was|were|any)\s+"
    r"(?:you|he|she|they|it|there|the patient)?\s*"
    r"(?:have|had|having|feel|feeling|got|been)?\s*(?:any)?|\?"
)
_WHERE_ZH = re.compile(r"哪里|哪儿|哪个部位|什么地方|哪个地方|什么部位")
_WHERE_EN = re.compile(r"^where (?:does it|do you|is it|is the|is your)\s*")
_SHORT = 16
"""Longest answer, in characters, that is put into a question of where."""


def join_answer(question: str | None, answer: str, statement: StatementEntry | None = None) -> str:
    """What an answer says, as a sentence of its own.

    `question` is the open question in words or its wording key; a key needs its `statement` (Gate.join looks it up).
    A bare yes or no takes the question's content ("有胸痛吗？" + "有" → "有胸痛"); a place answers where; anything else
    stands for itself, since a question's own list of symptoms is not the patient's.
    """
    said = normalise(answer).strip()
    yes, no = bool(_YES.fullmatch(said)), bool(_NO.fullmatch(said))
    if not question or not said:
        return answer
    if statement is not None and (yes or no):
        spoken = statement.affirmed if yes else statement.denied
        return spoken.get("en" if said.isascii() and not said.isdigit() else "zh", answer)
    if _is_key(question):
        return answer
    asked = normalise(question).strip()
    return _joined_en(asked, said, answer, yes, no) if asked.isascii() else _joined_zh(asked, said, answer, yes, no)


def _is_key(question: str) -> bool:
    return re.fullmatch(r"[a-z_]+(?:\.[a-z_0-9]+)+", question) is not None


def _joined_zh(asked: str, said: str, answer: str, yes: bool, no: bool) -> str:
    last = [part for part in re.split(r"[。.!！\n]", asked) if part.strip()][-1:] or [asked]
    if yes or no:
        content = _ASKING_ZH.sub("", last[0]).strip(" ,，")
        listed = re.sub(r"或者?|还是", "、", content)
        # a denial reaches over a list, an admission of "chest pain or breathlessness" counts as either
        listed = _NOW_ZH.sub("", listed.lstrip("有"))
        return f"有{listed}" if yes else f"没有{listed}"
    if _WHERE_ZH.search(last[0]) and len(said) <= _SHORT:
        return f"{_WHERE_ZH.sub(said, _ASKING_ZH.sub('', last[0]))}，{answer}"
    return answer


def _joined_en(asked: str, said: str, answer: str, yes: bool, no: bool) -> str:
    last = [part for part in re.split(r"(?<=[.!\n])\s*", asked) if part.strip()][-1:] or [asked]
    content = _ASKING_EN.sub("", last[0]).strip(" ,.")
    if yes:
        return f"yes, i have {content}"
    if no:
        return f"no {content}".replace(", ", " or ")
    if _WHERE_EN.search(asked) and len(said) <= _SHORT * 2:
        return f"{_WHERE_EN.sub('', last[0]).strip('? ')} in my {said}"
    return answer
