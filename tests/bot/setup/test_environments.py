import re
import subprocess
import sys
from pathlib import Path

import pytest

from bot.processes.doctor import pins
from bot.setup.environments import Environment, environments, interpreters_match, link_project, require_space
from bot.setup.faults import FullDisk

ROOT = Path(__file__).resolve().parents[3]


def entries(name: str) -> list[str]:
    """The lines of a requirements file that are no comments."""
    return [line for line in (ROOT / "requirements" / name).read_text().splitlines() if line[:1] not in ("", "#")]


def test_a_full_disk_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(FullDisk, match=r"has 5\.9 GiB free and setup needs 6: make room"):
        require_space(tmp_path, lambda path: 5.9)


def test_enough_space_is_silent(tmp_path: Path) -> None:
    asked: list[Path] = []
    require_space(tmp_path, lambda path: asked.append(path) or 6.0)
    assert asked == [tmp_path]


def test_a_full_disk_stops_setup_before_anything_is_built(tmp_path: Path) -> None:
    script = (
        "import sys; from pathlib import Path; import bot.setup.environments as e, bot.setup.__main__ as m\n"
        "m.ROOT = Path(sys.argv[1])\n"
        "e.NEEDED_GIB = 1e9\n"
        "sys.exit(m.main([]))"
    )
    (tmp_path / "requirements").mkdir()
    run = subprocess.run([sys.executable, "-c", script, str(tmp_path)], capture_output=True, text=True, cwd=ROOT)
    assert run.returncode == 1
    assert run.stderr.count("\n") == 1
    assert "make room and run the same command again. (setup.disk)" in run.stderr
    assert not (tmp_path / ".tools").exists()


@pytest.mark.parametrize("name", ["rasa", "main", "dev", "speech"])
def test_locks_hold_exact_versions_and_no_local_builds(name: str) -> None:
    lines = entries(f"{name}.lock")
    assert lines
    assert [line for line in lines if line.count("==") != 1 or "+" in line or "@" in line] == []


@pytest.mark.parametrize("name", ["rasa", "main", "dev", "speech"])
def test_every_wanted_package_is_in_its_lock(name: str) -> None:
    wanted = [re.split(r"[\[=]", line)[0].strip().lower().replace("_", "-") for line in entries(f"{name}.in")]
    locked = dict(pins(ROOT / f"requirements/{name}.lock"))
    assert [package for package in wanted if package not in locked] == []


def test_locks_of_one_environment_agree() -> None:
    main, dev, speech = (dict(pins(ROOT / f"requirements/{name}.lock")) for name in ("main", "dev", "speech"))
    for other in (dev, speech):
        assert {name: other[name] for name in other if main.get(name, other[name]) != other[name]} == {}


def test_the_linked_command_runs_the_checkout(tmp_path: Path) -> None:
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    environment = Environment("main", tmp_path / "a folder", version, ())
    environment.packages.mkdir(parents=True)
    (environment.folder / "bin").mkdir()
    environment.python.symlink_to(sys.executable)
    root = tmp_path / "root"
    (root / "bot").mkdir(parents=True)
    (root / "bot" / "cli.py").write_text("import sys\ndef main() -> int:\n    print(sys.argv[1:])\n    return 4\n")
    link_project(environment, root)
    run = subprocess.run(
        [environment.folder / "bin" / "yidao", "up", "a b"],
        capture_output=True,
        text=True,
        env={"PYTHONPATH": (environment.packages / "yidao.pth").read_text().strip()},
    )
    assert (run.returncode, run.stdout) == (4, "['up', 'a b']\n")


def test_an_environment_without_python_does_not_match(tmp_path: Path) -> None:
    assert not interpreters_match(environments(tmp_path)["main"])
