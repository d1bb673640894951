"""Accounts of staff: made by an administrator, opened by a password, locked after too many wrong ones."""

from __future__ import annotations

import re
import threading
import unicodedata
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError
from sqlalchemy import select
from sqlalchemy.orm import Session

from actions.clock import Clock
from actions.records import audit
from actions.records.database import Database
from actions.records.tables import UserRow
from bot.console.errors import BadAccount, SignInRefused
from bot.console.policy import Capability, Policy, load_policy

NAME = re.compile(r"[^\W_][\w.\-]{1,31}")
"""2 to 32 letters (Chinese ones too), digits, dots, hyphens and underscores; a letter or digit comes first."""
STRANGERS = 10_000
"""Names without an account whose wrong passwords are counted; the oldest is forgotten then."""
COMMON = frozenset(
    {"password", "passw0rd", "qwertyuiop", "1q2w3e4r5t", "administrator", "yidao", "changeme", "letmein"}
)
"""Words that make no password, also with digits around them."""


Facts = dict[str, object]


@dataclass(frozen=True)
class Account:
    """A member of staff."""

    name: str
    """Sign-in name."""
    role: str
    """A role of the policy."""
    active: bool
    """Whether it may sign in."""
    created: datetime
    """When it was made."""
    locked_until: datetime | None
    """Until when wrong passwords have locked it; None when they have not."""
    fingerprint: str
    """Changes with the password, so that sessions of an older one end."""


@dataclass
class _Failures:
    count: int = 0
    locked_until: datetime | None = None


