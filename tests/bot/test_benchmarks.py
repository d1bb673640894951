"""`yidao bench`: what is compared with what, how times become figures, and the whole in its short form."""

import asyncio
import json
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml
from pydantic import ValidationError

from bot.benchmarks import BENCHMARKS, LATER, bench
from bot.benchmarks.api import (
    CROWDS,
    ROUNDS_PER_TALK,
    SHORT,
    Sample,
    Size,
    compare,
    embedding_ms,
    ratios,
    size,
    throughput,
)
from bot.benchmarks.faults import BenchmarkNotBuilt, NotStarted, UnknownBenchmark, WrongReply
from bot.benchmarks.figures import percentile, spread
from bot.benchmarks.machine import Neighbours, busy_s, cpu_model, machine, own_s
from bot.benchmarks.script import FILE, Line, Script, load_script
from bot.benchmarks.sides import Api, RestRasa
from bot.benchmarks.system import NAMES, System
from bot.processes.faults import NotSetUp
from bot.settings import ROOT, Settings

LINE = Line(kind="form", text="我想挂号", says=("registration.ask_department",))
QUESTION = Line(kind="question", text="停车", says=("answer",))


class SimulatedSide:
    """Notes who is spoken to, and how many speak at once."""

    def __init__(self, name: str, heard: list[tuple[str, str]]) -> None:
        self.name = name
        self.heard = heard
        self.opened = 0
        self.speaking = 0
        self.most = 0

    async def open(self) -> "SimulatedSide":
        self.opened += 1
        return self

    async def say(self, line: Line) -> None:
        self.heard.append((self.name, line.text))
        self.speaking += 1
        self.most = max(self.most, self.speaking)
        await asyncio.sleep(0)
        self.speaking -= 1


def test_names_that_have_no_figures() -> None:
    for name in LATER:
        with pytest.raises(BenchmarkNotBuilt, match=f"{name} is not built yet; there are api"):
            bench(name, Settings())
    with pytest.raises(UnknownBenchmark, match="no benchmark 'moon'"):
        bench("moon", Settings())
    assert not set(LATER) & set(BENCHMARKS)


@pytest.mark.parametrize(("share", "value"), [(0.1, 10.0), (0.11, 20.0), (0.5, 50.0), (0.9, 90.0), (1.0, 100.0)])
def test_percentiles_by_nearest_rank(share: float, value: float) -> None:
    assert percentile([float(ten) for ten in range(10, 101, 10)], share) == value


def test_a_spread_in_any_order() -> None:
    assert spread([3.0, 1.0, 2.0]) == {"n": 3, "p50_ms": 2.0, "p10_ms": 1.0, "p90_ms": 3.0}


def test_the_ratio_leaves_out_what_rasa_does_not_do() -> None:
    samples = [Sample("small_talk", 24.0, 20.0), Sample("form", 60.0, 40.0), Sample("question", 900.0, 1.0)]
    found = ratios(samples)
    assert found["p50_ratio_to_rasa"] == found["overall"]["p50_ratio_to_rasa"] == 1.4
    assert {kind: each["p50_ratio_to_rasa"] for kind, each in found["by_kind"].items()} == {
        "small_talk": 1.2,
        "form": 1.5,
        "question": 900.0,
    }


def test_the_script_fits_the_wording() -> None:
    script = load_script()
    files = (ROOT / "data" / "wording").glob("*.yml")
    known = {key for file in files for key in yaml.safe_load(file.read_text("utf-8"))}
    assert {key for line in script.turns for key in line.says} <= known
    assert [line.kind for line in script.round(0)].count("form") >= 2
    asked = {[line.text for line in script.round(number)][-1] for number in range(len(script.questions))}
    assert asked == set(script.questions)
    assert len(list(script.round(0))) == len(script.turns) + 1


@pytest.mark.parametrize("wrong", [{"turns": []}, {"opening": ""}, {"colour": "red"}])
def test_a_script_that_does_not_fit_is_refused(tmp_path: Path, wrong: dict[str, Any]) -> None:
    body = {**yaml.safe_load(FILE.read_text("utf-8")), **wrong}
    (tmp_path / "api.yml").write_text(json.dumps(body))
    with pytest.raises(ValidationError, match=next(iter(wrong))):
        load_script(tmp_path / "api.yml")


