import pytest

from bot.errors import BadTurn, TooMany
from bot.limits import Rate, check_text
from bot.privacy import normalise


@pytest.mark.parametrize(
    ("text", "code", "status"),
    [
        ("", "turn.blank", 400),
        (" \t\n", "turn.blank", 400),
        ("\x00\u200b", "turn.blank", 400),
        ("😀😀", "turn.wordless", 400),
        ("？！。", "turn.wordless", 400),
        ("---", "turn.wordless", 400),
        ("好" * 11, "turn.too_long", 413),
        ("😀" * 10_000, "turn.too_long", 413),
    ],
)
def test_what_is_no_turn(text: str, code: str, status: int) -> None:
    with pytest.raises(BadTurn) as caught:
        check_text(normalise(text), 10)
    assert (caught.value.exact_code, caught.value.exact_status) == (code, status)


@pytest.mark.parametrize("text", ["好", "1", "A", "👍 好的", "/help", "好" * 10, "١", "é"])
def test_what_is_a_turn(text: str) -> None:
    check_text(normalise(text), 10)


def test_the_rate_is_a_sliding_window() -> None:
    now = 0.0
    rate = Rate(2, 60.0, lambda: now)
    rate.take()
    now = 30.0
    rate.take()
    with pytest.raises(TooMany) as caught:
        rate.take()
    assert caught.value.retry_after_s == 30
    now = 59.9
    with pytest.raises(TooMany) as caught:
        rate.take()
    assert caught.value.retry_after_s == 1
    now = 60.0
    rate.take()  # the first one is a minute old; refused ones never counted
    with pytest.raises(TooMany):
        rate.take()