class Accounts:
    """Makes, lists, opens and blocks accounts; every change and every sign-in is audited."""

    def __init__(
        self, database: Database, clock: Clock, policy: Policy | None = None, hasher: PasswordHasher | None = None
    ) -> None:
        self._database = database
        self._clock = clock
        self._policy = policy or load_policy()
        self._hasher = hasher or PasswordHasher()  # argon2id, RFC 9106's low-memory parameters: 64 MiB, 3 passes
        self._decoy = self._hasher.hash("nobody's password")
        self._strangers: OrderedDict[str, _Failures] = OrderedDict()
        self._strangers_lock = threading.Lock()

    def create(self, name: str, password: str, role: str, actor: str = "system") -> Account:
        """A new account. Raises `BadAccount` for a name, password or role that does not fit, or a taken name."""
        name = fold(name)
        if not NAME.fullmatch(name):
            raise BadAccount("A name has 2 to 32 letters, digits, dots, hyphens or underscores.", "account.name")
        self._check_role(role)
        self._check_password(name, password)
        row = UserRow(name=name, password_hash=self._hasher.hash(password), role=role, active=True, failed_logins=0)
        with self._database.write() as session:
            self._database.lock(session, f"user:{name}")
            if session.get(UserRow, name) is not None:
                raise BadAccount("This name is taken.", "account.taken", 409)
            row.created = self._clock.now()
            session.add(row)
            self._note(session, actor, "user.create", name, None, _facts(row))
            return self._account(row)

    def find(self, name: str) -> Account | None:
        """The account of a name."""
        with self._database.read() as session:
            row = session.get(UserRow, name)
            return self._account(row) if row else None

    def everyone(self) -> list[Account]:
        """Every account, by name."""
        with self._database.read() as session:
            return [self._account(row) for row in session.scalars(select(UserRow).order_by(UserRow.name))]

    def sign_in(self, name: str, password: str) -> Account:
        """The account that this name and password open.

        Raises `SignInRefused`: `auth.refused` for a wrong, blocked or unknown name alike, `auth.locked` while too many
        wrong passwords lock the name. The work done is the same in every case, so time tells nothing either.
        """
        name = fold(name)
        known = None
        if NAME.fullmatch(name):
            with self._database.read() as session:
                row = session.get(UserRow, name)
                known = row.password_hash if row else None
        right = self._matches(known or self._decoy, password) and known is not None
        if known is None:
            raise self._stranger(name)
        with self._database.write() as session:
            self._database.lock(session, f"user:{name}")
            row = session.get(UserRow, name)
            if row is None:
                raise _refused()
            # The hash is compared again: the password may have been changed while the slow check ran.
            refusal = self._weigh(session, row, right and row.password_hash == known)
            account = self._account(row)
        if refusal:
            raise refusal
        return account

    def signed_out(self, name: str) -> None:
        """Note in the audit that somebody has signed out."""
        with self._database.write() as session:
            audit.append(session, f"staff:{name}", "user.sign_out", f"user:{name}", at=self._clock.now())

    def unlock(self, name: str, actor: str) -> Account:
        """Forget the wrong passwords of a name."""

        def change(row: UserRow) -> None:
            row.failed_logins, row.locked_until = 0, None

        return self._change(name, actor, "user.unlock", change)

    def set_active(self, name: str, active: bool, actor: str) -> Account:
        """Block an account or let it in again. Nobody blocks themselves, nor the last one who may manage users."""

        def change(row: UserRow) -> None:
            row.active = active

        return self._change(name, actor, "user.activate" if active else "user.deactivate", change, keeps_manager=True)

    def set_password(self, name: str, password: str, actor: str) -> Account:
        """Give an account a new password; whoever is signed in with the old one is signed out."""
        self._check_password(fold(name), password)
        sealed = self._hasher.hash(password)

        def change(row: UserRow) -> None:
            row.password_hash, row.failed_logins, row.locked_until = sealed, 0, None

        return self._change(name, actor, "user.password", change)

    def may(self, account: Account, capability: Capability) -> bool:
        """Whether the account's role covers it."""
        return account.active and self._policy.may(account.role, capability)

    def _change(
        self, name: str, actor: str, action: str, change: Callable[[UserRow], None], keeps_manager: bool = False
    ) -> Account:
        name = fold(name)
        with self._database.write() as session:
            self._database.lock(session, "users")
            row = session.get(UserRow, name) if NAME.fullmatch(name) else None
            if row is None:
                raise BadAccount("There is no such account.", "account.unknown", 404)
            before = _facts(row)
            change(row)
            if keeps_manager and not row.active:
                self._check_manager_stays(session, row, actor)
            self._note(session, actor, action, name, before, _facts(row))
            return self._account(row)

    def _check_manager_stays(self, session: Session, row: UserRow, actor: str) -> None:
        if actor == f"staff:{row.name}":
            raise BadAccount("You cannot block your own account.", "account.own", 409)
        if not self._policy.may(row.role, "manage_users"):
            return
        others = session.scalars(select(UserRow).where(UserRow.active, UserRow.name != row.name))
        if not any(self._policy.may(other.role, "manage_users") for other in others):
            raise BadAccount("This is the last account that may manage users.", "account.last_manager", 409)

    def _weigh(self, session: Session, row: UserRow, right: bool) -> SignInRefused | None:
        """Count or clear failures of a known name; what it is refused with, if it is."""
        before, now = _facts(row), self._clock.now()
        if row.locked_until is not None and row.locked_until > now:
            self._note(session, f"staff:{row.name}", "user.sign_in_while_locked", row.name, before, before)
            return _locked()
        if row.locked_until is not None:
            row.failed_logins, row.locked_until = 0, None  # the lock has run out: a full set of attempts again
        if right and row.active:
            row.failed_logins = 0
            self._note(session, f"staff:{row.name}", "user.sign_in", row.name, before, _facts(row))
            return None
        row.failed_logins += 1
        action = "user.sign_in_failed"
        if row.failed_logins >= self._policy.sign_in.failures_before_lock:
            row.locked_until, action = now + timedelta(minutes=self._policy.sign_in.lock_minutes), "user.locked"
        self._note(session, f"staff:{row.name}", action, row.name, before, _facts(row))
        return _refused() if row.locked_until is None else _locked()

    def _stranger(self, name: str) -> SignInRefused:
        """The same answers as a known name gets, so that nobody learns which names exist. What was typed is not kept
        in the audit: people type passwords into the wrong field."""
        now = self._clock.now()
        with self._database.write() as session:
            audit.append(session, "system", "user.sign_in_failed", "user:unknown", at=now)
        with self._strangers_lock:
            failures = self._strangers.pop(name, _Failures())
            self._strangers[name] = failures
            if len(self._strangers) > STRANGERS:
                self._strangers.popitem(last=False)
            if failures.locked_until is not None and failures.locked_until <= now:
                failures.count, failures.locked_until = 0, None
            if failures.locked_until is None:
                failures.count += 1
                if failures.count >= self._policy.sign_in.failures_before_lock:
                    failures.locked_until = now + timedelta(minutes=self._policy.sign_in.lock_minutes)
            return _refused() if failures.locked_until is None else _locked()

    def _matches(self, sealed: str, password: str) -> bool:
        try:
            return self._hasher.verify(sealed, password[: self._policy.sign_in.password_max_chars + 1])
        except (VerifyMismatchError, InvalidHashError):
            return False

    def _check_role(self, role: str) -> None:
        if role not in self._policy.roles:
            raise BadAccount(f"A role is one of {', '.join(self._policy.roles)}.", "account.role")

    def _check_password(self, name: str, password: str) -> None:
        rules = self._policy.sign_in
        if not rules.password_min_chars <= len(password) <= rules.password_max_chars:
            raise BadAccount(
                f"A password has at least {rules.password_min_chars} characters.", "account.password_length"
            )
        bare = re.sub(r"[\W\d_]+", "", password).casefold()
        if (
            not password.isprintable()
            or len(set(password)) < 4
            or bare in COMMON
            or (len(name) > 3 and name in password.casefold())
        ):
            raise BadAccount("This password is too easy to guess.", "account.password_weak")

    def _note(
        self,
        session: Session,
        actor: str,
        action: str,
        name: str,
        before: Facts | None,
        after: Facts,
    ) -> None:
        audit.append(session, actor, action, f"user:{name}", before, after, at=self._clock.now())

    def _account(self, row: UserRow) -> Account:
        locked = row.locked_until if row.locked_until and row.locked_until > self._clock.now() else None
        fingerprint = audit.digest({"hash": row.password_hash})
        return Account(row.name, row.role, row.active, row.created, locked, fingerprint)


def create_user(database: Database, clock: Clock, name: str, password: str, role: str) -> Account:
    """Make an account from the command line. Raises `BadAccount` or `RecordsUnavailable`."""
    return Accounts(database, clock).create(name, password, role, actor="system")


def fold(name: str) -> str:
    """A name as it is kept: without the differences that nobody sees (NFKC, small letters, no blanks around)."""
    return unicodedata.normalize("NFKC", name).strip().casefold()


def _facts(row: UserRow) -> Facts:
    locked = row.locked_until.isoformat() if row.locked_until else None
    return {"role": row.role, "active": row.active, "failures": row.failed_logins, "locked_until": locked}


def _refused() -> SignInRefused:
    return SignInRefused("The name or the password is wrong.")


def _locked() -> SignInRefused:
    return SignInRefused(
        "Too many wrong passwords. Wait a few minutes, or ask an administrator to unlock.", "auth.locked", 429
    )
