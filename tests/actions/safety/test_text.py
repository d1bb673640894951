"""Normal forms, tokens and numbers."""

import pytest

from actions.safety.text import Kind, normalise, number, stem, tokenise


@pytest.mark.parametrize(
    ("raw", "plain"),
    [
        ("ＣＨＥＳＴ　Pain", "chest pain"),
        ("can't", "cant"),
        ("don’t", "dont"),
        ("胸\u200b痛", "胸痛"),
        ("頭痛", "头痛"),
        ("心絞痛發作", "心绞痛发作"),
        ("疼…痛", "疼 痛"),
        ("I can't... breathe", "i cant breathe"),
        ("喘不上气。", "喘不上气。"),
        ("38.5度", "38.5度"),
        ("胸́口️疼", "胸口疼"),
        ("my сhеst hurts", "my chest hurts"),
        ("приступ", "приступ"),
    ],
)
def test_one_spelling_for_one_meaning(raw: str, plain: str) -> None:
    assert " ".join(normalise(raw).split()) == plain


def test_lone_surrogates_do_not_break_it() -> None:
    assert tokenise(normalise("胸\ud800痛"))[0].text == "胸"


@pytest.mark.parametrize(
    "words", [("bleed", "bleeds", "bleeding"), ("stop", "stopped", "stopping"), ("breathe", "breathing", "breath")]
)
def test_one_stem_for_all_forms(words: tuple[str, ...]) -> None:
    assert len({stem(word) for word in words}) == 1


@pytest.mark.parametrize(
    ("numeral", "value"),
    [("38.5", 38.5), ("七十二", 72), ("十", 10), ("两百", 200), ("一百六", 160), ("一百零六", 106), ("甲", None)],
)
def test_numbers(numeral: str, value: float | None) -> None:
    assert number(numeral) == value


def test_sentences_and_clauses_are_told_apart() -> None:
    tokens = tokenise("胸痛，气短。现在好了")
    assert [token.sentence for token in tokens if token.text in "胸气现"] == [0, 0, 1]
    assert [token.kind for token in tokens if token.kind is not Kind.WORD] == [Kind.COMMA, Kind.STOP]


def test_a_decimal_point_ends_no_sentence() -> None:
    assert {token.sentence for token in tokenise("体温38.5度")} == {0}
