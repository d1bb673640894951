"""Setup must begin on a bare Python 3.8: no package, no newer syntax, no newer module."""

import ast
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
LATER = {"house.py", "weights.py"}  # these run inside .venv
FIRST = sorted(path for path in (ROOT / "bot" / "setup").glob("*.py") if path.name not in LATER)


def imported(tree: ast.AST) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            names.add(node.module or "")
    return names


@pytest.mark.parametrize("path", FIRST, ids=lambda path: path.name)
def test_the_first_half_is_plain_python_3_8(path: Path) -> None:
    tree = ast.parse(path.read_text(), feature_version=(3, 8))
    names = imported(tree)
    ours = {name for name in names if name.split(".")[0] == "bot"}
    assert {name for name in ours if name.removeprefix("bot.setup.") in ("house", "weights")} == set()
    assert {name for name in ours if name != "bot" and not name.startswith("bot.setup")} == set()
    assert {name for name in names - ours if name.split(".")[0] not in sys.stdlib_module_names} == set()
    assert names & {"tomllib", "zoneinfo", "graphlib"} == set()


@pytest.mark.parametrize("path", sorted((ROOT / "bot" / "rasa").rglob("*.py")), ids=lambda path: path.name)
def test_rasas_side_imports_nothing_else_of_ours(path: Path) -> None:
    ours = {
        name for name in imported(ast.parse(path.read_text())) if name.split(".")[0] in ("bot", "actions", "knowledge")
    }
    assert {name for name in ours if name != "bot" and not name.startswith("bot.rasa")} == set()
