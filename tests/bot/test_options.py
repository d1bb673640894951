import pytest

from bot.options import chosen, plain

OPTIONS = [
    {"title": "11月25日（周三） 8:00 张伟医生", "choice": {"slot": "hold", "value": "s1"}},
    {"title": "换一天", "choice": {"slot": "hold", "value": "other"}},
    {"title": "Talk to staff", "command": "/handoff", "choice": None},
]


@pytest.mark.parametrize(
    ("text", "index"),
    [
        ("11月25日（周三） 8:00 张伟医生", 0), ("11月25日(周三)8:00张伟医生", 0), ("换一天", 1), (" 换一天。 ", 1),
        ("talk to STAFF!", 2), ("1", 0), ("2", 1), ("3。", 2), ("第二个", 1), ("选3", 2), ("第三项", 2),
        ("最后一个", 1), ("选最后那个吧", 1), ("the last one", 1), ("Last option please", 1),
        ("我要第一个", 0), ("两", 1), ("option 2", 1), ("the second one", 1), ("number three please", 2), ("First", 0),
    ],
)  # fmt: skip
def test_what_takes_an_option(text: str, index: int) -> None:
    assert chosen(text, OPTIONS) is OPTIONS[index]


@pytest.mark.parametrize(
    "text",
    [
        "", "。", "4", "9", "0", "10", "第四个", "换", "换一天吧我有事", "/handoff", "handoff", "/hold", "12", "2楼",
        "two appointments", "最后", "last week", "最后一个号是几点","一号楼在哪", "s1", '{"slot": "hold"}',
    ],
)  # fmt: skip
def test_what_takes_none(text: str) -> None:
    assert chosen(text, OPTIONS) is None


def test_nothing_is_taken_when_nothing_is_offered() -> None:
    assert chosen("1", []) is None


def test_titles_are_compared_without_signs() -> None:
    assert plain("Yes, book it!") == plain("yes book it") == "yesbookit"


@pytest.mark.parametrize(("text", "taken"), [("1", True), ("1。", True), ("第一个", False), ("the first one", False)])
def test_a_final_yes_is_not_counted_out(text: str, taken: bool) -> None:
    options = [{"title": "确认预约", "choice": {"slot": "confirmed", "value": "yes"}}]
    assert (chosen(text, options) is not None) == taken
