"""Signing in and out over HTTP."""

from __future__ import annotations

import pytest

from bot.console.sessions import COOKIE
from tests.bot.console.conftest import PASSWORD, House, Staff, browser_of, code_of


async def test_the_cookie_is_strict_and_out_of_reach_of_scripts(stranger: Staff) -> None:
    answer = await stranger.sign_in("wang.min")
    assert answer.status_code == 200
    parts = {part.strip().lower() for part in answer.headers["set-cookie"].split(";")}
    assert {"httponly", "samesite=strict", "path=/console"} <= parts
    assert "secure" not in parts
    assert answer.json()["role"] == "nurse"
    assert answer.headers["cache-control"] == "no-store"


async def test_over_https_the_cookie_is_secure(house: House) -> None:
    async with browser_of(house, "https") as client:
        answer = await client.sign_in("wang.min")
        assert "secure" in {part.strip().lower() for part in answer.headers["set-cookie"].split(";")}
        assert (await client.get("/console/api/me")).status_code == 200


@pytest.mark.parametrize(
    ("name", "password", "status", "code"),
    [
        ("wang.min", "wrong password", 401, "auth.refused"),
        ("nobody", PASSWORD, 401, "auth.refused"),
        ("blocked", PASSWORD, 401, "auth.refused"),
        ("locked", PASSWORD, 429, "auth.locked"),
        ("wang.min' OR '1'='1", PASSWORD, 401, "auth.refused"),
        ("", PASSWORD, 400, "console.bad_request"),
        ("wang.min", "", 400, "console.bad_request"),
        ("x" * 65, PASSWORD, 400, "console.bad_request"),
        ("wang.min", "p" * 1001, 400, "console.bad_request"),
        (["wang.min"], PASSWORD, 400, "console.bad_request"),
        (7, PASSWORD, 400, "console.bad_request"),
        (None, None, 400, "console.bad_request"),
    ],
)
async def test_who_does_not_get_in(
    house: House, stranger: Staff, name: object, password: object, status: int, code: str
) -> None:
    house.accounts.create("blocked", PASSWORD, "nurse")
    house.accounts.set_active("blocked", False, "system")
    house.accounts.create("locked", PASSWORD, "nurse")
    if name == "locked":
        for _ in range(5):
            await stranger.sign_in("locked", "wrong password")
    answer = await stranger.post("/console/api/sign-in", json={"name": name, "password": password})
    assert (answer.status_code, code_of(answer)) == (status, code)
    assert "set-cookie" not in answer.headers
    assert not isinstance(password, str) or not password or password not in answer.text


@pytest.mark.parametrize(
    ("content", "kind", "status"),
    [
        (b"not json", "application/json", 400),
        (b"", "application/json", 400),
        (b"[]", "application/json", 400),
        (b"null", "application/json", 400),
        (b'{"name": "wang.min"}', "application/json", 400),
        (b'{"name": "wang.min", "password": "a calm grey heron", "role": "admin"}', "application/json", 400),
        (b'{"name": "\\ud800", "password": "a calm grey heron"}', "application/json", 400),
        (b"\xff\xfe", "application/json", 400),
        (b"[" * 50_000, "application/json", 400),
        (b'{"name": "' + b"x" * 1_000_000 + b'"}', "application/json", 413),
        (b'{"name": "wang.min", "password": "a calm grey heron"}', "text/plain", 415),
        (b"name=wang.min&password=a+calm+grey+heron", "application/x-www-form-urlencoded", 415),
    ],
)
async def test_bodies_that_do_not_fit(stranger: Staff, content: bytes, kind: str, status: int) -> None:
    answer = await stranger.post("/console/api/sign-in", content=content, headers={"content-type": kind})
    assert answer.status_code == status
    assert code_of(answer).startswith("console.")


async def test_another_site_cannot_sign_somebody_in(stranger: Staff) -> None:
    stranger.headers["sec-fetch-site"] = "cross-site"
    answer = await stranger.sign_in("wang.min")
    assert (answer.status_code, code_of(answer)) == (403, "auth.csrf")


async def test_nothing_is_open_without_a_session(house: House, stranger: Staff) -> None:
    ticket = house.ticket(house.patient("你好"))
    gets = ["me", "tickets", f"tickets/{ticket.id}", f"tickets/{ticket.id}/lines", "events", "users"]
    posts = [
        "sign-out", f"tickets/{ticket.id}/claim", f"tickets/{ticket.id}/messages", f"tickets/{ticket.id}/hand-back",
        "users", "users/zhao/deactivate", "users/zhao/password",
    ]  # fmt: skip
    for method, paths in (("GET", gets), ("POST", posts)):
        for path in paths:
            answer = await stranger.request(method, f"/console/api/{path}", json={} if method == "POST" else None)
            assert (answer.status_code, code_of(answer)) == (401, "auth.not_signed_in"), path


async def test_a_changed_cookie_is_no_cookie(nurse: Staff) -> None:
    cookie = nurse.cookies[COOKIE]
    nurse.cookies.clear()
    nurse.cookies.set(COOKIE, cookie[:-1] + ("0" if cookie[-1] != "0" else "1"))
    answer = await nurse.get("/console/api/me")
    assert (answer.status_code, code_of(answer)) == (401, "auth.not_signed_in")


@pytest.mark.parametrize("token", [None, "", "wrong", "cookie"])
async def test_every_change_needs_the_sessions_own_token(house: House, nurse: Staff, token: str | None) -> None:
    ticket = house.ticket(house.patient("你好"))
    del nurse.headers["x-csrf-token"]
    if token is not None:
        nurse.headers["x-csrf-token"] = nurse.cookies[COOKIE] if token == "cookie" else token
    for path in ("sign-out", f"tickets/{ticket.id}/claim", f"tickets/{ticket.id}/messages", "users"):
        answer = await nurse.post(f"/console/api/{path}", json={})
        assert (answer.status_code, code_of(answer)) == (403, "auth.csrf"), path
    assert house.tickets.get(ticket.id).status == "open"
    assert (await nurse.get("/console/api/me")).status_code == 200


async def test_signing_out_ends_the_session_and_not_only_the_cookie(house: House, nurse: Staff) -> None:
    cookie = nurse.cookies[COOKIE]
    assert (await nurse.post("/console/api/sign-out")).status_code == 200
    nurse.cookies.clear()
    nurse.cookies.set(COOKIE, cookie)
    assert (await nurse.get("/console/api/me")).status_code == 401


async def test_watching_the_queue_alone_does_not_keep_a_session(house: House, nurse: Staff) -> None:
    for _ in range(2):
        house.clock.advance(minutes=14)
        assert (await nurse.get("/console/api/tickets")).status_code == 200
    house.clock.advance(minutes=3)
    assert (await nurse.get("/console/api/tickets")).status_code == 401


async def test_a_second_sign_in_ends_the_first_session_of_the_same_browser(nurse: Staff) -> None:
    first = nurse.cookies[COOKIE]
    await nurse.sign_in("li.na")
    assert (await nurse.get("/console/api/me")).json()["name"] == "li.na"
    nurse.cookies.clear()
    nurse.cookies.set(COOKIE, first)
    assert (await nurse.get("/console/api/me")).status_code == 401
