"""What the end-to-end tests do at a kiosk and at the console, and what they look up in the running system."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playwright.async_api import Locator, Page, Response, expect

from actions.registration.identity import check_character
from bot.settings import ROOT
from tests.bot.kiosk.patient import Patient
from tests.system import System

SHOTS = ROOT / "test-output" / "e2e"
MEASURE = (ROOT / "tests" / "bot" / "kiosk" / "legible.js").read_text(encoding="utf-8")
MEASURE = MEASURE[MEASURE.index("() =>") :]
PASSWORD = "a quiet grey heron"
CONVERSATIONS = "/api/v1/conversations"


def id_card(birth: str, order: int) -> str:
    """An invented identity card number: no area has the code 000000."""
    seventeen = f"000000{birth}{order:03d}"
    return seventeen + check_character(seventeen)


async def shoot(page: Page, name: str) -> Path:
    """Keep a screenshot as test output."""
    SHOTS.mkdir(parents=True, exist_ok=True)
    path = SHOTS / f"{name}.png"
    await page.screenshot(path=path)
    return path


@dataclass(frozen=True)
class Kiosk(Patient):
    """A patient at a kiosk of a running system, and what the page and the server said to each other."""

    opened: list[Response] = field(default_factory=list)
    """Answers to "open a conversation"."""
    known: list[dict[str, str]] = field(default_factory=list)
    """Those that were read; a page that was left no longer has them."""
    faults: list[str] = field(default_factory=list)
    """Errors of the page and breaches of its security policy."""

    def watch(self) -> None:
        """Note what happens on the page from now on."""
        self.page.on("response", lambda response: self._note(response))  # Playwright marks a method it is given
        self.page.on("pageerror", lambda error: self.faults.append(str(error)))
        self.page.on("console", lambda line: self._policy(line.text))

    def _note(self, response: Response) -> None:
        if response.request.method == "POST" and response.url.endswith(CONVERSATIONS):
            self.opened.append(response)

    def _policy(self, text: str) -> None:
        if "Content Security Policy" in text:
            self.faults.append(text)

    async def visits(self, system: System, kiosk: str = "K01") -> None:
        """Open the page of a kiosk."""
        await self.page.goto(f"{system.url}/?kiosk={kiosk}")
        await self.page.locator("#tiles .tile").first.wait_for()

    async def conversation(self) -> dict[str, str]:
        """Id and token of the newest conversation."""
        for response in self.opened[len(self.known) :]:
            body = await response.json()
            self.known.append({"id": body["conversation_id"], "token": body["token"]})
        return self.known[-1]

    async def chooses_number(self, which: int) -> str:
        """Press the button at this place, counted from 0; its title."""
        button = self.turn.locator(".choice").nth(which)
        title = await button.inner_text()
        await button.click()
        await self.answered()
        return title.strip()

    async def facts(self, kind: str) -> dict[str, str]:
        """Label → value of the newest turn's card of this kind."""
        card = self.turn.locator(f".card--{kind}")
        await expect(card).to_have_count(1)
        labels = await card.locator("dt").all_inner_texts()
        return dict(zip(labels, await card.locator("dd").all_inner_texts(), strict=True))


@dataclass(frozen=True)
class Nurse:
    """A member of staff at the console."""

    page: Page
    name: str

    async def signs_in(self, system: System) -> None:
        await self.page.goto(f"{system.url}/console")
        await self.page.fill("#sign-in-name", self.name)
        await self.page.fill("#sign-in-password", PASSWORD)
        await self.page.press("#sign-in-password", "Enter")
        await self.page.locator("#work").wait_for()

    def entry(self, number: str) -> Locator:
        """A ticket in the queue."""
        return self.page.locator(".entry", has_text=number)

    async def opens(self, number: str) -> None:
        await self.entry(number).click()
        await expect(self.page.locator("#ticket-heading")).to_contain_text(number)

    async def writes(self, text: str) -> None:
        await self.page.fill("#reply-text", text)
        await self.page.press("#reply-text", "Enter")
        await expect(self.page.locator(".line--staff", has_text=text)).to_have_count(1)

    async def fact(self, label: str) -> str:
        """The value beside a label of the packet."""
        fact = self.page.locator(".fact", has=self.page.locator("dt", has_text=label))
        return await fact.locator("dd").inner_text()


def make_account(system: System, name: str, role: str) -> None:
    """An account, made as an operator makes it: with the command line."""
    yidao = Path(sys.executable).with_name("yidao")
    done = subprocess.run(
        [str(yidao), "admin", "create-user", name, "--role", role],
        input=PASSWORD + "\n",
        env=system.env,
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def appointments(system: System, conversation: str) -> list[dict[str, Any]]:
    """The appointments of a conversation with their slots, oldest first."""
    return system.rows(
        "SELECT a.number, a.status, a.replaces, a.id, a.patient, s.department, s.doctor, s.room, s.kind, "
        'CAST(s.day AS TEXT) AS day, CAST(s.start AS TEXT) AS start, CAST(s."end" AS TEXT) AS "end" '
        "FROM appointments a JOIN slots s ON s.id = a.slot WHERE a.conversation = :id ORDER BY a.created",
        id=conversation,
    )


def tickets(system: System, conversation: str) -> list[dict[str, Any]]:
    """The tickets of a conversation."""
    return system.rows(
        "SELECT number, reason, priority, status, kiosk, claimed_by FROM tickets WHERE conversation = :id",
        id=conversation,
    )


async def legibility(page: Page) -> dict[str, Any]:
    """Smallest text size (px), line height and contrast, and the targets below 60 px, as the browser computes them."""
    found = json.loads(json.dumps(await page.evaluate(MEASURE)))
    assert len(found["texts"]) >= 5
    return {
        "size": min(text["size"] for text in found["texts"]),
        "line": min(text["line"] for text in found["texts"]),
        "contrast": min(text["contrast"] for text in found["texts"]),
        "small_targets": [target for target in found["targets"] if min(target["width"], target["height"]) < 60],
    }
