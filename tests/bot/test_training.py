"""Training with a stand-in for Rasa: what is kept, what is skipped, what is replaced."""

import json
from pathlib import Path

import pytest

from bot.settings import Settings
from bot.training import TrainingFailed, is_current, model_file, train

GOOD = """#!/bin/sh
case "$*" in *lookups.yml*) ;; *) exit 9 ;; esac
while [ "$1" != --out ]; do shift; done
echo "simulated model $(cat config.yml)" > "$2/yidao.tar.gz"
"""
BAD = "#!/bin/sh\nexit 1\n"
EMPTY = "#!/bin/sh\nexit 0\n"


def names(hospital: Path, target: Path) -> None:
    """Simulated look-ups."""
    target.write_text("- 心内科\n")


def checkout(root: Path, rasa: str = GOOD) -> Path:
    """A checkout whose Rasa environment holds a shell script."""
    (root / "config.yml").write_text("one")
    (root / "data" / "nlu").mkdir(parents=True)
    python = root / ".venv-rasa" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text(rasa)
    python.chmod(0o755)
    return root


def test_a_current_model_is_not_trained_again(tmp_path: Path) -> None:
    root = checkout(tmp_path)
    assert not is_current(root)
    assert train(Settings(), root=root, lookups=names)
    assert model_file(root).read_text() == "simulated model one\n"
    assert is_current(root)
    assert not train(Settings(), root=root, lookups=names)
    assert train(Settings(), force=True, root=root, lookups=names)


@pytest.mark.parametrize("name", ["config.yml", "data/nlu/book.yml", "knowledge/hospital/doctors.csv", "bot/rasa/x.py"])
def test_a_changed_input_trains_again(tmp_path: Path, name: str) -> None:
    root = checkout(tmp_path)
    train(Settings(), root=root, lookups=names)
    (root / name).parent.mkdir(parents=True, exist_ok=True)
    (root / name).write_text("two")
    assert not is_current(root)
    assert train(Settings(), root=root, lookups=names)


@pytest.mark.parametrize("rasa", [BAD, EMPTY], ids=["fails", "makes nothing"])
def test_a_failed_training_keeps_the_old_model(tmp_path: Path, rasa: str) -> None:
    root = checkout(tmp_path)
    train(Settings(), root=root, lookups=names)
    (root / "config.yml").write_text("two")
    (root / ".venv-rasa" / "bin" / "python").write_text(rasa)
    with pytest.raises(TrainingFailed, match="the old one, if any, is kept"):
        train(Settings(), root=root, lookups=names)
    assert model_file(root).read_text() == "simulated model one\n"
    assert not is_current(root)
    assert sorted(path.name for path in model_file(root).parent.iterdir()) == [".lock", "yidao.json", "yidao.tar.gz"]


def test_a_torn_memory_trains_again(tmp_path: Path) -> None:
    root = checkout(tmp_path)
    train(Settings(), root=root, lookups=names)
    memory = model_file(root).with_name("yidao.json")
    memory.write_text(json.dumps({"other": 1}))
    assert not is_current(root)


def test_without_rasa_it_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(TrainingFailed, match="run `make setup`"):
        train(Settings(), root=tmp_path, lookups=names)


def test_what_an_interrupted_training_left_is_cleared(tmp_path: Path) -> None:
    root = checkout(tmp_path)
    left = model_file(root).parent / ".training-killed"
    left.mkdir(parents=True)
    (left / "yidao.tar.gz").write_text("half a model")
    assert train(Settings(), root=root, lookups=names)
    assert not left.exists()
    assert model_file(root).read_text() == "simulated model one\n"
