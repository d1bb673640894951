"""A kiosk stands in a lobby: numbers that identify a person are not left readable in what the patient typed."""

import pytest
from playwright.async_api import Page, expect

from tests.bot.kiosk.patient import Patient
from tests.bot.kiosk.simulated_front_desk import SimulatedFrontDesk

pytestmark = [pytest.mark.slow, pytest.mark.asyncio(loop_scope="session")]

SHOWN = {
    "000000195503121019": "000*************19",
    "我的号是 000000 19550312 101X，对吗": "我的号是 000***************1X，对吗",
    "E12345678": "E12****78",
    "13800138678": "138******78",
    "138 0013 8678": "138********78",
    "0100-61230202": "010********02",
    "2026-11-27 8:30": "2026-11-27 8:30",
    "挂号费50元，3-201诊室，就诊号 J5188": "挂号费50元，3-201诊室，就诊号 J5188",
}


@pytest.mark.parametrize("typed", SHOWN)
async def test_of_a_personal_number_only_the_ends_are_shown(
    page: Page, patient: Patient, desk: SimulatedFrontDesk, typed: str
) -> None:
    await patient.asks(typed)
    await expect(patient.turn.locator(".said-text")).to_have_text(SHOWN[typed])
    assert desk.visit.said[-1]["text"] == typed
