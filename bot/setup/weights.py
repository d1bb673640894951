"""Every weight against `models/manifest.toml`: `python -m bot.setup.weights` inside `.venv`.

Uses only the standard library, but of Python 3.11 (`tomllib`).
"""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import tomllib

from bot.setup.environments import Environment, Installer, environments
from bot.setup.faults import BadWeight, SetupFault, StepFailed
from bot.setup.progress import Console, run_logged

FIELDS = frozenset(
    ["name", "package", "file", "environments", "sha256", "size", "licence", "source", "upstream", "used_by"]
)


@dataclass(frozen=True)
class Weight:
    """One model file of the manifest, in one environment."""

    name: str
    """How we speak of it."""
    package: str
    """Name and exact version of the Python package that carries it, as pip writes them."""
    environment: Environment
    """Where this copy lies."""
    path: Path
    """The file."""
    sha256: str
    """What its bytes must hash to."""
    size: int
    """Bytes it must have."""


def read_manifest(manifest: Path, where: Mapping[str, Environment]) -> list[Weight]:
    """The weights of the manifest, one for each environment that holds it; raises BadWeight if it is malformed."""
    try:
        rows = tomllib.loads(manifest.read_text())["weight"]
    except (OSError, tomllib.TOMLDecodeError, KeyError) as error:
        raise BadWeight(f"{manifest} cannot be read as a list of weights: {error}.") from error
    return [weight for row in rows for weight in _copies(row, manifest, where)]


def _copies(row: Mapping[str, object], manifest: Path, where: Mapping[str, Environment]) -> Iterator[Weight]:
    if set(row) != FIELDS:
        odd = ", ".join(sorted(set(row) ^ FIELDS))
        raise BadWeight(f"{manifest}: the entry {row.get('name', '?')!r} lacks or adds the fields {odd}.")
    names = row["environments"]
    if not isinstance(names, list) or not set(names) <= set(where):
        raise BadWeight(f"{manifest}: {row['name']!r} names an environment other than {', '.join(sorted(where))}.")
    for name in names:
        yield Weight(
            name=str(row["name"]),
            package=str(row["package"]),
            environment=where[name],
            path=where[name].packages / str(row["file"]),
            sha256=str(row["sha256"]),
            size=int(str(row["size"])),
        )


def defect(weight: Weight) -> str | None:
    """What is wrong with the file, in words; None when it is what the manifest names."""
    try:
        size = weight.path.stat().st_size
        if size != weight.size:
            return f"has {size} bytes instead of {weight.size}"
        with weight.path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        return f"cannot be read ({error.strerror})"
    return None if digest == weight.sha256 else f"has sha256 {digest[:12]}… instead of {weight.sha256[:12]}…"


def verify(weights: Iterable[Weight]) -> None:
    """Raise BadWeight, one sentence, for the first file that is not what the manifest names."""
    for weight in weights:
        problem = defect(weight)
        if problem:
            raise BadWeight(
                f"The weight “{weight.name}” ({weight.path}) {problem}: "
                "run `.venv/bin/yidao models pull` to fetch it again."
            )


def pull(weights: Iterable[Weight], installer: Installer, log: Path) -> list[Weight]:
    """Fetch every package again whose weight is not right; returns those weights. Raises StepFailed, BadWeight."""
    wrong = [weight for weight in weights if defect(weight)]
    for python, package in sorted({(weight.environment.python, weight.package) for weight in wrong}):
        if installer.uv.exists():
            fetch = [str(installer.uv), "pip", "install", "--python", str(python), "--reinstall", "--refresh"]
        else:
            fetch = [str(python), "-m", "pip", "install", "--force-reinstall", "--no-cache-dir"]
        run_logged([*fetch, "--no-deps", package], log, installer.root)
    verify(wrong)
    return wrong


def main(root: Path, fetch: bool, console: Console) -> int:
    """Verify, or fetch and verify; the exit status."""
    try:
        weights = read_manifest(root / "models" / "manifest.toml", environments(root))
        if fetch:
            (root / ".setup").mkdir(exist_ok=True)
            with console.progress("weights"):
                pull(weights, Installer(root, os.environ), root / ".setup" / "weights.log")
        verify(weights)
    except SetupFault as fault:
        if isinstance(fault, StepFailed) and fault.tail:
            print(fault.tail, file=sys.stderr)
        print(f"{fault} ({fault.code})", file=sys.stderr)
        return 1
    if fetch:
        console.say(f"{len(weights)} weights are what models/manifest.toml names.")
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(__file__).resolve().parent.parent.parent, "--pull" in sys.argv[1:], Console(sys.stdout)))
