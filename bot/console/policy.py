"""The console's rules as data: `policy.yml`, checked when it is read."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from actions.errors import YidaoError

Capability = Literal["read", "claim", "claim_red", "manage_users"]

POLICY = Path(__file__).with_name("policy.yml")
"""The rules this product comes with."""


class BadPolicy(YidaoError):
    """The file of the console's rules does not fit."""

    code = "console.bad_policy"


class _Rules(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Role(_Rules):
    """What a kind of staff may do."""

    zh: str = Field(min_length=1)
    """Its Chinese name."""
    en: str = Field(min_length=1)
    """Its English name."""
    may: frozenset[Capability]
    """What it may do."""


class SignInRules(_Rules):
    """Passwords and wrong ones."""

    password_min_chars: int = Field(ge=8)
    """Shortest password, in characters."""
    password_max_chars: int = Field(le=1000)
    """Longest password, in characters."""
    failures_before_lock: int = Field(ge=1)
    """Wrong passwords in a row that lock an account."""
    lock_minutes: int = Field(ge=1)
    """Minutes it stays locked."""


class SessionRules(_Rules):
    """How long a sign-in holds."""

    idle_minutes: int = Field(ge=1)
    """Minutes without anything done."""
    longest_hours: int = Field(ge=1)
    """Hours after which one must sign in again in any case."""


class ReplyRules(_Rules):
    """What staff write to patients."""

    max_chars: int = Field(ge=10)
    """Longest line, in characters."""


class Policy(_Rules):
    """The console's rules."""

    roles: Mapping[str, Role]
    sign_in: SignInRules
    session: SessionRules
    reply: ReplyRules

    def may(self, role: str, capability: Capability) -> bool:
        """Whether the role covers it; a role that is not in the file covers nothing."""
        return role in self.roles and capability in self.roles[role].may


def load_policy(path: Path = POLICY) -> Policy:
    """The rules of a file. Raises `BadPolicy`, also when no role could manage users."""
    try:
        policy = Policy.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except (ValidationError, yaml.YAMLError) as error:
        raise BadPolicy(f"{path.name} does not fit: {error}") from error
    if not any("manage_users" in role.may for role in policy.roles.values()):
        raise BadPolicy(f"{path.name}: no role may manage users.")
    return policy
