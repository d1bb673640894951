"""Bodies that enter over HTTP."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

Language = Literal["zh", "en"]
Name = Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9_.:-]+$")]

MOST_ALTERNATIVES = 10
"""Readings of a turn that are screened."""


class OpenBody(BaseModel):
    """A new conversation."""

    model_config = ConfigDict(extra="ignore", strict=True)
    channel: Literal["kiosk", "phone", "wechat"]
    language: Language = "zh"
    kiosk: Name | None = None


class TranscriptBody(BaseModel):
    """What speech recognition made of a turn."""

    model_config = ConfigDict(extra="ignore")
    confidence: Annotated[float, AfterValidator(lambda value: min(max(value, 0.0), 1.0))]
    alternatives: Annotated[list[str], AfterValidator(lambda said: said[:MOST_ALTERNATIVES])] = Field(
        default_factory=list
    )
    """What is too much or too sure is cut rather than refused: the words may be an emergency."""


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
