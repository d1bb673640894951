"""Who is signed in: sessions live in this process, the browser holds only a signed, opaque number.

The cookie is `<id>.<signature>`; the CSRF token of a session is another signature of the same id, so both are worth
nothing without the house's key and neither can be made from the other.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import threading
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from actions.clock import Clock
from bot.console.accounts import Account, Accounts
from bot.console.errors import CsrfRefused, NotSignedIn
from bot.console.policy import SessionRules
from bot.secrets import derive_token

COOKIE = "yidao_console"
"""Name of the cookie."""


@dataclass(frozen=True)
class SignedIn:
    """One sign-in of one member of staff."""

    id: str
    """Opaque id."""
    name: str
    """Whose it is."""
    fingerprint: str
    """The password it was opened with, as `Account.fingerprint`."""
    began: datetime
    """When."""
    seen: datetime
    """When something was last done."""


class Sessions:
    """Opens, finds and ends sessions."""

    def __init__(self, secret: bytes, accounts: Accounts, clock: Clock, rules: SessionRules) -> None:
        self._key = derive_token(secret, "console").encode()
        self._accounts = accounts
        self._clock = clock
        self._idle = timedelta(minutes=rules.idle_minutes)
        self._longest = timedelta(hours=rules.longest_hours)
        self._open: dict[str, SignedIn] = {}
        self._lock = threading.Lock()

    @property
    def idle_s(self) -> int:
        """Seconds without anything done after which a session ends."""
        return int(self._idle.total_seconds())

    def open(self, account: Account) -> SignedIn:
        """A new session, with a new id."""
        now = self._clock.now()
        signed_in = SignedIn(secrets.token_urlsafe(24), account.name, account.fingerprint, now, now)
        with self._lock:
            self._open = {key: held for key, held in self._open.items() if self._holds(held, now)}
            self._open[signed_in.id] = signed_in
        return signed_in

    def cookie(self, signed_in: SignedIn) -> str:
        """The cookie's value."""
        return f"{signed_in.id}.{self._sign('session', signed_in.id)}"

    def csrf(self, signed_in: SignedIn) -> str:
        """The token that every change must carry in its `X-CSRF-Token` header."""
        return self._sign("csrf", signed_in.id)

    def check_csrf(self, signed_in: SignedIn, token: str | None) -> None:
        """Raises `CsrfRefused`."""
        if not token or not hmac.compare_digest(self.csrf(signed_in).encode(), token.encode("utf-8", "replace")):
            raise CsrfRefused("The request does not carry this session's token.")

    def find(self, cookie: str | None, touch: bool = True) -> tuple[SignedIn, Account]:
        """The session of a cookie and its account as it is now; `touch` counts as something done.

        Raises `NotSignedIn`, also for a session that was idle too long, or whose account was blocked or got another
        password in the meantime.
        """
        number, _, signature = (cookie or "").partition(".")
        genuine = hmac.compare_digest(self._sign("session", number).encode(), signature.encode("utf-8", "replace"))
        signed_in = self._open.get(number) if genuine else None
        now = self._clock.now()
        account = self._accounts.find(signed_in.name) if signed_in and self._holds(signed_in, now) else None
        if signed_in is None or account is None or not account.active or account.fingerprint != signed_in.fingerprint:
            if signed_in:
                self.close(signed_in)
            raise NotSignedIn("Please sign in.")
        with self._lock:
            if touch and signed_in.id in self._open:  # a sign-out meanwhile must not be undone
                signed_in = self._open[signed_in.id] = replace(signed_in, seen=now)
        return signed_in, account

    def close(self, signed_in: SignedIn) -> None:
        """Sign out."""
        with self._lock:
            self._open.pop(signed_in.id, None)

    def _holds(self, signed_in: SignedIn, now: datetime) -> bool:
        return now - signed_in.seen < self._idle and now - signed_in.began < self._longest

    def _sign(self, purpose: str, number: str) -> str:
        return hmac.new(self._key, f"{purpose}:{number}".encode("utf-8", "replace"), hashlib.sha256).hexdigest()
