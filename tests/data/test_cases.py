"""The cases for learning: every row can be read, none stands twice, and none is an evaluation row."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from knowledge.directory import load_directory
from tests.data.test_nlu import evaluation_rows, key

ROOT = Path(__file__).resolve().parents[2]
CASES = ROOT / "data" / "cases"
OFFICIAL = {one.official_en for one in load_directory(ROOT / "knowledge" / "hospital").departments.values()}
DISPOSITIONS = {"emergency", "urgent", "routine", "self_care", "none"}


def rows(kind: str) -> list[dict[str, Any]]:
    files = sorted(CASES.glob(f"{kind}_*.jsonl"))
    return [json.loads(line) for file in files for line in file.read_text("utf-8").splitlines()]


def test_every_gate_case_is_labelled() -> None:
    cases = rows("gate")
    assert all(case["disposition"] in DISPOSITIONS and case["lang"] in {"zh", "en"} for case in cases)
    assert all(case["label"] == (case["disposition"] == "emergency") for case in cases)
    assert {label for label, n in Counter((c["lang"], c["label"]) for c in cases).items() if n >= 500} == {
        ("zh", 0), ("zh", 1), ("en", 0), ("en", 1)
    }  # fmt: skip


def test_every_guide_case_names_departments_of_the_hospital() -> None:
    cases = rows("guide")
    assert all({case["department"], *case["also"]} <= OFFICIAL for case in cases)
    assert {(case["department"], case["lang"]) for case in cases} == {
        (one, lang) for one in OFFICIAL for lang in ("zh", "en")
    }


@pytest.mark.parametrize("kind", ["gate", "guide"])
def test_no_case_stands_twice_or_is_an_evaluation_row(kind: str) -> None:
    said = [key(case["text"]) for case in rows(kind)]
    assert [text for text, n in Counter(said).items() if n > 1] == []
    assert set(said) & evaluation_rows(ROOT / "tests") == set()
