"""The second vote: what it sees, how it learns, and that it only ever adds."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from actions.learned import is_current
from actions.ngrams import blocks, character_grams, word_grams
from actions.safety.errors import RulesInvalid
from actions.safety.gate import Gate, load_gate
from actions.safety.learning import calibrate_vote, fingerprint_of, learn_vote, read_cases
from actions.safety.vote import DISPOSITIONS, WINDOW, Vote, load_vote, log_odds, shares, windows
from knowledge.embedder import Vector
from knowledge.errors import EmbedderUnavailable

ROOT = Path(__file__).resolve().parents[3]
OTHERS = [
    ("伤口裂开要缝", "urgent"), ("烧了三天", "urgent"), ("嗓子有点干", "self_care"), ("mild sunburn", "self_care"),
    ("今天天气好", "none"), ("thank you", "none"),
]  # fmt: skip
DANGER = [
    "胸口像压着石头",
    "嘴唇发紫叫不应",
    "血止不住地流",
    "人突然抽起来了",
    "his lips went blue",
    "blood will not stop",
]
CALM = ["想约个体检", "停车场在哪里", "感冒两天有点鼻塞", "下周复查血压", "where do I park", "a mild cold for two days"]


class SimulatedEmbedder:
    """A vector from the letters of a text; no meaning, but always the same."""

    name = "simulated"

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.broken = False

    def query(self, text: str) -> Vector:
        if self.broken:
            raise EmbedderUnavailable("no model")
        self.asked.append(text)
        vector = np.zeros(16, dtype=np.float32)
        for sign in text:
            vector[ord(sign) % 16] += 1
        return vector / max(1.0, float(np.linalg.norm(vector)))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two writers, each with both kinds in both languages."""
    folder = tmp_path_factory.mktemp("cases")
    for writer in (0, 1):
        rows = [(text, "emergency") for text in DANGER[writer::2]] + [(text, "routine") for text in CALM[writer::2]]
        rows += OTHERS[writer::2]
        rows += [(f"{text}，{writer}", name) for text, name in rows]
        lines = [json.dumps({"text": text, "disposition": name}, ensure_ascii=False) for text, name in rows]
        (folder / f"gate_{writer}.jsonl").write_text("\n".join(lines), "utf-8")
    return folder


@pytest.fixture(scope="module")
def embedder() -> SimulatedEmbedder:
    return SimulatedEmbedder()


@pytest.fixture(scope="module")
def hospital() -> Path:
    return ROOT / "knowledge" / "hospital"


@pytest.fixture(scope="module")
def vote(folder: Path, hospital: Path, embedder: SimulatedEmbedder) -> Vote:
    target = folder / "vote.npz"
    rules = load_gate(hospital)
    report = learn_vote(sorted(folder.glob("*.jsonl")), ["我想挂号", "book a visit"], hospital, rules, target, embedder)
    assert report.fresh
    assert report.cases == 38
    found = load_vote(target, embedder)
    assert found is not None
    return found


def test_grams_keep_to_their_words() -> None:
    assert list(character_grams("ab")) == [" ", "a", "b", " ", " a", "ab", "b ", " ab", "ab ", " ab "]
    assert "cant_breath" in list(word_grams("i cant breathe"))
    assert list(word_grams("喘不上气")) == []
    characters, words = blocks("喘 can't")
    assert "c:喘" in characters
    assert "w:cant" in words
    assert not set(characters) & set(words)


def test_it_learns_what_it_is_shown(vote: Vote) -> None:
    none = set[str]
    for text in DANGER:
        assert vote.judge(text, lambda _: none()).disposition == "emergency"
    for text in CALM:
        assert vote.judge(text, lambda _: none()).disposition != "emergency"


def test_probabilities_are_some() -> None:
    scores = np.array([2.0, 1.0, 0.0, 0.0, -1.0], dtype=np.float32)
    assert sum(shares(scores).values()) == pytest.approx(1.0)
    assert tuple(shares(scores)) == DISPOSITIONS
    emergency = shares(scores)["emergency"]
    assert log_odds(scores) == pytest.approx(np.log(emergency / (1 - emergency)), abs=1e-5)


def test_a_long_text_is_judged_window_by_window(vote: Vote) -> None:
    calm = "停车场在哪里。" * 40
    facts = set[str]
    assert not vote.judge(calm, lambda _: facts()).alarm
    middle = len(calm) // 2
    hidden = vote.judge(f"{calm[:middle]}嘴唇发紫叫不应。{calm[middle:]}", lambda _: facts())
    assert hidden.probabilities["emergency"] > vote.judge(calm, lambda _: facts()).probabilities["emergency"]


