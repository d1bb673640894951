"""A browser for all page tests, and for each test a fresh desk and a fresh page."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, Page, ViewportSize, async_playwright

from tests.bot.kiosk.patient import Patient
from tests.bot.kiosk.simulated_front_desk import ROOT, SimulatedFrontDesk, serving

CHROMIUM = "/usr/bin/chromium"
"""Debian's package `chromium`."""
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
SHOTS = ROOT / "test-output" / "kiosk"
KIOSK: ViewportSize = {"width": 1080, "height": 1920}


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, headless=True, args=FLAGS)
        yield browser
        await browser.close()


@pytest_asyncio.fixture(loop_scope="session")
async def desk() -> AsyncIterator[SimulatedFrontDesk]:
    async with serving(SimulatedFrontDesk()) as desk:
        yield desk


@pytest_asyncio.fixture(loop_scope="session")
async def context(browser: Browser) -> AsyncIterator[BrowserContext]:
    context = await browser.new_context(viewport=KIOSK, reduced_motion="reduce", has_touch=True)
    context.set_default_timeout(8_000)
    yield context
    await context.close()


@pytest_asyncio.fixture(loop_scope="session")
async def page(context: BrowserContext, desk: SimulatedFrontDesk) -> AsyncIterator[Page]:
    """The home screen of kiosk K01. A page error or a breach of the security policy fails the test."""
    page = await context.new_page()
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda line: faults.append(line.text) if "Content Security Policy" in line.text else None)
    await page.goto(f"{desk.url}/?kiosk=K01")
    await page.locator("#tiles .tile").first.wait_for()
    yield page
    assert faults == []


@pytest_asyncio.fixture(loop_scope="session")
async def patient(page: Page) -> Patient:
    return Patient(page)


async def shoot(page: Page, name: str) -> Path:
    """Keep a screenshot as test output."""
    SHOTS.mkdir(parents=True, exist_ok=True)
    path = SHOTS / f"{name}.png"
    await page.screenshot(path=path)
    return path
