"""A simulated front desk: speaks the HTTP contract of the kiosk page, answers from a script, and fails when told to.

It serves the real page and the real wording, under the strict content security policy that the product uses.
"""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import uvicorn
import yaml
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response, StreamingResponse
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from tests.bot.kiosk.script import GREETING, MENU, answer

ROOT = Path(__file__).resolve().parents[3]
STATIC = ROOT / "bot" / "kiosk" / "static"
WORDING = ROOT / "data" / "wording" / "kiosk_page.yml"
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}

Json = dict[str, Any]


def wording() -> dict[str, dict[str, str]]:
    """The page's sentences by language, as the server hands them out."""
    table = yaml.safe_load(WORDING.read_text(encoding="utf-8"))
    return {language: {key: both[language] for key, both in table.items()} for language in ("zh", "en")}


@dataclass
class Faults:
    """What the desk does wrong until it is told otherwise."""

    delay_s: float = 0.0
    """Wait before the first message of an answer, in seconds."""
    call_delay_s: float = 0.0
    """Wait before a call for staff is answered, in seconds."""
    messages: list[str] = field(default_factory=list)
    """How the next messages fail, in order: an HTTP status, `error` (event) or `cut` (ends after one message)."""
    opening: list[int] = field(default_factory=list)
    """HTTP status of the next attempts to open a conversation."""
    calls: list[int] = field(default_factory=list)
    """HTTP status of the next calls for staff."""
    device: str = ""
    """Error code of card reader and scanner."""
    printer: str = ""
    """Error code of the slip printer."""
    events: list[str] = field(default_factory=list)
    """How the next event streams fail: `close` ends at once."""


@dataclass
class Visit:
    """One conversation."""

    id: str
    token: str
    language: str
    turns: int = 0
    said: list[Json] = field(default_factory=list)
    answered: dict[str, list[Json]] = field(default_factory=dict)
    outbox: asyncio.Queue[tuple[str, Json]] = field(default_factory=asyncio.Queue)
    followers: int = 0


