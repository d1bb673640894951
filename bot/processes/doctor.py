"""`yidao doctor`: what is wrong with this installation, and how to mend it."""

import importlib.metadata
import os
import re
import stat
import subprocess
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine
from sqlalchemy.exc import SQLAlchemyError

from actions.records.database import MIGRATIONS
from bot.processes.ports import describe_holder, holder, is_free
from bot.processes.programs import chroma_folder, listeners, loopback, programs
from bot.processes.supervisor import running_supervisor
from bot.processes.up import plan
from bot.secrets import key_file
from bot.settings import ROOT, Settings
from bot.setup import interpreters
from bot.setup.debian import FOR_TESTS, missing_packages
from bot.setup.environments import Environment, environments, free_gib
from bot.setup.faults import BadWeight
from bot.setup.weights import defect, read_manifest
from bot.training import is_current, model_file

RUN_GIB = 1.0
"""Free disk space below which a running hospital is warned, in GiB."""
MEMORY_GIB = 3.0
"""Memory the four processes and their peaks need together, in GiB."""


@dataclass(frozen=True)
class Finding:
    """One line of the report."""

    subject: str
    """What was looked at."""
    good: bool
    """Whether it is as it should be."""
    detail: str
    """What was seen."""
    mend: str = ""
    """What to do about it; empty when good."""
    optional: bool = False
    """Whether Yidao runs without it: a bad line that is no failure."""


def examine(settings: Settings, root: Path = ROOT) -> Iterator[Finding]:
    """Every check, in the order in which faults should be mended."""
    yield from _interpreters(root)
    for environment in environments(root).values():
        yield _environment(environment)
    yield from _weights(root)
    yield _model(root)
    yield _key(settings)
    yield _doors(settings)
    yield _database(settings)
    yield _index(settings)
    yield from _processes(settings)
    yield _disk(root)
    yield _memory()
    yield _debian()


def report(findings: Iterable[Finding], say: Callable[[str], object]) -> int:
    """Say each finding as it comes; 0 when all that matters is good, else 1."""
    bad = 0
    for finding in findings:
        mark = "ok  " if finding.good else ("note" if finding.optional else "BAD ")
        say(f"{mark} {finding.subject}: {finding.detail}")
        if not finding.good:
            say(f"     → {finding.mend}")
            bad += not finding.optional
    say("Everything is in order." if not bad else f"{bad} thing{'s' if bad > 1 else ''} to mend, from the top.")
    return 1 if bad else 0


def _interpreters(root: Path) -> Iterator[Finding]:
    for version in ("3.10", "3.11"):
        found = interpreters.find(version, os.environ, root / ".tools" / "python")
        mend = f"install Python {version}, or let `make setup` fetch it"
        yield Finding(f"Python {version}", found is not None, str(found or "not found"), mend)


def _doors(settings: Settings) -> Finding:
    """Whether kiosks must prove themselves where others than this machine can reach the API."""
    host, guarded = settings.bot.host, settings.bot.device_token is not None
    alone = loopback(host) == host and host.startswith("127.")
    detail = "asks for a device token" if guarded else f"open to everyone who reaches {host}"
    mend = "set bot.device_token, and open each kiosk's page as /?kiosk=K01#device=TOKEN: else any page on the network "
    mend += "can use a kiosk's card reader"
    return Finding("kiosks", guarded or alone, detail, mend)


def _environment(environment: Environment) -> Finding:
    """Compare what is installed with the lock files."""
    subject = f"environment {environment.folder.name}"
    try:
        answer = subprocess.run([environment.python, "-c", ""], check=False, capture_output=True)
    except OSError as error:
        return Finding(subject, False, f"its Python cannot be run ({error.strerror})", "run `make setup`")
    if answer.returncode:
        return Finding(subject, False, "its Python does not work", "remove the folder and run `make setup`")
    found = installed(environment.packages)
    wanted = [pin for lock in environment.locks for pin in pins(lock)]
    wrong = [
        f"{name} {found.get(name, 'missing')} instead of {version}"
        for name, version in wanted
        if found.get(name) != version
    ]
    more = f" and {len(wrong) - 3} more" if len(wrong) > 3 else ""
    detail = ", ".join(wrong[:3]) + more if wrong else f"{len(dict(wanted))} packages as locked"
    return Finding(subject, not wrong, detail, "remove .setup/environment-*.stamp and run `make setup`")


def installed(packages: Path) -> dict[str, str]:
    """Name → version of the distributions in a site-packages folder."""
    found = importlib.metadata.distributions(path=[str(packages)])
    return {_normal(distribution.name): distribution.version for distribution in found}


