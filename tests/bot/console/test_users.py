"""Accounts over HTTP: for administrators only."""

from __future__ import annotations

import pytest

from tests.bot.console.conftest import PASSWORD, House, Staff, code_of


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "users", None),
        ("POST", "users", {"name": "sun.li", "password": PASSWORD, "role": "admin"}),
        ("POST", "users/wang.min/deactivate", None),
        ("POST", "users/wang.min/unlock", None),
        ("POST", "users/wang.min/password", {"password": "another grey heron"}),
    ],
)
async def test_the_wrong_role_sees_and_changes_nothing(
    house: House, clerk: Staff, nurse: Staff, method: str, path: str, body: object
) -> None:
    before = house.accounts.everyone()
    for client in (clerk, nurse):
        answer = await client.request(method, f"/console/api/{path}", json=body)
        assert (answer.status_code, code_of(answer)) == (403, "auth.role")
    assert house.accounts.everyone() == before


async def test_an_administrator_makes_an_account_that_can_sign_in(admin: Staff, stranger: Staff) -> None:
    body = {"name": "Sun.Li", "password": "eleven blue herons", "role": "nurse"}
    made = await admin.post("/console/api/users", json=body)
    assert made.status_code == 201
    assert made.json()["name"] == "sun.li"
    users = (await admin.get("/console/api/users")).json()["users"]
    assert [user["name"] for user in users] == ["admin", "li.na", "sun.li", "wang.min", "zhao"]
    assert "password" not in str(users).lower()
    assert "argon2" not in str(users)
    assert (await stranger.sign_in("sun.li", "eleven blue herons")).status_code == 200


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"name": "wang.min", "password": PASSWORD, "role": "nurse"}, 409, "account.taken"),
        ({"name": "sun li", "password": PASSWORD, "role": "nurse"}, 400, "account.name"),
        ({"name": "sun.li", "password": "short", "role": "nurse"}, 400, "account.password_length"),
        ({"name": "sun.li", "password": PASSWORD, "role": "root"}, 400, "account.role"),
        ({"name": "sun.li", "password": PASSWORD}, 400, "console.bad_request"),
        ({"name": "sun.li", "password": PASSWORD, "role": "nurse", "active": True}, 400, "console.bad_request"),
        ({"name": {"$ne": ""}, "password": PASSWORD, "role": "nurse"}, 400, "console.bad_request"),
    ],
)
async def test_accounts_that_do_not_fit(admin: Staff, body: object, status: int, code: str) -> None:
    answer = await admin.post("/console/api/users", json=body)
    assert (answer.status_code, code_of(answer)) == (status, code)


async def test_blocking_signs_out_at_once(admin: Staff, nurse: Staff) -> None:
    assert (await admin.post("/console/api/users/wang.min/deactivate")).json()["active"] is False
    assert (await nurse.get("/console/api/tickets")).status_code == 401
    assert (await nurse.sign_in("wang.min")).status_code == 401
    assert (await admin.post("/console/api/users/wang.min/activate")).json()["active"] is True
    assert (await nurse.sign_in("wang.min")).status_code == 200


async def test_unlocking_and_a_new_password(admin: Staff, stranger: Staff) -> None:
    for _ in range(5):
        await stranger.sign_in("zhao", "wrong password")
    users = {user["name"]: user for user in (await admin.get("/console/api/users")).json()["users"]}
    assert users["zhao"]["locked_until"]
    assert users["li.na"]["locked_until"] is None
    assert (await admin.post("/console/api/users/zhao/unlock")).json()["locked_until"] is None
    assert (await stranger.sign_in("zhao")).status_code == 200
    await admin.post("/console/api/users/zhao/password", json={"password": "another grey heron"})
    assert (await stranger.get("/console/api/me")).status_code == 401
    assert (await stranger.sign_in("zhao", "another grey heron")).status_code == 200


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("users/nobody/deactivate", 404, "account.unknown"),
        ("users/%00/unlock", 404, "account.unknown"),
        ("users/zhao/promote", 404, "console.unknown"),
        ("users/admin/deactivate", 409, "account.own"),
    ],
)
async def test_changes_that_cannot_be_made(admin: Staff, path: str, status: int, code: str) -> None:
    answer = await admin.post(f"/console/api/{path}")
    assert (answer.status_code, code_of(answer)) == (status, code)
