"""Fixtures that more than one folder of tests needs."""

from hypothesis import settings

from tests.system import system

# The same examples every time: a commit is never refused for what another one broke.
settings.register_profile("steady", derandomize=True)
settings.load_profile("steady")

__all__ = ["system"]
