"""A patient at the kiosk and a nurse at the console of the real system, each in a browser of their own."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from tests.bot.kiosk.axe import grave_findings
from tests.e2e.browser import Kiosk, Nurse, id_card, shoot, tickets
from tests.system import System

pytestmark = [pytest.mark.slow, pytest.mark.asyncio(loop_scope="session")]
LANGUAGES = pytest.mark.parametrize("language", ["zh", "en"])

BOOK = {"zh": "我想挂心内科", "en": "Book cardiology"}
NAME = {"zh": "王小梅", "en": "Mary Brown"}
ID = {"zh": id_card("19550312", 311), "en": id_card("19600704", 312)}
DEPARTMENT = {"zh": "心血管内科", "en": "Cardiology"}
TALKING = {"zh": "工作人员正在和您对话", "en": "A member of staff is talking with you"}
HELLO = {
    "zh": "您好，我是导诊台的护士，号我帮您看。",
    "en": "Hello, this is the nurse at the desk. I will look at your booking.",
}
THANKS = {"zh": "太好了 我要下午的号", "en": "Great, I would like the afternoon"}
QUESTION = {"zh": "停车场怎么收费？", "en": "What are the visiting hours?"}
TOPIC = {"zh": "停车", "en": "Visiting"}
ASKED_AGAIN = {"zh": "手机号", "en": "mobile number"}
CHEST = {"zh": "我胸口压着疼 喘不上气", "en": "I have crushing chest pain and cannot breathe"}


@LANGUAGES
async def test_a_person_answers_a_patient_and_hands_back(
    visitor: Kiosk, nurse: Nurse, system: System, axe: str, language: str
) -> None:
    page = nurse.page
    await visitor.visits(system, "K02")
    await visitor.speaks(language)
    await visitor.asks(BOOK[language])
    await visitor.chooses_number(0)
    await visitor.chooses_number(0)
    await visitor.asks(NAME[language])
    await visitor.asks(ID[language])
    await visitor.page.click('[data-quick="human"]')
    await visitor.answered()
    conversation = (await visitor.conversation())["id"]
    (ticket,) = tickets(system, conversation)
    number = ticket["number"]
    assert (ticket["reason"], ticket["kiosk"], ticket["status"]) == ("asked", "K02", "open")
    await visitor.sees(number)
    await expect(visitor.page.locator("#status")).to_be_visible()
    await shoot(visitor.page, f"waiting-{language}")

    await page.click(f"[data-language={language}]")
    await expect(nurse.entry(number)).to_contain_text("K02")
    assert await grave_findings(page, axe) == []
    await nurse.opens(number)
    facts = page.locator(".facts")
    for revealed in (NAME[language], ID[language], DEPARTMENT[language]):
        await expect(facts).to_contain_text(revealed)
    await expect(page.locator(".ticket-meta")).to_contain_text("K02")
    await expect(page.locator(".line--patient", has_text=NAME[language])).to_have_count(1)
    assert await grave_findings(page, axe) == []
    await page.click("#claim")
    await expect(visitor.page.locator("#status")).to_contain_text(TALKING[language])
    await nurse.writes(HELLO[language])
    heard = visitor.page.locator('.message[data-from="staff"]')
    await expect(heard).to_contain_text(HELLO[language])
    await expect(heard.locator(".message-tag")).not_to_contain_text("AI")
    assert await grave_findings(visitor.page, axe) == []
    await shoot(visitor.page, f"staff-{language}")

    await visitor.types(THANKS[language])
    await expect(page.locator(".line--patient").last).to_contain_text(THANKS[language])
    await expect(visitor.turn.locator(".turn-note")).to_be_visible()
    await shoot(page, f"console-talk-{language}")
    (claimed,) = tickets(system, conversation)
    assert (claimed["status"], claimed["claimed_by"]) == ("claimed", nurse.name)

    await page.click("#hand-back")
    await expect(page.locator(".ticket-note")).to_be_visible()
    await expect(visitor.page.locator("#status")).to_be_hidden()
    assert [row["status"] for row in tickets(system, conversation)] == ["closed"]
    await visitor.sees(ASKED_AGAIN[language])  # the assistant is back at the question that was open
    await visitor.asks(QUESTION[language])
    await visitor.sees(TOPIC[language])
    await shoot(visitor.page, f"handed-back-{language}")
    said = system.rows("SELECT role, text FROM messages WHERE conversation = :id ORDER BY id", id=conversation)
    assert [line["text"] for line in said if line["role"] == "staff"] == [HELLO[language]]
    assert not [line for line in said if NAME[language] in line["text"] or ID[language] in line["text"]]


@LANGUAGES
async def test_an_emergency_is_red_in_the_console(
    kiosk: Kiosk, nurse: Nurse, system: System, axe: str, language: str
) -> None:
    await nurse.page.click(f"[data-language={language}]")
    await kiosk.speaks(language)
    await kiosk.asks(CHEST[language])
    (ticket,) = tickets(system, (await kiosk.conversation())["id"])
    red = nurse.page.locator(".entry--red", has_text=ticket["number"])
    await expect(red).to_be_visible()
    await expect(nurse.page.locator("#alert")).to_be_visible()
    await shoot(nurse.page, f"console-red-queue-{language}")
    await nurse.opens(ticket["number"])
    await expect(nurse.page.locator(".ticket-red")).to_be_visible()
    await expect(nurse.page.locator(".line--patient")).to_contain_text(CHEST[language])
    await shoot(nurse.page, f"console-red-ticket-{language}")
    assert await grave_findings(nurse.page, axe) == []
    await nurse.page.click("#claim")
    await nurse.page.click("#hand-back")
    await expect(nurse.entry(ticket["number"])).to_have_count(0)
    assert [row["status"] for row in tickets(system, (await kiosk.conversation())["id"])] == ["closed"]


async def test_a_call_from_a_kiosk_without_a_conversation_names_the_kiosk(
    visitor: Kiosk, nurse: Nurse, system: System
) -> None:
    await visitor.visits(system, "K04")
    await visitor.page.click("#call")
    number = await visitor.page.locator(".call-ticket-number").inner_text()
    await expect(nurse.entry(number)).to_contain_text("K04")
    await nurse.opens(number)
    await expect(nurse.page.locator(".ticket-meta")).to_contain_text("K04")
    await expect(nurse.page.locator("#reply-text")).to_have_count(0)
    await shoot(nurse.page, "console-call")
    await nurse.page.click("#claim")
    await nurse.page.click("#hand-back")
    await expect(nurse.entry(number)).to_have_count(0)
