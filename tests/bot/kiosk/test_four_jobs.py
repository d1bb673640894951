"""The four jobs of the kiosk, by touch, in both languages."""

import pytest
from playwright.async_api import Page, expect

from tests.bot.kiosk.conftest import shoot
from tests.bot.kiosk.patient import Patient
from tests.bot.kiosk.simulated_front_desk import SimulatedFrontDesk

pytestmark = [pytest.mark.slow, pytest.mark.asyncio(loop_scope="session")]

WORDS = {
    "zh": {
        "knee": "膝盖或关节疼",
        "department": "骨科",
        "book": "挂骨科的号",
        "day": "11月26日",
        "yes": "对，就挂这个",
        "booked": "挂好了",
        "printed": "小票打印好了",
        "move": "换个时间",
        "moved": "改好了",
        "cancel": "退号",
        "cancelled": "已经退好了",
        "question": "几点能抽血",
        "opening": "7:00 到 16:30",
        "quote": "检验科采血时间为每天 7:00 至 16:30",
        "beyond": "检验科电话",
        "source": "抽血须知",
        "waiting": "正在为您找工作人员",
        "joined": "工作人员正在和您对话",
        "nurse": "您好，我是导医台的护士，请说。",
        "staff": "工作人员",
        "ai": "AI 生成",
        "window": "门诊楼一楼1至6号人工窗口",
        "html": "zh-CN",
    },
    "en": {
        "knee": "Knee or joint pain",
        "department": "Orthopaedics",
        "book": "Book Orthopaedics",
        "day": "Thu 26 Nov",
        "yes": "Yes, book it",
        "booked": "Booked.",
        "printed": "Your slip is ready",
        "move": "Move it",
        "moved": "It is moved",
        "cancel": "Cancel it",
        "cancelled": "is cancelled",
        "question": "blood test hours",
        "opening": "7:00 to 16:30",
        "quote": "The laboratory takes blood every day",
        "beyond": "Bring your slip",
        "source": "Blood tests",
        "waiting": "We are finding a member of staff",
        "joined": "A member of staff is talking with you",
        "nurse": "Hello, this is the nurse at the guide desk.",
        "staff": "Staff",
        "ai": "AI-generated",
        "window": "Manned windows 1-6, Outpatient Building (A), 1F",
        "html": "en",
    },
}
LANGUAGES = pytest.mark.parametrize("language", ["zh", "en"])


@LANGUAGES
async def test_a_complaint_leads_to_a_department_and_a_booking(
    page: Page, patient: Patient, desk: SimulatedFrontDesk, language: str
) -> None:
    words = WORDS[language]
    await patient.speaks(language)
    await shoot(page, f"home-{language}")
    await patient.taps_service("guide")
    await expect(page.locator(".greeting .message")).to_be_visible()
    await shoot(page, f"guide-{language}")
    await patient.chooses(words["knee"])
    await patient.sees(words["department"], words["ai"])
    await shoot(page, f"department-{language}")
    await patient.chooses(words["book"])
    await patient.chooses(words["day"])
    await patient.chooses(words["yes"])
    await patient.sees(words["booked"], "A3827")
    assert await patient.turn.locator(".qr").evaluate("image => image.decode().then(() => image.naturalWidth)") > 0
    await patient.turn.locator(".slip-button").click()
    await patient.sees(words["printed"])
    await shoot(page, f"appointment-{language}")

    assert desk.printed == ["ap-3827"]
    said = desk.visit.said
    assert [said[0]["text"], said[-1]["text"]] == ["/guide", "/yes"]
    assert {turn["language"] for turn in said} == {language}
    assert len({turn["message_id"] for turn in said}) == len(said)
    assert await page.locator("html").get_attribute("lang") == words["html"]
    assert await patient.answer.locator(".message").first.get_attribute("lang") == words["html"]


@LANGUAGES
async def test_a_booking_is_moved_and_cancelled(
    page: Page, patient: Patient, desk: SimulatedFrontDesk, language: str
) -> None:
    words = WORDS[language]
    await patient.speaks(language)
    await patient.taps_service("change")
    await patient.sees("A3827")
    await patient.chooses(words["move"])
    await patient.sees(words["moved"])
    await patient.asks("/change")
    await patient.chooses(words["cancel"])
    await patient.sees(words["cancelled"])
    assert [turn["text"] for turn in desk.visit.said] == ["/change", "/move", "/change", "/cancel"]


