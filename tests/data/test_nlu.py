"""The NLU training data: shape, coverage in both languages, no sentence twice, no evaluation row."""

import json
import re
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
NLU = ROOT / "data" / "nlu"

SERVICE_INTENTS = {
    "small_talk": {"greet", "goodbye", "thanks", "bot_identity", "abuse"},
    "registration": {
        "book",
        "change_appointment",
        "cancel_appointment",
        "my_appointments",
        "doctor_schedule",
        "inform_when",
        "inform_person",
        "inform_choice",
    },
    "guide": {"complaint", "danger_clear", "history_start"},
    "hospital": {"ask_hospital", "ask_department_location"},
    "handoff": {"handoff"},
    "control": {
        "affirm",
        "deny",
        "stop",
        "go_back",
        "repeat",
        "start_over",
        "help",
        "switch_language",
        "elder_mode",
        "correct",
    },
    "out_of_scope": {"out_of_scope"},
    "reports": {"report_question"},
    "followup": {"followup"},
    "health": {"medication_question", "health_plan"},
}
"""File → the intents it owns: one file for each service."""

LEAST = {
    "ask_hospital": (220, 160),
    "out_of_scope": (110, 110),
    "book": (90, 70),
    "complaint": (90, 70),
    "change_appointment": (90, 70),
    "cancel_appointment": (90, 70),
}
"""Intent → fewest (Chinese, English) examples; every other intent needs `LEAST_OF_ALL`."""
LEAST_OF_ALL = (22, 20)

CHINESE = re.compile(r"[\u4e00-\u9fff]")
ENGLISH = re.compile(r"[A-Za-z]{2}")
TOKEN = re.compile(r"\[(?:NAME|ID|PHONE)_[a-z0-9]{4}\]")
RASA_ENTITY = re.compile(r"\][({\[]")  # what Rasa reads as an entity annotation: [value](entity), [value]{…}, [a][{…}]
PERSONAL_DIGITS = re.compile(r"\d{7,}")


class Example(NamedTuple):
    """One training sentence and where it stands."""

    file: str
    intent: str
    text: str


def read(path: Path) -> Iterator[Example]:
    for block in yaml.safe_load(path.read_text(encoding="utf-8"))["nlu"]:
        for line in block["examples"].splitlines():
            yield Example(path.stem, block["intent"], line.removeprefix("- "))


def key(text: str) -> str:
    """What makes two sentences the same to a reader: letters and digits, without case, width or punctuation."""
    return re.sub(r"[\W_]+", "", unicodedata.normalize("NFKC", text).casefold())


def chinese_and_english(examples: list[Example]) -> dict[str, tuple[int, int]]:
    """Examples of each intent: (with Chinese characters, without them but with English words)."""
    counts: dict[str, tuple[int, int]] = {}
    for example in examples:
        zh, en = counts.get(example.intent, (0, 0))
        if CHINESE.search(example.text):
            zh += 1
        elif ENGLISH.search(TOKEN.sub("", example.text)):
            en += 1
        counts[example.intent] = (zh, en)
    return counts


def evaluation_rows(folder: Path) -> set[str]:
    """Keys of every sentence in the JSON-lines evaluation files below a folder."""
    rows = (json.loads(line) for file in folder.rglob("*.jsonl") for line in file.read_text("utf-8").splitlines())
    return {key(row["text"]) for row in rows if "text" in row}


@pytest.fixture(scope="module")
def examples() -> list[Example]:
    return [example for path in sorted(NLU.glob("*.yml")) for example in read(path)]


def test_there_is_one_file_for_each_service() -> None:
    assert {path.stem for path in NLU.iterdir()} == set(SERVICE_INTENTS)


@pytest.mark.parametrize("service", sorted(SERVICE_INTENTS))
def test_a_file_is_rasa_yaml_and_holds_its_own_intents_once(service: str) -> None:
    data = yaml.safe_load((NLU / f"{service}.yml").read_text(encoding="utf-8"))
    assert set(data) == {"version", "nlu"}
    assert data["version"] == "3.1"
    assert all(set(block) == {"intent", "examples"} for block in data["nlu"])
    intents = [block["intent"] for block in data["nlu"]]
    assert sorted(intents) == sorted(SERVICE_INTENTS[service])


def test_every_line_is_a_list_item_with_text() -> None:
    for path in NLU.glob("*.yml"):
        for block in yaml.safe_load(path.read_text(encoding="utf-8"))["nlu"]:
            for line in block["examples"].splitlines():
                assert re.fullmatch(r"- \S(?:.*\S)?", line), (path.name, block["intent"], line)


def test_every_sentence_has_a_letter_or_a_digit(examples: list[Example]) -> None:
    assert [example for example in examples if not key(example.text)] == []


def test_no_sentence_stands_twice_not_even_in_other_punctuation(examples: list[Example]) -> None:
    seen: dict[str, Example] = {}
    twice = []
    for example in examples:
        first = seen.setdefault(key(example.text), example)
        if first is not example:
            twice.append((first, example))
    assert twice == []


def test_both_languages_have_enough_of_every_intent(examples: list[Example]) -> None:
    counts = chinese_and_english(examples)
    short = {
        intent: counts.get(intent)
        for intents in SERVICE_INTENTS.values()
        for intent in intents
        if any(have < least for have, least in zip(counts[intent], LEAST.get(intent, LEAST_OF_ALL), strict=True))
    }
    assert short == {}


def test_entities_are_not_annotated(examples: list[Example]) -> None:
    assert [example for example in examples if RASA_ENTITY.search(example.text)] == []


def test_personal_data_stands_only_as_tokens(examples: list[Example]) -> None:
    """A bracket is always a privacy token; a long number is gibberish in out_of_scope or should be a token."""
    stray_brackets = [example for example in examples if "[" in TOKEN.sub("", example.text)]
    long_numbers = [e for e in examples if PERSONAL_DIGITS.search(e.text) and e.intent != "out_of_scope"]
    assert stray_brackets == []
    assert long_numbers == []


def test_tokens_of_all_three_kinds_are_taught(examples: list[Example]) -> None:
    taught = " ".join(example.text for example in examples if example.intent == "inform_person")
    assert {match.split("_")[0] for match in TOKEN.findall(taught)} == {"[NAME", "[ID", "[PHONE"}


def test_evaluation_rows_are_found_whatever_their_punctuation(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "intent.jsonl").write_text('{"id": "1", "text": "我要挂号！", "intent": "book"}\n', "utf-8")
    assert evaluation_rows(tmp_path) == {key("我要挂号")}


def test_no_evaluation_row_is_training_data(examples: list[Example]) -> None:
    """Not even a greeting: a row that was learned measures nothing."""
    held_out = evaluation_rows(ROOT / "tests")
    assert [example for example in examples if key(example.text) in held_out] == []
