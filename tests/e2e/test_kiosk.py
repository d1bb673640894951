"""Patients at the kiosk of the real system: department, booking, answer, large text, staff call, emergency."""

from __future__ import annotations

import re
from datetime import date, time

import pytest
import yaml
from playwright.async_api import expect

from actions.records.cipher import Cipher
from bot.secrets import load_secret
from bot.settings import ROOT, Settings
from knowledge.directory import load_directory
from tests.bot.kiosk.axe import grave_findings
from tests.e2e.browser import Kiosk, appointments, id_card, legibility, shoot, tickets
from tests.system import System

pytestmark = [pytest.mark.slow, pytest.mark.asyncio(loop_scope="session")]
LANGUAGES = pytest.mark.parametrize("language", ["zh", "en"])
DIRECTORY = load_directory(ROOT / "knowledge" / "hospital")

KNEE = {"zh": "右边膝盖疼了一个星期了，该看哪个科", "en": "My right knee has hurt for a week, which department?"}
ORTHOPAEDICS = {"zh": "骨科", "en": "Orthopaedics"}
BOOK = {"zh": "我想挂心内科", "en": "Book cardiology"}
NAMES = {"zh": "王小梅", "en": "Mary Brown"}
IDS = {"zh": id_card("19550312", 211), "en": id_card("19600704", 212)}
NO_PHONE = {"zh": "不留电话", "en": "No phone number"}
YES = {"zh": "确认预约", "en": "Yes, book it"}
CHANGE = {"zh": "改预约", "en": "change my appointment"}
TOMORROW = {"zh": "明天", "en": "tomorrow"}
YES_CHANGE = {"zh": "确认改期", "en": "Yes, change it"}
CANCEL = {"zh": "退号", "en": "cancel my appointment"}
YES_CANCEL = {"zh": "确认退号", "en": "Yes, cancel it"}
ROWS = {
    "zh": ("就诊号", "科室", "医生", "日期", "时间", "诊室"),
    "en": ("Number", "Department", "Doctor", "Day", "Time", "Room"),
}
SLIP = {
    "zh": {"printed": "小票打印好了", "gone": "这张小票现在打不了了"},
    "en": {"printed": "Your slip is ready", "gone": "This slip can no longer be printed"},
}
QUESTION = {"zh": "停车场怎么收费？", "en": "What are the visiting hours?"}
TOPIC = {"zh": ("停车", "topics/zh/parking.md"), "en": ("Visiting hours", "topics/en/visiting_hours.md")}
CHEST = {"zh": "我胸口压着疼，喘不上气", "en": "I have crushing chest pain and cannot breathe"}
WRONG_CARD = {"zh": "这张卡读不了", "en": "This card cannot be read"}
RED = {"zh": "请马上求助", "en": "Get help now"}


def clock(value: str) -> str:
    """08:00:00 as the cards say it."""
    at = time.fromisoformat(value[:8])
    return f"{at.hour}:{at.minute:02d}"


def day(value: str, language: str) -> str:
    """A day as the cards say it, without the weekday."""
    on = date.fromisoformat(value)
    return f"{on.month}月{on.day}日" if language == "zh" else f"{on.day} {on:%B}"


def assert_card_is_row(facts: dict[str, str], row: dict[str, str], language: str) -> None:
    """What the patient reads is what the hospital has stored."""
    number, department, doctor, on, at, room = (facts[label] for label in ROWS[language])
    assert number == row["number"]
    assert department == getattr(DIRECTORY.departments[row["department"]].name, language)
    assert getattr(DIRECTORY.doctors[row["doctor"]], language) in doctor
    assert day(row["day"], language) in on
    assert at == f"{clock(row['start'])}–{clock(row['end'])}"
    assert room == row["room"]


