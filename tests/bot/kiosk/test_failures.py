"""When things go wrong: the page apologises, keeps the patient safe, and never doubles what was said."""

import pytest
from playwright.async_api import Page, expect

from tests.bot.kiosk.conftest import shoot
from tests.bot.kiosk.patient import Patient
from tests.bot.kiosk.simulated_front_desk import SimulatedFrontDesk

pytestmark = [pytest.mark.slow, pytest.mark.asyncio(loop_scope="session")]


RETRY = ".failure .button"


@pytest.mark.parametrize(
    ("fault", "sentence"),
    [
        ("500", "刚才没有发出去"),
        ("error", "刚才没有发出去"),
        ("cut", "刚才没有发出去"),
        ("503", "现在有点忙"),
        ("429", "现在有点忙"),
        ("422", "没看懂"),
    ],
)
async def test_a_failed_turn_apologises_and_is_tried_again_under_the_same_id(
    page: Page, patient: Patient, desk: SimulatedFrontDesk, fault: str, sentence: str
) -> None:
    desk.faults.messages = [fault]
    await patient.asks("几点能抽血")
    await patient.sees(sentence)
    await expect(page.locator("#window")).to_be_visible()
    await page.click(RETRY)
    await patient.sees("7:00 到 16:30")
    await expect(page.locator(".failure")).to_have_count(0)
    await expect(patient.answer.locator(".message")).to_have_count(1)
    first, second = desk.visit.said
    assert first["message_id"] == second["message_id"]
    assert first["text"] == second["text"] == "几点能抽血"


async def test_without_network_it_says_so_and_names_the_window(
    page: Page, patient: Patient, desk: SimulatedFrontDesk
) -> None:
    await patient.asks("几点能抽血")
    await page.context.set_offline(True)
    await patient.asks("/book")
    await patient.sees("网络断了", "门诊楼一楼1至6号人工窗口")
    await page.click("#call")
    dialog = page.locator("#call-dialog")
    await expect(dialog).to_contain_text("呼叫发不出去", timeout=12_000)
    await expect(dialog).to_contain_text("门诊楼一楼1至6号人工窗口")
    await shoot(page, "offline")
    await page.context.set_offline(False)
    await dialog.get_by_role("button", name="再呼叫一次").click()
    await expect(page.locator(".call-ticket-number")).to_have_text("H001")
    await dialog.get_by_role("button", name="知道了").click()
    await page.click(RETRY)
    await patient.sees("您想挂哪天")
    assert [turn["text"] for turn in desk.visit.said] == ["几点能抽血", "/book"]


async def test_a_conversation_that_cannot_be_opened_is_opened_on_the_second_try(
    page: Page, patient: Patient, desk: SimulatedFrontDesk
) -> None:
    desk.faults.opening = [500]
    await patient.taps_service("book")
    await patient.sees("刚才没有发出去")
    await page.click(RETRY)
    await patient.sees("您想挂哪天")
    await expect(page.locator(".greeting")).to_have_count(1)


async def test_a_conversation_the_server_forgot_starts_again(
    page: Page, patient: Patient, desk: SimulatedFrontDesk
) -> None:
    await patient.asks("几点能抽血")
    desk.visits.clear()
    await patient.asks("/book")
    await patient.sees("刚才的对话已经结束了")
    await page.get_by_role("button", name="重新开始").click()
    await expect(page.locator("#home")).to_be_visible()
    await patient.asks("几点能抽血")
    await patient.sees("7:00 到 16:30")


async def test_a_slow_answer_is_announced(page: Page, patient: Patient, desk: SimulatedFrontDesk) -> None:
    desk.faults.delay_s = 5
    await patient.types("几点能抽血")
    progress = patient.turn.locator('.progress[role="status"]')
    await expect(progress).to_have_text("正在查，请稍等……")
    await expect(progress).to_have_text("还在查，请您再等一下……")
    await patient.sees("7:00 到 16:30")
    await expect(progress).to_be_empty()


