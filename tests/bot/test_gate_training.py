"""What the second vote learns from, as it lies in the tree."""

from pathlib import Path

import yaml

from actions.safety.learning import load_policy, read_cases
from bot.gate_training import NOT_ORDINARY, case_files, is_vote_current, ordinary_turns, vote_file
from bot.settings import ROOT, Settings


def test_ordinary_turns_are_plain_words_of_calm_intents() -> None:
    turns = ordinary_turns(ROOT)
    assert (
        len(turns) == len(set(turns)) >= load_policy(ROOT / "knowledge" / "hospital" / "second_vote.yml").ordinary_turns
    )
    assert not [turn for turn in turns if "](" in turn or "]{" in turn]
    told = {
        entry["intent"]
        for file in (ROOT / "data" / "nlu").glob("*.yml")
        for entry in yaml.safe_load(file.read_text("utf-8")).get("nlu", [])
        if "intent" in entry
    }
    assert told >= NOT_ORDINARY
    assert "我想挂号" in turns


def test_entity_marks_are_taken_off(tmp_path: Path) -> None:
    folder = tmp_path / "data" / "nlu"
    folder.mkdir(parents=True)
    entries = [
        {"intent": "book", "examples": '- 挂[心内科](department)\n- see [Dr Li]{"entity": "doctor"} - now\n'},
        {"lookup": "x", "examples": "- y\n"},
        {"intent": "complaint", "examples": "- z\n"},
    ]
    (folder / "book.yml").write_text(yaml.safe_dump({"nlu": entries}, allow_unicode=True))
    assert ordinary_turns(tmp_path) == ["挂心内科", "see Dr Li - now"]


def test_the_cases_can_be_read_and_are_many() -> None:
    cases = read_cases(case_files(ROOT), [])
    assert len(cases) >= 6800
    assert len({case.writer for case in cases}) >= 15
    assert sum(case.disposition == "emergency" for case in cases) >= 2900


def test_a_vote_that_was_never_learned_is_not_current(tmp_path: Path) -> None:
    for name in ("data/nlu", "data/cases"):
        (tmp_path / name).mkdir(parents=True)
    assert not vote_file(tmp_path).exists()
    assert not is_vote_current(Settings(), tmp_path)
