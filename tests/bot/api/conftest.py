"""The HTTP front door in this process, with a simulated Rasa."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio
from fastapi import FastAPI

from bot.api.guard import Guard, shape_errors
from bot.api.routes import conversation_router
from bot.kiosk.devices import SimulatedDevices
from bot.kiosk.routes import KioskData, kiosk_router
from bot.settings import ROOT, BotSettings
from tests.bot.house import HOSPITAL, Front, Tables


@dataclass(frozen=True)
class Door:
    """The application, and what is behind it."""

    front: Front
    app: FastAPI
    devices: SimulatedDevices


def make_door(front: Front, tables: Tables, folder: Path, **settings: Any) -> Door:
    chosen = BotSettings(**settings)
    devices = SimulatedDevices(folder / "simulated_devices.yml")
    app = FastAPI()
    shape_errors(app)
    app.include_router(conversation_router(front.desk, chosen, ("K01", "K02")))
    data = KioskData.load(ROOT, HOSPITAL, tables.directory.hospital, _titles(front))
    app.include_router(kiosk_router(front.desk, chosen, data, devices, devices, devices))
    app.add_middleware(Guard, max_body_bytes=chosen.max_body_bytes)
    return Door(front, app, devices)


def _titles(front: Front) -> dict[str, dict[str, str]]:
    wording = front.house.speaker.wording
    return {
        key: {language: wording.parts(key, language)["text"] for language in ("zh", "en")}
        for key in wording.keys
        if key.startswith("menu.")
    }


@pytest.fixture
def door(front: Front, tables: Tables, tmp_path: Path) -> Door:
    return make_door(front, tables, tmp_path)


@pytest_asyncio.fixture
async def client(door: Door) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(door) as made:
        yield made


def client_of(door: Door) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(app=door.app, raise_app_exceptions=False)
    return httpx.AsyncClient(transport=transport, base_url="http://kiosk.test")


def code_of(answer: httpx.Response) -> str:
    """The refusal's code; fails when the answer is not a refusal in the one shape."""
    body = answer.json()
    assert set(body) == {"error"}, body
    assert set(body["error"]) == {"code", "message"}
    assert body["error"]["message"]
    return str(body["error"]["code"])
