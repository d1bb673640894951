"""Training Rasa: `yidao train`. A model is replaced only by one that was trained to its end."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from actions.errors import YidaoError
from bot.lookups import write_lookups
from bot.processes.lifelines import child_setup
from bot.settings import ROOT, Settings
from bot.setup.steps import fingerprint

INPUTS = (
    "config.yml",
    "domain.yml",
    "data/nlu",
    "data/rules",
    "data/stories",
    "bot/rasa",
    "bot/lookups.py",
    "requirements/rasa.lock",
    "knowledge/hospital/departments.yml",
    "knowledge/hospital/doctors.csv",
)
"""Whatever decides the model, below the root."""


RASA_ENV = {"RASA_TELEMETRY_ENABLED": "false", "TF_CPP_MIN_LOG_LEVEL": "2", "PYTHONWARNINGS": "ignore"}
"""No telemetry, and none of the deprecation warnings of its old libraries, which nobody here can act on."""
WriteLookups = Callable[[Path, Path], None]
"""Writes look-ups of the hospital folder's departments and doctors to a file of training data."""


class TrainingFailed(YidaoError):
    """Rasa did not train a model; its own output, above this, says why."""

    code = "training.failed"


def model_file(root: Path) -> Path:
    """The model that `rasa` serves."""
    return root / "models" / "rasa" / "yidao.tar.gz"


def _memory(root: Path) -> Path:
    return model_file(root).with_name("yidao.json")


def model_fingerprint(root: Path) -> str:
    """What the model depends on, as one hash."""
    return fingerprint(tuple(root / name for name in INPUTS))


def is_current(root: Path) -> bool:
    """Whether there is a model and it was trained from what lies in the tree now."""
    try:
        remembered = json.loads(_memory(root).read_text())["fingerprint"]
    except (OSError, ValueError, KeyError):
        return False
    return model_file(root).is_file() and bool(remembered == model_fingerprint(root))


def train(settings: Settings, force: bool = False, root: Path = ROOT, lookups: WriteLookups = write_lookups) -> bool:
    """Train unless the model is current; True when it was trained. Raises TrainingFailed and leaves the old model."""
    if not force and is_current(root):
        return False
    with _alone(model_file(root).parent):
        # Another training may have ended while this one waited for it.
        if not force and is_current(root):
            return False
        _train(settings, root, lookups)
    return True


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Wait until no other training writes to the folder, and clear what an interrupted one left."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        for left in folder.glob(".training-*"):
            shutil.rmtree(left, ignore_errors=True)
        yield


def _train(settings: Settings, root: Path, lookups: WriteLookups) -> None:
    wanted = model_fingerprint(root)
    target = model_file(root)
    # In the same folder's file system, so that the move at the end is one atomic rename.
    workshop = Path(tempfile.mkdtemp(prefix=".training-", dir=target.parent))
    try:
        lookups(settings.path(settings.knowledge.hospital), workshop / "lookups.yml")
        _run_rasa(root, workshop)
        os.replace(workshop / target.name, target)
        fresh = workshop / "yidao.json"
        fresh.write_text(json.dumps({"fingerprint": wanted}) + "\n")
        os.replace(fresh, _memory(root))
    finally:
        shutil.rmtree(workshop, ignore_errors=True)


def _run_rasa(root: Path, workshop: Path) -> None:
    data = [name for name in ("data/nlu", "data/rules", "data/stories") if (root / name).is_dir()]
    command = [
        str(root / ".venv-rasa" / "bin" / "python"),
        *("-m", "rasa", "train", "--config", "config.yml", "--domain", "domain.yml"),
        *("--data", *data, str(workshop / "lookups.yml")),
        *("--out", str(workshop), "--fixed-model-name", "yidao"),
    ]
    env = {**os.environ, **RASA_ENV, "PYTHONPATH": str(root)}
    try:
        # It must not train on when we are killed.
        ends = child_setup(signal.SIGKILL)
        status = subprocess.run(command, cwd=root, env=env, check=False, preexec_fn=ends).returncode
    except OSError as error:
        raise TrainingFailed(f"{command[0]} cannot be run ({error.strerror}): run `make setup`.") from error
    if status or not (workshop / "yidao.tar.gz").is_file():
        raise TrainingFailed(f"Rasa ended with status {status} and no new model; the old one, if any, is kept.")
