"""The page's files: strict about scripts and styles, and nothing but the files can be fetched."""

from __future__ import annotations

import base64
import re
from types import SimpleNamespace

import httpx
import pytest
from fastapi import FastAPI
from pydantic import SecretStr

from actions.records.cipher import Cipher
from bot.console.routes import mount_console
from bot.desk import FrontDesk
from bot.services import Records
from bot.settings import ROOT, Settings
from tests.bot.console.conftest import PASSWORD, SECRET, House, Staff

STATIC = ROOT / "bot" / "console" / "static"


async def test_the_page_allows_only_its_own_files(stranger: Staff) -> None:
    answer = await stranger.get("/console")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    for path in re.findall(r'(?:src|href)="(/[^"]+)"', answer.text):
        assert (await stranger.get(path)).status_code == 200, path


def test_nothing_is_inline_and_nothing_becomes_markup() -> None:
    html = (STATIC / "index.html").read_text(encoding="utf-8")
    assert not re.search(r"<style|\sstyle=|\son\w+=|javascript:", html)
    assert not re.search(r"<script(?![^>]*\ssrc=)", html)
    for path in STATIC.rglob("*.js"):
        source = path.read_text(encoding="utf-8")
        assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|\.style\b", source), (
            path.name
        )
    for path in [*STATIC.rglob("*.js"), *STATIC.rglob("*.css"), STATIC / "index.html"]:
        assert not re.search(r"https?://(?!www\.w3\.org)", path.read_text(encoding="utf-8")), path.name


@pytest.mark.parametrize("path", ["js/main.js", "css/base.css", "icons/mark.svg"])
async def test_every_kind_of_file_has_its_type(stranger: Staff, path: str) -> None:
    answer = await stranger.get(f"/console/static/{path}")
    assert answer.status_code == 200
    kind = {"js": "javascript", "css": "css", "svg": "svg"}[path.rsplit(".", 1)[1]]
    assert kind in answer.headers["content-type"]


@pytest.mark.parametrize(
    "path", ["../routes.py", "%2e%2e/policy.yml", "js/../../policy.yml", "js", "", "/etc/passwd", "js/main.js%00"]
)
async def test_no_other_file_can_be_fetched(stranger: Staff, path: str) -> None:
    assert (await stranger.get(f"/console/static/{path}")).status_code == 404


async def test_the_application_mounts_it_on_the_conversations_own_records(house: House) -> None:
    app = FastAPI()
    settings = Settings(secret=SecretStr(base64.b64encode(SECRET).decode()))
    records = Records(house.database, Cipher(SECRET), house.vault, house.clock, None)  # type: ignore[arg-type]
    speaker = SimpleNamespace(wording=house.console.wording)
    masker = house.console.desk.masker
    inside = SimpleNamespace(store=house.store, tickets=house.tickets, hub=house.hub, masker=masker, speaker=speaker)
    mount_console(app, settings, records, FrontDesk(inside))  # type: ignore[arg-type]
    async with Staff(transport=httpx.ASGITransport(app=app), base_url="http://console.test") as client:
        assert (await client.get("/console")).status_code == 200
        house.accounts.create("sun.li", PASSWORD, "nurse")
        ticket = house.ticket(house.patient("你好"))
        assert (await client.sign_in("sun.li")).status_code == 200
        assert (await client.post(f"/console/api/tickets/{ticket.id}/claim")).status_code == 200
    assert house.hub.published[0][1:] == ("status", {"status": "human"})


async def test_the_sentences_are_open_and_whole(stranger: Staff) -> None:
    tables = (await stranger.get("/console/api/wording")).json()
    assert set(tables) == {"zh", "en", "roles"}
    assert set(tables["zh"]) == set(tables["en"])
    assert tables["zh"]["console.ticket.claim"] == "接待"
    assert tables["roles"]["nurse"] == {"zh": "护士", "en": "Nurse"}