async def test_two_taps_are_one_answer(page: Page, patient: Patient, desk: SimulatedFrontDesk) -> None:
    await page.dblclick('[data-service="book"]')
    await patient.answered()
    button = patient.turn.locator(".choice", has_text="11月26日")
    await button.evaluate("button => { button.click(); button.click(); }")
    await patient.answered()
    assert [turn["text"] for turn in desk.visit.said] == ["/book", "/day 26"]
    old = page.locator(".turn").first.locator(".choice")
    assert await old.evaluate_all("buttons => buttons.every(button => button.disabled)")


async def test_another_turn_can_overtake_one_that_hangs(page: Page, patient: Patient, desk: SimulatedFrontDesk) -> None:
    """A patient in pain must not wait for an answer about parking."""
    await patient.asks("几点能抽血")
    desk.faults.delay_s = 3
    await patient.types("/book")
    await expect(page.locator(".progress--on")).to_have_count(1)
    desk.faults.delay_s = 0
    await patient.types("胸口疼得喘不上气")
    await expect(page.get_by_role("alert")).to_contain_text("请马上求助", timeout=2_000)
    await expect(page.locator(".progress--on")).to_have_count(0)
    await expect(page.locator("body")).to_have_attribute("data-alarm", "emergency")


@pytest.mark.parametrize(
    ("button", "code", "sentence"),
    [
        ("card", "device.no_card", "没有读到身份证"),
        ("card", "device.wrong_card", "二代身份证"),
        ("card", "device.unavailable", "设备暂时用不了"),
        ("scan", "device.no_card", "没有扫到条码"),
        ("scan", "device.unavailable", "设备暂时用不了"),
    ],
)
async def test_a_reader_that_fails_can_be_tried_again(
    page: Page, patient: Patient, desk: SimulatedFrontDesk, button: str, code: str, sentence: str
) -> None:
    await patient.taps_service("book")
    desk.faults.device = code
    await page.click(f'[data-quick="{button}"]')
    await patient.answered()
    await patient.sees(sentence)
    desk.faults.device = ""
    await page.click(RETRY)
    await patient.sees("张*芳")


@pytest.mark.parametrize(
    ("code", "sentence"), [("device.no_paper", "打印机没有纸了"), ("device.jam", "小票没有打印出来")]
)
async def test_without_a_slip_the_number_is_shown_large(
    page: Page, patient: Patient, desk: SimulatedFrontDesk, code: str, sentence: str
) -> None:
    desk.faults.printer = code
    await patient.asks("/yes")
    await page.click(".slip-button")
    await patient.sees(sentence, "门诊楼一楼1至6号人工窗口")
    number = page.locator(".slip-number")
    await expect(number).to_have_text("A3827")
    await expect(number).to_be_in_viewport(ratio=0.95)
    body, large = [
        float((await where.evaluate("node => getComputedStyle(node).fontSize"))[:-2])
        for where in (page.locator("body"), number)
    ]
    assert large >= 2 * body
    await shoot(page, f"slip-{code}")
    desk.faults.printer = ""
    await page.click(".slip-button")
    await patient.sees("小票打印好了")
    await expect(number).to_be_hidden()
    assert desk.printed == ["ap-3827"]


async def test_staff_can_be_called_without_a_conversation_and_a_slow_call_rings_once(
    page: Page, desk: SimulatedFrontDesk
) -> None:
    desk.faults.call_delay_s = 4
    await page.click("#call")
    dialog = page.locator("#call-dialog")
    await expect(dialog).to_contain_text("正在呼叫工作人员")
    await expect(dialog).to_contain_text("您也可以直接到门诊楼一楼1至6号人工窗口")
    await dialog.get_by_role("button", name="知道了").click()
    await page.click("#call")
    await expect(page.locator(".call-ticket-number")).to_have_text("H001")
    (call,) = desk.calls
    assert "conversation_id" not in call


