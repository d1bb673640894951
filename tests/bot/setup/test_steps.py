import io
from pathlib import Path

import pytest

from bot.setup.faults import StepFailed
from bot.setup.progress import Console
from bot.setup.steps import Stamps, Step, fingerprint


class Bench:
    """A folder with one input, one output and a step that counts its runs."""

    def __init__(self, folder: Path) -> None:
        self.input = folder / "input"
        self.output = folder / "output"
        self.input.mkdir()
        (self.input / "a.txt").write_text("one")
        self.runs = 0
        self.stamps = Stamps(folder / "stamps", Console(io.StringIO()))

    def work(self, log: Path) -> None:
        self.runs += 1
        self.output.write_text("made")

    def step(self, *facts: str) -> Step:
        return Step("work", "work", self.work, (self.input,), facts, (self.output,))


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


def test_unchanged_inputs_skip(bench: Bench) -> None:
    assert [bench.stamps.run(bench.step()) for _ in range(3)] == [True, False, False]
    assert bench.runs == 1


@pytest.mark.parametrize(
    "change",
    [
        lambda bench: (bench.input / "a.txt").write_text("two"),
        lambda bench: (bench.input / "b.txt").write_text(""),
        lambda bench: (bench.input / "a.txt").rename(bench.input / "c.txt"),
        lambda bench: (bench.input / "a.txt").unlink(),
        lambda bench: bench.output.unlink(),
        lambda bench: bench.stamps.stamp("work").write_text("{torn"),
    ],
    ids=["changed", "added", "renamed", "removed", "output gone", "torn stamp"],
)
def test_a_change_runs_it_again(bench: Bench, change: object) -> None:
    bench.stamps.run(bench.step())
    assert callable(change)
    change(bench)
    assert bench.stamps.run(bench.step())
    assert not bench.stamps.run(bench.step())


def test_a_fact_is_an_input(bench: Bench) -> None:
    bench.stamps.run(bench.step("python 3.10"))
    assert bench.stamps.run(bench.step("python 3.11"))


def test_pythons_caches_are_no_input(bench: Bench) -> None:
    before = fingerprint((bench.input,))
    (bench.input / "__pycache__").mkdir()
    (bench.input / "__pycache__" / "a.pyc").write_text("x")
    assert fingerprint((bench.input,)) == before


def test_a_failed_step_runs_again(bench: Bench) -> None:
    bench.stamps.run(bench.step())

    def fail(log: Path) -> None:
        raise StepFailed("no")

    with pytest.raises(StepFailed):
        bench.stamps.run(Step("work", "work", fail, (bench.input,), (), (bench.output,)), force=True)
    assert bench.stamps.run(bench.step())


def test_an_input_changed_during_the_work_runs_it_again(bench: Bench) -> None:
    def meddled(log: Path) -> None:
        bench.work(log)
        (bench.input / "a.txt").write_text("meddled")

    bench.stamps.run(Step("work", "work", meddled, (bench.input,), (), (bench.output,)))
    assert bench.stamps.run(bench.step())
