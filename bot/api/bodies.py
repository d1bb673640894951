"""Bodies that enter over HTTP."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

Language = Literal["zh", "en"]
Name = Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9_.:-]+$")]


class OpenBody(BaseModel):
    """A new conversation."""

    model_config = ConfigDict(extra="ignore", strict=True)
    channel: Literal["kiosk", "phone", "wechat"]
    language: Language = "zh"
    kiosk: Name | None = None


class TranscriptBody(BaseModel):
    """What speech recognition made of a turn."""

    model_config = ConfigDict(extra="ignore")
    confidence: float = Field(ge=0, le=1)
    alternatives: list[str] = Field(default_factory=list, max_length=10)


class TurnBody(BaseModel):
    """One thing a patient said."""

    model_config = ConfigDict(extra="ignore", strict=True)
    text: str
    message_id: Name | None = None
    language: Language | None = None
    transcript: TranscriptBody | None = None


class LanguageBody(BaseModel):
    """The language to go on in."""

    model_config = ConfigDict(extra="ignore", strict=True)
    language: Language


class StaffCallBody(BaseModel):
    """The staff button of a kiosk."""

    model_config = ConfigDict(extra="ignore", strict=True)
    conversation_id: str | None = Field(default=None, max_length=64)


class SlipBody(BaseModel):
    """A slip to print."""

    model_config = ConfigDict(extra="ignore", strict=True)
    appointment: Name
