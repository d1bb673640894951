"""What a benchmark ran on: figures of two machines, or of a busy one, are not to be compared."""

from __future__ import annotations

import os
import platform
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil


def machine() -> dict[str, Any]:
    """Processor, cores, memory, system, Python, and the load (1 min) at this moment."""
    return {
        "cpu": cpu_model(Path("/proc/cpuinfo")),
        "cores": len(os.sched_getaffinity(0)),
        "memory_gb": round(psutil.virtual_memory().total / 1e9, 1),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "load_1m": round(os.getloadavg()[0], 2),
    }


def cpu_model(cpuinfo: Path) -> str:
    """The processor's own name for itself; the architecture where it tells none."""
    try:
        lines = cpuinfo.read_text().splitlines()
    except OSError:
        lines = []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def busy_s() -> float:
    """Seconds for which any core of the machine has worked."""
    times = psutil.cpu_times()
    return float(times.user + times.nice + times.system + times.irq + times.softirq)


def own_s() -> float:
    """Seconds for which this process and all that it started, and that still live, have worked."""
    own = psutil.Process()
    total = 0.0
    for process in (own, *own.children(recursive=True)):
        try:
            times = process.cpu_times()
        except psutil.NoSuchProcess:
            continue
        total += times.user + times.system
    return total


class Neighbours:
    """How much of the machine others use from now on; processes of ours that end meanwhile count as others."""

    def __init__(
        self,
        busy: Callable[[], float] = busy_s,
        own: Callable[[], float] = own_s,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._busy, self._own, self._clock = busy, own, clock
        self._began = clock()
        self._others = busy() - own()

    def cores(self) -> float:
        """Cores that others kept busy since then, on average."""
        others = self._busy() - self._own() - self._others
        return round(max(others, 0.0) / (self._clock() - self._began), 2)
