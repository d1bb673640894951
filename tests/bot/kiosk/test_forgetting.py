"""What the kiosk forgets, when, and what an emergency changes about it."""

import asyncio

import pytest
from playwright.async_api import Page, expect

from tests.bot.kiosk.conftest import shoot
from tests.bot.kiosk.patient import Patient
from tests.bot.kiosk.simulated_front_desk import SimulatedFrontDesk

pytestmark = [pytest.mark.slow, pytest.mark.asyncio(loop_scope="session")]


SECRET = "我叫张小芳胸口疼"


async def everything_readable(page: Page) -> str:
    """All that somebody with developer tools could find in the page: elements, field values, storage, history."""
    return str(
        await page.evaluate(
            """() => [document.documentElement.outerHTML,
                      ...[...document.querySelectorAll('textarea, input')].map(field => field.value),
                      JSON.stringify(localStorage), JSON.stringify(sessionStorage), document.cookie,
                      JSON.stringify(history.state), location.href, document.title].join('\\n')"""
        )
    )


async def short_patience(page: Page, desk: SimulatedFrontDesk, warning: float = 1.0, wipe: float = 2.0) -> None:
    desk.idle_warning_s, desk.idle_wipe_s = warning, wipe
    await page.reload()
    await page.locator("#tiles .tile").first.wait_for()


async def leave_traces(page: Page, patient: Patient) -> None:
    await patient.asks(SECRET)
    await page.fill("#compose-text", f"{SECRET}，还没发")
    await page.evaluate(
        "secret => { sessionStorage.a = secret; localStorage.b = secret; history.replaceState({secret}, '') }", SECRET
    )
    assert SECRET in await everything_readable(page)


async def nothing_left(page: Page, desk: SimulatedFrontDesk) -> None:
    await expect(page.locator("#home")).to_be_visible()
    readable = await everything_readable(page)
    assert "张小芳" not in readable
    assert "secret-1" not in readable
    assert await page.evaluate("() => [localStorage.length, sessionStorage.length]") == [0, 0]
    assert desk.visits == {}
    assert desk.wiped == ["c1"]


async def test_a_patient_who_walks_away_is_warned_then_forgotten(
    page: Page, patient: Patient, desk: SimulatedFrontDesk
) -> None:
    await short_patience(page, desk)
    await patient.speaks("en")
    await page.click("#elder")
    await leave_traces(page, patient)
    dialog = page.get_by_role("alertdialog")
    await expect(dialog).to_contain_text("Are you still there?")
    await expect(dialog.get_by_role("timer")).to_have_text("2 s")
    await shoot(page, "idle-warning")
    await expect(dialog.get_by_role("timer")).to_have_text("1 s")
    await expect(dialog).to_be_hidden()
    await nothing_left(page, desk)
    await expect(page.locator("#wiped")).to_have_text("已经清除。欢迎下一位。")
    await expect(page.locator("html")).to_have_attribute("lang", "zh-CN")
    assert await page.locator("html").get_attribute("data-elder") is None
    await shoot(page, "wiped")


async def test_the_back_button_shows_nothing_of_the_patient(
    page: Page, patient: Patient, desk: SimulatedFrontDesk
) -> None:
    before = await page.evaluate("() => history.length")
    await leave_traces(page, patient)
    assert await page.evaluate("() => history.length") == before
    await page.goto(f"{desk.url}/elsewhere")
    await page.go_back()
    await page.locator("#tiles .tile").first.wait_for()
    await nothing_left(page, desk)


async def test_a_reload_begins_anew(page: Page, patient: Patient, desk: SimulatedFrontDesk) -> None:
    await leave_traces(page, patient)
    await page.reload()
    await page.locator("#tiles .tile").first.wait_for()
    await nothing_left(page, desk)


async def test_end_asks_first_and_then_erases(page: Page, patient: Patient, desk: SimulatedFrontDesk) -> None:
    await leave_traces(page, patient)
    await page.get_by_role("button", name="结束并清除我的信息").click()
    await shoot(page, "end")
    await page.get_by_role("button", name="继续使用").click()
    await expect(page.locator("#conversation")).to_be_visible()
    assert desk.wiped == []
    await page.click("#end")
    await page.get_by_role("button", name="结束并清除", exact=True).click()
    await nothing_left(page, desk)


async def test_a_patient_who_says_so_stays(page: Page, patient: Patient, desk: SimulatedFrontDesk) -> None:
    await short_patience(page, desk)
    await patient.asks(SECRET)
    await page.get_by_role("button", name="我还在，继续").click()
    await expect(page.get_by_role("alertdialog")).to_have_count(0)
    await patient.sees(SECRET)
    await page.get_by_role("alertdialog").wait_for()
    await page.keyboard.press("Escape")
    await expect(page.get_by_role("alertdialog")).to_have_count(0)
    assert desk.wiped == []
    await page.get_by_role("button", name="我办完了，清除").click()
    await nothing_left(page, desk)


async def test_touching_keeps_the_warning_away(page: Page, patient: Patient, desk: SimulatedFrontDesk) -> None:
    await short_patience(page, desk, warning=1.0)
    await patient.asks(SECRET)
    for _ in range(5):
        await asyncio.sleep(0.5)
        await page.keyboard.press("Shift")
        await expect(page.get_by_role("alertdialog")).to_have_count(0)
    await page.get_by_role("alertdialog").wait_for()


