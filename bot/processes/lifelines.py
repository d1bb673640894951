"""How a process dies with the one that started it (Linux)."""

import ctypes
import os
import signal
import subprocess
from collections.abc import Callable

PR_SET_PDEATHSIG = 1
PR_SET_CHILD_SUBREAPER = 36


def _prctl(option: int, argument: int) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(option, argument, 0, 0, 0) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


def die_with_parent(number: signal.Signals) -> None:
    """Have the kernel send this process the signal when its parent dies, however that dies."""
    _prctl(PR_SET_PDEATHSIG, number)


def adopt_orphans() -> None:
    """Become the parent of every descendant whose own parent dies, so that they can be waited for."""
    _prctl(PR_SET_CHILD_SUBREAPER, 1)


def child_setup(number: signal.Signals) -> Callable[[], None]:
    """For `preexec_fn`: an own session, no blocked signals, and death with the parent."""
    parent = os.getpid()

    def prepare() -> None:
        os.setsid()
        signal.pthread_sigmask(signal.SIG_SETMASK, [])
        die_with_parent(number)
        if os.getppid() != parent:  # it died before the line above
            os._exit(1)

    return prepare


class Sentinel:
    """A tiny process that kills a process group when we are gone, even by `kill -9`.

    PR_SET_PDEATHSIG reaches only the direct child; what that child started is reached by its group. The sentinel
    waits at a pipe of which we hold the other end, so our death, by whatever cause, wakes it.
    """

    def __init__(self, group: int) -> None:
        self._process = subprocess.Popen(
            ["/bin/sh", "-c", f"read _; kill -s KILL -- -{group}"],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )

    def dismiss(self) -> None:
        """End it without a deed: the group is gone already."""
        self._process.kill()
        self._process.wait()
        if self._process.stdin:
            self._process.stdin.close()
