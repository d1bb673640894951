"""Why a benchmark gives no figures, each as one sentence an operator can act on.

BenchmarkFault         benchmark.failed
├── UnknownBenchmark     benchmark.unknown
├── BenchmarkNotBuilt    benchmark.not_built
├── NotStarted           benchmark.not_started
└── WrongReply           benchmark.wrong_reply
"""

from actions.errors import YidaoError


class BenchmarkFault(YidaoError):
    """A benchmark gives no figures."""

    code = "benchmark.failed"


class UnknownBenchmark(BenchmarkFault):
    """No benchmark has this name."""

    code = "benchmark.unknown"


class BenchmarkNotBuilt(BenchmarkFault):
    """The benchmark is defined, but what it measures does not exist yet."""

    code = "benchmark.not_built"


class NotStarted(BenchmarkFault):
    """A process that is measured does not start; the sentence holds the end of its log."""

    code = "benchmark.not_started"


class WrongReply(BenchmarkFault):
    """A side answered something else than the script expects, so its time would mean nothing."""

    code = "benchmark.wrong_reply"
