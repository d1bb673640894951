"""The console's rules and sentences: each file fits, and page and table know the same keys."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from bot.console.packet import load_fields
from bot.console.policy import BadPolicy, load_policy
from bot.settings import ROOT

STATIC = ROOT / "bot" / "console" / "static"
WORDING = ROOT / "data" / "wording" / "console_page.yml"
KEY = re.compile(r"console\.[a-z_]+(?:\.[a-z_]+)*")


def test_who_may_do_what() -> None:
    policy = load_policy()
    table = {
        role: {may for may in ("read", "claim", "claim_red", "manage_users") if policy.may(role, may)}
        for role in policy.roles
    }  # type: ignore[arg-type]
    assert table == {
        "admin": {"read", "claim", "claim_red", "manage_users"},
        "nurse": {"read", "claim", "claim_red"},
        "clerk": {"read", "claim"},
    }
    assert not policy.may("nobody", "read")


def test_the_limits_that_were_agreed() -> None:
    policy = load_policy()
    assert policy.sign_in.password_min_chars == 10
    assert (policy.sign_in.failures_before_lock, policy.sign_in.lock_minutes) == (5, 5)
    assert policy.session.idle_minutes == 30


@pytest.mark.parametrize(
    "spoil",
    [
        lambda body: body["roles"]["admin"].update(may=["read"]),
        lambda body: body["roles"]["nurse"].update(may=["fly"]),
        lambda body: body["sign_in"].update(password_min_chars=4),
        lambda body: body["session"].pop("idle_minutes"),
        lambda body: body.update(extra={}),
    ],
)
def test_rules_that_do_not_fit_are_refused(tmp_path: Path, spoil: object) -> None:
    body = yaml.safe_load((ROOT / "bot" / "console" / "policy.yml").read_text(encoding="utf-8"))
    spoil(body)  # type: ignore[operator]
    path = tmp_path / "policy.yml"
    path.write_text(yaml.safe_dump(body, allow_unicode=True), encoding="utf-8")
    with pytest.raises(BadPolicy):
        load_policy(path)


def sentences() -> dict[str, dict[str, str]]:
    body = yaml.safe_load(WORDING.read_text(encoding="utf-8"))
    assert isinstance(body, dict)
    return body


def test_every_field_of_a_packet_with_a_formatter_has_a_name() -> None:
    fields, known = load_fields(), sentences()
    for field in {*fields.formats, *fields.order}:
        assert f"console.fact.{field}" in known


def test_staff_read_the_name_of_every_emergency_rule() -> None:
    rules = yaml.safe_load((ROOT / "knowledge" / "hospital" / "red_flags.yml").read_text(encoding="utf-8"))["rules"]
    known = sentences()
    assert [rule["id"] for rule in rules if f"console.rule.{rule['id']}" not in known] == []


def test_both_languages_have_the_same_blanks() -> None:
    for key, both in sentences().items():
        blanks = [set(re.findall(r"\{(\w+)\}", both[language])) for language in ("zh", "en")]
        assert blanks[0] == blanks[1], key


def test_every_sentence_the_page_asks_for_exists() -> None:
    known = sentences()
    named = set()
    for path in [*STATIC.rglob("*.js"), STATIC / "index.html"]:
        named |= set(re.findall(r"[\"'](console(?:\.[a-z_]+)+)[\"']", path.read_text(encoding="utf-8")))
    assert named
    assert named - set(known) == set()


def test_no_sentence_is_left_over() -> None:
    source = "".join(path.read_text(encoding="utf-8") for path in [*STATIC.rglob("*.js"), STATIC / "index.html"])
    families = {match.rstrip(".") for match in re.findall(r"`(console(?:\.[a-z_]+)+\.)\$\{", source)}
    for key in sentences():
        assert f'"{key}"' in source or any(key.startswith(f"{family}.") for family in families), key


def test_every_refusal_has_a_sentence() -> None:
    code = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "bot" / "console").glob("*.py"))
    raised = set(re.findall(r'"((?:account|auth|ticket|reply)\.[a-z_]+)"', code)) - {
        "auth.not_signed_in",
        "ticket.conflict",
    }
    # Codes of audit entries look the same; they are no refusals.
    raised -= {"ticket.read", "ticket.reply", "ticket.take_over", "ticket.put_back"}
    known = sentences()
    assert raised
    missing = {code for code in raised if f"console.error.{code}" not in known}
    assert missing <= {"account.bad"}
