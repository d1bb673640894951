import pytest
from typer.testing import CliRunner

from bot.cli import main

COMMANDS = [
    ["up"],
    ["train"],
    ["models", "pull"],
    ["ingest"],
    ["chat"],
    ["eval"],
    ["bench"],
    ["doctor"],
    ["serve"],
    ["kiosks"],
    ["admin", "create-user"],
    ["admin", "make-demo"],
]


@pytest.mark.parametrize("command", [[], *COMMANDS], ids=" ".join)
def test_every_command_explains_itself(command: list[str]) -> None:
    result = CliRunner().invoke(main, [*command, "--help"])
    assert result.exit_code == 0
    assert "Usage" in result.output


def test_every_command_is_in_this_list() -> None:
    groups = {"models": ["pull"], "admin": ["create-user", "make-demo"]}
    single = [command.name or getattr(command.callback, "__name__", "") for command in main.registered_commands]
    nested = [[group, name] for group, names in groups.items() for name in names]
    assert sorted([[name] for name in single] + nested) == sorted(COMMANDS)
    assert sorted(str(group.name) for group in main.registered_groups) == sorted(groups)


def test_an_unknown_process_is_refused() -> None:
    result = CliRunner().invoke(main, ["serve", "moon"])
    assert result.exit_code == 2
    assert "chroma, actions, rasa, bot" in result.output


def test_a_fault_is_one_sentence_with_its_code(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("YIDAO_BOT__PORT", "1")
    result = CliRunner().invoke(main, ["chat"])
    assert result.exit_code == 1
    sentence = "No Yidao answers at http://127.0.0.1:1 (ConnectError): start it with `make run`. (chat.no_answer)\n"
    assert result.output == sentence
