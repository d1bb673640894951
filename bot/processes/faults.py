"""What keeps the processes from starting, each as one sentence an operator can act on.

ProcessFault        process.failed
├── BusyPort          process.port
├── NotSetUp          process.setup
└── AlreadyRunning    process.running
"""

from actions.errors import YidaoError


class ProcessFault(YidaoError):
    """The processes cannot start; the message is one sentence and says how to mend it."""

    code = "process.failed"


class BusyPort(ProcessFault):
    """Something else listens on a port we need."""

    code = "process.port"


class NotSetUp(ProcessFault):
    """Setup has not been done, or not to its end."""

    code = "process.setup"


class AlreadyRunning(ProcessFault):
    """Another `yidao up` uses the same state folder."""

    code = "process.running"