async def test_a_call_that_fails_is_repeated_under_one_key(page: Page, desk: SimulatedFrontDesk) -> None:
    desk.faults.calls = [500, 502]
    await page.click("#call")
    await expect(page.locator(".call-ticket-number")).to_have_text("H003")
    assert len({call["key"] for call in desk.calls}) == 1


async def test_a_call_from_a_conversation_the_server_forgot_rings_without_it(
    page: Page, patient: Patient, desk: SimulatedFrontDesk
) -> None:
    await patient.asks("几点能抽血")
    desk.visits.clear()
    await page.click("#call")
    await expect(page.locator(".call-ticket-number")).to_have_text("H002")
    assert ["conversation_id" in call for call in desk.calls] == [True, False]


async def test_a_call_that_never_gets_through_sends_the_patient_to_the_window(
    page: Page, desk: SimulatedFrontDesk
) -> None:
    desk.faults.calls = [500, 500, 500]
    await page.click("#call")
    dialog = page.locator("#call-dialog")
    await expect(dialog).to_contain_text("呼叫没有发出去")
    await expect(dialog).to_contain_text("门诊楼一楼1至6号人工窗口")
    await expect(dialog.get_by_role("button", name="再呼叫一次")).to_be_focused()


async def test_staff_are_heard_after_the_event_stream_broke(
    page: Page, patient: Patient, desk: SimulatedFrontDesk
) -> None:
    desk.faults.events = ["close", "close"]
    await patient.asks("几点能抽血")
    desk.push("message", {"text": "我是护士", "ai": False, "from": "staff"})
    await expect(page.locator('.message[data-from="staff"]')).to_have_text("工作人员我是护士")
    assert desk.visit.followers == 3


async def test_the_page_waits_for_a_server_that_is_not_there_yet(page: Page, desk: SimulatedFrontDesk) -> None:
    failing = True

    async def gate(route):  # type: ignore[no-untyped-def]
        await (route.abort() if failing else route.continue_())

    await page.route("**/api/v1/kiosk/page*", gate)
    await page.reload()
    await expect(page.locator("#boot")).to_contain_text("暂时连不上")
    await expect(page.locator("#boot")).to_contain_text("一楼大厅人工窗口")
    await page.click("#call")
    await expect(page.locator(".call-ticket-number")).to_be_visible()
    await page.get_by_role("button", name="知道了").click()
    await page.click("[data-language=en]")
    await expect(page.locator("#boot")).to_contain_text("cannot connect")
    failing = False
    await expect(page.locator("#home")).to_be_visible()


async def test_a_long_text_is_held_at_the_limit_with_a_notice(
    page: Page, patient: Patient, desk: SimulatedFrontDesk
) -> None:
    field = page.locator("#compose-text")
    notice = page.locator("#compose-notice")
    await field.fill("疼" * 899)
    await expect(notice).to_be_hidden()
    await field.fill("疼" * 950)
    await expect(notice).to_have_text("还可以写 50 个字")
    await field.fill("疼" * 1000)
    await field.press_sequentially("疼疼")
    await expect(notice).to_contain_text("已经写满了")
    await page.click(".send")
    await patient.answered()
    assert len(desk.visit.said[0]["text"]) == 1000
    await expect(notice).to_be_hidden()


async def test_nothing_is_sent_when_nothing_is_written(page: Page, desk: SimulatedFrontDesk) -> None:
    await page.fill("#compose-text", "  \n ")
    await page.click(".send")
    await expect(page.locator("#home")).to_be_visible()
    assert desk.visits == {}


async def test_enter_of_an_input_method_does_not_send(page: Page, desk: SimulatedFrontDesk) -> None:
    await page.fill("#compose-text", "nihao")
    await page.locator("#compose-text").dispatch_event("keydown", {"key": "Enter", "isComposing": True})
    await expect(page.locator("#home")).to_be_visible()
    await page.locator("#compose-text").press("Enter")
    await expect(page.locator("#conversation")).to_be_visible()
