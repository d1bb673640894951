"""Encryption at rest, and look-up without reading: AES-256-GCM and HMAC-SHA-256 under keys derived from one secret."""

import base64
import hashlib
import hmac
import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from actions.errors import CipherError

NONCE_BYTES = 12  # the size AES-GCM is specified for (NIST SP 800-38D)
MIN_SECRET_BYTES = 16
_VERSION = "v1."


class Cipher:
    """Seals and opens short texts; one secret for the whole house, one derived key for each purpose."""

    def __init__(self, secret: bytes) -> None:
        if len(secret) < MIN_SECRET_BYTES:
            raise CipherError(f"The master key must have at least {MIN_SECRET_BYTES} bytes.")
        self._aead = AESGCM(_derive(secret, b"yidao/records/encrypt/v1"))
        self._hash_key = _derive(secret, b"yidao/records/lookup/v1")

    def encrypt(self, text: str, context: str = "") -> str:
        """The text sealed, as ASCII. `context` names the place it is kept; it opens only with the same context."""
        nonce = os.urandom(NONCE_BYTES)
        sealed = self._aead.encrypt(nonce, text.encode(), context.encode())
        return _VERSION + base64.urlsafe_b64encode(nonce + sealed).decode("ascii")

    def decrypt(self, sealed: str, context: str = "") -> str:
        """The text again. Raises `CipherError` when the key, the context or a byte is not the same."""
        try:
            raw = base64.urlsafe_b64decode(sealed.removeprefix(_VERSION))
            return self._aead.decrypt(raw[:NONCE_BYTES], raw[NONCE_BYTES:], context.encode()).decode()
        except (InvalidTag, ValueError) as error:
            raise CipherError("A stored value cannot be opened with this key.") from error

    def keyed_hash(self, value: str, purpose: str = "") -> str:
        """64 hexadecimal digits that are the same for the same value and purpose, and say nothing without the key."""
        return hmac.new(self._hash_key, f"{purpose}\x00{value}".encode(), hashlib.sha256).hexdigest()


def _derive(secret: bytes, purpose: bytes) -> bytes:
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=purpose).derive(secret)
