import socket
from pathlib import Path

import pytest

from actions.records.database import migrate
from bot.processes import doctor
from bot.processes.doctor import Finding, report
from bot.secrets import load_secret
from bot.settings import Settings
from bot.setup.environments import Environment


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setenv("YIDAO_RECORDS__URL", f"sqlite:///{tmp_path}/records.sqlite3")
    monkeypatch.setenv("YIDAO_KNOWLEDGE__INDEX", str(tmp_path / "index"))
    return Settings(state=tmp_path / "var")


def test_the_report_marks_each_line_and_says_how_to_mend_it() -> None:
    lines: list[str] = []
    findings = [
        Finding("disk", True, "80 GiB free"),
        Finding("port 1", False, "taken", "stop it"),
        Finding("memory", False, "1 GiB", "add some", optional=True),
    ]
    assert report(findings, lines.append) == 1
    assert lines == [
        "ok   disk: 80 GiB free",
        "BAD  port 1: taken",
        "     → stop it",
        "note memory: 1 GiB",
        "     → add some",
        "1 thing to mend, from the top.",
    ]


def test_a_note_alone_is_no_failure() -> None:
    lines: list[str] = []
    assert report([Finding("memory", False, "1 GiB", "add some", optional=True)], lines.append) == 0
    assert lines[-1] == "Everything is in order."


def test_a_key_that_others_can_read_is_bad(settings: Settings) -> None:
    assert doctor._key(settings).good
    load_secret(settings)
    assert doctor._key(settings).good
    (settings.state / "secret.key").chmod(0o644)
    finding = doctor._key(settings)
    assert (finding.good, finding.mend) == (False, f"chmod 600 {settings.state / 'secret.key'}")


def test_the_database_must_exist_and_be_of_the_newest_form(settings: Settings, tmp_path: Path) -> None:
    assert doctor._database(settings).detail == "does not exist"
    (tmp_path / "records.sqlite3").touch()
    assert not doctor._database(settings).good
    migrate(settings.records_url)
    assert doctor._database(settings).good


def test_a_database_that_does_not_answer_is_told_without_its_password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("YIDAO_RECORDS__URL", "postgresql+psycopg://yidao:hunter2@127.0.0.1:1/yidao")
    finding = doctor._database(Settings())
    assert not finding.good
    assert "hunter2" not in repr(finding)


def test_an_empty_index_is_bad(settings: Settings, tmp_path: Path) -> None:
    assert not doctor._index(settings).good
    for folder in (tmp_path / "index", tmp_path / "var" / "chroma"):
        folder.mkdir(parents=True)
        (folder / "something").touch()
    assert doctor._index(settings).good


def test_packages_that_differ_from_the_lock_are_named(tmp_path: Path) -> None:
    lock = tmp_path / "x.lock"
    lock.write_text("# head\nruff==0.0.1\nno.such_package==2\n")
    environment = Environment("main", Path(doctor.ROOT / ".venv"), "3.11", (lock,))
    finding = doctor._environment(environment)
    assert not finding.good
    assert "instead of 0.0.1" in finding.detail
    assert "no-such-package missing instead of 2" in finding.detail


def test_a_foreign_process_on_our_port_is_named(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        monkeypatch.setenv("YIDAO_BOT__PORT", str(port))
        findings = {finding.subject: finding for finding in doctor._processes(Settings(state=settings.state))}
    finding = findings[f"port {port} for bot"]
    assert not finding.good
    assert finding.detail.startswith("taken by process ")
    assert finding.mend == "stop it, or set YIDAO_BOT__PORT"
