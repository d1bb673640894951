"""Fixtures that more than one folder of tests needs."""

from tests.system import system

__all__ = ["system"]
