import sys
from pathlib import Path

import pytest

from bot.setup.environments import Installer
from bot.setup.faults import MissingInterpreter
from bot.setup.interpreters import candidates, find, probe


def fake(path: Path, version: str, real: str = "/opt/real", own: str = "True", status: int = 0) -> Path:
    """A shell script that answers the probe as a Python of that version would."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\nprintf '%s\\n' '{version}' '{real}' '{own}'\nexit {status}\n")
    path.chmod(0o755)
    return path


def test_path_comes_first(tmp_path: Path) -> None:
    fake(tmp_path / "bin/python3.10", "3.10", "/opt/first")
    fake(tmp_path / ".pyenv/versions/3.10.1/bin/python3.10", "3.10", "/opt/second")
    assert find("3.10", {"PATH": f"{tmp_path}/none:{tmp_path}/bin", "HOME": str(tmp_path)}) == Path("/opt/first")


def test_a_shim_that_refuses_is_passed_over(tmp_path: Path) -> None:
    fake(tmp_path / "shims/python3.10", "", status=127)
    fake(tmp_path / ".pyenv/versions/3.10.9/bin/python3.10", "3.10", "/opt/9")
    fake(tmp_path / ".pyenv/versions/3.10.13/bin/python3.10", "3.10", "/opt/13")
    env = {"PATH": f"{tmp_path}/shims", "HOME": str(tmp_path)}
    assert find("3.10", env) == Path("/opt/13")  # 13 is newer than 9


def test_pyenv_root_is_obeyed(tmp_path: Path) -> None:
    wanted = fake(tmp_path / "elsewhere/versions/3.11.2/bin/python3.11", "3.11")
    assert list(candidates("3.11", {"PYENV_ROOT": str(tmp_path / "elsewhere")})) == [wanted]


@pytest.mark.parametrize(
    ("version", "own", "status"),
    [("3.11", "True", 0), ("3.10", "False", 0), ("3.10", "True", 1)],
    ids=["another version", "a virtual environment", "broken"],
)
def test_what_does_not_serve_is_refused(tmp_path: Path, version: str, own: str, status: int) -> None:
    assert probe(fake(tmp_path / "python3.10", version, own=own, status=status), "3.10") is None


def test_a_fetched_one_is_the_last_resort(tmp_path: Path) -> None:
    fake(tmp_path / "python/cpython-3.10.16/bin/python3.10", "3.10", "/opt/fetched")
    assert find("3.10", {}, tmp_path / "python") == Path("/opt/fetched")


def test_the_interpreter_of_this_test_is_found() -> None:
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    base = Path(sys.base_prefix) / "bin"
    assert find(version, {"PATH": str(base)}) == base / f"python{version}"


def test_a_missing_interpreter_is_one_sentence(tmp_path: Path) -> None:
    installer = Installer(tmp_path, {"PATH": str(tmp_path)})
    with pytest.raises(
        MissingInterpreter, match=r"^Python 3\.10 is not on this machine .* run the same command again\.$"
    ):
        installer.interpreter("3.10", tmp_path / "x.log")


def test_uv_is_asked_to_fetch_a_missing_one(tmp_path: Path) -> None:
    installer = Installer(tmp_path, {"PATH": str(tmp_path)})
    target = tmp_path / ".tools/python/cpython-3.10.16/bin/python3.10"
    prepared = fake(tmp_path / "prepared", "3.10", "/opt/fetched")
    installer.uv.parent.mkdir(parents=True)
    installer.uv.write_text(f'#!/bin/sh\n[ "$3" = 3.10 ] && mkdir -p {target.parent} && cp -p {prepared} {target}\n')
    installer.uv.chmod(0o755)
    assert installer.interpreter("3.10", tmp_path / "x.log") == Path("/opt/fetched")
