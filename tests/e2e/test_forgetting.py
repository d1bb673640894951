"""A patient walks away: what is left of them in the page, and in the server's files. A system of its own, with little
patience."""

from __future__ import annotations

import asyncio
import signal
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from tests.e2e.browser import Kiosk, id_card, shoot
from tests.system import System, make_system

pytestmark = [pytest.mark.slow, pytest.mark.asyncio(loop_scope="session")]

WARNING_S = 8
WIPE_S = 2
NAME, NUMBER = "王小梅", id_card("19550312", 411)
PAGE_STATE = """() => [document.documentElement.outerHTML,
    ...[...document.querySelectorAll('textarea, input')].map(field => field.value),
    JSON.stringify(localStorage), JSON.stringify(sessionStorage), document.cookie,
    JSON.stringify(history.state), location.href, document.title].join('\\n')"""
FORGET_S = 30.0
"""How long the server may take to have Rasa forget."""


@pytest.fixture(scope="module")
def hasty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """A running system whose kiosks warn early and wipe soon after."""
    settings = {"YIDAO_BOT__IDLE_WARNING_S": str(WARNING_S), "YIDAO_BOT__IDLE_WIPE_S": str(WIPE_S)}
    running = make_system(tmp_path_factory.mktemp("hasty"), **settings)
    try:
        running.start()
        yield running
    finally:
        running.stop()


async def leave_traces(kiosk: Kiosk, hasty: System) -> str:
    """A booking up to the identity number; the conversation."""
    hasty.wait_ready()
    await kiosk.visits(hasty)
    await kiosk.asks("我想挂心内科")
    await kiosk.chooses_number(0)
    await kiosk.chooses_number(0)
    await kiosk.asks(NAME)
    await kiosk.asks(NUMBER)
    await kiosk.page.fill("#compose-text", f"{NAME}，还没发")
    conversation = (await kiosk.conversation())["id"]
    assert NAME in await everything_in(kiosk.page)
    left = left_on_server(hasty, conversation)
    assert all(left.values()), left
    return conversation


async def everything_in(page: Page) -> str:
    """All that somebody with developer tools finds in the page."""
    return str(await page.evaluate(PAGE_STATE))


def left_on_server(system: System, conversation: str) -> dict[str, int]:
    """Rows that tell something of a conversation, in the records and in Rasa's tracker."""
    tables = {"messages": "conversation", "turns": "conversation", "vault_tokens": "conversation"}
    counts = {
        table: system.rows(f"SELECT count(*) AS n FROM {table} WHERE {column} = :id", id=conversation)[0]["n"]
        for table, column in tables.items()
    }
    with sqlite3.connect(system.state / "tracker.sqlite3") as tracker:
        query = "SELECT count(*) FROM events WHERE sender_id LIKE '%' || ? || '%'"
        counts["tracker"] = tracker.execute(query, (conversation,)).fetchone()[0]
    return counts


def files_with(folder: Path, words: str) -> list[str]:
    """Files below a folder that hold the words in the clear."""
    wanted = words.encode()
    return [str(path) for path in folder.rglob("*") if path.is_file() and wanted in path.read_bytes()]


async def assert_forgotten(kiosk: Kiosk, hasty: System, conversation: str) -> None:
    page = kiosk.page
    await expect(page.locator("#home")).to_be_visible()
    readable = await everything_in(page)
    token = (await kiosk.conversation())["token"]
    for secret in (NAME, NUMBER, conversation, token):
        assert secret not in readable
    assert await page.evaluate("() => [localStorage.length, sessionStorage.length]") == [0, 0]
    with hasty.client() as client:
        headers = {"authorization": f"Bearer {token}"}
        body = {"text": "你好", "language": "zh"}
        refused = client.post(f"/api/v1/conversations/{conversation}/messages", json=body, headers=headers)
        followed = client.get(f"/api/v1/conversations/{conversation}/events", headers=headers)
    assert (refused.status_code, followed.status_code) == (410, 410)
    assert "messages" not in refused.json()
    await assert_nothing_left(hasty, conversation)
    assert files_with(hasty.state, NAME) == []
    assert files_with(hasty.state, NUMBER) == []
    (row,) = hasty.rows("SELECT status, state FROM conversations WHERE id = :id", id=conversation)
    assert (row["status"], row["state"]) == ("closed", "{}")


async def assert_nothing_left(system: System, conversation: str) -> None:
    """In the end, for Rasa is asked again and again when it was away."""
    end = time.monotonic() + FORGET_S
    while any(left := left_on_server(system, conversation).values()) and time.monotonic() < end:  # noqa: ASYNC110
        await asyncio.sleep(0.2)  # nobody tells us when
    assert not any(left), left_on_server(system, conversation)


async def test_who_walks_away_is_warned_and_then_forgotten_everywhere(visitor: Kiosk, hasty: System) -> None:
    conversation = await leave_traces(visitor, hasty)
    dialog = visitor.page.get_by_role("alertdialog")
    await expect(dialog).to_contain_text("您还在吗？")
    await shoot(visitor.page, "idle-warning")
    await expect(dialog).to_be_hidden()
    await expect(visitor.page.locator("#wiped")).to_have_text("已经清除。欢迎下一位。")
    await shoot(visitor.page, "wiped")
    await assert_forgotten(visitor, hasty, conversation)


async def test_the_back_button_shows_nothing_of_the_patient(visitor: Kiosk, hasty: System) -> None:
    conversation = await leave_traces(visitor, hasty)
    await visitor.page.goto(f"{hasty.url}/healthz")
    await visitor.page.go_back()
    await visitor.page.locator("#tiles .tile").first.wait_for()
    await shoot(visitor.page, "back-button")
    await assert_forgotten(visitor, hasty, conversation)


async def test_staff_can_be_called_and_a_patient_forgotten_while_rasa_stands_still(
    visitor: Kiosk, hasty: System
) -> None:
    conversation = await leave_traces(visitor, hasty)
    hasty.kill("rasa", signal.SIGSTOP)
    try:
        await visitor.page.click("#call")
        number = await visitor.page.locator(".call-ticket-number").inner_text()
        await shoot(visitor.page, "call-without-rasa")
        (ticket,) = hasty.rows("SELECT reason, kiosk, conversation FROM tickets WHERE number = :n", n=number)
        assert ticket == {"reason": "staff_call", "kiosk": "K01", "conversation": conversation}
        await visitor.page.keyboard.press("Escape")
        await visitor.page.click("#end")
        await visitor.page.get_by_role("button", name="结束并清除", exact=True).click()
        await expect(visitor.page.locator("#home")).to_be_visible()
    finally:
        hasty.kill("rasa", signal.SIGCONT)
    await assert_forgotten(visitor, hasty, conversation)
