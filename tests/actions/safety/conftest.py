"""The gate of the demo hospital, compiled once."""

from pathlib import Path

import pytest

from actions.safety.gate import Gate, load_gate

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="session")
def gate() -> Gate:
    return load_gate(ROOT / "knowledge" / "hospital")
