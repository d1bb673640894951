"""A nurse at work in a real browser: signs in, sees what is urgent, takes a patient, talks, hands back."""

from __future__ import annotations

import asyncio
import shutil
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
import uvicorn
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, Page, async_playwright, expect

from bot.forgetting import Forgetting
from bot.settings import ROOT
from tests.bot.console.conftest import PASSWORD, House, Tables, make_house

pytestmark = [pytest.mark.slow, pytest.mark.asyncio(loop_scope="session")]

CHROMIUM = "/usr/bin/chromium"
"""Debian's package `chromium`."""
FLAGS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-sync"]
SHOTS = ROOT / "test-output" / "console"
XSS = '<img src=x onerror="document.title=1"><b>疼</b>'
PHONE = "13800138678"  # invented


class QuietServer(uvicorn.Server):
    """Uvicorn inside a test: leaves the signals of the process alone."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, headless=True, args=FLAGS)
        yield browser
        await browser.close()


@pytest_asyncio.fixture(loop_scope="session")
async def live_house(tmp_path: Path, staffed_database: Path, tables: Tables) -> AsyncIterator[tuple[House, str]]:
    """The house behind a real server, with a short beat."""
    path = tmp_path / "records.sqlite3"
    shutil.copy(staffed_database, path)
    house = make_house(path, tables, beat_s=0.5)
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        config = uvicorn.Config(house.app, log_level="warning", timeout_graceful_shutdown=1)
        server = QuietServer(config)
        task = asyncio.create_task(server.serve([listener]))
        while not server.started:  # noqa: ASYNC110  uvicorn has no event to wait for
            await asyncio.sleep(0.02)
        yield house, f"http://127.0.0.1:{listener.getsockname()[1]}"
        server.should_exit = True
        server.force_exit = True
        await task
    house.database.close()


@pytest_asyncio.fixture(loop_scope="session")
async def page(browser: Browser, live_house: tuple[House, str]) -> AsyncIterator[Page]:
    """The sign-in. A page error or a breach of the security policy fails the test."""
    context = await browser.new_context(viewport={"width": 1440, "height": 900}, reduced_motion="reduce")
    context.set_default_timeout(8_000)
    page = await context.new_page()
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda line: faults.append(line.text) if "Content Security Policy" in line.text else None)
    await page.goto(f"{live_house[1]}/console")
    await page.locator("#sign-in-form").wait_for()
    yield page
    await context.close()
    assert faults == []


async def shoot(page: Page, name: str) -> None:
    SHOTS.mkdir(parents=True, exist_ok=True)
    await page.screenshot(path=SHOTS / f"{name}.png")


async def no_barrier(page: Page) -> None:
    """axe-core finds nothing serious."""
    found = await Axe().run(page)
    serious = [
        (fault["id"], [node["html"] for node in fault["nodes"]])
        for fault in found.response["violations"]
        if fault["impact"] in ("serious", "critical")
    ]
    assert serious == []


async def sign_in(page: Page, name: str = "wang.min", password: str = PASSWORD) -> None:
    await page.fill("#sign-in-name", name)
    await page.fill("#sign-in-password", password)
    await page.press("#sign-in-password", "Enter")


def busy_morning(house: House) -> dict[str, Any]:
    """An emergency, a booking half done, an English speaker, a call from a kiosk, one with a colleague."""
    held = house.ticket(house.patient("发票在哪里打印？"))
    house.tickets.claim(held.id, "li.na")
    house.clock.advance(minutes=6)
    booking = house.patient()
    name, phone = house.vault.keep(booking, "name", "张桂芳"), house.vault.keep(booking, "phone", PHONE)
    for line in ("我想挂心内科", "这周五上午", f"我叫{name}，电话{phone}", XSS, "我不会弄，给我找个人吧"):
        house.says(booking, line)
    slots = {
        "complaint": ["爬楼梯就喘"], "department": "cardiology", "when": {"day_from": "2026-11-27", "half_day": "am"},
        "patient_name": name, "patient_phone": phone,
    }  # fmt: skip
    open_one = house.ticket(booking, flow="booking_form", slots=slots)
    house.clock.advance(minutes=2)
    english = house.ticket(house.patient("Can I speak to somebody?", language="en", kiosk="K03"))
    house.clock.advance(minutes=1)
    house.ticket(reason="staff_call")
    house.clock.advance(seconds=40)
    red = house.ticket(house.patient("胸口疼得喘不上气"), "emergency", "red", rule="chest_pain_acs")
    house.clock.advance(seconds=25)
    return {"booking": booking, "open": open_one, "english": english, "red": red, "held": held}


async def test_a_nurse_takes_a_patient_talks_and_hands_back(page: Page, live_house: tuple[House, str]) -> None:
    house, _ = live_house
    morning = busy_morning(house)
    booking, ticket = morning["booking"], morning["open"]
    await no_barrier(page)
    await sign_in(page, password="wrong password")
    await expect(page.locator("#sign-in-fault")).to_have_text("账号或密码不对。")
    await shoot(page, "zh-sign-in")
    await sign_in(page)
    await expect(page.locator(".entry")).to_have_count(5)
    await expect(page.locator("#alert")).to_contain_text("1 位患者有急症信号，还没有护士接")
    await expect(page).to_have_title("【急 1】人工服务台")
    await expect(page.locator(".entry").first).to_contain_text(morning["red"].number)
    await no_barrier(page)
    await shoot(page, "zh-queue")

    await page.locator(f'.entry[data-ticket="{ticket.id}"]').focus()
    await page.keyboard.press("Enter")
    await expect(page.locator(".facts")).to_contain_text(PHONE)
    await expect(page.locator(".facts")).to_contain_text("11月27日（周五）")
    await expect(page.locator(".lines")).to_contain_text("我叫张桂芳，电话" + PHONE)
    await expect(page.locator(".line-text", has_text="<img")).to_have_text(XSS)
    assert await page.locator(".lines img, .lines b b").count() == 0
    await expect(page.locator("#reply-text")).to_have_count(0)

    await expect(page.locator("#claim")).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(page.locator("#reply-text")).to_be_focused()
    assert house.store.load(booking).status == "human"
    await page.keyboard.type("您好，我是王护士。")
    await page.keyboard.press("Shift+Enter")
    await page.keyboard.type("我帮您把号挂好。")
    await page.keyboard.press("Enter")
    await expect(page.locator(".line--staff .line-text")).to_have_text("您好，我是王护士。\n我帮您把号挂好。")
    await expect(page.locator("#reply-text")).to_have_value("")
    to_patient = [data for where, event, data in house.hub.published if (where, event) == (booking, "message")]
    assert [message["text"] for message in to_patient] == ["您好，我是王护士。\n我帮您把号挂好。"]

    # As in a real turn, the page hears the line a moment before it is stored.
    house.hub.publish(f"staff:{booking}", "line", {"role": "patient", "text": "太好了，谢谢！"})
    await expect(page.locator(".line--patient").last).to_contain_text("太好了，谢谢！")
    house.says(booking, "太好了，谢谢！")
    await page.wait_for_timeout(900)
    await expect(page.locator(".line--patient", has_text="太好了")).to_have_count(1)
    await no_barrier(page)
    await shoot(page, "zh-talk")

    await page.reload()
    await expect(page.locator(".line--staff .line-text")).to_have_text("您好，我是王护士。\n我帮您把号挂好。")
    await expect(page.locator(".line--patient", has_text="太好了")).to_have_count(1)
    await page.fill("#reply-text", "不客气。")
    await page.click("#reply-send")
    await expect(page.locator(".line--staff")).to_have_count(2)
    await page.click("#hand-back")
    await expect(page.locator(".ticket-note")).to_have_text("这一单已经结束。")
    await expect(page.locator(".entry")).to_have_count(4)
    assert house.store.load(booking).status == "bot"
    assert house.tickets.get(ticket.id).status == "closed"


async def test_what_happens_elsewhere_shows_at_once(page: Page, live_house: tuple[House, str]) -> None:
    house, _ = live_house
    await sign_in(page)
    await expect(page.locator(".queue-empty")).to_be_visible()
    await expect(page).to_have_title("人工服务台")
    waiting = house.patient("你好")
    mine = house.ticket(waiting)
    house.hub.publish("staff", "queue", {"ticket": mine.id, "priority": "normal"})
    await expect(page).to_have_title("（1）人工服务台")
    await page.click(".entry")
    await page.click("#claim")
    red = house.ticket(house.patient("喘不上气"), "emergency", "red", rule="breathing_severe")
    house.hub.publish("staff", "queue", {"ticket": red.id, "priority": "red"})
    await expect(page.locator("#alert")).to_contain_text("1 位患者有急症信号，还没有护士接")
    await page.locator("#alert .button").click()
    await expect(page.locator(".ticket-head")).to_contain_text(red.number)
    await expect(page.locator("#claim")).to_be_focused()

    # A line of the ticket I hold, while another one is open: a mark, and no words.
    house.hub.publish(f"staff:{waiting}", "line", {"role": "patient", "text": "还在吗"})
    await expect(page.locator(".tag--new")).to_have_count(1)
    # A colleague is quicker.
    house.tickets.claim(red.id, "li.na")
    await page.click("#claim")
    await expect(page.locator(".ticket-note")).to_have_text("同事先接了这一单。")
    await expect(page.locator("#alert")).to_be_hidden()
    await expect(page.locator("#claim")).to_have_count(0)
    await page.click("#take-over")
    await expect(page.locator("#reply-text")).to_be_focused()
    assert house.tickets.get(red.id).claimed_by == "wang.min"
    await page.click("#put-back")
    await expect(page.locator("#alert")).to_be_visible()
    assert house.tickets.get(red.id).status == "open"


async def test_english_and_the_end_of_a_session(page: Page, live_house: tuple[House, str]) -> None:
    house, _ = live_house
    morning = busy_morning(house)
    await page.click('[data-language="en"]')
    await sign_in(page)
    await expect(page.locator("#alert")).to_contain_text("Signs of an emergency: 1")
    await page.click("#alert .button")
    await expect(page.locator(".ticket-red")).to_be_visible()
    await no_barrier(page)
    await shoot(page, "en-red")
    await page.click(f'.entry[data-ticket="{morning["open"].id}"]')
    await expect(page.locator(".facts")).to_contain_text("Cardiology")
    await page.set_viewport_size({"width": 800, "height": 900})
    await shoot(page, "en-narrow")
    house.clock.advance(minutes=31)  # nobody did anything: the server ends the session, and the page shows it unasked
    await expect(page.locator("#sign-in-ended")).to_be_visible()
    await expect(page).to_have_title("[Signed out] Staff console")
    assert PHONE not in await page.content()
    assert "张桂芳" not in await page.content()


async def test_an_administrator_manages_accounts(page: Page, live_house: tuple[House, str]) -> None:
    house, _ = live_house
    for _ in range(5):
        await sign_in(page, "zhao", "wrong password")
        await expect(page.locator("#sign-in-form button")).to_be_enabled()
    await expect(page.locator("#sign-in-fault")).to_contain_text("请等五分钟")
    await sign_in(page, "admin")
    await page.click('[data-page="users"]')
    await expect(page.locator('tr[data-user="zhao"]')).to_contain_text("暂时锁定")
    await no_barrier(page)
    await shoot(page, "zh-users")
    await page.click('tr[data-user="zhao"] [data-act="unlock"]')
    await expect(page.locator('tr[data-user="zhao"]')).to_contain_text("可用")
    await page.click('tr[data-user="li.na"] [data-act="deactivate"]')
    await expect(page.locator('tr[data-user="li.na"]')).to_contain_text("已停用")
    await page.fill("#new-name", "孙丽")
    await page.fill("#new-password", "short but long enough")
    await page.select_option("#new-role", "clerk")
    await page.click(".users-new .button")
    await expect(page.locator("#users-said")).to_have_text("已新建账号 孙丽。")
    await page.click('tr[data-user="孙丽"] [data-act="reset"]')
    await page.fill("#reset-password", "another grey heron")
    await no_barrier(page)
    await page.keyboard.press("Enter")
    await expect(page.locator("#password-dialog")).to_be_hidden()
    assert house.accounts.sign_in("孙丽", "another grey heron").role == "clerk"
    await page.click("#sign-out")
    await expect(page.locator("#sign-in-form")).to_be_visible()
    await expect(page.locator("#sign-in-ended")).to_be_hidden()


async def test_those_who_left_stand_behind_and_are_closed_together(page: Page, live_house: tuple[House, str]) -> None:
    house, _ = live_house
    forgetting = Forgetting(house.database, house.vault, house.clock)
    for rule in ("stroke", "chest_pain_acs", "breathing_severe"):
        forgetting.wipe(house.ticket(house.patient("…"), "emergency", "red", rule=rule).conversation)
        house.clock.advance(minutes=1)
    older = house.ticket(house.patient("喘不上气"), "emergency", "red", rule="breathing_severe")
    house.clock.advance(minutes=1)
    newest = house.ticket(house.patient("嘴歪了", kiosk="K02"), "emergency", "red", rule="stroke")
    forgetting.wipe(house.ticket(house.patient("来人"), "staff_call").conversation)
    await sign_in(page)
    await expect(page.locator("#alert")).to_contain_text("2 位患者有急症信号，还没有护士接")
    await expect(page.locator("#alert")).to_contain_text("最新：中风迹象，门诊楼一楼大厅")
    await expect(page.locator("#alert .button")).to_have_text(f"打开 {newest.number}")
    await expect(page.locator(".entry").first).to_contain_text(older.number)
    await expect(page.locator(".entry").first).to_contain_text("严重呼吸困难")
    await expect(page.locator(".entry").first).to_contain_text("门诊楼一楼大厅，1号自助机（K01）")
    await expect(page.locator(".entry--left")).to_have_count(4)
    await no_barrier(page)
    await shoot(page, "zh-departed")
    await page.locator(".entry--left").first.click()
    await expect(page.locator(".ticket-red")).to_contain_text("患者已经离开")
    await no_barrier(page)
    await shoot(page, "zh-departed-open")
    await page.get_by_role("button", name="关闭已离开的 4 单").click()
    await expect(page.locator(".entry")).to_have_count(2)
    await expect(page.locator("#close-departed")).to_have_count(0)
    await expect(page.locator(".ticket-note")).to_have_text("这一单已经结束。")
    await page.click('[data-language="en"]')
    await expect(page.locator(".entry").first).to_contain_text("Outpatient Building, main hall, kiosk 1 (K01)")
    await shoot(page, "en-live")


async def test_passing_a_patient_on_is_said_to_everyone(page: Page, live_house: tuple[House, str]) -> None:
    house, _ = live_house
    ticket = house.ticket(house.patient("你好"))
    await sign_in(page)
    await page.click(".entry")
    await page.click("#claim")
    await page.click("#put-back")
    await expect(page.locator(".ticket-note")).to_have_text(f"{ticket.number} 号已放回队列，等同事接待。")
    await expect(page.locator(".entry")).to_contain_text("wang.min 转来")
    await expect(page.locator(".facts")).not_to_contain_text("passed_by")
    assert house.told == [("pass_on", ticket.conversation)]
