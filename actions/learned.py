"""Files of learned weights: whether one was learned from what lies in the tree now."""

from __future__ import annotations

import zipfile
from pathlib import Path

import numpy as np


def is_current(target: Path, fingerprint: str) -> bool:
    """Whether the whole file can be read and its `fingerprint` is this one."""
    try:
        with np.load(target, allow_pickle=False) as file:
            return str({name: file[name] for name in file.files}["fingerprint"]) == fingerprint
    except (OSError, EOFError, ValueError, KeyError, zipfile.BadZipFile):
        return False
