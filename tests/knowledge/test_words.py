import sqlite3
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from knowledge.passages import Passage
from knowledge.words import Entry, WordIndex, build_word_index, dump_entry, load_entry, occurrences, stem, terms

TODAY = date(2026, 11, 24)
BASE = Passage("", "", "", "", "", "zh", "", "", "2026-01-01", "1", 0.0)


def entry(name: str, text: str, language: str = "zh", alone: bool = False, **others: str) -> Entry:
    passage = replace(
        BASE,
        id=name,
        doc_id=name,
        text=text,
        language=language,
        title=others.get("title", ""),
        valid_from=others.get("valid_from", BASE.valid_from),
    )
    return Entry(passage, others.get("keywords", ""), others.get("valid_to", ""), alone)


@pytest.fixture
def index(tmp_path: Path) -> WordIndex:
    entries = [
        entry("parking", "前30分钟免费，之后每小时5元", title="停车收费", keywords="车位"),
        entry("visiting", "探视时间是每天15:00至20:00", title="探视"),
        entry("parking-en", "The first 30 minutes of parking are free", "en", title="Parking fees"),
        entry("blood-en", "Blood is drawn on the second floor", "en", alone=True, title="Blood tests"),
        entry("old", "停车一律免费", valid_to="2026-06-30"),
        entry("later", "停车改为每小时6元", valid_from="2027-01-01"),
    ]
    assert build_word_index(tmp_path / "words.sqlite3", entries) == 6
    return WordIndex(tmp_path / "words.sqlite3")


def found(index: WordIndex, query: str, language: str = "zh", today: date = TODAY) -> list[str]:
    return [hit.passage.id for hit, _ in index.search(query, language, 10, today)]


def test_terms_are_characters_bigrams_stems_and_numbers() -> None:
    assert terms("挂ＣＴ号 visiting 15:30") == ["挂", "ct", "号", "visit", "15", "30"]
    assert terms("停车场") == ["停", "车", "场", "停车", "车场"]


@pytest.mark.parametrize(
    ("word", "stemmed"),
    [("visiting", "visit"), ("visits", "visit"), ("fees", "fee"), ("copies", "copy"), ("discharged", "discharg"),
     ("glass", "glass"), ("bus", "bus"), ("ring", "ring")],
)  # fmt: skip
def test_stems(word: str, stemmed: str) -> None:
    assert stem(word) == stemmed


def test_chinese_is_found_without_a_segmenter(index: WordIndex) -> None:
    assert found(index, "停车多少钱")[0] == "parking"
    assert found(index, "几点可以探视")[0] == "visiting"


def test_only_the_language_asked_for_and_what_stands_alone(index: WordIndex) -> None:
    assert set(found(index, "parking blood", "en")) == {"parking-en", "blood-en"}
    assert found(index, "parking blood", "zh") == ["blood-en"]


def test_only_what_holds_today(index: WordIndex) -> None:
    assert "old" not in found(index, "停车免费")
    assert "later" not in found(index, "停车每小时6元")
    assert "old" in found(index, "停车免费", today=date(2026, 6, 30))
    assert "later" in found(index, "停车每小时6元", today=date(2027, 1, 1))


@pytest.mark.parametrize("query", ["", "？！", '"停车" OR NEAR(', "停车 AND (", "*", "title:停车", "停" * 5000, "🙂🙂"])
def test_a_question_is_never_query_syntax(index: WordIndex, query: str) -> None:
    assert set(found(index, query)) <= {"parking", "visiting", "blood-en"}


def test_frequencies_count_passages(index: WordIndex) -> None:
    assert index.frequencies(["停车", "探视", "洗牙"]) == {"停车": 3, "探视": 1, "洗牙": 0}


def test_entries_come_back_as_they_went_in(index: WordIndex) -> None:
    kept = entry("parking", "前30分钟免费，之后每小时5元", title="停车收费", keywords="车位")
    assert index.entries(["parking", "none"]) == {"parking": kept}
    assert load_entry(dump_entry(kept)) == kept


def test_a_missing_file_is_an_error_and_is_not_created(tmp_path: Path) -> None:
    with pytest.raises(sqlite3.Error):
        WordIndex(tmp_path / "none.sqlite3")
    assert not (tmp_path / "none.sqlite3").exists()


@pytest.mark.parametrize(
    ("word", "text", "places"),
    [
        ("wifi", "wifi密码", [range(0, 4)]),
        ("ct", "做ct前", [range(1, 3)]),
        ("ct", "doctor", []),
        ("dog", "two dogs", [range(4, 8)]),
        ("停车", "停车场停车", [range(0, 2), range(3, 5)]),
    ],
)
def test_where_a_word_stands(word: str, text: str, places: list[range]) -> None:
    assert occurrences(word, text) == places
