"""The four processes: how each is started, and how to ask whether it is ready.

None waits for another at start: each partner is needed only when a turn comes, `bot` says in `/readyz` who is
missing and answers with an apology meanwhile, and `yidao up` reports ready when all are. `Program.needs` is for
processes that cannot begin without a partner, such as `voice` without `bot`.
"""

import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlencode

from bot.processes.readiness import Probe
from bot.secrets import derive_token, load_secret
from bot.settings import ROOT, Settings, absolute_sqlite
from bot.training import RASA_ENV, model_file

NAMES = ("chroma", "actions", "rasa", "bot")
"""In the order in which they are listed and started."""


@dataclass(frozen=True)
class Program:
    """One process and what it needs."""

    name: str
    """Its name in the supervisor and of its log."""
    argv: tuple[str, ...] = ()
    """The command, without secrets; empty for what runs inside `yidao serve` itself."""
    env: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Added to the environment; holds secrets, so it is never printed."""
    probe: Probe | None = None
    """How to ask whether it is ready."""
    needs: tuple[Probe, ...] = ()
    """Partners without which it cannot begin; their URLs hold no token."""
    files: tuple[Path, ...] = ()
    """Files that must exist before it starts."""
    plain_log: bool = False
    """Whether it cannot write its log as JSON."""


def programs(settings: Settings) -> dict[str, Program]:
    """The four programs by name, in the order of NAMES."""
    made = (_chroma(settings), _actions(settings), _rasa(settings), _bot(settings))
    return {program.name: program for program in made}


def listeners(settings: Settings) -> list[tuple[str, str, int]]:
    """The ports we listen on: (setting, host, port)."""
    return [
        ("knowledge.chroma_port", settings.knowledge.chroma_host, settings.knowledge.chroma_port),
        ("actions.port", settings.actions.host, settings.actions.port),
        ("rasa.port", settings.rasa.host, settings.rasa.port),
        ("bot.port", settings.bot.host, settings.bot.port),
    ]


def chroma_folder(settings: Settings) -> Path:
    """Where the Chroma server keeps its vectors; no other process may open it."""
    return settings.path(settings.state) / "chroma"


def address(settings: Settings) -> str:
    """The URL an operator opens on this machine."""
    scheme = "https" if settings.bot.tls_certificate else "http"
    return f"{scheme}://{loopback(settings.bot.host)}:{settings.bot.port}"


def loopback(host: str) -> str:
    """The address to reach a local server at: 127.0.0.1 for one that listens everywhere."""
    return "127.0.0.1" if host in ("0.0.0.0", "::", "") else host


def rasa_token(settings: Settings) -> str:
    """The token that `bot` sends to Rasa's channel."""
    return derive_token(load_secret(settings), "rasa-channel")


def rasa_api_token(settings: Settings) -> str:
    """The token of Rasa's own HTTP API."""
    return derive_token(load_secret(settings), "rasa-api")


def actions_token(settings: Settings) -> str:
    """The token that Rasa sends to the action server."""
    return derive_token(load_secret(settings), "actions")


def tracker_file(settings: Settings) -> str:
    """The SQLite file of Rasa's tracker."""
    url = absolute_sqlite(settings.rasa.tracker_url.get_secret_value())
    return url.removeprefix("sqlite:///")


def _chroma(settings: Settings) -> Program:
    host, port = settings.knowledge.chroma_host, settings.knowledge.chroma_port
    chroma = str(Path(sys.executable).parent / "chroma")
    return Program(
        name="chroma",
        argv=(chroma, "run", "--path", str(chroma_folder(settings)), "--host", host, "--port", str(port)),
        env={"ANONYMIZED_TELEMETRY": "False", "DO_NOT_TRACK": "1"},
        probe=Probe(f"http://{host}:{port}/api/v2/heartbeat"),
        plain_log=True,
    )


def _actions(settings: Settings) -> Program:
    host, port = settings.actions.host, settings.actions.port
    return Program(
        name="actions",
        # rasa-sdk's server listens on every address unless Sanic is told otherwise.
        env={"SANIC_HOST": host, "OMP_NUM_THREADS": "1"},
        probe=Probe(f"http://{loopback(host)}:{port}/health"),
    )


def _rasa(settings: Settings) -> Program:
    host, port = settings.rasa.host, settings.rasa.port
    token = rasa_api_token(settings)
    actions = f"http://{loopback(settings.actions.host)}:{settings.actions.port}/webhook"
    return Program(
        name="rasa",
        argv=(
            *(str(ROOT / ".venv-rasa" / "bin" / "python"), "-m", "bot.rasa.serve", "run", "--enable-api"),
            *("--interface", host, "--port", str(port), "--model", str(model_file(ROOT))),
            *("--endpoints", "endpoints.yml", "--credentials", "credentials.yml"),
        ),
        env={
            **RASA_ENV,
            "PYTHONPATH": str(ROOT),
            "OMP_NUM_THREADS": "1",
            "YIDAO_RASA_API_TOKEN": token,
            "YIDAO_RASA_TOKEN": rasa_token(settings),
            "YIDAO_ACTIONS_URL": actions,
            "YIDAO_ACTIONS_TOKEN": actions_token(settings),
            "YIDAO_ACTIONS_DEADLINE_S": str(settings.actions.deadline_s),
            "YIDAO_TRACKER_DB": tracker_file(settings),
        },
        probe=Probe(f"http://{loopback(host)}:{port}/status?{urlencode({'token': token})}"),
        files=(model_file(ROOT),),
    )


def _bot(settings: Settings) -> Program:
    return Program(
        name="bot",
        env={"OMP_NUM_THREADS": "1"},
        probe=Probe(f"{address(settings)}/readyz", timeout_s=5.0),
    )