@LANGUAGES
async def test_a_complaint_leads_to_a_department_and_into_a_booking(kiosk: Kiosk, language: str) -> None:
    await kiosk.speaks(language)
    await expect(kiosk.page.locator("#hospital")).to_have_text(getattr(DIRECTORY.hospital.name, language))
    await shoot(kiosk.page, f"home-{language}")
    await kiosk.asks(KNEE[language])
    await expect(kiosk.page.locator(".greeting .message")).to_be_visible()
    await expect(kiosk.turn.locator(".card dd").first).to_contain_text(ORTHOPAEDICS[language])
    await shoot(kiosk.page, f"department-{language}")
    await kiosk.chooses(ORTHOPAEDICS[language])
    await kiosk.sees(ORTHOPAEDICS[language])
    await shoot(kiosk.page, f"booking-day-{language}")
    await kiosk.chooses_number(0)
    offers = await kiosk.turn.locator(".choice").all_inner_texts()
    assert sum(bool(re.search(r"\d:\d\d", offer)) for offer in offers) >= 2
    await shoot(kiosk.page, f"offers-{language}")
    assert await kiosk.answer.locator(".message").last.get_attribute("lang") == {"zh": "zh-CN", "en": "en"}[language]


@LANGUAGES
async def test_an_appointment_is_booked_read_back_changed_and_cancelled(
    kiosk: Kiosk, system: System, language: str
) -> None:
    await kiosk.speaks(language)
    await kiosk.asks(BOOK[language])
    await kiosk.asks(TOMORROW[language])
    await kiosk.chooses_number(1)
    await shoot(kiosk.page, f"name-{language}")
    await kiosk.asks(NAMES[language])
    await kiosk.asks(IDS[language])
    await kiosk.chooses(NO_PHONE[language])
    confirmed = await kiosk.facts("confirm")
    await shoot(kiosk.page, f"confirm-{language}")
    conversation = (await kiosk.conversation())["id"]
    assert appointments(system, conversation) == []
    await kiosk.chooses(YES[language])
    slip = await kiosk.facts("appointment")
    await shoot(kiosk.page, f"booked-{language}")
    (booked,) = appointments(system, conversation)
    assert booked["status"] == "booked"
    assert_card_is_row(slip, booked, language)
    assert_patient_is_stored(system, booked["patient"], NAMES[language], IDS[language])
    said_before = ROWS[language][1:5]  # department, doctor, day, time
    assert [slip[label] for label in said_before] == [confirmed[label] for label in said_before]
    shown = await kiosk.page.content()
    assert IDS[language] not in shown  # others stand in the lobby
    assert booked["id"] not in shown

    await kiosk.asks(CHANGE[language])
    await kiosk.asks(TOMORROW[language])  # today's places may be too near to be given back
    await kiosk.chooses_number(2)
    await kiosk.facts("confirm_change")
    await shoot(kiosk.page, f"confirm-change-{language}")
    await kiosk.chooses(YES_CHANGE[language])
    moved = await kiosk.facts("appointment")
    old, new = appointments(system, conversation)
    assert (old["status"], new["status"], new["replaces"]) == ("changed", "booked", booked["id"])
    assert (new["day"], new["start"]) != (old["day"], old["start"])
    assert_card_is_row(moved, new, language)

    await kiosk.asks(CANCEL[language])
    await kiosk.sees(new["number"])
    await kiosk.chooses(YES_CANCEL[language])
    await kiosk.sees(new["number"])
    await shoot(kiosk.page, f"cancelled-{language}")
    assert [row["status"] for row in appointments(system, conversation)] == ["changed", "cancelled"]
    taken = system.rows(
        "SELECT count(*) AS held FROM holds WHERE conversation = :id AND state IN ('held')", id=conversation
    )
    assert taken[0]["held"] == 0


