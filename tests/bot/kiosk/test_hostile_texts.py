"""Nothing that is said, by whomever, becomes markup or code."""

import pytest
from playwright.async_api import Page, expect

from tests.bot.kiosk.conftest import shoot
from tests.bot.kiosk.patient import Patient
from tests.bot.kiosk.simulated_front_desk import SimulatedFrontDesk

pytestmark = [pytest.mark.slow, pytest.mark.asyncio(loop_scope="session")]

EVIL = [
    '<img src=x onerror="window.hacked=1">',
    "<script>window.hacked=1</script>",
    '"><svg onload=window.hacked=1>',
    "<iframe srcdoc='<script>parent.hacked=1</script>'></iframe>",
    "javascript:window.hacked=1",
    "{{constructor.constructor('window.hacked=1')()}}",
    "'; DROP TABLE appointments; --",
    "\u202eevil\u0000\U0001f600",
]


def poisoned(evil: str) -> dict[str, object]:
    return {
        "text": evil,
        "speech": evil,
        "buttons": [{"title": evil, "payload": evil}],
        "citations": [{"title": evil, "source": evil, "quote": evil, "date": evil}],
        "card": {
            "kind": "appointment",
            "title": evil,
            "rows": [{"label": evil, "value": evil}],
            "appointment": evil,
            "number": evil,
            "qr": "<svg onload='parent.hacked=1'><script>parent.hacked=1</script>"
            f"<foreignObject>{evil}</foreignObject></svg>",
        },
        "level": "urgent",
        "ai": True,
        "from": "assistant",
    }


@pytest.mark.parametrize("evil", EVIL)
async def test_hostile_texts_stay_texts(page: Page, patient: Patient, desk: SimulatedFrontDesk, evil: str) -> None:
    desk.next_answer = [poisoned(evil)]
    await patient.asks(evil)
    assert await patient.answer.locator(".message-text").text_content() == evil
    assert await patient.answer.locator(".choice, .card-title, .source-quote").evaluate_all(
        "(nodes, evil) => nodes.length >= 3 && nodes.every(node => node.textContent === evil)", evil
    )
    await patient.turn.locator("summary").click()
    desk.push("message", poisoned(evil) | {"from": "staff", "ai": False})
    await expect(page.locator('.message[data-from="staff"]')).to_have_count(1)
    assert await page.evaluate("() => window.hacked") is None
    log = page.locator("#log")
    assert await log.locator("script, iframe, object, embed, foreignObject, a, form, input").count() == 0
    sources = await log.locator("img").evaluate_all(
        "images => images.map(image => image.getAttribute('src').slice(0, 19))"
    )
    assert set(sources) == {"data:image/svg+xml;"}
    handlers = await log.evaluate(
        """log => [...log.querySelectorAll('*')].flatMap(node => node.getAttributeNames())
                  .filter(name => name.startsWith('on'))"""
    )
    assert handlers == []


async def test_a_hostile_card_kind_or_menu_is_harmless(page: Page, patient: Patient, desk: SimulatedFrontDesk) -> None:
    desk.menu = [
        {
            "id": "x\" onclick='window.hacked=1'",
            "title": {"zh": EVIL[0], "en": "x"},
            "say": {"zh": "/ask", "en": "/ask"},
        }
    ]
    await page.reload()
    await expect(page.locator(".tile-title")).to_have_text(EVIL[0])
    for kind in ("__proto__", "constructor", "toString", 'emergency" x=', ""):
        desk.next_answer = [
            poisoned("x") | {"card": {"kind": kind, "title": "卡", "rows": [{"label": "一", "value": "二"}]}}
        ]
        await patient.asks("x")
        await expect(patient.turn.locator(".card .card-title")).to_have_text("卡")
        await expect(patient.turn.locator(".card dd")).to_have_text("二")
    assert await page.evaluate("() => window.hacked") is None


@pytest.mark.parametrize("name", ["%3Cimg%20src%3Dx%20onerror%3Dalert(1)%3E../../x", "K99", "", "k01"])
async def test_an_address_that_names_no_kiosk_is_refused(page: Page, desk: SimulatedFrontDesk, name: str) -> None:
    """As another kiosk it would send help to a place where nobody is."""
    await page.goto(f"{desk.url}/?kiosk={name}")
    await expect(page.locator("#boot-text")).to_contain_text("不是本院登记的自助机")
    for gone in ("#call", "#compose", "#home", "#kiosk-name"):
        await expect(page.locator(gone)).to_be_hidden()
    await page.click("[data-language=en]")
    await expect(page.locator("#boot-text")).to_contain_text("is not a registered kiosk")
    assert await page.locator("#boot-text img").count() == 0
    assert (desk.visits, desk.calls) == ({}, [])
    await shoot(page, f"unknown-kiosk-{name[:3].strip('%') or 'none'}")
    await page.goto(f"{desk.url}/?kiosk=K07")
    await expect(page.locator("#kiosk-name")).to_have_text("自助机 K07")


async def test_the_page_asks_nobody_but_its_own_server(page: Page, patient: Patient, desk: SimulatedFrontDesk) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    await page.reload()
    await patient.asks("/yes")
    assert len(asked) > 10
    assert [url for url in asked if not url.startswith((desk.url, "data:image/svg+xml"))] == []
