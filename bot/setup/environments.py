"""Building the two environments from their lock files."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from bot.setup import interpreters
from bot.setup.debian import install_packages, may_install
from bot.setup.faults import FullDisk, MissingInterpreter, StepFailed
from bot.setup.progress import run_logged

NEEDED_GIB = 6.0
"""Free space the two environments, the models and the data need, in GiB (measured: 3.4 with the installer's cache)."""


@dataclass(frozen=True)
class Environment:
    """One virtual environment and what decides its contents."""

    name: str
    """`rasa` or `main`."""
    folder: Path
    """Where it lies."""
    version: str
    """Python it needs, such as 3.10."""
    locks: tuple[Path, ...]
    """Exact lists of packages; nothing else is installed."""

    @property
    def python(self) -> Path:
        """Its interpreter."""
        return self.folder / "bin" / "python"

    @property
    def packages(self) -> Path:
        """Its site-packages folder."""
        return self.folder / "lib" / f"python{self.version}" / "site-packages"


def environments(root: Path) -> dict[str, Environment]:
    """The environments of a checkout, by name."""
    lock = root / "requirements"
    return {
        "rasa": Environment("rasa", root / ".venv-rasa", "3.10", (lock / "rasa.lock",)),
        "main": Environment("main", root / ".venv", "3.11", (lock / "main.lock", lock / "dev.lock")),
    }


def free_gib(path: Path) -> float:
    """Free space of the disk that holds `path`, in GiB."""
    return shutil.disk_usage(str(path)).free / 2**30


def require_space(path: Path, free: Callable[[Path], float] = free_gib) -> None:
    """Raise FullDisk when the environments would not fit."""
    found = free(path)
    if found < NEEDED_GIB:
        raise FullDisk(
            f"The disk of {path} has {found:.1f} GiB free and setup needs {NEEDED_GIB:.0f}: "
            "make room and run the same command again."
        )


class Installer:
    """uv in `.tools/`, or plain pip where uv cannot be had."""

    def __init__(self, root: Path, env: Mapping[str, str]) -> None:
        self.root = root
        self.env = env
        self.tools = root / ".tools"
        self.uv = self.tools / "uv" / "bin" / "uv"

    def bootstrap(self, log: Path) -> None:
        """Put uv into `.tools/uv`; where that fails, pip does the work and this says so in the log."""
        folder = self.tools / "uv"
        try:
            self._make_venv(folder, log)
            lock = str(self.root / "requirements" / "tools.lock")
            run_logged([str(folder / "bin" / "python"), "-m", "pip", "install", "-q", "-r", lock], log, self.root)
        except StepFailed as fault:
            shutil.rmtree(str(folder), ignore_errors=True)
            with log.open("a") as output:
                output.write(f"uv is not to be had, plain pip will do: {fault}\n")
        self.tools.mkdir(exist_ok=True)
        (self.tools / "ready").touch()

    def _make_venv(self, folder: Path, log: Path) -> None:
        command = [sys.executable, "-m", "venv", "--clear", str(folder)]
        try:
            run_logged(command, log, self.root)
        except StepFailed:
            if not may_install(self.env):
                raise
            # Debian keeps venv in a package of its own.
            install_packages(["python3-venv"], log, self.root, self.env)
            run_logged(command, log, self.root)

    def interpreter(self, version: str, log: Path) -> Path:
        """An interpreter of that version: the machine's, else one fetched by uv into `.tools/python`."""
        fetched = self.tools / "python"
        found = interpreters.find(version, self.env, fetched)
        if found is None and self.uv.exists():
            try:
                run_logged([str(self.uv), "python", "install", version, "--install-dir", str(fetched)], log, self.root)
            except StepFailed as fault:
                raise MissingInterpreter(missing(version)) from fault
            found = interpreters.find(version, self.env, fetched)
        if found is None:
            raise MissingInterpreter(missing(version))
        return found

    def build(self, environment: Environment, interpreter: Path, log: Path) -> None:
        """Make the environment hold exactly what its locks say; an existing one is brought up to date."""
        fits = interpreters_match(environment)
        if self.uv.exists():
            # Compiled now, as pip does: where Python may not write bytecode, each start would compile TensorFlow anew.
            settings = {"UV_NO_PROGRESS": "1", "UV_COMPILE_BYTECODE": "1", **self._index()}
            if not fits:
                make = [str(self.uv), "venv", "--clear", "--python", str(interpreter), str(environment.folder)]
                run_logged(make, log, self.root, settings)
            # What `make setup-speech` added is not in these locks and must survive them.
            verb = ["install", "--no-deps"] if has_speech(environment) else ["sync"]
            wanted = [
                part for lock in environment.locks for part in (["-r", str(lock)] if len(verb) > 1 else [str(lock)])
            ]
            install = [str(self.uv), "pip", *verb, "--python", str(environment.python), *wanted]
            run_logged(install, log, self.root, settings)
            return
        if not fits:
            run_logged([str(interpreter), "-m", "venv", "--clear", str(environment.folder)], log, self.root)
        wanted = [part for lock in environment.locks for part in ("-r", str(lock))]
        run_logged([str(environment.python), "-m", "pip", "install", "--no-deps", *wanted], log, self.root)

    def _index(self) -> dict[str, str]:
        """A package mirror that pip is set to use, handed on to uv, which does not read pip's settings."""
        if "UV_DEFAULT_INDEX" in self.env or "UV_INDEX_URL" in self.env:
            return {}
        mirror = self.env.get("PIP_INDEX_URL", "")
        if not mirror:
            pip = [str(self.uv.parent / "python"), "-m", "pip", "config", "get", "global.index-url"]
            answer = subprocess.run(pip, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False)
            mirror = answer.stdout.decode(errors="replace").strip()
        return {"UV_DEFAULT_INDEX": mirror} if mirror else {}


def missing(version: str) -> str:
    """The sentence for an interpreter that is nowhere to be had."""
    return (
        f"Python {version} is not on this machine and could not be fetched: install it so that `python{version}` is on "
        f"PATH (for instance `pyenv install {version}`) and run the same command again."
    )


def has_speech(environment: Environment) -> bool:
    """Whether the speech group was installed into it."""
    return (environment.packages / "torch").is_dir()


def interpreters_match(environment: Environment) -> bool:
    """Whether the environment's Python runs and is of the right version."""
    try:
        answer = subprocess.run(
            [str(environment.python), "-c", "import sys; print('%d.%d' % sys.version_info[:2])"],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return False
    return answer.stdout.decode().strip() == environment.version


def link_project(environment: Environment, root: Path) -> None:
    """Make the checkout importable in the environment and write `bin/yidao`: an editable install without its build."""
    (environment.packages / "yidao.pth").write_text(f"{root}\n")
    script = environment.folder / "bin" / "yidao"
    # A shebang holds 127 characters on Linux, so a deep checkout needs the shell to find its Python.
    script.write_text(
        "#!/bin/sh\n"
        f"'''exec' '{environment.python}' \"$0\" \"$@\"\n"
        "' '''\n"
        "import sys\n\nfrom bot.cli import main\n\nsys.exit(main())\n"
    )
    os.chmod(str(script), 0o755)
