"""A PostgreSQL server of the tests' own: made with initdb in a temporary folder, on a free port, gone afterwards.

Import `postgres_cluster` and `postgres_url` into a conftest. PostgreSQL refuses to run as root, so a test run by root
starts it as `postgres` (or `nobody`).
"""

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest

START_SECONDS = 30


def binaries() -> Path | None:
    """The folder of initdb and pg_ctl; None where PostgreSQL is not installed."""
    on_path = shutil.which("initdb")
    if on_path:
        return Path(on_path).resolve().parent
    installed = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    return installed[-1].parent if installed else None


@dataclass(frozen=True)
class Cluster:
    """A running server."""

    port: int

    def url(self, name: str) -> str:
        """SQLAlchemy URL of one of its databases."""
        return f"postgresql+psycopg://yidao@127.0.0.1:{self.port}/{name}"

    def execute(self, statement: str) -> None:
        """Run one statement as administrator, outside a transaction."""
        with psycopg.connect(f"postgresql://yidao@127.0.0.1:{self.port}/postgres", autocommit=True) as connection:
            connection.execute(statement.encode())


@pytest.fixture(scope="session")
def postgres_cluster() -> Iterator[Cluster]:
    """One server for the whole session."""
    bin_folder = binaries()
    if bin_folder is None:
        pytest.skip("PostgreSQL is not installed here (Debian: apt-get install postgresql)")
    with tempfile.TemporaryDirectory(prefix="yidao-pg-") as folder:
        account = _account(Path(folder))
        data, port = Path(folder) / "data", _free_port()
        command = [
            str(bin_folder / "initdb"),
            "-D",
            str(data),
            "-U",
            "yidao",
            "-A",
            "trust",
            "-E",
            "UTF8",
            "--locale=C",
        ]
        _run(command, account)
        control = [str(bin_folder / "pg_ctl"), "-D", str(data), "-w", "-t", str(START_SECONDS), "-l", f"{folder}/log"]
        options = f"-p {port} -k {folder} -c listen_addresses=127.0.0.1 -c max_connections=120"
        _run([*control, "-o", options, "start"], account)
        try:
            yield Cluster(port)
        finally:
            _run([*control, "-m", "immediate", "stop"], account)


@pytest.fixture
def postgres_url(postgres_cluster: Cluster) -> Iterator[str]:
    """A new, empty database."""
    name = f"t_{uuid.uuid4().hex[:12]}"
    postgres_cluster.execute(f"CREATE DATABASE {name}")
    yield postgres_cluster.url(name)
    postgres_cluster.execute(f"DROP DATABASE {name} WITH (FORCE)")


def _account(folder: Path) -> str | None:
    """The account that may run the server and owns the folder; None for our own."""
    if os.geteuid() != 0:
        return None
    names = {entry.pw_name for entry in pwd.getpwall()}
    name = "postgres" if "postgres" in names else "nobody"
    shutil.chown(folder, name)
    return name


def _run(command: list[str], account: str | None) -> None:
    done = subprocess.run(
        command, user=account, cwd="/", stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    )
    if done.returncode:
        raise RuntimeError(f"{Path(command[0]).name} failed: {done.stderr.decode(errors='replace')[-500:]}")


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port
