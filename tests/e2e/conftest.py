"""A browser for the end-to-end tests, and somebody at a kiosk and at the console of the running system."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, async_playwright, expect

from tests.bot.kiosk.axe import axe_source
from tests.bot.kiosk.conftest import CHROMIUM, FLAGS, KIOSK
from tests.e2e.browser import Kiosk, Nurse, make_account
from tests.system import System

PATIENCE_MS = 20_000
"""How long anything may take on a machine that is busy with other tests."""


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def chromium() -> AsyncIterator[Browser]:
    expect.set_options(timeout=PATIENCE_MS)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, headless=True, args=FLAGS)
        yield browser
        await browser.close()
    expect.set_options(timeout=5_000)  # Playwright's own


@pytest_asyncio.fixture(loop_scope="session")
async def lobby(chromium: Browser) -> AsyncIterator[BrowserContext]:
    """The browser of a standing kiosk."""
    context = await chromium.new_context(viewport=KIOSK, reduced_motion="reduce", has_touch=True)
    context.set_default_timeout(PATIENCE_MS)
    yield context
    await context.close()


@pytest_asyncio.fixture(loop_scope="session")
async def visitor(lobby: BrowserContext) -> AsyncIterator[Kiosk]:
    """Somebody at a kiosk, before the page is opened. An error of the page fails the test."""
    kiosk = Kiosk(await lobby.new_page())
    kiosk.watch()
    yield kiosk
    assert kiosk.faults == []


@pytest_asyncio.fixture(loop_scope="session")
async def kiosk(visitor: Kiosk, system: System) -> Kiosk:
    """Somebody at the home screen of kiosk K01."""
    system.wait_ready()
    await visitor.visits(system)
    return visitor


@pytest.fixture(scope="session")
def staff(system: System) -> dict[str, str]:
    """The accounts of the console: role → name."""
    names = {"admin": "e2e.admin", "nurse": "e2e.nurse"}
    for role, name in names.items():
        make_account(system, name, role)
    return names


@pytest_asyncio.fixture(loop_scope="session")
async def nurse(chromium: Browser, system: System, staff: dict[str, str]) -> AsyncIterator[Nurse]:
    """A nurse signed in at the console."""
    context = await chromium.new_context(viewport={"width": 1440, "height": 900}, reduced_motion="reduce")
    context.set_default_timeout(PATIENCE_MS)
    page = await context.new_page()
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    nurse = Nurse(page, staff["nurse"])
    await nurse.signs_in(system)
    yield nurse
    await context.close()
    assert faults == []


@pytest.fixture(scope="session")
def axe() -> str:
    return axe_source()