class SimulatedFrontDesk:
    """The server of the tests; `url` is where it listens."""

    def __init__(self, menu: list[Json] | None = None, idle_warning_s: float = 60, idle_wipe_s: float = 20) -> None:
        self.menu = menu if menu is not None else MENU
        self.idle_warning_s = idle_warning_s
        self.idle_wipe_s = idle_wipe_s
        self.kiosks = ["K01", "K07"]
        self.faults = Faults()
        self.visits: dict[str, Visit] = {}
        self.wiped: list[str] = []
        self.calls: list[Json] = []
        self.printed: list[str] = []
        self.next_answer: list[Json] | None = None
        self.same = {"胸口疼得喘不上气": "chest pain and cannot breathe"}
        """What was said in Chinese → the same in English."""
        self.url = ""

    # The contract

    def routes(self) -> list[Route | Mount]:
        api = "/api/v1"
        one = f"{api}/conversations/{{id}}"
        return [
            Route("/", self._index),
            Mount("/kiosk/static", StaticFiles(directory=STATIC)),
            Route("/elsewhere", lambda request: Response("<title>elsewhere</title>", media_type="text/html")),
            Route(f"{api}/kiosk/page", self._page),
            Route(f"{api}/kiosk/{{kiosk}}/staff-call", self._call, methods=["POST"]),
            Route(f"{api}/conversations", self._open, methods=["POST"]),
            Route(f"{one}/messages", self._message, methods=["POST"]),
            Route(f"{one}/language", self._language, methods=["POST"]),
            Route(f"{one}/events", self._events),
            Route(f"{one}/card", self._card, methods=["POST"]),
            Route(f"{one}/scan", self._card, methods=["POST"]),
            Route(f"{one}/slip", self._slip, methods=["POST"]),
            Route(one, self._wipe, methods=["DELETE"]),
        ]

    async def _index(self, request: Request) -> Response:
        return FileResponse(STATIC / "index.html", headers=HEADERS)

    async def _page(self, request: Request) -> Response:
        kiosk = request.query_params["kiosk"]
        if kiosk not in self.kiosks:
            return _error(404, "kiosk.unknown")
        return JSONResponse(
            {
                "kiosk": {
                    "id": kiosk,
                    "place": {"zh": "门诊楼一楼大厅东侧", "en": "Outpatient Building, 1F hall, east side"},
                },
                "wording": wording(),
                "idle_warning_s": self.idle_warning_s,
                "idle_wipe_s": self.idle_wipe_s,
                "hospital": {"zh": "澄湖市人民医院", "en": "Chenghu People's Hospital"},
                "manned_window": {
                    "zh": "门诊楼一楼1至6号人工窗口",
                    "en": "Manned windows 1-6, Outpatient Building (A), 1F",
                },
                "menu": self.menu,
            }
        )

    async def _open(self, request: Request) -> Response:
        if self.faults.opening:
            return _error(self.faults.opening.pop(0), "server.error")
        body = await request.json()
        assert body["channel"] == "kiosk"
        number = len(self.visits) + len(self.wiped) + 1
        visit = Visit(id=f"c{number}", token=f"secret-{number}", language=body["language"])
        self.visits[visit.id] = visit
        greeting = GREETING[visit.language]
        return JSONResponse(
            {"conversation_id": visit.id, "token": visit.token, "messages": greeting}, status_code=201, headers=HEADERS
        )

    async def _message(self, request: Request) -> Response:
        visit = self._visit(request)
        if visit is None:
            return _error(404, "conversation.unknown")
        body = await request.json()
        visit.said.append(body)
        fault = self.faults.messages.pop(0) if self.faults.messages else ""
        if fault.isdigit():
            return _error(int(fault), "server.error")
        known = visit.answered.get(body["message_id"])
        messages = known if known is not None else self._reply(visit, body)
        visit.answered[body["message_id"]] = messages
        status = "waiting" if any((m.get("card") or {}).get("kind") == "ticket" for m in messages) else "bot"
        level = next((m["level"] for m in messages if m.get("level")), "none")
        done = {
            "turn": visit.turns,
            "language": body["language"],
            "safety": {"level": level, "rule": "simulated" if level != "none" else None},
            "status": status,
        }
        return StreamingResponse(self._stream(messages, done, fault), media_type="text/event-stream", headers=HEADERS)

    def _reply(self, visit: Visit, body: Json) -> list[Json]:
        visit.turns += 1
        if self.next_answer is not None:
            messages, self.next_answer = self.next_answer, None
            return messages
        return answer(body["text"], body["language"])

    async def _stream(self, messages: list[Json], done: Json, fault: str) -> AsyncIterator[str]:
        await asyncio.sleep(self.faults.delay_s)
        if fault == "error":
            yield _event("error", {"error": {"code": "rasa.late", "message": "simulated"}})
            return
        for message in messages:
            yield ": alive\n\n"
            yield _event("message", message)
            if fault == "cut":
                return
        yield _event("done", done)

    async def _language(self, request: Request) -> Response:
        """The open question again: what was asked last, looked up in the other language."""
        visit = self._visit(request)
        if visit is None:
            return _error(404, "conversation.unknown")
        visit.language = (await request.json())["language"]
        last = visit.said[-1]
        asks = any(message.get("buttons") for message in visit.answered[last["message_id"]])
        text = self.same.get(last["text"], last["text"])
        return JSONResponse({"messages": answer(text, visit.language) if asks else [], "status": "bot"})

    async def _events(self, request: Request) -> Response:
        visit = self._visit(request)
        if visit is None:
            return _error(404, "conversation.unknown")
        visit.followers += 1
        if self.faults.events and self.faults.events.pop(0) == "close":
            return StreamingResponse(iter([": closing\n\n"]), media_type="text/event-stream")

        async def follow() -> AsyncIterator[str]:
            yield ": connected\n\n"
            while True:
                name, data = await visit.outbox.get()
                yield _event(name, data)

        return StreamingResponse(follow(), media_type="text/event-stream", headers=HEADERS)

    async def _card(self, request: Request) -> Response:
        visit = self._visit(request)
        if visit is None:
            return _error(404, "conversation.unknown")
        if self.faults.device:
            return _error(409, self.faults.device)
        return JSONResponse({"messages": answer("/card", visit.language)})

    async def _slip(self, request: Request) -> Response:
        visit = self._visit(request)
        if visit is None:
            return _error(404, "conversation.unknown")
        if self.faults.printer:
            return _error(409, self.faults.printer)
        self.printed.append((await request.json())["appointment"])
        return Response(status_code=204)

    async def _wipe(self, request: Request) -> Response:
        visit = self._visit(request)
        if visit is None:
            return _error(404, "conversation.unknown")
        del self.visits[visit.id]
        self.wiped.append(visit.id)
        return Response(status_code=204)

    async def _call(self, request: Request) -> Response:
        body = await request.json()
        self.calls.append(
            {"kiosk": request.path_params["kiosk"], "key": request.headers.get("idempotency-key"), **body}
        )
        await asyncio.sleep(self.faults.call_delay_s)
        visit = self.visits.get(body.get("conversation_id", ""))
        if "conversation_id" in body and (
            visit is None or request.headers.get("authorization") != f"Bearer {visit.token}"
        ):
            return _error(404, "conversation.unknown")
        if self.faults.calls:
            return _error(self.faults.calls.pop(0), "server.error")
        return JSONResponse({"ticket": f"H{len(self.calls):03d}"}, status_code=201)

    def _visit(self, request: Request) -> Visit | None:
        visit = self.visits.get(request.path_params["id"])
        if visit is None or request.headers.get("authorization") != f"Bearer {visit.token}":
            return None
        return visit

    # What a test does to it

    @property
    def visit(self) -> Visit:
        """The only conversation that is open."""
        (visit,) = self.visits.values()
        return visit

    def push(self, name: str, data: Json) -> None:
        """Send an event to the patient's page."""
        self.visit.outbox.put_nowait((name, data))


def _event(name: str, data: Json) -> str:
    return f"event: {name}\ndata: {json.dumps(data, ensure_ascii=False)}\n\n"


def _error(status: int, code: str) -> Response:
    return JSONResponse({"error": {"code": code, "message": "simulated"}}, status_code=status)


class _QuietServer(uvicorn.Server):
    """Uvicorn inside a test: leaves the signals of the process alone."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@asynccontextmanager
async def serving(desk: SimulatedFrontDesk) -> AsyncIterator[SimulatedFrontDesk]:
    """Serve on a free port of loopback."""
    listener = socket.create_server(("127.0.0.1", 0))
    desk.url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    app = Starlette(routes=desk.routes())
    server = _QuietServer(uvicorn.Config(app, log_level="critical", lifespan="off", timeout_graceful_shutdown=0))
    task = asyncio.create_task(server.serve(sockets=[listener]))
    while not server.started:  # noqa: ASYNC110  uvicorn has no event to wait for
        await asyncio.sleep(0.01)
    try:
        yield desk
    finally:
        server.should_exit = True
        server.force_exit = True
        await task
        listener.close()
