"""supervisord over the processes: its configuration, and its life from `yidao up` to Ctrl-C."""

import hashlib
import os
import shlex
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import psutil

from bot.processes.faults import AlreadyRunning
from bot.processes.lifelines import adopt_orphans, child_setup
from bot.processes.readiness import Probe

SOCKET_PATH_MOST = 100
"""Characters a Unix socket's path may have (the kernel's limit is 107)."""
ENDLESS = 1_000_000
"""Restarts before supervisord would give a wrapper up: never, in practice."""
TELL_EVERY_S = 5.0
"""Seconds between two lines about who is not ready yet."""


@dataclass(frozen=True)
class Entry:
    """One program under the supervisor."""

    name: str
    """Names it and its log."""
    command: tuple[str, ...]
    """What the wrapper keeps running."""
    probe: Probe | None = None
    """How to ask whether it is ready."""
    needs: tuple[str, ...] = ()
    """URLs of partners that must answer before it starts."""
    files: tuple[Path, ...] = ()
    """Files that must exist before it starts."""
    plain_log: bool = False
    """Whether it writes plain text, which the wrapper makes JSON."""


@dataclass(frozen=True)
class Plan:
    """What runs, and where it keeps its files."""

    entries: tuple[Entry, ...]
    """The programs."""
    root: Path
    """Working folder of all of them."""
    state: Path
    """Folder for `run/` (configuration, socket, pid) and `log/`."""
    url: str
    """What the ready line names."""
    stop_grace_s: float = 5.0
    """Seconds a program gets to end by itself."""
    start_deadline_s: float = 180.0
    """Seconds until `up` says who is still not ready; it goes on trying."""
    log_bytes: int = 10_000_000
    """Size at which a log is rotated."""
    log_backups: int = 5
    """Old logs that are kept of each program."""

    @property
    def config_file(self) -> Path:
        """The generated configuration."""
        return self.state / "run" / "supervisord.conf"

    @property
    def pid_file(self) -> Path:
        """The supervisor's process number while it runs."""
        return self.state / "run" / "supervisord.pid"

    @property
    def socket(self) -> Path:
        """The supervisor's control socket; in the temporary folder where the state folder's path is too long."""
        socket = self.state / "run" / "supervisor.sock"
        if len(str(socket)) <= SOCKET_PATH_MOST:
            return socket
        name = hashlib.sha256(str(socket).encode()).hexdigest()[:12]
        return Path(tempfile.gettempdir()) / f"yidao-{os.getuid()}-{name}" / "supervisor.sock"


def wrapper(entry: Entry, grace_s: float) -> list[str]:
    """The command line of the wrapper around an entry."""
    options = [part for url in entry.needs for part in ("--need", url)]
    options += [part for file in entry.files for part in ("--file", str(file))]
    options += ["--wrap-output"] if entry.plain_log else []
    launch = [sys.executable, "-m", "bot.processes.launch", entry.name, "--grace", f"{grace_s:g}"]
    return [*launch, *options, "--", *entry.command]


def config(plan: Plan) -> str:
    """The text of supervisord's configuration: a Unix socket and no network, one group that stops together."""
    run, log = plan.state / "run", plan.state / "log"
    sections: dict[str, Mapping[str, object]] = {
        "unix_http_server": {"file": plan.socket, "chmod": "0700"},
        "supervisord": {
            "nodaemon": "true",
            "silent": "true",
            # What it would say in plain text, the wrappers say as JSON; what stops it from starting goes to its output.
            "logfile": "/dev/null",
            "logfile_maxbytes": 0,
            "pidfile": plan.pid_file,
            "directory": plan.root,
            "childlogdir": run,
            **({"user": "root"} if os.geteuid() == 0 else {}),
        },
        "rpcinterface:supervisor": {
            "supervisor.rpcinterface_factory": "supervisor.rpcinterface:make_main_rpcinterface"
        },
        "supervisorctl": {"serverurl": f"unix://{plan.socket}"},
    }
    for entry in plan.entries:
        sections[f"program:{entry.name}"] = {
            "command": shlex.join(wrapper(entry, plan.stop_grace_s)),
            "autostart": "true",
            "autorestart": "true",
            "startsecs": 1,
            "startretries": ENDLESS,
            "stopsignal": "TERM",
            "stopwaitsecs": int(plan.stop_grace_s) + 2,
            "killasgroup": "true",
            "redirect_stderr": "true",
            "stdout_logfile": log / f"{entry.name}.log",
            "stdout_logfile_maxbytes": plan.log_bytes,
            "stdout_logfile_backups": plan.log_backups,
        }
    sections["group:yidao"] = {"programs": ",".join(entry.name for entry in plan.entries)}
    return "\n".join(_section(name, options) for name, options in sections.items())


