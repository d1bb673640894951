"""`yidao bench`: speed and memory, each measured in one run beside what it is compared with.

bench("api", Settings())["figures"]["p50_ratio_to_rasa"]
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from bot.benchmarks.api import bench_api
from bot.benchmarks.faults import BenchmarkNotBuilt, UnknownBenchmark
from bot.benchmarks.gate import bench_gate
from bot.benchmarks.machine import machine
from bot.settings import Settings

__all__ = ["BENCHMARKS", "LATER", "bench"]

BENCHMARKS: Mapping[str, Callable[[Settings], dict[str, Any]]] = MappingProxyType(
    {"api": bench_api, "gate": bench_gate}
)
"""What can be measured, by name."""
LATER = ("registration", "retrieval", "stt", "voice", "phone", "wechat")
"""Benchmarks that are not written yet."""


def bench(name: str, settings: Settings) -> dict[str, Any]:
    """`{"name", "machine", "figures"}`; the machine's load is that before the start.

    Raises BenchmarkFault for a name without figures, or where what is measured does not work.
    """
    if name in LATER:
        raise BenchmarkNotBuilt(f"The benchmark {name} is not built yet; there are {', '.join(BENCHMARKS)}.")
    if name not in BENCHMARKS:
        raise UnknownBenchmark(f"There is no benchmark {name!r}; there are {', '.join(BENCHMARKS)}.")
    before = machine()
    return {"name": name, "machine": before, "figures": BENCHMARKS[name](settings)}
