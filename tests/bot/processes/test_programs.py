import subprocess
import sys
import time
from pathlib import Path

import pytest
from pydantic import SecretStr

from bot.processes.faults import BusyPort, NotSetUp
from bot.processes.programs import NAMES, address, listeners, programs, rasa_api_token, rasa_token
from bot.processes.readiness import Probe
from bot.processes.up import check, chroma_running, plan
from bot.settings import Settings


@pytest.fixture
def settings(tmp_path: Path, free_port: int, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setenv("YIDAO_KNOWLEDGE__CHROMA_PORT", str(free_port))
    monkeypatch.setenv("YIDAO_RASA__TRACKER_URL", "sqlite:////srv/tracker.sqlite3")
    monkeypatch.setenv("YIDAO_STATE", str(tmp_path))  # by environment, so that started processes see it too
    return Settings()


def test_the_four_programs_in_order(settings: Settings) -> None:
    assert tuple(programs(settings)) == NAMES
    assert tuple(entry.name for entry in plan(settings).entries) == NAMES
    assert [setting.split(".")[0] for setting, _, _ in listeners(settings)] == ["knowledge", "actions", "rasa", "bot"]


def test_rasa_is_told_where_its_partners_are(settings: Settings) -> None:
    env = programs(settings)["rasa"].env
    assert env["YIDAO_ACTIONS_URL"] == "http://127.0.0.1:5055/webhook"
    assert env["YIDAO_TRACKER_DB"] == "/srv/tracker.sqlite3"
    assert env["YIDAO_RASA_TOKEN"] == rasa_token(settings) != rasa_api_token(settings)
    assert env["RASA_TELEMETRY_ENABLED"] == "false"


def test_no_secret_is_in_a_command_line_or_a_print(settings: Settings) -> None:
    settings.bot.device_secret = SecretStr("device-secret")
    secrets = (rasa_token(settings), rasa_api_token(settings), "device-secret")
    shown = repr(programs(settings)) + repr(plan(settings))
    shown += " ".join(part for program in programs(settings).values() for part in program.argv)
    assert [secret for secret in secrets if secret in shown] == []


@pytest.mark.parametrize(
    ("host", "certificate", "url"),
    [
        ("127.0.0.1", None, "http://127.0.0.1:8000"),
        ("0.0.0.0", None, "http://127.0.0.1:8000"),
        ("10.0.0.5", Path("/c.pem"), "https://10.0.0.5:8000"),
    ],
)
def test_the_address_an_operator_opens(host: str, certificate: Path | None, url: str) -> None:
    settings = Settings()
    settings.bot.host, settings.bot.tls_certificate = host, certificate
    settings.bot.port = 8000
    assert address(settings) == url


def test_a_missing_model_is_told_before_anything_starts(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.processes.programs.model_file", lambda root: Path("/nonexistent/yidao.tar.gz"))
    with pytest.raises(NotSetUp, match=r"^/nonexistent/yidao.tar.gz is missing: run `make setup`\.$"):
        check(settings, plan(settings))


def test_a_probe_of_a_dead_port_is_not_ready(free_port: int) -> None:
    began = time.monotonic()
    assert not Probe(f"http://127.0.0.1:{free_port}/").ready()
    assert time.monotonic() - began < 2


def test_a_busy_chroma_port_is_told(settings: Settings, free_port: int, tmp_path: Path) -> None:
    squatter = subprocess.Popen(
        [sys.executable, "-m", "http.server", str(free_port), "--bind", "127.0.0.1", "-d", str(tmp_path)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        until = time.monotonic() + 5
        while not Probe(f"http://127.0.0.1:{free_port}/").ready() and time.monotonic() < until:
            time.sleep(0.05)
        with pytest.raises(BusyPort, match="YIDAO_KNOWLEDGE__CHROMA_PORT"), chroma_running(settings):
            raise AssertionError("it must not come to this")
    finally:
        squatter.kill()
        squatter.wait()


@pytest.mark.slow
def test_chroma_runs_for_the_time_of_the_block(settings: Settings, tmp_path: Path) -> None:
    probe = programs(settings)["chroma"].probe
    assert probe is not None
    with chroma_running(settings):
        assert probe.ready()
        with chroma_running(settings):  # the running one serves
            assert probe.ready()
        assert probe.ready()
    assert not probe.ready()
    assert (tmp_path / "chroma" / "chroma.sqlite3").is_file()
