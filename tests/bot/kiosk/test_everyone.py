"""By keyboard alone, and for those who listen: order, focus, landmarks, live regions, and axe-core."""

import pytest
from playwright.async_api import Page, expect

from tests.bot.kiosk.axe import axe_source, grave_findings
from tests.bot.kiosk.patient import Patient
from tests.bot.kiosk.simulated_front_desk import SimulatedFrontDesk

pytestmark = [pytest.mark.slow, pytest.mark.asyncio(loop_scope="session")]

FOCUSED = "() => (document.activeElement.getAttribute('aria-label') ?? document.activeElement.textContent).trim()"


async def tab_to(page: Page, words: str, key: str = "Tab", most: int = 40) -> None:
    """Press Tab until what has the focus says `words`; every stop on the way must show its focus."""
    for _ in range(most):
        await page.keyboard.press(key)
        outline = await page.evaluate(
            """() => { const style = getComputedStyle(document.activeElement);
                       return [style.outlineStyle, parseFloat(style.outlineWidth)] }"""
        )
        focused = await page.evaluate(FOCUSED)
        if await page.evaluate("() => document.activeElement !== document.body"):
            assert outline[0] == "solid", f"no visible focus on {focused!r}"
            assert outline[1] >= 3, f"no visible focus on {focused!r}"
        if words in focused:
            return
    raise AssertionError(f"{words!r} cannot be reached with {key}")


@pytest.mark.parametrize("language", ["zh", "en"])
async def test_a_booking_by_keyboard_alone(
    page: Page, patient: Patient, desk: SimulatedFrontDesk, language: str
) -> None:
    zh = language == "zh"
    if not zh:
        await tab_to(page, "English")
        await page.keyboard.press("Enter")
    await tab_to(page, "预约挂号" if zh else "Book a visit")
    await page.keyboard.press("Enter")
    await patient.answered()
    await tab_to(page, "11月26日" if zh else "Thu 26 Nov")
    await page.keyboard.press("Space")
    await patient.answered()
    await tab_to(page, "对，就挂这个" if zh else "Yes, book it")
    await page.keyboard.press("Enter")
    await patient.answered()
    await tab_to(page, "打印小票" if zh else "Print the slip")
    await page.keyboard.press("Enter")
    await patient.sees("小票打印好了" if zh else "Your slip is ready")
    assert desk.printed == ["ap-3827"]
    await page.locator("#compose-text").focus()
    await page.keyboard.type("几点能抽血" if zh else "blood test hours")
    await page.keyboard.press("Enter")
    await patient.answered()
    await expect(page.locator("#compose-text")).to_be_focused()
    await tab_to(page, "这个回答的出处" if zh else "Where this answer comes from", key="Shift+Tab")
    await page.keyboard.press("Enter")
    await expect(page.locator(".turn--current .source-quote").first).to_be_visible()
    await tab_to(page, "呼叫工作人员" if zh else "Call staff")
    await page.keyboard.press("Enter")
    await expect(page.locator(".call-ticket-number")).to_be_visible()
    await page.keyboard.press("Escape")
    await expect(page.locator("#call-dialog")).to_be_hidden()
    await expect(page.locator("#call")).to_be_focused()
    await tab_to(page, "结束并清除我的信息" if zh else "End and erase my information", key="Shift+Tab")
    await page.keyboard.press("Enter")
    await tab_to(page, "结束并清除" if zh else "End and erase")
    await page.keyboard.press("Enter")
    await expect(page.locator("#home-heading")).to_be_focused()
    assert desk.wiped == ["c1"]


async def test_the_skip_link_leads_past_the_settings_without_a_history_entry(page: Page) -> None:
    before = await page.evaluate("() => history.length")
    await page.keyboard.press("Tab")
    await expect(page.get_by_role("link", name="跳到主要内容")).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(page.locator("#home-heading")).to_be_focused()
    assert await page.evaluate("() => [history.length, location.hash]") == [before, ""]


async def test_focus_stays_inside_a_dialog(page: Page, patient: Patient) -> None:
    await patient.asks("几点能抽血")
    await page.click("#end")
    for _ in range(6):
        await page.keyboard.press("Tab")
        assert await page.evaluate(
            "() => Boolean(document.activeElement.closest('#end-dialog')) || document.activeElement === document.body"
        )
    await page.keyboard.press("Escape")
    await expect(page.locator("#end-dialog")).to_be_hidden()


async def test_landmarks_and_live_regions(page: Page, patient: Patient) -> None:
    await expect(page.get_by_role("banner")).to_be_visible()
    await expect(page.get_by_role("main")).to_be_visible()
    await expect(page.get_by_role("form", name="直接告诉我您的问题")).to_be_visible()
    await expect(page.get_by_role("contentinfo", name="人工帮助")).to_be_visible()
    await patient.asks("几点能抽血")
    log = page.get_by_role("log", name="您和导医台的对话")
    await expect(log).to_have_attribute("aria-live", "polite")
    await expect(log).to_contain_text("7:00 到 16:30")
    await patient.asks("胸口疼得喘不上气")
    alert = log.get_by_role("alert")
    await expect(alert).to_contain_text("请马上求助")
    await expect(page.get_by_role("heading", level=1)).to_have_count(1)


@pytest.fixture(scope="session")
def axe() -> str:
    return axe_source()


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("elder", [False, True])
async def test_axe_finds_nothing_serious(
    page: Page, patient: Patient, desk: SimulatedFrontDesk, axe: str, language: str, elder: bool
) -> None:
    zh = language == "zh"
    await patient.speaks(language)
    if elder:
        await page.click("#elder")
    assert await grave_findings(page, axe) == []
    await patient.taps_service("guide")
    assert await grave_findings(page, axe) == []
    desk.faults.printer = "device.no_paper"
    await patient.asks("/yes")
    await page.click(".slip-button")
    await expect(page.locator(".slip-number")).to_be_visible()
    await patient.asks("几点能抽血" if zh else "blood test hours")
    await page.locator(".turn--current summary").click()
    desk.faults.messages = ["500"]
    await patient.asks("/book")
    desk.push("message", {"text": "您好" if zh else "Hello", "ai": False, "from": "staff"})
    desk.push("status", {"status": "human"})
    await expect(page.locator("#status")).to_be_visible()
    assert await grave_findings(page, axe) == []
    await patient.asks("胸口疼得喘不上气" if zh else "chest pain and cannot breathe")
    assert await grave_findings(page, axe) == []
    await page.click("#call")
    await expect(page.locator(".call-ticket-number")).to_be_visible()
    assert await grave_findings(page, axe) == []
    await page.keyboard.press("Escape")
    await page.click("#end")
    assert await grave_findings(page, axe) == []


async def test_axe_would_find_something(page: Page, axe: str) -> None:
    """The check itself works: a button without a name is found."""
    await page.evaluate("() => document.querySelector('#call').replaceChildren()")
    assert any(line.startswith("button-name") for line in await grave_findings(page, axe))
