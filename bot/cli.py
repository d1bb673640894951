"""The `yidao` command.

Each subcommand imports what it needs, so that `--help` is quick and one broken part breaks only itself.
"""

import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
from pydantic import ValidationError

from actions.errors import YidaoError
from bot.settings import ROOT, Settings
from bot.setup.faults import SetupFault, StepFailed
from knowledge.errors import KnowledgeError

main = typer.Typer(
    name="yidao",
    help="Yidao 医导, the hospital front desk that never sleeps.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
models = typer.Typer(help="The weights in models/manifest.toml.", no_args_is_help=True)
admin = typer.Typer(help="What an administrator does at the command line.", no_args_is_help=True)
main.add_typer(models, name="models")
main.add_typer(admin, name="admin")


@contextmanager
def _told() -> Iterator[Settings]:
    """The settings; a fault inside becomes one sentence and exit status 1."""
    os.umask(0o077)  # what a command writes is for this account only
    try:
        yield Settings()
    except ValidationError as fault:
        wrong = fault.errors()[0]
        _fail(f"The setting {'.'.join(map(str, wrong['loc']))} is wrong: {wrong['msg']} (settings.bad)")
    except StepFailed as fault:
        typer.echo(fault.tail, err=True)
        _fail(f"{fault} ({fault.code})")
    except (YidaoError, SetupFault, KnowledgeError) as fault:
        _fail(f"{fault} ({fault.code})")


def _fail(sentence: str) -> None:
    typer.echo(sentence, err=True)
    raise typer.Exit(1)


@main.command()
def up() -> None:
    """Run everything in the foreground until Ctrl-C."""
    from bot.processes.up import up as run

    with _told() as settings:
        raise typer.Exit(run(settings, lambda line: print(line, flush=True)))


@main.command()
def train(force: Annotated[bool, typer.Option("--force", help="Train even if nothing has changed.")] = False) -> None:
    """Train the gate's second vote, the guide and Rasa, each unless it is current."""
    from concurrent.futures import ThreadPoolExecutor

    from bot.gate_training import train_vote
    from bot.guide_training import train_guide
    from bot.training import train as run

    with _told() as settings, ThreadPoolExecutor(max_workers=1) as beside:
        # One after the other in one thread, while Rasa trains in a process of its own.
        learning = beside.submit(train_vote, settings, force)
        guiding = beside.submit(train_guide, settings, force)
        done = run(settings, force)
        vote = learning.result()
        if vote.fresh:
            typer.echo(f"The gate's second vote is new, learned from {vote.cases} cases.")
        guide = guiding.result()
        if guide.fresh:
            typer.echo(
                f"The guide is new, learned from {guide.cases} cases; of held-out ones {guide.at_1:.1%} right at once, "
                f"{guide.at_3:.1%} among three."
            )
        typer.echo(
            "A new model is in place; a running Rasa serves it after its next start."
            if done
            else "The model is current."
        )


@models.command("pull")
def pull() -> None:
    """Fetch the weights that are missing or wrong, and check every one."""
    import os

    from bot.setup.environments import Installer, environments
    from bot.setup.progress import Console
    from bot.setup.weights import pull as fetch
    from bot.setup.weights import read_manifest, verify

    with _told():
        weights = read_manifest(ROOT / "models" / "manifest.toml", environments(ROOT))
        log = ROOT / ".setup" / "weights.log"
        log.parent.mkdir(exist_ok=True)
        with Console(sys.stdout).progress("weights"):
            fetched = fetch(weights, Installer(ROOT, os.environ), log)
            verify(weights)
        typer.echo(f"{len(weights)} weights are what models/manifest.toml names; {len(fetched)} were fetched again.")


@main.command()
def ingest(
    paths: Annotated[
        list[Path] | None, typer.Argument(help="Files or folders; the hospital's topics by default.")
    ] = None,
) -> None:
    """Take documents into the knowledge base; starts Chroma for the time of it where it does not run."""
    from bot.processes.up import chroma_running
    from knowledge.ingest import ingest_paths

    with _told() as settings:
        hospital = settings.path(settings.knowledge.hospital)
        with chroma_running(settings):
            report = ingest_paths(paths or [hospital / "topics"], settings.knowledge)
        for problem in report.problems:
            typer.echo(f"left out: {problem.source}: {problem.reason}", err=True)
        done = f"{report.embedded} embedded now" if report.changed else "unchanged"
        typer.echo(f"Version {report.version}: {report.documents} documents, {report.passages} passages, {done}.")


@main.command()
def kiosks() -> None:
    """Print the address that each kiosk's page is opened with."""
    from bot.kiosk.places import load_kiosks
    from bot.processes.programs import address
    from bot.secrets import kiosk_token

    with _told() as settings:
        secret = settings.bot.device_secret
        for name, place in load_kiosks(settings.path(settings.knowledge.hospital)).items():
            token = f"#device={kiosk_token(secret, name)}" if secret else ""
            typer.echo(f"{address(settings)}/?kiosk={name}{token}  {place['zh']}")
        if secret is None:
            typer.echo("Any page on the network can be any of them: set bot.device_secret.", err=True)


@main.command()
def chat(
    language: Annotated[str, typer.Option(help="zh or en.")] = "zh",
    url: Annotated[str | None, typer.Option(help="Address of a running Yidao; the settings' own by default.")] = None,
) -> None:
    """Talk to a running Yidao from the terminal."""
    from bot.chat import chat as run
    from bot.processes.programs import address

    with _told() as settings:
        run(url or address(settings), language, settings.bot.device_secret, sys.stdin, sys.stdout)


@main.command("eval")
def evaluate(
    suite: Annotated[str, typer.Argument(help="Name of the suite, such as intent.")],
    data: Annotated[Path, typer.Option(help="Cases, one JSON object a line.")],
    out: Annotated[Path, typer.Option(help="Where the scorecard goes (JSON).")],
    corpus: Annotated[Path | None, typer.Option(help="Documents of the retrieval suite.")] = None,
    held_back: Annotated[
        Path | None, typer.Option(help="The other half of the cases: its rates are put beside, its rows never shown.")
    ] = None,
) -> None:
    """Measure a suite of cases against the running code."""
    from bot.evaluation import evaluate as run
    from bot.evaluation import evaluate_halves

    with _told() as settings:
        _write(
            out,
            evaluate_halves(suite, data, held_back, settings) if held_back else run(suite, data, corpus, settings),
        )


@main.command()
def bench(
    name: Annotated[str, typer.Argument(help="Name of the benchmark, such as api.")],
    out: Annotated[Path, typer.Option(help="Where the figures go (JSON).")],
) -> None:
    """Measure speed and memory, each beside what it is compared with."""
    from bot.benchmarks import bench as run

    with _told() as settings:
        _write(out, run(name, settings))


def _write(out: Path, result: Any) -> None:
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(json.dumps(result, ensure_ascii=False, indent=2) + "\n")


@main.command()
def doctor() -> None:
    """Check the installation; each line is good, or says how to mend it."""
    from bot.processes.doctor import examine, report

    with _told() as settings:
        raise typer.Exit(report(examine(settings), typer.echo))


@main.command()
def serve(name: Annotated[str, typer.Argument(help="chroma, actions, rasa or bot.")]) -> None:
    """Be one of the processes, in the foreground, without the supervisor."""
    from bot.processes.programs import NAMES
    from bot.processes.serve import serve as run

    if name not in NAMES:
        raise typer.BadParameter(f"choose one of {', '.join(NAMES)}")
    with _told() as settings:
        run(name, settings)


@admin.command("make-demo")
def make_demo() -> None:
    """Bring the database to its newest form and fill it with the demo hospital."""
    from bot.demo import make_demo as run

    with _told() as settings:
        run(settings)


@admin.command("create-user")
def create_user(
    name: Annotated[str, typer.Argument(help="Sign-in name.")],
    role: Annotated[str, typer.Option(help="Role in the console, such as admin or nurse.")] = "admin",
) -> None:
    """Make a console account; asks for the password, or reads it from standard input."""
    from actions.records.database import migrate
    from bot.console.accounts import Accounts
    from bot.services import make_records

    with _told() as settings:
        if sys.stdin.isatty():
            password = typer.prompt("Password", hide_input=True, confirmation_prompt=True)
        else:
            password = sys.stdin.readline().rstrip("\n")
        migrate(settings.records_url)
        records = make_records(settings)
        Accounts(records.database, records.clock).create(name, password, role, actor="cli")
        typer.echo(f"{name} can sign in as {role}.")


if __name__ == "__main__":
    main()
