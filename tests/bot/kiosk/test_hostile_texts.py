"""Nothing that is said, by whomever, becomes markup or code."""

import pytest
from playwright.async_api import Page, expect

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


async def test_a_hostile_address_falls_back_to_the_first_kiosk(page: Page, desk: SimulatedFrontDesk) -> None:
    await page.goto(f"{desk.url}/?kiosk=%3Cimg%20src%3Dx%20onerror%3Dalert(1)%3E../../x")
    await expect(page.locator("#kiosk-name")).to_have_text("自助机 K01")
    await page.click("#call")
    await expect(page.locator(".call-ticket-number")).to_be_visible()
    assert desk.calls[0]["kiosk"] == "K01"
    await page.goto(f"{desk.url}/?kiosk=K99")  # nobody knows this one
    await page.locator("#tiles .tile").first.wait_for()
    await page.click("#call")
    await expect(page.locator(".call-ticket-number")).to_be_visible()
    assert desk.calls[1]["kiosk"] == "K01"
    await page.goto(f"{desk.url}/?kiosk=K07")
    await expect(page.locator("#kiosk-name")).to_have_text("自助机 K07")


async def test_the_page_asks_nobody_but_its_own_server(page: Page, patient: Patient, desk: SimulatedFrontDesk) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    await page.reload()
    await patient.asks("/yes")
    assert len(asked) > 10
    assert [url for url in asked if not url.startswith((desk.url, "data:image/svg+xml"))] == []
