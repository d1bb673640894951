"""The vault: personal values said in a conversation, kept sealed; others see only tokens like `[NAME_k7d2]`."""

import random
import re

from sqlalchemy import delete, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from actions.clock import Clock, SystemClock
from actions.errors import VaultMiss
from actions.records import audit
from actions.records.cipher import Cipher
from actions.records.database import Database
from actions.records.masking import mask_value
from actions.records.tables import VaultRow

ALPHABET = "abcdefghijklmnopqrstuvwxyz23456789"
TOKEN = re.compile(r"\[(?P<kind>[A-Z]+)_(?P<tail>[a-z2-9]{4})\]")
"""What a token looks like in a text."""


class Vault:
    """Keeps values for a conversation and gives them back only to who asks with the conversation's id."""

    def __init__(
        self, database: Database, cipher: Cipher, clock: Clock | None = None, rng: random.Random | None = None
    ) -> None:
        self._database = database
        self._cipher = cipher
        self._clock = clock or SystemClock("UTC")
        self._rng = rng or random.SystemRandom()

    def keep(self, conversation: str, kind: str, value: str) -> str:
        """The token of a value; the same value of the same kind in the same conversation has the same token."""
        kind = kind.lower()
        value_hash = self._cipher.keyed_hash(f"{conversation}\x00{value}", f"vault:{kind}")
        with self._database.read() as session:
            known = self._token(session, conversation, kind, value_hash)
        return known or self._store(conversation, kind, value, value_hash)

    def reveal(self, conversation: str, token: str) -> str:
        """The value behind a token. Raises `VaultMiss` for a token of another conversation, or one forgotten."""
        with self._database.read() as session:
            row = session.get(VaultRow, (conversation, token))
        if row is None:
            raise VaultMiss("No value is kept behind this token.")
        return self._cipher.decrypt(row.value_sealed, _place(conversation, token))

    def reveal_all(self, conversation: str, text: str) -> str:
        """The text with every token of this conversation replaced by its value; strange tokens stay as they are."""
        if not TOKEN.search(text):
            return text
        with self._database.read() as session:
            rows = session.scalars(select(VaultRow).where(VaultRow.conversation == conversation)).all()
        sealed = {row.token: row.value_sealed for row in rows}

        def value(match: re.Match[str]) -> str:
            token = match.group()
            return self._cipher.decrypt(sealed[token], _place(conversation, token)) if token in sealed else token

        return TOKEN.sub(value, text)

    def mask(self, conversation: str, token: str) -> str:
        """The value with its middle hidden, to read back: 张*芳, 138****8678. Raises `VaultMiss`."""
        match = TOKEN.fullmatch(token)
        if match is None:
            raise VaultMiss("This is not a token.")
        return mask_value(match["kind"], self.reveal(conversation, token))

    def forget(self, conversation: str) -> int:
        """Delete every value of a conversation; how many there were."""
        with self._database.write() as session:
            gone = session.execute(
                delete(VaultRow).where(VaultRow.conversation == conversation).returning(VaultRow.token)
            ).all()
            if gone:
                audit.append(session, "system", "vault.forget", f"conversation:{conversation}", at=self._clock.now())
        return len(gone)

    def _store(self, conversation: str, kind: str, value: str, value_hash: str) -> str:
        with self._database.write() as session:
            insert = sqlite.insert if self._database.is_sqlite else postgresql.insert
            while True:  # a token of the same four letters is a chance of one in a million; another value's twin waits
                token = f"[{kind.upper()}_{''.join(self._rng.choices(ALPHABET, k=4))}]"
                sealed = self._cipher.encrypt(value, _place(conversation, token))
                session.execute(
                    insert(VaultRow)
                    .values(
                        conversation=conversation,
                        token=token,
                        kind=kind,
                        value_sealed=sealed,
                        value_hash=value_hash,
                        created=self._clock.now(),
                    )
                    .on_conflict_do_nothing()
                )
                known = self._token(session, conversation, kind, value_hash)
                if known:
                    return known

    def _token(self, session: Session, conversation: str, kind: str, value_hash: str) -> str | None:
        return session.scalar(
            select(VaultRow.token).where(
                VaultRow.conversation == conversation, VaultRow.kind == kind, VaultRow.value_hash == value_hash
            )
        )


def _place(conversation: str, token: str) -> str:
    return f"vault:{conversation}:{token}"
