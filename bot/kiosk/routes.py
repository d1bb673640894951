"""The kiosk page and what it asks beside the conversation: its settings, the card reader, the scanner and the
printer."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import yaml
from fastapi import APIRouter, Header, Request, Response
from fastapi.responses import FileResponse

from bot.api.bodies import SlipBody
from bot.api.routes import admitted, answer, bearer
from bot.desk import FrontDesk
from bot.errors import DeviceFault, UnknownKiosk
from bot.kiosk.devices import CardReader, CodeScanner, SlipPrinter
from bot.kiosk.places import load_kiosks
from bot.messages import Turn
from bot.settings import BotSettings

STATIC = Path(__file__).parent / "static"
CARD_TURN = {"zh": "姓名：{name}，身份证号：{id_number}", "en": "My name is {name}, ID number {id_number}"}
"""What a card says when it is laid on the reader; the privacy layer turns both values into tokens before anything
reads them."""


@dataclass(frozen=True)
class KioskData:
    """What the page shows that is not part of a conversation."""

    kiosks: Mapping[str, Mapping[str, str]]
    """Place of each kiosk in both languages."""
    wording: Mapping[str, Mapping[str, str]]
    """The page's own sentences: language → key → text."""
    menu: list[Mapping[str, Any]]
    """The service tiles."""
    hospital: Mapping[str, str]
    """Name in both languages."""
    manned_window: Mapping[str, str]
    """Where people sit, in both languages."""

    @classmethod
    def load(cls, root: Path, hospital: Path, facts: Any, titles: Mapping[str, Mapping[str, str]]) -> KioskData:
        """From the hospital's tables and the wording."""
        page = yaml.safe_load((root / "data" / "wording" / "kiosk_page.yml").read_text(encoding="utf-8"))
        kiosks = load_kiosks(hospital)
        menu = yaml.safe_load((root / "data" / "menu.yml").read_text(encoding="utf-8"))
        window = facts.places["manned_window"].name
        return cls(
            kiosks=kiosks,
            wording={language: {key: text[language] for key, text in page.items()} for language in ("zh", "en")},
            menu=[
                {"id": entry["id"], "title": titles[entry["title"]], "say": titles[entry["title"]]} for entry in menu
            ],
            hospital={"zh": facts.name.zh, "en": facts.name.en},
            manned_window={"zh": window.zh, "en": window.en},
        )


def kiosk_router(
    desk: FrontDesk,
    settings: BotSettings,
    data: KioskData,
    reader: CardReader,
    scanner: CodeScanner,
    printer: SlipPrinter,
) -> APIRouter:
    """The page, its data and the devices of a kiosk."""
    routes = APIRouter()
    store = desk.house.store

    async def kiosk_of(conversation: str, authorization: str | None) -> str:
        opened = await admitted(desk, conversation, bearer(authorization))
        if opened.channel != "kiosk" or not opened.kiosk:
            raise DeviceFault("This conversation is at no kiosk.", code="device.unavailable")
        return opened.kiosk

    @routes.get("/", include_in_schema=False)
    async def page() -> FileResponse:
        return FileResponse(STATIC / "index.html", headers={"cache-control": "no-store"})

    @routes.get("/api/v1/kiosk/page")
    async def page_data(kiosk: str = "K01") -> dict[str, Any]:
        if kiosk not in data.kiosks:  # another kiosk's place would send help to where nobody is
            raise UnknownKiosk("There is no such kiosk.")
        return {
            "kiosk": {"id": kiosk, "place": data.kiosks[kiosk]},
            "wording": data.wording,
            "idle_warning_s": settings.idle_warning_s,
            "idle_wipe_s": settings.idle_wipe_s,
            "hospital": data.hospital,
            "manned_window": data.manned_window,
            "menu": data.menu,
        }

    @routes.post("/api/v1/conversations/{conversation}/card")
    async def card(
        conversation: str, request: Request, authorization: Annotated[str | None, Header()] = None
    ) -> Response:
        kiosk = await kiosk_of(conversation, authorization)
        read = await asyncio.to_thread(reader.read, kiosk)
        language = (await asyncio.to_thread(store.load, conversation)).language
        text = CARD_TURN[language].format(name=read.name, id_number=read.id_number)
        turn = Turn(conversation, secrets.token_hex(12), "kiosk", language, text)
        return await answer(conversation, await desk.conversation(conversation).respond(turn), request)

    @routes.post("/api/v1/conversations/{conversation}/scan")
    async def scan(
        conversation: str, request: Request, authorization: Annotated[str | None, Header()] = None
    ) -> Response:
        kiosk = await kiosk_of(conversation, authorization)
        code = await asyncio.to_thread(scanner.scan, kiosk)
        turn = Turn(conversation, secrets.token_hex(12), "kiosk", None, code)
        return await answer(conversation, await desk.conversation(conversation).respond(turn), request)

    @routes.post("/api/v1/conversations/{conversation}/slip", status_code=204)
    async def slip(
        conversation: str, body: SlipBody, authorization: Annotated[str | None, Header()] = None
    ) -> Response:
        kiosk = await kiosk_of(conversation, authorization)
        opened = await asyncio.to_thread(store.load, conversation)
        cards = [message.get("card") or {} for message in opened.memory.last]
        found = next((card for card in cards if card.get("appointment") == body.appointment), None)
        if found is None:
            raise DeviceFault("There is no such slip in this conversation.", code="device.no_slip", status=404)
        lines = tuple(f"{row['label']}  {row['value']}" for row in found["rows"])
        await asyncio.to_thread(printer.print, kiosk, (found["title"], *lines))
        return Response(status_code=204)

    return routes
