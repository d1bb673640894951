"""How a conversation is heard: answers joined to questions, pieces of sentences, complaints over turns."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, cast

import pytest

from actions.safety.gate import Gate, load_gate
from actions.safety.listening import MOST_COMPLAINTS, Heard, hear_on, read_turn, weigh_turn
from actions.safety.persons import Persons
from actions.safety.spread import TURNS, evaluate_ordinary, evaluate_spread
from actions.safety.vote import DISPOSITIONS, Facts, Opinion, Vote
from bot.settings import ROOT

GATE = load_gate(ROOT / "knowledge" / "hospital")
DANGER = "腿有点沉，走路慢"


@dataclass
class SimulatedVote:
    """Says what it was told to say of a text; everything else is routine, booking is no complaint."""

    alarms: frozenset[str] = frozenset({DANGER})
    judged: list[str] = field(default_factory=list)

    def judge(self, text: str, facts: Facts) -> Opinion:
        self.judged.append(text)
        alarm = text in self.alarms
        likeliest = "emergency" if alarm else "none" if "挂号" in text else "routine"
        probabilities: Mapping[str, float] = {name: float(name == likeliest) for name in DISPOSITIONS}
        return Opinion(probabilities, alarm)


def gate_with(vote: SimulatedVote) -> Gate:
    return replace(GATE, vote=cast(Vote, vote))


def listen(gate: Gate, *texts: str) -> tuple[Sequence[str], Heard]:
    """The level after each turn, and what is heard at the end."""
    persons, heard, levels = Persons(), Heard(), list[str]()
    for text in texts:
        readings = read_turn(gate, heard, None, [text])
        verdict = gate.screen(readings.rules, persons)
        persons = verdict.persons
        verdict, heard = weigh_turn(gate, heard, readings, verdict)
        levels.append(verdict.level)
    return levels, heard


def test_a_short_answer_is_read_with_its_question() -> None:
    readings = read_turn(GATE, Heard(), "胸口疼吗？", ["有"])
    assert readings.text == "有"
    assert "胸口疼" in readings.said
    assert readings.rules[0] == readings.said


def test_a_piece_is_read_with_the_utterance_before_it_and_a_sentence_is_not() -> None:
    heard = Heard(last="我胸口压着")
    assert "我胸口压着疼得厉害" in read_turn(GATE, heard, None, ["疼得厉害"]).rules
    long = "我想问一下门诊楼几点开门，下午还能不能挂号"
    assert read_turn(GATE, Heard(last=long), None, [long]).rules == (long,)


def test_every_alternative_of_a_transcript_is_read() -> None:
    readings = read_turn(GATE, Heard(), None, ["凶口疼", "胸口疼"])
    assert {"凶口疼", "胸口疼"} <= set(readings.rules)
    assert {"凶口疼", "胸口疼"} <= set(readings.vote)


def test_complaints_over_turns_are_judged_together() -> None:
    vote = SimulatedVote()
    levels, heard = listen(gate_with(vote), "腿有点沉", "我要挂号", "走路慢")
    assert levels == ["none", "none", "emergency"]
    assert DANGER in vote.judged
    assert heard == Heard()


def test_what_is_no_complaint_is_not_carried_on() -> None:
    vote = SimulatedVote()
    _, heard = listen(gate_with(vote), "我要挂号", "挂号要多少钱")
    assert heard.complaints == ()
    assert vote.judged.count("我要挂号，挂号要多少钱") == 0


def test_only_the_latest_complaints_are_kept() -> None:
    _, heard = listen(gate_with(SimulatedVote()), *(f"膝盖有点不灵便{place}" for place in "甲乙丙丁戊"))
    assert [text[-1] for text in heard.complaints] == list("乙丙丁戊")
    assert len(heard.complaints) == MOST_COMPLAINTS


def test_without_a_vote_the_rules_are_heard_on() -> None:
    readings = read_turn(GATE, Heard(), None, ["膝盖疼"])
    verdict = GATE.screen(readings.rules, Persons())
    assert weigh_turn(GATE, Heard(), readings, verdict) == (verdict, Heard(last="膝盖疼"))
    assert hear_on(Heard(last="x", complaints=("y",)), readings, replace(verdict, level="emergency")) == Heard()


def test_figures_of_conversations() -> None:
    turns = [{"asked": None, "text": text} for text in ("腿有点沉", "我要挂号", "走路慢")]
    rows: list[dict[str, Any]] = [
        {"id": "a", "lang": "zh", "turns": turns, "alarm_at": 2},
        {"id": "b", "lang": "zh", "turns": turns, "alarm_at": None},
        {"id": "c", "lang": "zh", "turns": turns[:2], "alarm_at": 1},
        {"id": "d", "lang": "zh", "turns": turns[1:2], "alarm_at": None},
    ]
    found = evaluate_spread(rows, gate_with(SimulatedVote()))
    assert found["n"] == 4
    assert found["metrics"]["sensitivity"] == pytest.approx(0.5)
    assert found["metrics"]["specificity"] == pytest.approx(0.5)
    assert found["metrics"]["early"] == 0.0
    assert [row["at"] for row in found["rows"]] == [2, 2, None, None]


def test_false_alarms_are_told_by_turn_and_by_conversation() -> None:
    rows = [{"id": str(place), "lang": "zh", "text": "我要挂号"} for place in range(2 * TURNS)]
    rows += [{"id": "alone", "lang": "en", "text": "腿有点沉，走路慢"}]
    rows[1] = {"id": "1", "lang": "zh", "text": "腿有点沉"}
    rows[3] = {"id": "3", "lang": "zh", "text": "走路慢"}
    metrics = evaluate_ordinary(rows, gate_with(SimulatedVote()))["metrics"]
    assert metrics["false_alarms"] == pytest.approx(1 / 13, abs=1e-3)
    assert metrics["by_lang"]["zh"] == {"false_alarms": 0.0, "alarms_per_1000_conversations": 500.0}
    assert metrics["by_lang"]["en"] == {"false_alarms": 1.0, "alarms_per_1000_conversations": 1000.0}
    assert evaluate_ordinary([], GATE)["metrics"]["alarms_per_1000_conversations"] is None
