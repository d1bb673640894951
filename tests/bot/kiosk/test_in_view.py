"""What must stay on the screen: the open question, its answers, an emergency's instructions, the way to a person."""

import asyncio

import pytest
from playwright.async_api import Page, ViewportSize, expect

from tests.bot.kiosk.conftest import shoot
from tests.bot.kiosk.patient import Patient
from tests.bot.kiosk.simulated_front_desk import SimulatedFrontDesk

pytestmark = [pytest.mark.slow, pytest.mark.asyncio(loop_scope="session")]

LOW: ViewportSize = {"width": 1366, "height": 768}
NURSE = {"text": "我是王护士，马上过来。请坐着别动。", "ai": False, "from": "staff"}
ALARM = "胸口疼得喘不上气"


async def all_choices_in_view(page: Page) -> None:
    choices = page.locator(".turn--current .choice")
    assert await choices.count() > 0
    for place in range(await choices.count()):
        await expect(choices.nth(place)).to_be_in_viewport(ratio=0.95)
        assert await choices.nth(place).evaluate(
            """node => { const box = node.getBoundingClientRect();
                         const on = document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2);
                         return node.contains(on) }"""
        ), "something lies over it"


@pytest.mark.parametrize("elder", [False, True])
@pytest.mark.parametrize("said", ["guide", "/day 26"])
async def test_on_a_low_screen_every_answer_is_in_view_at_once(
    page: Page, patient: Patient, said: str, elder: bool
) -> None:
    await page.set_viewport_size(LOW)
    if elder:
        await page.click("#elder")
    if said == "guide":
        await patient.taps_service(said)
    else:
        await patient.asks(said)
    await shoot(page, f"low-{said.strip('/').replace(' ', '')}-{'elder' if elder else 'plain'}")
    if not (elder and said != "guide"):  # a card and its answers in the largest letters are more than such a screen
        await all_choices_in_view(page)
    await expect(page.locator("[data-quick=human]")).to_be_in_viewport(ratio=0.95)


@pytest.mark.parametrize("size", [LOW, {"width": 1080, "height": 1920}])
async def test_large_text_keeps_the_question_in_view(page: Page, patient: Patient, size: ViewportSize) -> None:
    await page.set_viewport_size(size)
    await patient.asks("几点能抽血")
    await patient.asks("/guide")
    for _ in range(2):
        await page.click("#elder")
        await all_choices_in_view(page)
        await page.evaluate("() => window.scrollTo(0, 0)")


async def test_another_language_redraws_the_open_question(
    page: Page, patient: Patient, desk: SimulatedFrontDesk
) -> None:
    await patient.taps_service("guide")
    await patient.speaks("en")
    await expect(patient.turn.locator(".choice")).to_have_text(["Headache", "Knee or joint pain", "Stomach pain"])
    await expect(patient.answer.locator(".message")).to_have_count(1)
    await expect(patient.answer.locator(".message")).to_have_attribute("lang", "en")
    await expect(patient.answer.locator(".message-tag")).to_have_text("AI-generated")
    await patient.chooses("Knee or joint pain")
    await patient.sees("Orthopaedics")
    assert desk.visit.said[-1]["language"] == "en"


async def test_a_language_chosen_before_the_first_word_asks_the_server_nothing(
    page: Page, patient: Patient, desk: SimulatedFrontDesk
) -> None:
    await patient.speaks("en")
    await expect(page.locator("#home-heading")).to_contain_text("Hello")
    assert desk.visits == {}


async def test_an_emergency_is_said_in_the_other_language_at_once(page: Page, patient: Patient) -> None:
    await patient.asks(ALARM)
    await patient.speaks("en")
    alert = page.get_by_role("alert")
    await expect(alert).to_contain_text("Please go to Emergency now")
    await expect(alert).not_to_contain_text("急诊楼")
    await expect(alert).to_be_in_viewport(ratio=0.9)
    assert await page.locator("body").get_attribute("data-alarm") == "emergency"


@pytest.mark.parametrize("size", [LOW, {"width": 1080, "height": 1920}, {"width": 360, "height": 740}])
async def test_what_staff_say_leaves_the_instructions_of_an_emergency_in_view(
    page: Page, patient: Patient, desk: SimulatedFrontDesk, size: ViewportSize
) -> None:
    await page.set_viewport_size(size)
    await patient.asks(ALARM)
    desk.push("status", {"status": "human"})
    for number in range(4):
        desk.push("message", NURSE | {"text": f"{NURSE['text']}{number}"})
    newest = page.locator('.message[data-from="staff"]').last
    await expect(newest).to_contain_text("3")
    await asyncio.sleep(0.2)
    await shoot(page, f"emergency-staff-{size['width']}")
    await expect(newest).to_be_in_viewport(ratio=0.9)
    if size["width"] > 400:  # a telephone has no room for both
        await expect(page.get_by_role("alert").locator(".message-text")).to_be_in_viewport(ratio=0.95)
        await expect(page.get_by_role("alert").locator(".button--alarm")).to_be_in_viewport(ratio=0.5)


async def test_what_staff_say_leaves_the_open_question_in_view(
    page: Page, patient: Patient, desk: SimulatedFrontDesk
) -> None:
    await patient.taps_service("guide")
    desk.push("message", NURSE)
    await expect(page.locator('.message[data-from="staff"]')).to_be_in_viewport(ratio=0.95)
    await all_choices_in_view(page)


async def test_a_hand_back_is_a_section_of_its_own_with_its_question(
    page: Page, patient: Patient, desk: SimulatedFrontDesk
) -> None:
    await patient.taps_service("human")
    desk.push("status", {"status": "human"})
    desk.push("message", NURSE)
    desk.push("status", {"status": "bot"})
    menu = [{"title": "预约挂号", "payload": "/book"}]
    desk.push("message", {"text": "现在由我（AI 导医助手）回答您。", "ai": True, "from": "assistant", "buttons": menu})
    await patient.sees("现在由我（AI 导医助手）回答您。")
    await all_choices_in_view(page)
    await expect(page.locator("#status")).to_be_hidden()
