"""Terms with gaps."""

import pytest

from actions.safety.errors import RulesInvalid
from actions.safety.lexicon import NEUTRAL, Lexicon


@pytest.fixture
def lexicon() -> Lexicon:
    made = Lexicon()
    made.add_words(NEUTRAL, ["胸痛中心"])
    made.add_words("part:chest", ["胸口", "胸", "chest"], site=True)
    made.add_words("part:leg", ["腿", "后背", "leg"], site=True)
    made.add_words("part:pain", ["疼", "痛", "hurt"])
    made.add_term("chest_pain", "{chest}…{pain}")
    made.add_term("stiff_neck", "stiff neck")
    return made


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("胸口疼", True),
        ("胸口这里一阵阵地疼", True),
        ("胸口，特别疼", True),
        ("胸口和后背都疼", True),
        ("my chest really hurts", True),
        ("胸口闷，腿疼", False),
        ("胸口闷。疼", False),
        ("胸口从昨天晚上吃完那顿饭以后就疼", False),
        ("胸痛中心在哪", False),
    ],
)
def test_gaps_and_their_limits(lexicon: Lexicon, text: str, found: bool) -> None:
    assert any(mention.concept == "chest_pain" for mention in lexicon.scan(text).mentions) is found


def test_words_match_whole_and_by_stem(lexicon: Lexicon) -> None:
    assert [m.concept for m in lexicon.scan("a stiff neck").mentions] == ["stiff_neck"]
    assert not lexicon.scan("a stiff necklace").mentions


def test_an_unknown_part_is_an_error(lexicon: Lexicon) -> None:
    with pytest.raises(RulesInvalid, match="belly"):
        lexicon.add_term("belly_pain", "{belly}…{pain}")


def test_a_term_without_words_is_an_error(lexicon: Lexicon) -> None:
    with pytest.raises(RulesInvalid):
        lexicon.add_term("nothing", "…")


@pytest.mark.parametrize(("text", "found"), [("the head is crowning", True), ("my crown is loose", False)])
def test_a_word_as_it_stands(lexicon: Lexicon, text: str, found: bool) -> None:
    lexicon.add_term("birth", "=crowning")
    assert any(mention.concept == "birth" for mention in lexicon.scan(text).mentions) is found
