"""Which of our languages a text is written in."""

import re

HAN = re.compile(r"[\u3400-\u9fff]")
LATIN_WORD = re.compile(r"[A-Za-z]{2,}")
TOKEN = re.compile(r"\[[A-Z]+_[a-z0-9]{4}\]")


def language_of(text: str) -> str | None:
    """zh with any Chinese character, en with two Latin words or one of four letters and more, else None."""
    words = TOKEN.sub(" ", text)
    if HAN.search(words):
        return "zh"
    latin = LATIN_WORD.findall(words)
    return "en" if len(latin) >= 2 or any(len(word) >= 4 for word in latin) else None


def switched(text: str, now: str) -> str:
    """The language the patient asks for, else the other one."""
    lowered = text.lower()
    if any(word in lowered for word in ("english", "英文", "英语")):
        return "en"
    if any(word in lowered for word in ("chinese", "mandarin", "中文", "汉语", "普通话", "国语")):
        return "zh"
    return "en" if now == "zh" else "zh"