def assert_patient_is_stored(system: System, patient: str, name: str, number: str) -> None:
    """Name and identity number are stored sealed, and are what the patient typed."""
    cipher = Cipher(load_secret(Settings(state=system.state)))
    (row,) = system.rows("SELECT name_sealed FROM patients WHERE id = :id", id=patient)
    assert cipher.decrypt(row["name_sealed"], f"patient:{patient}:name") == name
    (known,) = system.rows("SELECT kind, value_sealed FROM identities WHERE patient = :id", id=patient)
    assert known["kind"] == "id_card"
    assert cipher.decrypt(known["value_sealed"], f"patient:{patient}:id_card") == number


@LANGUAGES
async def test_a_slip_is_printed_and_an_old_one_says_what_the_server_says(kiosk: Kiosk, language: str) -> None:
    await kiosk.speaks(language)
    await kiosk.asks(BOOK[language])
    await kiosk.chooses_number(0)
    await kiosk.chooses_number(2)
    await kiosk.asks(NAMES[language])
    await kiosk.asks(id_card("19480101", 221 if language == "zh" else 223))
    await kiosk.chooses(NO_PHONE[language])
    await kiosk.chooses(YES[language])
    await kiosk.turn.locator(".slip-button").click()
    await kiosk.sees(SLIP[language]["printed"])
    await shoot(kiosk.page, f"slip-{language}")
    await kiosk.asks(QUESTION[language])
    older = kiosk.page.locator(".slip")
    async with kiosk.page.expect_response("**/slip") as answered:
        await older.locator(".slip-button").click()
    status = (await answered.value).status
    assert status in (204, 404)
    await expect(older.locator(".slip-state")).to_contain_text(SLIP[language]["printed" if status == 204 else "gone"])
    await shoot(kiosk.page, f"slip-older-{language}")


@LANGUAGES
async def test_an_answer_opens_its_source_with_title_and_date_first(kiosk: Kiosk, language: str) -> None:
    title, file = TOPIC[language]
    await kiosk.speaks(language)
    await kiosk.asks(QUESTION[language])
    source = kiosk.turn.locator(".source").first
    await expect(source).to_be_hidden()
    await shoot(kiosk.page, f"answer-{language}")
    await kiosk.turn.locator("summary").click()
    await expect(source).to_be_visible()
    lines = [line for line in (await source.inner_text()).split("\n") if line]
    assert title in lines[0]
    assert re.search(r"20\d\d-\d\d-\d\d", lines[1])
    assert await source.get_attribute("data-file") == file
    assert ".md" not in await kiosk.page.locator("#main").inner_text()
    quote = await source.locator(".source-quote").inner_text()
    document = (ROOT / "knowledge" / "hospital" / file).read_text(encoding="utf-8")
    assert len(quote) > 10
    assert all(line in document for line in quote.split("\n"))
    await shoot(kiosk.page, f"source-{language}")


@LANGUAGES
async def test_an_emergency_takes_the_screen_and_opens_a_red_ticket(
    kiosk: Kiosk, system: System, axe: str, language: str
) -> None:
    await kiosk.speaks(language)
    await kiosk.asks(CHEST[language])
    alert = kiosk.page.get_by_role("alert")
    await expect(alert).to_contain_text(RED[language])
    await expect(alert).to_be_in_viewport(ratio=0.9)
    assert await alert.evaluate("node => getComputedStyle(node).backgroundColor") == "rgb(163, 13, 24)"
    await expect(kiosk.page.locator("body")).to_have_attribute("data-alarm", "emergency")
    await shoot(kiosk.page, f"emergency-{language}")
    assert await grave_findings(kiosk.page, axe) == []
    (ticket,) = tickets(system, (await kiosk.conversation())["id"])
    assert (ticket["reason"], ticket["priority"], ticket["kiosk"]) == ("emergency", "red", "K01")
    await alert.locator(".button--alarm").click()
    await expect(kiosk.page.locator(".call-ticket-number")).to_have_text(ticket["number"])