@pytest.mark.parametrize("text", ["", "短", "长" * 500, "一句。" * 200, "a b c. " * 100, "。" * 400])
def test_windows_lose_nothing(text: str) -> None:
    found = windows(text)
    assert all(len(window) <= WINDOW for window in found)
    assert set("".join(found)) == set(text)
    assert len("".join(found)) >= len(text)


def test_the_same_words_are_embedded_once(vote: Vote, embedder: SimulatedEmbedder) -> None:
    facts = set[str]
    vote.judge("只问一次的话", lambda _: facts())
    vote.judge("只问一次的话", lambda _: facts())
    assert embedder.asked.count("只问一次的话") == 1


def test_it_only_adds_alarms(gate: Gate, vote: Vote) -> None:
    both = Gate(gate.reader, gate.rules, gate.statements, gate.modifiers, vote)
    ruled = both.screen(["我爸胸口压着疼，一身冷汗"])
    assert both.second_opinion(["停车场在哪里"], ruled) is ruled
    calm = both.screen(["停车场在哪里"])
    assert both.second_opinion(["停车场在哪里"], calm) is calm
    assert gate.second_opinion(["嘴唇发紫"], calm) is calm  # without a vote
    assert gate.opinion("嘴唇发紫") is None


def test_what_cannot_be_embedded_is_said(vote: Vote, embedder: SimulatedEmbedder) -> None:
    embedder.broken = True
    facts = set[str]
    with pytest.raises(EmbedderUnavailable):
        vote.judge("从没听过的话", lambda _: facts())
    embedder.broken = False


def test_it_learns_anew_only_when_something_changed(folder: Path, hospital: Path, embedder: SimulatedEmbedder) -> None:
    files, target, ordinary = sorted(folder.glob("*.jsonl")), folder / "again.npz", ["我想挂号"]
    rules = load_gate(hospital)
    assert not is_current(target, fingerprint_of(files, ordinary, hospital, embedder.name))
    assert learn_vote(files, ordinary, hospital, rules, target, embedder).fresh
    assert not learn_vote(files, ordinary, hospital, rules, target, embedder).fresh
    assert learn_vote(files, [*ordinary, "谢谢"], hospital, rules, target, embedder).fresh


def test_thresholds_come_from_writers_it_did_not_learn_from(
    folder: Path, hospital: Path, embedder: SimulatedEmbedder
) -> None:
    files = sorted(folder.glob("gate_*.jsonl"))
    found = calibrate_vote(files, ["我想挂号", "book a visit"], hospital, load_gate(hospital), embedder)
    assert set(found.thresholds) == {"zh", "en"}
    assert found.specificity >= 0.8
    assert 0 <= found.sensitivity <= 1


@pytest.mark.parametrize(
    "line", ["{", "[]", '{"text": "", "disposition": "none"}', '{"text": "x"}', '{"text": "x", "disposition": "soon"}']
)
def test_a_bad_case_is_named(tmp_path: Path, line: str) -> None:
    (tmp_path / "gate_1.jsonl").write_text(line, "utf-8")
    with pytest.raises(RulesInvalid, match=r"gate_1\.jsonl, line 1"):
        read_cases([tmp_path / "gate_1.jsonl"], [])


def test_every_disposition_must_have_a_case(tmp_path: Path) -> None:
    (tmp_path / "gate_1.jsonl").write_text('{"text": "x", "disposition": "none"}', "utf-8")
    with pytest.raises(RulesInvalid, match="emergency, routine, self_care, urgent"):
        read_cases([tmp_path / "gate_1.jsonl"], [])


@pytest.mark.parametrize("content", [None, b"", b"not a zip"])
def test_without_a_vote_the_rules_judge_alone(
    tmp_path: Path, content: bytes | None, embedder: SimulatedEmbedder
) -> None:
    path = tmp_path / "vote.npz"
    if content is not None:
        path.write_bytes(content)
    assert load_vote(path, embedder) is None


def test_a_vote_of_another_embedder_is_not_used(folder: Path, vote: Vote) -> None:
    other = SimulatedEmbedder()
    other.name = "other"
    assert load_vote(folder / "vote.npz", other) is None
