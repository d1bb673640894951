"""Whether a port is free, and who has it."""

import contextlib
import socket
from collections.abc import Iterable

import psutil

from bot.processes.faults import BusyPort


def is_free(host: str, port: int) -> bool:
    """Whether a server could listen on the port now."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with contextlib.closing(socket.socket(family, socket.SOCK_STREAM)) as probe:
        # As servers do: a port whose last connections are still closing counts as free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def holder(port: int) -> psutil.Process | None:
    """The process that listens on the port; None where there is none or we may not see it."""
    try:
        connections = psutil.net_connections(kind="tcp")
    except psutil.AccessDenied:
        return None
    for connection in connections:
        if connection.status == psutil.CONN_LISTEN and connection.laddr[1:2] == (port,) and connection.pid:
            with contextlib.suppress(psutil.NoSuchProcess):
                return psutil.Process(connection.pid)
    return None


def describe_holder(port: int) -> str:
    """`process 123 (python)`, or `another process` where we may not see it."""
    process = holder(port)
    if process is None:
        return "another process"
    try:
        return f"process {process.pid} ({process.name()})"
    except psutil.Error:
        return f"process {process.pid}"


def require_free(wanted: Iterable[tuple[str, str, int]]) -> None:
    """Raise BusyPort for the first (setting, host, port) that is taken."""
    for setting, host, port in wanted:
        if not is_free(host, port):
            variable = "YIDAO_" + setting.upper().replace(".", "__")
            raise BusyPort(
                f"Port {port} is taken by {describe_holder(port)}: stop it, or choose another port with {variable}."
            )
