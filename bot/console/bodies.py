"""What the console's page may send."""

from __future__ import annotations

import json
from typing import Annotated, TypeVar

from fastapi import Request
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from bot.console.errors import BadRequest

MAX_BODY_BYTES = 65536
"""Largest body that is read, in bytes."""

Name = Annotated[str, StringConstraints(min_length=1, max_length=64)]
Password = Annotated[str, StringConstraints(min_length=1, max_length=1000)]


class Body(BaseModel):
    """Exact types, nothing unknown."""

    model_config = ConfigDict(extra="forbid", strict=True)


class SignInBody(Body):
    """Name and password."""

    name: Name
    password: Password


class ReplyBody(Body):
    """A line to the patient."""

    text: Annotated[str, StringConstraints(max_length=10_000)]
    message_id: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,64}$")] | None = None


class TicketsBody(Body):
    """The tickets somebody has before their eyes."""

    tickets: Annotated[
        list[Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{1,32}$")]], Field(min_length=1, max_length=500)
    ]


class NewUserBody(Body):
    """An account to make."""

    name: Name
    password: Password
    role: Annotated[str, StringConstraints(max_length=32)]


class PasswordBody(Body):
    """A new password."""

    password: Password


B = TypeVar("B", bound=Body)


async def read_body(request: Request, shape: type[B]) -> B:
    """The body in its shape. Raises `BadRequest`, which never repeats what was sent: it may hold a password.

    Only JSON by its content type is read: a form on another site cannot send that without being asked first.
    """
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise BadRequest("Send JSON.", "console.not_json", 415)
    raw = bytearray()
    async for chunk in request.stream():
        raw += chunk
        if len(raw) > MAX_BODY_BYTES:
            raise BadRequest("The body is too large.", "console.too_large", 413)
    try:
        return shape.model_validate(json.loads(bytes(raw)))
    except ValidationError as error:
        fields = sorted({".".join(str(part) for part in fault["loc"]) or "body" for fault in error.errors()})
        known = [name for name in fields if name in shape.model_fields]
        raise BadRequest(f"These fields do not fit: {', '.join(known) or 'unknown ones'}.") from None
    except (ValueError, RecursionError):
        raise BadRequest("The body is not JSON.", "console.not_json") from None
