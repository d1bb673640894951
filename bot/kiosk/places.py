"""Where the kiosks stand."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import yaml


def load_kiosks(hospital: Path) -> Mapping[str, Mapping[str, str]]:
    """Where each kiosk of the house stands, in both languages, by name."""
    kiosks: Mapping[str, Mapping[str, str]] = yaml.safe_load((hospital / "kiosks.yml").read_text("utf-8"))["kiosks"]
    return kiosks
