"""Somebody in front of the kiosk: what a hand can do there, and what an eye can see."""

from __future__ import annotations

from dataclasses import dataclass

from playwright.async_api import Locator, Page, expect


@dataclass(frozen=True)
class Patient:
    """Drives one page by touch."""

    page: Page

    async def speaks(self, language: str) -> None:
        await self.page.click(f"[data-language={language}]")

    async def taps_service(self, service: str) -> None:
        await self.page.click(f'[data-service="{service}"]')
        await self.answered()

    async def types(self, text: str) -> None:
        await self.page.fill("#compose-text", text)
        await self.page.click(".send")

    async def asks(self, text: str) -> None:
        await self.types(text)
        await self.answered()

    async def chooses(self, title: str) -> None:
        await self.turn.locator(".choice", has_text=title).click()
        await self.answered()

    async def answered(self) -> None:
        """Wait until nothing is being looked up any more."""
        await expect(self.turn.locator(".message, .failure, .turn-note").first).to_be_visible()
        await expect(self.page.locator(".progress--on")).to_have_count(0)

    @property
    def turn(self) -> Locator:
        """The newest turn."""
        return self.page.locator(".turn--current")

    @property
    def answer(self) -> Locator:
        return self.turn.locator(".answer")

    async def sees(self, *texts: str) -> None:
        for text in texts:
            await expect(self.answer).to_contain_text(text)
