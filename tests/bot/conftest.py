"""Fixtures of the front door's tests."""

import pytest
import structlog

from bot.logs import keep_public, places
from tests.bot.house import front, tables
from tests.postgres import postgres_cluster, postgres_url

__all__ = ["front", "postgres_cluster", "postgres_url", "tables"]


@pytest.fixture(autouse=True)
def plain_logs() -> None:
    """Log lines as the processes write them; structlog's own take seconds for an exception with all its locals."""
    structlog.configure(processors=[structlog.processors.add_log_level, places, keep_public, _render])


def _render(_: object, __: str, event: dict[str, object]) -> str:
    return repr(dict(event))
