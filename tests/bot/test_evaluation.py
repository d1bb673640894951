"""`yidao eval`: reading files, telling what is wrong with them, and the measures of the suites."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from bot.cli import main
from bot.evaluation import LATER, SUITES, evaluate, evaluate_halves
from bot.evaluation.cases import AnswerCase, IntentCase, QueryCase, RedFlagCase, TriageCase, read_cases
from bot.evaluation.faults import ParserFailed, SuiteNotBuilt, UnknownSuite, UnreadableCases
from bot.evaluation.halves import compare
from bot.evaluation.intents import ask_rasa, evaluate_intents, rasa_parser
from bot.processes.faults import NotSetUp
from bot.settings import ROOT, Settings

GOOD = '{"id": "1", "text": "挂号", "intent": "book", "lang": "zh"}'


def written(folder: Path, *lines: str) -> Path:
    file = folder / "cases.jsonl"
    file.write_bytes("\n".join(lines).encode())
    return file


def case(name: str, intent: str, lang: str = "zh") -> IntentCase:
    return IntentCase(id=name, text=name, intent=intent, lang=lang)


def simulated_nlu(*intents: str) -> Any:
    def parse(texts: Sequence[str]) -> Sequence[Mapping[str, Any]]:
        ranking = [{"name": "book", "confidence": 0.5}]
        return [{"intent": intent, "confidence": 0.5, "ranking": ranking} for intent in intents]

    return parse


def simulated_rasa(root: Path, script: str) -> Path:
    """A checkout whose Rasa environment holds a shell script, and a model."""
    python = root / ".venv-rasa" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text("#!/bin/sh\n" + script)
    python.chmod(0o755)
    model = root / "models" / "rasa" / "yidao.tar.gz"
    model.parent.mkdir(parents=True)
    model.write_text("simulated model")
    return root


def test_unknown_keys_and_blank_lines_are_ignored(tmp_path: Path) -> None:
    more = '{"id": "2", "text": " 你\u2028好 ", "intent": "greet", "lang": "zh", "source": "x", "names": {"a": 1}}'
    file = written(tmp_path, "\ufeff" + GOOD, "", more, "")
    assert [(each.id, each.text) for each in read_cases(file, IntentCase)] == [("1", "挂号"), ("2", "你\u2028好")]


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ("{", "Expecting property name"),
        ("[]", "the row: Input should be a valid dictionary"),
        ('{"id": "2", "intent": "book", "lang": "zh"}', "text: Field required"),
        ('{"id": "2", "text": "  ", "intent": "book", "lang": "zh"}', "text: String should have at least 1 character"),
        ('{"id": 2, "text": "挂号", "intent": "book", "lang": "zh"}', "id: Input should be a valid string"),
        ('{"id": "2", "text": "\\ud800", "intent": "book", "lang": "zh"}', "text: Input should be a valid string"),
    ],
)
def test_a_row_that_cannot_be_read_is_an_error_with_its_line(tmp_path: Path, row: str, says: str) -> None:
    with pytest.raises(UnreadableCases) as raised:
        read_cases(written(tmp_path, GOOD, "", row), IntentCase)
    assert f"cases.jsonl, line 3: {says}" in str(raised.value)


@pytest.mark.parametrize(
    ("shape", "row", "field"),
    [
        (RedFlagCase, {"label": 2, "lang": "en"}, "label"),
        (RedFlagCase, {"label": "yes", "lang": "en"}, "label"),
        (TriageCase, {"acceptable": [], "lang": "zh"}, "acceptable"),
        (TriageCase, {"acceptable": "儿科", "lang": "zh"}, "acceptable"),
        (QueryCase, {"relevant": []}, "relevant"),
        (AnswerCase, {"lang": "zh"}, "answerable"),
    ],
)
def test_each_suite_says_which_field_does_not_fit(tmp_path: Path, shape: Any, row: dict[str, Any], field: str) -> None:
    file = written(tmp_path, json.dumps({"id": "1", "text": "words", **row}))
    with pytest.raises(UnreadableCases, match=f"line 1: {field}"):
        read_cases(file, shape)


def test_bytes_that_are_no_text_and_files_without_rows(tmp_path: Path) -> None:
    file = tmp_path / "cases.jsonl"
    file.write_bytes(GOOD.encode() + b"\n\xff\xfe\n")
    with pytest.raises(UnreadableCases, match="line 2: 'utf-8' codec"):
        read_cases(file, IntentCase)
    file.write_bytes(b"\n \n")
    with pytest.raises(UnreadableCases, match="holds no row"):
        read_cases(file, IntentCase)
    with pytest.raises(UnreadableCases, match="cannot be read: No such file"):
        read_cases(tmp_path / "none.jsonl", IntentCase)


def test_suites_that_are_not_built_and_suites_that_do_not_exist() -> None:
    for suite in LATER:
        with pytest.raises(SuiteNotBuilt, match=f"{suite} is not built yet"):
            evaluate(suite, Path("x"), None, Settings())
    with pytest.raises(UnknownSuite, match="there are intent, red_flag"):
        evaluate("moon", Path("x"), None, Settings())
    with pytest.raises(UnreadableCases, match="--corpus"):
        evaluate("retrieval", Path("x"), None, Settings())
    assert not set(LATER) & set(SUITES)


def test_the_command_says_so_in_one_sentence(tmp_path: Path) -> None:
    result = CliRunner().invoke(main, ["eval", "labs", "--data", "x", "--out", str(tmp_path / "out.json")])
    assert result.exit_code == 1
    assert result.output.startswith("The suite labs is not built yet; there are ")
    assert result.output.endswith(". (evaluation.not_built)\n")
    assert not (tmp_path / "out.json").exists()


def test_the_measures_of_intents_by_hand() -> None:
    cases = [
        case("a", "book"),
        case("b", "book"),
        case("c", "greet", "en"),
        *(case(name, "out_of_scope", "en") for name in "defg"),
    ]
    nlu = simulated_nlu("book", "greet", "greet", "out_of_scope", "nlu_fallback", "book", "out_of_scope")
    found = evaluate_intents(cases, nlu)
    # F1: book 2·1/(2+2), greet 2·1/(1+2), out_of_scope 2·2/(4+2)
    metrics = found["metrics"]
    assert found["n"] == 7
    assert metrics["accuracy"] == round(4 / 7, 4)
    assert metrics["macro_f1"] == round((0.5 + 2 / 3 + 2 / 3) / 3, 4)
    assert metrics["out_of_scope_accepted"] == 0.25
    assert metrics["by_lang"]["zh"] == {
        "n": 2,
        "accuracy": 0.5,
        "macro_f1": round(2 / 3, 4),
        "out_of_scope_accepted": None,
    }
    assert metrics["by_lang"]["en"]["accuracy"] == 0.6
    assert found["rows"][1] == {
        "id": "b",
        "lang": "zh",
        "intent": "book",
        "predicted": "greet",
        "confidence": 0.5,
        "ranking": ["book 0.50"],
    }


def test_a_missing_answer_is_an_error() -> None:
    with pytest.raises(ParserFailed, match="answered 1 of 2 rows"):
        evaluate_intents([case("a", "book"), case("b", "book")], simulated_nlu("book"))


def test_rasa_gets_what_bot_would_send_it(tmp_path: Path) -> None:
    parse = rasa_parser(Settings(), simulated_rasa(tmp_path, "cat\n"))
    assert parse(["我的电话是１３８００１３８０００", "挂\n号"]) == [
        {"text": "我的电话是[PHONE_k7d2]"},
        {"text": "挂 号"},
    ]


def test_a_rasa_that_fails_says_why(tmp_path: Path) -> None:
    root = simulated_rasa(tmp_path, "echo warming up >&2; echo no such model >&2; exit 3\n")
    with pytest.raises(ParserFailed, match="status 3: no such model"):
        ask_rasa(root, ["挂号"])


def test_without_a_model_it_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(NotSetUp, match="run `make setup`"):
        ask_rasa(tmp_path, ["挂号"])


def test_red_flags_and_triage_through_the_door(tmp_path: Path) -> None:
    file = written(
        tmp_path,
        '{"id": "a", "text": "胸口压榨样疼痛，出冷汗，左胳膊发麻", "label": 1, "lang": "zh"}',
        '{"id": "b", "text": "停车场怎么收费", "label": 0, "lang": "zh"}',
    )
    found = evaluate("red_flag", file, None, Settings())
    assert (found["suite"], found["n"]) == ("red_flag", 2)
    assert [row["alarm"] for row in found["rows"]] == [1, 0]
    assert found["metrics"]["sensitivity"] == found["metrics"]["specificity"] == 1.0
    file = written(tmp_path, '{"id": "a", "text": "牙疼了三天", "acceptable": ["口腔科"], "lang": "zh", "age": 30}')
    found = evaluate("triage", file, None, Settings())
    assert list(found) == ["suite", "n", "metrics", "rows"]
    assert found["metrics"]["acceptable_at_1"] == 1.0
    assert found["rows"][0]["departments"][0] == "口腔科"


@pytest.mark.slow
@pytest.mark.timeout(900)  # loading the model takes minutes on a busy machine
def test_the_trained_model_knows_what_patients_mean() -> None:
    found = evaluate("intent", ROOT / "tests" / "evaluation" / "intents.jsonl", None, Settings())
    assert found["n"] >= 300
    assert found["metrics"]["accuracy"] >= 0.92, found["metrics"]
    assert found["metrics"]["out_of_scope_accepted"] <= 0.10, found["metrics"]


def test_halves_stand_side_by_side_and_no_row_of_the_held_one_is_told() -> None:
    here = [{"id": f"d{n}", "lang": "zh", "label": n % 2, "alarm": n % 2} for n in range(10)]
    held = [{"id": f"h{n}", "lang": "en", "label": n % 2, "alarm": 0} for n in range(10)]
    found = compare("red_flag", here, held)
    assert found["all"]["sensitivity"]["development"]["rate"] == 1.0
    assert found["all"]["sensitivity"]["held_back"] == {"hits": 0, "n": 5, "rate": 0.0, "bounds": [0.0, 0.5218]}
    assert found["all"]["sensitivity"]["difference"][0] > 0
    assert found["en"]["specificity"]["held_back"]["rate"] == 1.0
    assert found["zh"]["specificity"]["held_back"]["rate"] is None
    assert "h1" not in json.dumps(found)


def test_a_suite_without_rates_has_no_halves(tmp_path: Path) -> None:
    file = written(tmp_path, GOOD)
    with pytest.raises((SuiteNotBuilt, NotSetUp)):
        evaluate_halves("history", file, file, Settings())
