"""What can go wrong in setup, each as one sentence an operator can act on.

    SetupFault            setup.failed
    ├── MissingInterpreter  setup.interpreter
    ├── FullDisk            setup.disk
    ├── BadWeight           setup.weight
    ├── MissingPackages     setup.packages
    └── StepFailed          setup.step

A tree of its own: setup begins on a Python that may be too old for the rest of Yidao.
"""

from __future__ import annotations


class SetupFault(Exception):
    """Setup cannot go on; the message is one sentence and says how to mend it."""

    code = "setup.failed"


class MissingInterpreter(SetupFault):
    """A Python version is not on this machine and could not be fetched."""

    code = "setup.interpreter"


class FullDisk(SetupFault):
    """There is not enough free space to build the environments."""

    code = "setup.disk"


class BadWeight(SetupFault):
    """A model file is missing or is not the one the manifest names."""

    code = "setup.weight"


class MissingPackages(SetupFault):
    """Debian packages that the tests need are missing and may not be installed by this user."""

    code = "setup.packages"


class StepFailed(SetupFault):
    """A command of a step ended with an error; `tail` holds the last lines of its log."""

    code = "setup.step"

    def __init__(self, message: str, tail: str = "") -> None:
        super().__init__(message)
        self.tail = tail
