"""Every sentence that the house refers to exists, can be said on every channel, and none lies unused."""

from __future__ import annotations

import ast
import re
import string
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from actions.guide.symptoms import load_symptoms
from bot.wording import Wording
from knowledge.directory import load_directory

ROOT = Path(__file__).parents[2]
ROOMS = ("registration", "option", "guide", "control", "small_talk", "later", "handoff", "menu")
"""First words of the keys that the flows say; safety, answers, faults and pages have tests of their own."""
KEY = re.compile(rf"({'|'.join(ROOMS)})\.(?!yml\b|npz\b)[a-z_]+")
SAMPLES = {
    "date": "2026-11-27",
    "clock": "08:30:00",
    "half_day": "am",
    "money": 5000,
    "room": "2-102",
    "spell": "A3827",
    "number": 3,
    "queue": 3,
    "department": "cardiology",
    "doctor": "d001",
    "kind": "expert",
    "title": "d001",
    "masked": "[NAME_ab12]",
    "": "…",
}
WORDING = Wording.load(ROOT / "data" / "wording", load_directory(ROOT / "knowledge" / "hospital"), lambda *_: "张*芳")
OURS = sorted(key for key in WORDING.keys if key.split(".")[0] in ROOMS)


def literals() -> Iterator[tuple[str, str]]:
    """Every whole string, and the beginning or end of every f-string, in the code: (text, kind)."""
    for package in ("actions", "bot"):
        for path in sorted((ROOT / package).rglob("*.py")):
            tree = ast.parse(path.read_text(encoding="utf-8"))
            other = {id(child) for node in ast.walk(tree) if _says_nothing(node) for child in ast.walk(node)}
            for node in ast.walk(tree):
                if isinstance(node, ast.JoinedStr) and isinstance(node.values[0], ast.Constant):
                    yield str(node.values[0].value), "start"
                elif isinstance(node, ast.JoinedStr) and isinstance(node.values[-1], ast.Constant):
                    yield str(node.values[-1].value), "end"
                elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in other:
                    yield node.value, "whole"


def _says_nothing(node: ast.AST) -> bool:
    """Pieces of f-strings, and the codes of errors."""
    code = isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and node.targets[0].id == "code"
    return isinstance(node, ast.JoinedStr) or code


def data_keys() -> Iterator[str]:
    """Keys that the domain, the menu and other data files name."""
    for path in (ROOT / "domain.yml", ROOT / "data" / "menu.yml"):
        yield from (match.group() for match in KEY.finditer(path.read_text(encoding="utf-8")))


SAID = sorted({text for text, kind in literals() if kind == "whole" and KEY.fullmatch(text)} | set(data_keys()))
STARTS = sorted({text for text, kind in literals() if kind == "start" and re.match(rf"({'|'.join(ROOMS)})\.", text)})
ENDS = sorted({text for text, kind in literals() if kind == "end" and re.fullmatch(r"_[a-z_]+", text)})
PUT_TOGETHER = {key for key in OURS for start in STARTS if key.startswith(start)} | {
    key for key in OURS for end in ENDS if key.endswith(end) and key.removesuffix(end) in SAID
}


def params_of(template: str) -> dict[str, Any]:
    return {name: SAMPLES[spec or ""] for _, name, spec, _ in string.Formatter().parse(template) if name}


def test_the_code_was_read() -> None:
    assert len(SAID) > 60
    assert STARTS


@pytest.mark.parametrize("key", SAID)
def test_what_is_said_exists(key: str) -> None:
    assert WORDING.has(key)


@pytest.mark.parametrize("start", STARTS)
def test_what_is_put_together_exists(start: str) -> None:
    assert any(key.startswith(start) for key in OURS)


QUESTIONS = load_symptoms(ROOT / "knowledge" / "hospital").questions


@pytest.mark.parametrize("question", sorted(QUESTIONS))
def test_every_question_of_the_guide_has_its_words(question: str) -> None:
    assert WORDING.has(f"guide.ask_{question}")
    assert WORDING.has(f"guide.why_{question}")
    assert all(WORDING.has(f"guide.answer_{question}_{option.id}") for option in QUESTIONS[question].options)


def test_every_response_of_the_domain_is_one_payload() -> None:
    domain = yaml.safe_load((ROOT / "domain.yml").read_text(encoding="utf-8"))
    for name, variants in domain["responses"].items():
        assert len(variants) == 1, name
        body = variants[0]["custom"]
        assert set(body) <= {"say", "menu", "human", "answer", "repeat", "switch_language"}, name
        assert "say" not in body or WORDING.has(body["say"]), name


@pytest.mark.parametrize("key", OURS)
@pytest.mark.parametrize("language", ["zh", "en"])
def test_each_can_be_said_on_every_channel(key: str, language: str) -> None:
    params: dict[str, Any] = {}
    for template in WORDING.parts(key, language).values():
        params |= params_of(template)
    for channel in ("kiosk", "phone", "wechat"):
        line = WORDING.say(key, params, language, channel, "c1")
        assert line.text.strip()
        assert line.speech.strip()
        assert "{" not in line.text + line.speech


@pytest.mark.parametrize("key", OURS)
def test_both_languages_need_the_same_parameters(key: str) -> None:
    zh, en = (set(params_of("".join(WORDING.parts(key, language).values()))) for language in ("zh", "en"))
    assert zh == en


def test_no_sentence_lies_unused() -> None:
    unused = set(OURS) - set(SAID) - PUT_TOGETHER
    assert not unused
