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
