"""Debian packages that the tests need: a browser, Chinese letters, PostgreSQL, Redis, and npm where there is none."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from bot.setup.faults import MissingPackages, SetupFault
from bot.setup.progress import Console, run_logged
from bot.setup.steps import Stamps, Step

FOR_TESTS = ("chromium", "fonts-noto-cjk", "postgresql", "redis-server")
"""What `make test` needs beside Python; running Yidao needs none of them."""

NPM = "npm"
"""Fetches axe-core, the accessibility checker; any npm will do, so the package is only for machines without one."""


def absent_for_tests(env: Mapping[str, str]) -> list[str]:
    """The packages to install before the tests."""
    absent = missing_packages(FOR_TESTS)
    return absent if shutil.which("npm", path=env.get("PATH")) else [*absent, NPM]


def missing_packages(names: Sequence[str]) -> list[str]:
    """Those of the packages that dpkg does not know as installed; all of them where there is no dpkg."""
    found = []
    for name in names:
        try:
            answer = subprocess.run(
                ["dpkg-query", "--show", "--showformat=${db:Status-Status}", name],
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                check=False,
            )
        except OSError:
            return list(names)
        if answer.stdout != b"installed":
            found.append(name)
    return found


def may_install(env: Mapping[str, str]) -> bool:
    """Whether this user may install packages without being asked for a password."""
    if shutil.which("apt-get", path=env.get("PATH")) is None:
        return False
    if os.geteuid() == 0:
        return True
    if shutil.which("sudo", path=env.get("PATH")) is None:
        return False
    asked = ["sudo", "-n", "true"]
    return subprocess.run(asked, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False).returncode == 0


def install_packages(names: Sequence[str], log: Path, cwd: Path, env: Mapping[str, str]) -> None:
    """apt-get update and install; raises StepFailed when it fails."""
    front = [] if os.geteuid() == 0 else ["sudo", "-n"]
    quiet = [*front, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get"]
    run_logged([*quiet, "update"], log, cwd)
    run_logged([*quiet, "install", "--yes", "--no-install-recommends", *names], log, cwd)


def main(root: Path, console: Console, env: Mapping[str, str]) -> None:
    """Install what the tests need, or raise MissingPackages with the line to run."""
    absent = absent_for_tests(env)
    if not absent:
        return
    if not may_install(env):
        raise MissingPackages(f"The tests need Debian packages: run `sudo apt-get install {' '.join(absent)}`.")
    stamps = Stamps(root / ".setup", console)
    step = Step("debian", f"Debian packages {', '.join(absent)}", lambda log: install_packages(absent, log, root, env))
    stamps.run(step, force=True)


if __name__ == "__main__":
    try:
        main(Path(__file__).resolve().parent.parent.parent, Console(sys.stdout), os.environ)
    except SetupFault as fault:
        sys.exit(str(fault))
