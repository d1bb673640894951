"""`python3 -m bot.setup [--only environments] [--speech]`: see the package."""

from __future__ import annotations

import argparse
import fcntl
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from bot.setup.environments import Environment, Installer, environments, link_project, require_space
from bot.setup.faults import SetupFault, StepFailed
from bot.setup.progress import Console
from bot.setup.speech import install_speech
from bot.setup.steps import Stamps, Step

ROOT = Path(__file__).resolve().parent.parent.parent


@contextmanager
def one_at_a_time(folder: Path, console: Console) -> Iterator[None]:
    """Wait until no other setup of this checkout runs."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            console.say("Another setup of this checkout is running; waiting for it.")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def build_steps(root: Path, installer: Installer) -> list[Step]:
    """The steps that need no environment yet, in order."""

    def build(environment: Environment) -> Step:
        def work(log: Path) -> None:
            installer.build(environment, installer.interpreter(environment.version, log), log)

        title = f"{environment.folder.name} ({', '.join(lock.name for lock in environment.locks)})"
        return Step(f"environment-{environment.name}", title, work, environment.locks, (), (environment.python,))

    both = environments(root)
    main = both["main"]
    return [
        Step(
            "tools",
            "installer",
            installer.bootstrap,
            (root / "requirements" / "tools.lock",),
            (),
            (root / ".tools" / "ready",),
        ),
        build(both["rasa"]),
        build(main),
        Step(
            "project",
            "yidao command",
            lambda log: link_project(main, root),
            (Path(__file__).with_name("environments.py"),),
            (str(root),),
            (main.folder / "bin" / "yidao", main.packages / "yidao.pth"),
        ),
    ]


def build_environments(root: Path, console: Console, env: Mapping[str, str]) -> None:
    """Build what is not built yet; raises SetupFault with one sentence."""
    installer = Installer(root, env)
    stamps = Stamps(root / ".setup", console)
    steps = build_steps(root, installer)
    if not all(stamps.done(step) for step in steps):
        require_space(root)
    for step in steps:
        stamps.run(step)


def main(argv: list[str]) -> int:
    """The exit status: 0 done, 1 a fault (told in one sentence), 130 interrupted."""
    parser = argparse.ArgumentParser(prog="python3 -m bot.setup", description="Set up this checkout of Yidao.")
    parser.add_argument("--only", choices=["environments"], help="stop after the Python environments")
    parser.add_argument("--speech", action="store_true", help="add the speech packages to .venv")
    wanted = parser.parse_args(argv)
    console = Console(sys.stdout)
    os.chdir(str(ROOT))
    try:
        with one_at_a_time(ROOT / ".setup", console):
            build_environments(ROOT, console, os.environ)
            if wanted.speech:
                install_speech(environments(ROOT)["main"], ROOT, console)
        if wanted.only:
            return 0
    except SetupFault as fault:
        if isinstance(fault, StepFailed) and fault.tail:
            print(fault.tail, file=sys.stderr)
        print(f"{fault} ({fault.code})", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("Interrupted; the same command continues where this one stopped.", file=sys.stderr)
        return 130
    python = str(environments(ROOT)["main"].python)
    sys.stdout.flush()
    os.execv(python, [python, "-m", "bot.setup.house"])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