@LANGUAGES
async def test_an_answer_shows_where_it_comes_from(page: Page, patient: Patient, language: str) -> None:
    words = WORDS[language]
    await patient.speaks(language)
    await patient.asks(words["question"])
    await patient.sees(words["opening"])
    quote = patient.turn.locator(".source-quote").first
    await expect(quote).to_be_hidden()
    await patient.turn.locator("summary").click()
    await expect(quote).to_contain_text(words["quote"])
    await expect(quote).to_contain_text(words["beyond"])
    marked = quote.locator("mark")
    await expect(marked).to_contain_text(words["quote"])
    await expect(marked).not_to_contain_text(words["beyond"])
    await expect(patient.turn.locator(".source-title").first).to_have_text(words["source"])
    await expect(patient.turn.locator(".source").first).to_contain_text("2026-09-01")
    await shoot(page, f"sources-{language}")


@LANGUAGES
async def test_a_person_takes_over_and_hands_back(
    page: Page, patient: Patient, desk: SimulatedFrontDesk, language: str
) -> None:
    words = WORDS[language]
    await patient.speaks(language)
    await patient.taps_service("human")
    await patient.sees("H012")
    await expect(page.locator("#status")).to_contain_text(words["waiting"])
    await shoot(page, f"waiting-{language}")
    desk.push("status", {"status": "human"})
    await expect(page.locator("#status")).to_contain_text(words["joined"])
    desk.push("message", {"text": words["nurse"], "ai": False, "from": "staff"})
    spoken = page.locator('.message[data-from="staff"]')
    await expect(spoken).to_contain_text(words["nurse"])
    await expect(spoken.locator(".message-tag")).to_contain_text(words["staff"])
    await expect(spoken.locator(".message-tag")).not_to_contain_text("AI")
    await shoot(page, f"staff-{language}")
    desk.push("status", {"status": "bot"})
    await expect(page.locator("#status")).to_be_hidden()


@LANGUAGES
async def test_every_screen_names_the_window_and_can_call_staff(
    page: Page, patient: Patient, desk: SimulatedFrontDesk, language: str
) -> None:
    words = WORDS[language]
    await patient.speaks(language)
    for screen in ("home", "conversation"):
        await expect(page.locator(f"#{screen}")).to_be_visible()
        await expect(page.locator("#window")).to_contain_text(words["window"])
        await expect(page.locator("#window")).to_be_in_viewport()
        await expect(page.locator("#call")).to_be_in_viewport()
        await expect(page.locator(f"#{screen}")).to_contain_text("AI")
        if screen == "home":
            await patient.taps_service("ask")
    await page.click("#call")
    await expect(page.locator(".call-ticket-number")).to_have_text("H001")
    await shoot(page, f"call-{language}")
    (call,) = desk.calls
    assert call["kiosk"] == "K01"
    assert call["conversation_id"] == desk.visit.id


async def test_the_language_can_change_in_the_middle(page: Page, patient: Patient, desk: SimulatedFrontDesk) -> None:
    await patient.asks("几点能抽血")
    await patient.speaks("en")
    await expect(page.locator(".strip-title")).to_have_text("We are helping you")
    first = page.locator(".turn").first.locator(".answer .message")
    assert await first.get_attribute("lang") == "zh-CN"
    await patient.asks("blood test hours")
    assert await patient.answer.locator(".message").get_attribute("lang") == "en"
    assert [turn["language"] for turn in desk.visit.said] == ["zh", "en"]


async def test_a_service_of_the_hospital_own_making_is_shown(page: Page, desk: SimulatedFrontDesk) -> None:
    desk.menu = [
        *desk.menu,
        {"id": "blood-bank", "title": {"zh": "献血", "en": "Give blood"}, "say": {"zh": "献血", "en": "give"}},
    ]
    await page.reload()
    await expect(page.locator("#tiles .tile")).to_have_count(6)
    await expect(page.locator('[data-service="blood-bank"]')).to_contain_text("献血")


@pytest.mark.parametrize("size", [(360, 740), (800, 1280), (1280, 800), (1920, 1080), (844, 390)])
@pytest.mark.parametrize("elder", [False, True])
async def test_it_fits_every_screen(page: Page, patient: Patient, size: tuple[int, int], elder: bool) -> None:
    width, height = size
    await page.set_viewport_size({"width": width, "height": height})
    if elder:
        await page.click("#elder")
    await patient.asks("/yes")
    name = f"fits-{width}x{height}{'-elder' if elder else ''}"
    await shoot(page, name)
    overflow = await page.evaluate("() => document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert overflow <= 0
    clipped = await page.evaluate(
        """() => [...document.querySelectorAll('.turn--current *, .top *, .help *, .compose *')]
             .filter(node => node.children.length === 0 && node.textContent.trim() && node.getClientRects().length
                             && !node.closest('.visually-hidden'))
             .filter(node => { const r = node.getBoundingClientRect(); return r.right > innerWidth + 1 || r.left < -1 })
             .map(node => node.textContent)"""
    )
    assert clipped == []
    await expect(page.locator("#call")).to_be_in_viewport()
