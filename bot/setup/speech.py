"""The speech packages: torch, Whisper, SpeechBrain and Coqui, a group of their own for their size and their traps."""

from __future__ import annotations

import subprocess
from pathlib import Path

from bot.setup.environments import Environment
from bot.setup.progress import Console, run_logged
from bot.setup.steps import Stamps, Step


def install_speech(environment: Environment, root: Path, console: Console) -> None:
    """Install requirements/speech.lock into `.venv` with pip; raises StepFailed."""
    lock = root / "requirements" / "speech.lock"

    def work(log: Path) -> None:
        python = str(environment.python)
        run_logged([python, "-m", "ensurepip", "--upgrade"], log, root)
        pip = [python, "-m", "pip", "install"]
        # torch brings the libraries of its own build (none for CPU, many for CUDA), which no lock can name for both.
        torch = next(line for line in lock.read_text().splitlines() if line.startswith("torch=="))
        run_logged([*pip, torch, "-c", str(lock)], log, root)
        # Everything else exactly as locked: openai-whisper would ask for triton, which a CPU does not use.
        run_logged([*pip, "--no-deps", "-r", str(lock)], log, root)
        _unstick_torchaudio(environment, log, root)

    outputs = (environment.packages / "torch", environment.packages / "whisper", environment.packages / "TTS")
    Stamps(root / ".setup", console).run(
        Step("speech", "speech packages", work, (lock, *environment.locks), (), outputs)
    )


def _unstick_torchaudio(environment: Environment, log: Path, root: Path) -> None:
    """Remove torchaudio's CUDA library where torch is a CPU build: without it torchaudio falls back to Python."""
    probe = [str(environment.python), "-c", "import torchaudio"]
    if subprocess.run(probe, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False).returncode:
        for library in (environment.packages / "torchaudio" / "lib").glob("_torchaudio*.so"):
            library.unlink()
        run_logged(probe, log, root)
