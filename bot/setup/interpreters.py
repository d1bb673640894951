"""Finding the two Python interpreters: 3.10 for Rasa, 3.11 for everything else."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path

PROBE = (
    "import sys, bz2, ctypes, lzma, sqlite3, ssl; "
    "print('%d.%d' % sys.version_info[:2]); print(sys.executable); print(sys.prefix == sys.base_prefix)"
)
"""Run by a candidate: its version, its real path, and that the modules a half-built Python lacks are there."""


def candidates(version: str, env: Mapping[str, str]) -> Iterator[Path]:
    """Executables that may be Python `version`: those on PATH, then pyenv's (which shims may hide), newest first."""
    name = f"python{version}"
    for entry in env.get("PATH", "").split(os.pathsep):
        if entry and (Path(entry) / name).is_file():
            yield Path(entry) / name
    pyenv = Path(env.get("PYENV_ROOT") or os.path.join(env.get("HOME") or "/nonexistent", ".pyenv"))
    for folder in sorted(pyenv.glob(f"versions/{version}*"), key=_release, reverse=True):
        if (folder / "bin" / name).is_file():
            yield folder / "bin" / name


def _release(folder: Path) -> tuple[int, ...]:
    return tuple(int(number) for number in re.findall(r"\d+", folder.name))


def probe(executable: Path, version: str) -> Path | None:
    """The real interpreter behind `executable`, or None: another version, broken, a virtual environment."""
    try:
        answer = subprocess.run(
            [str(executable), "-c", PROBE], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=30, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return None
    lines = answer.stdout.decode(errors="replace").split("\n")
    if len(lines) < 3 or lines[0] != version or lines[2] != "True":
        return None
    return Path(lines[1])


def find(version: str, env: Mapping[str, str], extra: Path | None = None) -> Path | None:
    """The first working interpreter of that version; `extra` is a folder of fetched ones (`*/bin/python3.x`)."""
    for candidate in candidates(version, env):
        found = probe(candidate, version)
        if found is not None:
            return found
    if extra is not None:
        for candidate in sorted(extra.glob(f"*/bin/python{version}")):
            found = probe(candidate, version)
            if found is not None:
                return found
    return None
