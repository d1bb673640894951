"""The console's addresses: its page, and what the page asks for (`/console/api/…`)."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from fastapi import APIRouter, FastAPI, Response
from fastapi.responses import FileResponse, JSONResponse

from bot.console.assembly import Console, make_console
from bot.console.door import ConsoleRoute, Door, refusal
from bot.console.sign_in import SignIn
from bot.console.ticket_work import TicketWork
from bot.console.users import Users
from bot.desk import FrontDesk
from bot.messages import LANGUAGES
from bot.secrets import load_secret
from bot.services import Records
from bot.settings import Settings

STATIC = Path(__file__).with_name("static")
"""The page's files."""


def mount_console(
    app: FastAPI,
    settings: Settings,
    records: Records,
    desk: FrontDesk,
    places: Mapping[str, Mapping[str, str]] | None = None,
) -> None:
    """Put the console into the application, on the same records and hub as the patients' conversations.

    `places` say where each kiosk stands, in both languages.
    """
    house = desk.house
    console = make_console(
        load_secret(settings),
        records.database,
        records.clock,
        records.vault,
        house.store,
        house.tickets,
        house.hub,
        house.masker,
        house.speaker.wording,
        places=places,
        resume=desk.hand_back,
        pass_on=desk.pass_on,
    )
    app.include_router(console_router(console))


def console_router(console: Console) -> APIRouter:
    """Everything under `/console`; needs no middleware or exception handler of the app around it."""
    router = APIRouter(route_class=ConsoleRoute, include_in_schema=False)
    door = Door(console)
    page, sign_in = Page(console), SignIn(console, door)
    tickets, users = TicketWork(console, door), Users(console, door)
    add = router.add_api_route
    add("/console", page.index, methods=["GET"])
    add("/console/static/{path:path}", page.file, methods=["GET"])
    add("/console/api/wording", page.wording, methods=["GET"])
    add("/console/api/sign-in", sign_in.sign_in, methods=["POST"])
    add("/console/api/sign-out", sign_in.sign_out, methods=["POST"])
    add("/console/api/me", sign_in.me, methods=["GET"])
    add("/console/api/events", tickets.events, methods=["GET"])
    add("/console/api/tickets", tickets.queue, methods=["GET"])
    add("/console/api/tickets/{ticket_id}", tickets.packet, methods=["GET"])
    add("/console/api/tickets/{ticket_id}/lines", tickets.lines, methods=["GET"])
    add("/console/api/tickets/{ticket_id}/claim", tickets.claim, methods=["POST"])
    add("/console/api/tickets/{ticket_id}/messages", tickets.send, methods=["POST"])
    add("/console/api/tickets/{ticket_id}/hand-back", tickets.hand_back, methods=["POST"])
    add("/console/api/tickets/{ticket_id}/put-back", tickets.put_back, methods=["POST"])
    add("/console/api/tickets/{ticket_id}/take-over", tickets.take_over, methods=["POST"])
    add("/console/api/close-departed", tickets.close_departed, methods=["POST"])
    add("/console/api/users", users.everyone, methods=["GET"])
    add("/console/api/users", users.create, methods=["POST"])
    add("/console/api/users/{name}/password", users.password, methods=["POST"])
    add("/console/api/users/{name}/{act}", users.act, methods=["POST"])
    return router


class Page:
    """The page and its files; open to everyone, since they say nothing about anybody."""

    def __init__(self, console: Console) -> None:
        self._files = {path.relative_to(STATIC).as_posix(): path for path in STATIC.rglob("*") if path.is_file()}
        wording = console.wording
        keys = [key for key in wording.keys if key.startswith("console.")]
        self._wording: dict[str, Any] = {
            language: {key: wording.parts(key, language)["text"] for key in keys} for language in LANGUAGES
        }
        self._wording["roles"] = {key: {"zh": role.zh, "en": role.en} for key, role in console.policy.roles.items()}

    async def index(self) -> Response:
        """The page."""
        return FileResponse(STATIC / "index.html", media_type="text/html; charset=utf-8")

    async def file(self, path: str) -> Response:
        """A file that was there at start-up; nothing else can be named."""
        if path not in self._files:
            return refusal("console.unknown", "There is no such file.", 404)
        return FileResponse(self._files[path])

    async def wording(self) -> Response:
        """Every sentence of the page in both languages, and the roles' names."""
        return JSONResponse(self._wording)