async def test_turns_alternate_and_warming_up_is_not_counted() -> None:
    heard: list[tuple[str, str]] = []
    ours, theirs = SimulatedSide("api", heard), SimulatedSide("rasa", heard)
    script = Script(opening="hello", turns=(LINE,), questions=("a?", "b?"))
    samples = await compare(script, Size(rounds=2, warm_up=1, crowd_turns=1), ours, theirs)
    assert [sample.kind for sample in samples] == ["form", "question"] * 2
    assert ours.opened == theirs.opened == 3
    assert all(sample.api_ms > 0 and sample.rasa_ms > 0 for sample in samples)
    timed = [who for who, text in heard if text != "hello"]
    assert timed == ["api", "rasa", "rasa", "api", "rasa", "api", "api", "rasa", "api", "rasa", "rasa", "api"]


@pytest.mark.parametrize("crowd", CROWDS)
async def test_a_crowd_speaks_at_once_and_nobody_is_left_out(crowd: int) -> None:
    heard: list[tuple[str, str]] = []
    side = SimulatedSide("api", heard)
    script = load_script()
    got = await throughput(script, SHORT, side, crowd)
    assert got.per_s > 0
    assert got.failed == 0
    assert side.most == crowd
    said = [text for _, text in heard if text != script.opening]
    assert len(said) >= SHORT.crowd_turns * 0.8
    assert len(said) % (crowd * len(script.turns)) == 0
    assert len(said) / side.opened <= ROUNDS_PER_TALK * len(script.turns)


async def test_a_crowd_tells_who_got_no_real_answer() -> None:
    class SimulatedOverload(SimulatedSide):
        async def say(self, line: Line) -> None:
            late = len(self.heard) == 11
            await super().say(line)
            if late:
                raise WrongReply("too late")

    heard: list[tuple[str, str]] = []
    script = load_script()
    got = await throughput(script, Size(rounds=1, warm_up=0, crowd_turns=1), SimulatedOverload("api", heard), 8)
    assert got.failed == 1
    # eight openings, and the fourth turn of all failed: its conversation said nothing after its first
    assert len(heard) == 8 + 7 * len(script.turns) + 1


async def test_what_is_no_wrong_answer_ends_the_run() -> None:
    class SimulatedOutage(SimulatedSide):
        async def say(self, line: Line) -> None:
            if line.kind == "form":
                raise httpx.ConnectError("gone")

    with pytest.raises(httpx.ConnectError):
        await throughput(load_script(), SHORT, SimulatedOutage("api", []), 8)


def test_the_embedding_is_timed_alone() -> None:
    class SimulatedEmbedder:
        def query(self, text: str) -> Any:
            return [len(text)]

    times = embedding_ms(SimulatedEmbedder(), load_script(), 7)  # type: ignore[arg-type]
    assert len(times) == 7


def test_the_short_form_is_chosen_by_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("YIDAO_BENCH_SHORT", raising=False)
    assert size().rounds * 2 >= 100
    monkeypatch.setenv("YIDAO_BENCH_SHORT", "1")
    assert size() is SHORT
    assert SHORT.rounds * 2 >= 30


def answering(status: int, body: Any) -> httpx.AsyncClient:
    transport = httpx.MockTransport(lambda request: httpx.Response(status, json=body))
    return httpx.AsyncClient(base_url="http://test", transport=transport)


SAID = {"text": "哪个科？", "citations": []}


@pytest.mark.parametrize(
    ("line", "status", "body"),
    [
        (LINE, 503, {"error": {}}),
        (LINE, 200, {"status": "bot", "messages": []}),
        (LINE, 200, {"status": "waiting", "messages": [SAID]}),
        (QUESTION, 200, {"status": "bot", "messages": [SAID]}),
    ],
    ids=["refused", "silent", "an apology with a ticket", "no source"],
)
async def test_our_answer_must_be_a_real_one(line: Line, status: int, body: Any) -> None:
    talk = await Api(answering(201, {"conversation_id": "c", "token": "t"})).open()
    talk._http = answering(status, body)  # type: ignore[attr-defined]
    with pytest.raises(WrongReply, match=line.text):
        await talk.say(line)


async def test_our_real_answer_passes() -> None:
    talk = await Api(answering(201, {"conversation_id": "c", "token": "t"})).open()
    talk._http = answering(200, {"status": "bot", "messages": [SAID]})  # type: ignore[attr-defined]
    assert await talk.say(LINE) is None
    with pytest.raises(WrongReply, match="No conversation"):
        await Api(answering(429, {"error": {}})).open()


