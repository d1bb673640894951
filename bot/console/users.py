"""Accounts over HTTP, for those who may manage them."""

from __future__ import annotations

import asyncio
from typing import Any

from fastapi import Request, Response
from fastapi.responses import JSONResponse

from bot.console.accounts import Account
from bot.console.assembly import Console
from bot.console.bodies import NewUserBody, PasswordBody, read_body
from bot.console.door import Door, refusal


class Users:
    """Accounts, for those who may manage them."""

    def __init__(self, console: Console, door: Door) -> None:
        self._accounts = console.accounts
        self._door = door

    async def everyone(self, request: Request) -> Response:
        """Every account."""
        await self._door.enter(request, "manage_users")
        accounts = await asyncio.to_thread(self._accounts.everyone)
        return JSONResponse({"users": [_account(account) for account in accounts]})

    async def create(self, request: Request) -> Response:
        """A new account."""
        visitor = await self._door.enter(request, "manage_users")
        body = await read_body(request, NewUserBody)
        actor = f"staff:{visitor.account.name}"
        made = await asyncio.to_thread(self._accounts.create, body.name, body.password, body.role, actor)
        return JSONResponse(_account(made), 201)

    async def password(self, request: Request, name: str) -> Response:
        """A new password for an account."""
        visitor = await self._door.enter(request, "manage_users")
        body = await read_body(request, PasswordBody)
        actor = f"staff:{visitor.account.name}"
        return JSONResponse(_account(await asyncio.to_thread(self._accounts.set_password, name, body.password, actor)))

    async def act(self, request: Request, name: str, act: str) -> Response:
        """`deactivate`, `activate` or `unlock` an account."""
        visitor = await self._door.enter(request, "manage_users")
        actor = f"staff:{visitor.account.name}"
        if act == "unlock":
            changed = await asyncio.to_thread(self._accounts.unlock, name, actor)
        elif act in ("activate", "deactivate"):
            changed = await asyncio.to_thread(self._accounts.set_active, name, act == "activate", actor)
        else:
            return refusal("console.unknown", "There is no such action.", 404)
        return JSONResponse(_account(changed))


def _account(account: Account) -> dict[str, Any]:
    return {
        "name": account.name,
        "role": account.role,
        "active": account.active,
        "created": account.created.isoformat(timespec="seconds"),
        "locked_until": account.locked_until.isoformat(timespec="seconds") if account.locked_until else None,
    }
