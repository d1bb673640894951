"""What an operator may set about records and services."""

from datetime import datetime
from pathlib import Path

from pydantic import BaseModel, Field, SecretStr


class RecordsSettings(BaseModel, extra="forbid"):
    """The hospital's records."""

    url: SecretStr = SecretStr("sqlite:///var/yidao.sqlite3")
    """SQLAlchemy URL of the database: SQLite by default, PostgreSQL (postgresql+psycopg://…) for more than one
    machine."""
    busy_timeout_s: float = Field(5.0, gt=0)
    """Seconds a writer waits for another one before it gives a clear error."""


class ClockSettings(BaseModel, extra="forbid"):
    """Time as the hospital sees it."""

    zone: str = "Asia/Shanghai"
    """Time zone of the hospital."""
    fixed: datetime | None = None
    """The moment at which a demonstration's clock starts (ISO 8601); empty for real time."""
    began: float | None = None
    """Unix seconds at which that moment was, so that all processes of the demonstration agree."""


class GuideSettings(BaseModel, extra="forbid"):
    """The medical guide."""

    more_cases: Path | None = Path("../shared/eval/dev/triage_zh.jsonl")
    """Labelled complaints (JSON lines: text, acceptable) that the guide also learns from, relative to the root; a file
    that is not there is left out."""


class ActionServerSettings(BaseModel, extra="forbid"):
    """The rasa-sdk action server."""

    host: str = "127.0.0.1"
    """Address it listens on; never one that other machines reach, since the protocol has no password."""
    port: int = Field(5055, ge=1, le=65535)
    """Its port."""
    deadline_s: float = Field(5.0, gt=0)
    """Seconds an action may take before the patient gets an apology."""
