"""Slips, check lists and notices: `data/cards.yml` filled with a payload's parameters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import segno
import yaml
from pydantic import BaseModel, ConfigDict, TypeAdapter

from bot.wording import Wording


class _Text(BaseModel):
    model_config = ConfigDict(extra="forbid")
    zh: str
    en: str


class _Row(BaseModel):
    model_config = ConfigDict(extra="forbid")
    label: _Text
    value: str


class _Card(BaseModel):
    model_config = ConfigDict(extra="forbid")
    title: _Text
    rows: list[_Row]


@dataclass(frozen=True)
class Cards:
    """The card table."""

    table: Mapping[str, _Card]
    wording: Wording

    @classmethod
    def load(cls, path: Path, wording: Wording) -> Cards:
        """The cards of a file. Raises pydantic's ValidationError for one that does not fit."""
        body = yaml.safe_load(path.read_text(encoding="utf-8"))
        return cls(TypeAdapter(dict[str, _Card]).validate_python(body), wording)

    def render(self, kind: str, params: Mapping[str, Any], language: str, conversation: str) -> dict[str, Any]:
        """Title and rows in one language; rows whose value is empty are left out. An appointment carries its QR
        code."""
        card = self.table[kind]
        rows = []
        for row in card.rows:
            value = self.wording.fill(f"card.{kind}", row.value, params, language, conversation)
            if value.strip():
                rows.append({"label": getattr(row.label, language), "value": value})
        body: dict[str, Any] = {"kind": kind, "title": getattr(card.title, language), "rows": rows}
        if kind == "appointment":
            body["appointment"] = params["appointment"]
            body["number"] = params["number"]
            body["qr"] = segno.make(f"YIDAO:{params['number']}", error="m").svg_inline(scale=4, border=2)
        return body
