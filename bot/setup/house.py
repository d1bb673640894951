"""The second half of setup, inside `.venv`: weights, model, records, index. `python -m bot.setup.house`.

Each step is a command of `yidao` that an operator can also run alone; a stamp in `<state>/setup` skips it while its
inputs are unchanged.
"""

from __future__ import annotations

import sys
from pathlib import Path

from bot.gate_training import is_vote_current
from bot.guide_training import is_guide_current
from bot.settings import ROOT, Settings
from bot.setup import weights
from bot.setup.environments import environments
from bot.setup.faults import SetupFault, StepFailed
from bot.setup.progress import Console, run_logged
from bot.setup.steps import Stamps, Step
from bot.training import is_current, model_file


def house_steps(settings: Settings, root: Path) -> list[Step]:
    """Database with the demo hospital, then the index."""
    yidao = str(environments(root)["main"].folder / "bin" / "yidao")
    hospital = settings.path(settings.knowledge.hospital)
    records = settings.records_url
    file = Path(records.removeprefix("sqlite:///")) if records.startswith("sqlite:///") else None
    lock = root / "requirements" / "main.lock"
    return [
        Step(
            name="hospital",
            title="demo hospital",
            work=lambda log: run_logged([yidao, "admin", "make-demo"], log, root),
            inputs=(hospital, root / "actions" / "records", root / "bot" / "demo.py"),
            facts=(records,),
            outputs=(file,) if file else (),
        ),
        Step(
            name="knowledge",
            title="knowledge index",
            work=lambda log: run_logged([yidao, "ingest"], log, root),
            inputs=(hospital, root / "knowledge", lock),
            facts=(settings.knowledge.chroma_host, str(settings.path(settings.knowledge.index))),
            outputs=(settings.path(settings.knowledge.index),),
        ),
    ]


def prepare(settings: Settings, root: Path, console: Console) -> None:
    """Run what is not done; raises SetupFault."""
    weights.verify(weights.read_manifest(root / "models" / "manifest.toml", environments(root)))
    state = settings.path(settings.state)
    stamps = Stamps(state / "setup", console)
    stamps.folder.mkdir(parents=True, exist_ok=True)
    if not (is_current(root) and is_vote_current(settings, root) and is_guide_current(settings, root)):
        yidao = str(environments(root)["main"].folder / "bin" / "yidao")
        train = Step("train", f"training {model_file(root).name}", lambda log: run_logged([yidao, "train"], log, root))
        stamps.run(train, force=True)
    for step in house_steps(settings, root):
        stamps.run(step)


def main() -> int:
    """The exit status: 0 done, 1 a fault, 130 interrupted."""
    try:
        prepare(Settings(), ROOT, Console(sys.stdout))
    except SetupFault as fault:
        if isinstance(fault, StepFailed) and fault.tail:
            print(fault.tail, file=sys.stderr)
        print(f"{fault} ({fault.code})", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("Interrupted; the same command continues where this one stopped.", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