@pytest.mark.parametrize("with_conversation", [False, True])
async def test_the_staff_button_makes_a_ticket_that_names_the_kiosk(
    visitor: Kiosk, system: System, with_conversation: bool
) -> None:
    system.wait_ready()
    await visitor.visits(system, "K03")
    if with_conversation:
        await visitor.asks(QUESTION["zh"])
    await visitor.page.click("#call")
    number = await visitor.page.locator(".call-ticket-number").inner_text()
    await expect(visitor.page.locator("#call-dialog")).to_contain_text("门诊楼二楼扶梯旁")
    await shoot(visitor.page, f"call-{'conversation' if with_conversation else 'home'}")
    (ticket,) = system.rows("SELECT * FROM tickets WHERE number = :number", number=number)
    assert (ticket["reason"], ticket["kiosk"], ticket["status"]) == ("staff_call", "K03", "open")
    assert ticket["conversation"] == ((await visitor.conversation())["id"] if with_conversation else "")


@LANGUAGES
async def test_elder_mode_on_the_real_page(kiosk: Kiosk, axe: str, language: str) -> None:
    await kiosk.speaks(language)
    assert await grave_findings(kiosk.page, axe) == []
    plain = await legibility(kiosk.page)
    assert plain["size"] >= 18
    await kiosk.page.click("#elder")
    assert await kiosk.page.evaluate("() => parseFloat(getComputedStyle(document.body).fontSize)") >= 30
    await assert_legible(kiosk, f"elder-home-{language}")
    await kiosk.asks(KNEE[language])
    await assert_legible(kiosk, f"elder-department-{language}")
    await kiosk.chooses(ORTHOPAEDICS[language])
    await kiosk.chooses_number(0)
    await assert_legible(kiosk, f"elder-offers-{language}")
    await kiosk.asks(QUESTION[language])
    await kiosk.page.locator(".turn--current summary").click()
    await assert_legible(kiosk, f"elder-answer-{language}")
    assert await grave_findings(kiosk.page, axe) == []


async def assert_legible(kiosk: Kiosk, name: str) -> None:
    """Elder mode's numbers (see tests/bot/kiosk/test_elder_mode.py for their source)."""
    await shoot(kiosk.page, name)
    found = await legibility(kiosk.page)
    assert found["size"] >= 27
    assert found["line"] >= 1.3 - 0.005
    assert found["contrast"] >= 4.5
    assert found["small_targets"] == []
    wide = await kiosk.page.evaluate("() => document.documentElement.scrollWidth - innerWidth")
    assert wide <= 0


@LANGUAGES
async def test_the_simulated_card_reader_fills_name_and_number(kiosk: Kiosk, system: System, language: str) -> None:
    name, number = NAMES[language], id_card("19550312", 231 if language == "zh" else 233)
    simulated = system.state / "simulated_devices.yml"
    simulated.write_text(yaml.safe_dump({"K01": {"card": "wrong_card"}}), encoding="utf-8")
    try:
        await kiosk.speaks(language)
        await kiosk.asks(BOOK[language])
        await kiosk.chooses_number(0)
        await kiosk.chooses_number(2)
        await kiosk.page.click('[data-quick="card"]')
        await expect(kiosk.turn.locator(".failure")).to_contain_text(WRONG_CARD[language])
        await shoot(kiosk.page, f"wrong-card-{language}")
        card = {"name": name, "id_number": number}
        simulated.write_text(yaml.safe_dump({"K01": {"card": card}}, allow_unicode=True), encoding="utf-8")
        await kiosk.turn.locator(".failure button").click()
        await kiosk.answered()
    finally:
        simulated.unlink()
    await kiosk.chooses(NO_PHONE[language])
    await kiosk.facts("confirm")
    await shoot(kiosk.page, f"card-read-{language}")
    await kiosk.chooses(YES[language])
    (row,) = appointments(system, (await kiosk.conversation())["id"])
    assert_patient_is_stored(system, row["patient"], name, number)
    assert number not in await kiosk.page.content()
