"""`make lock`: requirements/*.in → *.lock, keeping every version that still fits."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from bot.setup.environments import Installer
from bot.setup.faults import StepFailed
from bot.setup.progress import Console, run_logged

# Each group, the Python it is for (its oldest patch release: Debian 12 has 3.11.2), and the locks it must agree with.
GROUPS = (
    ("rasa", "3.10.0", ()),
    ("main", "3.11.0", ()),
    ("dev", "3.11.0", ("main",)),
    ("speech", "3.11.0", ("main",)),
)
LEFT_OUT = ("triton", "nvidia-", "cuda-")
"""Beginnings of names that belong to one build of torch, several GB: pip adds what the build at hand needs."""


def lock(root: Path, name: str, version: str, agree: tuple[str, ...], log: Path) -> None:
    """Resolve one group; raises StepFailed and leaves the old lock."""
    folder = root / "requirements"
    target, draft = folder / f"{name}.lock", folder / f".{name}.draft"
    # An existing output file makes uv prefer its versions.
    draft.write_text(target.read_text() if target.exists() else "")
    command = [
        str(Installer(root, os.environ).uv),
        "pip",
        "compile",
        str(folder / f"{name}.in"),
        "--output-file",
        str(draft),
    ]
    command += ["--python-version", version, "--no-header", "--no-annotate"]
    command += [part for other in agree for part in ("--constraint", str(folder / f"{other}.lock"))]
    try:
        run_logged(command, log, root)
        # A local tag (+cpu) names one registry's build; the lock must hold on every machine.
        found = [line.split("+")[0] for line in draft.read_text().splitlines() if line and not line.startswith("#")]
        lines = [line for line in found if not line.startswith(LEFT_OUT)]
        head = f"# Exact versions of requirements/{name}.in, written by `make lock`. Do not edit."
        target.write_text("\n".join([head, *lines]) + "\n")
    finally:
        draft.unlink()


def main(root: Path) -> int:
    """The exit status."""
    console = Console(sys.stdout)
    try:
        for name, version, agree in GROUPS:
            with console.progress(f"requirements/{name}.lock"):
                lock(root, name, version, agree, root / ".setup" / "lock.log")
    except StepFailed as fault:
        print(f"{fault.tail}\n{fault} ({fault.code})", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(__file__).resolve().parent.parent.parent))