async def test_a_written_word_that_was_never_sent_is_forgotten_too(page: Page, desk: SimulatedFrontDesk) -> None:
    await short_patience(page, desk, warning=0.5, wipe=0.5)
    await page.fill("#compose-text", SECRET)
    await page.get_by_role("alertdialog").wait_for()
    await expect(page.locator("#compose-text")).to_have_value("")
    assert SECRET not in await everything_readable(page)


async def test_a_language_somebody_left_is_reset_without_a_question(
    page: Page, patient: Patient, desk: SimulatedFrontDesk
) -> None:
    await short_patience(page, desk, warning=0.5, wipe=30)
    await patient.speaks("en")
    await expect(page.locator("html")).to_have_attribute("lang", "zh-CN")
    await expect(page.get_by_role("alertdialog")).to_have_count(0)


async def test_an_answer_that_comes_after_the_patient_left_is_dropped(
    page: Page, patient: Patient, desk: SimulatedFrontDesk
) -> None:
    desk.faults.delay_s = 1.5
    await patient.types(SECRET)
    await page.locator(".progress--on").wait_for()
    await page.click("#end")
    await page.get_by_role("button", name="结束并清除", exact=True).click()
    await asyncio.sleep(2)
    await nothing_left(page, desk)
    await expect(page.locator(".turn, .failure")).to_have_count(0)


async def test_a_conversation_opened_after_the_patient_left_is_closed(
    page: Page, patient: Patient, desk: SimulatedFrontDesk
) -> None:
    async def late(route):  # type: ignore[no-untyped-def]
        await asyncio.sleep(1)
        await route.continue_()

    await page.route("**/api/v1/conversations", late)
    await patient.types(SECRET)
    await page.click("#end")
    await page.get_by_role("button", name="结束并清除", exact=True).click()
    await asyncio.sleep(1.5)
    await nothing_left(page, desk)


async def test_an_emergency_stands_out_and_stays(page: Page, patient: Patient, desk: SimulatedFrontDesk) -> None:
    await short_patience(page, desk, warning=1.5, wipe=0.5)
    await patient.asks("胸口疼得喘不上气")
    alert = page.get_by_role("alert")
    await expect(alert).to_contain_text("请马上求助")
    await expect(alert).to_contain_text("急诊楼（D栋）一楼")
    await expect(alert).to_be_in_viewport(ratio=0.9)
    assert await alert.evaluate("node => getComputedStyle(node).backgroundColor") == "rgb(163, 13, 24)"
    await shoot(page, "emergency")
    await asyncio.sleep(3)  # an ordinary screen would be wiped by now; this one has 8 s, also on a busy machine
    await expect(alert).to_be_visible()
    await expect(page.get_by_role("alertdialog")).to_have_count(0)
    await page.keyboard.press("Escape")
    await expect(alert).to_be_visible()


async def test_an_emergency_calls_staff_and_can_be_taken_back(
    page: Page, patient: Patient, desk: SimulatedFrontDesk
) -> None:
    await patient.asks("胸口疼得喘不上气")
    await page.get_by_role("button", name="马上呼叫工作人员").click()
    await expect(page.locator(".call-ticket-number")).to_have_text("H001")
    await page.get_by_role("button", name="知道了").click()
    await patient.chooses("我没有危险")
    await patient.sees("您还想办什么事")
    assert await page.locator("body").get_attribute("data-alarm") is None
    assert desk.visit.said[-1]["text"] == "/safe"


async def test_an_urgent_message_is_marked_but_does_not_take_the_screen(page: Page, patient: Patient) -> None:
    await patient.asks("发烧三天了")
    await patient.sees("请尽快就诊", "发热门诊")
    assert await page.locator("body").get_attribute("data-alarm") is None
    await shoot(page, "urgent")


async def test_who_was_to_be_seen_soon_is_asked_first_and_staff_are_told(
    page: Page, patient: Patient, desk: SimulatedFrontDesk
) -> None:
    await short_patience(page, desk, warning=0.5, wipe=0.5)
    await patient.asks("发烧三天了")
    dialog = page.get_by_role("alertdialog")
    await expect(dialog).to_contain_text("需要尽快看医生")
    await expect(dialog.get_by_role("button", name="呼叫工作人员")).to_be_visible()
    await shoot(page, "idle-urgent")
    await asyncio.sleep(1.5)  # an ordinary page would be wiped by now
    await expect(dialog).to_be_visible()
    assert (desk.calls, desk.wiped) == ([], [])
    await expect(page.locator("#home")).to_be_visible()
    assert [call["conversation_id"] for call in desk.calls] == ["c1"]
    assert desk.wiped == ["c1"]


async def test_who_was_to_be_seen_soon_can_call_from_the_warning(
    page: Page, patient: Patient, desk: SimulatedFrontDesk
) -> None:
    await short_patience(page, desk, warning=0.5, wipe=5)
    await patient.asks("发烧三天了")
    await page.get_by_role("alertdialog").get_by_role("button", name="呼叫工作人员").click()
    await expect(page.locator(".call-ticket-number")).to_have_text("H001")
    assert desk.wiped == []


async def test_an_ordinary_warning_offers_no_call(page: Page, patient: Patient, desk: SimulatedFrontDesk) -> None:
    await short_patience(page, desk, warning=0.5, wipe=5)
    await patient.asks(SECRET)
    dialog = page.get_by_role("alertdialog")
    await expect(dialog).to_contain_text("这里的内容就会清除")
    await expect(dialog.get_by_role("button", name="呼叫工作人员")).to_be_hidden()
