"""supervisord for real, over small programs."""

import configparser
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from bot.processes.faults import AlreadyRunning
from bot.processes.supervisor import Entry, Plan, Supervision, config
from tests.bot.processes.test_launch import ROOT, alive, eventually, gone

SCRIPT = """
import sys
from pathlib import Path
from bot.processes.supervisor import Entry, Plan, supervise
tree = ("/bin/sh", "-c", "sleep 300 & echo up; wait")
entries = (Entry("one", tree), Entry("two", ("/bin/sh", "-c", "sleep 301 & echo up; wait")))
plan = Plan(entries, Path(sys.argv[1]), Path(sys.argv[2]), "http://nowhere")
sys.exit(supervise(plan, lambda line: print(line, flush=True)))
"""
PROCESSES = 1 + 2 * (1 + 3)
"""The supervisor; for each entry a wrapper, its shell, the shell's sleep, the sentinel."""


def plan(folder: Path, *entries: Entry) -> Plan:
    return Plan(entries or (Entry("one", ("/bin/true",)),), ROOT, folder / "state", "http://nowhere")


def test_the_configuration_says_what_supervisord_must_do(tmp_path: Path) -> None:
    made = plan(tmp_path, Entry("rasa", ("/bin/echo", "100 %", "a b"), None, ("http://x/",), (Path("/m"),)))
    read = configparser.RawConfigParser(delimiters="=", comment_prefixes=(";",))
    read.read_string(config(made))
    assert "inet_http_server" not in read
    assert read["unix_http_server"]["chmod"] == "0700"
    program = read["program:rasa"]
    assert program["command"].endswith("rasa --grace 5 --need http://x/ --file /m -- /bin/echo '100 %%' 'a b'")
    assert (program["autorestart"], program["startretries"]) == ("true", "1000000")
    assert int(program["stopwaitsecs"]) > made.stop_grace_s
    assert read["group:yidao"]["programs"] == "rasa"
    assert program["stdout_logfile"] == str(tmp_path / "state" / "log" / "rasa.log")


def test_the_socket_moves_where_its_path_would_be_too_long(tmp_path: Path) -> None:
    short, long = plan(Path("/srv/yidao")), plan(tmp_path / ("x" * 120))
    assert short.socket == Path("/srv/yidao/state/run/supervisor.sock")
    assert len(str(long.socket)) <= 100
    assert long.socket != plan(tmp_path / ("y" * 120)).socket


class House:
    """`supervise` in a process of its own, with two programs."""

    def __init__(self, folder: Path) -> None:
        self.state = folder / "state"
        self.out = folder / "out"
        with self.out.open("wb") as output:
            command = [sys.executable, "-c", SCRIPT, str(ROOT), str(self.state)]
            self.process = subprocess.Popen(command, cwd=ROOT, stdout=output, start_new_session=True)
        assert eventually(lambda: len(self.family()) == PROCESSES, 20), self.out.read_text()
        assert eventually(lambda: all(self.log(name).count("up") == 1 for name in ("one", "two")))

    def family(self) -> list[psutil.Process]:
        return alive(psutil.Process(self.process.pid).children(recursive=True))

    def log(self, name: str) -> str:
        file = self.state / "log" / f"{name}.log"
        return file.read_text() if file.exists() else ""

    def supervisor(self) -> psutil.Process:
        return psutil.Process(int((self.state / "run" / "supervisord.pid").read_text()))


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    made = House(tmp_path)
    yield made
    if made.process.poll() is None:
        made.process.terminate()
    made.process.wait(15)


@pytest.mark.slow
def test_ctrl_c_leaves_nothing(house: House) -> None:
    family = house.family()
    began = time.monotonic()
    house.process.send_signal(signal.SIGINT)
    assert house.process.wait(10) == 0
    assert time.monotonic() - began < 10
    assert gone(family)
    assert house.out.read_text().splitlines()[-1] == "Stopped."


@pytest.mark.slow
def test_kill_9_of_the_supervisor_leaves_nothing(house: House) -> None:
    family = house.family()
    house.supervisor().kill()
    assert house.process.wait(12) == 1
    assert gone(family)
    assert "The supervisor ended by itself" in house.out.read_text()


@pytest.mark.slow
def test_kill_9_of_the_command_leaves_nothing(house: House) -> None:
    family = house.family()
    house.process.kill()
    assert eventually(lambda: gone(family), 12)


@pytest.mark.slow
def test_kill_9_of_both_leaves_nothing(house: House) -> None:
    family = house.family()
    supervisor = house.supervisor()
    house.process.kill()
    supervisor.kill()
    assert eventually(lambda: gone(family), 12)


@pytest.mark.slow
def test_a_killed_program_and_a_killed_wrapper_are_back(house: House) -> None:
    wrappers = [process for process in house.supervisor().children() if "one" in process.cmdline()]
    shell = next(process for process in wrappers[0].children() if "echo up" in process.cmdline()[-1])
    shell.kill()
    assert eventually(lambda: house.log("one").count("up\n") == 2)
    wrappers[0].kill()
    assert eventually(lambda: house.log("one").count("up\n") == 3)
    assert eventually(lambda: len(house.family()) == PROCESSES)
    assert house.log("two").count("up\n") == 1


@pytest.mark.slow
def test_a_second_one_on_the_same_state_is_refused(house: House) -> None:
    second = Supervision(Plan((), ROOT, house.state, "http://nowhere"), print)
    with pytest.raises(AlreadyRunning, match="already runs"):
        second._start()
