"""How a conversation is heard: a turn with the question it answers, pieces of a sentence, complaints over turns.

    readings = read_turn(gate, heard, question, ["疼得厉害"])
    verdict = gate.screen(readings.rules, persons)
    verdict, heard = weigh_turn(gate, heard, readings, verdict)

A danger may be told bit by bit: "I need a day off", "my left arm is numb", "and my tongue is thick". The rules keep
what they know of each person; the vote judges the last complaints of the patient together.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from actions.safety.gate import Gate, Verdict
from actions.safety.vote import language_of

PIECE_CHARS = 12
"""Longest utterance that may be a piece of a sentence, in characters."""
LONGEST_KEPT = 300
"""Characters of an utterance that are heard again with the next."""
MOST_COMPLAINTS = 4
"""Complaints that are judged together, the latest ones."""
_JOINT = {"zh": "，", "en": ". "}


@dataclass(frozen=True, slots=True)
class Heard:
    """What is still in the ear of a conversation."""

    last: str = ""
    """The utterance before, unless it raised an alarm: then it is no piece of the next sentence."""
    complaints: tuple[str, ...] = ()
    """The latest utterances that spoke of a complaint, oldest first; none from before an alarm."""


@dataclass(frozen=True, slots=True)
class Readings:
    """The ways in which one turn is read."""

    text: str
    """The turn as it was typed or most likely spoken."""
    said: str
    """The same, joined to the question it answers."""
    rules: tuple[str, ...]
    """What the rules screen; the first counts as what was said."""
    vote: tuple[str, ...]
    """What the vote judges, each by itself."""


def read_turn(gate: Gate, heard: Heard, question: str | None, texts: Sequence[str]) -> Readings:
    """The readings of a turn: `texts` are what was typed, or the transcript and its alternatives, likeliest first."""
    joined = [gate.join(question, text) for text in texts]
    # Speech comes in pieces: "我胸口", then "疼得厉害". A short piece is heard together with the one before it.
    short = min(len(heard.last), len(texts[0])) <= PIECE_CHARS
    pieces = [f"{heard.last} {texts[0]}", f"{heard.last}{texts[0]}"] if heard.last and short else []
    said = tuple(dict.fromkeys([*joined, *texts]))
    return Readings(texts[0], joined[0], tuple(dict.fromkeys([*said, *pieces])), said)


def weigh_turn(gate: Gate, heard: Heard, readings: Readings, verdict: Verdict) -> tuple[Verdict, Heard]:
    """The rules' verdict with the vote's opinion of the turn and of the complaints so far; what is heard from now on.

    Takes about as long as embedding each reading (13 ms for a sentence), and one more where there were complaints
    before. Raises EmbedderUnavailable.
    """
    verdict = gate.second_opinion(readings.vote, verdict)
    if gate.vote is None or verdict.level == "emergency":
        return verdict, hear_on(heard, readings, verdict)
    opinion = gate.opinion(readings.said)
    if opinion is None or opinion.disposition == "none":
        return verdict, hear_on(heard, readings, verdict)
    complaints = (*heard.complaints, readings.said[:LONGEST_KEPT])[-MOST_COMPLAINTS:]
    if len(complaints) > 1:
        story = _JOINT[language_of(complaints[-1])].join(complaints)
        verdict = gate.second_opinion([story], verdict)
    return verdict, hear_on(replace(heard, complaints=complaints), readings, verdict)


def hear_on(heard: Heard, readings: Readings, verdict: Verdict) -> Heard:
    """What is in the ear after a turn; also where only the rules could judge it."""
    if verdict.level == "emergency":
        return Heard()
    return replace(heard, last=readings.text[-LONGEST_KEPT:])
