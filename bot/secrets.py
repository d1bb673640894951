"""The one master secret, and the tokens that are derived from it."""

import base64
import binascii
import hashlib
import hmac
import os
import secrets
from pathlib import Path

from pydantic import SecretStr

from actions.errors import YidaoError
from bot.settings import Settings

KEY_BYTES = 32
"""Length of the master secret."""


class BadSecret(YidaoError):
    """The master secret is not 32 bytes in base64; the message never holds it."""

    code = "secret.bad"


def key_file(settings: Settings) -> Path:
    """Where the secret lies when the settings do not carry it."""
    return settings.path(settings.state) / "secret.key"


def load_secret(settings: Settings) -> bytes:
    """The master secret: from the settings, else from the key file, made at first use. Raises BadSecret."""
    if settings.secret is not None:
        return _decode(settings.secret.get_secret_value(), "the setting `secret`")
    path = key_file(settings)
    if not path.exists():
        _make(path)
    return _decode(path.read_text(), str(path))


def derive_token(secret: bytes, purpose: str) -> str:
    """A token for one purpose (HMAC-SHA256, base64url): knowing one tells nothing about another or the secret."""
    digest = hmac.new(secret, b"yidao:" + purpose.encode(), hashlib.sha256).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def kiosk_token(device_secret: SecretStr, kiosk: str) -> str:
    """The token of one kiosk: its page carries it, and it opens no other."""
    return derive_token(device_secret.get_secret_value().encode(), f"kiosk:{kiosk}")


def _decode(text: str, where: str) -> bytes:
    try:
        key = base64.b64decode(text.strip(), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if len(key) != KEY_BYTES:
        raise BadSecret(f"The master secret in {where} is not {KEY_BYTES} bytes in base64.")
    return key


def _make(path: Path) -> None:
    """Write a new key, readable by its owner only; of two processes that do it at once, one key stays."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "w") as file:
            file.write(base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode() + "\n")
            file.flush()
            os.fsync(file.fileno())
        # A link fails where the name exists, unlike a rename, which would replace the other process's key.
        os.link(draft, path)
    except FileExistsError:
        return
    finally:
        draft.unlink()