def _section(name: str, options: Mapping[str, object]) -> str:
    lines = [f"{key}={str(value).replace('%', '%%')}" for key, value in options.items()]
    return "\n".join([f"[{name}]", *lines, ""])


def running_supervisor(plan: Plan) -> psutil.Process | None:
    """The supervisor of this state folder, if one is alive."""
    try:
        process = psutil.Process(int(plan.pid_file.read_text()))
        return process if any("supervisord" in part for part in process.cmdline()) else None
    except (OSError, ValueError, psutil.Error):
        return None


class Supervision:
    """supervisord as a child of this process."""

    def __init__(self, plan: Plan, say: Callable[[str], None], clock: Callable[[], float] = time.monotonic) -> None:
        self.plan = plan
        self.say = say
        self.clock = clock
        self._process: subprocess.Popen[bytes] | None = None
        self._stopping = False

    def run(self) -> int:
        """Start everything, tell when it is ready, and stay until told to stop. The exit status."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._stop)
        adopt_orphans()
        began = self.clock()
        process = self._start()
        try:
            self._await_ready(process, began)
            while process.poll() is None and not self._stopping:
                time.sleep(0.2)
        finally:
            died = process.poll() is not None and not self._stopping
            self._end(process)
        if died:
            self.say(f"The supervisor ended by itself; see {self.plan.state / 'log' / 'supervisord.out'}.")
            return 1
        self.say("Stopped.")
        return 0

    def _start(self) -> "subprocess.Popen[bytes]":
        plan = self.plan
        if running_supervisor(plan):
            raise AlreadyRunning(f"Yidao already runs with the state folder {plan.state}: stop it first.")
        for folder in (plan.state / "run", plan.state / "log", plan.socket.parent):
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        plan.config_file.write_text(config(plan))
        with (plan.state / "log" / "supervisord.out").open("wb") as output:
            return subprocess.Popen(
                [sys.executable, "-m", "supervisor.supervisord", "-c", str(plan.config_file)],
                cwd=plan.root,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                # An own session: Ctrl-C reaches only us, and we stop the others in order.
                preexec_fn=child_setup(signal.SIGTERM),
            )

    def _await_ready(self, process: "subprocess.Popen[bytes]", began: float) -> None:
        waiting = [entry for entry in self.plan.entries if entry.probe]
        told, warned = began, False
        while process.poll() is None and not self._stopping:
            waiting = [entry for entry in waiting if not (entry.probe and entry.probe.ready())]
            elapsed = self.clock() - began
            if not waiting:
                self.say(f"Yidao is ready at {self.plan.url} ({elapsed:.1f} s). Ctrl-C stops it.")
                return
            names = ", ".join(entry.name for entry in waiting)
            if elapsed > self.plan.start_deadline_s and not warned:
                warned = True
                logs = ", ".join(str(self.plan.state / "log" / f"{entry.name}.log") for entry in waiting)
                self.say(f"Still not ready after {elapsed:.0f} s: {names}. See {logs}. Trying on.")
            elif self.clock() - told >= TELL_EVERY_S and not warned:
                told = self.clock()
                self.say(f"… starting: {names} ({elapsed:.0f} s)")
            time.sleep(0.2)

    def _stop(self, number: int, frame: object) -> None:
        self._stopping = True

    def _end(self, process: "subprocess.Popen[bytes]") -> None:
        """End the supervisor and wait until nothing it started is left; after the grace, by force."""
        deadline = self.clock() + self.plan.stop_grace_s + 3
        if process.poll() is None:
            process.terminate()
        while self.clock() < deadline and (process.poll() is None or psutil.Process().children(recursive=True)):
            _reap(process)
            time.sleep(0.05)
        for left in psutil.Process().children(recursive=True):
            try:
                left.kill()
            except psutil.NoSuchProcess:
                continue
        process.wait()


def _reap(process: "subprocess.Popen[bytes]") -> None:
    """Collect adopted orphans that have ended, but leave the supervisor's own status to `process`."""
    for child in psutil.Process().children():
        if child.pid == process.pid:
            continue
        try:
            os.waitpid(child.pid, os.WNOHANG)
        except ChildProcessError:
            continue


def supervise(plan: Plan, say: Callable[[str], None]) -> int:
    """Run the plan in the foreground; the exit status. Raises ProcessFault."""
    return Supervision(plan, say).run()
