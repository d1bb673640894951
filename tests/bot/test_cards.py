from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from bot.cards import Cards
from bot.settings import ROOT
from bot.wording import Wording, WordingError
from tests.bot.house import Tables

APPOINTMENT = {
    "appointment": "a1", "number": "A3827", "name": "张*芳", "department": "cardiology", "kind": "expert",
    "day": "2026-11-27", "start": "08:00", "end": "08:30", "room": "A3-302", "fee": 5000,
}  # fmt: skip


@pytest.fixture
def wording(tables: Tables) -> Wording:
    return Wording.load(ROOT / "data" / "wording", tables.directory, lambda conversation, token: "138****1234")


@pytest.mark.parametrize(
    "body",
    [
        "slip: {rows: []}",
        "slip: {title: {zh: 凭条}, rows: []}",
        "slip: {title: {zh: 凭条, en: Slip}, rows: [{label: {zh: 号, en: No}}]}",
        "slip: {title: {zh: 凭条, en: Slip}, rows: [], colour: red}",
        "slip: 1",
        "[]",
    ],
)
def test_a_card_that_does_not_fit_is_refused(tmp_path: Path, wording: Wording, body: str) -> None:
    (tmp_path / "cards.yml").write_text(body, encoding="utf-8")
    with pytest.raises(ValidationError):
        Cards.load(tmp_path / "cards.yml", wording)


def test_an_appointment_slip_has_its_rows_and_a_code(wording: Wording, tables: Tables) -> None:
    cards = Cards.load(ROOT / "data" / "cards.yml", wording)
    doctor = next(iter(tables.directory.doctors))
    body = cards.render("appointment", {**APPOINTMENT, "doctor": doctor}, "zh", "c")
    rows = {row["label"]: row["value"] for row in body["rows"]}
    assert (body["kind"], body["title"]) == ("appointment", "预约凭条")
    assert (rows["就诊号"], rows["科室"], rows["挂号费"]) == ("A3827", "心血管内科", "50元")
    assert body["qr"].startswith("<svg")
    english = cards.render("appointment", {**APPOINTMENT, "doctor": doctor}, "en", "c")
    assert {row["label"]: row["value"] for row in english["rows"]}["Department"] == "Cardiology"


def test_an_empty_row_is_left_out(wording: Wording) -> None:
    cards = Cards.load(ROOT / "data" / "cards.yml", wording)
    body = cards.render("route", {"department": "cardiology", "place": "3楼", "route": ""}, "zh", "c")
    assert [row["label"] for row in body["rows"]] == ["科室", "位置"]


def test_a_missing_value_is_an_error_and_not_an_empty_slip(wording: Wording) -> None:
    cards = Cards.load(ROOT / "data" / "cards.yml", wording)
    with pytest.raises(WordingError, match="the parameter ahead is missing"):
        cards.render("ticket", {"number": "H1"}, "zh", "c")
