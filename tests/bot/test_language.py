import pytest

from bot.language import language_of, switched


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("挂号", "zh"), ("我要 book 一个号", "zh"), ("CT在哪做", "zh"), ("号", "zh"),
        ("where is the pharmacy", "en"), ("hello", "en"), ("go back", "en"), ("help", "en"),
        ("ok", None), ("no", None), ("1", None), ("A3827", None), ("", None), ("😀", None), ("MRI", None),
        ("[NAME_k7d2]", None), ("[NAME_k7d2] 明天", "zh"), ("[ID_a2b3] is my number", "en"), ("8:30", None),
    ],
)  # fmt: skip
def test_the_language_of_words(text: str, language: str | None) -> None:
    assert language_of(text) == language


@pytest.mark.parametrize(
    ("text", "now", "then"),
    [
        ("English please", "zh", "en"), ("说英文", "zh", "en"), ("请说中文", "en", "zh"), ("Chinese", "en", "zh"),
        ("换个语言", "zh", "en"), ("switch language", "en", "zh"), ("说普通话", "zh", "zh"), ("English", "en", "en"),
    ],
)  # fmt: skip
def test_the_language_asked_for(text: str, now: str, then: str) -> None:
    assert switched(text, now) == then
