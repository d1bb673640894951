"""The console put together from what the house lends it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

from actions.clock import Clock
from actions.handoff.tickets import Tickets
from actions.records.database import Database
from actions.records.vault import Vault
from bot.console.accounts import Accounts
from bot.console.desk import Desk
from bot.console.entries import Entries
from bot.console.events import BEAT_S
from bot.console.packet import PacketWriter, load_fields
from bot.console.policy import Policy, load_policy
from bot.console.sessions import Sessions
from bot.hub import Hub
from bot.privacy import Masker
from bot.store import ConversationStore
from bot.wording import Wording

PASSWORDS_AT_ONCE = 2
"""Passwords checked at the same time: each check takes 64 MiB for a third of a second, on purpose."""

TellPatient = Callable[[str], Awaitable[None]]
"""Takes the conversation."""


async def tell_nobody(conversation: str) -> None:
    """For a console without a dialogue behind it."""


@dataclass(frozen=True)
class Console:
    """Everything the console needs."""

    accounts: Accounts
    sessions: Sessions
    desk: Desk
    hub: Hub
    wording: Wording
    policy: Policy
    resume: TellPatient
    """Tells the patient of a conversation that the assistant answers again, and has it do so."""
    pass_on: TellPatient
    """Tells the patient of a conversation that a colleague will go on."""
    beat_s: float = BEAT_S
    """Seconds between signs of life on the event stream."""
    checking: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(PASSWORDS_AT_ONCE))
    """Held while a password is checked."""


def make_console(
    secret: bytes,
    database: Database,
    clock: Clock,
    vault: Vault,
    store: ConversationStore,
    tickets: Tickets,
    hub: Hub,
    masker: Masker,
    wording: Wording,
    *,
    accounts: Accounts | None = None,
    places: Mapping[str, Mapping[str, str]] | None = None,
    resume: TellPatient = tell_nobody,
    pass_on: TellPatient = tell_nobody,
    beat_s: float = BEAT_S,
) -> Console:
    """The console of a house. `hub`, `store` and `tickets` must be those that conversations use.

    `places` say where each kiosk stands. Raises `BadPolicy` when its rules do not fit.
    """
    policy = load_policy()
    accounts = accounts or Accounts(database, clock, policy)
    writer = PacketWriter(load_fields(), wording, vault)
    entries = Entries(database, clock, policy, places or {})
    desk = Desk(database, clock, policy, store, tickets, vault, masker, writer, entries)
    sessions = Sessions(secret, accounts, clock, policy.session)
    return Console(accounts, sessions, desk, hub, wording, policy, resume, pass_on, beat_s)
