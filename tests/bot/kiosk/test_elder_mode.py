"""Legibility as computed by the browser: text sizes, contrast, line heights, targets; in elder mode and without.

The numbers are those of the design: text at least 18 dp and up to 30, contrast at least 4.5:1, targets at least 60 dp,
line height at least 1.3 (after the Chinese norm for elder-friendly applications, 移动互联网应用适老化通用设计规范,
2021, and WCAG 2.2 AA).
"""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Page, expect

from tests.bot.kiosk.conftest import shoot
from tests.bot.kiosk.patient import Patient

pytestmark = [pytest.mark.slow, pytest.mark.asyncio(loop_scope="session")]

MEASURE = (Path(__file__).parent / "legible.js").read_text(encoding="utf-8")
MEASURE = MEASURE[MEASURE.index("() =>") :]
SIZES = [(1080, 1920), (360, 740), (1920, 1080)]


async def measured(page: Page) -> dict[str, list[dict[str, Any]]]:
    found = await page.evaluate(MEASURE)
    assert len(found["texts"]) >= 3
    assert found["targets"]
    return dict(found)


async def assert_legible(page: Page, smallest: float) -> None:
    found = await measured(page)
    assert [text for text in found["texts"] if text["size"] < smallest] == []
    assert [text for text in found["texts"] if text["line"] < 1.3 - 0.005] == []
    assert [text for text in found["texts"] if text["contrast"] < 4.5] == []
    assert [target for target in found["targets"] if target["width"] < 60 or target["height"] < 60] == []


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize(("language", "elder"), [("zh", False), ("zh", True), ("en", True)])
async def test_every_screen_is_legible(
    page: Page, patient: Patient, size: tuple[int, int], language: str, elder: bool
) -> None:
    await page.set_viewport_size({"width": size[0], "height": size[1]})
    smallest = 27 if elder else 18
    await patient.speaks(language)
    if elder:
        await page.click("#elder")
        body = await page.evaluate("() => parseFloat(getComputedStyle(document.body).fontSize)")
        assert body >= 30
    name = f"{language}-{'elder' if elder else 'plain'}-{size[0]}"
    await assert_legible(page, smallest)
    await shoot(page, f"legible-home-{name}")
    await patient.asks("/yes")
    await page.click(".slip-button")
    await expect(page.locator(".slip-state")).not_to_be_empty()
    await patient.asks("几点能抽血" if language == "zh" else "blood test hours")
    await page.locator(".turn--current summary").click()
    await assert_legible(page, smallest)
    await patient.asks("胸口疼得喘不上气" if language == "zh" else "chest pain and cannot breathe")
    await assert_legible(page, smallest)
    await shoot(page, f"legible-emergency-{name}")
    await page.click("#call")
    await expect(page.locator(".call-ticket-number")).to_be_visible()
    await assert_legible(page, smallest)


async def test_elder_mode_is_one_press_and_one_press_back(page: Page) -> None:
    button = page.get_by_role("button", name="大字")
    size = "() => parseFloat(getComputedStyle(document.body).fontSize)"
    plain = await page.evaluate(size)
    await button.click()
    await expect(button).to_have_attribute("aria-pressed", "true")
    assert await page.evaluate(size) >= 1.2 * plain
    await button.click()
    await expect(button).to_have_attribute("aria-pressed", "false")
    assert await page.evaluate(size) == plain


async def test_more_below_leads_to_the_end(page: Page, patient: Patient) -> None:
    await page.click("#elder")
    await patient.asks("/yes")
    more = page.get_by_role("button", name="往下看，还有")
    await expect(page.locator(".slip-button")).not_to_be_in_viewport(ratio=0.9)
    for _ in range(5):
        await asyncio.sleep(0.3)  # the hint is looked at anew after each scroll
        if await more.is_hidden():
            break
        await more.click()
    await expect(page.locator(".slip-button")).to_be_in_viewport(ratio=0.9)
    await expect(more).to_be_hidden()


async def test_reduced_motion_stops_the_dots(page: Page, patient: Patient) -> None:
    names = """() => { const dot = document.createElement('i'); const dots = document.createElement('span');
        dots.className = 'dots'; dots.append(dot); document.body.append(dots);
        const name = getComputedStyle(dot).animationName; dots.remove(); return name }"""
    assert await page.evaluate(names) == "none"
    await page.emulate_media(reduced_motion="no-preference")
    assert await page.evaluate(names) == "breathe"