def pins(lock: Path) -> list[tuple[str, str]]:
    """(name, version) of a lock file's lines."""
    lines = (line.split("#")[0].split(";")[0].strip() for line in lock.read_text().splitlines())
    pairs = (line.partition("==") for line in lines if line)
    return [(_normal(name), version.strip()) for name, _, version in pairs]


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _weights(root: Path) -> Iterator[Finding]:
    try:
        weights = read_manifest(root / "models" / "manifest.toml", environments(root))
    except BadWeight as fault:
        yield Finding("weights", False, str(fault), "restore models/manifest.toml")
        return
    for weight in weights:
        problem = defect(weight)
        subject = f"weight “{weight.name}” in {weight.environment.folder.name}"
        yield Finding(subject, problem is None, problem or "as in the manifest", "run `.venv/bin/yidao models pull`")


def _model(root: Path) -> Finding:
    if not model_file(root).is_file():
        return Finding("Rasa model", False, "not trained", "run `.venv/bin/yidao train`")
    current = is_current(root)
    detail = "trained from what lies here" if current else "older than its training data"
    return Finding("Rasa model", current, detail, "run `.venv/bin/yidao train`")


def _key(settings: Settings) -> Finding:
    if settings.secret is not None:
        return Finding("master secret", True, "comes from the settings")
    path = key_file(settings)
    if not path.exists():
        return Finding("master secret", True, f"{path} will be made at first start")
    mode = stat.S_IMODE(path.stat().st_mode)
    good = mode & 0o077 == 0
    detail = "readable by its owner only" if good else f"readable by others (mode {mode:o})"
    return Finding("master secret", good, detail, f"chmod 600 {path}")


def _database(settings: Settings) -> Finding:
    mend = "run `.venv/bin/yidao admin make-demo`"
    url = settings.records_url
    if url.startswith("sqlite:///") and not Path(url.removeprefix("sqlite:///")).is_file():
        return Finding("database", False, "does not exist", mend)
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    head = ScriptDirectory.from_config(config).get_current_head()
    engine = create_engine(url)
    try:
        with engine.connect() as connection:
            current = MigrationContext.configure(connection).get_current_revision()
    except SQLAlchemyError as error:
        # The error's own text may hold the URL with its password.
        return Finding("database", False, f"does not answer ({type(error).__name__})", "check YIDAO_RECORDS__URL")
    finally:
        engine.dispose()
    return Finding("database", current == head, f"at revision {current}, newest is {head}", mend)


def _index(settings: Settings) -> Finding:
    folders = (settings.path(settings.knowledge.index), chroma_folder(settings))
    absent = [str(folder) for folder in folders if not folder.is_dir() or not any(folder.iterdir())]
    detail = f"{', '.join(absent)} is empty" if absent else "there"
    return Finding("knowledge index", not absent, detail, "run `.venv/bin/yidao ingest`")


def _processes(settings: Settings) -> Iterator[Finding]:
    supervisor = running_supervisor(plan(settings))
    ours = {process.pid for process in supervisor.children(recursive=True)} if supervisor else set()
    probes = {program.name: program.probe for program in programs(settings).values()}
    for (setting, host, port), name in zip(listeners(settings), probes, strict=True):
        process = holder(port)
        if process is not None and process.pid in ours:
            probe = probes[name]
            good = probe is None or probe.ready()
            log = settings.path(settings.state) / "log" / f"{name}.log"
            yield Finding(f"{name} (port {port})", good, "ready" if good else "runs, not ready", f"see {log}")
        elif supervisor:
            yield Finding(f"{name} (port {port})", False, "supervised, but does not listen", f"see the log of {name}")
        else:
            free = is_free(host, port)
            variable = "YIDAO_" + setting.upper().replace(".", "__")
            detail = "free" if free else f"taken by {describe_holder(port)}"
            yield Finding(f"port {port} for {name}", free, detail, f"stop it, or set {variable}")


def _disk(root: Path) -> Finding:
    free = free_gib(root)
    return Finding("disk", free >= RUN_GIB, f"{free:.1f} GiB free", f"make room: at least {RUN_GIB:.0f} GiB")


def _memory() -> Finding:
    gib = psutil.virtual_memory().total / 2**30
    return Finding(
        "memory", gib >= MEMORY_GIB, f"{gib:.1f} GiB", f"give the machine {MEMORY_GIB:.0f} GiB", optional=True
    )


def _debian() -> Finding:
    absent = missing_packages(FOR_TESTS)
    detail = f"missing: {', '.join(absent)}" if absent else "installed"
    return Finding(
        "Debian packages for the tests", not absent, detail, f"sudo apt-get install {' '.join(absent)}", True
    )
