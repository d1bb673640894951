"""Steps that run once for their inputs: a stamp file remembers the hash of everything that decides the result."""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from bot.setup.progress import Console


@dataclass(frozen=True)
class Step:
    """One piece of setup work."""

    name: str
    """Names the stamp and the log file."""
    title: str
    """What the operator reads while it runs."""
    work: Callable[[Path], None]
    """Does it; is handed the log file to write to."""
    inputs: tuple[Path, ...] = ()
    """Files and folders whose contents decide the result; a missing one counts as empty."""
    facts: tuple[str, ...] = ()
    """Everything else that decides the result: an interpreter, a database's address."""
    outputs: tuple[Path, ...] = ()
    """What must exist afterwards; when one is gone the step runs again."""


def files_below(path: Path) -> Iterator[Path]:
    """The file itself, or every file below a folder in a fixed order, without Python's caches."""
    if path.is_file():
        yield path
        return
    for folder, folders, names in os.walk(path):
        folders[:] = sorted(name for name in folders if name != "__pycache__")
        for name in sorted(names):
            yield Path(folder) / name


def fingerprint(inputs: tuple[Path, ...], facts: tuple[str, ...] = ()) -> str:
    """SHA-256 over the names (below each input) and contents of all files, and the facts."""
    digest = hashlib.sha256()
    for number, path in enumerate(inputs):
        for file in files_below(path):
            digest.update(f"{number}:{file.relative_to(path)}\0".encode())
            digest.update(hashlib.sha256(file.read_bytes()).digest())
    for fact in facts:
        digest.update(f"={fact}\0".encode())
    return digest.hexdigest()


class Stamps:
    """Runs steps and remembers, in `folder`, which inputs each was last done for."""

    def __init__(self, folder: Path, console: Console) -> None:
        self.folder = folder
        self.console = console

    def stamp(self, name: str) -> Path:
        """The stamp file of a step."""
        return self.folder / f"{name}.stamp"

    def done(self, step: Step) -> bool:
        """Whether the step was finished for exactly these inputs and its outputs are still there."""
        try:
            remembered = json.loads(self.stamp(step.name).read_text())["fingerprint"]
        except (OSError, ValueError, KeyError):
            return False
        wanted = fingerprint(step.inputs, step.facts)
        return bool(remembered == wanted) and all(output.exists() for output in step.outputs)

    def run(self, step: Step, force: bool = False) -> bool:
        """Do the step unless it is done; True when it ran. Raises what its work raises and then leaves no stamp."""
        if not force and self.done(step):
            return False
        self.folder.mkdir(parents=True, exist_ok=True)
        # Taken before the work: an input that changes meanwhile makes the next run do it again.
        wanted = fingerprint(step.inputs, step.facts)
        stamp = self.stamp(step.name)
        stamp.unlink() if stamp.exists() else None
        began = time.monotonic()
        with self.console.progress(step.title):
            step.work(self.folder / f"{step.name}.log")
        seconds = round(time.monotonic() - began, 1)
        fresh = stamp.with_suffix(".new")
        fresh.write_text(json.dumps({"fingerprint": wanted, "seconds": seconds}) + "\n")
        os.replace(fresh, stamp)
        return True
