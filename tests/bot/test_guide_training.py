"""What the guide's classifier learns from, as it lies in the tree."""

from pathlib import Path

import pytest

from actions.guide.learning import fingerprint_of
from actions.settings import GuideSettings
from bot.guide_training import case_files, guide_file, is_guide_current
from bot.settings import ROOT, Settings

HOSPITAL = ROOT / "knowledge" / "hospital"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "clone"
    (root / "data" / "cases").mkdir(parents=True)
    (root / "data" / "cases" / "guide_1.jsonl").write_text('{"text": "牙疼", "department": "stomatology"}\n', "utf-8")
    return root


def test_a_clone_without_further_cases_learns_from_its_own(root: Path) -> None:
    assert [file.name for file in case_files(Settings(), root)] == ["guide_1.jsonl"]


def test_further_cases_are_taken_where_they_lie(root: Path) -> None:
    more = root.parent / "more.jsonl"
    more.write_text('{"text": "眼睛疼", "acceptable": ["眼科"]}\n', "utf-8")
    settings = Settings(guide=GuideSettings(more_cases=Path("../more.jsonl")))
    files = case_files(settings, root)
    assert [file.name for file in files] == ["guide_1.jsonl", "more.jsonl"]
    assert fingerprint_of(files, HOSPITAL, "e5") != fingerprint_of(files[:1], HOSPITAL, "e5")
    assert case_files(Settings(guide=GuideSettings(more_cases=None)), root) == files[:1]


def test_the_table_of_every_part_of_the_body_counts(tmp_path: Path) -> None:
    (tmp_path / "symptoms").mkdir()
    for name in ("symptoms.yml", "concepts.yml", "symptoms/teeth.yml"):
        (tmp_path / name).write_text("one")
    before = fingerprint_of([], tmp_path, "e5")
    (tmp_path / "symptoms" / "teeth.yml").write_text("two")
    assert fingerprint_of([], tmp_path, "e5") != before


def test_a_classifier_that_was_never_learned_is_not_current(root: Path) -> None:
    assert not guide_file(root).exists()
    assert not is_guide_current(Settings(), root)
