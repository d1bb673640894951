"""The table of sentences: the real one loads, a bad one is refused with its file and key, values become words."""

from __future__ import annotations

import string
from pathlib import Path
from typing import Any

import pytest

from bot.settings import ROOT
from bot.wording import Wording, WordingError
from tests.bot.house import Tables

FOLDER = ROOT / "data" / "wording"


@pytest.fixture
def real(tables: Tables) -> Wording:
    return Wording.load(FOLDER, tables.directory, lambda conversation, token: f"<{token}>")


def test_every_sentence_says_the_same_parameters_in_both_languages(real: Wording) -> None:
    assert len(real.keys) > 150
    uneven = []
    for key in real.keys:
        used = {
            language: {
                name
                for part in real.parts(key, language).values()
                for _, name, _, _ in string.Formatter().parse(part)
                if name
            }
            for language in ("zh", "en")
        }
        if used["zh"] != used["en"]:
            uneven.append((key, used))
    assert uneven == []


@pytest.mark.parametrize(
    ("body", "complaint"),
    [
        ("a.b: {zh: 好}", "a.b needs exactly zh and en"),
        ("a.b: {zh: 好, en: fine, fr: bon}", "a.b needs exactly zh and en"),
        ("a.b: 好", "a.b needs exactly zh and en"),
        ("a.b: {zh: 好, en: {speech: fine}}", "a.b.en needs text"),
        ("a.b: {zh: 好, en: {text: fine, sms: x}}", "a.b.en needs text, and only"),
        ("a.b: {zh: 好, en: ' '}", "a.b.en has an empty sentence"),
        ("a.b: {zh: 好, en: {text: fine, speech: ''}}", "a.b.en has an empty sentence"),
        ("a.b: {zh: 1, en: fine}", "a.b.zh needs text"),
        ("a.b: {zh: {text: [好]}, en: fine}", "a.b.zh has an empty sentence"),
    ],
)
def test_a_bad_entry_is_named(tmp_path: Path, tables: Tables, body: str, complaint: str) -> None:
    (tmp_path / "bad.yml").write_text(body, encoding="utf-8")
    with pytest.raises(WordingError) as caught:
        Wording.load(tmp_path, tables.directory, lambda *_: "")
    assert caught.value.sentence.startswith(f"bad.yml: {complaint}")


def test_a_key_said_in_two_files_is_refused(tmp_path: Path, tables: Tables) -> None:
    for name in ("one.yml", "two.yml"):
        (tmp_path / name).write_text("a.b: {zh: 好, en: fine}", encoding="utf-8")
    with pytest.raises(WordingError, match=r"two\.yml: a\.b is said twice"):
        Wording.load(tmp_path, tables.directory, lambda *_: "")


def made(tmp_path: Path, tables: Tables, zh: str, en: str = "x", **more: str) -> Wording:
    parts = "".join(f", {part}: '{text}'" for part, text in more.items())
    (tmp_path / "t.yml").write_text(f"k: {{zh: {{text: '{zh}'{parts}}}, en: '{en}'}}", encoding="utf-8")
    return Wording.load(tmp_path, tables.directory, lambda conversation, token: f"{conversation}/{token}")


@pytest.mark.parametrize(
    ("spec", "value", "read", "said", "english"),
    [
        ("date", "2026-11-27", "11月27日（周五）", "11月27号，星期五", "Friday 27 November"),
        ("clock", "08:30", "8:30", "8点半", "8:30"),
        ("clock", "14:00", "14:00", "14点", "14:00"),
        ("clock", "09:05", "9:05", "9点5分", "9:05"),
        ("half_day", "am", "上午", "上午", "morning"),
        ("money", 5000, "50元", "50元", "50 yuan"),
        ("money", 1250, "12.50元", "12.50元", "12.50 yuan"),
        ("room", "3-302", "3-302", "三楼三零二", "3-302"),
        ("spell", "HJ5188", "HJ5188", "H J 五 一 八 八", "HJ5188"),
        ("department", "cardiology", "心血管内科", "心血管内科", "Cardiology"),
        ("masked", "[NAME_k7d2]", "c/[NAME_k7d2]", "c/[NAME_k7d2]", "c/[NAME_k7d2]"),
        ("masked", "", "", "", ""),
        ("number", 3, "3", "3", "3"),
    ],
)
def test_values_become_words(
    tmp_path: Path, tables: Tables, spec: str, value: Any, read: str, said: str, english: str
) -> None:
    wording = made(tmp_path, tables, f"{{x:{spec}}}", f"{{x:{spec}}}")
    line = wording.say("k", {"x": value}, "zh", "kiosk", "c")
    assert (line.text, line.speech) == (read, said)
    assert wording.say("k", {"x": value}, "en", "kiosk", "c").text == english


def test_a_channel_and_the_ear_may_have_their_own_sentence(tmp_path: Path, tables: Tables) -> None:
    wording = made(tmp_path, tables, "看屏幕", speech="请看屏幕", phone="请听")
    kiosk, phone = wording.say("k", {}, "zh", "kiosk"), wording.say("k", {}, "zh", "phone")
    assert (kiosk.text, kiosk.speech) == ("看屏幕", "请看屏幕")
    assert (phone.text, phone.speech) == ("请听", "请听")  # on the telephone nothing is read


@pytest.mark.parametrize(
    ("template", "params", "complaint"),
    [
        ("{x}", {}, "the parameter x is missing"),
        ("{x:moon}", {"x": 1}, "there is no formatter moon"),
        ("{x:date}", {"x": "tomorrow"}, "date cannot say this value"),
        ("{x:department}", {"x": "astrology"}, "department cannot say this value"),
        ("{x:half_day}", {"x": "night"}, "half_day cannot say this value"),
    ],
)
def test_a_value_that_cannot_be_said_is_an_error(
    tmp_path: Path, tables: Tables, template: str, params: dict[str, Any], complaint: str
) -> None:
    with pytest.raises(WordingError, match=complaint):
        made(tmp_path, tables, template).say("k", params, "zh", "kiosk")


@pytest.mark.parametrize(
    ("ahead", "zh", "en"),
    [
        (0, "您前面没有人在等", "nobody is waiting before you"),
        (1, "前面还有 1 位", "one person is waiting before you"),
        (7, "前面还有 7 位", "7 people are waiting before you"),
    ],
)
def test_the_queue_is_said_as_people_do(real: Wording, ahead: int, zh: str, en: str) -> None:
    params = {"number": "A1", "ahead": ahead}
    assert zh in real.say("handoff.waiting", params, "zh", "kiosk").text
    assert en in real.say("handoff.waiting", params, "en", "kiosk").text


def test_a_missing_key_is_named(real: Wording) -> None:
    with pytest.raises(WordingError, match=r"no sentence for moon\.phase"):
        real.say("moon.phase", {}, "zh", "kiosk")


def test_a_value_with_braces_is_not_a_template(tmp_path: Path, tables: Tables) -> None:
    assert made(tmp_path, tables, "{x}").say("k", {"x": "{y:date}"}, "zh", "kiosk").text == "{y:date}"
