"""The blind evaluation set of utterances: format, counts and no two rows alike.

A row of the set is written without sight of the training data. `lang` is the main language of the row; the ids of rows
that mix both languages begin with `mix-`, those of the others with their language.
"""

import json
import re
import unicodedata
from collections import Counter
from difflib import SequenceMatcher
from itertools import combinations
from pathlib import Path

import pytest

FILE = Path(__file__).with_name("intents.jsonl")
FIELDS = ["id", "text", "intent", "lang", "source"]

# Fewest rows of each intent: the long flows need more than the short answers.
FEWEST = {
    **dict.fromkeys(["book", "complaint", "ask_hospital"], 40),
    "out_of_scope": 70,
    **dict.fromkeys(
        [
            "change_appointment",
            "cancel_appointment",
            "my_appointments",
            "doctor_schedule",
            "ask_department_location",
            "report_question",
            "medication_question",
            "history_start",
            "followup",
            "health_plan",
            "handoff",
        ],
        12,
    ),
    **dict.fromkeys(
        [
            "greet",
            "goodbye",
            "thanks",
            "bot_identity",
            "affirm",
            "deny",
            "stop",
            "go_back",
            "repeat",
            "start_over",
            "help",
            "switch_language",
            "elder_mode",
            "inform_when",
            "inform_person",
            "inform_choice",
            "correct",
            "danger_clear",
            "abuse",
        ],
        6,
    ),
}
HAN = re.compile(r"[一-鿿]")
TOKEN = re.compile(r"\[(?:NAME|ID|PHONE)_[a-z0-9]{4}\]")
LONG_NUMBER = re.compile(r"\d{7,}")
LATIN_WORD = re.compile(r"[A-Za-z]{2,}")
# Above this share of equal characters two rows of one intent are one sentence written twice.
TOO_ALIKE = 0.85


def bare(text: str) -> str:
    """Return the text without case, width, blanks and punctuation, as two people would call it the same."""
    folded = unicodedata.normalize("NFKC", text).lower()
    return "".join(c for c in folded if c.isalnum())


@pytest.fixture(scope="module")
def rows() -> list[dict[str, str]]:
    return [json.loads(line) for line in FILE.read_text("utf-8").splitlines()]


def test_every_row_has_the_five_fields_filled(rows: list[dict[str, str]]) -> None:
    for row in rows:
        assert list(row) == FIELDS
        assert all(isinstance(value, str) and value == value.strip() != "" for value in row.values()), row
        assert row["source"] == "project"
        assert len(row["text"]) <= 300, row


def test_ids_are_unique_and_say_the_kind_of_row(rows: list[dict[str, str]]) -> None:
    assert [key for key, count in Counter(row["id"] for row in rows).items() if count > 1] == []
    for row in rows:
        assert re.fullmatch(r"(zh|en|mix)-i\d{3}", row["id"]), row
        assert row["lang"] in {"zh", "en"}
        assert row["id"].startswith(("mix-", row["lang"])), row


def test_the_script_fits_the_language(rows: list[dict[str, str]]) -> None:
    for row in rows:
        words = TOKEN.sub("", row["text"])
        if row["id"].startswith("mix-"):
            assert HAN.search(words), row
            assert LATIN_WORD.search(words), row
        elif row["lang"] == "en":
            assert not HAN.search(words), row


def test_there_are_enough_rows_of_each_language(rows: list[dict[str, str]]) -> None:
    kinds = Counter(row["id"].partition("-")[0] for row in rows)
    assert len(rows) >= 420
    assert kinds["zh"] >= 230
    assert kinds["en"] >= 170
    assert kinds["mix"] >= 20


def test_there_are_enough_rows_of_each_intent(rows: list[dict[str, str]]) -> None:
    counts = Counter(row["intent"] for row in rows)
    assert set(counts) == set(FEWEST)
    assert {intent: counts[intent] for intent, least in FEWEST.items() if counts[intent] < least} == {}


def test_each_intent_is_heard_in_both_languages(rows: list[dict[str, str]]) -> None:
    heard = {(row["intent"], row["lang"]) for row in rows}
    assert {(intent, lang) for intent in FEWEST for lang in ("zh", "en")} - heard == set()


def test_no_text_comes_twice(rows: list[dict[str, str]]) -> None:
    assert [text for text, count in Counter(bare(row["text"]) for row in rows).items() if count > 1] == []


def test_no_two_rows_of_an_intent_are_one_sentence_written_twice(rows: list[dict[str, str]]) -> None:
    alike = []
    for one, other in combinations(rows, 2):
        if one["intent"] != other["intent"] or one["intent"] == "inform_person":
            continue  # answers made of a token alone look alike by nature
        matcher = SequenceMatcher(None, bare(one["text"]), bare(other["text"]), autojunk=False)
        if matcher.real_quick_ratio() > TOO_ALIKE and matcher.quick_ratio() > TOO_ALIKE and matcher.ratio() > TOO_ALIKE:
            alike.append((one["text"], other["text"]))
    assert alike == []


def test_personal_data_appears_as_tokens_only(rows: list[dict[str, str]]) -> None:
    for row in rows:
        assert not LONG_NUMBER.search(row["text"]), row
        assert "[" not in TOKEN.sub("", row["text"]), row
        if row["intent"] == "inform_person":
            assert TOKEN.search(row["text"]), row