@pytest.mark.parametrize(
    "body",
    [
        [],
        [{"custom": {"say": "control.not_understood"}}],
        [{"custom": {"say": LINE.says[0]}}, {"custom": {"say": "x"}}],
        [{"text": "a sentence"}],
    ],
    ids=["a failure inside Rasa", "misunderstood", "more than expected", "no payload"],
)
async def test_rasa_must_say_what_the_script_expects(body: Any) -> None:
    with pytest.raises(WrongReply, match="not with"):
        await (await RestRasa(answering(200, body)).open()).say(LINE)


async def test_rasa_gets_what_our_own_channel_sends_it() -> None:
    seen: list[dict[str, Any]] = []

    def receive(request: httpx.Request) -> httpx.Response:
        seen.append(json.loads(request.content))
        return httpx.Response(200, json=[{"recipient_id": "x", "custom": {"answer": True}}])

    http = httpx.AsyncClient(base_url="http://test", transport=httpx.MockTransport(receive))
    side = RestRasa(http)
    for _ in range(2):
        await (await side.open()).say(QUESTION)
    assert seen[0]["message"] == "停车"
    assert seen[0]["metadata"] == {"language": "zh", "choice": None, "text": "停车"}
    assert seen[0]["sender"] != seen[1]["sender"]


def test_a_machine_tells_what_it_is(tmp_path: Path) -> None:
    cpuinfo = tmp_path / "cpuinfo"
    cpuinfo.write_text("processor\t: 0\nmodel name\t: Fast Chip 9\nmodel name\t: Fast Chip 9\n")
    assert cpu_model(cpuinfo) == "Fast Chip 9"
    assert cpu_model(tmp_path / "none") != ""
    told = machine()
    assert told["cores"] >= 1
    assert told["memory_gb"] > 0
    assert told["load_1m"] >= 0


def test_what_others_do_is_all_work_less_our_own() -> None:
    busy, own, clock = iter([100.0, 118.0]), iter([40.0, 52.0]), iter([1000.0, 1010.0])
    others = Neighbours(lambda: next(busy), lambda: next(own), lambda: next(clock))
    assert others.cores() == 0.6
    assert busy_s() > own_s() > 0


def test_a_system_of_its_own_takes_nothing_from_the_house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("YIDAO_SECRET", "c2VjcmV0")
    source = Settings(state=tmp_path / "var", secret=None)
    source.knowledge.index = tmp_path / "var" / "knowledge"
    (tmp_path / "new").mkdir()
    with pytest.raises(NotSetUp, match="chroma is missing: run `make setup`"):
        System.in_folder(tmp_path / "new", source)
    for part in ("chroma", "knowledge"):
        (tmp_path / "var" / part).mkdir(parents=True)
    system = System.in_folder(tmp_path / "new", source, YIDAO_LOG_LEVEL="DEBUG")
    assert set(system.ports) == set(NAMES)
    assert len(set(system.ports.values())) == len(NAMES)
    assert "YIDAO_SECRET" not in system.env
    assert system.env["YIDAO_LOG_LEVEL"] == "DEBUG"
    assert system.env["YIDAO_STATE"] == str(tmp_path / "new")
    assert system.rss_mb() == {}


def test_a_system_that_does_not_start_says_why(tmp_path: Path) -> None:
    for part in ("chroma", "knowledge"):
        (tmp_path / "var" / part).mkdir(parents=True)
    source = Settings(state=tmp_path / "var")
    source.knowledge.index = tmp_path / "var" / "knowledge"
    (tmp_path / "new").mkdir()
    system = System.in_folder(tmp_path / "new", source, YIDAO_BOT__PORT="none")
    with pytest.raises(NotStarted, match="`yidao up` ended:"):
        system.start()


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_the_whole_benchmark_in_its_short_form(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("YIDAO_BENCH_SHORT", "1")
    found = bench("api", Settings())
    assert list(found) == ["name", "machine", "figures"]
    figures = found["figures"]
    assert figures["short"] is True
    for name in ("p50_ratio_to_rasa", "cold_start_s", "warm_start_s", *(f"turns_per_s_{crowd}" for crowd in CROWDS)):
        assert figures[name] > 0
    assert {kind: each["api"]["n"] for kind, each in figures["by_kind"].items()} == {
        "small_talk": 30,
        "form": 45,
        "question": 15,
    }
    # Twice the goal: a machine at work on other things must not fail this, a lost order of magnitude must.
    assert figures["p50_ratio_to_rasa"] < 2.6
    assert set(figures["rss_mb"]) == {*NAMES, "supervision", "rasa_rest"}
    assert all(size > 10 for size in figures["rss_mb"].values())
